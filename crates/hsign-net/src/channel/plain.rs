//! `http://` without a proxy.

use std::time::Duration;

use ureq::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::{Answer, Deadline, Failure, Request, Settings, read_body, retry_after};

pub(super) fn agent(settings: &Settings) -> ureq::Agent {
    let config = ureq::config::Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(super::USER_AGENT)
        .accept_encoding("identity")
        .timeout_connect(Some(settings.connect_timeout))
        .timeout_global(Some(settings.total_timeout))
        .build();
    match &settings.pinned {
        None => ureq::Agent::new_with_config(config),
        Some((_, addresses)) => {
            let resolver = Pinned(addresses.to_vec());
            ureq::Agent::with_parts(config, DefaultConnector::new(), resolver)
        }
    }
}

pub(super) fn exchange(
    agent: &ureq::Agent,
    request: &Request<'_>,
    total: Duration,
) -> Result<Answer, Failure> {
    let deadline = Deadline::new(total);
    let failed = |error: ureq::Error| map(error, total);
    let url = request.url.as_str();
    let response = match request.body {
        Some((content_type, body)) => {
            let mut call = agent.post(url).header(CONTENT_TYPE, content_type).header(ACCEPT, request.accept);
            for (name, value) in request.headers {
                call = call.header(name, value.expose());
            }
            call.send(body)
        }
        None => {
            let mut call = agent.get(url).header(ACCEPT, request.accept);
            for (name, value) in request.headers {
                call = call.header(name, value.expose());
            }
            call.call()
        }
    }
    .map_err(failed)?;
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let content_type = header(CONTENT_TYPE).map(str::to_owned);
    let location = header(LOCATION).map(str::to_owned);
    let retry_after = retry_after(header(RETRY_AFTER));
    let length = header(CONTENT_LENGTH).and_then(|text| text.parse().ok());
    let status = response.status().as_u16();
    let reader = response.into_body().into_reader();
    let body = read_body(reader, length, request.max_bytes, deadline, |error| failed(error.into()))?;
    Ok(Answer { status, content_type, location, retry_after, body, tls: None })
}

fn map(error: ureq::Error, total: Duration) -> Failure {
    use std::io::ErrorKind as Io;
    match error {
        ureq::Error::Timeout(_) => Failure::timeout(total),
        ureq::Error::HostNotFound => Failure::UnknownHost,
        ureq::Error::ConnectionFailed => Failure::Connect("the server does not answer".to_owned()),
        ureq::Error::Io(error) => match error.kind() {
            Io::ConnectionRefused => Failure::Connect("connection refused".to_owned()),
            Io::HostUnreachable | Io::NetworkUnreachable => Failure::Connect(error.to_string()),
            Io::TimedOut | Io::WouldBlock => Failure::timeout(total),
            Io::UnexpectedEof => Failure::Truncated,
            // The resolver's errors have no kind of their own.
            _ if error.to_string().starts_with("failed to lookup") => Failure::UnknownHost,
            _ => Failure::Broken(error.to_string()),
        },
        ureq::Error::BodyStalled => Failure::Truncated,
        other => Failure::Protocol(other.to_string()),
    }
}

/// Answers with addresses that were looked up and checked before.
#[derive(Debug)]
struct Pinned(Vec<std::net::SocketAddr>);

impl Resolver for Pinned {
    fn resolve(
        &self,
        _uri: &ureq::http::Uri,
        _config: &ureq::config::Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        for address in self.0.iter().take(16) {
            addresses.push(*address);
        }
        if addresses.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(addresses) }
    }
}

//! One request to one time-stamp authority, its answer checked (RFC 3161 §2.2, §2.4, §3.4).

use std::time::{Duration, Instant};

use hsign_core::ports::{Randomness, SignatureVerifier};
use hsign_core::{Digest, Finding, Severity, Time};
use hsign_tsp::{Expected, TimestampRequest, TimestampResponse, Token, check_binding, nonce};
use reqwest::Url;

use crate::Error;
use crate::channel::{Answer, Failure, Request, TlsVersion};
use crate::connection::Connection;
use crate::endpoint::TsaEndpoint;
use crate::secret::SecretResolver;

/// What a time stamp needs from outside.
pub struct Ports {
    /// For nonces.
    pub randomness: Box<dyn Randomness + Send + Sync>,
    /// Checks the token's signature.
    pub verifier: Box<dyn SignatureVerifier + Send + Sync>,
    /// Our clock; a token far from it is refused.
    pub now: Box<dyn Fn() -> Time + Send + Sync>,
    /// Reads the secrets that endpoints name.
    pub secrets: Box<SecretResolver>,
}

/// A token that belongs to the request, and how it was got.
pub(crate) struct Reply {
    pub(crate) token: Token,
    pub(crate) tls: Option<TlsVersion>,
    pub(crate) round_trip: Duration,
    /// What was noticed and does no harm.
    pub(crate) notices: Vec<Finding>,
}

const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";
const MAX_REDIRECTS: usize = 3;

/// # Errors
/// When there is no token, or one that must not be used: the message says which check failed.
pub(crate) fn stamp(
    endpoint: &TsaEndpoint,
    connection: &Connection,
    ports: &Ports,
    imprint: &Digest,
) -> Result<Reply, Error> {
    let nonce = random_nonce(ports.randomness.as_ref())?;
    let request = TimestampRequest {
        imprint: imprint.clone(),
        nonce: Some(nonce.clone()),
        policy: endpoint.policy.clone(),
        certificate_requested: true,
    };
    let query =
        request.to_der().map_err(|error| Error::Configuration(format!("time-stamp request: {error}")))?;
    let start = Instant::now();
    let answer = post(endpoint, connection, &query)?;
    let round_trip = start.elapsed();
    let mut notices = content_type_notice(&answer, &endpoint.name);
    let token = granted(&answer.body)?;
    let expected = Expected {
        imprint,
        nonce: Some(&nonce),
        policy: endpoint.policy.as_deref(),
        now: (ports.now)(),
        clock_tolerance_seconds: endpoint.clock_tolerance_seconds,
        certificates: &[],
    };
    let findings = check_binding(&token, &expected, ports.verifier.as_ref());
    let (errors, harmless): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.severity == Severity::Error);
    if !errors.is_empty() {
        return Err(Error::TokenRefused(errors));
    }
    notices.extend(harmless);
    Ok(Reply { token, tls: answer.tls, round_trip, notices })
}

/// Eight octets: some authorities take no more.
fn random_nonce(randomness: &dyn Randomness) -> Result<Vec<u8>, Error> {
    let mut random = [0; 8];
    randomness.fill(&mut random)?;
    Ok(nonce(&random))
}

/// Redirects are followed only where they repeat the POST (307, 308) on the same host and don't leave
/// TLS, because request and credentials go along.
pub(crate) fn post(endpoint: &TsaEndpoint, connection: &Connection, query: &[u8]) -> Result<Answer, Error> {
    let mut url = connection.url.clone();
    for _ in 0..=MAX_REDIRECTS {
        let answer = connection.channel.exchange(&Request {
            url: &url,
            headers: &connection.headers,
            body: Some((QUERY, query)),
            accept: REPLY,
            max_bytes: endpoint.max_response_bytes,
        })?;
        match answer.status {
            200..=299 => return Ok(answer),
            301 | 302 | 303 | 307 | 308 => url = same_host(&url, &answer)?,
            status => return Err(Failure::Status { status, retry_after: answer.retry_after }.into()),
        }
    }
    Err(Failure::Redirect(format!("{url} (the {MAX_REDIRECTS}th in a row)")).into())
}

fn same_host(url: &Url, answer: &Answer) -> Result<Url, Failure> {
    let location = answer.location.as_deref().unwrap_or_default();
    let Some(target) = url.join(location).ok().filter(|_| !location.is_empty()) else {
        return Err(Failure::Protocol("a redirect without an address".to_owned()));
    };
    let same_port = url.port_or_known_default() == target.port_or_known_default();
    let upgrade = url.scheme() == "http" && target.scheme() == "https";
    let same_place = url.scheme() == target.scheme() && same_port;
    let repeats = matches!(answer.status, 307 | 308);
    if repeats && url.host_str() == target.host_str() && (same_place || upgrade) {
        Ok(target)
    } else {
        Err(Failure::Redirect(target.to_string()))
    }
}

/// The answer is read by its content; RFC 3161 §3.4 names the type it should come with.
fn content_type_notice(answer: &Answer, name: &str) -> Vec<Finding> {
    let given = answer.content_type.as_deref().unwrap_or("none");
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(REPLY) {
        return Vec::new();
    }
    vec![
        Finding::info("tsa-content-type")
            .clause("RFC 3161 §3.4")
            .with("tsa", name)
            .with("content_type", given),
    ]
}

fn granted(body: &[u8]) -> Result<Token, Error> {
    let response = TimestampResponse::parse(body).map_err(Error::NotAResponse)?;
    Ok(Token::parse(response.granted()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(from: &str, status: u16, to: &str) -> Result<String, Failure> {
        let answer = Answer {
            status,
            content_type: None,
            location: Some(to.to_owned()),
            retry_after: None,
            body: Vec::new(),
            tls: None,
        };
        same_host(&Url::parse(from).unwrap(), &answer).map(|url| url.to_string())
    }

    #[test]
    fn request_and_credentials_stay_with_the_host() {
        assert_eq!(redirect("https://a/x", 307, "/y").unwrap(), "https://a/y");
        assert_eq!(redirect("http://a/x", 308, "https://a/y").unwrap(), "https://a/y");
        for (from, status, to) in [
            ("https://a/x", 307, "https://b/x"),
            ("https://a/x", 307, "http://a/x"),
            ("https://a/x", 307, "https://a:8443/x"),
            ("https://a/x", 302, "https://a/y"),
            ("http://a/x", 308, "ftp://a/y"),
        ] {
            assert!(matches!(redirect(from, status, to), Err(Failure::Redirect(_))), "{from} -> {to}");
        }
        assert!(matches!(redirect("http://a/x", 307, ""), Err(Failure::Protocol(_))));
    }
}

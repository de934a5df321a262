//! Everything that needs TLS or a proxy.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::blocking::{Client, ClientBuilder};
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::tls::Version;

use super::failure::{tls, words};
use super::{Answer, Deadline, Failure, Identity, Request, Settings, TlsVersion, read_body, retry_after};

/// TLS 1.3 first. The library can't tell which version was agreed on, so TLS 1.2 is a client of its own
/// that speaks nothing else, used only where the endpoint allows it and 1.3 failed.
#[derive(Default)]
pub(super) struct Secure {
    tls_1_3: OnceLock<Client>,
    tls_1_2: OnceLock<Client>,
    only_tls_1_2: AtomicBool,
}

impl Secure {
    pub(super) fn exchange(&self, settings: &Settings, request: &Request<'_>) -> Result<Answer, Failure> {
        if !self.only_tls_1_2.load(Ordering::Relaxed) {
            let client = client(&self.tls_1_3, settings, TlsVersion::Tls1_3)?;
            match send(client, request, settings.total_timeout, TlsVersion::Tls1_3) {
                Err(Failure::TlsVersion | Failure::Tls(_)) if settings.allow_tls_1_2 => {}
                other => return other,
            }
        }
        let client = client(&self.tls_1_2, settings, TlsVersion::Tls1_2)?;
        let answer = send(client, request, settings.total_timeout, TlsVersion::Tls1_2)?;
        self.only_tls_1_2.store(true, Ordering::Relaxed);
        Ok(answer)
    }
}

fn client<'a>(
    cell: &'a OnceLock<Client>,
    settings: &Settings,
    version: TlsVersion,
) -> Result<&'a Client, Failure> {
    if let Some(client) = cell.get() {
        return Ok(client);
    }
    let built = build(settings, version)?;
    Ok(cell.get_or_init(|| built))
}

fn build(settings: &Settings, version: TlsVersion) -> Result<Client, Failure> {
    let version = match version {
        TlsVersion::Tls1_2 => Version::TLS_1_2,
        TlsVersion::Tls1_3 => Version::TLS_1_3,
    };
    let mut builder = ClientBuilder::new()
        .user_agent(super::USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.total_timeout)
        .tls_version_min(version)
        .tls_version_max(version);
    if let Some(pem) = &settings.authorities {
        let authorities = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|error| Failure::Setup(format!("ca_file: {}", words(&error))))?;
        if authorities.is_empty() {
            return Err(Failure::Setup("ca_file holds no PEM certificate".to_owned()));
        }
        builder = builder.tls_certs_only(authorities);
    }
    if let Some(identity) = &settings.identity {
        builder = builder.identity(client_identity(identity)?);
    }
    if let Some(proxy) = &settings.proxy {
        let mut all = reqwest::Proxy::all(proxy.url.as_str())
            .map_err(|error| Failure::Setup(format!("proxy: {}", words(&error))))?;
        if let Some((user, password)) = &proxy.credentials {
            let password = password.expose_text().map_err(|error| Failure::Setup(error.to_string()))?;
            all = all.basic_auth(user, password);
        }
        builder = builder.proxy(all);
    }
    if let Some((host, addresses)) = &settings.pinned {
        builder = builder.resolve_to_addrs(host, addresses);
    }
    builder.build().map_err(|error| Failure::Setup(words(&error)))
}

fn client_identity(identity: &Identity) -> Result<reqwest::Identity, Failure> {
    let read = match identity {
        Identity::Pkcs12 { bytes, password } => {
            let password = password.expose_text().map_err(|error| Failure::Setup(error.to_string()))?;
            reqwest::Identity::from_pkcs12_der(bytes, password)
        }
        Identity::Pem { certificates, key } => reqwest::Identity::from_pkcs8_pem(certificates, key.expose()),
    };
    read.map_err(|error| {
        let words = words(&error);
        let hint = if words.contains("unsupported") {
            " (an old encryption such as RC2-40; write the file anew with AES)"
        } else if words.contains("PKCS#8") {
            " (the key must be an unencrypted PKCS#8 file; put a protected key into a PKCS#12 file)"
        } else {
            ""
        };
        Failure::Setup(format!("client certificate: {words}{hint}"))
    })
}

fn send(
    client: &Client,
    request: &Request<'_>,
    total: Duration,
    version: TlsVersion,
) -> Result<Answer, Failure> {
    let deadline = Deadline::new(total);
    let mut call = match request.body {
        Some((content_type, body)) => {
            client.post(request.url.clone()).header(CONTENT_TYPE, content_type).body(body.to_vec())
        }
        None => client.get(request.url.clone()),
    }
    .header(ACCEPT, request.accept)
    .timeout(total);
    for (name, value) in request.headers {
        let mut value = HeaderValue::from_bytes(value.expose())
            .map_err(|_| Failure::Setup(format!("header {name} has characters that HTTP does not allow")))?;
        value.set_sensitive(true);
        call = call.header(name, value);
    }
    let response = call.send().map_err(|error| map(&error, total))?;
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let content_type = header(CONTENT_TYPE).map(str::to_owned);
    let location = header(LOCATION).map(str::to_owned);
    let retry_after = retry_after(header(RETRY_AFTER));
    let length = header(CONTENT_LENGTH).and_then(|text| text.parse().ok());
    let status = response.status().as_u16();
    let tls = (request.url.scheme() == "https").then_some(version);
    let body = read_body(response, length, request.max_bytes, deadline, |error| broken(&error, total))?;
    Ok(Answer { status, content_type, location, retry_after, body, tls })
}

fn map(error: &reqwest::Error, total: Duration) -> Failure {
    let words = words(&error_without_url(error));
    if let Some(failure) = tls(&words) {
        return failure;
    }
    if error.is_timeout() {
        return Failure::timeout(total);
    }
    if words.contains("proxy") || words.contains("tunnel") {
        return Failure::Proxy(words);
    }
    if words.contains("dns error") || words.contains("failed to lookup") {
        return Failure::UnknownHost;
    }
    if error.is_connect() {
        return Failure::Connect(words);
    }
    if words.contains("incomplete message") || words.contains("unexpected EOF") {
        return Failure::Truncated;
    }
    if words.contains("invalid HTTP") {
        return Failure::Protocol(words);
    }
    Failure::Broken(words)
}

fn broken(error: &std::io::Error, total: Duration) -> Failure {
    let words = words(error);
    if let Some(failure) = tls(&words) {
        failure
    } else if error.kind() == std::io::ErrorKind::TimedOut || words.contains("timed out") {
        Failure::timeout(total)
    } else {
        Failure::Truncated
    }
}

/// The sources of an error only: its own words repeat the address, which may hold a query.
fn error_without_url(error: &reqwest::Error) -> Sources<'_> {
    Sources(std::error::Error::source(error))
}

#[derive(Debug)]
struct Sources<'a>(Option<&'a (dyn std::error::Error + 'static)>);

impl std::fmt::Display for Sources<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(source) => f.write_str(&source.to_string()),
            None => f.write_str("the exchange failed"),
        }
    }
}

impl std::error::Error for Sources<'_> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.and_then(std::error::Error::source)
    }
}

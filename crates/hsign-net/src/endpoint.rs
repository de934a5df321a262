//! A time-stamp authority as configured.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hsign_core::DigestAlgorithm;
use reqwest::Url;
use reqwest::header::HeaderName;
use serde::Deserialize;

use crate::{Error, address};
use hsign_core::SecretReference;

/// A time-stamp authority and how it is reached. One table of the configuration file; unknown keys are
/// errors, so that a misspelt safeguard is never silently off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TsaEndpoint {
    /// The name used on the command line and in messages.
    pub name: String,
    /// `http://` or `https://`, without user or password.
    pub url: String,
    /// The digest its stamps are asked with: SHA-256, SHA-384 or SHA-512.
    #[serde(default = "default_digest")]
    pub digest: DigestAlgorithm,
    /// The policy (dotted OID) to ask for; a token under another one is refused.
    #[serde(default)]
    pub policy: Option<String>,
    /// What the user believes its accreditation to be; shown, never judged by.
    #[serde(default)]
    pub accreditation: Option<String>,
    /// Seconds from the first packet to the last byte of an answer.
    #[serde(default = "default_timeout")]
    pub timeout_seconds: u64,
    /// Seconds to get a connection.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout_seconds: u64,
    /// Largest answer read, in bytes.
    #[serde(default = "default_max_response")]
    pub max_response_bytes: u64,
    /// How often a transient failure is tried again before the next authority is asked.
    #[serde(default = "default_retries")]
    pub retries: u32,
    /// Wait before the first retry; doubled each time, at most ten seconds.
    #[serde(default = "default_backoff")]
    pub backoff_milliseconds: u64,
    /// How far a token's time may lie from our clock.
    #[serde(default = "default_tolerance")]
    pub clock_tolerance_seconds: u32,
    /// HTTP Basic authentication (RFC 7617).
    #[serde(default)]
    pub basic: Option<BasicCredentials>,
    /// TLS client certificate.
    #[serde(default)]
    pub client_certificate: Option<ClientCertificate>,
    /// Further request headers.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderContent>,
    /// An HTTP proxy.
    #[serde(default)]
    pub proxy: Option<ProxyEndpoint>,
    /// PEM certificates that replace the system's CAs for this endpoint.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Permits TLS 1.2 where the server has no 1.3; its use is reported. The cipher suites are then those of
    /// the OpenSSL configuration of this machine.
    #[serde(default)]
    pub allow_tls_1_2: bool,
    /// Permits credentials over `http://` to other machines.
    #[serde(default)]
    pub allow_credentials_in_clear: bool,
}

/// User and password.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasicCredentials {
    /// The user, without a colon (RFC 7617 §2).
    pub user: String,
    /// Where the password is.
    pub password: SecretReference,
}

/// A certificate with its key: a PKCS#12 file, or two PEM files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificate {
    /// A PKCS#12 file.
    #[serde(default)]
    pub pkcs12: Option<PathBuf>,
    /// Where its password is.
    #[serde(default)]
    pub password: Option<SecretReference>,
    /// PEM certificates, the client's first.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// Its unencrypted PKCS#8 key in PEM.
    #[serde(default)]
    pub key: Option<PathBuf>,
}

/// The value of a header.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum HeaderContent {
    /// Where it is, for what must stay secret.
    Secret {
        /// The place.
        secret: SecretReference,
    },
    /// As written.
    Text(String),
}

/// A proxy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyEndpoint {
    /// `http://host:port`.
    pub url: String,
    /// User, if it wants one.
    #[serde(default)]
    pub user: Option<String>,
    /// Where the password is.
    #[serde(default)]
    pub password: Option<SecretReference>,
}

fn default_digest() -> DigestAlgorithm {
    DigestAlgorithm::Sha256
}
fn default_timeout() -> u64 {
    30
}
fn default_connect_timeout() -> u64 {
    10
}
fn default_max_response() -> u64 {
    256 * 1024
}
fn default_retries() -> u32 {
    1
}
fn default_backoff() -> u64 {
    500
}
fn default_tolerance() -> u32 {
    300
}

impl TsaEndpoint {
    /// An endpoint with every default; its name is the address.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self {
            name: url.to_owned(),
            url: url.to_owned(),
            digest: default_digest(),
            policy: None,
            accreditation: None,
            timeout_seconds: default_timeout(),
            connect_timeout_seconds: default_connect_timeout(),
            max_response_bytes: default_max_response(),
            retries: default_retries(),
            backoff_milliseconds: default_backoff(),
            clock_tolerance_seconds: default_tolerance(),
            basic: None,
            client_certificate: None,
            headers: BTreeMap::new(),
            proxy: None,
            ca_file: None,
            allow_tls_1_2: false,
            allow_credentials_in_clear: false,
        }
    }

    /// Looks for contradictions without touching files or the network.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the name of the endpoint and of the key.
    pub fn validate(&self) -> Result<(), Error> {
        self.problem().map_or(Ok(()), |problem| {
            Err(Error::Configuration(format!("time-stamp authority {}: {problem}", self.name)))
        })
    }

    fn problem(&self) -> Option<String> {
        use DigestAlgorithm::{Sha256, Sha384, Sha512};
        let url = match web_address(&self.url) {
            Ok(url) => url,
            Err(problem) => return Some(format!("url: {problem}")),
        };
        if !matches!(self.digest, Sha256 | Sha384 | Sha512) {
            return Some(format!("digest: {} is not one of sha256, sha384, sha512", self.digest));
        }
        if self.timeout_seconds == 0 || self.connect_timeout_seconds == 0 || self.max_response_bytes == 0 {
            return Some("a limit of 0 would let nothing through".to_owned());
        }
        if self.basic.as_ref().is_some_and(|basic| basic.user.contains(':')) {
            return Some("basic: a user name has no colon".to_owned());
        }
        if let Some(problem) = self.client_certificate.as_ref().and_then(ClientCertificate::problem) {
            return Some(format!("client_certificate: {problem}"));
        }
        if self.client_certificate.is_some() && url.scheme() != "https" {
            return Some("client_certificate: needs an https:// address".to_owned());
        }
        for (name, content) in &self.headers {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Some(format!("headers.{name}: not a header's name"));
            }
            let plain = matches!(content, HeaderContent::Text(_));
            if plain && name.to_ascii_lowercase().ends_with("authorization") {
                return Some(format!("headers.{name}: use {{ secret = \"env:NAME\" }} for a secret"));
            }
        }
        if let Some(problem) = self.proxy.as_ref().and_then(|proxy| web_address(&proxy.url).err()) {
            return Some(format!("proxy: {problem}"));
        }
        if url.scheme() == "http"
            && self.sends_secrets()
            && !self.allow_credentials_in_clear
            && !address::is_loopback(&url)
        {
            return Some(
                "credentials would cross the network unprotected; use https://, or set \
                 allow_credentials_in_clear = true"
                    .to_owned(),
            );
        }
        None
    }

    fn sends_secrets(&self) -> bool {
        self.basic.is_some()
            || self.headers.values().any(|content| matches!(content, HeaderContent::Secret { .. }))
    }

    pub(crate) fn address(&self) -> Result<Url, Error> {
        web_address(&self.url).map_err(|problem| Error::Configuration(format!("{}: {problem}", self.name)))
    }
}

impl ClientCertificate {
    fn problem(&self) -> Option<&'static str> {
        match (&self.pkcs12, &self.certificate, &self.key) {
            (Some(_), None, None) if self.password.is_none() => Some("password is missing"),
            (Some(_), None, None) | (None, Some(_), Some(_)) => None,
            _ => Some("name either pkcs12, or certificate and key"),
        }
    }
}

pub(crate) fn web_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{text}: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        // Not repeated, since it holds the password.
        return Err("the address must not hold user or password".to_owned());
    }
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err(format!("{text} is neither http:// nor https://")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TsaEndpoint, String> {
        let endpoint: TsaEndpoint = toml::from_str(text).map_err(|error| error.to_string())?;
        endpoint.validate().map_err(|error| error.to_string())?;
        Ok(endpoint)
    }

    #[test]
    fn name_and_address_are_enough() {
        let endpoint = parse("name = 'a'\nurl = 'http://127.0.0.1:3161/tsa'").unwrap();
        assert_eq!(endpoint.digest, DigestAlgorithm::Sha256);
        assert!(!endpoint.allow_tls_1_2);
    }

    #[test]
    fn every_access_style_can_be_written_down() {
        let endpoint = parse(
            r#"
            name = "contract"
            url = "https://tsa.example/tsa"
            digest = "sha512"
            policy = "1.2.392.1"
            accreditation = "mic"
            basic = { user = "hospital", password = "env:TSA_PASSWORD" }
            client_certificate = { pkcs12 = "/etc/hsign/tsa.p12", password = "file:/run/secrets/tsa" }
            headers = { X-Contract = "4711", X-Key = { secret = "env:TSA_KEY" } }
            proxy = { url = "http://proxy.example:8080", user = "u", password = "env:PROXY" }
            ca_file = "/etc/hsign/ca.pem"
            allow_tls_1_2 = true
            "#,
        )
        .unwrap();
        assert_eq!(endpoint.headers["X-Contract"], HeaderContent::Text("4711".into()));
        assert!(endpoint.allow_tls_1_2);
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_the_key() {
        for (text, word) in [
            ("url = 'http://h/'\nallow_tls12 = true", "unknown field"),
            ("url = 'ftp://h/'", "neither http:// nor https://"),
            ("url = 'http://user:hunter2@h/'", "must not hold user or password"),
            ("url = 'https://h/'\ndigest = 'sha1'", "digest"),
            (
                "url = 'https://h/'\nbasic = { user = 'u', password = 'hunter2' }",
                "env:NAME, file:PATH or fd:N",
            ),
            ("url = 'http://h/'\nbasic = { user = 'u', password = 'env:X' }", "unprotected"),
            ("url = 'https://h/'\nheaders = { Authorization = 'Bearer hunter2' }", "secret"),
            ("url = 'https://h/'\nheaders = { 'two words' = 'x' }", "not a header's name"),
            ("url = 'https://h/'\nclient_certificate = { pkcs12 = 'a' }", "password is missing"),
            ("url = 'https://h/'\nclient_certificate = { certificate = 'a' }", "certificate and key"),
            ("url = 'http://h/'\nclient_certificate = { certificate = 'a', key = 'b' }", "https://"),
            ("url = 'https://h/'\ntimeout_seconds = 0", "limit of 0"),
        ] {
            let error = parse(&format!("name = 'a'\n{text}")).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_not_repeated() {
        let error = parse("name = 'a'\nurl = 'http://user:hunter2@h/'").unwrap_err();
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn credentials_in_clear_are_for_this_machine_or_by_opt_in() {
        let basic = "basic = { user = 'u', password = 'env:X' }";
        assert!(parse(&format!("name = 'a'\nurl = 'http://127.0.0.1:1/'\n{basic}")).is_ok());
        assert!(
            parse(&format!("name = 'a'\nurl = 'http://h/'\nallow_credentials_in_clear = true\n{basic}"))
                .is_ok()
        );
    }
}

//! A time-stamp authority as configured.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hsign_core::DigestAlgorithm;
use reqwest::Url;
use serde::Deserialize;

use crate::access::{Access, BasicCredentials, ClientCertificate, HeaderContent, ProxyEndpoint, web_address};
use crate::{Error, access};

/// A time-stamp authority and how it is reached. One table of the configuration file; unknown keys are
/// errors, so that a misspelt safeguard is never silently off.
// It has the fields of an `Access` itself: of a flattened one serde tells neither line nor key of what is wrong.
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
    #[serde(default = "access::timeout")]
    pub timeout_seconds: u64,
    /// Seconds to get a connection.
    #[serde(default = "access::connect_timeout")]
    pub connect_timeout_seconds: u64,
    /// Largest answer read, in bytes.
    #[serde(default = "access::max_response")]
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

fn default_digest() -> DigestAlgorithm {
    DigestAlgorithm::Sha256
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
            timeout_seconds: access::timeout(),
            connect_timeout_seconds: access::connect_timeout(),
            max_response_bytes: access::max_response(),
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
        self.access().problem(&url)
    }

    /// The part that doesn't depend on what is asked for.
    pub(crate) fn access(&self) -> Access {
        Access {
            timeout_seconds: self.timeout_seconds,
            connect_timeout_seconds: self.connect_timeout_seconds,
            max_response_bytes: self.max_response_bytes,
            basic: self.basic.clone(),
            client_certificate: self.client_certificate.clone(),
            headers: self.headers.clone(),
            proxy: self.proxy.clone(),
            ca_file: self.ca_file.clone(),
            allow_tls_1_2: self.allow_tls_1_2,
            allow_credentials_in_clear: self.allow_credentials_in_clear,
        }
    }

    /// Every path in it: certificates, keys, and files with secrets.
    pub fn paths_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        access::paths_of(
            &mut self.ca_file,
            &mut self.client_certificate,
            &mut self.basic,
            &mut self.proxy,
            &mut self.headers,
        )
    }

    pub(crate) fn address(&self) -> Result<Url, Error> {
        web_address(&self.url).map_err(|problem| Error::Configuration(format!("{}: {problem}", self.name)))
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
            ("url = 'https://h/'\ntimeout_seconds = '30'", "timeout_seconds"),
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

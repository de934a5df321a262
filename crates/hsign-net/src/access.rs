//! How a configured party is reached: limits, secrets, certificates. The same for authorities and remote services.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hsign_core::SecretReference;
use reqwest::Url;
use reqwest::header::HeaderName;
use serde::Deserialize;

use crate::address;

/// Limits, credentials and TLS of one party. One table of the configuration file; unknown keys are errors, so that a
/// misspelt safeguard is never silently off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Seconds from the first packet to the last byte of an answer.
    pub timeout_seconds: u64,
    /// Seconds to get a connection.
    pub connect_timeout_seconds: u64,
    /// Largest answer read, in bytes.
    pub max_response_bytes: u64,
    /// HTTP Basic authentication (RFC 7617).
    pub basic: Option<BasicCredentials>,
    /// TLS client certificate.
    pub client_certificate: Option<ClientCertificate>,
    /// Further request headers.
    pub headers: BTreeMap<String, HeaderContent>,
    /// An HTTP proxy.
    pub proxy: Option<ProxyEndpoint>,
    /// PEM certificates that replace the system's CAs for this party.
    pub ca_file: Option<PathBuf>,
    /// Permits TLS 1.2 where the server has no 1.3.
    pub allow_tls_1_2: bool,
    /// Permits credentials over `http://` to other machines.
    pub allow_credentials_in_clear: bool,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            timeout_seconds: timeout(),
            connect_timeout_seconds: connect_timeout(),
            max_response_bytes: max_response(),
            basic: None,
            client_certificate: None,
            headers: BTreeMap::new(),
            proxy: None,
            ca_file: None,
            allow_tls_1_2: false,
            allow_credentials_in_clear: false,
        }
    }
}

pub(crate) fn timeout() -> u64 {
    30
}

pub(crate) fn connect_timeout() -> u64 {
    10
}

pub(crate) fn max_response() -> u64 {
    256 * 1024
}

impl Access {
    /// The first contradiction, without touching files or the network.
    pub(crate) fn problem(&self, url: &Url) -> Option<String> {
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
            && !address::is_loopback(url)
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

    /// Every path in it: certificates, keys, and files with secrets.
    pub fn paths_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        paths_of(
            &mut self.ca_file,
            &mut self.client_certificate,
            &mut self.basic,
            &mut self.proxy,
            &mut self.headers,
        )
    }
}

/// Every path in these.
pub(crate) fn paths_of<'a>(
    ca_file: &'a mut Option<PathBuf>,
    client: &'a mut Option<ClientCertificate>,
    basic: &'a mut Option<BasicCredentials>,
    proxy: &'a mut Option<ProxyEndpoint>,
    headers: &'a mut BTreeMap<String, HeaderContent>,
) -> impl Iterator<Item = &'a mut PathBuf> {
    let mut paths: Vec<&mut PathBuf> = ca_file.iter_mut().collect();
    let mut secrets: Vec<&mut SecretReference> = Vec::new();
    if let Some(client) = client {
        paths.extend(client.pkcs12.iter_mut().chain(&mut client.certificate).chain(&mut client.key));
        secrets.extend(&mut client.password);
    }
    secrets.extend(basic.iter_mut().map(|basic| &mut basic.password));
    secrets.extend(proxy.iter_mut().flat_map(|proxy| &mut proxy.password));
    secrets.extend(headers.values_mut().filter_map(|header| match header {
        HeaderContent::Secret { secret } => Some(secret),
        HeaderContent::Text(_) => None,
    }));
    paths.extend(secrets.into_iter().filter_map(file_of));
    paths.into_iter()
}

/// The file that holds a secret.
pub(crate) fn file_of(secret: &mut SecretReference) -> Option<&mut PathBuf> {
    match secret {
        SecretReference::File(path) => Some(path),
        SecretReference::Environment(_) | SecretReference::Descriptor(_) => None,
    }
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

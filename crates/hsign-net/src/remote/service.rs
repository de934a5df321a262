//! A remote signing service as configured.

use std::path::PathBuf;

use serde::Deserialize;

use super::login::Login;
use crate::Error;
use crate::access::{Access, web_address};
use crate::address;

/// A remote signing service and how it is reached. One table of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteEndpoint {
    /// The name used in `remote:NAME`.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// The base address: what follows it belongs to the protocol (CSC: `https://HOST/csc/v2`).
    pub url: String,
    /// The key to sign with, where the login opens several (CSC: credentialID).
    #[serde(default)]
    pub key: Option<String>,
    /// What a CSC service is asked for.
    #[serde(default)]
    pub gives: Gives,
    /// How the service knows who asks.
    #[serde(default)]
    pub login: Option<Login>,
    /// Limits, TLS, proxy.
    #[serde(default)]
    pub access: Access,
}

/// The protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// CSC API v2.
    Csc,
    /// Gives whole `ds:Signature` elements.
    SignatureElement,
}

/// What a CSC service is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gives {
    /// The value over a digest (signatures/signHash).
    #[default]
    Value,
    /// A whole CMS (signatures/signDoc).
    Cms,
}

impl RemoteEndpoint {
    /// Looks for contradictions without touching files or the network.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the name of the service and of the key.
    pub fn validate(&self) -> Result<(), Error> {
        self.problem().map_or(Ok(()), |problem| {
            Err(Error::Configuration(format!("remote signing service {}: {problem}", self.name)))
        })
    }

    fn problem(&self) -> Option<String> {
        let addresses = std::iter::once(&self.url)
            .chain(self.login.iter().flat_map(Login::addresses))
            .map(String::as_str);
        for address in addresses {
            let url = match web_address(address) {
                Ok(url) => url,
                Err(problem) => return Some(problem),
            };
            if let Some(problem) = self.access.problem(&url) {
                return Some(problem);
            }
            // A token or PIN goes to every one of them.
            if url.scheme() == "http"
                && !self.access.allow_credentials_in_clear
                && !address::is_loopback(&url)
            {
                return Some(format!(
                    "{address}: PIN and login would cross the network unprotected; use https://"
                ));
            }
        }
        None
    }

    /// Every path in it.
    pub fn paths_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.access.paths_mut().chain(self.login.iter_mut().filter_map(Login::path_mut))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RemoteEndpoint, String> {
        let endpoint: RemoteEndpoint = toml::from_str(text).map_err(|error| error.to_string())?;
        endpoint.validate().map_err(|error| error.to_string())?;
        Ok(endpoint)
    }

    #[test]
    fn every_login_can_be_written_down() {
        for login in [
            "{ by = 'token', token = 'file:token.txt' }",
            "{ by = 'client', token_url = 'https://h/token', client_id = 'a', client_secret = 'env:S' }",
            "{ by = 'browser', authorize_url = 'https://h/auth', token_url = 'https://h/token', client_id = 'HPKI', issuer = 'https://h' }",
        ] {
            let text = format!("name = 'a'\nprotocol = 'csc'\nurl = 'https://h/csc/v2'\nlogin = {login}");
            parse(&text).unwrap();
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (text, word) in [
            ("protocol = 'csc'\nurl = 'http://h/'", "unprotected"),
            ("protocol = 'csc'\nurl = 'https://u:p@h/'", "user or password"),
            ("protocol = 'soap'\nurl = 'https://h/'", "unknown variant"),
            (
                "protocol = 'csc'\nurl = 'https://h/'\nlogin = { by = 'client', token_url = 'http://h/', client_id = 'a', client_secret = 'env:S' }",
                "unprotected",
            ),
            ("protocol = 'csc'\nurl = 'https://h/'\nlogin = { by = 'token', tokn = 'env:A' }", "tokn"),
        ] {
            let error = parse(&format!("name = 'a'\n{text}")).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}

//! What an endpoint names, read: secrets, certificates, keys.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::Error;
use crate::access::{Access, BasicCredentials, ClientCertificate, HeaderContent, ProxyEndpoint, web_address};
use crate::channel::{Channel, Identity, Proxy, Settings};
use crate::endpoint::TsaEndpoint;
use hsign_core::Secret;

use crate::secret::SecretResolver;

/// An endpoint with its secrets read and its connections kept.
pub(crate) struct Connection {
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) channel: Channel,
}

impl TsaEndpoint {
    /// Reads what the endpoint names. Called at its first use, so that an authority nobody asks costs nothing.
    pub(crate) fn open(&self, secrets: &SecretResolver) -> Result<Connection, Error> {
        self.validate()?;
        self.access().open(&self.name, self.address()?, secrets)
    }
}

impl Access {
    /// Reads what it names. `name` is the party's, for messages.
    pub(crate) fn open(&self, name: &str, url: Url, secrets: &SecretResolver) -> Result<Connection, Error> {
        let mut headers = Vec::new();
        if let Some(basic) = &self.basic {
            headers.push(("Authorization".to_owned(), basic_header(basic, secrets)?));
        }
        for (header, content) in &self.headers {
            let value = match content {
                HeaderContent::Text(text) => Secret::new(text.clone().into_bytes()),
                HeaderContent::Secret { secret } => secrets(secret)?,
            };
            if HeaderValue::from_bytes(value.expose()).is_err() {
                let problem = format!("{name}: headers.{header}: a line break or another control character");
                return Err(Error::Configuration(problem));
            }
            headers.push((header.clone(), value));
        }
        let settings = Settings {
            connect_timeout: Duration::from_secs(self.connect_timeout_seconds),
            total_timeout: Duration::from_secs(self.timeout_seconds),
            authorities: self.ca_file.as_deref().map(read).transpose()?,
            identity: self.client_certificate.as_ref().map(|c| c.read(secrets)).transpose()?,
            proxy: self.proxy.as_ref().map(|proxy| proxy.read(secrets)).transpose()?,
            allow_tls_1_2: self.allow_tls_1_2,
            pinned: None,
        };
        Ok(Connection { url, headers, channel: Channel::new(settings) })
    }
}

/// RFC 7617 §2, in UTF-8.
fn basic_header(basic: &BasicCredentials, secrets: &SecretResolver) -> Result<Secret, Error> {
    let password = secrets(&basic.password)?;
    let mut pair = basic.user.clone().into_bytes();
    pair.push(b':');
    pair.extend_from_slice(password.expose());
    let pair = Secret::new(pair);
    Ok(Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())).into_bytes()))
}

impl ClientCertificate {
    fn read(&self, secrets: &SecretResolver) -> Result<Identity, Error> {
        match (&self.pkcs12, &self.password, &self.certificate, &self.key) {
            (Some(file), Some(password), ..) => {
                Ok(Identity::Pkcs12 { bytes: read(file)?, password: secrets(password)? })
            }
            (_, _, Some(certificate), Some(key)) => {
                Ok(Identity::Pem { certificates: read(certificate)?, key: Secret::new(read(key)?) })
            }
            _ => Err(Error::Configuration("client_certificate is incomplete".to_owned())),
        }
    }
}

impl ProxyEndpoint {
    pub(crate) fn read(&self, secrets: &SecretResolver) -> Result<Proxy, Error> {
        let url =
            web_address(&self.url).map_err(|problem| Error::Configuration(format!("proxy: {problem}")))?;
        let credentials = match (&self.user, &self.password) {
            (Some(user), Some(password)) => Some((user.clone(), secrets(password)?)),
            (Some(user), None) => Some((user.clone(), Secret::new(Vec::new()))),
            _ => None,
        };
        Ok(Proxy { url, credentials })
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::File { path: path.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hsign_core::SecretReference;

    #[test]
    fn a_secret_cannot_smuggle_another_header_in() {
        let key = HeaderContent::Secret { secret: SecretReference::Environment("X".into()) };
        let headers = [("X-Key".to_owned(), key)].into();
        let endpoint = TsaEndpoint { headers, ..TsaEndpoint::at("https://h/") };
        let error = endpoint.open(&|_| Ok(Secret::new(b"hunter2\r\nX-Other: 1".to_vec()))).err().unwrap();
        assert!(error.to_string().contains("control character") && !error.to_string().contains("hunter2"));
    }

    /// RFC 7617 §2 gives this pair and its encoding.
    #[test]
    fn rfc_7617_2_user_and_password_are_joined_by_a_colon() {
        let basic =
            BasicCredentials { user: "Aladdin".into(), password: SecretReference::Environment("X".into()) };
        let header = basic_header(&basic, &|_| Ok(Secret::new(b"open sesame".to_vec()))).unwrap();
        assert_eq!(header.expose(), b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}

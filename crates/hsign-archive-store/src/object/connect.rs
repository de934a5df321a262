//! Connections under the same rules as all others (TLS 1.3, certificates of the system or those named, no redirects, no
//! proxy from the environment), and digests by the same library.

use std::time::Duration;

use object_store::client::{
    ClientOptions, CryptoProvider, DigestAlgorithm, DigestContext, HmacContext, HttpClient, HttpConnector,
    Signer, SigningAlgorithm,
};
use openssl::hash::{Hasher, MessageDigest};
use openssl::pkey::PKey;
use reqwest::tls::Version;

use super::ObjectStoreSettings;
use crate::Error;

const CONNECT: Duration = Duration::from_secs(10);

/// Gives every part of the library the one client that was made by our rules.
#[derive(Debug)]
pub(super) struct Connector(reqwest::Client);

impl Connector {
    pub(super) fn new(settings: &ObjectStoreSettings) -> Result<Self, Error> {
        let version = if settings.allow_tls_1_2 { Version::TLS_1_2 } else { Version::TLS_1_3 };
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("hsign/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(CONNECT.min(settings.silence))
            .read_timeout(settings.silence)
            .tls_version_min(version);
        if let Some(pem) = &settings.authorities {
            let authorities = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
            if authorities.is_empty() {
                return Err(Error::Settings("the file of certificate authorities holds no PEM certificate"));
            }
            builder = builder.tls_certs_only(authorities);
        }
        if settings.server()?.is_some_and(|server| server.scheme() == "http") {
            // No TLS is spoken: the system's CAs needn't be loaded.
            builder = builder.tls_certs_only(Vec::new());
        }
        let client = builder.build().map_err(|_| Error::Settings("no connection can be prepared"))?;
        Ok(Self(client))
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// What signs requests (AWS Signature Version 4).
#[derive(Debug)]
pub(super) struct Openssl;

fn failed(error: openssl::error::ErrorStack) -> object_store::Error {
    object_store::Error::Generic { store: "OpenSSL", source: Box::new(error) }
}

fn not_offered() -> object_store::Error {
    object_store::Error::NotSupported { source: "only SHA-256 is offered".into() }
}

impl CryptoProvider for Openssl {
    fn digest(&self, algorithm: DigestAlgorithm) -> object_store::Result<Box<dyn DigestContext>> {
        if algorithm != DigestAlgorithm::Sha256 {
            return Err(not_offered());
        }
        let hasher = Hasher::new(MessageDigest::sha256()).map_err(failed)?;
        Ok(Box::new(Digest { hasher, failure: None, value: Vec::new() }))
    }

    fn hmac(&self, algorithm: DigestAlgorithm, secret: &[u8]) -> object_store::Result<Box<dyn HmacContext>> {
        if algorithm != DigestAlgorithm::Sha256 {
            return Err(not_offered());
        }
        let key = PKey::hmac(secret).map_err(failed)?;
        Ok(Box::new(Hmac { key, message: Vec::new(), value: Vec::new() }))
    }

    fn sign(&self, _: SigningAlgorithm, _: &[u8]) -> object_store::Result<Box<dyn Signer>> {
        Err(not_offered())
    }
}

struct Digest {
    hasher: Hasher,
    failure: Option<openssl::error::ErrorStack>,
    value: Vec<u8>,
}

impl DigestContext for Digest {
    fn update(&mut self, data: &[u8]) {
        if let Err(error) = self.hasher.update(data) {
            self.failure = Some(error);
        }
    }

    fn finish(&mut self) -> object_store::Result<&[u8]> {
        if let Some(error) = self.failure.take() {
            return Err(failed(error));
        }
        self.value = self.hasher.finish().map_err(failed)?.to_vec();
        Ok(&self.value)
    }
}

/// What is signed is a few hundred octets: kept together until the end.
struct Hmac {
    key: PKey<openssl::pkey::Private>,
    message: Vec<u8>,
    value: Vec<u8>,
}

impl HmacContext for Hmac {
    fn update(&mut self, data: &[u8]) {
        self.message.extend_from_slice(data);
    }

    fn finish(&mut self) -> object_store::Result<&[u8]> {
        let signer = openssl::sign::Signer::new(MessageDigest::sha256(), &self.key);
        self.value =
            signer.and_then(|mut signer| signer.sign_oneshot_to_vec(&self.message)).map_err(failed)?;
        Ok(&self.value)
    }
}

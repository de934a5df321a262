//! `remote:`: keys at a remote signing service. The protocol is spoken elsewhere ([`RemoteSigning`]); here a key becomes
//! a credential, and what comes back is checked before it is given out.

use std::fmt;
use std::sync::Arc;

use hsign_core::ports::{
    CmsSigner, ElementRequest, ElementSigner, PortError, RemoteKey, RemoteSigning, SignatureShape,
    SignatureValidity, SignatureVerifier as _, Signer,
};
use hsign_core::{Digest, DigestAlgorithm, Secret, SignatureAlgorithm};
use hsign_crypto::OpensslVerifier;
use hsign_x509::Certificate;

use crate::pkcs11::PinTries;
use crate::{Credential, Error, KeyProtection, SecretKind, SecretPrompt, SecretSource, Specification};

/// Opens a configured remote signing service by its name.
pub type OpenRemote = dyn Fn(&str) -> Result<Box<dyn RemoteSigning>, PortError> + Send + Sync;

/// The remote signing services that there are.
#[derive(Clone)]
pub struct RemoteServices(Arc<OpenRemote>);

impl RemoteServices {
    /// As `open` knows them.
    #[must_use]
    pub fn new(open: Arc<OpenRemote>) -> Self {
        Self(open)
    }
}

impl fmt::Debug for RemoteServices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemoteServices")
    }
}

/// One key of a service.
struct RemoteCredential<'a> {
    name: String,
    service: Box<dyn RemoteSigning>,
    key: RemoteKey,
    certificate: Certificate,
    chain: Vec<Vec<u8>>,
    secrets: &'a dyn SecretSource,
    specification: Specification,
}

pub(crate) fn open<'a>(
    name: &str,
    secrets: &'a dyn SecretSource,
    services: Option<&RemoteServices>,
) -> Result<Box<dyn Credential + 'a>, Error> {
    let services = services.ok_or_else(|| Error::NoSuchService(name.to_owned()))?;
    let service = (services.0)(name).map_err(Error::Remote)?;
    let mut keys = service.keys().map_err(Error::Remote)?;
    let count = keys.len();
    let (Some(key), true) = (keys.pop(), count == 1) else {
        return Err(if count == 0 { Error::NoKey(name.to_owned()) } else { ambiguous(&keys, count) });
    };
    if let Some(reason) = &key.disabled {
        return Err(Error::RemoteKeyDisabled { service: name.to_owned(), reason: reason.clone() });
    }
    if key.algorithms.is_empty() {
        return Err(Error::Algorithm(key.algorithm_names.join(", ")));
    }
    let mut certificates = key.certificates.iter();
    let first = certificates.next().ok_or_else(|| Error::NoCertificate(name.to_owned()))?;
    let certificate = Certificate::from_der(first)
        .map_err(|error| Error::Certificate { place: name.to_owned(), reason: error.to_string() })?;
    let chain = certificates.cloned().collect();
    let specification = Specification::Remote(name.to_owned());
    Ok(Box::new(RemoteCredential {
        name: name.to_owned(),
        service,
        key,
        certificate,
        chain,
        secrets,
        specification,
    }))
}

fn ambiguous(others: &[RemoteKey], count: usize) -> Error {
    let first = others.first().map(|key| key.id.clone()).unwrap_or_default();
    Error::Ambiguous { count, first }
}

impl RemoteCredential<'_> {
    /// What the service wants to know, asked for as late as can be.
    fn answers(&self) -> Result<Vec<(String, Secret)>, PortError> {
        let answer = |demand: &hsign_core::ports::RemoteDemand| {
            let prompt = SecretPrompt {
                kind: SecretKind::Remote,
                subject: format!("{}: {}", self.name, demand.label),
                tries: PinTries::Unknown,
            };
            Ok((demand.id.clone(), self.secrets.secret(&prompt)?.without_line_end()))
        };
        self.key.demands.iter().map(answer).collect()
    }
}

impl Signer for RemoteCredential<'_> {
    fn certificate(&self) -> &[u8] {
        self.certificate.der()
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn algorithm(&self, digest: DigestAlgorithm) -> SignatureAlgorithm {
        let wanted = |algorithm: &&SignatureAlgorithm| algorithm.digest() == Some(digest);
        let offered = self.key.algorithms.iter().find(wanted).or_else(|| self.key.algorithms.first());
        offered.cloned().unwrap_or(SignatureAlgorithm::RsaPkcs1(digest))
    }

    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, PortError> {
        let digest = algorithm.digest().ok_or_else(|| Error::Algorithm(algorithm.to_string()))?;
        let digest = hsign_crypto::digest(digest, message).map_err(|e| Error::Openssl(e.to_string()))?;
        let value = self.service.sign_digest(&self.key, algorithm, &digest, &self.answers()?)?;
        let key = self.certificate.public_key_info();
        match OpensslVerifier::new().verify(algorithm, key, message, &value) {
            SignatureValidity::Valid => Ok(value),
            SignatureValidity::Invalid | SignatureValidity::Unsupported(_) => {
                Err(Error::WrongSignature.into())
            }
        }
    }

    fn finished_cms(&self) -> Option<&dyn CmsSigner> {
        (self.service.shape() == SignatureShape::Cms).then_some(self)
    }

    fn finished_element(&self) -> Option<&dyn ElementSigner> {
        (self.service.shape() == SignatureShape::Element).then_some(self)
    }
}

impl CmsSigner for RemoteCredential<'_> {
    fn sign_content(&self, content: &Digest) -> Result<Vec<u8>, PortError> {
        let algorithm = self.algorithm(content.algorithm);
        self.service.sign_cms(&self.key, &algorithm, content, &self.answers()?)
    }
}

impl ElementSigner for RemoteCredential<'_> {
    fn sign_element(&self, request: &ElementRequest<'_>) -> Result<String, PortError> {
        self.service.sign_element(&self.key, request)
    }
}

impl Credential for RemoteCredential<'_> {
    fn protection(&self) -> KeyProtection {
        KeyProtection::Remote
    }

    fn signer_certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn specification(&self) -> &Specification {
        &self.specification
    }
}

//! What the core asks of the outside. Implementations live at the rim; tests use scripted ones.

pub use crate::journal::Journal;

use crate::{Digest, ErrorKind, Finding, Secret, SignatureAlgorithm, Time};

/// What a signature check says. Whether the algorithm is acceptable is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureValidity {
    /// The value belongs to the message and the key.
    Valid,
    /// It doesn't.
    Invalid,
    /// It can't be told: unknown algorithm, key that can't be decoded, key and algorithm that don't fit.
    Unsupported(String),
}

/// Checks a signature value; hsign-crypto implements it.
pub trait SignatureVerifier {
    /// Checks `value` over `message` with the DER-encoded SubjectPublicKeyInfo.
    fn verify(
        &self,
        algorithm: &SignatureAlgorithm,
        public_key: &[u8],
        message: &[u8],
        value: &[u8],
    ) -> SignatureValidity;
}

/// A failure at the rim: what happened, and whom it belongs to. Never holds secrets or patient data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PortError {
    /// Decides the exit code.
    pub kind: ErrorKind,
    /// What happened, with the name of the party and what it said.
    pub message: String,
    /// The same in the form that is worded in both languages, where there is one: first what happened, then why.
    pub findings: Vec<Finding>,
}

impl PortError {
    /// A failure told in English only.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), findings: Vec::new() }
    }

    /// Adds words for both languages: what happened, or after that why.
    #[must_use]
    pub fn finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    /// What happened, in words for both languages; failing that with the English text as the reason.
    #[must_use]
    pub fn first_finding(&self) -> Finding {
        let untold = || Finding::error("party-failed").with("reason", &self.message);
        self.findings.first().cloned().unwrap_or_else(untold)
    }
}

/// Somebody who can sign: a key with its certificate.
pub trait Signer {
    /// The signer's certificate, DER.
    fn certificate(&self) -> &[u8];

    /// Further certificates the credential brought, DER, in no particular order.
    fn chain(&self) -> &[Vec<u8>];

    /// The algorithm this key signs with when `digest` is asked for.
    fn algorithm(&self, digest: crate::DigestAlgorithm) -> SignatureAlgorithm;

    /// Signs `message` (not its digest); the value is in the form [`SignatureVerifier`] takes.
    ///
    /// # Errors
    /// When the card, the PIN or the key fails.
    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, PortError>;

    /// For a key whose service gives whole CMS signatures and no bare values.
    fn finished_cms(&self) -> Option<&dyn CmsSigner> {
        None
    }

    /// For a key whose service gives whole XML signatures and no bare values.
    fn finished_element(&self) -> Option<&dyn ElementSigner> {
        None
    }
}

/// Somebody who gives a finished CMS signature. What comes is verified before it is used.
pub trait CmsSigner {
    /// A detached CMS of level B-B (CAdES) over content with this digest, DER.
    ///
    /// # Errors
    /// When the service or its login fails.
    fn sign_content(&self, content: &Digest) -> Result<Vec<u8>, PortError>;
}

/// What a finished XML signature has to be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementRequest<'a> {
    /// The Id that the `ds:Signature` shall have.
    pub signature_id: &'a str,
    /// The URI of its reference to the document.
    pub reference_uri: &'a str,
    /// Digest of what that URI refers to, without transforms.
    pub digest: &'a Digest,
}

/// Somebody who gives a finished XML signature. What comes is verified before it is used.
pub trait ElementSigner {
    /// A whole `ds:Signature` element, UTF-8, that declares every namespace it uses.
    ///
    /// # Errors
    /// When the service or its login fails.
    fn sign_element(&self, request: &ElementRequest<'_>) -> Result<String, PortError>;
}

/// A key that a remote service keeps, and what the service says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteKey {
    /// Its name at the service (CSC: credentialID).
    pub id: String,
    /// Certificates, DER, the signer's first.
    pub certificates: Vec<Vec<u8>>,
    /// How it signs; none that we know: it can't be used.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// The same in the service's own words.
    pub algorithm_names: Vec<String>,
    /// How a signature is authorised, in the service's own word.
    pub authorization: String,
    /// What the service wants to know before it signs.
    pub demands: Vec<RemoteDemand>,
    /// Why the service won't sign with it now, in its own word.
    pub disabled: Option<String>,
}

/// A secret that a remote service asks for before each signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteDemand {
    /// Its name in the protocol.
    pub id: String,
    /// Its name for people.
    pub label: String,
}

/// Keys kept elsewhere.
pub trait RemoteSigning: Send + Sync {
    /// The keys that the login gives access to.
    ///
    /// # Errors
    /// When the service or its login fails.
    fn keys(&self) -> Result<Vec<RemoteKey>, PortError>;

    /// The signature value over a message with this digest. `answers` belong to the demands of the key.
    ///
    /// # Errors
    /// When the service refuses or fails, or gives whole signatures only.
    fn sign_digest(
        &self,
        key: &RemoteKey,
        algorithm: &SignatureAlgorithm,
        digest: &Digest,
        answers: &[(String, Secret)],
    ) -> Result<Vec<u8>, PortError>;

    /// As [`CmsSigner::sign_content`].
    ///
    /// # Errors
    /// As [`RemoteSigning::sign_digest`].
    fn sign_cms(
        &self,
        key: &RemoteKey,
        algorithm: &SignatureAlgorithm,
        content: &Digest,
        answers: &[(String, Secret)],
    ) -> Result<Vec<u8>, PortError>;

    /// As [`ElementSigner::sign_element`].
    ///
    /// # Errors
    /// As [`RemoteSigning::sign_digest`].
    fn sign_element(&self, key: &RemoteKey, request: &ElementRequest<'_>) -> Result<String, PortError>;

    /// What the service gives.
    fn shape(&self) -> SignatureShape;
}

/// What a remote service gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureShape {
    /// A bare signature value.
    Value,
    /// A whole CMS.
    Cms,
    /// A whole XML signature.
    Element,
}

/// A time-stamp authority, or several with fail-over.
pub trait Timestamper {
    /// A DER-encoded TimeStampToken over `imprint`, already checked against the request (RFC 3161 §2.2).
    ///
    /// # Errors
    /// When no authority gave a usable token.
    fn stamp(&self, imprint: &Digest) -> Result<Vec<u8>, PortError>;

    /// Size of the last token in bytes, so that room can be reserved for the next; `None` before the first.
    fn last_token_size(&self) -> Option<usize> {
        None
    }
}

/// Something a judgement lacks and the network may have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Need {
    /// A certificate revocation list.
    Crl {
        /// Where the certificate says it is (CRL distribution point).
        url: String,
        /// SHA-256 of the certificate whose status is in question.
        certificate: [u8; 32],
    },
    /// An OCSP answer.
    Ocsp {
        /// The responder (authority information access).
        url: String,
        /// DER-encoded OCSPRequest.
        request: Vec<u8>,
        /// SHA-256 of the certificate whose status is in question.
        certificate: [u8; 32],
    },
    /// An issuer's certificate (authority information access, caIssuers).
    CaCertificate {
        /// Where it is.
        url: String,
        /// SHA-256 of the certificate whose issuer is missing.
        certificate: [u8; 32],
    },
}

/// What came over the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// As the server sent them.
    pub bytes: Vec<u8>,
    /// When the server sent them: earlier than now where a cache kept them; `None` where nobody looked at the clock.
    pub at: Option<Time>,
}

impl From<Vec<u8>> for Fetched {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, at: None }
    }
}

/// Gets what a judgement needs.
pub trait Fetcher {
    /// The answer, and when it came.
    ///
    /// # Errors
    /// When the network may not be used or the party failed.
    fn fetch(&self, need: &Need) -> Result<Fetched, PortError>;

    /// What was noticed since the last call without keeping an answer back: kept ones that were damaged, or
    /// that had to do because a server failed.
    fn remarks(&self) -> Vec<Finding> {
        Vec::new()
    }
}

/// Refuses everything: the default wherever the user didn't ask for the network.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNetwork;

impl Fetcher for NoNetwork {
    fn fetch(&self, _need: &Need) -> Result<Fetched, PortError> {
        Err(PortError::new(ErrorKind::Refused, "the network is not used unless asked for"))
    }
}

/// Unpredictable bytes, for nonces.
pub trait Randomness {
    /// Fills the buffer.
    ///
    /// # Errors
    /// When the system's generator fails.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), PortError>;
}

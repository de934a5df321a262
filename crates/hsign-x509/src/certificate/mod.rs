mod extensions;
mod read;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use hsign_core::{Finding, PublicKeyKind, SignatureAlgorithm, Time, hex};

use crate::extension::{self, Extension};
use crate::{Error, Name};

/// An X.509 certificate (RFC 5280 §4.1) with its original bytes. Clones share them; equality is that of
/// the bytes.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    /// Made when first asked for.
    sha256: OnceLock<[u8; 32]>,
    tbs: Range<usize>,
    serial: Range<usize>,
    public_key_info: Range<usize>,
    version: u8,
    signature_algorithm: SignatureAlgorithm,
    algorithms_agree: bool,
    signature_value: Vec<u8>,
    subject: Name,
    issuer: Name,
    not_before: Time,
    not_after: Time,
    public_key_kind: PublicKeyKind,
    public_key_bits: Vec<u8>,
    extensions: Vec<Extension>,
    /// Those noticed while reading.
    oddities: Vec<Finding>,
    /// Those that have to be looked for, when first asked for.
    further_oddities: OnceLock<Vec<Finding>>,
}

impl Certificate {
    /// Reads one certificate. Encodings outside DER are read where their meaning is beyond doubt, and
    /// listed in [`Certificate::oddities`].
    ///
    /// # Errors
    /// When the bytes aren't exactly one certificate of version 1 to 3.
    pub fn from_der(bytes: &[u8]) -> Result<Self, Error> {
        read::certificate(bytes).map(|inner| Self(Arc::new(inner)))
    }

    /// Original bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Original bytes of TBSCertificate: what the issuer signed.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.0.slice(&self.0.tbs)
    }

    /// How the issuer signed.
    #[must_use]
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.0.signature_algorithm
    }

    /// Whether the algorithm inside what was signed is the one outside it (RFC 5280 §4.1.1.2).
    #[must_use]
    pub fn signature_algorithms_agree(&self) -> bool {
        self.0.algorithms_agree
    }

    /// The issuer's signature value; empty, and so never valid, if it isn't whole octets.
    #[must_use]
    pub fn signature_value(&self) -> &[u8] {
        &self.0.signature_value
    }

    /// SHA-256 of the original bytes.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        *self.0.sha256.get_or_init(|| hsign_crypto::sha256(self.der()))
    }

    /// SHA-256 in lower-case hexadecimal.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        hex(&self.sha256())
    }

    /// Contents octets of the serial number as encoded.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.0.slice(&self.0.serial)
    }

    /// Serial number in lower-case hexadecimal, as encoded.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        hex(self.serial())
    }

    /// 1, 2 or 3.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.0.version
    }

    /// Whose key it is.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Who says so.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// Start of validity, inclusive.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.0.not_before
    }

    /// End of validity, inclusive.
    #[must_use]
    pub fn not_after(&self) -> Time {
        self.0.not_after
    }

    /// Original bytes of SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key_info(&self) -> &[u8] {
        self.0.slice(&self.0.public_key_info)
    }

    /// Kind and size of the key.
    #[must_use]
    pub fn public_key_kind(&self) -> &PublicKeyKind {
        &self.0.public_key_kind
    }

    /// Octets of subjectPublicKey, as key hashes are made over (RFC 6960 §4.1.1).
    #[must_use]
    pub fn public_key_bits(&self) -> &[u8] {
        &self.0.public_key_bits
    }

    /// Whether subject and issuer are the same name (RFC 5280 §3.2: self-issued).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject().matches(self.issuer())
    }

    /// What a strict reader would have refused or RFC 5280 forbids. Those of severity error
    /// (`certificate-algorithm-mismatch`, `certificate-extensions-need-v3`) make the certificate
    /// unfit for a path.
    #[must_use]
    pub fn oddities(&self) -> Vec<Finding> {
        let further = self.0.further_oddities.get_or_init(|| read::further_oddities(self));
        self.0.oddities.iter().chain(further).cloned().collect()
    }

    /// All extensions in encoded order.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.0.extensions
    }

    /// The first extension with this dotted OID.
    #[must_use]
    pub fn extension(&self, oid: &str) -> Option<&Extension> {
        self.extensions().iter().find(|extension| extension.oid == oid)
    }

    /// OID of an extension that is there more than once.
    #[must_use]
    pub fn repeated_extension(&self) -> Option<&str> {
        extension::repeated(self.extensions())
    }
}

impl Inner {
    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.der() == other.der()
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sha256().hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate(sha256 {})", self.sha256_hex())
    }
}

use hsign_x509::{Certificate, Name};

use crate::{TrustEntry, TrustKind};

/// Where paths end: a name and a key (RFC 5280 §6.1.1 (d)), and the registry entry that says for what and
/// for how long they are trusted. The certificate's own extensions and dates count only on request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    certificate: Certificate,
    entry: TrustEntry,
}

impl Anchor {
    pub(crate) fn new(certificate: Certificate, entry: TrustEntry) -> Self {
        Self { certificate, entry }
    }

    /// An anchor without a registry: no dates, no policies.
    #[must_use]
    pub fn from_certificate(certificate: Certificate) -> Self {
        Self { entry: TrustEntry::bare(certificate.clone(), TrustKind::Bare), certificate }
    }

    /// The certificate that carries name and key.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What the registry says about it.
    #[must_use]
    pub fn entry(&self) -> &TrustEntry {
        &self.entry
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.certificate.subject()
    }

    /// Its key, a DER-encoded SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key_info(&self) -> &[u8] {
        self.certificate.public_key_info()
    }
}

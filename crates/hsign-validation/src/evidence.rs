use hsign_core::{ErrorKind, Finding};
use hsign_pki::{Origin, Provided, RevocationEvidence};
use hsign_x509::{Certificate, OcspResponse, certificates_from_bytes, crls_from_bytes};

/// Material from outside the document: certificates, CRLs, OCSP responses, each with how it came. Parsed
/// once; nothing in it is trusted.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) revocation: RevocationEvidence,
}

/// A piece of evidence is none of the kinds we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a certificate nor a CRL nor an OCSP response")]
pub struct EvidenceError;

impl EvidenceError {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Unreadable
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        Finding::error("evidence-unreadable")
    }
}

impl Evidence {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file or an answer of the network: certificates and CRLs (DER, PEM, PKCS#7) or an OCSP response,
    /// told apart by their content. A bare `Provenance` is an origin of which no more is known.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn add(&mut self, bytes: &[u8], origin: impl Into<Origin>) -> Result<(), EvidenceError> {
        let origin = origin.into();
        if let Ok(response) = OcspResponse::from_der(bytes) {
            self.revocation.ocsp_responses.push(Provided::new(response, origin));
            return Ok(());
        }
        let crls = crls_from_bytes(bytes).unwrap_or_default();
        let certificates = certificates_from_bytes(bytes).unwrap_or_default();
        if crls.is_empty() && certificates.is_empty() {
            return Err(EvidenceError);
        }
        self.revocation.crls.extend(crls.into_iter().map(|value| Provided::new(value, origin.clone())));
        self.certificates.extend(certificates);
        Ok(())
    }

    /// Adds a certificate that is already parsed.
    pub fn add_certificate(&mut self, certificate: Certificate) {
        self.certificates.push(certificate);
    }

    /// CRLs and OCSP responses.
    #[must_use]
    pub fn revocation(&self) -> &RevocationEvidence {
        &self.revocation
    }

    /// Certificates, CRLs and OCSP responses counted together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.certificates.len() + self.revocation.crls.len() + self.revocation.ocsp_responses.len()
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The certificates.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }
}

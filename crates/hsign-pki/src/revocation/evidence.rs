use hsign_core::Octets;
use hsign_x509::{Certificate, Crl, OcspResponse};
use serde::{Deserialize, Serialize};

/// How a piece of evidence came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// Inside the document.
    Embedded,
    /// Given by whoever asks.
    Given,
    /// From the network.
    Fetched,
}

/// A piece of evidence and how it came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provided<T> {
    /// The evidence.
    pub value: T,
    /// How it came.
    pub provenance: Provenance,
}

/// Everything at hand that may tell about revocation. Nothing in it is trusted.
#[derive(Clone, Debug, Default)]
pub struct RevocationEvidence {
    /// CRLs, base and delta alike.
    pub crls: Vec<Provided<Crl>>,
    /// OCSP responses.
    pub ocsp_responses: Vec<Provided<OcspResponse>>,
    /// Certificates that CRL issuers and responders may need.
    pub certificates: Vec<Certificate>,
}

impl RevocationEvidence {
    /// Adds CRLs and OCSP responses by their bytes. What can't be read is left out and counted, since it
    /// proves nothing.
    pub fn add(&mut self, crls: &[Octets], ocsp_responses: &[Octets], provenance: Provenance) -> usize {
        let before = self.crls.len() + self.ocsp_responses.len();
        let readable = crls.iter().filter_map(|bytes| Crl::from_der(bytes.as_slice()).ok());
        self.crls.extend(readable.map(|value| Provided { value, provenance }));
        let readable =
            ocsp_responses.iter().filter_map(|bytes| OcspResponse::from_der(bytes.as_slice()).ok());
        self.ocsp_responses.extend(readable.map(|value| Provided { value, provenance }));
        (crls.len() + ocsp_responses.len()) - (self.crls.len() + self.ocsp_responses.len() - before)
    }
}

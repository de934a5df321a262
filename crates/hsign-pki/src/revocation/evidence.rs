use hsign_core::{Octets, Time};
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

/// How a piece of evidence came here, whence and when, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// How it came.
    pub provenance: Provenance,
    /// The address it was fetched from, or the name of the file it was given in.
    pub place: Option<String>,
    /// When the server answered; a cache may have kept it since.
    pub fetched_at: Option<Time>,
}

impl Origin {
    /// Given in a file of that name.
    #[must_use]
    pub fn given(file: impl Into<String>) -> Self {
        Self { place: Some(file.into()), ..Provenance::Given.into() }
    }

    /// Fetched from that address.
    #[must_use]
    pub fn fetched(url: impl Into<String>, at: Option<Time>) -> Self {
        Self { place: Some(url.into()), fetched_at: at, ..Provenance::Fetched.into() }
    }
}

impl From<Provenance> for Origin {
    fn from(provenance: Provenance) -> Self {
        Self { provenance, place: None, fetched_at: None }
    }
}

/// A piece of evidence and how it came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provided<T> {
    /// The evidence.
    pub value: T,
    /// How it came.
    pub origin: Origin,
}

impl<T> Provided<T> {
    /// Both together; a bare [`Provenance`] is an origin of which no more is known.
    pub fn new(value: T, origin: impl Into<Origin>) -> Self {
        Self { value, origin: origin.into() }
    }
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
        self.crls.extend(readable.map(|value| Provided::new(value, provenance)));
        let readable =
            ocsp_responses.iter().filter_map(|bytes| OcspResponse::from_der(bytes.as_slice()).ok());
        self.ocsp_responses.extend(readable.map(|value| Provided::new(value, provenance)));
        (crls.len() + ocsp_responses.len()) - (self.crls.len() + self.ocsp_responses.len() - before)
    }
}

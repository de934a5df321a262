use std::fmt;

use hsign_core::{Time, hex};
use serde::Serialize;

/// Something whose existence can be proven.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "id")]
pub enum ProvenObject {
    /// The value of a signature, by its id.
    Signature(String),
    /// The data that a signature signs, by its id.
    SignedData(String),
    /// A time-stamp token, by its id.
    Timestamp(String),
    /// An evidence record, by its id.
    EvidenceRecord(String),
    /// A certificate, a CRL or an OCSP response, by SHA-256 of its bytes.
    #[serde(serialize_with = "as_hex")]
    Evidence([u8; 32]),
}

fn as_hex<S: serde::Serializer>(digest: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(digest))
}

impl fmt::Display for ProvenObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(id) | Self::SignedData(id) | Self::Timestamp(id) | Self::EvidenceRecord(id) => {
                f.write_str(id)
            }
            Self::Evidence(digest) => f.write_str(&hex(digest)),
        }
    }
}

/// On whose word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "id")]
pub enum ProofSource {
    /// A time stamp, by its id.
    Timestamp(String),
    /// An evidence record, by its id.
    EvidenceRecord(String),
    /// The caller, who says where from.
    Given(String),
}

/// An object and the earliest time at which it is proven to have existed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProofOfExistence {
    pub(crate) object: ProvenObject,
    pub(crate) time: Time,
    pub(crate) source: ProofSource,
}

impl ProofOfExistence {
    /// What existed.
    #[must_use]
    pub fn object(&self) -> &ProvenObject {
        &self.object
    }

    /// When at the latest.
    #[must_use]
    pub fn time(&self) -> Time {
        self.time
    }

    /// On whose word.
    #[must_use]
    pub fn source(&self) -> &ProofSource {
        &self.source
    }
}

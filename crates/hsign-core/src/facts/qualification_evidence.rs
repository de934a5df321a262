use serde::{Deserialize, Serialize};

use super::SignatureFacts;
use crate::{Finding, Octets};

/// A qualification-evidence record with the signatures over it. Nothing in it counts before an attester's signature
/// was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualificationEvidenceFacts {
    /// What to call it in reports: a file's name, or that of an attachment.
    pub name: String,
    /// How it came.
    pub origin: EvidenceOrigin,
    /// The record as it was signed, byte by byte.
    pub record: Octets,
    /// The CAdES signatures over it; none when the record came alone.
    pub signatures: Vec<SignatureFacts>,
    /// What was noticed while reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// How a record came to the judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceOrigin {
    /// Beside the document.
    Given,
    /// Inside it.
    Embedded,
}

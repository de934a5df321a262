use hsign_core::{Finding, ValidationTime};
use hsign_validation::{DocumentVerdict, Policy};

/// What one run of `hsign verify` has to tell.
#[derive(Clone, Debug)]
pub struct VerifyReport<'a> {
    /// When it was judged.
    pub validation_time: ValidationTime,
    /// By which policy.
    pub policy: &'a Policy,
    /// SHA-256 of the trust used.
    pub trust_sha256: [u8; 32],
    /// The documents, in the order they were given.
    pub documents: Vec<DocumentReport<'a>>,
}

/// One document.
#[derive(Clone, Debug)]
pub struct DocumentReport<'a> {
    /// Its path as it was given.
    pub path: String,
    /// What came of it.
    pub outcome: Outcome<'a>,
}

/// What came of a document.
#[derive(Clone, Debug)]
pub enum Outcome<'a> {
    /// It was judged.
    Judged(&'a DocumentVerdict),
    /// It couldn't be read or isn't a format we know.
    Unreadable {
        /// SHA-256 of its bytes, if these could be read.
        sha256: Option<[u8; 32]>,
        /// Why.
        findings: Vec<Finding>,
    },
}

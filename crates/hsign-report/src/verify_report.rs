use hsign_core::{Finding, ValidationTime};
use hsign_validation::{DocumentVerdict, Indication, Policy};

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

impl DocumentReport<'_> {
    /// Its status; an unreadable document has no signature that anybody could show.
    #[must_use]
    pub fn indication(&self) -> Indication {
        match &self.outcome {
            Outcome::Judged(verdict) => verdict.indication(),
            Outcome::Unreadable { .. } => Indication::NoSignature,
        }
    }
}

impl VerifyReport<'_> {
    /// The exit code of the command: 0 if every document passed, else the worst of them, 1 (failed) before 3
    /// (indeterminate) before 4 (no signature or unreadable).
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let any = |indication| self.documents.iter().any(|document| document.indication() == indication);
        if any(Indication::TotalFailed) {
            1
        } else if any(Indication::Indeterminate) {
            3
        } else if self.documents.is_empty() || any(Indication::NoSignature) {
            4
        } else {
            0
        }
    }
}

use hsign_core::{ErrorKind, Finding};

/// A record that can't be used as it is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Larger than any record needs to be.
    #[error("larger than {0} bytes")]
    TooLarge(usize),
    /// Not JSON of the documented form: a key unknown, missing or twice, a value of another kind.
    #[error("{0}")]
    Syntax(String),
    /// Another schema, or a later version of this one.
    #[error("schema {0:?} where \"hsign.qualification-evidence/1\" is expected")]
    Schema(String),
    /// A text that is empty, overlong or not printable.
    #[error("{0}: empty, longer than 400 characters, or not printable")]
    Text(&'static str),
    /// A list that is empty or longer than any real one.
    #[error("{0}: from 1 to 16 entries")]
    Count(&'static str),
    /// Way ④ rests on the institution's own audit.
    #[error("audit: missing, though the qualification was attested by the institution (way 4)")]
    AuditMissing,
    /// A certificate of a provider signs for thousands.
    #[error(
        "binding: a witness-type signature is bound to the document or the signature, not to a certificate alone"
    )]
    WitnessBoundToCertificate,
    /// A period that ends before it begins, or a check after the record was issued.
    #[error("{0}: the dates contradict each other")]
    Dates(&'static str),
}

impl RecordError {
    /// Whom it belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Unreadable
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let finding = match self {
            Self::WitnessBoundToCertificate => Finding::warning("witness-bound-to-certificate"),
            _ => Finding::warning("qualification-evidence-malformed").with("reason", self),
        };
        finding.clause("guideline 5.2 §6.12, route (b)")
    }
}

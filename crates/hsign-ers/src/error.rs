use hsign_core::{BudgetExhausted, ErrorKind, Finding};

/// Why bytes are no evidence record that can be read, or none can be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The structure is not that of RFC 4998 §3.1.
    #[error("not an evidence record: {0}")]
    Structure(#[from] hsign_asn1::Error),
    /// An algorithm identifier can't be read.
    #[error("not an evidence record: {0}")]
    Algorithm(#[from] hsign_x509::Error),
    /// Another version than 1 (RFC 4998 §3.1).
    #[error("evidence record of version {0}, only version 1 is known")]
    Version(u64),
    /// A sequence that RFC 4998 wants filled is empty.
    #[error("not an evidence record: {0}")]
    Empty(&'static str),
    /// A digest can't be computed.
    #[error(transparent)]
    Digest(#[from] hsign_crypto::Error),
    /// A record that nobody could verify would be written.
    #[error("no evidence record made: {0}")]
    Build(&'static str),
    /// A limit on work was reached.
    #[error(transparent)]
    Budget(#[from] BudgetExhausted),
}

impl Error {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Digest(error) => error.kind(),
            Self::Build(_) => ErrorKind::Refused,
            _ => ErrorKind::Unreadable,
        }
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Budget(exhausted) => exhausted.finding(),
            Self::Digest(error) => error.finding(),
            Self::Build(reason) => Finding::error("evidence-record-not-made").with("reason", reason),
            Self::Version(version) => Finding::error("evidence-record-version").with("version", version),
            _ => Finding::error("evidence-record-unreadable").with("reason", self),
        }
    }
}

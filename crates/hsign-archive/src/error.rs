use hsign_core::{BudgetExhausted, ErrorKind};

/// Why something can't go into the archive, or can't be taken out of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A document's description doesn't fit the archive.
    #[error("document not taken: {0}")]
    Document(&'static str),
    /// A batch that no bundle can be made of.
    #[error("no bundle made: {0}")]
    Batch(&'static str),
    /// The files are no bundle, or none that can be used.
    #[error("not a bundle: {0}")]
    Bundle(&'static str),
    /// A time stamp that doesn't continue the bundle's evidence.
    #[error("time stamp not taken: {0}")]
    Stamp(&'static str),
    /// An event that can't be written into the trail.
    #[error("not written into the trail: {0}")]
    Event(&'static str),
    /// A segment of the trail that is damaged, or doesn't follow the one before it.
    #[error("segment {segment} of the trail, line {line}: {reason}")]
    Trail {
        /// Its number.
        segment: u64,
        /// The line, from 1; 0 where no line is to blame.
        line: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// A retention table that can't be read.
    #[error("retention table: {0}")]
    Retention(String),
    /// An evidence record can't be made.
    #[error(transparent)]
    Record(#[from] hsign_ers::Error),
    /// A digest can't be computed.
    #[error(transparent)]
    Digest(#[from] hsign_crypto::Error),
    /// A limit on work was reached.
    #[error(transparent)]
    Budget(#[from] BudgetExhausted),
}

impl Error {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Record(error) => error.kind(),
            Self::Digest(error) => error.kind(),
            Self::Document(_) | Self::Event(_) | Self::Retention(_) => ErrorKind::Usage,
            Self::Batch(_) | Self::Stamp(_) => ErrorKind::Refused,
            Self::Bundle(_) | Self::Trail { .. } | Self::Budget(_) => ErrorKind::Unreadable,
        }
    }
}

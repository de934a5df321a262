use std::io;

use hsign_core::{BudgetExhausted, ErrorKind, Finding};

/// A store can't do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system says no.
    #[error("the store failed: {0}")]
    Io(#[from] io::Error),
    /// A name that no bundle and no file of one has.
    #[error("not a name in a store")]
    Name,
    /// No store takes what is written.
    #[error("no store can be written to")]
    NotWritable,
    /// A limit on work was reached.
    #[error(transparent)]
    Budget(#[from] BudgetExhausted),
}

impl Error {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io(error) => ErrorKind::of_io(error),
            Self::Name | Self::NotWritable => ErrorKind::Usage,
            Self::Budget(_) => ErrorKind::Unreadable,
        }
    }

    /// What the file system or a limit said, in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        match self {
            Self::Io(error) => Some(Finding::from_io(error)),
            Self::Budget(exhausted) => Some(exhausted.finding()),
            Self::Name | Self::NotWritable => None,
        }
    }
}

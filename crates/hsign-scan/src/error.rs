use hsign_core::{ErrorKind, Finding};

/// A file can't be looked at.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its bytes can't be had.
    #[error("can't be read: {0}")]
    Source(#[from] std::io::Error),
}

impl Error {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Source(error) => ErrorKind::of_io(error),
        }
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Source(error) => Finding::from_io(error),
        }
    }
}

/// What was met that a reader doesn't go on from: told, not an error, since nothing else depends on it.
pub(crate) fn unreadable(reason: &str) -> Finding {
    Finding::warning("scan-image-unreadable").with("reason", reason)
}

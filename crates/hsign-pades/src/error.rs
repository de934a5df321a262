use hsign_core::{ErrorKind, Finding};

/// A document that can't be read, or a signature that can't be put in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document can't be read or extended.
    #[error(transparent)]
    Pdf(hsign_pdf::Error),
    /// A digest can't be computed.
    #[error(transparent)]
    Digest(#[from] hsign_crypto::Error),
    /// The source ended early or failed while it was hashed.
    #[error("the document can't be read: {0}")]
    Source(#[from] std::io::Error),
    /// More signatures than anybody puts into one document.
    #[error(transparent)]
    Budget(#[from] hsign_core::BudgetExhausted),
    /// The CMS or token doesn't fit into the space that was reserved; prepare again with the needed size.
    #[error("the signature needs {needed} bytes in the document, {reserved} were reserved")]
    ContentsTooSmall {
        /// Octets of the CMS or token.
        needed: usize,
        /// Octets reserved.
        reserved: usize,
    },
}

impl Error {
    /// Whose failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Pdf(error) => error.kind(),
            Self::Digest(_) | Self::ContentsTooSmall { .. } => ErrorKind::Usage,
            Self::Source(_) => ErrorKind::Local,
            Self::Budget(_) => ErrorKind::Unreadable,
        }
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Pdf(error) => error.finding(),
            Self::Digest(error) => error.finding(),
            Self::Source(error) => Finding::from_io(error),
            Self::Budget(exhausted) => exhausted.finding(),
            Self::ContentsTooSmall { needed, reserved } => {
                Finding::error("signature-space-too-small").with("needed", needed).with("reserved", reserved)
            }
        }
    }
}

impl From<hsign_pdf::Error> for Error {
    fn from(error: hsign_pdf::Error) -> Self {
        match error {
            hsign_pdf::Error::ContentsTooSmall { needed, reserved } => {
                Self::ContentsTooSmall { needed, reserved }
            }
            other => Self::Pdf(other),
        }
    }
}

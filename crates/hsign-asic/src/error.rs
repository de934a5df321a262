use std::io;

use hsign_core::{BudgetExhausted, ErrorKind, Finding};

/// A container that can't be read, made or extended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No ZIP file, or one whose entries different tools see differently.
    #[error("the ZIP file can't be read: {0}")]
    Zip(&'static str),
    /// The bytes can't be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// More than the limits allow.
    #[error(transparent)]
    Limit(#[from] BudgetExhausted),
    /// A digest can't be computed.
    #[error(transparent)]
    Digest(#[from] hsign_crypto::Error),
    /// A CAdES signature can't be made or extended.
    #[error(transparent)]
    Cades(#[from] hsign_cades::Error),
    /// A XAdES signature can't be made or extended.
    #[error(transparent)]
    Xades(#[from] hsign_xades::Error),
    /// A token can't be read.
    #[error(transparent)]
    Token(#[from] hsign_tsp::Error),
    /// A name that a container must not hold.
    #[error("{name:?} can't be the name of a file in a container: {reason}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What was asked for doesn't fit the container.
    #[error("{0}")]
    Unfit(&'static str),
    /// No signature of this id.
    #[error("the container has no signature {0:?}")]
    NoSuchSignature(String),
    /// No file of this name.
    #[error("the container has no file {0:?}")]
    NoSuchFile(String),
    /// An archive time stamp covers what would change.
    #[error("{0} is covered by an archive time stamp and must stay as it is")]
    Covered(String),
}

impl Error {
    /// Whose failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io(error) => ErrorKind::of_io(error),
            Self::Cades(error) => error.kind(),
            Self::Xades(error) => error.kind(),
            Self::Token(error) => error.kind(),
            Self::Digest(_) => ErrorKind::Local,
            Self::Zip(_) | Self::Limit(_) => ErrorKind::Unreadable,
            Self::Name { .. } | Self::Unfit(_) | Self::NoSuchSignature(_) | Self::NoSuchFile(_) => {
                ErrorKind::Usage
            }
            Self::Covered(_) => ErrorKind::Refused,
        }
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Zip(reason) => Finding::error("asic-container-unreadable").with("reason", reason),
            Self::Io(error) => Finding::from_io(error),
            Self::Limit(error) => error.finding(),
            Self::Digest(error) => error.finding(),
            Self::Cades(error) => error.finding(),
            Self::Xades(error) => error.finding(),
            Self::Token(error) => error.finding(),
            Self::Name { name, reason } => {
                Finding::error("zip-name-unsafe").with("entry", name).with("reason", reason)
            }
            Self::NoSuchFile(name) => Finding::error("asic-no-such-file").with("entry", name),
            _ => Finding::error("signature-not-made").with("reason", self),
        }
    }
}

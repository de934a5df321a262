use hsign_core::ErrorKind;
use hsign_core::ports::PortError;

use crate::channel::Failure;

/// Why nothing could be got from the network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration of an endpoint makes no sense.
    #[error("{0}")]
    Configuration(String),
    /// A file named in the configuration can't be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A secret or random bytes could not be had.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The exchange with the remote party failed.
    #[error(transparent)]
    Exchange(#[from] Failure),
    /// The party answered, but not with what was asked for.
    #[error("{0}")]
    Answer(String),
}

impl Error {
    /// Whom the failure belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Configuration(_) => ErrorKind::Usage,
            Self::File { .. } => ErrorKind::Local,
            Self::Port(error) => error.kind,
            Self::Exchange(failure) => failure.kind(),
            Self::Answer(_) => ErrorKind::Remote,
        }
    }

    /// What would mend it, if known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Port(error) => error.hint.clone(),
            Self::Exchange(failure) => failure.hint().map(str::to_owned),
            _ => None,
        }
    }

    /// Whether the same request may well succeed in a moment.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Exchange(failure) if failure.is_transient())
    }
}

impl From<Error> for PortError {
    fn from(error: Error) -> Self {
        let hint = error.hint();
        Self { kind: error.kind(), message: error.to_string(), hint }
    }
}

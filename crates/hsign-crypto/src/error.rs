use hsign_core::{DigestAlgorithm, ErrorKind};

/// OpenSSL could not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The hash function is switched off in this OpenSSL (FIPS mode) or failed.
    #[error("{algorithm} is not available: {message}")]
    Digest {
        /// The function.
        algorithm: DigestAlgorithm,
        /// What OpenSSL said.
        message: String,
    },
}

impl Error {
    /// A matter of the local machine's OpenSSL.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Local
    }
}

use hsign_core::{DigestAlgorithm, ErrorKind, Finding};

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

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let Self::Digest { algorithm, .. } = self;
        Finding::error("digest-failed").with("algorithm", algorithm)
    }
}

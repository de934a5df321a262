use std::fmt;

use hsign_core::{ErrorKind, Finding};

/// A certificate, CRL or OCSP response that can't be read, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes don't have the form they should.
    #[error("{what}: {source}")]
    Encoding {
        /// What was being read.
        what: &'static str,
        /// Where and why.
        source: hsign_asn1::Error,
    },
    /// The same extension is there more than once (RFC 5280 §4.2 forbids it), so none of them counts.
    #[error("extension {0} is there more than once")]
    RepeatedExtension(String),
    /// A version that doesn't exist yet.
    #[error("{what} of unknown version {version}")]
    Version {
        /// What was being read.
        what: &'static str,
        /// The version number as encoded (v3 is 2).
        version: u64,
    },
    /// The responder gave no answer (RFC 6960 §4.2.1).
    #[error("the OCSP responder answered: {0}")]
    OcspUnsuccessful(OcspStatus),
    /// An OCSP response of another type than id-pkix-ocsp-basic.
    #[error("OCSP response of unknown type {0}")]
    OcspType(String),
    /// An algorithm that has no identifier to write.
    #[error("no algorithm identifier for {0}")]
    NoIdentifier(String),
    /// The bytes hold nothing of what was asked for.
    #[error("no {0} found")]
    Nothing(&'static str),
    /// More objects than any real file has.
    #[error("more than {limit} objects in one file")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// Larger than any real object of its kind.
    #[error("{what} larger than {limit} bytes")]
    TooLarge {
        /// What was being read.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// PEM armour or Base64 that can't be read.
    #[error("PEM: {0}")]
    Pem(&'static str),
    /// OpenSSL failed.
    #[error(transparent)]
    Crypto(#[from] hsign_crypto::Error),
}

impl Error {
    /// Whom it belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::OcspUnsuccessful(_) => ErrorKind::Remote,
            Self::Crypto(error) => error.kind(),
            _ => ErrorKind::Unreadable,
        }
    }

    /// The error in words for both languages; what exactly is wrong with the encoding stays in English.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Nothing(_) => Finding::error("no-certificate-found"),
            Self::OcspUnsuccessful(status) => Finding::error("ocsp-unsuccessful").with("status", status),
            Self::Crypto(error) => error.finding(),
            _ => Finding::error("certificate-damaged").with("reason", self),
        }
    }
}

/// OCSPResponseStatus other than successful (RFC 6960 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum OcspStatus {
    MalformedRequest,
    InternalError,
    TryLater,
    SigRequired,
    Unauthorized,
    Unknown(u64),
}

impl OcspStatus {
    pub(crate) fn from_number(number: u64) -> Self {
        match number {
            1 => Self::MalformedRequest,
            2 => Self::InternalError,
            3 => Self::TryLater,
            5 => Self::SigRequired,
            6 => Self::Unauthorized,
            other => Self::Unknown(other),
        }
    }
}

impl fmt::Display for OcspStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedRequest => f.write_str("malformedRequest"),
            Self::InternalError => f.write_str("internalError"),
            Self::TryLater => f.write_str("tryLater"),
            Self::SigRequired => f.write_str("sigRequired"),
            Self::Unauthorized => f.write_str("unauthorized"),
            Self::Unknown(number) => write!(f, "status {number}"),
        }
    }
}

/// Says what was being read when the encoding failed.
pub(crate) trait Within<T> {
    fn within(self, what: &'static str) -> Result<T, Error>;
}

impl<T> Within<T> for Result<T, hsign_asn1::Error> {
    fn within(self, what: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Encoding { what, source })
    }
}

/// Refuses input larger than any real object of its kind.
pub(crate) fn limit_size(bytes: &[u8], what: &'static str, limit: usize) -> Result<(), Error> {
    if bytes.len() > limit { Err(Error::TooLarge { what, limit }) } else { Ok(()) }
}

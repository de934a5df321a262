//! What can go wrong while the throw-away PKI is made or served.

/// Why the testkit could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// OpenSSL refused; for RC2-40 usually because its legacy provider is not installed.
    #[error("OpenSSL: {0}")]
    OpenSsl(#[from] openssl::error::ErrorStack),
    /// A file or socket failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A key of the pool is missing or empty.
    #[error("test key {0} is not in the pool")]
    UnknownKey(String),
    /// An encoding this crate made or was given could not be read.
    #[error("malformed {0}")]
    Malformed(&'static str),
}

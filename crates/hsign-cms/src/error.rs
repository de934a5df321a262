use hsign_core::{BudgetExhausted, ErrorKind};

/// There is no SignedData to read, or none can be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are not the ASN.1 expected here.
    #[error("CMS: {0}")]
    Asn1(#[from] hsign_asn1::Error),
    /// A ContentInfo, but of something else.
    #[error("CMS content type {0} is not signed-data")]
    NotSignedData(String),
    /// A certificate given for building, or an algorithm identifier, can't be read or written.
    #[error(transparent)]
    X509(#[from] hsign_x509::Error),
    /// The SignedData has fewer signers than asked for.
    #[error("the CMS has no signer number {0} (counted from 0)")]
    NoSuchSigner(usize),
    /// Too many certificates, signers or attributes.
    #[error(transparent)]
    Budget(#[from] BudgetExhausted),
}

impl Error {
    /// Whose failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Asn1(_) | Self::NotSignedData(_) | Self::Budget(_) | Self::NoSuchSigner(_) => {
                ErrorKind::Unreadable
            }
            Self::X509(error) => error.kind(),
        }
    }
}

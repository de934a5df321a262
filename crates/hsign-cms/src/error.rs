use hsign_asn1::SourceError;
use hsign_core::{BudgetExhausted, ErrorKind};

/// There is no SignedData to read, or none can be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are not the ASN.1 expected here.
    #[error("CMS: {0}")]
    Asn1(#[from] hsign_asn1::Error),
    /// The source can't be read.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// A ContentInfo, but of something else.
    #[error("CMS content type {0} is not signed-data")]
    NotSignedData(String),
    /// A certificate given for building, or an algorithm identifier, can't be read or written.
    #[error(transparent)]
    X509(#[from] hsign_x509::Error),
    /// The SignedData has fewer signers than asked for.
    #[error("the CMS has no signer number {0} (counted from 0)")]
    NoSuchSigner(usize),
    /// A signer has fewer unsigned attributes, or values of one, than asked for.
    #[error("the CMS has no such unsigned attribute")]
    NoSuchAttribute,
    /// Content was to be put into a SignedData that has some.
    #[error("the CMS is not detached")]
    NotDetached,
    /// Too many certificates, signers or attributes.
    #[error(transparent)]
    Budget(#[from] BudgetExhausted),
}

impl Error {
    /// Whose failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Asn1(_)
            | Self::NotSignedData(_)
            | Self::Budget(_)
            | Self::NoSuchSigner(_)
            | Self::NoSuchAttribute
            | Self::NotDetached => ErrorKind::Unreadable,
            Self::X509(error) => error.kind(),
            Self::Read(error) => ErrorKind::of_io(error),
        }
    }
}

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Asn1(error) => Self::Asn1(error),
            SourceError::Read(error) => Self::Read(error),
        }
    }
}

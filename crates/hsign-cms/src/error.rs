use hsign_core::{BudgetExhausted, ErrorKind, SignatureAlgorithm};

/// There is no SignedData to read, or none can be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are not the ASN.1 expected here.
    #[error("CMS: {0}")]
    Asn1(#[from] hsign_asn1::Error),
    /// A ContentInfo, but of something else.
    #[error("CMS content type {0} is not signed-data")]
    NotSignedData(String),
    /// A certificate given for building can't be read.
    #[error("certificate: {0}")]
    Certificate(hsign_asn1::Error),
    /// The SignedData has fewer signers than asked for.
    #[error("the CMS has no signer number {0} (counted from 0)")]
    NoSuchSigner(usize),
    /// We can verify this algorithm or know of it, but make no signatures with it.
    #[error("no CMS signatures are made with {0}")]
    UnsupportedAlgorithm(SignatureAlgorithm),
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
            Self::Certificate(_) => ErrorKind::Credential,
            Self::UnsupportedAlgorithm(_) => ErrorKind::Usage,
        }
    }
}

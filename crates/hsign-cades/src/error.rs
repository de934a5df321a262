use hsign_core::{BudgetExhausted, DigestAlgorithm, ErrorKind, Finding};

/// A signature that can't be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// CMS can't be read or built.
    #[error(transparent)]
    Cms(#[from] hsign_cms::Error),
    /// The token to add can't be read.
    #[error(transparent)]
    Token(#[from] hsign_tsp::Error),
    /// A digest can't be computed.
    #[error(transparent)]
    Digest(#[from] hsign_crypto::Error),
    /// Content is needed that isn't at hand.
    #[error("the content that was signed is not at hand")]
    NoContent,
    /// No signature of that name.
    #[error("there is no signature {0}")]
    NoSuchSignature(String),
    /// A change would break what protects the signature already.
    #[error("{0}")]
    Protected(Protection),
    /// The time stamp to add was made over something else.
    #[error("the time stamp is not over this signature")]
    OtherImprint,
    /// More in it than anybody needs.
    #[error(transparent)]
    Budget(#[from] BudgetExhausted),
    /// Content and signature value would be hashed differently, which verifiers refuse.
    #[error("the content was hashed with {content}, the signature with {signature}")]
    DigestMismatch {
        /// Of the message-digest attribute.
        content: DigestAlgorithm,
        /// Of the signature algorithm.
        signature: DigestAlgorithm,
    },
    /// The CMS to extend has no signer, or several.
    #[error("the CMS has {0} signers, not one")]
    NotOneSigner(usize),
}

/// What would no longer hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Protection {
    /// An archive time stamp over certificates and revocation data as they stand.
    #[error("an archive time stamp of an older form covers the certificates as they stand")]
    OlderTimestamp,
    /// An evidence record over the whole.
    #[error("an evidence record covers the document as it stands")]
    EvidenceRecord,
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Cms(error.into())
    }
}

impl Error {
    /// Whose failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Cms(error) => error.kind(),
            Self::Token(error) => error.kind(),
            Self::Digest(_) | Self::DigestMismatch { .. } | Self::NoContent | Self::NoSuchSignature(_) => {
                ErrorKind::Usage
            }
            Self::NotOneSigner(_) | Self::Budget(_) => ErrorKind::Unreadable,
            Self::Protected(_) => ErrorKind::Refused,
            Self::OtherImprint => ErrorKind::Remote,
        }
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Token(error) => error.finding(),
            Self::Digest(error) => error.finding(),
            Self::Cms(error) if error.kind() == ErrorKind::Unreadable => {
                Finding::error("cms-unreadable").with("reason", error)
            }
            Self::Protected(Protection::OlderTimestamp) => Finding::error("cms-protected-by-older-stamp"),
            Self::Protected(Protection::EvidenceRecord) => Finding::error("cms-protected-by-evidence-record"),
            Self::Budget(exhausted) => exhausted.finding(),
            _ => Finding::error("signature-not-made").with("reason", self),
        }
    }
}

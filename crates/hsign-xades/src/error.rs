use hsign_core::{DigestAlgorithm, ErrorKind, Finding, SignatureAlgorithm};

use crate::eprescription::CsvError;

/// A signature that can't be made, extended or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The XML can't be read or processed.
    #[error(transparent)]
    Xml(#[from] hsign_xml::Error),
    /// The document can't be read.
    #[error("the document can't be read: {0}")]
    Source(#[from] std::io::Error),
    /// More work than a document may ask for.
    #[error(transparent)]
    Limit(#[from] hsign_core::BudgetExhausted),
    /// The token to add can't be read.
    #[error(transparent)]
    Token(#[from] hsign_tsp::Error),
    /// The signer's certificate can't be read.
    #[error(transparent)]
    Certificate(#[from] hsign_x509::Error),
    /// A digest can't be computed.
    #[error(transparent)]
    Digest(#[from] hsign_crypto::Error),
    /// XML signatures have no name for the algorithm (RFC 9231).
    #[error("XML signatures have no identifier for {0}")]
    SignatureAlgorithm(SignatureAlgorithm),
    /// XML signatures have no name for the hash function.
    #[error("XML signatures have no identifier for {0}")]
    DigestAlgorithm(DigestAlgorithm),
    /// A value that isn't what its algorithm gives.
    #[error("the signature value is not one of {0}")]
    Value(SignatureAlgorithm),
    /// No element with that id, or several.
    #[error("{count} elements have the id {id:?}, not one")]
    NoElement {
        /// The id.
        id: String,
        /// How many there are.
        count: usize,
    },
    /// Nothing to sign.
    #[error("there is nothing to sign")]
    NothingToSign,
    /// No signature of that name.
    #[error("no signature {0:?}")]
    NoSignature(String),
    /// The signature has no properties of XAdES 1.3.2 to extend.
    #[error("{0} has no qualifying properties of XAdES 1.3.2 in it")]
    NotExtensible(String),
    /// What another signature, or a stamp on it, covers would change.
    #[error("extending {signature} would break {covering}, which covers it")]
    Covered {
        /// The one to extend.
        signature: String,
        /// The one that covers it.
        covering: String,
    },
    /// A new signature would change what one that is there covers.
    #[error("a further signature would break {0}")]
    Breaks(String),
    /// Data that a time stamp has to cover aren't at hand.
    #[error("{0} is not at hand")]
    DataNotFound(String),
    /// Signed data that aren't what was signed any more.
    #[error("{0} is not what was signed")]
    DataChanged(String),
    /// The CSV of an electronic prescription isn't in its shape.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// An electronic prescription isn't in its shape: the finding says what.
    #[error("not in the shape of an electronic prescription: {}", .0.code)]
    Shape(Finding),
}

impl Error {
    /// Whose failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Xml(error) => error.kind(),
            Self::Source(error) => ErrorKind::of_io(error),
            Self::Limit(_) => ErrorKind::Unreadable,
            Self::Token(error) => error.kind(),
            Self::Csv(error) => error.kind(),
            Self::Certificate(_) | Self::NotExtensible(_) | Self::Shape(_) => ErrorKind::Unreadable,
            Self::NoSignature(_) | Self::DataNotFound(_) | Self::DataChanged(_) => ErrorKind::Unreadable,
            Self::Digest(_) | Self::SignatureAlgorithm(_) | Self::DigestAlgorithm(_) => ErrorKind::Usage,
            Self::NoElement { .. } | Self::NothingToSign => ErrorKind::Usage,
            Self::Value(_) => ErrorKind::Credential,
            Self::Covered { .. } | Self::Breaks(_) => ErrorKind::Refused,
        }
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Source(error) => Finding::from_io(error),
            Self::Limit(error) => error.finding(),
            Self::Token(error) => error.finding(),
            Self::Digest(error) => error.finding(),
            Self::Csv(error) => error.finding(),
            Self::Shape(finding) => finding.clone(),
            Self::Xml(_) => Finding::error("xml-unreadable").with("reason", self),
            Self::NoElement { id, count } => {
                Finding::error("xml-element-not-found").with("id", id).with("count", count)
            }
            Self::NoSignature(id) => Finding::error("signature-not-found").with("id", id),
            Self::NotExtensible(signature) => {
                Finding::error("xml-signature-not-extensible").with("signature", signature)
            }
            Self::Covered { signature, covering } => Finding::error("xml-signature-covered")
                .with("signature", signature)
                .with("covering", covering),
            Self::Breaks(signature) => {
                Finding::error("xml-signature-would-break").with("signature", signature)
            }
            Self::DataNotFound(name) => Finding::error("xml-data-not-found").with("name", name),
            Self::DataChanged(name) => Finding::error("xml-data-changed").with("name", name),
            _ => Finding::error("signature-not-made").with("reason", self),
        }
    }
}

use hsign_core::{BudgetExhausted, DigestAlgorithm, ErrorKind};

/// Why XML can't be read or processed. Positions are byte offsets in the decoded text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes aren't text in the encoding that the document states.
    #[error("not {encoding} text, though the document says so")]
    NotInEncoding {
        /// The encoding by its label.
        encoding: String,
    },
    /// An encoding that isn't read here.
    #[error("encoding {0:?} is not supported")]
    UnsupportedEncoding(String),
    /// Byte order mark and declaration name different encodings.
    #[error("the document is {actual} but declares {declared:?}")]
    ContradictoryEncoding {
        /// What the bytes are.
        actual: &'static str,
        /// What the XML declaration says.
        declared: String,
    },
    /// A character that the document's encoding can't express.
    #[error("{encoding} has no form for a character to be written")]
    NotEncodable {
        /// The encoding by its label.
        encoding: &'static str,
    },
    /// A document type declaration: never read, since it can change what the text means.
    #[error("a DOCTYPE is not accepted")]
    Doctype,
    /// Not well-formed XML 1.0 with namespaces.
    #[error("not well-formed at byte {position}: {reason}")]
    NotWellFormed {
        /// What is wrong.
        reason: &'static str,
        /// Where.
        position: usize,
    },
    /// More than the limits allow.
    #[error(transparent)]
    Limit(#[from] BudgetExhausted),
    /// A namespace name that is no absolute URI: such documents have no canonical form (C14N 1.0 §1.3).
    #[error("namespace {0:?} is relative, so there is no canonical form")]
    RelativeNamespace(String),
    /// An element of an XML signature is missing or out of place.
    #[error("not an XML signature: {0}")]
    NotASignature(&'static str),
    /// Text that should be Base64.
    #[error("not Base64: {0}")]
    NotBase64(&'static str),
    /// The digest can't be computed.
    #[error("{algorithm}: {reason}")]
    Digest {
        /// The function.
        algorithm: DigestAlgorithm,
        /// What the library said.
        reason: String,
    },
    /// A range for an insertion that lies outside the text or inside a character.
    #[error("no place for an insertion at byte {0}")]
    NoSuchPlace(usize),
}

impl Error {
    pub(crate) fn at(position: usize, reason: &'static str) -> Self {
        Self::NotWellFormed { reason, position }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Digest { .. } => ErrorKind::Local,
            Self::NotEncodable { .. } | Self::NoSuchPlace(_) => ErrorKind::Usage,
            _ => ErrorKind::Unreadable,
        }
    }
}

use hsign_core::{BudgetExhausted, ErrorKind, Finding};

/// Why a PDF could not be read or extended. What is merely odd is a finding instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The source failed.
    #[error("the document can't be read: {0}")]
    Source(#[from] std::io::Error),
    /// No `%PDF-` header near the start.
    #[error("not a PDF document: no %PDF- header in the first 1024 bytes")]
    NotPdf,
    /// The document is encrypted, and no password given opens it.
    #[error("the document is encrypted and needs another password")]
    Encrypted,
    /// The document is encrypted in a way that isn't supported.
    #[error("the document is encrypted with {0}")]
    EncryptionMethod(&'static str),
    /// The bytes at a position are not what the format demands.
    #[error("damaged at byte {offset}: {what}")]
    Damaged {
        /// Byte position in the file.
        offset: u64,
        /// What was expected or found.
        what: &'static str,
    },
    /// An object has the wrong type or lacks an entry.
    #[error("object {object}: {what}")]
    Object {
        /// Its number.
        object: u32,
        /// What is wrong.
        what: &'static str,
    },
    /// The document's structure has no catalog, page tree or page to work with.
    #[error("{0}")]
    Structure(&'static str),
    /// A stream uses a filter that isn't read here.
    #[error("unsupported stream filter {0}")]
    Filter(String),
    /// A limit on work was reached.
    #[error(transparent)]
    Budget(#[from] BudgetExhausted),
    /// The document can be read but must not be extended.
    #[error("not extended: {0}")]
    Refused(Refusal),
    /// The signature does not fit the space reserved for it.
    #[error("the signature needs {needed} bytes, {reserved} were reserved")]
    ContentsTooSmall {
        /// Bytes of the signature.
        needed: usize,
        /// Bytes reserved for it.
        reserved: usize,
    },
    /// A field of that name is there, but is of another type.
    #[error("the field is not a signature field")]
    NotASignatureField,
    /// A field of that name is there and already signed.
    #[error("the field is already signed")]
    AlreadySigned,
    /// The name can't be used for a new field.
    #[error("a field name must not be empty or contain a full stop")]
    FieldName,
    /// The mark is for a page that isn't there.
    #[error("the document has no such page")]
    NoSuchPage,
    /// The mark would reach over the page's edge.
    #[error("the mark doesn't lie within the page of {width:.0} × {height:.0} points")]
    OutsidePage {
        /// The page's width in points, as shown.
        width: f64,
        /// Its height.
        height: f64,
    },
    /// The field has no rectangle to show a mark in.
    #[error("the field has no place on a page")]
    InvisibleField,
    /// A place was given for a field that has one.
    #[error("the field has its own place on a page")]
    FieldHasItsPlace,
    /// The mark's text can't be read at that size.
    #[error("{width:.0} × {height:.0} points are too small for the mark")]
    AreaTooSmall {
        /// Width in points.
        width: f64,
        /// Height in points.
        height: f64,
    },
    /// The mark can't be drawn.
    #[error("the mark can't be drawn: {0}")]
    Appearance(String),
}

/// Why a readable document must not be extended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Reading needed a repair; signing would seal a document that readers understand differently.
    #[error("damaged document: {0}")]
    Repaired(String),
    /// Positions beyond ten digits don't fit a cross-reference table.
    #[error("too large for its cross-reference table")]
    TooLarge,
    /// No object number is left.
    #[error("no object number is left")]
    NumbersExhausted,
    /// A certification signature permits no changes (ISO 32000-2: DocMDP, P = 1).
    #[error("field {field} certifies the document and permits no changes")]
    CertifiedNoChanges {
        /// The certifying field.
        field: String,
    },
    /// A signature locks the field that would be signed (ISO 32000-2: FieldMDP).
    #[error("the signature in field {field} locks the field to be signed")]
    FieldLocked {
        /// The locking field.
        field: String,
    },
    /// The field demands what can't be fulfilled (ISO 32000-2: seed value dictionary).
    #[error("the field's seed values set required constraints")]
    SeedValues,
    /// The document is encrypted, and its owner doesn't permit users to add anything.
    #[error("the document's owner permits no additions; the owner's password is needed")]
    NotPermitted,
    /// The page or the form has a structure that can't be extended safely.
    #[error("{0}")]
    Structure(&'static str),
}

impl Error {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Source(_) => ErrorKind::Local,
            Self::ContentsTooSmall { .. }
            | Self::NotASignatureField
            | Self::AlreadySigned
            | Self::FieldName
            | Self::NoSuchPage
            | Self::OutsidePage { .. }
            | Self::InvisibleField
            | Self::FieldHasItsPlace
            | Self::AreaTooSmall { .. }
            | Self::Appearance(_) => ErrorKind::Usage,
            Self::Refused(_) => ErrorKind::Refused,
            _ => ErrorKind::Unreadable,
        }
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let error = Finding::error;
        match self {
            Self::Source(source) => Finding::from_io(source),
            Self::NotPdf => error("not-a-pdf"),
            Self::Encrypted => error("pdf-encrypted"),
            Self::EncryptionMethod(method) => error("pdf-encryption-unsupported").with("method", method),
            Self::Damaged { offset, what } => {
                error("pdf-damaged").with("offset", offset).with("reason", what)
            }
            Self::Object { object, what } => {
                error("pdf-object-unusable").with("object", object).with("reason", what)
            }
            Self::Structure(what) => error("pdf-structure-unusable").with("reason", what),
            Self::Filter(filter) => error("pdf-filter-unsupported").with("filter", filter),
            Self::Budget(exhausted) => exhausted.finding(),
            Self::Refused(refusal) => refusal.finding(),
            Self::ContentsTooSmall { needed, reserved } => {
                error("signature-space-too-small").with("needed", needed).with("reserved", reserved)
            }
            Self::NotASignatureField => error("pdf-field-of-other-type"),
            Self::AlreadySigned => error("pdf-field-already-signed"),
            Self::FieldName => error("pdf-field-name-unusable"),
            Self::NoSuchPage => error("pdf-page-missing"),
            Self::OutsidePage { width, height } => error("mark-outside-page")
                .with("width", format!("{width:.0}"))
                .with("height", format!("{height:.0}")),
            Self::InvisibleField => error("pdf-field-not-on-page"),
            Self::FieldHasItsPlace => error("pdf-field-has-its-place"),
            Self::AreaTooSmall { width, height } => error("mark-area-too-small")
                .with("width", format!("{width:.0}"))
                .with("height", format!("{height:.0}")),
            Self::Appearance(reason) => error("mark-not-drawn").with("reason", reason),
        }
    }
}

impl Refusal {
    /// The refusal in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let error = Finding::error;
        match self {
            Self::Repaired(reason) => error("pdf-needs-repair").with("reason", reason),
            Self::TooLarge => error("pdf-too-large"),
            Self::NumbersExhausted => error("pdf-numbers-exhausted"),
            Self::CertifiedNoChanges { field } => error("pdf-certified-no-changes").with("field", field),
            Self::FieldLocked { field } => error("pdf-field-locked").with("field", field),
            Self::NotPermitted => error("pdf-not-permitted"),
            Self::SeedValues => error("pdf-seed-values"),
            Self::Structure(reason) => error("pdf-not-extendable").with("reason", reason),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

use hsign_core::ErrorKind;

use crate::Tag;

/// Bytes that can't be read as the ASN.1 they should be, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {offset}")]
pub struct Error {
    /// Position of the offending element from the start of the outermost input.
    pub offset: usize,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with an element.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Reason {
    #[error("the data ends inside an element")]
    Truncated,
    #[error("expected {expected}, found {found}")]
    UnexpectedTag { expected: Tag, found: Tag },
    #[error("expected {0}, found the end")]
    Missing(Tag),
    #[error("data follows the last element")]
    Trailing,
    #[error("indefinite length where DER is required")]
    IndefiniteLength,
    #[error("length not in its shortest form where DER is required")]
    NonMinimalLength,
    #[error("length too large")]
    LengthTooLarge,
    #[error("tag not in its shortest form, or too large")]
    BadTag,
    #[error("elements nested deeper than {0}")]
    TooDeep(u32),
    #[error("bad value: {0}")]
    BadValue(&'static str),
}

impl Error {
    /// A reason with its place.
    #[must_use]
    pub const fn new(offset: usize, reason: Reason) -> Self {
        Self { offset, reason }
    }

    /// A value that its type doesn't allow.
    #[must_use]
    pub const fn bad_value(offset: usize, what: &'static str) -> Self {
        Self::new(offset, Reason::BadValue(what))
    }

    /// The same error seen from an input that starts `by` bytes earlier.
    #[must_use]
    pub fn shifted(mut self, by: usize) -> Self {
        self.offset = self.offset.saturating_add(by);
        self
    }

    /// Always an unreadable input.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Unreadable
    }
}

use std::ops::Deref;

/// A decoded value and the exact bytes it was decoded from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Encoded<T> {
    /// The value.
    pub value: T,
    /// The bytes, header included, as they arrived.
    pub bytes: Vec<u8>,
}

impl<T> Encoded<T> {
    /// Joins the two.
    #[must_use]
    pub fn new(value: T, bytes: impl Into<Vec<u8>>) -> Self {
        Self { value, bytes: bytes.into() }
    }
}

impl<T> Deref for Encoded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

//! Values that go to a database and come back.

use super::{DatabaseError, Result};

/// What both databases have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row(pub(super) Vec<Value>);

/// Types of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Integer,
    Text,
    /// The name of a bundle, for which its number goes into the table.
    Bundle,
}

/// The number of the bundle with this name.
pub(super) fn number_of(name: &str) -> String {
    format!("(SELECT number FROM bundle WHERE id = {name})")
}

/// Rows to be inserted together.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(super) table: &'static str,
    pub(super) columns: &'static [(&'static str, Column)],
    /// What follows the values: `ON CONFLICT …`.
    pub(super) conflict: &'static str,
    /// One after another.
    pub(super) values: Vec<Value>,
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<u64> for Value {
    /// Counts and sizes; what is larger than any there is becomes the largest.
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

/// A value for a statement.
pub(crate) fn value(from: impl Into<Value>) -> Value {
    from.into()
}

impl Row {
    /// A number that must be there.
    pub(crate) fn integer(&self, column: usize) -> Result<i64> {
        self.optional_integer(column)?.ok_or(DatabaseError::Content("a number is missing"))
    }

    /// All of it.
    pub(crate) fn values(&self) -> &[Value] {
        &self.0
    }

    /// A count or size.
    pub(crate) fn count(&self, column: usize) -> Result<u64> {
        u64::try_from(self.integer(column)?).map_err(|_| DatabaseError::Content("a count below zero"))
    }

    pub(crate) fn small(&self, column: usize) -> Result<u32> {
        u32::try_from(self.integer(column)?).map_err(|_| DatabaseError::Content("a number out of range"))
    }

    pub(crate) fn optional_integer(&self, column: usize) -> Result<Option<i64>> {
        match self.0.get(column) {
            Some(Value::Integer(value)) => Ok(Some(*value)),
            Some(Value::Null) => Ok(None),
            _ => Err(DatabaseError::Content("no number where one should be")),
        }
    }

    /// A text that must be there.
    pub(crate) fn text(&self, column: usize) -> Result<&str> {
        self.optional_text(column)?.ok_or(DatabaseError::Content("a text is missing"))
    }

    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(DatabaseError::Content("no text where one should be")),
        }
    }

    pub(crate) fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        match self.0.get(column) {
            Some(Value::Bytes(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(DatabaseError::Content("no octets where some should be")),
        }
    }
}

impl Rows {
    pub(crate) fn into(
        table: &'static str,
        columns: &'static [(&'static str, Column)],
        conflict: &'static str,
    ) -> Self {
        Self { table, columns, conflict, values: Vec::new() }
    }

    /// One more; as many values as there are columns.
    pub(crate) fn push<const N: usize>(&mut self, row: [Value; N]) {
        debug_assert_eq!(N, self.columns.len(), "{}", self.table);
        self.values.extend(row);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn rows(&self) -> std::slice::ChunksExact<'_, Value> {
        self.values.chunks_exact(self.columns.len().max(1))
    }

    /// The columns' names, for a statement.
    pub(super) fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}

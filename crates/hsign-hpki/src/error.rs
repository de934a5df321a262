use hsign_core::{ErrorKind, Finding};

/// A table of professions or document classes can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not TOML of the documented form; unknown keys are refused too.
    #[error("{table}: {message}")]
    Syntax {
        /// Which table.
        table: &'static str,
        /// What the parser says, with line and column.
        message: String,
    },
    /// The file is of another kind or of a later version of this one.
    #[error("{table}: schema {found:?} where {expected:?} is expected")]
    Schema {
        /// Which table.
        table: &'static str,
        /// What the file says.
        found: String,
        /// What it should say.
        expected: &'static str,
    },
    /// One name stands twice in the same file.
    #[error("{table}: {name:?} stands twice")]
    Duplicate {
        /// Which table.
        table: &'static str,
        /// The name.
        name: String,
    },
    /// A row says nothing where something is needed.
    #[error("{table}: {name:?} has an empty {key}")]
    Empty {
        /// Which table.
        table: &'static str,
        /// The row.
        name: String,
        /// The key.
        key: &'static str,
    },
}

impl Error {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        Finding::error("table-unusable").with("reason", self)
    }
}

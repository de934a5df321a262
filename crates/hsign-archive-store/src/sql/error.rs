use hsign_core::{ErrorKind, Finding};

/// The index's database can't do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The disk that the index lies on is full.
    #[error("the disk of the archive's index is full")]
    Full,
    /// Another process had the index for too long.
    #[error("another process holds the archive's index")]
    Locked,
    /// The file of the index is damaged, or none. It can be made anew from the stores.
    #[error("the archive's index is damaged; make it anew from the stores")]
    Damaged,
    /// The file of the index can't be opened or written.
    #[error("the archive's index can't be opened or written")]
    NotPermitted,
    /// SQLite says something else.
    #[error("the archive's index: {0}")]
    Sqlite(rusqlite::Error),
    /// The database server can't be reached, went away, or doesn't answer. A retry may help.
    #[error("the database server: {0}")]
    Connection(String),
    /// The address of the database server isn't one, or names something that isn't there.
    #[error("the address of the database server: {0}")]
    Address(String),
    /// The server refused a statement.
    #[error("the database server refused: {message} ({code})")]
    Server {
        /// PostgreSQL's code of the error (SQLSTATE).
        code: String,
        /// What it said.
        message: String,
    },
    /// The index holds what it never should.
    #[error("the archive's index holds what it should not: {0}; make it anew from the stores")]
    Content(&'static str),
    /// The index was written by a newer version of this software.
    #[error("the archive's index has the form {0}, which is newer than this software")]
    Newer(i64),
}

impl DatabaseError {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Connection(_) | Self::Server { .. } => ErrorKind::Remote,
            Self::Address(_) => ErrorKind::Usage,
            Self::Damaged | Self::Content(_) | Self::Newer(_) => ErrorKind::Unreadable,
            Self::Full | Self::Locked | Self::NotPermitted | Self::Sqlite(_) => ErrorKind::Local,
        }
    }

    /// What happened, in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Full => Finding::error("disk-full"),
            Self::Locked => Finding::error("archive-index-locked"),
            Self::NotPermitted => Finding::error("archive-index-not-permitted"),
            Self::Damaged | Self::Content(_) => Finding::error("archive-index-damaged"),
            Self::Newer(version) => Finding::error("archive-index-newer").with("version", version),
            Self::Sqlite(error) => Finding::error("archive-index-failed").with("reason", error),
            Self::Connection(reason) => Finding::error("archive-database-away").with("reason", reason),
            Self::Address(reason) => Finding::error("archive-database-address").with("reason", reason),
            Self::Server { code, .. } => Finding::error("archive-database-refused").with("code", code),
        }
    }

    /// Two transactions met in a way that one of them has to begin again.
    pub(crate) fn is_conflict(&self) -> bool {
        // serialization_failure, deadlock_detected.
        matches!(self, Self::Server { code, .. } if code == "40001" || code == "40P01")
    }

    /// The same may succeed later: the server was away, another process was writing, a lock or a statement took too
    /// long, the server had no room.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Locked => true,
            Self::Server { code, .. } => {
                self.is_conflict() || code == "55P03" || code == "57014" || code.starts_with("53")
            }
            _ => false,
        }
    }

    /// This column, which must have a value, would have had none (not_null_violation).
    pub(crate) fn is_null(&self, column: &str) -> bool {
        match self {
            Self::Server { code, message } => code == "23502" && message.contains(&format!("\"{column}\"")),
            Self::Sqlite(error) => {
                let code = error.sqlite_error().map(|error| error.extended_code);
                code == Some(rusqlite::ffi::SQLITE_CONSTRAINT_NOTNULL)
                    && error.to_string().ends_with(&format!(".{column}"))
            }
            _ => false,
        }
    }
}

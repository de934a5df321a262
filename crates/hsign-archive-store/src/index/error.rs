use hsign_core::{ErrorKind, Finding};

use crate::sql::DatabaseError;

/// The index can't do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A segment that isn't the next one: those between have to be applied first.
    #[error("segment {next} of the trail is next, not {given}")]
    NotNext {
        /// The one that is.
        next: u64,
        /// The one that came.
        given: u64,
    },
    /// A segment that follows another trail than the one that was applied, or replaces a segment of it.
    #[error(
        "segment {0} belongs to another trail than the one of the index; make the index anew from the stores"
    )]
    OtherTrail(u64),
    /// A place of a track has another time stamp already.
    #[error("the place has another time stamp")]
    OtherStep,
    /// The bundle isn't in the index.
    #[error("the bundle is not in the index")]
    NoBundle,
    /// The archive's vocabulary.
    #[error(transparent)]
    Archive(#[from] hsign_archive::Error),
    /// Something that was written into the index can't be read again.
    #[error("the index can't be read: {0}")]
    Json(#[from] serde_json::Error),
}

impl IndexError {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Database(error) => error.kind(),
            Self::Archive(error) => error.kind(),
            Self::NotNext { .. } | Self::NoBundle => ErrorKind::Usage,
            Self::OtherStep => ErrorKind::Refused,
            Self::OtherTrail(_) | Self::Json(_) => ErrorKind::Unreadable,
        }
    }

    /// What happened, in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        match self {
            Self::Database(error) => Some(error.finding()),
            Self::OtherTrail(_) | Self::Json(_) => Some(Finding::error("archive-index-damaged")),
            Self::NotNext { .. } | Self::NoBundle | Self::OtherStep | Self::Archive(_) => None,
        }
    }

    /// Whether the same may succeed when it is tried again: the server was away, another process was writing.
    #[must_use]
    pub fn may_be_tried_again(&self) -> bool {
        matches!(self, Self::Database(error) if error.may_pass())
    }
}

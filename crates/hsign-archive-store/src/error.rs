use std::io;

use hsign_core::{BudgetExhausted, ErrorKind, Finding};

/// A store can't do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system says no.
    #[error("the store failed: {0}")]
    Io(#[from] io::Error),
    /// The server of an object store says no, or nothing.
    #[error("the object store {store} failed: {reason}")]
    Remote {
        /// Its address, `s3://bucket/prefix`.
        store: String,
        /// What was wrong.
        reason: String,
    },
    /// The server replaces what it should only create: it can't decide between writers.
    #[error("the object store {store} does not honour If-None-Match, so it can't decide between writers")]
    Overwrites {
        /// Its address.
        store: String,
    },
    /// Nobody has made a store there, or it is another bucket or prefix.
    #[error("{store} is no store of an archive yet")]
    NoStore {
        /// Its address.
        store: String,
    },
    /// The settings of an object store make no sense.
    #[error("{0}")]
    Settings(&'static str),
    /// A name that no bundle and no file of one has.
    #[error("not a name in a store")]
    Name,
    /// No store takes what is written.
    #[error("no store can be written to")]
    NotWritable,
    /// Two stores have different segments of the trail of one number, and both are whole: somebody has written to one of
    /// them while the other was out of reach.
    #[error("the trail parts at segment {segment}: the store {store} goes on with another one")]
    Parted {
        /// The number of the segment.
        segment: u64,
        /// The store that differs from the first one.
        store: String,
    },
    /// No store has a segment of the trail whole.
    #[error("no store has the segment {segment} of the trail whole: {reason}")]
    TrailLost {
        /// The number of the segment.
        segment: u64,
        /// What is wrong with it where it is.
        reason: String,
    },
    /// A limit on work was reached.
    #[error(transparent)]
    Budget(#[from] BudgetExhausted),
}

impl Error {
    pub(crate) fn too_long(limit: u64) -> Self {
        Self::Budget(BudgetExhausted { purpose: "octets of a file in a store", limit })
    }

    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io(error) => ErrorKind::of_io(error),
            Self::Remote { .. } | Self::Overwrites { .. } | Self::NoStore { .. } => ErrorKind::Remote,
            Self::Settings(_) | Self::Name | Self::NotWritable => ErrorKind::Usage,
            Self::Parted { .. } => ErrorKind::Refused,
            Self::TrailLost { .. } | Self::Budget(_) => ErrorKind::Unreadable,
        }
    }

    /// What the file system, the server or a limit said, in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        match self {
            Self::Io(error) => Some(Finding::from_io(error)),
            Self::Budget(exhausted) => Some(exhausted.finding()),
            Self::Remote { store, reason } => {
                Some(Finding::error("object-store-failed").with("store", store).with("reason", reason))
            }
            Self::Overwrites { store } => {
                Some(Finding::error("object-store-overwrites").with("store", store))
            }
            Self::NoStore { store } => Some(Finding::error("object-store-not-made").with("store", store)),
            Self::Settings(reason) => Some(Finding::error("object-store-settings").with("reason", reason)),
            Self::Parted { segment, store } => {
                Some(Finding::error("archive-trail-parted").with("segment", segment).with("store", store))
            }
            Self::TrailLost { segment, reason } => {
                Some(Finding::error("archive-trail-lost").with("segment", segment).with("reason", reason))
            }
            Self::Name | Self::NotWritable => None,
        }
    }
}

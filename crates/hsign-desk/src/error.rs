use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding};

use crate::{Id, State};

/// Why a step can't be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A step that doesn't follow from what happened before.
    #[error("{change} doesn't follow for content {id}, which is {state:?}")]
    Transition {
        /// Which content.
        id: Id,
        /// Where it stands; `None`: never seen.
        state: Option<State>,
        /// The step.
        change: &'static str,
    },
    /// The queue's log is damaged in the middle: not by a crash.
    #[error("line {line} of the queue's log can't be read")]
    Log {
        /// Number of the line, from 1.
        line: usize,
    },
    /// The folder failed.
    #[error(transparent)]
    Folder(#[from] PortError),
}

impl Error {
    /// Whom it belongs to; decides the exit code.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Transition { .. } => ErrorKind::Usage,
            Self::Log { .. } => ErrorKind::Local,
            Self::Folder(error) => error.kind,
        }
    }

    /// The error in the form that is worded in both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Transition { change, .. } => Finding::error("queue-step-refused").with("step", change),
            Self::Log { line } => Finding::error("queue-log-damaged").with("line", line),
            Self::Folder(error) => error.first_finding(),
        }
    }
}

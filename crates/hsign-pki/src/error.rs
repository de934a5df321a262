use hsign_core::{ErrorKind, Finding};

/// Why a trust registry could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not TOML, an unknown key, or a value of the wrong kind.
    #[error("trust registry, line {line}: {reason}")]
    Syntax {
        /// Line of the registry text, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// An entry contradicts itself or lacks something.
    #[error("trust registry, entry at line {line} ({subject}): {reason}")]
    Entry {
        /// Line where the entry starts, from 1.
        line: usize,
        /// The entry's subject.
        subject: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Bytes given as trust hold no certificate.
    #[error("no certificate in what was given as trust: {0}")]
    NoCertificate(String),
}

impl Error {
    /// Whom the failure belongs to: a broken registry is input that can't be read.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Unreadable
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Syntax { line, reason } => {
                Finding::error("trust-registry-syntax").with("line", line).with("reason", reason)
            }
            Self::Entry { line, subject, reason } => Finding::error("trust-registry-entry")
                .with("line", line)
                .with("subject", subject)
                .with("reason", reason),
            Self::NoCertificate(_) => Finding::error("no-certificate-found"),
        }
    }
}

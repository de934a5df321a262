use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Doesn't decide the verdict today, but somebody should look.
    Warning,
    /// Decides the verdict, or would under a stricter policy.
    Error,
}

/// What a check found. The text in a language is made from `code` and `values` by hsign-report, so the
/// code is the stable part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable kebab-case name.
    pub code: String,
    /// Weight.
    pub severity: Severity,
    /// Where the rule stands ("RFC 5280 §6.1.3", "guideline 5.2 §6.12 C2(1)").
    pub clause: Option<String>,
    /// Values that the message needs, by name. Never patient data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

impl Finding {
    /// A finding that decides.
    #[must_use]
    pub fn error(code: &str) -> Self {
        Self::new(code, Severity::Error)
    }

    /// A finding to look at.
    #[must_use]
    pub fn warning(code: &str) -> Self {
        Self::new(code, Severity::Warning)
    }

    /// A finding worth knowing.
    #[must_use]
    pub fn info(code: &str) -> Self {
        Self::new(code, Severity::Info)
    }

    fn new(code: &str, severity: Severity) -> Self {
        Self { code: code.to_owned(), severity, clause: None, values: BTreeMap::new() }
    }

    /// What the system said about a file, by kind of error.
    #[must_use]
    pub fn from_io(error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => Self::error("file-not-found"),
            Kind::PermissionDenied => Self::error("file-not-permitted"),
            Kind::AlreadyExists => Self::error("file-exists"),
            Kind::IsADirectory => Self::error("file-is-folder"),
            Kind::FileTooLarge => Self::error("file-too-large"),
            Kind::StorageFull | Kind::QuotaExceeded => Self::error("disk-full"),
            _ => Self::error("file-failed").with("reason", error),
        }
    }

    /// Names the rule.
    #[must_use]
    pub fn clause(mut self, clause: &str) -> Self {
        self.clause = Some(clause.to_owned());
        self
    }

    /// Adds a value for the message.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }
}

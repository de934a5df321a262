//! What happened, for whoever keeps a journal of it (guideline 5.2 §6.5 C7–C9, §7.1).
//!
//! An event says what was tried, on which bytes, with whose key, and what came of it. It holds no patient data: no
//! names of files unless somebody asks for them, no contents, no secrets.

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::ports::PortError;

/// Keeps a journal. What it refuses to keep must not happen: the use cases record an attempt before they begin and
/// its outcome before they hand out what was made.
pub trait Journal: Send + Sync {
    /// Keeps the event for good.
    ///
    /// # Errors
    /// When it can't be kept.
    fn record(&self, event: &Event) -> Result<(), PortError>;
}

/// Something that was tried, or what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What is done.
    pub operation: Operation,
    /// How far it came.
    pub outcome: Outcome,
    /// Code of the finding that tells why it was refused or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// SHA-256 of each document before, lower-case hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
    /// SHA-256 of what came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The documents' names in the same order, where the institution wants names kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Whose key it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialUsed>,
    /// The role, as written in the certificate, in which it was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Level of the signature that was made: `B-T`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Generation time of the last time stamp that was obtained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamped: Option<Time>,
    /// Seconds by which our clock was ahead of the authority's then (negative: behind).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_seconds: Option<i64>,
    /// People named besides the signer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Participant>,
}

impl Event {
    /// Nothing known yet but what is tried.
    #[must_use]
    pub fn new(operation: Operation, outcome: Outcome) -> Self {
        Self {
            operation,
            outcome,
            code: None,
            before: Vec::new(),
            after: None,
            names: Vec::new(),
            credential: None,
            role: None,
            level: None,
            stamped: None,
            clock_offset_seconds: None,
            people: Vec::new(),
        }
    }
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Operation {
    /// A signature.
    Sign,
    /// A time stamp on data or a document.
    Stamp,
    /// Evidence or a further time stamp for signatures that exist.
    Extend,
    /// A new signed version of a document that was signed before.
    Amend,
    /// A person's word that a scan is complete and equal to its paper.
    Confirm,
    /// A scan that is not to be signed.
    SetAside,
}

impl Operation {
    /// As it stands in journals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Stamp => "stamp",
            Self::Extend => "extend",
            Self::Amend => "amend",
            Self::Confirm => "confirm",
            Self::SetAside => "set-aside",
        }
    }
}

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It begins. An attempt without an outcome after it was cut off.
    Started,
    /// It was done; the result may be handed out.
    Done,
    /// There was nothing to do.
    Nothing,
    /// The policy refused it.
    Refused,
    /// It could not be done.
    Failed,
}

impl Outcome {
    /// As it stands in journals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Done => "done",
            Self::Nothing => "nothing",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// A key and its certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialUsed {
    /// How the key is kept: `software`, `token`, `remote`.
    pub kind: String,
    /// SHA-256 of the certificate, lower-case hexadecimal.
    pub sha256: String,
    /// Its subject, personal attributes masked.
    pub subject: String,
}

/// Somebody who takes part without signing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// As what: `confirmer`, `operator`, `author`, `proxy`.
    pub part: String,
    /// Name or staff number, as given.
    pub name: String,
}

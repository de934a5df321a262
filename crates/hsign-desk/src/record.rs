use std::fmt;

use hsign_core::{Time, hex};
use serde::{Deserialize, Serialize};

/// SHA-256 of a file's content: what a file is known by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 32]);

impl Id {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hsign_crypto::sha256(bytes))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let byte = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Option<Vec<u8>> = (0..32).map(|index| byte(index * 2)).collect();
        let bytes = bytes.filter(|_| text.len() == 64).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("not a SHA-256"))
    }
}

/// One line of the queue's log: a step of one content, or of several that are signed together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When.
    pub time: Time,
    /// Whose step.
    pub ids: Vec<Id>,
    /// The step.
    pub change: Change,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Change {
    /// A complete file lies in the folder.
    Found {
        /// Its name.
        name: String,
        /// Its length.
        bytes: u64,
        /// What it is.
        kind: crate::Kind,
    },
    /// The same content has another name now.
    Renamed {
        /// The new one.
        name: String,
    },
    /// Somebody took it away or changed it before it was signed.
    Vanished,
    /// Somebody looked at it and answers for it.
    Confirmed(Confirmation),
    /// The confirmation is taken back.
    Withdrawn,
    /// Signing begins.
    Signing,
    /// A signature was made and is about to be put in its place.
    Made {
        /// The name of the signed file.
        output: String,
        /// SHA-256 of the signed file.
        sha256: Id,
        /// Level of the signature.
        level: String,
        /// It waits for its time stamp or its evidence.
        pending: bool,
    },
    /// No signature came of it; it is tried again.
    NotSigned {
        /// Code of the finding that tells why.
        code: String,
    },
    /// The signed file is in its place.
    Published,
    /// The original is in its place.
    Shelved {
        /// Its name there; `None`: found gone after a crash.
        name: Option<String>,
    },
    /// What was pending has its time stamp and its evidence.
    Completed {
        /// SHA-256 of the signed file now.
        sha256: Id,
        /// Level of the signature now.
        level: String,
    },
    /// It is not to be signed.
    SetAside {
        /// Code of the finding that tells why.
        code: String,
    },
    /// It is where things are set aside.
    MovedAside,
    /// One more file with content that is known already was set aside.
    Duplicate {
        /// Its name.
        name: String,
    },
}

impl Change {
    /// Its name in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Found { .. } => "found",
            Self::Renamed { .. } => "renamed",
            Self::Vanished => "vanished",
            Self::Confirmed(_) => "confirmed",
            Self::Withdrawn => "withdrawn",
            Self::Signing => "signing",
            Self::Made { .. } => "made",
            Self::NotSigned { .. } => "not-signed",
            Self::Published => "published",
            Self::Shelved { .. } => "shelved",
            Self::Completed { .. } => "completed",
            Self::SetAside { .. } => "set-aside",
            Self::MovedAside => "moved-aside",
            Self::Duplicate { .. } => "duplicate",
        }
    }

    /// What has to be on the disk before the next step: a person's word, and what an effect can't tell again.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::Confirmed(_)
                | Self::Withdrawn
                | Self::Made { .. }
                | Self::Completed { .. }
                | Self::SetAside { .. }
        )
    }
}

/// A person's word about a scan (guideline 5.2 §9.1 C1, C2(3)): nothing overlaps and no edge is missing, and it equals
/// its paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Name or staff number.
    pub by: String,
    /// As what.
    pub part: Part,
}

/// Who may answer for a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// 情報作成管理者.
    InformationManager,
    /// 作業責任者: the operator who scanned.
    Operator,
}

impl Part {
    /// Its name in logs and options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InformationManager => "information-manager",
            Self::Operator => "operator",
        }
    }
}

use hsign_core::journal::Event;
use hsign_core::{Octets, Time, hex};
use serde::{Deserialize, Serialize};

/// A longer line is no entry. Time-stamp tokens are the longest there are, some 10 KiB.
pub const MAX_LINE: usize = 1 << 20;

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// 1 for the first entry of a journal, and on through all of its files.
    pub sequence: u64,
    /// By the clock of the machine that wrote it.
    pub time: Time,
    /// SHA-256 of the line before, lower-case hexadecimal; 64 zeros in the first entry.
    pub previous: String,
    /// On whose account.
    pub who: Who,
    /// What is noted.
    pub note: Note,
}

/// The account at the operating system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Login name, or its number where there is no name.
    pub user: String,
    /// Name of the machine.
    pub host: String,
    /// Number of the process: entries of runs side by side can be told apart.
    pub process: u32,
}

/// What an entry notes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Note {
    /// The journal begins.
    Opened {
        /// A random name: entries of different journals can't be put together.
        journal: String,
        /// What a crash left of an earlier attempt to begin.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<Torn>,
    },
    /// A new file begins; the entry before is the last of the file before.
    Continued {
        /// The number of the new file.
        file: u64,
    },
    /// Something was tried or done.
    Event(Box<Event>),
    /// A time stamp over the hash of an earlier entry.
    Stamp {
        /// Sequence of that entry.
        sequence: u64,
        /// Its SHA-256, lower-case hexadecimal. The token's imprint is over these 32 octets.
        head: String,
        /// The time-stamp token.
        token: Octets,
    },
    /// No authority gave a stamp.
    StampFailed {
        /// Code of the finding that tells why.
        code: String,
    },
    /// Lines before this one were cut off by a crash. They stay where they are and belong to nothing.
    Recovered {
        /// Each of them, in order.
        torn: Vec<Torn>,
    },
}

/// A line that was cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Torn {
    /// Its length without line end.
    pub bytes: u64,
    /// Its SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

impl Torn {
    pub(crate) fn of(line: &[u8]) -> Self {
        Self { bytes: line.len() as u64, sha256: hex(&hsign_crypto::sha256(line)) }
    }
}

/// The newest entry: where the next one goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its sequence; 0 before the first.
    pub sequence: u64,
    /// Its SHA-256; zeros before the first.
    pub sha256: [u8; 32],
}

impl Head {
    /// Before the first entry.
    pub const NONE: Self = Self { sequence: 0, sha256: [0; 32] };
}

/// A line to be written, and the head after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// With its line end.
    pub bytes: Vec<u8>,
    /// The head then.
    pub head: Head,
}

/// The line that goes on after `head`; `None` if its note is longer than a line may be.
#[must_use]
pub fn next_line(head: &Head, time: Time, who: &Who, note: Note) -> Option<Line> {
    let sequence = head.sequence.checked_add(1)?;
    let entry = Entry { sequence, time, previous: hex(&head.sha256), who: who.clone(), note };
    let mut bytes = serde_json::to_vec(&entry).ok().filter(|bytes| bytes.len() <= MAX_LINE)?;
    let head = Head { sequence, sha256: hsign_crypto::sha256(&bytes) };
    bytes.push(b'\n');
    Some(Line { bytes, head })
}

impl Note {
    /// The lines before it that it closes.
    pub(crate) fn closes(&self) -> &[Torn] {
        match self {
            Self::Opened { torn, .. } | Self::Recovered { torn } => torn,
            _ => &[],
        }
    }
}

impl Entry {
    /// The entry in a line without its line end; `None` if it isn't one.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        (line.len() <= MAX_LINE).then(|| serde_json::from_slice(line).ok()).flatten()
    }
}

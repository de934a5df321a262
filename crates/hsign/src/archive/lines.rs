//! What the archive says about its work: a line for each thing, and a summary.

use std::collections::BTreeMap;

use hsign_archive::{Action, DocumentProblem, HoldSubject, PartProblem, RetentionEnd};
use hsign_archive_store::TrailProblem;
use hsign_core::{Date, ErrorKind, Finding, Time};
use hsign_validation::{Indication, SubIndication};
use serde::Serialize;

/// One thing that was done or found. As JSON each has a `type`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Line {
    /// A document was taken; it waits for its bundle.
    Taken {
        /// Its key.
        key: String,
        /// Its length.
        size: u64,
        /// What the verification said, or `NO-SIGNATURE`.
        indication: String,
    },
    /// A document that is in the archive already, octet by octet.
    Known {
        /// Its key.
        key: String,
    },
    /// A document was not taken: somebody has to look at it.
    SetAside {
        /// The key that it would have had.
        key: String,
        /// Where it lies.
        location: String,
        /// Why, in a word.
        reason: String,
        /// The findings about it; where it was set aside earlier, their codes.
        findings: Vec<Finding>,
    },
    /// Something could not be done; the rest went on.
    Failed {
        /// What: a key, a bundle and track, a store.
        what: String,
        /// Why.
        findings: Vec<Finding>,
    },
    /// Documents that wait for their bundle.
    Waiting {
        /// Their class.
        class: String,
        /// The month in which their retention ends, or `open`.
        retention: String,
        /// How many there are.
        documents: u64,
        /// Since when the first one waits.
        since: Time,
        /// When the bundle is made at the latest.
        closes: Time,
    },
    /// Something that is due.
    Due {
        /// What.
        #[serde(flatten)]
        action: Action,
    },
    /// A retention began.
    Dated {
        /// The document.
        key: String,
        /// The day on which its clock started.
        start: Date,
        /// The last day.
        end: RetentionEnd,
    },
    /// A bundle was made.
    Sealed {
        /// Its name.
        bundle: String,
        /// How many documents it has.
        documents: u64,
    },
    /// A track of a bundle got a time stamp.
    Stamped {
        /// The bundle.
        bundle: String,
        /// The track.
        track: String,
        /// The chain (RFC 4998 §5.1).
        chain: u32,
        /// The place in the chain.
        number: u32,
        /// genTime.
        gen_time: Time,
        /// Who stamped, by the configuration's word.
        tsa: String,
    },
    /// A document got a time stamp of its own in a new version.
    Extended {
        /// The key of the version before.
        key: String,
        /// The key of the new one.
        new_key: String,
        /// Where it lies.
        location: String,
    },
    /// The evidence of a document was judged.
    Verified {
        /// The document.
        key: String,
        /// Its bundle.
        bundle: String,
        /// The track.
        track: String,
        /// The answer.
        indication: Indication,
        /// Why it isn't passed.
        sub_indication: Option<SubIndication>,
        /// The time that is proven.
        proven_since: Option<Time>,
        /// What was noticed.
        findings: Vec<Finding>,
    },
    /// A document isn't as it was taken.
    DocumentDamaged {
        /// Its key.
        key: String,
        /// Its bundle.
        bundle: String,
        /// Where it lies.
        location: String,
        /// What is wrong with it.
        problem: DocumentProblem,
    },
    /// A file of a bundle or of the trail isn't as it was written.
    FileDamaged {
        /// `bundles/ID/FILE` or `trail/FILE`.
        file: String,
        /// The store.
        store: String,
        /// What is wrong with it.
        problem: FileProblem,
    },
    /// Something damaged was put right.
    Repaired {
        /// A key, or a file.
        what: String,
        /// Where.
        place: String,
        /// Who had it whole.
        from: String,
    },
    /// So much of a bundle was read and found whole.
    Scrubbed {
        /// The bundle.
        bundle: String,
        /// Documents that were read.
        documents: u64,
        /// Of them damaged.
        bad: u64,
    },
    /// A proof was written.
    Exported {
        /// The document.
        key: String,
        /// The file.
        path: String,
        /// The tracks in it.
        tracks: Vec<String>,
    },
    /// Nothing of the subject may be deleted.
    Held {
        /// The name of the hold.
        hold: String,
        /// What is held.
        subject: HoldSubject,
    },
    /// A hold is over.
    Released {
        /// Its name.
        hold: String,
    },
    /// How far a deletion is.
    Deletion {
        /// Its name.
        deletion: String,
        /// How far.
        state: DeletionState,
        /// How many documents it is about.
        documents: u64,
        /// Nothing is deleted earlier.
        not_before: Option<Time>,
    },
    /// A document is gone.
    Deleted {
        /// Its key.
        key: String,
        /// The deletion.
        deletion: String,
    },
    /// A segment of the trail, for auditors.
    Segment {
        /// Its number.
        number: u64,
        /// SHA-256, hexadecimal.
        sha256: String,
        /// When it was written.
        time: Time,
        /// Who caused the events.
        actor: String,
        /// How many there are.
        events: u64,
    },
    /// Something that somebody should look at soon: the line for a monitor.
    Alarm {
        /// What.
        finding: Finding,
    },
}

/// What is wrong with a file of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileProblem {
    /// It isn't there.
    Missing,
    /// Its octets are others than those that were written.
    Changed,
    /// What it says doesn't follow from the other files.
    Contradicts,
    /// A file that it rests on is damaged.
    Unchecked,
    /// A segment that doesn't continue what stands before it.
    Parted,
    /// No file of the archive has such a name.
    Unknown,
}

impl From<&PartProblem> for FileProblem {
    fn from(problem: &PartProblem) -> Self {
        match problem {
            PartProblem::Missing => Self::Missing,
            PartProblem::Changed => Self::Changed,
            PartProblem::Contradicts(_) => Self::Contradicts,
            PartProblem::Unchecked => Self::Unchecked,
            PartProblem::Unknown => Self::Unknown,
        }
    }
}

impl From<&TrailProblem> for FileProblem {
    fn from(problem: &TrailProblem) -> Self {
        match problem {
            TrailProblem::Missing => Self::Missing,
            TrailProblem::Damaged { .. } => Self::Changed,
            TrailProblem::Parted => Self::Parted,
            TrailProblem::Unknown => Self::Unknown,
        }
    }
}

/// How far a deletion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum DeletionState {
    Planned,
    Approved,
    Done,
    Cancelled,
}

/// Whether something is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nothing is.
    #[default]
    Fine,
    /// Work is due; proof isn't lost by it yet, or documents are set aside.
    Due,
    /// Proof is lost or being lost, or something is damaged.
    Overdue,
}

/// What a use case did in all. As JSON: `type` is `summary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(tag = "type", rename = "summary")]
pub struct Summary {
    /// Documents that it was about.
    pub objects: u64,
    /// Bundles that it was about.
    pub batches: u64,
    /// Time stamps that were asked for; of a plan, that are to be.
    pub tsa_requests: u64,
    /// Items that failed, were set aside or are damaged.
    pub failed: u64,
    /// The earliest last moment of all evidence.
    pub renew_by: Option<Time>,
    /// Documents that wait for their bundle.
    pub waiting: u64,
    /// Documents that somebody has to look at.
    pub set_aside: u64,
    /// What it cost, or will cost, in yen; `None` where a price isn't known.
    pub yen: Option<u64>,
    /// Octets of documents that were read, or are to be.
    pub read: u64,
    /// Whether something is due.
    pub standing: Standing,
    /// When the next work becomes due.
    pub next: Option<Time>,
    /// Time stamps by track.
    pub requests: BTreeMap<String, u64>,
    /// Why a run ended before its work was done: a budget, an authority that is left alone.
    pub stopped: Option<Finding>,
}

impl Summary {
    /// What the command ends with where items failed; `None` where none did.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorKind> {
        (self.failed > 0).then_some(ErrorKind::Partial)
    }
}

//! The archive as pure data and decisions; no clock, file or network.
//!
//! - [`Document`]: one version of a document by reference, kept as long as a [`RetentionTable`] says.
//! - [`Collector`] gathers documents into batches; [`seal`] makes of a [`Batch`] the immutable files of a [`Bundle`].
//! - [`Bundle::first_step`], [`TimestampRenewal`] and [`TreeRenewal`] add time stamps; [`Recorder`] assembles the
//!   evidence record (RFC 4998) of one document from them.
//! - [`read`] takes a bundle's files apart again and tells each that is damaged; [`compare`] does so for documents,
//!   [`Coverage`] keeps what was read when.
//! - [`Segment`]s of [`Event`]s make up the trail: the facts that no bundle tells.
//! - [`Lifecycle`] knows holds and deletions, and what stands before the deletion of a document.
//! - [`plan()`] says what is due, why, and at what price.
//!
//! The format of bundles is described in `docs/reference/bundle-format.md`.

mod batch;
mod bundle;
mod checkpoint;
mod document;
mod error;
mod governor;
mod hex;
mod lifecycle;
mod plan;
mod record;
mod renewal;
mod retention;
mod scrub;
mod trail;
mod unit;

pub use batch::{Batch, BatchKey, ClosingRule, Collector, Track};
pub use bundle::{
    Bundle, BundleFile, NewStep, PartDamage, PartProblem, Reading, Sealed, Step, StepKind, is_evidence, read,
    read_evidence, seal,
};
pub use checkpoint::Checkpoints;
pub use document::{Document, RecordedVerdict, RetentionEnd};
pub use error::Error;
pub use governor::{Governor, Ledger, Limits, Outcome, Permission, SpendingLimits, Wait, Window};
pub use lifecycle::{Breach, BreachKind, Candidate, Deletion, DeletionPolicy, Hold, Lifecycle, Obstacle};
pub use plan::{
    Action, ActionKind, AlgorithmEnds, Blocked, BundleState, LastStamp, Plan, PlanPolicy, Planner, Reason,
    TrackState, plan,
};
pub use record::Recorder;
pub use renewal::{Member, TimestampRenewal, ToRenew, TreeRenewal, known_digests};
pub use retention::{Confidence, RetentionRule, RetentionStart, RetentionTable};
pub use scrub::{Coverage, DocumentProblem, Seen, compare, slice};
pub use trail::{Drill, Event, HoldSubject, Segment, StoreFacts, TrailHead, segment_name, segment_number};
pub use unit::{MOST_ATTEMPTS, NewUnit, Unit, UnitKind, UnitState, Units, Work};

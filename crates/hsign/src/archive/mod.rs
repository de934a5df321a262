//! The archive: documents stay where they are, and what proves them is renewed as long as they are kept.
//!
//! [`init`] makes one, [`Archive::open`] opens it. Documents are verified when they are [added](Archive::add), gathered
//! into batches, and [`Archive::renew`] does whatever is due: seals batches, gets time stamps, renews them before they
//! end. [`Archive::plan`] says the same beforehand, with reasons, dates and price. [`Archive::scrub`] reads everything
//! again in time, [`Archive::export`] hands out the proof of one document, [`Archive::hold`] and
//! [`Archive::plan_deletion`] are for what the law wants.
//!
//! Stores hold the truth: bundles and the trail. The index in a database is made anew from them by [`rebuild_index`].
//! Whatever is cut off is gone on with by calling the same again.

mod authority;
mod checking;
mod checkpoints;
mod config;
mod deletion;
mod digest_manifest;
mod documents;
mod drill;
mod due;
mod environment;
mod examine;
mod export;
mod hold;
mod in_document;
mod intake;
mod lines;
mod lookup;
mod marks;
mod open;
mod planning;
mod rebuild;
mod recording;
mod renewing;
mod scrubbing;
mod spool;
mod steps;
mod tokens;
mod trail;
mod trees;
mod verification;

pub use authority::HttpAuthorities;
pub use checkpoints::CHECKPOINTS;
pub use config::{
    ArchiveConfig, ArchivePolicy, AuthorityConfig, AuthorityLimits, BucketConfig, Budget, CONFIG_FILE,
    StoreAccess, StoreConfig, StoreTerms, TEMPLATE, TrackConfig,
};
pub use digest_manifest::ImportRequest;
pub use environment::{Authorities, Environment};
pub use examine::{Intake, Retention};
pub use export::ExportRequest;
pub use hsign_archive::{Action, Checkpoints, HoldSubject, RetentionTable};
pub use lines::{DeletionState, FileProblem, Line, Standing, Summary};
pub use open::{Archive, init};
pub use rebuild::rebuild_index;
pub use renewing::RenewRequest;
pub use scrubbing::ScrubRequest;
pub use verification::VerifyRequest;

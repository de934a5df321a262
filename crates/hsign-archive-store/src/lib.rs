//! Where the archive's files are: folders and object stores, each file written once, several copies of everything.
//!
//! A [`Store`] keeps files by flat names: nothing half-written is ever seen, what is there is never replaced, and of
//! several writers of one name the first wins. [`Folder`] is one, [`ObjectStore`] another.
//! [`Copies`] keeps bundles and the trail in several stores, reads what any of them has whole, and repairs one from
//! another. [`Index`] is what can be made anew from them, and what workers share, in SQLite or PostgreSQL.

mod copies;
mod error;
mod folder;
mod index;
mod object;
mod publish;
mod sql;
mod store;
mod trail_store;

pub use copies::{Access, Copies, Member, Repair, Restored};
pub use error::Error;
pub use folder::Folder;
pub use index::{
    Applied, Ask, Asked, AtHand, AuthorityState, BundleRow, Claim, Committed, Counts, Covered, DamageRow,
    DeletionRow, DocumentRow, DocumentState, HoldRow, INDEX_CHECKPOINTS, Index, IndexError, Intent, SetAside,
    StepRow, UnitRow, Waiting, WaitingBatch,
};
pub use object::{Bucket, ObjectSource, ObjectStore, ObjectStoreSettings};
pub use sql::DatabaseError;
pub use store::{Files, Put, Store};
pub use trail_store::{TrailCheck, TrailDamage, TrailProblem, TrailRepair};

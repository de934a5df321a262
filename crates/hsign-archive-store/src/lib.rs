//! Where the archive's files are: folders and object stores, each file written once, several copies of everything.
//!
//! A [`Store`] keeps files by flat names: nothing half-written is ever seen, what is there is never replaced, and of
//! several writers of one name the first wins. [`Folder`] is one. [`Copies`] keeps bundles and the trail in several
//! stores, reads what any of them has whole, and repairs one from another.

mod copies;
mod error;
mod folder;
mod publish;
mod store;
mod trail_store;

pub use copies::{Access, Copies, Member, Repair, Restored};
pub use error::Error;
pub use folder::Folder;
pub use store::{Files, Put, Store};
pub use trail_store::{TrailCheck, TrailDamage, TrailProblem, TrailRepair};

//! Folders that keep bundles.
//!
//! [`Folder`] writes each file once: nothing half-written is ever seen under its name, what is there is never replaced,
//! and of several writers of one name the first wins. [`Copies`] keeps bundles in several folders, and repairs one from
//! another.

mod copies;
mod error;
mod folder;

pub use copies::{Access, Copies, Repair, Restored};
pub use error::Error;
pub use folder::{Files, Folder, Put};

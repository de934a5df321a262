//! The queue of a drop folder: what was found, who confirmed it, what was signed, completed and set aside.
//!
//! - [`Queue`] is the state, made by replaying [`Record`]s; it refuses what must not happen, above all a second
//!   signature on the same content.
//! - [`Desk`] does the work over a [`Folder`] and a [`Worker`]: every step is written down before or found again after
//!   a crash, so that nothing is signed twice and nothing forgotten.
//! - [`Arrivals`] and [`Kind`] tell when a file is complete.
//!
//! Content is known by its SHA-256, not by its name. Files, clocks and keys are the caller's. Nothing is signed that
//! nobody confirmed.

mod arrivals;
mod desk;
mod error;
mod kind;
mod log;
mod queue;
mod record;

pub use arrivals::{Arrivals, Seen};
pub use desk::{Candidate, Completion, Desk, Failure, Folder, Made, Place, Then, Work, Worker};
pub use error::Error;
pub use kind::Kind;
pub use log::Log;
pub use queue::{Item, Output, Queue, State};
pub use record::{Change, Confirmation, Id, Part, Record};

//! The journal of what was signed, stamped, extended, amended and refused (guideline 5.2 §6.5 C7–C9, §7.1): JSON
//! lines, each with the SHA-256 of the line before it, and time stamps over the newest of these hashes.
//!
//! - [`next_line`] makes a line, [`Tail`] finds out where a file goes on, also after a crash.
//! - [`Verifier`] takes line after line, in constant memory, and tells the first that doesn't belong.
//! - [`csv_header`] and [`csv_row`] write entries as a table.
//!
//! A line's hash is taken over its bytes as they stand in the file, without the line end; nothing is encoded anew.
//! Files, locks and clocks are the caller's.

mod entry;
mod export;
mod tail;
mod verify;

pub use entry::{Entry, Head, Line, MAX_LINE, Note, Torn, Who, next_line};
pub use export::{csv_header, csv_row};
pub use tail::{Rotation, Tail};
pub use verify::{Break, BreakReason, FoundStamp, Report, Verifier};

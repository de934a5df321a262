//! The ZIP file that a container is.
//!
//! Read by our own few lines rather than by a ZIP library: bytes decide verdicts here, so that what was signed has to be
//! what every tool would unpack. A library shows one reading (the central directory, the last of two entries with one
//! name); this one keeps both headers of every entry, knows every byte between them, and tells where readings differ.

mod end;
mod entry;
mod headers;
mod layout;
mod name;
mod names;
mod unpack;
mod write;

pub(crate) use end::has_magic;
pub(crate) use entry::{Archive, Entry};
pub(crate) use name::objection;
pub(crate) use names::any_local_name;
pub(crate) use unpack::{Unpacked, unpack};
pub(crate) use write::{NewEntry, central_directory};

/// Little-endian numbers out of a header.
pub(crate) fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let part: [u8; N] = bytes.get(at..at.checked_add(N)?)?.try_into().ok()?;
    Some(part.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
}

pub(crate) const STORED: u64 = 0;
pub(crate) const DEFLATED: u64 = 8;

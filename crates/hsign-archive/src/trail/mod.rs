//! The trail: every lawful fact about the archive that no bundle tells, in the order in which it came to be.
//!
//! It is written in segments that are never changed. Each holds the digest of the one before, so that a trail that
//! begins with its first segment and ends with a stamped one can't have been altered in between. How a segment is
//! written is described in `docs/reference/trail-format.md`.

mod event;
mod segment;

pub use event::{Drill, Event, HoldSubject, StoreFacts};
pub use segment::{Segment, TrailHead, segment_name, segment_number};

//! Evidence records (RFC 4998): what they say, and whether their hash trees hold.
//!
//! [`Record::parse`] keeps every byte that a later renewal hashed. [`facts`] folds the reduced hash trees, compares
//! their roots with the imprints of the tokens, and looks the protected objects up; whether the tokens are to be
//! trusted, each at the time of the next, is the engine's question.

mod error;
mod facts;
mod object;
mod record;
mod renewal;
mod tree;

pub use error::Error;
pub use facts::facts;
pub use object::ProtectedObject;
pub use record::{ArchiveTimestamp, Chain, Record};

//! Evidence records (RFC 4998): what they say, and whether their hash trees hold.
//!
//! [`Record::parse`] keeps every byte that a later renewal hashed. [`facts`] folds the reduced hash trees, compares
//! their roots with the imprints of the tokens, and looks the protected objects up; whether the tokens are to be
//! trusted, each at the time of the next, is the engine's question.
//!
//! Making one: a [`HashTree`] over the objects' [`Group`]s, a time stamp over its root, [`initial`]; later
//! [`timestamp_renewal`] and [`tree_renewal`] say what the next tree is made of.

mod error;
mod facts;
mod hash_tree;
mod object;
mod record;
mod renewal;
mod tree;
mod write;

pub use error::Error;
pub use facts::facts;
pub use hash_tree::{Group, HashTree, ReducedTree};
pub use object::ProtectedObject;
pub use record::{ArchiveTimestamp, Chain, Record};
pub use tree::root;
pub use write::{initial, timestamp_renewal, tree_renewal, with_renewed_timestamp, with_renewed_tree};

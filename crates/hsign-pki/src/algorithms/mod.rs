//! Dated algorithms: until when a digest, a signature scheme and a key of a given size are strong enough.
//!
//! Each primitive is judged at the time its protection began: a signature value where a proof of its
//! existence stands, a digest inside a time stamp at that stamp's generation time.

mod file;
mod limit;
mod table;
#[cfg(test)]
mod tests;
mod r#use;

pub use limit::{Limit, Strength};
pub use table::{AlgorithmTable, AlgorithmTableError, Overrides, Row};
pub use r#use::{Resistance, Use};

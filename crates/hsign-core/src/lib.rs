//! The words everyone shares.
//!
//! Nothing here reads a clock, a file, the environment or the network, and nothing here judges.
//! Formats write [`facts`], the judgement crates read them, and the rim (files, HTTP, cards) stands
//! behind the [`ports`].

mod algorithm;
mod budget;
mod date;
mod digest;
mod error;
pub mod facts;
mod finding;
pub mod journal;
mod modification;
mod octets;
pub mod ports;
mod secret;
mod source;
mod time;

pub use algorithm::{EllipticCurve, PublicKeyKind, SignatureAlgorithm};
pub use budget::{Budget, BudgetExhausted};
pub use date::{Date, DateError};
pub use digest::{Digest, DigestAlgorithm, hex};
pub use error::ErrorKind;
pub use finding::{Finding, Severity};
pub use octets::Octets;
pub use secret::{Secret, SecretReference, SecretReferenceError};
pub use source::{Source, WithPassword, any_window, read_all, read_range, read_windows};
pub use time::{BestSignatureTime, ClaimedSigningTime, GenTime, Time, TimeError, ValidationTime};

//! The trust registry: anchors and services, trusted from a date to a date.

mod check;
mod entry;
mod file;
mod registry;

pub use check::{CheckParameters, CheckedEntry, Fitness, TrustCheck};
pub use entry::{Accreditation, Confidence, Purpose, TrustEntry, TrustKind};
pub use registry::TrustRegistry;

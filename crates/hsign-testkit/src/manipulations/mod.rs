//! What may be done to a signed PDF afterwards: manipulations for which there are no public samples, and honest
//! updates as controls. Plain bytes; the caller signs [`letter`] with its own signer and hands the result to [`all`].

mod cases;
mod scan;
mod structure;
mod update;

pub use cases::{Case, all, certified, certified_letter, letter};
pub use scan::covered_scan;
pub use structure::{JUNK, entry_into_contents, letter_behind_junk, two_faced_letter, wake};
pub use update::Update;

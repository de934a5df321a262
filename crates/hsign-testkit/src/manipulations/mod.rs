//! What may be done to a signed PDF afterwards: manipulations for which there are no public samples, and honest
//! updates as controls. Plain bytes; the caller signs [`letter`] with its own signer and hands the result to [`all`].

mod cases;
mod update;

pub use cases::{Case, all, certified, certified_letter, letter};
pub use update::Update;

//! XAdES signatures and the Japanese e-prescription: making, extending, reading the facts.

mod certificate_references;
mod claims;
mod content;
mod coverage;
mod document;
pub mod eprescription;
mod error;
mod evidence;
mod follow;
mod foreign;
mod fragment;
mod imprint;
mod levels;
pub mod make;
mod names;
mod outcomes;
mod places;
mod policy;
mod qualifying;
mod signature;
mod signatures;
mod signer;
mod stamps;
mod timestamps;
mod values;

pub use content::DetachedContent;
pub use document::{read_facts, read_facts_in, read_facts_with};
pub use error::Error;

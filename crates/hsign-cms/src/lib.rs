//! CMS SignedData (RFC 5652) read without ever re-encoding what was signed, ESS and generic attributes,
//! and building.
//!
//! Reading takes DER and BER and keeps every octet as it arrived. What the syntax allows but a signature
//! should not have is a [`hsign_core::Finding`]; an [`Error`] means that there is no SignedData to read.

mod attribute;
pub mod attributes;
pub mod build;
mod choices;
mod error;
mod ess;
mod growing;
mod layout;
mod lengths;
pub mod oid;
mod protection;
mod read;
mod signed_data;
mod signer_checks;
mod signer_info;

pub use attribute::{Attribute, Attributes};
pub use choices::{choices, ocsp_choice, revocation_data};
pub use error::Error;
pub use growing::{Growing, add_unsigned_attribute};
pub use layout::{ContentSink, Layout};
pub use signed_data::{SignedData, is_set_of_attributes};
pub use signer_info::SignerInfo;

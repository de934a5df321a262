//! CAdES signatures: signed attributes, signature time stamps, and the facts of a CMS signature.
//!
//! Signing goes in steps, since the key may be in a card and the time stamp comes from elsewhere:
//! [`baseline_b`] makes the octets to sign, [`assemble`] the CMS, [`with_signature_timestamp`] adds a token.

mod baseline;
mod certificate_references;
mod error;
mod facts;
mod records;
mod signature_policy;
mod timestamps;

pub use baseline::{
    Options, Signed, ToBeSigned, assemble, baseline_b, signature_value, with_signature_timestamp,
};
pub use error::Error;
pub use facts::{CmsFacts, Profile, SignerFacts, signature_facts};
pub use hsign_cms::is_set_of_attributes;
pub use records::Records;

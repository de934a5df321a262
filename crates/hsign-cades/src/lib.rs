//! CAdES signatures to the archive level: making, extending, and the facts of CMS signatures.
//!
//! Signing goes in steps, since the key may be in a card and the time stamp comes from elsewhere:
//! [`baseline_b`] makes the octets to sign, [`assemble`] the CMS, [`with_signature_timestamp`] adds a token. A [`Draft`]
//! puts content of any size around it, adds further signers, evidence and archive time stamps, also to files of others.
//! [`read_facts`] says what a file holds and judges nothing.

mod archive;
mod bare;
mod baseline;
mod certificate_references;
mod content;
mod document;
mod draft;
mod embedded_records;
mod error;
mod facts;
mod oid;
mod reading;
mod records;
mod signature_policy;
mod timestamps;
mod unsigned;
mod values;

pub use bare::add_evidence;
pub use baseline::{
    Options, Signed, ToBeSigned, assemble, baseline_b, signature_value, with_signature_timestamp,
};
pub use document::{read_facts, read_facts_knowing};
pub use draft::Draft;
pub use error::{Error, Protection};
pub use facts::{CmsFacts, Profile, SignerFacts, signature_facts};
pub use hsign_cms::is_set_of_attributes;
pub use records::Records;

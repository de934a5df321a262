//! Making and extending XAdES signatures (EN 319 132-1). What is there stays byte for byte; new elements are set into the
//! text.

mod algorithms;
mod baseline;
mod enveloped;
mod evidence;
mod extend;
mod markup;
mod packaging;
mod prepared;
mod properties;
mod timestamps;

pub(crate) use markup::{Lines, ReferencePlan, transform};
pub(crate) use prepared::Place;

pub use baseline::Options;
pub use enveloped::{Envelope, Enveloped, enveloped};
pub use evidence::add_evidence;
pub use extend::closed;
pub use packaging::{DataObject, detached, enveloping_octets, enveloping_xml, manifest};
pub use prepared::Prepared;
pub use timestamps::{add_archive_timestamp, add_signature_timestamp, archive_imprint, signature_imprint};

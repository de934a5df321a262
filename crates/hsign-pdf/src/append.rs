//! Incremental updates (ISO 32000-2, 7.5.6): every existing byte stays, what is new follows.

mod attachment;
mod extended;
mod form;
mod serialise;
mod signature;
mod store;
mod visible;
mod writer;
mod xref;

pub use attachment::{Attachment, attach};
pub use extended::Extended;
pub use signature::{PreparedSignature, SignatureRequest, SubFilter, prepare_signature};
pub use store::{ValidationData, add_validation_data};
pub use visible::{Appearance, Corner, Drawing, PageArea, Place, Visible};
pub use writer::{Update, Written};

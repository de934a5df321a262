//! PDF revisions, an append-only writer, and signature dictionaries with their byte positions.

mod append;
mod archival;
mod byte_range;
mod changes;
mod content_stream;
pub mod date;
mod document;
mod embedded_files;
mod encryption;
mod error;
mod field;
mod filter;
mod images;
mod lexer;
mod object;
mod object_stream;
mod page;
mod parser;
mod rebuild;
mod revision;
mod signature;
pub mod text;
mod window;
mod xref;

pub use append::{
    Appearance, Attachment, Corner, Drawing, Extended, PageArea, Place, PreparedSignature, SignatureRequest,
    SubFilter, Update, ValidationData, Visible, Written, add_validation_data, attach, prepare_signature,
};
pub use byte_range::{Covered, byte_range_check};
pub use changes::LaterRevisions;
pub use document::{Document, Snapshot};
pub use encryption::Access;
pub use error::{Error, Refusal};
pub use images::DrawnImage;
pub use object::{Dictionary, Entry, Object, ObjectId, PdfString, Stream, StringForm, number_text};
pub use page::{PageGeometry, PageNumber, Rectangle};
pub use revision::Revision;
pub use signature::{
    Lock, LockedFields, METADATA_KEY, SignatureDictionary, SignatureField, SignatureFields,
    SignatureReference, signature_fields,
};
pub use xref::{Entry as XrefEntry, SectionKind};

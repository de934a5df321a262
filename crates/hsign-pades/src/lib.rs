//! PAdES signatures in PDF files: preparing, embedding, and reading the facts.
//!
//! [`read_facts`] says what is there, every signature field included, and judges nothing. [`prepare`] and
//! [`Prepared::embed`] put a signature in; what was in the file before stays as it is.

mod document;
mod draft;
mod dss;
mod error;
mod hashing;
mod levels;
mod originals;
mod prepare;
mod qualification_evidence;
mod ranges;
mod raw_rsa;
mod revisions;
mod rules;
mod sha1_content;
mod signature;
mod timestamp;

pub use document::read_facts;
pub use draft::Draft;
pub use error::Error;
pub use hsign_pdf::Extended as Appended;
pub use originals::{embed_original, original_name};
pub use prepare::{Prepared, Request, contents_size, prepare, prepare_document_timestamp};

/// /SubFilter of PAdES signatures (EN 319 142-1).
pub const CADES_DETACHED: &str = "ETSI.CAdES.detached";
/// /SubFilter of CMS signatures as ISO 32000-1 has them.
pub const PKCS7_DETACHED: &str = "adbe.pkcs7.detached";
/// /SubFilter of CMS signatures over a SHA-1 digest of the document (ISO 32000-1, deprecated since).
pub const PKCS7_SHA1: &str = "adbe.pkcs7.sha1";
/// /SubFilter of bare RSA values over a SHA-1 digest of the document (ISO 32000-1, deprecated since).
pub const X509_RSA_SHA1: &str = "adbe.x509.rsa_sha1";
/// /SubFilter of the Brazilian profile: built like the detached ones.
pub const PBAD_DETACHED: &str = "PBAD.PAdES";

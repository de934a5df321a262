//! Signature fields and signature dictionaries (ISO 32000-2, 12.8), taken from the revision they were
//! written in.

mod dictionary;
mod search;

pub(crate) use dictionary::{lock as lock_of, looks_like_signature};
use std::ops::Range;

use hsign_core::facts::Coverage;
use hsign_core::{Finding, Time};

use crate::document::Document;
use crate::error::Result;
use crate::object::ObjectId;

/// The entry of a signature dictionary that holds statements of the signer for machines, a text string. It lies within
/// the byte range like every other entry. The prefix is that of private entries nobody registered (ISO 32000-2, annex E).
pub const METADATA_KEY: &str = "XXhsignMetadata";

/// All signature fields of a document.
#[derive(Clone, Debug, Default)]
pub struct SignatureFields {
    /// Signed and empty ones, in document order; then what no field leads to.
    pub fields: Vec<SignatureField>,
    /// Parts of the form that could not be read.
    pub findings: Vec<Finding>,
}

/// A field of type Sig, or a signature that no field leads to.
#[derive(Clone, Debug)]
pub struct SignatureField {
    /// Fully qualified name; for a signature without a field its object number.
    pub name: String,
    /// Its object; `None` if it stands directly in an array.
    pub object: Option<ObjectId>,
    /// Whether it has a /V. With no `value` then, the findings say why.
    pub signed: bool,
    /// The signature dictionary.
    pub value: Option<SignatureDictionary>,
    /// What the field's /Lock says will be locked once it is signed.
    pub lock: Option<Lock>,
    /// What was noticed about the field.
    pub findings: Vec<Finding>,
}

/// A signature or document time stamp as its dictionary describes it.
#[derive(Clone, Debug)]
pub struct SignatureDictionary {
    /// The object it is, or that holds it.
    pub object: ObjectId,
    /// Index of the revision that wrote it.
    pub revision: usize,
    /// /Type, where given.
    pub kind: Option<String>,
    /// /Filter.
    pub filter: Option<String>,
    /// /SubFilter.
    pub sub_filter: Option<String>,
    /// /ByteRange, if it is four non-negative integers.
    pub byte_range: Option<[u64; 4]>,
    /// /Contents, padding included.
    pub contents: Vec<u8>,
    /// Position of the hexadecimal string /Contents with its angle brackets.
    pub contents_span: Option<Range<u64>>,
    /// Certificates in /Cert (sub-filter `adbe.x509.rsa_sha1`).
    pub certificates: Vec<Vec<u8>>,
    /// /M.
    pub signing_time: Option<Time>,
    /// /Reason.
    pub reason: Option<String>,
    /// /Location.
    pub location: Option<String>,
    /// /Name.
    pub name: Option<String>,
    /// /ContactInfo.
    pub contact_info: Option<String>,
    /// [`METADATA_KEY`].
    pub metadata: Option<String>,
    /// /Reference.
    pub references: Vec<SignatureReference>,
    /// What the byte range covers.
    pub coverage: Coverage,
    /// Index of the revision at whose end the byte range ends.
    pub covered_revision: Option<usize>,
    /// What was noticed; those of severity error are format failures.
    pub findings: Vec<Finding>,
}

impl SignatureDictionary {
    /// Whether it is a document time stamp (EN 319 142-1) instead of somebody's signature.
    #[must_use]
    pub fn is_document_timestamp(&self) -> bool {
        self.sub_filter.as_deref() == Some("ETSI.RFC3161")
            || (self.sub_filter.is_none() && self.kind.as_deref() == Some("DocTimeStamp"))
    }
}

/// A signature reference dictionary (ISO 32000-2, 12.8.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureReference {
    /// Certification: 1 no changes, 2 form filling and signing, 3 annotations too.
    DocMdp(i64),
    /// Locked fields.
    FieldMdp(Lock),
    /// Another transform method.
    Other(String),
}

/// Which fields a signature locks, and what it permits from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Which fields.
    pub fields: LockedFields,
    /// /P, as for a certification signature.
    pub permission: Option<i64>,
}

/// /Action with /Fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockedFields {
    /// Every field.
    All,
    /// These, and what is below them.
    Include(Vec<String>),
    /// All but these and what is below them.
    Exclude(Vec<String>),
}

impl Lock {
    /// Whether the field of that name is locked.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        let listed = |names: &[String]| {
            names.iter().any(|listed| {
                name.strip_prefix(listed.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        match &self.fields {
            LockedFields::All => true,
            LockedFields::Include(names) => listed(names),
            LockedFields::Exclude(names) => !listed(names),
        }
    }
}

/// Every signature field of every revision: those of the newest form, signatures that an earlier form had
/// and the newest has not, and whatever object looks like a signature though no form leads to it.
///
/// # Errors
/// When catalog or form can't be read, or a limit is reached. A single broken field is a finding.
pub fn signature_fields(document: &Document<'_>) -> Result<SignatureFields> {
    search::all(document)
}

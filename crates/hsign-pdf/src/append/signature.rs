use std::ops::Range;

use hsign_core::Time;

use super::form::{Target, attach, is_signed, target};
use super::serialise;
use super::visible::Visible;
use super::writer::Update;
use crate::document::Document;
use crate::error::{Error, Result};
use crate::object::{Dictionary, Object, ObjectId, PdfString};
use crate::signature::{Lock, LockedFields, METADATA_KEY};
use crate::{date, field, signature, text};

/// Room for each of the four numbers: a position of 20 digits fits.
const NUMBER_WIDTH: usize = 20;

/// What the signature's bytes will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubFilter {
    /// A CAdES signature, detached (EN 319 142-1).
    EtsiCadesDetached,
    /// An RFC 3161 time-stamp token: a document time stamp (EN 319 142-1).
    EtsiRfc3161,
}

impl SubFilter {
    /// The value of /SubFilter.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EtsiCadesDetached => "ETSI.CAdES.detached",
            Self::EtsiRfc3161 => "ETSI.RFC3161",
        }
    }

    fn dictionary_type(self) -> &'static str {
        match self {
            Self::EtsiCadesDetached => "Sig",
            Self::EtsiRfc3161 => "DocTimeStamp",
        }
    }
}

/// What to prepare.
#[derive(Clone, Debug)]
pub struct SignatureRequest<'a> {
    /// An existing empty signature field, or the name of a new one; `None` takes the next free
    /// "Signature…" name.
    pub field_name: Option<String>,
    /// Kind of signature.
    pub sub_filter: SubFilter,
    /// Bytes to reserve for it.
    pub contents_size: usize,
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
    /// Where and how the field is seen; `None` for one that isn't.
    pub visible: Option<Visible<'a>>,
}

impl SignatureRequest<'_> {
    /// A request with a new field and nothing optional.
    #[must_use]
    pub fn new(sub_filter: SubFilter, contents_size: usize) -> Self {
        Self {
            field_name: None,
            sub_filter,
            contents_size,
            signing_time: None,
            reason: None,
            location: None,
            name: None,
            contact_info: None,
            metadata: None,
            visible: None,
        }
    }
}

/// An update that lacks only the signature itself.
#[derive(Clone, Debug)]
pub struct PreparedSignature {
    /// The bytes to append, with zeros where the signature goes.
    pub appended: Vec<u8>,
    /// Offset and length of the two parts that are signed, as in /ByteRange.
    pub byte_range: [u64; 4],
    /// Position in the whole file of the hexadecimal string, angle brackets included.
    pub contents_span: Range<u64>,
    /// Name of the field.
    pub field_name: String,
    /// The signature dictionary's object.
    pub object: ObjectId,
    /// Length of the document that is extended.
    base: u64,
}

impl PreparedSignature {
    /// The part of the appended bytes that is signed before the hole, and the part after it. What is signed
    /// is the whole old document, then these two.
    #[must_use]
    pub fn signed_parts(&self) -> (&[u8], &[u8]) {
        let hole = self.hole();
        (
            self.appended.get(..hole.start).unwrap_or_default(),
            self.appended.get(hole.end..).unwrap_or_default(),
        )
    }

    /// The bytes to append with the signature in place.
    ///
    /// # Errors
    /// When it is longer than what was reserved.
    pub fn with_contents(&self, contents: &[u8]) -> Result<Vec<u8>> {
        let hole = self.hole();
        let reserved = (hole.len().saturating_sub(2)) / 2;
        let mut digits = Vec::with_capacity(contents.len() * 2);
        serialise::hexadecimal(contents, &mut digits);
        let mut bytes = self.appended.clone();
        let start = hole.start + 1;
        match bytes.get_mut(start..start + digits.len()) {
            Some(place) if contents.len() <= reserved => place.copy_from_slice(&digits),
            _ => return Err(Error::ContentsTooSmall { needed: contents.len(), reserved }),
        }
        Ok(bytes)
    }

    /// The hexadecimal string within `appended`.
    fn hole(&self) -> Range<usize> {
        let at = |position: u64| usize::try_from(position - self.base).unwrap_or(usize::MAX);
        at(self.contents_span.start)..at(self.contents_span.end)
    }
}

/// Lays out an incremental update with a signature dictionary and its field.
///
/// # Errors
/// [`Error::Refused`] where signing would damage the document or break a rule that an existing signature
/// set; other errors where the document or the request doesn't allow it.
pub fn prepare_signature(
    document: &Document<'_>,
    request: &SignatureRequest<'_>,
) -> Result<PreparedSignature> {
    let snapshot = document.newest();
    let mut update = Update::new(document)?;
    let form = field::form(snapshot)?;
    let target = target(snapshot, &form, request.field_name.as_deref(), request.sub_filter)?;
    let value = update.allocate()?;
    attach(&mut update, &target, value, request.visible.as_ref())?;
    let lock = lock_reference(document, &target)?;
    let dictionary = update.closed(value, entries(request, lock));
    let body = Body::new(&dictionary, request.contents_size);
    update.set_body(value, body.bytes.clone());
    if !is_signed(&form) {
        update.fill_gaps();
    }
    let written = update.finish()?;
    finish(document, written, value, &body, &target)
}

fn finish(
    document: &Document<'_>,
    written: super::Written,
    value: ObjectId,
    body: &Body,
    target: &Target,
) -> Result<PreparedSignature> {
    let base = document.length();
    let mut appended = written.bytes;
    let start = written.bodies.get(&value.number).copied().unwrap_or(base);
    let contents_span = start + body.contents.start as u64..start + body.contents.end as u64;
    let end = base + appended.len() as u64;
    let byte_range = [0, contents_span.start, contents_span.end, end - contents_span.end];
    let numbers = byte_range.map(|number| number.to_string()).join(" ");
    let place = usize::try_from(start - base).unwrap_or(usize::MAX).saturating_add(body.byte_range);
    if let Some(place) = appended.get_mut(place..place.saturating_add(numbers.len())) {
        place.copy_from_slice(numbers.as_bytes());
    }
    Ok(PreparedSignature {
        appended,
        byte_range,
        contents_span,
        field_name: target.name().to_owned(),
        object: value,
        base,
    })
}

/// The signature dictionary's bytes and the places in it that are filled later.
struct Body {
    bytes: Vec<u8>,
    /// Where the numbers of /ByteRange go.
    byte_range: usize,
    /// The hexadecimal string.
    contents: Range<usize>,
}

/// Everything of the signature dictionary but the signature and what it covers.
fn entries(request: &SignatureRequest<'_>, lock: Option<Object>) -> Dictionary {
    let mut dictionary = Dictionary::new();
    dictionary.set("Type", Object::name(request.sub_filter.dictionary_type()));
    dictionary.set("Filter", Object::name("Adobe.PPKLite"));
    dictionary.set("SubFilter", Object::name(request.sub_filter.name()));
    let mut put = |key: &str, value: Option<Vec<u8>>| {
        if let Some(value) = value {
            dictionary.set(key, Object::String(PdfString::literal(value)));
        }
    };
    put("M", request.signing_time.map(|time| date::format(time).into_bytes()));
    put("Name", request.name.as_deref().map(text::encode));
    put("Reason", request.reason.as_deref().map(text::encode));
    put("Location", request.location.as_deref().map(text::encode));
    put("ContactInfo", request.contact_info.as_deref().map(text::encode));
    put(METADATA_KEY, request.metadata.as_deref().map(text::encode));
    if let Some(lock) = lock {
        dictionary.set("Reference", Object::Array(vec![lock]));
    }
    dictionary
}

impl Body {
    fn new(dictionary: &Dictionary, contents_size: usize) -> Self {
        let mut bytes = Vec::with_capacity(contents_size * 2 + 512);
        serialise::dictionary(dictionary, &mut bytes);
        bytes.truncate(bytes.len() - b">>".len());
        bytes.extend(b"/ByteRange [");
        let byte_range = bytes.len();
        bytes.extend(std::iter::repeat_n(b' ', 4 * NUMBER_WIDTH + 3));
        bytes.extend(b"]/Contents ");
        let start = bytes.len();
        bytes.push(b'<');
        bytes.extend(std::iter::repeat_n(b'0', contents_size * 2));
        bytes.push(b'>');
        let contents = start..bytes.len();
        bytes.extend(b">>");
        Self { bytes, byte_range, contents }
    }
}

/// ISO 32000-2, 12.8.2.4: signing a field with a /Lock locks what it lists.
fn lock_reference(document: &Document<'_>, target: &Target) -> Result<Option<Object>> {
    let Target::Existing { dictionary, .. } = target else { return Ok(None) };
    let snapshot = document.newest();
    let Object::Dictionary(lock) = snapshot.value(dictionary, "Lock")? else { return Ok(None) };
    let Lock { fields, permission } = signature::lock_of(snapshot, &lock);
    let mut parameters = Dictionary::new();
    parameters.set("Type", Object::name("TransformParams"));
    parameters.set("V", Object::name("1.2"));
    let (action, names) = match fields {
        LockedFields::All => ("All", None),
        LockedFields::Include(names) => ("Include", Some(names)),
        LockedFields::Exclude(names) => ("Exclude", Some(names)),
    };
    parameters.set("Action", Object::name(action));
    if let Some(names) = names {
        let names = names.iter().map(|name| Object::String(PdfString::literal(text::encode(name))));
        parameters.set("Fields", Object::Array(names.collect()));
    }
    if let Some(permission) = permission {
        parameters.set("P", Object::Integer(permission));
    }
    let mut reference = Dictionary::new();
    reference.set("Type", Object::name("SigRef"));
    reference.set("TransformMethod", Object::name("FieldMDP"));
    reference.set("TransformParams", Object::Dictionary(parameters));
    reference.set("Data", Object::Reference(snapshot.root()?));
    Ok(Some(Object::Dictionary(reference)))
}

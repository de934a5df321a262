//! Adding to what others wrote: bytes are put in, the lengths around them grow, all else stays.

use hsign_asn1::{Tag, Tlv, encode};

use crate::Error;
use crate::read::first;

/// Adds `attribute` (an Attribute, DER) behind the unsigned attributes of one signer, counted from 0. No
/// other octet changes but the lengths of the elements around it; indefinite lengths stay indefinite.
/// Octets after the ContentInfo are dropped.
///
/// # Errors
/// When `cms` is no SignedData or has no such signer.
pub fn add_unsigned_attribute(cms: &[u8], signer: usize, attribute: &[u8]) -> Result<Vec<u8>, Error> {
    let content_info = first(cms, Tag::SEQUENCE)?;
    let mut enclosing = vec![Enclosing::of(&content_info)];
    let signer_info = signer_info(&content_info, signer, &mut enclosing)?;
    let unsigned = unsigned_attributes(&signer_info)?;
    let inserted = match &unsigned {
        Some(set) => {
            enclosing.push(Enclosing::of(set));
            attribute.to_vec()
        }
        None => encode::tlv(0xA1, attribute),
    };
    let inner = enclosing.last().map_or(0, |element| element.contents_end);
    Ok(grow(content_info.bytes, &enclosing, inner, &inserted))
}

/// Goes down to one SignerInfo and notes every element on the way.
fn signer_info<'a>(
    content_info: &Tlv<'a>,
    signer: usize,
    enclosing: &mut Vec<Enclosing>,
) -> Result<Tlv<'a>, Error> {
    let mut fields = content_info.reader()?;
    fields.expect(Tag::OID)?;
    let explicit = fields.expect(Tag::context(0, true))?;
    let signed_data = explicit.only(Tag::SEQUENCE)?;
    let mut fields = signed_data.reader()?;
    fields.expect(Tag::INTEGER)?;
    fields.expect(Tag::SET)?;
    fields.expect(Tag::SEQUENCE)?;
    fields.optional(Tag::context(0, true))?;
    fields.optional(Tag::context(1, true))?;
    let set = fields.expect(Tag::SET)?;
    let mut infos = set.reader()?;
    for _ in 0..signer {
        infos.optional(Tag::SEQUENCE)?.ok_or(Error::NoSuchSigner(signer))?;
    }
    let info = infos.optional(Tag::SEQUENCE)?.ok_or(Error::NoSuchSigner(signer))?;
    enclosing.extend([&explicit, &signed_data, &set, &info].map(Enclosing::of));
    Ok(info)
}

fn unsigned_attributes<'a>(signer_info: &Tlv<'a>) -> Result<Option<Tlv<'a>>, Error> {
    let mut fields = signer_info.reader()?;
    let mut last = None;
    while let Some(field) = fields.next()? {
        last = Some(field);
    }
    Ok(last.filter(|field| field.tag == Tag::context(1, true)))
}

/// Where an element and its length stand, from the start of the ContentInfo.
struct Enclosing {
    start: usize,
    header: usize,
    contents_end: usize,
    indefinite: bool,
}

impl Enclosing {
    fn of(tlv: &Tlv<'_>) -> Self {
        Self {
            start: tlv.offset(),
            header: tlv.contents_offset() - tlv.offset(),
            contents_end: tlv.contents_offset() + tlv.contents.len(),
            indefinite: tlv.indefinite,
        }
    }

    fn contents_length(&self) -> usize {
        self.contents_end - self.start - self.header
    }
}

/// Puts `inserted` at `position` and mends the lengths from the innermost element outwards, since a longer
/// length field makes what is around it longer too.
fn grow(bytes: &[u8], enclosing: &[Enclosing], position: usize, inserted: &[u8]) -> Vec<u8> {
    let mut edits = vec![(position..position, inserted.to_vec())];
    let mut growth = inserted.len();
    for element in enclosing.iter().rev().filter(|element| !element.indefinite) {
        let field = element.start + 1..element.start + element.header;
        let length = length_field(element.contents_length() + growth, field.len());
        growth += length.len() - field.len();
        edits.push((field, length));
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut grown = Vec::with_capacity(bytes.len() + growth);
    let mut at = 0;
    for (range, replacement) in edits {
        grown.extend_from_slice(bytes.get(at..range.start).unwrap_or_default());
        grown.extend_from_slice(&replacement);
        at = range.end;
    }
    grown.extend_from_slice(bytes.get(at..).unwrap_or_default());
    grown
}

/// A definite length of at least `width` octets, so that a field that was longer than needed stays.
fn length_field(length: usize, width: usize) -> Vec<u8> {
    if width <= 1 && length < 0x80 {
        return vec![u8::try_from(length).unwrap_or_default()];
    }
    let bytes = length.to_be_bytes();
    let significant = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let needed = (bytes.len() - significant).max(width.saturating_sub(1)).max(1);
    let mut field = vec![0x80 | u8::try_from(needed).unwrap_or_default()];
    field.extend(std::iter::repeat_n(0, needed.saturating_sub(bytes.len())));
    field.extend_from_slice(bytes.get(bytes.len().saturating_sub(needed)..).unwrap_or_default());
    field
}

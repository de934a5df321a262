//! Headers, and lengths that are mended.

use hsign_asn1::{Place, Tag, encode};

/// Headers around each other and around `length` octets, the outermost first.
pub(crate) fn headers(tags: &[Tag], length: u64) -> Vec<u8> {
    let mut headers = Vec::new();
    for tag in tags.iter().rev() {
        let inside = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(headers.len());
        let mut header = Vec::new();
        encode::push_header(*tag, inside, &mut header);
        headers.splice(..0, header);
    }
    headers
}

/// Octets of the tag in front of the length.
pub(crate) fn tag_octets(place: &Place) -> u64 {
    if place.tag.number < 0x1f { 1 } else { place.contents.saturating_sub(place.start).saturating_sub(1) }
}

pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A definite length; where the old one was longer than needed, of as many octets.
pub(crate) fn length_field(length: u64, old: u64, width: usize) -> Vec<u8> {
    let shortest = |length: u64| match length {
        0..0x80 => 1,
        _ => 1 + usize::try_from(8 - length.leading_zeros() / 8).unwrap_or(8),
    };
    let least = if width > shortest(old) { width } else { 1 };
    let width = shortest(length).max(least);
    if width == 1 {
        return vec![u8::try_from(length).unwrap_or_default()];
    }
    let digits = width - 1;
    let mut field = vec![0x80 | u8::try_from(digits).unwrap_or_default()];
    let bytes = length.to_be_bytes();
    field.extend(std::iter::repeat_n(0, digits.saturating_sub(bytes.len())));
    field.extend_from_slice(bytes.get(bytes.len().saturating_sub(digits)..).unwrap_or_default());
    field
}

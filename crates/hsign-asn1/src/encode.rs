//! Writing DER. Every function returns whole elements, ready to be put into another.

use hsign_core::Time;

use crate::{Class, Error, Tag, oid_contents};

/// An element with a one-byte tag (`0x30` for SEQUENCE, `0xa0` for `[0]` constructed).
#[must_use]
pub fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(contents.len().saturating_add(6));
    out.push(tag);
    push_length(contents.len(), &mut out);
    out.extend_from_slice(contents);
    out
}

/// An element with any tag.
#[must_use]
pub fn element(tag: Tag, contents: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(contents.len().saturating_add(10));
    push_header(tag, contents.len(), &mut out);
    out.extend_from_slice(contents);
    out
}

/// SEQUENCE of the elements given.
#[must_use]
pub fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &elements.concat())
}

/// SET OF the elements given, sorted as DER wants it (X.690 §11.6).
#[must_use]
pub fn set_of_sorted(elements: &[&[u8]]) -> Vec<u8> {
    let mut sorted = elements.to_vec();
    sorted.sort_unstable();
    tlv(0x31, &sorted.concat())
}

/// INTEGER from an unsigned big-endian number.
#[must_use]
pub fn integer_from_be_bytes(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|octet| *octet != 0).unwrap_or(number.len());
    let digits = number.get(start..).unwrap_or_default();
    let needs_zero = digits.first().is_none_or(|first| first & 0x80 != 0);
    let contents = if needs_zero { [&[0], digits].concat() } else { digits.to_vec() };
    tlv(0x02, &contents)
}

/// INTEGER from the contents octets of another one, as they are (serial numbers).
#[must_use]
pub fn integer_from_contents(contents: &[u8]) -> Vec<u8> {
    tlv(0x02, contents)
}

/// INTEGER.
#[must_use]
pub fn integer(number: u64) -> Vec<u8> {
    integer_from_be_bytes(&number.to_be_bytes())
}

/// ENUMERATED.
#[must_use]
pub fn enumerated(number: u8) -> Vec<u8> {
    let mut element = integer(number.into());
    if let Some(tag) = element.first_mut() {
        *tag = 0x0a;
    }
    element
}

/// OBJECT IDENTIFIER from dotted decimal.
///
/// # Errors
/// When the text isn't one.
pub fn oid(dotted: &str) -> Result<Vec<u8>, Error> {
    oid_contents(dotted).map(|contents| tlv(0x06, &contents))
}

/// OCTET STRING.
#[must_use]
pub fn octet_string(octets: &[u8]) -> Vec<u8> {
    tlv(0x04, octets)
}

/// BIT STRING of whole octets.
#[must_use]
pub fn bit_string(octets: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], octets].concat())
}

/// `[number] EXPLICIT`.
#[must_use]
pub fn explicit(number: u32, inside: &[u8]) -> Vec<u8> {
    element(Tag::context(number, true), inside)
}

/// `[number] IMPLICIT` of a constructed type: the contents of the type, not the whole element.
#[must_use]
pub fn implicit_constructed(number: u32, contents: &[u8]) -> Vec<u8> {
    element(Tag::context(number, true), contents)
}

/// `[number] IMPLICIT` of a primitive type: the contents of the type, not the whole element.
#[must_use]
pub fn implicit_primitive(number: u32, contents: &[u8]) -> Vec<u8> {
    element(Tag::context(number, false), contents)
}

/// NULL.
#[must_use]
pub fn null() -> Vec<u8> {
    vec![0x05, 0x00]
}

/// BOOLEAN.
#[must_use]
pub fn boolean(value: bool) -> Vec<u8> {
    vec![0x01, 0x01, if value { 0xff } else { 0x00 }]
}

/// UTF8String.
#[must_use]
pub fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

/// GeneralizedTime in UTC; a fraction is written without trailing zeros (X.690 §11.7).
#[must_use]
pub fn generalized_time(time: Time) -> Vec<u8> {
    let (year, month, day, hour, minute, second) = time.utc();
    let mut text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}");
    if time.subsecond_nanoseconds() > 0 {
        let fraction = format!("{:09}", time.subsecond_nanoseconds());
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    text.push('Z');
    tlv(0x18, text.as_bytes())
}

/// UTCTime for 1950 to 2049, GeneralizedTime otherwise, without fraction (RFC 5280 §4.1.2.5, RFC 5652 §11.3).
#[must_use]
pub fn utc_or_generalized_time(time: Time) -> Vec<u8> {
    let (year, month, day, hour, minute, second) = time.utc();
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    if (1950..2050).contains(&year) {
        tlv(0x17, format!("{:02}{rest}", year.rem_euclid(100)).as_bytes())
    } else {
        tlv(0x18, format!("{year:04}{rest}").as_bytes())
    }
}

/// Header octets of an element whose contents have this length.
pub fn push_header(tag: Tag, length: usize, out: &mut Vec<u8>) {
    let class = match tag.class {
        Class::Universal => 0x00,
        Class::Application => 0x40,
        Class::Context => 0x80,
        Class::Private => 0xc0,
    };
    let lead = class | if tag.constructed { 0x20 } else { 0 };
    match u8::try_from(tag.number) {
        Ok(number @ 0..=30) => out.push(lead | number),
        _ => {
            out.push(lead | 0x1f);
            let groups = (32_u32.saturating_sub(tag.number.leading_zeros())).div_ceil(7);
            for group in (0..groups).rev() {
                let septet = u8::try_from(tag.number >> group.saturating_mul(7) & 0x7f).unwrap_or(0);
                out.push(if group == 0 { septet } else { septet | 0x80 });
            }
        }
    }
    push_length(length, out);
}

fn push_length(length: usize, out: &mut Vec<u8>) {
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => out.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let start = octets.iter().position(|octet| *octet != 0).unwrap_or(0);
            let digits = octets.get(start..).unwrap_or_default();
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7f));
            out.extend_from_slice(digits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reader, Rules};

    #[test]
    fn x690_10_1_lengths_are_shortest() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let encoded = octet_string(&vec![7; length]);
            let element = Reader::new(&encoded, Rules::Der).any().unwrap();
            assert_eq!(element.contents.len(), length);
        }
        assert_eq!(octet_string(&[0; 128])[..3], [0x04, 0x81, 0x80]);
    }

    #[test]
    fn integers_are_unsigned_and_shortest() {
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(127), [2, 1, 127]);
        assert_eq!(integer(128), [2, 2, 0, 128]);
        assert_eq!(integer_from_be_bytes(&[0, 0, 1]), [2, 1, 1]);
        assert_eq!(integer_from_be_bytes(&[]), [2, 1, 0]);
    }

    #[test]
    fn x690_11_6_set_of_is_sorted() {
        assert_eq!(set_of_sorted(&[&integer(2), &integer(1)]), [0x31, 6, 2, 1, 1, 2, 1, 2]);
    }

    #[test]
    fn times_choose_their_type() {
        let time: Time = "2026-11-21T09:30:05.25Z".parse().unwrap();
        assert_eq!(generalized_time(time)[2..], *b"20261121093005.25Z");
        assert_eq!(utc_or_generalized_time(time)[2..], *b"261121093005Z");
        let later: Time = "2050-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(utc_or_generalized_time(later)[2..], *b"20500101000000Z");
    }

    #[test]
    fn high_tags_are_read_back() {
        for number in [30, 31, 127, 128, 16_383, u32::MAX >> 4] {
            let encoded = explicit(number, &null());
            assert_eq!(Reader::new(&encoded, Rules::Der).any().unwrap().tag, Tag::context(number, true));
        }
    }
}

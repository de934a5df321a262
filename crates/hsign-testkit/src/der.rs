//! A plain DER writer and a small reader, on purpose not the project's own: a mistake there must not hide itself here.

/// Universal and context tags used by this crate.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0A;
    pub(crate) const UTF8_STRING: u8 = 0x0C;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// A constructed context tag (also: EXPLICIT).
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xA0 | number
    }

    /// A primitive context tag (IMPLICIT over a primitive type).
    pub(crate) const fn primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// The pieces one after the other.
pub(crate) fn concat(pieces: &[&[u8]]) -> Vec<u8> {
    pieces.concat()
}

/// One element with a definite length.
pub(crate) fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length.to_le_bytes()[0]);
    } else {
        let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
        out.push(0x80 | octets.len().to_le_bytes()[0]);
        out.extend(octets);
    }
    out.extend_from_slice(contents);
    out
}

/// One constructed element with the indefinite length of BER.
pub(crate) fn indefinite(tag: u8, contents: &[u8]) -> Vec<u8> {
    concat(&[&[tag, 0x80], contents, &[0, 0]])
}

pub(crate) fn sequence(pieces: &[&[u8]]) -> Vec<u8> {
    tlv(tag::SEQUENCE, &concat(pieces))
}

/// SET with the elements in the order given.
pub(crate) fn set(pieces: &[&[u8]]) -> Vec<u8> {
    tlv(tag::SET, &concat(pieces))
}

/// SET OF: DER sorts the encodings of the elements.
pub(crate) fn set_of(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    tlv(tag::SET, &elements.concat())
}

/// `[number] EXPLICIT`.
pub(crate) fn explicit(number: u8, element: &[u8]) -> Vec<u8> {
    tlv(tag::constructed(number), element)
}

pub(crate) fn boolean(value: bool) -> Vec<u8> {
    tlv(tag::BOOLEAN, &[if value { 0xFF } else { 0 }])
}

pub(crate) fn null() -> Vec<u8> {
    tlv(tag::NULL, &[])
}

/// A non-negative INTEGER.
pub(crate) fn integer(value: u64) -> Vec<u8> {
    unsigned_integer(&value.to_be_bytes())
}

/// A non-negative INTEGER from big-endian octets.
pub(crate) fn unsigned_integer(octets: &[u8]) -> Vec<u8> {
    let mut contents: Vec<u8> = octets.iter().copied().skip_while(|octet| *octet == 0).collect();
    if contents.first().is_none_or(|first| *first >= 0x80) {
        contents.insert(0, 0);
    }
    tlv(tag::INTEGER, &contents)
}

pub(crate) fn enumerated(value: u8) -> Vec<u8> {
    tlv(tag::ENUMERATED, &[value])
}

pub(crate) fn octet_string(octets: &[u8]) -> Vec<u8> {
    tlv(tag::OCTET_STRING, octets)
}

/// A BIT STRING of whole octets.
pub(crate) fn bit_string(octets: &[u8]) -> Vec<u8> {
    tlv(tag::BIT_STRING, &concat(&[&[0], octets]))
}

/// A BIT STRING with named bits: DER drops trailing zero bits (X.690 §11.2.2).
pub(crate) fn named_bits(bits: &[u8]) -> Vec<u8> {
    let Some(last) = bits.iter().copied().max() else { return tlv(tag::BIT_STRING, &[0]) };
    let mut octets = vec![0u8; usize::from(last / 8) + 1];
    for bit in bits {
        if let Some(octet) = octets.get_mut(usize::from(bit / 8)) {
            *octet |= 0x80 >> (bit % 8);
        }
    }
    tlv(tag::BIT_STRING, &concat(&[&[7 - last % 8], &octets]))
}

/// The OBJECT IDENTIFIER written with dots. Parts that are no number count as 0.
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted.split('.').map(|arc| arc.parse::<u64>().unwrap_or(0));
    let first = arcs.next().unwrap_or(0);
    let second = arcs.next().unwrap_or(0);
    let mut contents = base128(first * 40 + second);
    for arc in arcs {
        contents.extend(base128(arc));
    }
    tlv(tag::OID, &contents)
}

fn base128(mut value: u64) -> Vec<u8> {
    let mut octets = vec![value.to_le_bytes()[0] & 0x7F];
    value >>= 7;
    while value > 0 {
        octets.push(0x80 | (value.to_le_bytes()[0] & 0x7F));
        value >>= 7;
    }
    octets.reverse();
    octets
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    tlv(tag::UTF8_STRING, text.as_bytes())
}

pub(crate) fn printable(text: &str) -> Vec<u8> {
    tlv(tag::PRINTABLE_STRING, text.as_bytes())
}

pub(crate) fn ia5(text: &str) -> Vec<u8> {
    tlv(tag::IA5_STRING, text.as_bytes())
}

/// UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). `seconds` since 1970 UTC.
pub(crate) fn time(seconds: i64) -> Vec<u8> {
    let (year, rest) = calendar(seconds);
    if (1950..2050).contains(&year) {
        tlv(tag::UTC_TIME, format!("{:02}{rest}Z", year % 100).as_bytes())
    } else {
        generalized_time(seconds)
    }
}

/// GeneralizedTime without fraction.
pub(crate) fn generalized_time(seconds: i64) -> Vec<u8> {
    let (year, rest) = calendar(seconds);
    tlv(tag::GENERALIZED_TIME, format!("{year:04}{rest}Z").as_bytes())
}

/// GeneralizedTime with a fraction, e.g. `"123"` for milliseconds.
pub(crate) fn generalized_time_with_fraction(seconds: i64, fraction: &str) -> Vec<u8> {
    let (year, rest) = calendar(seconds);
    tlv(tag::GENERALIZED_TIME, format!("{year:04}{rest}.{fraction}Z").as_bytes())
}

/// Year and `MMDDhhmmss` of a time in seconds since 1970 UTC (proleptic Gregorian calendar).
fn calendar(seconds: i64) -> (i64, String) {
    let days = seconds.div_euclid(86_400);
    let of_day = seconds.rem_euclid(86_400);
    // Years counted from March, so that the leap day comes last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    (year, format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}"))
}

/// RFC 3339 of a time in seconds since 1970 UTC.
pub(crate) fn rfc3339(seconds: i64) -> String {
    let (year, rest) = calendar(seconds);
    let pair = |index: usize| rest.get(index * 2..index * 2 + 2).unwrap_or("00");
    format!("{year:04}-{}-{}T{}:{}:{}Z", pair(0), pair(1), pair(2), pair(3), pair(4))
}

/// One element as read: definite lengths and low tag numbers only, which is all that requests need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) contents: &'a [u8],
    /// Header and contents.
    pub(crate) bytes: &'a [u8],
}

/// The first element and what follows it.
pub(crate) fn read(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, after_tag) = bytes.split_first()?;
    let (&first, mut rest) = after_tag.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let count = usize::from(first & 0x7F);
        if count == 0 || count > 4 {
            return None;
        }
        let (octets, after_length) = rest.split_at_checked(count)?;
        length = octets.iter().fold(0, |value, octet| value << 8 | usize::from(*octet));
        rest = after_length;
    }
    let (contents, rest) = rest.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some((Element { tag, contents, bytes: whole }, rest))
}

/// All elements inside `contents`; `None` if something is malformed.
pub(crate) fn children(mut contents: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut elements = Vec::new();
    while !contents.is_empty() {
        let (element, rest) = read(contents)?;
        elements.push(element);
        contents = rest;
    }
    Some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_one_two_and_three_octets() {
        for length in [0usize, 127, 128, 255, 256, 65_536] {
            let element = tlv(tag::OCTET_STRING, &vec![7; length]);
            let (read, rest) = read(&element).unwrap();
            assert_eq!((read.contents.len(), rest.len(), read.bytes.len()), (length, 0, element.len()));
        }
    }

    #[test]
    fn object_identifiers_of_the_reference() {
        assert_eq!(oid("1.0.17090.0.1"), [0x06, 6, 0x28, 0x81, 0x85, 0x42, 0x00, 0x01]);
        assert_eq!(oid("2.999.1"), [0x06, 3, 0x88, 0x37, 0x01]);
    }

    #[test]
    fn times_around_leap_days_and_2050() {
        assert_eq!(time(951_782_400), tlv(tag::UTC_TIME, b"000229000000Z"));
        assert_eq!(time(2_524_607_999), tlv(tag::UTC_TIME, b"491231235959Z"));
        assert_eq!(time(2_524_608_000), tlv(tag::GENERALIZED_TIME, b"20500101000000Z"));
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn named_bits_drop_trailing_zeroes() {
        assert_eq!(named_bits(&[1]), [0x03, 2, 6, 0x40]);
        assert_eq!(named_bits(&[5, 6]), [0x03, 2, 1, 0x06]);
    }
}

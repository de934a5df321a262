use crate::{Class, Error, MAXIMUM_DEPTH, Reader, Reason, Rules, Tlv, integer_is_minimal};

/// A place where an encoding is BER but not DER. Readable without doubt, so worth a remark only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Violation {
    /// Indefinite length (X.690 §10.1).
    IndefiniteLength,
    /// Length not in its shortest form (X.690 §10.1).
    LongLength,
    /// INTEGER or ENUMERATED not in its shortest form (X.690 §8.3.2).
    LongInteger,
    /// BOOLEAN other than 00 and FF (X.690 §11.1).
    BooleanOctet,
    /// String in pieces (X.690 §10.2).
    StringInPieces,
    /// Set bits among the unused ones of a BIT STRING (X.690 §11.2.1).
    UnusedBitsSet,
    /// SET OF members out of order (X.690 §11.6).
    SetOrder,
}

impl Violation {
    /// A short name for messages and data.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IndefiniteLength => "indefinite-length",
            Self::LongLength => "non-minimal-length",
            Self::LongInteger => "non-minimal-integer",
            Self::BooleanOctet => "boolean-not-ff",
            Self::StringInPieces => "string-in-pieces",
            Self::UnusedBitsSet => "unused-bits-set",
            Self::SetOrder => "set-order",
        }
    }
}

/// More departures than this tell nothing new, and a hostile file may have millions.
const MOST: usize = 256;

/// Places in `bytes` that BER allows and DER doesn't, with their offsets, in order of appearance; the first
/// 256 of them. Implicitly tagged values can't be told apart here, so only their lengths are looked at.
///
/// # Errors
/// When the bytes aren't BER either, or nest too deep.
pub fn der_violations(bytes: &[u8]) -> Result<Vec<(usize, Violation)>, Error> {
    let mut found = Vec::new();
    let mut open = vec![Reader::new(bytes, Rules::Ber)];
    while let Some(reader) = open.last_mut() {
        let Some(element) = reader.next()? else {
            open.pop();
            continue;
        };
        examine(&element, &mut found)?;
        if found.len() >= MOST {
            break;
        }
        if element.tag.constructed {
            if open.len() >= usize::try_from(MAXIMUM_DEPTH).unwrap_or(usize::MAX) {
                return Err(Error::new(element.offset(), Reason::TooDeep(MAXIMUM_DEPTH)));
            }
            open.push(element.reader()?);
        }
    }
    Ok(found)
}

fn examine(element: &Tlv<'_>, found: &mut Vec<(usize, Violation)>) -> Result<(), Error> {
    let mut note = |violation| found.push((element.offset(), violation));
    if element.indefinite {
        note(Violation::IndefiniteLength);
    }
    if element.long_length {
        note(Violation::LongLength);
    }
    if element.tag.class != Class::Universal {
        return Ok(());
    }
    if element.tag.constructed && element.tag.may_be_in_pieces() {
        note(Violation::StringInPieces);
    }
    match (element.tag.number, element.tag.constructed) {
        (1, false) if !matches!(element.contents, [0 | 0xff]) => note(Violation::BooleanOctet),
        (2 | 10, false) if !integer_is_minimal(element.contents) => note(Violation::LongInteger),
        (3, false) if unused_bits_set(element.contents) => note(Violation::UnusedBitsSet),
        (17, true) if !set_is_sorted(element)? => note(Violation::SetOrder),
        _ => {}
    }
    Ok(())
}

fn unused_bits_set(contents: &[u8]) -> bool {
    match contents {
        [unused @ 1..=7, .., last] => last & !(0xff << unused) != 0,
        _ => false,
    }
}

fn set_is_sorted(set: &Tlv<'_>) -> Result<bool, Error> {
    let mut members = set.reader()?;
    let mut before: &[u8] = &[];
    while let Some(member) = members.next()? {
        if member.bytes < before {
            return Ok(false);
        }
        before = member.bytes;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_departure_from_der_is_named_with_its_place() {
        let odd = [
            0x30, 0x80, 0x02, 0x02, 0, 5, 0x01, 0x01, 1, 0x04, 0x81, 0x01, 9, 0x24, 0x02, 0x04, 0, 0x03,
            0x02, 4, 0x0f, 0x31, 0x06, 0x02, 0x01, 2, 0x02, 0x01, 1, 0, 0,
        ];
        assert_eq!(
            der_violations(&odd).unwrap(),
            [
                (0, Violation::IndefiniteLength),
                (2, Violation::LongInteger),
                (6, Violation::BooleanOctet),
                (9, Violation::LongLength),
                (13, Violation::StringInPieces),
                (17, Violation::UnusedBitsSet),
                (21, Violation::SetOrder),
            ]
        );
        assert_eq!(der_violations(&[0x04, 0x81, 0x00].repeat(10_000)).unwrap().len(), MOST);
        assert_eq!(der_violations(&[0x30, 0x03, 0x02, 0x01, 5]).unwrap(), []);
    }
}

use std::fmt::Write as _;

use crate::{Error, Tag, Tlv};

/// Contents of an OBJECT IDENTIFIER as dotted decimal. Arcs go up to 128 bits (UUIDs under 2.25).
///
/// # Errors
/// When the contents are empty, cut short, padded (X.690 §8.19.2) or hold a larger arc.
pub fn oid_to_string(contents: &[u8]) -> Result<String, Error> {
    let mut text = String::with_capacity(contents.len().saturating_mul(3));
    numbers(contents, |mut arc| {
        if text.is_empty() {
            // The first two arcs share one number: 40 * first + second, first at most 2 (X.690 §8.19.4).
            let first = (arc / 40).min(2);
            arc = arc.saturating_sub(first.saturating_mul(40));
            push_decimal(&mut text, first);
        }
        text.push('.');
        push_decimal(&mut text, arc);
    })?;
    Ok(text)
}

/// Gives each number of the contents to `each`; the first holds two arcs.
fn numbers(contents: &[u8], mut each: impl FnMut(u128)) -> Result<(), Error> {
    let mut arc: u128 = 0;
    let mut fresh = true;
    for (offset, octet) in contents.iter().enumerate() {
        if fresh && *octet == 0x80 {
            return Err(Error::bad_value(offset, "padded object identifier"));
        }
        if arc > u128::MAX >> 7 {
            return Err(Error::bad_value(offset, "object identifier arc too large"));
        }
        arc = arc << 7 | u128::from(octet & 0x7f);
        fresh = octet & 0x80 == 0;
        if fresh {
            each(arc);
            arc = 0;
        }
    }
    if !fresh || contents.is_empty() {
        return Err(Error::bad_value(0, "object identifier cut short"));
    }
    Ok(())
}

/// Nearly all arcs are short, and each certificate has some fifty: the formatter of 128 bits is slow for these.
fn push_decimal(text: &mut String, number: u128) {
    match u64::try_from(number) {
        Ok(short) => push_short(text, short),
        Err(_) => {
            let _ = write!(text, "{number}");
        }
    }
}

fn push_short(text: &mut String, number: u64) {
    if number >= 10 {
        push_short(text, number / 10);
    }
    text.push(u8::try_from(number % 10).map_or('0', |digit| char::from(b'0' + digit)));
}

/// Dotted decimal of an OBJECT IDENTIFIER element.
///
/// # Errors
/// When it is another type or malformed.
pub fn oid(tlv: &Tlv<'_>) -> Result<String, Error> {
    oid_to_string(oid_octets(tlv)?).map_err(|error| error.shifted(tlv.contents_offset()))
}

/// Whether [`oid`] reads an element, nothing made of it.
///
/// # Errors
/// As [`oid`].
pub fn check_oid(tlv: &Tlv<'_>) -> Result<(), Error> {
    numbers(oid_octets(tlv)?, |_| ()).map_err(|error| error.shifted(tlv.contents_offset()))
}

fn oid_octets<'a>(tlv: &Tlv<'a>) -> Result<&'a [u8], Error> {
    if tlv.tag != Tag::OID && tlv.tag.class == crate::Class::Universal {
        return Err(tlv.bad("not an OBJECT IDENTIFIER"));
    }
    Ok(tlv.contents)
}

/// Contents octets for a dotted object identifier.
///
/// # Errors
/// When the text isn't one: fewer than two arcs, not decimal, first arc above 2, second above 39 under 0 or 1.
pub fn oid_contents(dotted: &str) -> Result<Vec<u8>, Error> {
    const MALFORMED: Error = Error::bad_value(0, "malformed object identifier");
    let parse = |arc: &str| {
        let is_decimal = !arc.is_empty() && arc.bytes().all(|octet| octet.is_ascii_digit());
        if is_decimal { arc.parse::<u128>().map_err(|_| MALFORMED) } else { Err(MALFORMED) }
    };
    let mut arcs = dotted.split('.');
    let first = parse(arcs.next().unwrap_or_default())?;
    let second = parse(arcs.next().unwrap_or_default())?;
    if first > 2 || (first < 2 && second > 39) {
        return Err(MALFORMED);
    }
    let mut contents = Vec::with_capacity(dotted.len());
    push_arc(second.checked_add(first.saturating_mul(40)).ok_or(MALFORMED)?, &mut contents);
    for arc in arcs {
        push_arc(parse(arc)?, &mut contents);
    }
    Ok(contents)
}

fn push_arc(arc: u128, out: &mut Vec<u8>) {
    let groups = (128_u32.saturating_sub(arc.leading_zeros())).div_ceil(7).max(1);
    for group in (0..groups).rev() {
        let septet = u8::try_from(arc >> group.saturating_mul(7) & 0x7f).unwrap_or(0);
        out.push(if group == 0 { septet } else { septet | 0x80 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_arcs_are_told_apart() {
        for (dotted, contents) in [
            ("1.0.17090", &[0x28, 0x81, 0x85, 0x42][..]),
            ("1.0.17090.0.1", &[0x28, 0x81, 0x85, 0x42, 0x00, 0x01]),
            ("0.4.0.1862", &[0x04, 0x00, 0x8e, 0x46]),
            ("1.2.392.100495.1.6.1.1", &[0x2a, 0x83, 0x08, 0x86, 0x91, 0x0f, 0x01, 0x06, 0x01, 0x01]),
            ("2.5.29.15", &[0x55, 0x1d, 0x0f]),
            ("2.999.3", &[0x88, 0x37, 0x03]),
            ("2.39", &[0x77]),
            // Around the largest arc that 64 bits hold.
            (
                "2.25.18446744073709551615",
                &[0x69, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            ),
            (
                "2.25.18446744073709551616",
                &[0x69, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            ),
        ] {
            assert_eq!(oid_to_string(contents).unwrap(), dotted);
            assert_eq!(oid_contents(dotted).unwrap(), contents);
        }
    }

    #[test]
    fn uuid_arcs_fit() {
        let dotted = "2.25.340282366920938463463374607431768211455";
        let contents = oid_contents(dotted).unwrap();
        assert_eq!(oid_to_string(&contents).unwrap(), dotted);
    }

    #[test]
    fn malformed_identifiers_are_refused() {
        for contents in [&[][..], &[0x81], &[0x2a, 0x80, 0x01], &[0xff; 30]] {
            assert!(oid_to_string(contents).is_err(), "{contents:x?}");
        }
        for dotted in
            ["", "1", "1.40", "3.1", "1..2", "1.+2", "1.2 ", "2.340282366920938463463374607431768211455"]
        {
            assert!(oid_contents(dotted).is_err(), "{dotted}");
        }
    }
}

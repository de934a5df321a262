use crate::{Error, Tlv};

/// The contents of an INTEGER or ENUMERATED as a number.
///
/// # Errors
/// When it is empty, negative or larger than `u64`. Leading zero octets are tolerated.
pub fn integer_u64(contents: &[u8]) -> Result<u64, Error> {
    if contents.first().is_some_and(|first| first & 0x80 != 0) {
        return Err(Error::bad_value(0, "negative number"));
    }
    let digits = unsigned_bytes(contents)?;
    if digits.len() > 8 {
        return Err(Error::bad_value(0, "number too large"));
    }
    Ok(digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit)))
}

/// The contents of an INTEGER as a signed number.
///
/// # Errors
/// When it is empty or doesn't fit.
pub fn integer_i64(contents: &[u8]) -> Result<i64, Error> {
    let first = *contents.first().ok_or(Error::bad_value(0, "empty INTEGER"))?;
    let fill = if first & 0x80 != 0 { 0xff } else { 0 };
    let digits = contents.iter().position(|octet| *octet != fill).and_then(|at| contents.get(at..));
    let digits = digits.unwrap_or_default();
    let sign_fits = digits.len() < 8 || digits.first().is_some_and(|first| first & 0x80 == fill & 0x80);
    if digits.len() > 8 || !sign_fits {
        return Err(Error::bad_value(0, "number too large"));
    }
    let start: i64 = if fill == 0 { 0 } else { -1 };
    Ok(digits.iter().fold(start, |number, digit| number << 8 | i64::from(*digit)))
}

/// The contents of a non-negative INTEGER without leading zero octets; zero is empty.
///
/// # Errors
/// When there are no contents at all.
pub fn unsigned_bytes(contents: &[u8]) -> Result<&[u8], Error> {
    if contents.is_empty() {
        return Err(Error::bad_value(0, "empty INTEGER"));
    }
    let start = contents.iter().position(|octet| *octet != 0).unwrap_or(contents.len());
    Ok(contents.get(start..).unwrap_or_default())
}

/// Whether an INTEGER's contents are in their shortest form (X.690 §8.3.2).
#[must_use]
pub fn integer_is_minimal(contents: &[u8]) -> bool {
    match contents {
        [] => false,
        [0, second, ..] => second & 0x80 != 0,
        [0xff, second, ..] => second & 0x80 == 0,
        _ => true,
    }
}

/// A BOOLEAN. DER writes FF for true; any other octet but 00 is true as well (X.690 §8.2.2).
///
/// # Errors
/// When it isn't one octet.
pub fn boolean(tlv: &Tlv<'_>) -> Result<bool, Error> {
    match tlv.contents {
        [octet] => Ok(*octet != 0),
        _ => Err(tlv.bad("a BOOLEAN has one octet")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_sign() {
        assert_eq!(integer_u64(&[0]).unwrap(), 0);
        assert_eq!(integer_u64(&[0, 0x80]).unwrap(), 128);
        assert_eq!(integer_u64(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).unwrap(), u64::MAX);
        assert!(integer_u64(&[0x80]).is_err());
        assert!(integer_u64(&[]).is_err());
        assert!(integer_u64(&[1, 0, 0, 0, 0, 0, 0, 0, 0]).is_err());
        assert_eq!(integer_i64(&[0xff]).unwrap(), -1);
        assert_eq!(integer_i64(&[0xff, 0x7f]).unwrap(), -129);
        assert_eq!(integer_i64(&[0x80, 0, 0, 0, 0, 0, 0, 0]).unwrap(), i64::MIN);
        assert!(integer_i64(&[0, 0x80, 0, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(integer_i64(&[0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }

    #[test]
    fn x690_8_3_2_shortest_form() {
        for minimal in [&[0][..], &[0x7f], &[0, 0x80], &[0xff], &[0xff, 0x7f]] {
            assert!(integer_is_minimal(minimal), "{minimal:x?}");
        }
        for long in [&[][..], &[0, 0], &[0, 0x7f], &[0xff, 0x80]] {
            assert!(!integer_is_minimal(long), "{long:x?}");
        }
    }
}

use crate::{Class, Error, Tag, Tlv};

/// Whether the tag is one of the character string types [`string()`] reads.
#[must_use]
pub fn is_string(tag: Tag) -> bool {
    tag.class == Class::Universal && matches!(tag.number, 12 | 18..=20 | 22 | 26..=28 | 30)
}

/// Text of a character string: every choice of DirectoryString (RFC 5280 §4.1.2.4), IA5String,
/// NumericString, VisibleString and GeneralString. PrintableString and its like may hold any ASCII, since
/// issuers put `@` and `*` there; T61String is read as Latin-1, which is what issuers write into it.
///
/// # Errors
/// When the element is no string, or its octets don't fit the type.
pub fn string(tlv: &Tlv<'_>) -> Result<String, Error> {
    if !is_string(tlv.tag) {
        return Err(tlv.bad("not a character string"));
    }
    if !tlv.tag.constructed {
        return string_contents(tlv.tag, tlv.contents).map_err(|error| error.shifted(tlv.contents_offset()));
    }
    let joined = crate::normalise_to_der(tlv.bytes).map_err(|error| error.shifted(tlv.offset()))?;
    let whole = crate::Reader::at(&joined, tlv.offset(), crate::Rules::Der).any()?;
    string_contents(tlv.tag, whole.contents).map_err(|error| error.shifted(tlv.contents_offset()))
}

/// Text of the contents octets of a string type; for implicit tags.
///
/// # Errors
/// When the octets don't fit the type.
pub fn string_contents(tag: Tag, contents: &[u8]) -> Result<String, Error> {
    match tag.number {
        12 => String::from_utf8(contents.to_vec())
            .map_err(|error| Error::bad_value(error.utf8_error().valid_up_to(), "not UTF-8")),
        18 | 19 | 22 | 26 => ascii(contents),
        20 | 27 => Ok(contents.iter().map(|octet| char::from(*octet)).collect()),
        28 => wide(contents, 4),
        30 => wide(contents, 2),
        _ => Err(Error::bad_value(0, "not a character string")),
    }
}

fn ascii(contents: &[u8]) -> Result<String, Error> {
    if let Some(at) = contents.iter().position(|octet| !octet.is_ascii()) {
        return Err(Error::bad_value(at, "not ASCII"));
    }
    Ok(contents.iter().map(|octet| char::from(*octet)).collect())
}

/// BMPString (two octets a character) and UniversalString (four). Surrogates are no characters of either.
fn wide(contents: &[u8], width: usize) -> Result<String, Error> {
    if !contents.len().is_multiple_of(width) {
        return Err(Error::bad_value(contents.len(), "half a character"));
    }
    contents
        .chunks_exact(width)
        .map(|octets| octets.iter().fold(0, |point: u32, octet| point << 8 | u32::from(*octet)))
        .map(|point| char::from_u32(point).ok_or(Error::bad_value(0, "not a character")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rules, encode};

    fn read(tag: u8, contents: &[u8]) -> Result<String, Error> {
        string(&crate::Reader::new(&encode::tlv(tag, contents), Rules::Der).any().unwrap())
    }

    #[test]
    fn rfc5280_4_1_2_4_every_directory_string_choice() {
        assert_eq!(read(0x0c, "医師".as_bytes()).unwrap(), "医師");
        assert_eq!(read(0x13, b"Medical Doctor").unwrap(), "Medical Doctor");
        assert_eq!(read(0x14, &[b'M', 0xfc]).unwrap(), "Mü");
        assert_eq!(read(0x1e, &[0x53, 0x3b, 0x5e, 0x2b]).unwrap(), "医師");
        assert_eq!(read(0x1c, &[0, 0, 0x53, 0x3b, 0, 1, 0xf4, 0x00]).unwrap(), "医\u{1f400}");
        assert_eq!(read(0x16, b"a@b").unwrap(), "a@b");
        assert_eq!(read(0x12, b"123").unwrap(), "123");
    }

    #[test]
    fn octets_that_are_no_text_are_errors() {
        assert!(read(0x0c, &[0xff]).is_err());
        assert!(read(0x13, &[0x80]).is_err());
        assert!(read(0x1e, &[0x53]).is_err());
        assert!(read(0x1e, &[0xd8, 0x00]).is_err());
        assert!(read(0x1c, &[0, 0x11, 0, 0]).is_err());
        assert!(read(0x04, b"x").is_err());
    }
}

use std::io;

use hsign_core::{Source, read_range};
use memchr::memmem;

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputFormat {
    /// A PDF file: `%PDF-` within the first 1,024 bytes, where readers look for it.
    Pdf,
    /// A bare time-stamp token or response: a small DER or BER structure.
    Timestamp,
    /// A CMS signature, detached or around its content.
    Cms,
    /// XML, signed or not.
    Xml,
    /// A container by its mimetype or its signatures (EN 319 162-1).
    Asic,
    /// Anything else.
    Other,
}

const HEADER_WINDOW: u64 = 1024;
/// Tokens have a few kilobytes; the largest certificate chains some ten more.
const MAX_TOKEN_BYTES: u64 = 1024 * 1024;

/// Tells the format from the content, never from the name.
///
/// # Errors
/// When the source can't be read.
pub fn input_format(source: &dyn Source) -> io::Result<InputFormat> {
    let head = read_range(source, 0, source.length().min(HEADER_WINDOW))?;
    // A CMS around a PDF file has the PDF's header near its start too.
    if head.first() == Some(&0x30) && is_signed_data(&head) {
        let token = source.length() <= MAX_TOKEN_BYTES && is_timestamp(source)?;
        return Ok(if token { InputFormat::Timestamp } else { InputFormat::Cms });
    }
    // So has a container that begins with a PDF file, uncompressed.
    if head.starts_with(b"PK\x03\x04") && hsign_asic::is_container(source) {
        return Ok(InputFormat::Asic);
    }
    if memmem::find(&head, b"%PDF-").is_some() {
        return Ok(InputFormat::Pdf);
    }
    if looks_like_xml(&head) {
        return Ok(InputFormat::Xml);
    }
    if hsign_asic::is_container(source) {
        return Ok(InputFormat::Asic);
    }
    if head.first() == Some(&0x30) && source.length() <= MAX_TOKEN_BYTES && is_timestamp(source)? {
        return Ok(InputFormat::Timestamp);
    }
    Ok(InputFormat::Other)
}

/// The first character behind white space is an angle bracket, in any encoding that XML has here. Whether the rest is
/// XML the reader says.
fn looks_like_xml(head: &[u8]) -> bool {
    let marked =
        [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"].into_iter().find_map(|mark| head.strip_prefix(mark));
    let text = marked.unwrap_or(head);
    // UTF-16 has a zero octet beside each of these characters.
    let first = text.iter().find(|octet| !matches!(octet, 0 | b' ' | b'\t' | b'\r' | b'\n'));
    first == Some(&b'<')
}

fn is_timestamp(source: &dyn Source) -> io::Result<bool> {
    let bytes = hsign_core::read_all(source)?;
    Ok(hsign_tsp::Token::parse(&bytes).is_ok())
}

/// ContentInfo (RFC 5652 §3) names its type first: id-signedData follows at once on the header of the sequence, which
/// takes at most ten octets, in BER of indefinite length too.
fn is_signed_data(head: &[u8]) -> bool {
    const ID_SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    const LONGEST_HEADER: usize = 10;
    head.windows(ID_SIGNED_DATA.len()).take(LONGEST_HEADER + 1).any(|window| window == ID_SIGNED_DATA)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format_of(bytes: &[u8]) -> InputFormat {
        input_format(&bytes.to_vec()).unwrap()
    }

    #[test]
    fn the_content_decides_and_what_stands_around_it_goes_first() {
        const HEADER: &[u8] = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80";
        assert_eq!(format_of(b"%PDF-1.7"), InputFormat::Pdf);
        assert_eq!(format_of(b"junk before it %PDF-1.7"), InputFormat::Pdf);
        assert_eq!(format_of(&[HEADER, b"...%PDF-1.7"].concat()), InputFormat::Cms);
        assert_eq!(format_of(b"\x30\x03\x02\x01\x05"), InputFormat::Other);
        assert_eq!(format_of(b""), InputFormat::Other);
    }

    #[test]
    fn xml_is_told_in_the_encodings_that_it_comes_in() {
        assert_eq!(format_of(b"<?xml version='1.0'?><a/>"), InputFormat::Xml);
        assert_eq!(format_of("\u{feff}\r\n <a/>".as_bytes()), InputFormat::Xml);
        let wide =
            |order: fn(u16) -> [u8; 2]| "\u{feff}<a/>".encode_utf16().flat_map(order).collect::<Vec<_>>();
        assert_eq!(format_of(&wide(u16::to_le_bytes)), InputFormat::Xml);
        assert_eq!(format_of(&wide(u16::to_be_bytes)), InputFormat::Xml);
        assert_eq!(format_of(b"a < b"), InputFormat::Other);
    }
}

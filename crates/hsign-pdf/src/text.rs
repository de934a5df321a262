//! Text strings (ISO 32000-2, 7.9.2.2): PDFDocEncoding, UTF-16BE or UTF-8.

/// 0x18 to 0x1F of PDFDocEncoding.
const ACCENTS: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
/// 0x80 to 0xA0 of PDFDocEncoding.
const SPECIALS: [char; 33] = [
    '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ',
    'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{FFFD}', '€',
];

/// The text; what can't be decoded becomes U+FFFD.
#[must_use]
pub fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|byte| pdf_doc(*byte)).collect(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16_lossy(&units)
}

fn pdf_doc(byte: u8) -> char {
    let from = |table: &[char], first: u8| table.get(usize::from(byte - first)).copied();
    match byte {
        0x18..=0x1F => from(&ACCENTS, 0x18),
        0x80..=0xA0 => from(&SPECIALS, 0x80),
        0x7F | 0xAD => None,
        _ => Some(char::from(byte)),
    }
    .unwrap_or('\u{FFFD}')
}

/// Printable ASCII as it is, anything else as UTF-16BE.
#[must_use]
pub fn encode(text: &str) -> Vec<u8> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')) {
        return text.as_bytes().to_vec();
    }
    [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_back() {
        for text in ["Approved", "調剤済み", "薬剤師 (1)", "𠮷野"] {
            assert_eq!(decode(&encode(text)), text);
        }
    }

    #[test]
    fn pdf_doc_encoding_is_read() {
        assert_eq!(decode(b"\x80 \x92 \xA0 \xE9 \x18"), "• ™ € é ˘");
        assert_eq!(decode(b"\xEF\xBB\xBF\xE5\x87\xA6"), "処");
        assert_eq!(decode(b"\xFF\xFE\x66\x51"), "兦");
    }
}

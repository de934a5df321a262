//! Character classes of XML 1.0 (fifth edition).

/// S (production 3).
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Position of the first byte that is `special`. Most text has none for long, so that many bytes are looked at at a time.
#[inline]
pub(crate) fn find_byte(bytes: &[u8], special: impl Fn(u8) -> bool) -> Option<usize> {
    const CHUNK: usize = 32;
    let plain = |chunk: &&[u8]| !chunk.iter().fold(false, |any, byte| any | special(*byte));
    let start = bytes.chunks_exact(CHUNK).take_while(plain).count() * CHUNK;
    let rest = bytes.get(start..).unwrap_or_default();
    rest.iter().position(|byte| special(*byte)).map(|position| start + position)
}

/// Char (production 2).
pub(crate) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// NameStartChar (production 4) without the colon: NCNames of Namespaces in XML.
pub(crate) fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// NameChar (production 4a) without the colon.
pub(crate) fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Length in bytes of the NCName at the start of `text`; 0 when there is none.
pub(crate) fn nc_name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ascii = bytes.iter().take_while(|byte| is_ascii_name_char(**byte)).count();
    let next_is_ascii = bytes.get(ascii).is_none_or(u8::is_ascii);
    if ascii > 0 && next_is_ascii {
        return if bytes.first().is_some_and(|byte| is_name_start(char::from(*byte))) { ascii } else { 0 };
    }
    let mut length = 0;
    for c in text.chars() {
        let fits = if length == 0 { is_name_start(c) } else { is_name_char(c) };
        if !fits {
            break;
        }
        length += c.len_utf8();
    }
    length
}

fn is_ascii_name_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Position of the first character that XML doesn't allow at all.
pub(crate) fn first_forbidden(text: &str) -> Option<usize> {
    let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    // Without a way out of the chunk many bytes are looked at at a time.
    let has_control =
        text.as_bytes().chunks(4096).any(|chunk| chunk.iter().fold(false, |any, byte| any | control(byte)));
    // As strings they are looked for many bytes at a time; the last byte of either is frequent in Japanese text.
    if !has_control && !text.contains("\u{FFFE}") && !text.contains("\u{FFFF}") {
        return None;
    }
    text.char_indices().find(|(_, c)| !is_char(*c)).map(|(position, _)| position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_wherever_it_stands() {
        for length in 0..100 {
            let mut bytes = vec![b'a'; length];
            assert_eq!(find_byte(&bytes, |byte| byte == b'&'), None);
            for position in (0..length).rev() {
                bytes[position] = b'&';
                assert_eq!(find_byte(&bytes, |byte| byte == b'&'), Some(position));
            }
        }
    }

    #[test]
    fn xml_1_0_production_2_char() {
        assert_eq!(first_forbidden("a\u{1}"), Some(1));
        assert_eq!(first_forbidden("é\u{FFFE}"), Some(2));
        assert_eq!(first_forbidden("𠮷野家\u{FFFD}\t\r\n\u{7F}\u{85}"), None);
    }

    #[test]
    fn xml_1_0_production_5_name() {
        assert_eq!(nc_name_length("処方せん="), 12);
        assert_eq!(nc_name_length("a処-b>"), 6);
        assert_eq!(nc_name_length("ds:x"), 2);
        assert_eq!(nc_name_length("1a"), 0);
        assert_eq!(nc_name_length("-a"), 0);
        assert_eq!(nc_name_length("a1.b-c_ "), 7);
    }
}

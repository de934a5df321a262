//! From what stands in the text to what it means: references, CDATA sections, line ends.

use std::borrow::Cow;

use crate::Error;
use crate::characters::is_char;

const CDATA_START: &str = "<![CDATA[";

/// One `&...;` at the start of `text`: its character and its length in bytes.
pub(crate) fn reference(text: &str, position: usize) -> Result<(char, usize), Error> {
    let undefined = Error::at(position, "undefined entity or malformed reference");
    // The longest useful one is a character reference; leading zeros are allowed, but not without end.
    let end = text.bytes().take(64).position(|byte| byte == b';').ok_or_else(|| undefined.clone())?;
    let name = text.get(1..end).ok_or_else(|| undefined.clone())?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => numbered(name).ok_or(undefined)?,
    };
    Ok((character, end + 1))
}

fn numbered(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let (digits, radix) = match digits.strip_prefix('x') {
        Some(hexadecimal) => (hexadecimal, 16),
        None => (digits, 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    char::from_u32(u32::from_str_radix(digits, radix).ok()?).filter(|c| is_char(*c))
}

/// The value of a text node (XML 1.0 §2.11, §4.4) from a raw text that was checked when parsing.
pub(crate) fn of_text(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| matches!(byte, b'&' | b'\r' | b'<')) {
        return Cow::Borrowed(raw);
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(special) = rest.find(['&', '\r', '<']) {
        let (before, at) = rest.split_at(special);
        value.push_str(before);
        rest = match at.as_bytes().first() {
            Some(b'&') => push_reference(&mut value, at),
            Some(b'\r') => push_line_end(&mut value, at),
            _ => push_cdata(&mut value, at),
        };
    }
    value.push_str(rest);
    Cow::Owned(value)
}

/// The value of a CDATA attribute (XML 1.0 §3.3.3) from a raw text that was checked when parsing.
pub(crate) fn of_attribute(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| matches!(byte, b'&' | b'\r' | b'\n' | b'\t')) {
        return Cow::Borrowed(raw);
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(special) = rest.find(['&', '\r', '\n', '\t']) {
        let (before, at) = rest.split_at(special);
        value.push_str(before);
        if at.starts_with('&') {
            rest = push_reference(&mut value, at);
        } else {
            value.push(' ');
            rest = at.strip_prefix("\r\n").unwrap_or_else(|| at.get(1..).unwrap_or_default());
        }
    }
    value.push_str(rest);
    Cow::Owned(value)
}

/// Line ends as XML 1.0 §2.11 wants them, in places without references: comments and processing instructions.
pub(crate) fn of_literal(raw: &str) -> Cow<'_, str> {
    if raw.contains('\r') {
        Cow::Owned(raw.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(raw)
    }
}

fn push_reference<'t>(value: &mut String, at: &'t str) -> &'t str {
    let (character, length) = reference(at, 0).unwrap_or(('\u{FFFD}', 1));
    value.push(character);
    at.get(length..).unwrap_or_default()
}

fn push_line_end<'t>(value: &mut String, at: &'t str) -> &'t str {
    value.push('\n');
    at.strip_prefix("\r\n").unwrap_or_else(|| at.get(1..).unwrap_or_default())
}

fn push_cdata<'t>(value: &mut String, at: &'t str) -> &'t str {
    let content = at.strip_prefix(CDATA_START).unwrap_or_default();
    let (content, rest) = content.split_once("]]>").unwrap_or((content, ""));
    value.push_str(&of_literal(content));
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_1_0_2_11_line_ends_of_text() {
        assert_eq!(of_text("a\r\nb\rc\r&amp;\r&#10;&#13;\n"), "a\nb\nc\n&\n\n\r\n");
        assert_eq!(of_text("x<![CDATA[<&\r\n>]]>y<![CDATA[]]>"), "x<&\n>y");
    }

    #[test]
    fn xml_1_0_3_3_3_attribute_value_normalization() {
        assert_eq!(of_attribute("a\r\nb\rc\n\td&#9;&#xA;&#xD;&quot;"), "a b c  d\t\n\r\"");
    }

    #[test]
    fn xml_1_0_4_1_references() {
        assert_eq!(reference("&#x20BB7;", 0), Ok(('𠮷', 9)));
        for wrong in [
            "&#xD800;", "&#0;", "&#1;", "&#xFFFE;", "&x;", "&;", "&#;", "&#x;", "&#+1;", "&amp", "& ;",
            "&#X41;",
        ] {
            assert!(reference(wrong, 0).is_err(), "{wrong}");
        }
    }
}

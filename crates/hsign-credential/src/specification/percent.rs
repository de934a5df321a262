//! Percent encoding (RFC 3986 §2.1).

/// Decodes `%XX`; everything else stands for itself. `None` when a `%` isn't followed by two hexadecimal digits.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            decoded.push(hex(bytes.next()?)? << 4 | hex(bytes.next()?)?);
        } else {
            decoded.push(byte);
        }
    }
    Some(decoded)
}

/// As [`decode`], for values that are text.
pub(super) fn decode_text(text: &str) -> Option<String> {
    String::from_utf8(decode(text)?).ok()
}

/// Encodes every byte that isn't an ASCII character in `plain` or unreserved (RFC 3986 §2.3).
pub(super) fn encode(bytes: &[u8], plain: &str) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || plain.as_bytes().contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Encodes every byte.
pub(super) fn encode_all(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

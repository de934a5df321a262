//! Names of entries as URI references (RFC 3986), relative to the root of the container.

use std::fmt::Write as _;

/// The entry that a URI means. Percent signs that begin no escape stand for themselves, as some tools leave them; nothing
/// else is guessed, since two readings of one reference would be two files. `None` for a URI that leaves the container.
pub(crate) fn entry(uri: &str) -> Option<String> {
    let relative = !uri.is_empty() && !uri.starts_with(['/', '#', '?']) && !has_scheme(uri);
    let path = uri.split(['#', '?']).next().unwrap_or_default();
    let name = decode(if relative { path } else { return None })?;
    crate::zip::objection(&name).is_none().then_some(name)
}

fn has_scheme(uri: &str) -> bool {
    let scheme =
        uri.split(['/', '#', '?']).next().and_then(|first| first.split_once(':')).map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

fn decode(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let escaped = digits.and_then(|digits| {
            let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
            u8::from_str_radix(text, 16).ok()
        });
        match escaped {
            Some(escaped) => {
                decoded.push(escaped);
                at += 3;
            }
            None => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

/// The name as a URI reference: everything but unreserved characters and slashes escaped, so that no reader can take it
/// for something else.
pub(crate) fn of_entry(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3986_2_1_escapes_are_decoded_once() {
        assert_eq!(entry("with%20space.txt").as_deref(), Some("with space.txt"));
        assert_eq!(entry("with%2520space.txt").as_deref(), Some("with%20space.txt"));
        assert_eq!(entry("100%.txt").as_deref(), Some("100%.txt"));
        assert_eq!(entry("a+b.txt").as_deref(), Some("a+b.txt"));
        assert_eq!(entry("%E8%96%AC.pdf").as_deref(), Some("薬.pdf"));
    }

    #[test]
    fn uris_that_leave_the_container_mean_no_entry() {
        for uri in [
            "",
            "#id",
            "/etc/passwd",
            "file:///etc/passwd",
            "http://example.org/a",
            "..%2Fa",
            "a%2F..%2Fb",
            "%5Ca",
            "cid:x",
        ] {
            assert_eq!(entry(uri), None, "{uri}");
        }
    }

    #[test]
    fn every_name_comes_back_from_its_uri() {
        for name in ["a.txt", "処方箋 1.pdf", "a+b%20c.txt", "x/y#z?.bin", "C:no"] {
            if crate::zip::objection(name).is_none() {
                assert_eq!(entry(&of_entry(name)).as_deref(), Some(name));
            }
        }
    }
}

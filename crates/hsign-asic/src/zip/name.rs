//! Names of entries: one file each on every system, and inside the folder that one unpacks into.

use std::collections::HashMap;

use hsign_core::Finding;
use unicode_normalization::UnicodeNormalization as _;

use super::entry::Entry;

/// The upper half of code page 437, in which names without UTF-8 are written (APPNOTE D.1).
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// UTF-8 where it is, whatever the flag says: many tools forget it.
pub(super) fn decode(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => name.iter().map(|byte| of_code_page(*byte)).collect(),
    }
}

fn of_code_page(byte: u8) -> char {
    match byte.checked_sub(0x80) {
        None => char::from(byte),
        Some(upper) => CODE_PAGE_437.chars().nth(usize::from(upper)).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// Why a name must not be unpacked, if so.
#[must_use]
pub(crate) fn objection(name: &str) -> Option<&'static str> {
    let path = name.strip_suffix('/').unwrap_or(name);
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.is_empty() {
        Some("empty")
    } else if path.starts_with('/') || drive {
        Some("absolute")
    } else if path.contains('\\') {
        Some("backslash")
    } else if path.chars().any(char::is_control) {
        Some("control character")
    } else if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        Some("traversal")
    } else {
        None
    }
}

/// Marks what can't be told apart or must not be unpacked; returns the entries by name.
pub(super) fn check(entries: &mut [Entry], findings: &mut Vec<Finding>) -> HashMap<String, usize> {
    let mut exact: HashMap<String, usize> = HashMap::new();
    let mut folded: HashMap<String, usize> = HashMap::new();
    let mut ambiguous = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let filled_folder = (entry.name.ends_with('/') && entry.size > 0).then_some("folder with contents");
        if let Some(reason) = objection(&entry.name).or(filled_folder) {
            findings
                .push(Finding::error("zip-name-unsafe").with("entry", &entry.name).with("reason", reason));
        }
        if let Some(first) = exact.insert(entry.name.clone(), index) {
            findings.push(Finding::error("zip-entry-duplicate").with("entry", &entry.name));
            ambiguous.extend([first, index]);
        } else if let Some(first) = folded.insert(fold(&entry.name), index) {
            let other = entries.get(first).map_or("", |first| first.name.as_str());
            let finding = Finding::error("zip-entry-twin").with("entry", &entry.name);
            findings.push(finding.with("other", other));
        }
    }
    for index in ambiguous {
        if let Some(entry) = entries.get_mut(index) {
            entry.is_sound = false;
        }
    }
    exact
}

/// What file systems that ignore case or normalise names make of it.
fn fold(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).nfc().collect::<String>().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_objected_to() {
        for name in ["../a", "a/../b", "/a", "C:a", "a\\b", "a\0", "", "/", ".", "a//b", "./a"] {
            assert!(objection(name).is_some(), "{name:?}");
        }
        for name in ["a", "a/b", "a/", "..a", "a..b/c", "処方箋.pdf", "with space & +%20.txt"] {
            assert_eq!(objection(name), None, "{name:?}");
        }
    }

    #[test]
    fn names_of_other_file_systems_fold_together() {
        assert_eq!(fold("が.txt"), fold("か\u{3099}.TXT"));
        assert_ne!(fold("a.txt"), fold("b.txt"));
    }

    #[test]
    fn appnote_d_1_names_outside_utf8_are_code_page_437() {
        assert_eq!(CODE_PAGE_437.chars().count(), 128);
        assert_eq!(decode(&[b'a', 0x82, 0xff]), "aé\u{a0}");
        assert_eq!(decode("薬".as_bytes()), "薬");
    }
}

//! The signed scan, seen otherwise.

use super::cases::stream;
use super::update::Update;

/// What is drawn on the page of [`scanned_prescription`](crate::documents::scanned_prescription).
const CONTENT: u32 = 4;

/// The signed scan with a later revision that lays a black bar over a part of its page. All signed bytes stay.
#[must_use]
pub fn covered_scan(signed: &[u8]) -> Vec<u8> {
    let bar = stream("", "q 595 0 0 842 0 0 cm /Scan Do Q 0 g 60 500 400 24 re f");
    Update::of(signed).trailer(&identity(signed)).objects(&[(CONTENT, bar)])
}

/// The `/ID [ ... ]` of the newest trailer, or nothing.
fn identity(document: &[u8]) -> String {
    let Some(start) = document.windows(3).rposition(|window| window == b"/ID") else { return String::new() };
    let rest = document.get(start..).unwrap_or_default();
    let length = rest.iter().position(|byte| *byte == b']').map_or(0, |end| end + 1);
    String::from_utf8_lossy(rest.get(..length).unwrap_or_default()).into_owned()
}

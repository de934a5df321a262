//! Files whose structure leads different readers to different documents.

use super::cases::{Case, DOSE, OTHER_DOSE, letter, stream};
use super::update::Update;

/// Bytes in front of the header of [`letter_behind_junk`] and [`two_faced_letter`].
pub const JUNK: usize = 1000;
/// Length of the second face's cross-reference section.
const SECTION: usize = 1000;
/// What makes [`two_faced_letter`] two-faced, where it stands asleep.
const ASLEEP: &[u8] = b"xreg\n0";
const AWAKE: &[u8] = b"xref\n0";

/// The letter behind 1,000 bytes that are no PDF; its positions count from the header.
#[must_use]
pub fn letter_behind_junk() -> Vec<u8> {
    [junk(), letter()].concat()
}

fn junk() -> Vec<u8> {
    let mut junk = b"From: hospital@example.test\r\n".repeat(JUNK / 28 + 1);
    junk.truncate(JUNK - 1);
    junk.push(b'\n');
    junk
}

/// The letter behind 1,000 bytes, with a second cross-reference section where a reader that counts positions from the
/// first byte finds it: to that reader the dose is another. Asleep until [`wake`] is called.
#[must_use]
pub fn two_faced_letter() -> Vec<u8> {
    let letter = letter();
    let table = last(&letter, b"xref\n0 ");
    let (body, section) = letter.split_at(table);
    let hidden = body.windows(7).position(|window| window == b"4 0 obj").unwrap_or(0) + JUNK;
    let lines = String::from_utf8_lossy(section).into_owned();
    let mut face = String::new();
    for (number, line) in lines.lines().skip(2).take_while(|line| !line.starts_with("trailer")).enumerate() {
        let offset: usize = line.get(..10).and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let offset = if number == 4 { hidden } else { offset + JUNK };
        let entry =
            if number == 0 { "0000000000 65535 f \n".into() } else { format!("{offset:010} 00000 n \n") };
        face.push_str(&entry);
    }
    let objects = face.len() / 20;
    let mut second =
        [ASLEEP, format!(" {objects}\n{face}trailer\n<</Size {objects}/Root 1 0 R>>").as_bytes()].concat();
    second.resize(SECTION - 1, b' ');
    second.push(b'\n');
    // Counted from the first byte this position is where the second face stands, from the header the true section.
    let first = lines.replace(&format!("startxref\n{table}"), &format!("startxref\n{}", table + SECTION));
    [&junk(), body, &second, first.as_bytes()].concat()
}

/// Gives the letter its second face.
#[must_use]
pub fn wake(document: &[u8]) -> Vec<u8> {
    let mut awake = document.to_vec();
    let at = document.windows(ASLEEP.len()).position(|window| window == ASLEEP);
    if let Some(bytes) = at.and_then(|at| awake.get_mut(at..at + AWAKE.len())) {
        bytes.copy_from_slice(AWAKE);
    }
    awake
}

/// An update that declares an object of the document to stand among the digits of the last /Contents, which no
/// signature covers.
#[must_use]
pub fn entry_into_contents(signed: &[u8]) -> Vec<u8> {
    let contents = last(signed, b"/Contents");
    let open = signed.get(contents..).and_then(|rest| rest.iter().position(|byte| *byte == b'<'));
    let close = signed.get(contents..).and_then(|rest| rest.iter().position(|byte| *byte == b'>'));
    let (Some(open), Some(close)) = (open, close) else { return signed.to_vec() };
    let object = b" 4 0 obj (50 mg) endobj 0";
    let at = contents + close - object.len();
    let mut bytes = signed.to_vec();
    if let Some(digits) = bytes.get_mut(at..at + object.len()).filter(|_| close - open > object.len()) {
        digits.copy_from_slice(object);
    }
    Update::of(&bytes).table(&format!("4 1\n{:010} 00000 n \n", at + 1))
}

/// Structures that show one content to one reader and another content to the next.
pub(super) fn duels(signed: &[u8]) -> Vec<Case> {
    let case = |name, verdict, kind, bytes| Case { name, bytes, verdict, kind };
    let other = [(4, stream("", OTHER_DOSE))];
    let again = [(4, stream("", DOSE))];
    let note = [(60, stream("", "nothing"))];
    vec![
        case(
            "hybrid duel: only the hidden section changes the dose",
            "suspicious",
            "page-content-changed",
            Update::of(signed).hybrid(&note, &other),
        ),
        case(
            "hybrid duel: the two sections contradict each other",
            "suspicious",
            "not-comparable",
            Update::of(signed).hybrid(&again, &other),
        ),
        case(
            "object stream duel: the same number in a stream and at a position",
            "suspicious",
            "not-comparable",
            Update::of(signed).hybrid_with_object_stream(&again, 4, "(50 mg)"),
        ),
    ]
}

fn last(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).rposition(|window| window == needle).unwrap_or(0)
}

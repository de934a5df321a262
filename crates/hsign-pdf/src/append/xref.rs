use std::collections::BTreeMap;

use super::serialise;
use crate::object::{Dictionary, Object, ObjectId};
use crate::xref::Entry;

/// Runs of consecutive numbers.
fn subsections(entries: &BTreeMap<u32, Entry>) -> Vec<(u32, Vec<Entry>)> {
    let mut runs: Vec<(u32, Vec<Entry>)> = Vec::new();
    for (number, entry) in entries {
        match runs.last_mut() {
            Some((first, run)) if u64::from(*first) + run.len() as u64 == u64::from(*number) => {
                run.push(*entry)
            }
            _ => runs.push((*number, vec![*entry])),
        }
    }
    runs
}

/// ISO 32000-2, 7.5.4: entries of exactly twenty bytes, then the trailer.
pub(crate) fn table(entries: &BTreeMap<u32, Entry>, trailer: &Dictionary, out: &mut Vec<u8>) {
    out.extend(b"xref\n");
    for (first, run) in subsections(entries) {
        out.extend(format!("{first} {}\n", run.len()).bytes());
        for entry in run {
            let line = match entry {
                Entry::At { offset, generation } => format!("{offset:010} {generation:05} n\r\n"),
                // Generation 65535: the number is never to be used again.
                Entry::Free | Entry::Within { .. } => "0000000000 65535 f\r\n".to_owned(),
            };
            out.extend(line.bytes());
        }
    }
    out.extend(b"trailer\n");
    serialise::dictionary(trailer, out);
    out.push(b'\n');
}

/// ISO 32000-2, 7.5.8: the section as a stream, uncompressed, since it is a few rows long.
pub(crate) fn stream(id: ObjectId, entries: &BTreeMap<u32, Entry>, trailer: Dictionary, out: &mut Vec<u8>) {
    let last =
        entries.values().map(|entry| if let Entry::At { offset, .. } = entry { *offset } else { 0 }).max();
    let width = (8 - last.unwrap_or(0).leading_zeros() as usize / 8).max(1);
    let mut rows = Vec::new();
    let mut index = Vec::new();
    for (first, run) in subsections(entries) {
        index.push(Object::Integer(i64::from(first)));
        index.push(Object::Integer(i64::try_from(run.len()).unwrap_or(i64::MAX)));
        for entry in run {
            let (kind, offset, generation) = match entry {
                Entry::At { offset, generation } => (1, offset, generation),
                Entry::Free | Entry::Within { .. } => (0, 0, u16::MAX),
            };
            rows.push(kind);
            rows.extend(offset.to_be_bytes().iter().skip(8 - width));
            rows.extend(generation.to_be_bytes());
        }
    }
    let integer = |value: usize| Object::Integer(i64::try_from(value).unwrap_or(i64::MAX));
    let mut dictionary = trailer;
    dictionary.set("Type", Object::name("XRef"));
    dictionary.set("W", Object::Array(vec![integer(1), integer(width), integer(2)]));
    dictionary.set("Index", Object::Array(index));
    dictionary.set("Length", integer(rows.len()));
    out.extend(format!("{} {} obj\n", id.number, id.generation).bytes());
    serialise::dictionary(&dictionary, out);
    out.extend(b"\nstream\n");
    out.extend(rows);
    out.extend(b"\nendstream\nendobj\n");
}

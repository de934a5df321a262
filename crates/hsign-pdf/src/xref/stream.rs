use hsign_core::Budget;

use super::{Entry, Section, SectionKind, sort};
use crate::error::{Error, Result};
use crate::filter;
use crate::object::{Dictionary, Object};
use crate::window::Window;

/// Decoded bytes of one cross-reference stream: sixteen million entries of 16 bytes.
const LARGEST: u64 = 1 << 28;

/// Reads the cross-reference stream whose object begins at `offset`.
pub(crate) fn read(window: &Window<'_>, offset: u64, budget: &mut Budget) -> Result<Section> {
    let damaged = |what| Error::Damaged { offset, what };
    let object = window.parse(offset, |parser| parser.indirect())?;
    let (Object::Dictionary(dictionary), Some(start)) = (object.object, object.stream_start) else {
        return Err(damaged("cross-reference stream expected"));
    };
    if !dictionary.get("Type").is_some_and(|kind| kind.is_name("XRef")) {
        return Err(damaged("stream of type /XRef expected"));
    }
    // ISO 32000-2, 7.5.8.2: the values of this dictionary are direct objects.
    let length = dictionary
        .get("Length")
        .and_then(Object::as_integer)
        .and_then(|length| u64::try_from(length).ok())
        .ok_or(damaged("/Length of the cross-reference stream expected"))?;
    let end = crate::document::stream_end(window, start, length)?;
    let raw = window.exact(start, length)?;
    // A row is at least two bytes, so that the entry budget bounds the decoded bytes as well.
    let limit = budget.left().saturating_mul(64).min(LARGEST);
    let rows = filter::decode(&dictionary, raw, limit)?;
    let mut oddities = Vec::new();
    let mut entries =
        parse(&dictionary, &rows, window.shift, budget).ok_or(damaged("bad /W or /Index"))??;
    sort(&mut entries, &mut oddities);
    Ok(Section { offset, end, reach: end, kind: SectionKind::Stream, entries, trailer: dictionary, oddities })
}

type Entries = Vec<(u32, Entry)>;

fn parse(dictionary: &Dictionary, rows: &[u8], shift: u64, budget: &mut Budget) -> Option<Result<Entries>> {
    let numbers = |key: &str| -> Option<Vec<u32>> {
        let array = dictionary.get(key)?.as_array()?;
        array.iter().map(|value| u32::try_from(value.as_integer()?).ok()).collect()
    };
    let widths = numbers("W")?;
    let &[kind, second, third] = widths.get(..3)? else { return None };
    if kind > 8 || second > 8 || third > 8 {
        return None;
    }
    let (kind, second, third) = (kind as usize, second as usize, third as usize);
    let row_length = kind + second + third;
    let index = match dictionary.get("Index") {
        Some(_) => numbers("Index")?,
        None => vec![0, u32::try_from(dictionary.get("Size")?.as_integer()?).ok()?],
    };
    if row_length == 0 {
        return None;
    }
    let mut rows = rows.chunks_exact(row_length);
    let mut entries = Vec::new();
    for range in index.chunks_exact(2) {
        let &[first, count] = range else { return None };
        for number in first..first.checked_add(count)? {
            let Some(row) = rows.next() else { break };
            if let Err(error) = budget.spend(1) {
                return Some(Err(error.into()));
            }
            let (kind_bytes, rest) = row.split_at_checked(kind)?;
            let (second_bytes, third_bytes) = rest.split_at_checked(second)?;
            let kind = if kind_bytes.is_empty() { 1 } else { big_endian(kind_bytes) };
            entries.push((number, entry(kind, big_endian(second_bytes), big_endian(third_bytes), shift)));
        }
    }
    Some(Ok(entries))
}

fn entry(kind: u64, second: u64, third: u64, shift: u64) -> Entry {
    match kind {
        1 if second > 0 => u16::try_from(third)
            .map_or(Entry::Free, |generation| Entry::At { offset: second.saturating_add(shift), generation }),
        2 => match (u32::try_from(second), u32::try_from(third)) {
            (Ok(stream), Ok(index)) => Entry::Within { stream, index },
            _ => Entry::Free,
        },
        // ISO 32000-2, 7.5.8.3: unknown types are references to the null object.
        _ => Entry::Free,
    }
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

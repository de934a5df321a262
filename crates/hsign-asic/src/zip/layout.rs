//! Every byte of the file belongs to exactly one entry or to the directory.

use std::io;

use hsign_core::{Finding, Source};

use super::entry::Entry;
use super::headers::LOCAL;
use crate::Error;

pub(super) fn check(
    source: &dyn Source,
    entries: &mut [Entry],
    directory: u64,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|index| entries.get(*index).map(|entry| (entry.start, entry.end)));
    let mut position = 0;
    let mut last = None;
    for index in order {
        let Some(entry) = entries.get(index) else { continue };
        let (start, end, name) = (entry.start, entry.end, entry.name.clone());
        if start > position {
            findings.push(unaccounted(source, position, start)?);
        }
        if start < position || end > directory {
            findings.push(Finding::error("zip-entries-overlap").with("entry", &name));
            // Both share bytes: neither is what every tool would unpack.
            for shared in [Some(index), last.filter(|_| start < position)].into_iter().flatten() {
                if let Some(entry) = entries.get_mut(shared) {
                    entry.is_sound = false;
                }
            }
        }
        if end >= position {
            position = end;
            last = Some(index);
        }
    }
    if position < directory {
        findings.push(unaccounted(source, position, directory)?);
    }
    Ok(())
}

/// Bytes that belong to no entry. A tool that looks for local headers may find an entry in them.
fn unaccounted(source: &dyn Source, from: u64, to: u64) -> Result<Finding, Error> {
    let mut start = [0; 4];
    let hidden = match source.read_exact_at(from, &mut start) {
        Ok(()) => start == *LOCAL,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
        Err(error) => return Err(error.into()),
    };
    let place = match (hidden, from) {
        (true, _) => "hidden entry",
        (false, 0) => "start",
        (false, _) => "between",
    };
    Ok(Finding::error("zip-bytes-unaccounted").with("count", to - from).with("place", place))
}

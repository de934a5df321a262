//! Names of entries by their local headers, where the directory is lost.

use std::io;

use hsign_core::{Source, read_range};

use super::number;

const HEADER: &[u8; 4] = b"PK\x03\x04";
const NAME: usize = 30;
/// No entry of META-INF has a longer name.
const LONGEST_NAME: usize = 256;
/// So much is looked through at once.
const WINDOW: usize = 1 << 20;

/// Whether a local header has such a name.
pub(crate) fn any_local_name(source: &dyn Source, wanted: &dyn Fn(&str) -> bool) -> io::Result<bool> {
    let (length, mut from) = (source.length(), 0);
    while from < length {
        let window = read_range(source, from, (length - from).min(WINDOW as u64))?;
        let headers = window.windows(HEADER.len()).enumerate().filter(|(_, there)| *there == HEADER);
        let names = headers.filter_map(|(at, _)| name(window.get(at..)?));
        if names.into_iter().any(wanted) {
            return Ok(true);
        }
        if from + window.len() as u64 == length {
            break;
        }
        from += (WINDOW - NAME - LONGEST_NAME) as u64;
    }
    Ok(false)
}

fn name(header: &[u8]) -> Option<&str> {
    let length = usize::try_from(number::<2>(header, NAME - 4)?).ok()?;
    std::str::from_utf8(header.get(NAME..NAME + length.min(LONGEST_NAME))?).ok()
}

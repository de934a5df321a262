//! Names of entries by their local headers, where the directory is lost.

use std::io;

use hsign_core::{Source, any_window};

use super::number;

const HEADER: &[u8; 4] = b"PK\x03\x04";
const NAME: usize = 30;
/// No entry of META-INF has a longer name.
const LONGEST_NAME: usize = 256;

/// Whether a local header has such a name.
pub(crate) fn any_local_name(source: &dyn Source, wanted: &dyn Fn(&str) -> bool) -> io::Result<bool> {
    any_window(source, NAME + LONGEST_NAME, |window| {
        memchr::memmem::find_iter(window, HEADER).filter_map(|at| name(window.get(at..)?)).any(wanted)
    })
}

fn name(header: &[u8]) -> Option<&str> {
    let length = usize::try_from(number::<2>(header, NAME - 4)?).ok()?;
    std::str::from_utf8(header.get(NAME..NAME + length.min(LONGEST_NAME))?).ok()
}

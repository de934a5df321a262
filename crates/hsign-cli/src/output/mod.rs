//! What is said, and where: data on standard output, everything else on standard error.

use std::io::{self, Write};

use hsign_core::Source;

/// Data for standard output. A reader that went away is not an error (`hsign … | head`).
pub(crate) fn data(text: &str) {
    write(&mut io::stdout().lock(), text.as_bytes());
}

/// Bytes for standard output.
///
/// # Errors
/// When they can't be written: a signed document must not be lost silently.
pub(crate) fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// The same, in windows.
///
/// # Errors
/// When they can't be read or written.
pub(crate) fn source(source: &dyn Source) -> io::Result<()> {
    let mut out = io::stdout().lock();
    hsign::file::copy(source, &mut out)?;
    out.flush()
}

/// One JSON document, indented, with a line end.
pub(crate) fn json(value: &serde_json::Value) {
    data(&format!("{value:#}\n"));
}

/// A message for people, on standard error.
pub(crate) fn message(text: &str) {
    write(&mut io::stderr().lock(), text.as_bytes());
}

fn write(out: &mut dyn Write, bytes: &[u8]) {
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

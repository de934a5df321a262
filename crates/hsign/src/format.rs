use std::io;

use hsign_core::{Source, read_range};

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputFormat {
    /// A PDF file: `%PDF-` within the first 1,024 bytes, where readers look for it.
    Pdf,
    /// A bare time-stamp token or response: a small DER or BER structure.
    Timestamp,
    /// Anything else.
    Other,
}

const HEADER_WINDOW: u64 = 1024;
/// Tokens have a few kilobytes; the largest certificate chains some ten more.
const MAX_TOKEN_BYTES: u64 = 1024 * 1024;

/// Tells the format from the content, never from the name.
///
/// # Errors
/// When the source can't be read.
pub fn input_format(source: &dyn Source) -> io::Result<InputFormat> {
    let head = read_range(source, 0, source.length().min(HEADER_WINDOW))?;
    if head.windows(5).any(|window| window == b"%PDF-") {
        return Ok(InputFormat::Pdf);
    }
    let is_sequence = head.first() == Some(&0x30);
    if is_sequence && source.length() <= MAX_TOKEN_BYTES && is_timestamp(source)? {
        return Ok(InputFormat::Timestamp);
    }
    Ok(InputFormat::Other)
}

fn is_timestamp(source: &dyn Source) -> io::Result<bool> {
    let bytes = hsign_core::read_all(source)?;
    Ok(hsign_tsp::Token::parse(&bytes).is_ok())
}

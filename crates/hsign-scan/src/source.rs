//! Numbers at positions of a file.

use std::io;

use hsign_core::{Source, read_range};

/// Reads small pieces; one that lies beyond the end is `None`.
pub(crate) struct Pieces<'a> {
    source: &'a dyn Source,
    big_endian: bool,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(source: &'a dyn Source, big_endian: bool) -> Self {
        Self { source, big_endian }
    }

    pub(crate) fn bytes(&self, at: u64, length: u64) -> io::Result<Option<Vec<u8>>> {
        if at.checked_add(length).is_none_or(|end| end > self.source.length()) {
            return Ok(None);
        }
        read_range(self.source, at, length).map(Some)
    }

    /// An unsigned number of `length` bytes, eight at most.
    pub(crate) fn number(&self, at: u64, length: u64) -> io::Result<Option<u64>> {
        Ok(self.bytes(at, length)?.map(|bytes| number(&bytes, self.big_endian)))
    }
}

impl Pieces<'_> {
    /// A value at hand, in the file's byte order.
    pub(crate) fn as_number(&self, bytes: &[u8]) -> u64 {
        number(bytes, self.big_endian)
    }
}

/// The first eight bytes as a number.
pub(crate) fn number(bytes: &[u8], big_endian: bool) -> u64 {
    let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    let bytes = bytes.iter().take(8);
    if big_endian { bytes.fold(0, join) } else { bytes.rev().fold(0, join) }
}

/// A number that fits, or the largest.
pub(crate) fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

use std::io;
use std::ops::Range;

use crate::Secret;

/// So much is read at once.
const WINDOW: u64 = 64 << 10;

/// Bytes that can be read at any position: a file at the rim, a slice in tests. Reading past the end
/// is an error, so a file cut short under us is noticed.
pub trait Source {
    /// Length in bytes.
    fn length(&self) -> u64;

    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// When the range lies outside the source or can't be read.
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Whether the bytes are surely still those of when it was opened. Where nobody can tell, they may be others.
    fn is_unchanged(&self) -> bool {
        false
    }

    /// The password that opens the document, where it is encrypted and somebody gave one.
    fn password(&self) -> Option<&[u8]> {
        None
    }

    /// All of it, where it is in memory: whoever goes through it needs no copy.
    fn bytes(&self) -> Option<&[u8]> {
        None
    }
}

/// A source with the password that opens the document in it.
pub struct WithPassword {
    /// The bytes.
    pub source: Box<dyn Source>,
    /// The password.
    pub password: Secret,
}

impl Source for WithPassword {
    fn length(&self) -> u64 {
        self.source.length()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.source.read_exact_at(offset, buffer)
    }

    fn is_unchanged(&self) -> bool {
        self.source.is_unchanged()
    }

    fn password(&self) -> Option<&[u8]> {
        Some(self.password.expose())
    }

    fn bytes(&self) -> Option<&[u8]> {
        self.source.bytes()
    }
}

impl Source for [u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let part = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..start.checked_add(buffer.len())?))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(part);
        Ok(())
    }

    fn is_unchanged(&self) -> bool {
        true
    }

    fn bytes(&self) -> Option<&[u8]> {
        Some(self)
    }
}

impl Source for Vec<u8> {
    fn length(&self) -> u64 {
        self.as_slice().length()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.as_slice().read_exact_at(offset, buffer)
    }

    fn is_unchanged(&self) -> bool {
        true
    }

    fn bytes(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// The bytes of `offset..offset + length`. The caller bounds `length`.
///
/// # Errors
/// When the range lies outside the source or can't be read.
pub fn read_range(source: &dyn Source, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let end = offset.checked_add(length).ok_or(io::ErrorKind::UnexpectedEof)?;
    if end > source.length() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let length = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut bytes = vec![0; length];
    source.read_exact_at(offset, &mut bytes)?;
    Ok(bytes)
}

/// The whole source. For inputs known to be small.
///
/// # Errors
/// When it can't be read.
pub fn read_all(source: &dyn Source) -> io::Result<Vec<u8>> {
    read_range(source, 0, source.length())
}

/// Gives the bytes of `range` in order, 64 KiB at a time; without a copy where they are in memory.
///
/// # Errors
/// When the range lies outside the source or can't be read, or what `take` says.
pub fn read_windows<E: From<io::Error>>(
    source: &(impl Source + ?Sized),
    range: Range<u64>,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = Vec::new();
    let mut from = range.start;
    while from < range.end {
        let to = range.end.min(from.saturating_add(WINDOW));
        take(window(source, from..to, &mut buffer)?)?;
        from = to;
    }
    Ok(())
}

/// Whether what is sought stands in any part of the source, which is read 64 KiB at a time. What has at
/// most `longest` bytes, far fewer than that, lies whole in one of the parts.
///
/// # Errors
/// When it can't be read.
pub fn any_window(source: &dyn Source, longest: usize, holds: impl Fn(&[u8]) -> bool) -> io::Result<bool> {
    let length = source.length();
    let step = WINDOW.saturating_sub(longest as u64).max(1);
    let mut buffer = Vec::new();
    let mut from = 0;
    while from < length {
        let to = length.min(from.saturating_add(WINDOW));
        if holds(window(source, from..to, &mut buffer)?) {
            return Ok(true);
        }
        from = if to == length { length } else { from.saturating_add(step) };
    }
    Ok(false)
}

/// The bytes of a range that fits into memory: where they are, or read into the buffer.
fn window<'w>(
    source: &'w (impl Source + ?Sized),
    range: Range<u64>,
    buffer: &'w mut Vec<u8>,
) -> io::Result<&'w [u8]> {
    let length =
        usize::try_from(range.end.saturating_sub(range.start)).map_err(|_| io::ErrorKind::OutOfMemory)?;
    if let Some(bytes) = source.bytes() {
        let start = usize::try_from(range.start).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let part = start.checked_add(length).and_then(|end| bytes.get(start..end));
        return part.ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
    }
    buffer.resize(length, 0);
    source.read_exact_at(range.start, buffer)?;
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_past_the_end_is_an_error() {
        let bytes = b"hsign".as_slice();
        assert_eq!(read_range(&bytes.to_vec(), 1, 3).unwrap(), b"sig");
        assert!(read_range(&bytes.to_vec(), 4, 2).is_err());
        assert!(read_range(&bytes.to_vec(), u64::MAX, 2).is_err());
    }

    #[test]
    fn windows_are_the_range_in_order_and_none_is_read_beyond_the_end() {
        struct Elsewhere(Vec<u8>);
        impl Source for Elsewhere {
            fn length(&self) -> u64 {
                self.0.length()
            }
            fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
                self.0.read_exact_at(offset, buffer)
            }
        }
        fn read(source: &impl Source, range: Range<u64>) -> io::Result<Vec<u8>> {
            let mut all = Vec::new();
            read_windows(source, range, |window| {
                all.extend_from_slice(window);
                Ok::<_, io::Error>(())
            })?;
            Ok(all)
        }
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        let elsewhere = Elsewhere(bytes.clone());
        for (start, length) in [(0, 0), (0, 800_000), (7, 299_993), (65_536, 65_536)] {
            let range = start..start + length;
            let part = read_range(&elsewhere, start, length).unwrap();
            assert_eq!(read(&bytes, range.clone()).unwrap(), part);
            assert_eq!(read(&elsewhere, range).unwrap(), part);
        }
        assert!(read(&bytes, 0..800_001).is_err());
        assert!(read(&elsewhere, 0..800_001).is_err());
    }

    #[test]
    fn what_is_sought_is_found_across_windows() {
        let holds = |window: &[u8]| window.windows(5).any(|there| there == b"hsign");
        const WINDOW: usize = 64 << 10;
        let mut bytes = vec![b' '; 3 * WINDOW];
        assert!(!any_window(&bytes, 5, holds).unwrap());
        for place in [0, WINDOW - 5, WINDOW - 4, WINDOW - 1, 2 * WINDOW - 7, 3 * WINDOW - 5] {
            bytes[place..place + 5].copy_from_slice(b"hsign");
            assert!(any_window(&bytes, 5, holds).unwrap(), "{place}");
            bytes[place..place + 5].fill(b' ');
        }
        assert!(!any_window(&Vec::new(), 5, |_| true).unwrap());
    }
}

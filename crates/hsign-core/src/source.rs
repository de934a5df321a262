use std::io;

use crate::Secret;

/// So much is looked through at once.
const WINDOW: usize = 1 << 20;

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

/// Whether what is sought stands in any part of the source, which is read a mebibyte at a time. What has at most
/// `longest` bytes, far fewer than that, lies whole in one of the parts.
///
/// # Errors
/// When it can't be read.
pub fn any_window(source: &dyn Source, longest: usize, holds: impl Fn(&[u8]) -> bool) -> io::Result<bool> {
    let length = source.length();
    for from in (0..length).step_by(WINDOW.saturating_sub(longest).max(1)) {
        if holds(&read_range(source, from, (length - from).min(WINDOW as u64))?) {
            return Ok(true);
        }
    }
    Ok(false)
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
    fn what_is_sought_is_found_across_windows() {
        let holds = |window: &[u8]| window.windows(5).any(|there| there == b"hsign");
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

use std::io;

use crate::Secret;

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
}

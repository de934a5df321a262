use std::io;

use hsign_core::Source;

/// A source with bytes appended, to read a prepared update without writing it anywhere.
pub struct Extended<'a> {
    base: &'a dyn Source,
    tail: &'a [u8],
}

impl<'a> Extended<'a> {
    /// `base` followed by `tail`.
    #[must_use]
    pub fn new(base: &'a dyn Source, tail: &'a [u8]) -> Self {
        Self { base, tail }
    }
}

impl Source for Extended<'_> {
    fn length(&self) -> u64 {
        self.base.length().saturating_add(self.tail.len() as u64)
    }

    fn password(&self) -> Option<&[u8]> {
        self.base.password()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let in_base = self.base.length().saturating_sub(offset);
        let split = usize::try_from(in_base).unwrap_or(usize::MAX).min(buffer.len());
        let (front, back) = buffer.split_at_mut(split);
        if !front.is_empty() {
            self.base.read_exact_at(offset, front)?;
        }
        if back.is_empty() {
            return Ok(());
        }
        let start = offset.saturating_sub(self.base.length());
        let part = usize::try_from(start)
            .ok()
            .and_then(|start| self.tail.get(start..start.checked_add(back.len())?))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        back.copy_from_slice(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_across_the_seam() {
        let base = b"abc".to_vec();
        let extended = Extended::new(&base, b"def");
        assert_eq!(hsign_core::read_range(&extended, 1, 4).unwrap(), b"bcde");
        assert_eq!(hsign_core::read_range(&extended, 4, 2).unwrap(), b"ef");
        assert!(hsign_core::read_range(&extended, 4, 3).is_err());
        let mut byte = [0];
        assert!(extended.read_exact_at(u64::MAX, &mut byte).is_err());
    }
}

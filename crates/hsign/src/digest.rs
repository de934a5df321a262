//! Digests of whole sources: one pass, constant memory.

use std::io;
use std::sync::{Mutex, PoisonError};

use hsign_core::{Digest, DigestAlgorithm, Source};
use hsign_crypto::{Hasher, HasherAside};

use crate::Error;

const WINDOW: u64 = 256 * 1024;

pub(crate) fn digest_of(source: &dyn Source, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
    let mut hasher = Hasher::new(algorithm)?;
    read_through(source, |bytes| Ok(hasher.update(bytes)?))?;
    Ok(hasher.finish()?)
}

/// The digest computed twice in one pass, each apart from the other: one to be signed, one to check what was signed.
pub(crate) fn digest_twice(
    source: &dyn Source,
    algorithm: DigestAlgorithm,
) -> Result<(Digest, Digest), Error> {
    let (mut here, aside) = (Hasher::new(algorithm)?, HasherAside::new(algorithm)?);
    read_windows(source, |window| {
        here.update(window)?;
        *window = aside.update(std::mem::take(window));
        Ok(())
    })?;
    Ok((here.finish()?, aside.finish()?))
}

/// In the order of the algorithms.
pub(crate) fn digests_of(source: &dyn Source, algorithms: &[DigestAlgorithm]) -> Result<Vec<Digest>, Error> {
    Begun::new(algorithms)?.finish(source)
}

/// A source that is hashed as it is read by somebody else: whatever is read of it from its beginning on in its order goes
/// into the digests, so that nothing is read once more for them.
pub(crate) struct Hashed {
    source: Box<dyn Source>,
    begun: Mutex<Begun>,
}

struct Begun {
    hashers: Vec<Hasher>,
    /// How much of it is hashed.
    to: u64,
}

/// What a reader may leave out and still go on in order: the place of a signature.
const GAP: u64 = 1 << 20;

impl Hashed {
    pub(crate) fn over(source: Box<dyn Source>, algorithms: &[DigestAlgorithm]) -> Result<Self, Error> {
        Ok(Self { source, begun: Mutex::new(Begun::new(algorithms)?) })
    }

    /// The digests of all of it, in the order of the algorithms.
    pub(crate) fn finish(self) -> Result<Vec<Digest>, Error> {
        let begun = self.begun.into_inner().unwrap_or_else(PoisonError::into_inner);
        begun.finish(self.source.as_ref())
    }
}

impl Begun {
    fn new(algorithms: &[DigestAlgorithm]) -> Result<Self, Error> {
        let hashers = algorithms.iter().map(|algorithm| Hasher::new(*algorithm));
        Ok(Self { hashers: hashers.collect::<Result<_, _>>()?, to: 0 })
    }

    /// The digests of all of it.
    fn finish(mut self, source: &dyn Source) -> Result<Vec<Digest>, Error> {
        self.up_to(source, source.length())?;
        Ok(self.hashers.into_iter().map(Hasher::finish).collect::<Result<_, _>>()?)
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hashers.iter_mut().try_for_each(|hasher| hasher.update(bytes)).map_err(io::Error::other)?;
        self.to = self.to.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// Reads what nobody else has read.
    fn up_to(&mut self, source: &dyn Source, end: u64) -> io::Result<()> {
        if let Some(bytes) = source.bytes() {
            let part = usize::try_from(self.to).ok().zip(usize::try_from(end).ok());
            let part = part.and_then(|(from, to)| bytes.get(from..to));
            return self.take(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        }
        let mut window = Vec::new();
        while self.to < end {
            window.resize(usize::try_from(WINDOW.min(end - self.to)).unwrap_or(0), 0);
            source.read_exact_at(self.to, &mut window)?;
            self.take(&window)?;
        }
        Ok(())
    }
}

impl Source for Hashed {
    fn length(&self) -> u64 {
        self.source.length()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.source.read_exact_at(offset, buffer)?;
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let end = offset.saturating_add(buffer.len() as u64);
        // A gap counts only between parts that are read in order: somebody who looks at the end first reads no such part.
        if begun.to > 0 && offset > begun.to && offset - begun.to <= GAP {
            begun.up_to(self.source.as_ref(), offset)?;
        }
        if offset <= begun.to && begun.to < end {
            let known = usize::try_from(begun.to - offset).unwrap_or(usize::MAX);
            begun.take(buffer.get(known..).unwrap_or_default())?;
        }
        Ok(())
    }

    fn is_unchanged(&self) -> bool {
        self.source.is_unchanged()
    }

    fn password(&self) -> Option<&[u8]> {
        self.source.password()
    }
}

pub(crate) fn read_through(
    source: &dyn Source,
    mut take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    read_windows(source, |window| take(window))
}

/// The same for whoever keeps a window and gives another buffer for the next.
fn read_windows(
    source: &dyn Source,
    mut take: impl FnMut(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut offset = 0;
    let mut window = Vec::new();
    while offset < source.length() {
        let length = WINDOW.min(source.length() - offset);
        window.resize(usize::try_from(length).unwrap_or(0), 0);
        source.read_exact_at(offset, &mut window)?;
        take(&mut window)?;
        offset += length;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    struct Counted(Vec<u8>, Rc<Cell<usize>>);

    impl Source for Counted {
        fn length(&self) -> u64 {
            self.0.length()
        }

        fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
            self.1.set(self.1.get() + buffer.len());
            self.0.read_exact_at(offset, buffer)
        }
    }

    const BOTH: [DigestAlgorithm; 2] = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512];

    /// Octets that were read of a document of a hundred thousand, with these parts of it read by somebody.
    fn read(parts: &[(u64, usize)]) -> usize {
        let bytes: Vec<u8> = (0..100_000_u32).flat_map(|number| number.to_le_bytes()).take(100_000).collect();
        let count = Rc::new(Cell::new(0));
        let source = Hashed::over(Box::new(Counted(bytes.clone(), Rc::clone(&count))), &BOTH).unwrap();
        for (offset, length) in parts {
            let mut buffer = vec![0; *length];
            source.read_exact_at(*offset, &mut buffer).unwrap();
            let start = usize::try_from(*offset).unwrap();
            assert_eq!(buffer, bytes[start..start + length]);
        }
        let expected = BOTH.map(|algorithm| hsign_crypto::digest(algorithm, &bytes).unwrap());
        assert_eq!(source.finish().unwrap(), expected, "{parts:?}");
        count.get()
    }

    #[test]
    fn what_somebody_reads_in_order_is_hashed_without_being_read_again() {
        assert_eq!(read(&[]), 100_000);
        assert_eq!(read(&[(0, 100_000)]), 100_000);
        // As a signature with its place left out is verified.
        assert_eq!(read(&[(0, 4), (0, 40_000), (50_000, 50_000)]), 100_004);
        // As a file is read whose end comes first.
        assert_eq!(read(&[(99_000, 1_000), (0, 60_000), (10, 20), (60_000, 40_000)]), 101_020);
    }
}

use std::io;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use hsign_core::{Digest, DigestAlgorithm, Source, read_windows};

use crate::{Error, Hasher, HasherAside};

/// Below this a thread costs more than it saves.
const LARGE: u64 = 1 << 20;
/// So many bytes wait before the thread is given them: it is not woken for each header.
const WINDOW: usize = 256 << 10;

/// A source that is hashed while somebody else reads it: whatever goes on from where the digests stand goes into them, so
/// that nothing is read once more for them.
pub struct Hashed<S> {
    source: S,
    gap: u64,
    begun: Mutex<Begun>,
}

struct Begun {
    hashers: Hashers,
    /// How much of the source is hashed.
    to: u64,
}

enum Hashers {
    Here(Vec<Hasher>),
    Aside(HasherAside, Vec<u8>),
}

impl<S: Deref<Target: Source>> Hashed<S> {
    /// What a reader leaves out between two parts is read for the digests at once if it has at most `gap` bytes; else it is
    /// left to the reader, who may come back to it, or to the end.
    ///
    /// # Errors
    /// When OpenSSL doesn't offer a function.
    pub fn over(source: S, algorithms: &[DigestAlgorithm], gap: u64) -> Result<Self, Error> {
        let hashers = algorithms.iter().map(|algorithm| Hasher::new(*algorithm)).collect::<Result<_, _>>()?;
        Ok(Self::with(source, Hashers::Here(hashers), gap))
    }

    /// The same with one digest, which a thread of its own computes where the source is large.
    ///
    /// # Errors
    /// When OpenSSL doesn't offer the function.
    pub fn aside(source: S, algorithm: DigestAlgorithm, gap: u64) -> Result<Self, Error> {
        let aside = if source.length() < LARGE { None } else { HasherAside::new(algorithm).ok() };
        let hashers = match aside {
            Some(aside) => Hashers::Aside(aside, Vec::new()),
            None => Hashers::Here(vec![Hasher::new(algorithm)?]),
        };
        Ok(Self::with(source, hashers, gap))
    }

    fn with(source: S, hashers: Hashers, gap: u64) -> Self {
        Self { source, gap, begun: Mutex::new(Begun { hashers, to: 0 }) }
    }

    /// The digests of all of it, in the order of the algorithms, once what nobody has read is read too.
    ///
    /// # Errors
    /// When the source can't be read, or OpenSSL fails.
    pub fn finish<E: From<io::Error> + From<Error>>(self) -> Result<Vec<Digest>, E> {
        let mut begun = self.begun.into_inner().unwrap_or_else(PoisonError::into_inner);
        begun.read_up_to(&*self.source, self.source.length())?;
        Ok(begun.hashers.finish()?)
    }
}

impl Begun {
    /// `bytes` were read from `offset`.
    fn note(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let known = self.to.checked_sub(offset).and_then(|known| usize::try_from(known).ok());
        known.and_then(|known| bytes.get(known..)).map_or(Ok(()), |new| self.take(new))
    }

    fn read_up_to(&mut self, source: &(impl Source + ?Sized), end: u64) -> io::Result<()> {
        read_windows(source, self.to..end, |window| self.take(window))
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hashers.update(bytes).map_err(io::Error::other)?;
        self.to = self.to.saturating_add(bytes.len() as u64);
        Ok(())
    }
}

impl Hashers {
    fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Here(hashers) => hashers.iter_mut().try_for_each(|hasher| hasher.update(bytes)),
            Self::Aside(hasher, waiting) => {
                waiting.extend_from_slice(bytes);
                if waiting.len() >= WINDOW {
                    *waiting = hasher.update(std::mem::take(waiting));
                    waiting.clear();
                }
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<Vec<Digest>, Error> {
        match self {
            Self::Here(hashers) => hashers.into_iter().map(Hasher::finish).collect(),
            Self::Aside(hasher, waiting) => {
                hasher.update(waiting);
                Ok(vec![hasher.finish()?])
            }
        }
    }
}

impl<S: Deref<Target: Source>> Source for Hashed<S> {
    fn length(&self) -> u64 {
        self.source.length()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.source.read_exact_at(offset, buffer)?;
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever looks at the end first reads no part in order yet.
        if begun.to > 0 && offset > begun.to && offset - begun.to <= self.gap {
            begun.read_up_to(&*self.source, offset)?;
        }
        begun.note(offset, buffer)
    }

    fn is_unchanged(&self) -> bool {
        self.source.is_unchanged()
    }

    fn password(&self) -> Option<&[u8]> {
        self.source.password()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::digest;

    struct Counted {
        bytes: Vec<u8>,
        read: Cell<usize>,
    }

    impl Source for Counted {
        fn length(&self) -> u64 {
            self.bytes.length()
        }

        fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
            self.read.set(self.read.get() + buffer.len());
            self.bytes.read_exact_at(offset, buffer)
        }
    }

    #[derive(Debug)]
    struct Failed;

    impl From<io::Error> for Failed {
        fn from(_: io::Error) -> Self {
            Self
        }
    }

    impl From<Error> for Failed {
        fn from(_: Error) -> Self {
            Self
        }
    }

    const BOTH: [DigestAlgorithm; 2] = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512];

    /// Bytes that were read of a source with so many of which somebody reads these parts, each time as they are; its
    /// digests are right, computed here and aside.
    fn read(length: usize, gap: u64, parts: &[(usize, usize)]) -> usize {
        let bytes: Vec<u8> = (0_u32..).flat_map(|number| number.to_le_bytes()).take(length).collect();
        let source = Counted { bytes, read: Cell::new(0) };
        let read = |hashed: Hashed<&Counted>| -> Vec<Digest> {
            source.read.set(0);
            for (offset, length) in parts {
                let mut buffer = vec![0; *length];
                hashed.read_exact_at(*offset as u64, &mut buffer).unwrap();
                assert_eq!(buffer, source.bytes[*offset..*offset + *length]);
            }
            hashed.finish::<Failed>().unwrap()
        };
        let expected = BOTH.map(|algorithm| digest(algorithm, &source.bytes).unwrap());
        let aside = read(Hashed::aside(&source, BOTH[0], gap).unwrap());
        assert_eq!(aside, expected[..1], "{length} {parts:?}");
        let (count, here) = (source.read.get(), read(Hashed::over(&source, &BOTH, gap).unwrap()));
        assert_eq!(here, expected, "{length} {parts:?}");
        assert_eq!(source.read.get(), count);
        count
    }

    #[test]
    fn what_somebody_reads_in_order_is_hashed_without_being_read_again() {
        const GAP: u64 = 50_000;
        for length in [100_000, 3 << 20] {
            assert_eq!(read(length, GAP, &[]), length);
            assert_eq!(read(length, GAP, &[(0, length)]), length);
            // As a signature with its place left out is verified.
            assert_eq!(read(length, GAP, &[(0, 4), (0, 40_000), (50_000, 50_000)]), length + 4);
            // As a file is read whose end comes first.
            let parts = [(length - 1_000, 1_000), (0, 60_000), (10, 20), (60_000, length - 60_000)];
            assert_eq!(read(length, GAP, &parts), length + 1_020);
        }
    }

    #[test]
    fn files_are_read_once_though_all_headers_are_read_first() {
        const HEADER: usize = 40;
        const FILE: usize = 10_000;
        const COUNT: usize = 200;
        let at = |number: usize, before| number * (HEADER + FILE) + before;
        let headers = (0..COUNT).map(|number| (at(number, 0), HEADER));
        let parts: Vec<_> = headers.chain((0..COUNT).map(|number| (at(number, HEADER), FILE))).collect();
        let length = COUNT * (HEADER + FILE);
        assert!(read(length, 4 << 10, &parts) <= length + COUNT * HEADER);
    }

    #[test]
    fn whatever_is_read_in_whatever_order_it_is_the_digest_of_the_whole() {
        for length in [0, 1_000, 3 << 20] {
            let half = length / 2;
            let orders: [&[(usize, usize)]; 4] = [
                &[(half, half), (0, half), (0, half)],
                &[(0, half), (length / 4, half), (half, half)],
                &[
                    (length - length.min(10), half.min(10)),
                    (length.min(30), half.min(50)),
                    (length.min(20), half.min(900)),
                ],
                &[(0, 0), (0, half), (half + length.min(5), half.saturating_sub(5))],
            ];
            for parts in orders {
                read(length, 20, parts);
            }
        }
    }

    #[test]
    fn a_source_that_ends_too_early_has_no_digest() {
        struct Cut;
        impl Source for Cut {
            fn length(&self) -> u64 {
                10
            }
            fn read_exact_at(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
                Err(io::ErrorKind::UnexpectedEof.into())
            }
        }
        assert!(Hashed::over(&Cut, &BOTH, 0).unwrap().finish::<Failed>().is_err());
    }
}

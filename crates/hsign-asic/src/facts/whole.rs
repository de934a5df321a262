//! The digest of the container itself, computed aside from the windows in which its entries are read anyway.

use std::cell::RefCell;
use std::io;

use hsign_core::{Digest, DigestAlgorithm, Source};
use hsign_crypto::{Hasher, HasherAside};

use crate::Error;

/// Below this a thread costs more than it saves.
const LARGE: u64 = 1 << 20;
/// What lies between two entries, their headers above all. More than this may be a file that is read later, when its own
/// digest is computed, or else at the end.
const GAP: u64 = 4 << 10;
const WINDOW: u64 = 256 << 10;

/// A source that hashes what is read from it, wherever that goes on from where the digest stands.
pub(super) struct Whole<'s> {
    source: &'s dyn Source,
    state: RefCell<State>,
}

struct State {
    hasher: Way,
    /// So far the digest has come.
    position: u64,
    /// Bytes that are still to be given to the hasher: a thread is not woken for each header.
    waiting: Vec<u8>,
}

enum Way {
    Aside(HasherAside),
    Here(Hasher),
}

impl<'s> Whole<'s> {
    pub(super) fn new(source: &'s dyn Source) -> Result<Self, Error> {
        let algorithm = DigestAlgorithm::Sha256;
        let aside = if source.length() < LARGE { None } else { HasherAside::new(algorithm).ok() };
        let hasher = match aside {
            Some(aside) => Way::Aside(aside),
            None => Way::Here(Hasher::new(algorithm)?),
        };
        Ok(Self { source, state: RefCell::new(State { hasher, position: 0, waiting: Vec::new() }) })
    }

    /// The digest, once what was never asked for is read too.
    pub(super) fn finish(self) -> Result<Digest, Error> {
        let mut state = self.state.into_inner();
        let length = self.source.length();
        while state.position < length {
            state.read_on(self.source, WINDOW.min(length - state.position))?;
        }
        state.hand_over()?;
        Ok(match state.hasher {
            Way::Aside(hasher) => hasher.finish()?,
            Way::Here(hasher) => hasher.finish()?,
        })
    }
}

impl State {
    fn read_on(&mut self, source: &dyn Source, length: u64) -> io::Result<()> {
        let start = self.waiting.len();
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.waiting.resize(start + length, 0);
        let read = source.read_exact_at(self.position, self.waiting.get_mut(start..).unwrap_or_default());
        if read.is_err() {
            self.waiting.truncate(start);
        }
        read.and_then(|()| self.come(length))
    }

    /// So many bytes more are waiting.
    fn come(&mut self, length: usize) -> io::Result<()> {
        self.position += length as u64;
        if self.waiting.len() as u64 >= WINDOW { self.hand_over() } else { Ok(()) }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let mut window = std::mem::take(&mut self.waiting);
        match &mut self.hasher {
            Way::Aside(hasher) => window = hasher.update(window),
            Way::Here(hasher) => hasher.update(&window).map_err(io::Error::other)?,
        }
        window.clear();
        self.waiting = window;
        Ok(())
    }

    /// `bytes` were read from `offset`.
    fn note(&mut self, source: &dyn Source, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if offset > self.position && offset - self.position <= GAP {
            self.read_on(source, offset - self.position)?;
        }
        let known = self.position.checked_sub(offset).and_then(|known| usize::try_from(known).ok());
        let Some(new) = known.and_then(|known| bytes.get(known..)).filter(|new| !new.is_empty()) else {
            return Ok(());
        };
        self.waiting.extend_from_slice(new);
        self.come(new.len())
    }
}

impl Source for Whole<'_> {
    fn length(&self) -> u64 {
        self.source.length()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.source.read_exact_at(offset, buffer)?;
        self.state.borrow_mut().note(self.source, offset, buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// In the order and the sizes given; large sources are hashed by another thread.
    #[allow(clippy::ptr_arg, reason = "a vector is a source, a slice is none")]
    fn digest_after(bytes: &Vec<u8>, reads: &[(u64, usize)]) -> Digest {
        let whole = Whole::new(bytes).unwrap();
        for (offset, length) in reads {
            let mut buffer = vec![0; *length];
            whole.read_exact_at(*offset, &mut buffer).unwrap();
            let start = usize::try_from(*offset).unwrap();
            assert_eq!(buffer, bytes[start..start + length]);
        }
        whole.finish().unwrap()
    }

    struct Counted(Vec<u8>, Cell<usize>);

    impl Source for Counted {
        fn length(&self) -> u64 {
            self.0.length()
        }

        fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
            self.1.set(self.1.get() + buffer.len());
            self.0.read_exact_at(offset, buffer)
        }
    }

    #[test]
    fn files_are_read_once_though_all_headers_are_read_first() {
        const HEADER: usize = 40;
        const FILE: usize = 10_000;
        const COUNT: usize = 200;
        let source = Counted(vec![7; COUNT * (HEADER + FILE)], Cell::new(0));
        let whole = Whole::new(&source).unwrap();
        for (before, length) in [(0, HEADER), (HEADER, FILE)] {
            for number in 0..COUNT {
                let offset = u64::try_from(number * (HEADER + FILE) + before).unwrap();
                whole.read_exact_at(offset, &mut vec![0; length]).unwrap();
            }
        }
        let digest = whole.finish().unwrap();
        assert_eq!(digest, hsign_crypto::digest(DigestAlgorithm::Sha256, &source.0).unwrap());
        assert!(source.1.get() <= source.0.len() + COUNT * HEADER, "{}", source.1.get());
    }

    #[test]
    fn whatever_is_read_in_whatever_order_it_is_the_digest_of_the_whole() {
        for length in [0, 1000, 3 << 20] {
            let bytes: Vec<u8> = (0..length).map(|number: u32| number.to_be_bytes()[2]).collect();
            let end = u64::from(length);
            let half = usize::try_from(length / 2).unwrap();
            let expected = hsign_crypto::digest(DigestAlgorithm::Sha256, &bytes).unwrap();
            let orders: [&[(u64, usize)]; 5] = [
                &[],
                &[(end / 2, half), (0, half), (0, half)],
                &[(0, half), (end / 4, half), (end / 2, half)],
                &[
                    (end - end.min(10), half.min(10)),
                    (end.min(30), half.min(50)),
                    (end.min(20), half.min(900)),
                ],
                &[(0, 0), (0, half), (end / 2 + end.min(5), half.saturating_sub(5))],
            ];
            for reads in orders {
                assert_eq!(digest_after(&bytes, reads), expected, "{length} {reads:?}");
            }
        }
    }
}

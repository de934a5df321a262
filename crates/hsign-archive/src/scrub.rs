//! Reading again what was archived, a slice at a time, and saying what is damaged.

use std::collections::BTreeMap;

use hsign_core::{Digest, Time};
use serde::{Deserialize, Serialize};

use crate::{Bundle, Document};

/// What a reader met where a document should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing.
    Missing,
    /// So many octets with these digests.
    Read {
        /// The length.
        size: u64,
        /// At least one under an algorithm that the archive knows the document by.
        digests: Vec<Digest>,
    },
}

/// What is wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentProblem {
    /// It isn't there.
    Missing,
    /// Its length is another.
    Length,
    /// Its length is the same and its octets are others.
    Octets,
    /// No digest was given that it could be held against: it counts as not read.
    NotCompared,
}

/// Holds what was met against what the archive knows.
///
/// # Errors
/// What is wrong with it.
pub fn compare(document: &Document, seen: &Seen) -> Result<(), DocumentProblem> {
    let Seen::Read { size, digests } = seen else { return Err(DocumentProblem::Missing) };
    if *size != document.size() {
        return Err(DocumentProblem::Length);
    }
    let same = |given: &Digest| document.digest(given.algorithm).map(|known| known == *given);
    let compared: Vec<bool> = digests.iter().filter_map(same).collect();
    match compared.iter().all(|same| *same) {
        _ if compared.is_empty() => Err(DocumentProblem::NotCompared),
        true => Ok(()),
        false => Err(DocumentProblem::Octets),
    }
}

/// The documents of one slice of a bundle, with their places; `slice` counts from 0 to one less than `of`. Over all
/// slices every document comes once.
pub fn slice(bundle: &Bundle, slice: u32, of: u32) -> impl Iterator<Item = (usize, &Document)> {
    let (slice, of) = (slice as usize, of.max(1) as usize);
    bundle.documents().iter().enumerate().skip(slice).step_by(of)
}

/// When the slices of a bundle were found whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    of: u32,
    whole: BTreeMap<u32, Time>,
}

impl Coverage {
    /// Of a bundle that is read in so many slices; none is read yet.
    #[must_use]
    pub fn new(of: u32) -> Self {
        Self { of: of.max(1), whole: BTreeMap::new() }
    }

    /// A slice was read at this time and everything in it was as it should be. A slice that isn't one of the bundle's
    /// changes nothing.
    pub fn found_whole(&mut self, slice: u32, at: Time) {
        if slice < self.of {
            let latest = self.whole.entry(slice).or_insert(at);
            *latest = at.max(*latest);
        }
    }

    /// Damage was found in a slice: it counts as unread until it is whole again.
    pub fn found_damaged(&mut self, slice: u32) {
        self.whole.remove(&slice);
    }

    /// Since when every slice has been read and found whole; `None` while one hasn't.
    #[must_use]
    pub fn whole_since(&self) -> Option<Time> {
        let all = u32::try_from(self.whole.len()) == Ok(self.of);
        self.whole.values().min().copied().filter(|_| all)
    }

    /// The slice to read next: one that was never found whole, else the one whose reading is oldest.
    #[must_use]
    pub fn next(&self) -> u32 {
        let unread = (0..self.of).find(|slice| !self.whole.contains_key(slice));
        unread.or_else(|| self.whole.iter().min_by_key(|(_, at)| **at).map(|(slice, _)| *slice)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use hsign_core::DigestAlgorithm;

    use super::*;
    use crate::RetentionEnd;

    fn at(seconds: i64) -> Time {
        Time::from_unix_seconds(seconds).unwrap()
    }

    fn digest(algorithm: DigestAlgorithm, data: &[u8]) -> Digest {
        hsign_crypto::digest(algorithm, data).unwrap()
    }

    #[test]
    fn a_document_is_held_against_its_length_and_digests() {
        let sha256 = |data: &[u8]| digest(DigestAlgorithm::Sha256, data);
        let document = Document::new("k", 3, &[sha256(b"abc")], "chart", RetentionEnd::Open).unwrap();
        let read = |data: &[u8], digests: &[Digest]| Seen::Read {
            size: data.len() as u64,
            digests: digests.to_vec(),
        };
        assert_eq!(compare(&document, &read(b"abc", &[sha256(b"abc")])), Ok(()));
        assert_eq!(compare(&document, &read(b"abd", &[sha256(b"abd")])), Err(DocumentProblem::Octets));
        assert_eq!(compare(&document, &read(b"ab", &[sha256(b"ab")])), Err(DocumentProblem::Length));
        assert_eq!(compare(&document, &Seen::Missing), Err(DocumentProblem::Missing));
        let other = digest(DigestAlgorithm::Sha512, b"abc");
        assert_eq!(compare(&document, &read(b"abc", &[other])), Err(DocumentProblem::NotCompared));
    }

    #[test]
    fn a_bundle_is_covered_once_every_slice_was_whole() {
        let mut coverage = Coverage::new(3);
        coverage.found_whole(0, at(10));
        coverage.found_whole(2, at(30));
        coverage.found_whole(7, at(1));
        assert_eq!((coverage.whole_since(), coverage.next()), (None, 1));
        coverage.found_whole(1, at(20));
        assert_eq!((coverage.whole_since(), coverage.next()), (Some(at(10)), 0));
        coverage.found_whole(0, at(40));
        assert_eq!((coverage.whole_since(), coverage.next()), (Some(at(20)), 1));
        coverage.found_damaged(2);
        assert_eq!((coverage.whole_since(), coverage.next()), (None, 2));
    }
}

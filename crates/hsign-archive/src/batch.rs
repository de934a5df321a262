//! Documents gathered until a bundle is made of them: what shares a bundle ends its retention in one month.

use std::collections::{BTreeMap, BTreeSet};

use hsign_core::{DigestAlgorithm, Time};
use serde::{Deserialize, Serialize};

use crate::document::is_word;
use crate::{Document, Error};

/// Documents in a bundle, whatever the rule says: memory for the table and the tree of one.
pub(crate) const MOST_DOCUMENTS: usize = 1 << 20;

/// A line of evidence with an authority of its own: every track of a batch has its tree and its time stamps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// Its name in the files of bundles: lower-case letters, digits, hyphens.
    pub name: String,
    /// The hash function of its first tree.
    pub algorithm: DigestAlgorithm,
}

/// What documents have to share to be in one batch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchKey {
    /// The class of the documents.
    pub class: String,
    /// The month in which their retention ends, or `open`.
    pub retention: String,
    /// The lines of evidence, by name.
    pub tracks: Vec<Track>,
}

/// When a batch is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosingRule {
    /// With so many documents at once.
    pub documents: usize,
    /// So many seconds after its first document at the next look.
    pub seconds: i64,
}

impl Default for ClosingRule {
    /// 65,536 documents: a tree of 16 levels, built in milliseconds; a day, since documents wait that long for their stamp.
    fn default() -> Self {
        Self { documents: 1 << 16, seconds: 24 * 3600 }
    }
}

/// Documents of which a bundle is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What they share.
    pub key: BatchKey,
    /// The documents, in the order of their coming.
    pub documents: Vec<Document>,
}

/// The open batches.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    rule: ClosingRule,
    open: BTreeMap<BatchKey, Open>,
}

#[derive(Clone, Debug)]
struct Open {
    since: Time,
    keys: BTreeSet<String>,
    documents: Vec<Document>,
}

impl BatchKey {
    /// The batch to which a document belongs under these tracks.
    ///
    /// # Errors
    /// When there is no track, one comes twice or has no plain word for its name, or the document lacks a digest.
    pub fn of(document: &Document, tracks: &[Track]) -> Result<Self, Error> {
        let mut tracks = tracks.to_vec();
        tracks.sort();
        check_tracks(&tracks)?;
        if !tracks.iter().all(|track| document.digest(track.algorithm).is_some()) {
            return Err(Error::Document("a track's digest is missing"));
        }
        Ok(Self { class: document.class().to_owned(), retention: document.retention().month(), tracks })
    }
}

pub(crate) fn check_tracks(tracks: &[Track]) -> Result<(), Error> {
    if tracks.is_empty() || !tracks.iter().all(|track| is_word(&track.name)) {
        return Err(Error::Batch("no track, or one whose name is not a plain word"));
    }
    if !tracks.is_sorted_by(|one, next| one.name < next.name) {
        return Err(Error::Batch("two tracks of one name"));
    }
    Ok(())
}

impl Collector {
    /// With no batch open.
    #[must_use]
    pub fn new(rule: ClosingRule) -> Self {
        Self { rule, open: BTreeMap::new() }
    }

    /// Takes a document at `now`; the batch, if it is full with it.
    ///
    /// # Errors
    /// As [`BatchKey::of`], and when the batch has a document of that key.
    pub fn add(&mut self, document: Document, tracks: &[Track], now: Time) -> Result<Option<Batch>, Error> {
        let key = BatchKey::of(&document, tracks)?;
        let new = || Open { since: now, keys: BTreeSet::new(), documents: Vec::new() };
        let open = self.open.entry(key.clone()).or_insert_with(new);
        if !open.keys.insert(document.key().to_owned()) {
            return Err(Error::Document("its key is taken in the open batch"));
        }
        open.documents.push(document);
        let full = open.documents.len() >= self.rule.documents.clamp(1, MOST_DOCUMENTS);
        Ok(if full { self.close(&key) } else { None })
    }

    /// The batches whose time is over at `now`.
    pub fn close_due(&mut self, now: Time) -> Vec<Batch> {
        let over = |open: &Open| now.seconds_since(open.since) >= self.rule.seconds;
        let due: Vec<_> =
            self.open.iter().filter(|(_, open)| over(open)).map(|(key, _)| key.clone()).collect();
        due.iter().filter_map(|key| self.close(key)).collect()
    }

    /// All batches, whatever their age: before a shutdown that should leave nothing unstamped.
    pub fn close_all(&mut self) -> Vec<Batch> {
        let keys: Vec<_> = self.open.keys().cloned().collect();
        keys.iter().filter_map(|key| self.close(key)).collect()
    }

    /// Documents that wait in open batches.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.open.values().map(|open| open.documents.len()).sum()
    }

    fn close(&mut self, key: &BatchKey) -> Option<Batch> {
        let (key, open) = self.open.remove_entry(key)?;
        Some(Batch { key, documents: open.documents })
    }
}

#[cfg(test)]
mod tests {
    use hsign_core::Digest;

    use super::*;
    use crate::RetentionEnd;

    const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

    fn document(key: &str, end: &str) -> Document {
        let digest = hsign_crypto::digest(SHA256, key.as_bytes()).unwrap();
        Document::new(key, 3, &[digest], "chart", end.parse().unwrap()).unwrap()
    }

    fn tracks() -> Vec<Track> {
        vec![Track { name: "a".to_owned(), algorithm: SHA256 }]
    }

    fn at(seconds: i64) -> Time {
        Time::from_unix_seconds(seconds).unwrap()
    }

    #[test]
    fn a_batch_is_closed_by_its_number_of_documents() {
        let mut collector = Collector::new(ClosingRule { documents: 2, seconds: 100 });
        assert_eq!(collector.add(document("1", "open"), &tracks(), at(0)).unwrap(), None);
        let closed = collector.add(document("2", "open"), &tracks(), at(1)).unwrap().unwrap();
        assert_eq!((closed.documents.len(), collector.waiting()), (2, 0));
    }

    #[test]
    fn a_batch_is_closed_by_the_age_of_its_first_document() {
        let mut collector = Collector::new(ClosingRule { documents: 9, seconds: 100 });
        collector.add(document("1", "open"), &tracks(), at(0)).unwrap();
        collector.add(document("2", "open"), &tracks(), at(99)).unwrap();
        assert!(collector.close_due(at(99)).is_empty());
        assert_eq!(collector.close_due(at(100))[0].documents.len(), 2);
        assert!(collector.close_due(at(500)).is_empty());
    }

    #[test]
    fn what_ends_in_another_month_or_is_open_goes_elsewhere() {
        let mut collector = Collector::default();
        for (key, end) in [("1", "2031-04-01"), ("2", "2031-04-30"), ("3", "2031-05-01"), ("4", "open")] {
            collector.add(document(key, end), &tracks(), at(0)).unwrap();
        }
        let months: Vec<_> =
            collector.close_all().into_iter().map(|one| (one.key.retention, one.documents.len())).collect();
        let expected = [("2031-04", 2), ("2031-05", 1), ("open", 1)];
        assert_eq!(months, expected.map(|(month, count)| (month.to_owned(), count)));
    }

    #[test]
    fn a_key_comes_once_and_every_track_needs_its_digest() {
        let mut collector = Collector::default();
        collector.add(document("1", "open"), &tracks(), at(0)).unwrap();
        assert!(matches!(collector.add(document("1", "open"), &tracks(), at(0)), Err(Error::Document(_))));
        let stronger = [Track { name: "b".to_owned(), algorithm: DigestAlgorithm::Sha512 }];
        assert!(matches!(collector.add(document("2", "open"), &stronger, at(0)), Err(Error::Document(_))));
        assert!(collector.add(document("2", "open"), &[], at(0)).is_err());
        let twice = [tracks(), tracks()].concat();
        assert!(collector.add(document("2", "open"), &twice, at(0)).is_err());
        assert_eq!(collector.waiting(), 1);
    }

    #[test]
    fn descriptions_that_cannot_be_written_are_refused() {
        let digest = Digest::new(SHA256, vec![0; 32]);
        let new = |key: &str, class: &str, digest: &Digest| {
            Document::new(key, 0, std::slice::from_ref(digest), class, RetentionEnd::Open)
        };
        let fine = new("k", "chart", &digest).unwrap();
        assert!(new("", "chart", &digest).is_err());
        assert!(new("a\nb", "chart", &digest).is_err());
        assert!(new("k", "../chart", &digest).is_err());
        assert!(new("k", "chart", &Digest::new(SHA256, vec![0; 31])).is_err());
        assert!(fine.clone().replacing("k").is_err());
        assert!(fine.clone().at("").is_err());
        assert_eq!(fine.replacing("j").unwrap().replaces(), Some("j"));
    }
}

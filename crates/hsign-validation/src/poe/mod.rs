//! Proofs of existence (EN 319 102-1): which object is known to have existed when, and on whose word.

mod contents;
mod object;

use std::collections::HashMap;

use hsign_core::facts::Covered;
use hsign_core::{DigestAlgorithm, Time};

pub(crate) use contents::{Contents, all_timestamps};
pub use object::{ProofOfExistence, ProofSource, ProvenObject};

/// A time by which the caller knows an object to have existed: the registry of an archive, for example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenProof {
    /// The object, and with it what is inside.
    pub object: Covered,
    /// By when.
    pub time: Time,
    /// On whose word, for reports.
    pub source: String,
}

/// The earliest proven time of each object. Everything at hand exists at the time of validation; what exists
/// at one time exists at all later ones, so that the earliest proof says all.
#[derive(Clone, Debug)]
pub(crate) struct ProofsOfExistence {
    now: Time,
    earliest: HashMap<ProvenObject, (Time, ProofSource)>,
}

impl ProofsOfExistence {
    /// Only what is at hand, at `now`.
    pub(crate) fn at(now: Time) -> Self {
        Self { now, earliest: HashMap::new() }
    }

    /// Adds the caller's. A time in the future proves nothing.
    pub(crate) fn add_given(&mut self, given: &[GivenProof], contents: &Contents<'_>) {
        let now = self.now;
        for proof in given.iter().filter(|proof| proof.time <= now) {
            let source = ProofSource::Given(proof.source.clone());
            // Whoever holds the object itself relies on no digest inside it.
            for object in contents.inside(&proof.object, true, &|_| true) {
                self.add(object, proof.time, &source);
            }
        }
    }

    pub(crate) fn add(&mut self, object: ProvenObject, time: Time, source: &ProofSource) {
        match self.earliest.entry(object) {
            // Newer stamps come first: of two in the same second the one that the other covers is told.
            std::collections::hash_map::Entry::Occupied(mut known)
                if known.get().0 > time || (known.get().0 == time && both_stamps(&known.get().1, source)) =>
            {
                known.insert((time, source.clone()));
            }
            std::collections::hash_map::Entry::Occupied(_) => {}
            std::collections::hash_map::Entry::Vacant(free) if time < self.now => {
                free.insert((time, source.clone()));
            }
            std::collections::hash_map::Entry::Vacant(_) => {}
        }
    }

    /// Extraction (EN 319 102-1): everything under a stamp's imprint existed at its time. What the objects name
    /// by digest only is taken along as far as that digest was good then.
    pub(crate) fn extract(
        &mut self,
        covers: &[Covered],
        time: Time,
        source: &ProofSource,
        contents: &Contents<'_>,
        whole: bool,
        digest_was_good: &dyn Fn(DigestAlgorithm) -> bool,
    ) {
        for object in covers.iter().flat_map(|covered| contents.inside(covered, whole, digest_was_good)) {
            self.add(object, time, source);
        }
    }

    /// The earliest proven time of an object.
    pub(crate) fn earliest(&self, object: &ProvenObject) -> Time {
        self.earliest.get(object).map_or(self.now, |(time, _)| *time)
    }

    /// Whether the object is proven to have existed at `time`.
    pub(crate) fn exists_at(&self, object: &ProvenObject, time: Time) -> bool {
        self.earliest(object) <= time
    }

    /// The proof of one object; `None` when it is merely at hand.
    pub(crate) fn of(&self, object: &ProvenObject) -> Option<ProofOfExistence> {
        let (time, source) = self.earliest.get(object)?;
        Some(ProofOfExistence { time: *time, object: object.clone(), source: source.clone() })
    }

    /// All of them, in the order of their objects.
    pub(crate) fn all(&self) -> Vec<ProofOfExistence> {
        let mut all: Vec<_> = self.earliest.keys().filter_map(|object| self.of(object)).collect();
        all.sort_by(|one, other| one.object.cmp(&other.object));
        all
    }
}

fn both_stamps(one: &ProofSource, other: &ProofSource) -> bool {
    matches!((one, other), (ProofSource::Timestamp(_), ProofSource::Timestamp(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(seconds: i64) -> Time {
        Time::from_unix_seconds(seconds).unwrap()
    }

    #[test]
    fn the_earliest_proof_stays_with_its_source() {
        let mut proofs = ProofsOfExistence::at(time(100));
        let value = ProvenObject::Signature("a".to_owned());
        assert_eq!(proofs.earliest(&value), time(100));
        assert_eq!(proofs.of(&value), None);
        proofs.add(value.clone(), time(50), &ProofSource::Timestamp("late".to_owned()));
        proofs.add(value.clone(), time(20), &ProofSource::Timestamp("early".to_owned()));
        proofs.add(value.clone(), time(70), &ProofSource::Timestamp("later".to_owned()));
        assert_eq!(proofs.earliest(&value), time(20));
        assert_eq!(proofs.of(&value).unwrap().source(), &ProofSource::Timestamp("early".to_owned()));
        assert!(proofs.exists_at(&value, time(20)) && !proofs.exists_at(&value, time(19)));
    }

    #[test]
    fn a_proof_from_the_future_is_none() {
        let mut proofs = ProofsOfExistence::at(time(100));
        let value = ProvenObject::Signature("a".to_owned());
        proofs.add(value.clone(), time(101), &ProofSource::Timestamp("ahead".to_owned()));
        assert_eq!(proofs.of(&value), None);
        assert_eq!(proofs.earliest(&value), time(100));
    }
}

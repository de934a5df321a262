//! Units of work: what several workers share, each done once however often a worker dies over it.
//!
//! A worker claims a unit for a while (its lease). With every claim the unit's fence grows, and only who has the latest
//! fence may commit: a worker that was asleep too long is refused then, whatever it believes. [`Units`] is this as a
//! pure state machine; the database does the same, and a test holds one against the other.

use std::collections::BTreeMap;
use std::fmt;

use hsign_core::DigestAlgorithm;
use serde::{Deserialize, Serialize};

use crate::Error;

/// What is to be done. Two descriptions that are equal are one unit, so that offering it twice does no harm; what may
/// be done again later says which time it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Work {
    /// Makes a bundle of documents that wait.
    Seal {
        /// Their class.
        class: String,
        /// The month in which their retention ends, or `open`.
        retention: String,
        /// The number of the first of them, in the order of their coming.
        from: u64,
    },
    /// The first time stamp of a track.
    Stamp {
        /// The bundle.
        bundle: String,
        /// The track.
        track: String,
    },
    /// One time stamp over the time stamps of many bundles.
    RenewTimestamps {
        /// The track.
        track: String,
        /// The hash function of their chains.
        algorithm: DigestAlgorithm,
        /// Which bundles, and for which time: the caller's word.
        group: String,
    },
    /// A new tree over the documents of a bundle.
    RenewTree {
        /// The bundle.
        bundle: String,
        /// The track.
        track: String,
        /// The chain that it begins.
        chain: u32,
    },
    /// Reads a slice of a bundle's documents, or its files in a store.
    Scrub {
        /// The bundle.
        bundle: String,
        /// The store, or where documents are read.
        store: String,
        /// Which slice, from 0.
        slice: u32,
        /// The round, `2026-11`.
        round: String,
    },
    /// A time stamp inside a document.
    Extend {
        /// The document.
        key: String,
        /// Which renewal of it: the caller's word.
        round: String,
    },
    /// Erases a document.
    Erase {
        /// The deletion.
        deletion: String,
        /// The document.
        key: String,
    },
}

/// Kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum UnitKind {
    Seal,
    Stamp,
    RenewTimestamps,
    RenewTree,
    Scrub,
    Extend,
    Erase,
}

/// A unit that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUnit {
    /// What is to be done.
    pub work: Work,
    /// Lower numbers are claimed first.
    pub priority: i64,
}

/// Where a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitState {
    /// It can be claimed.
    Ready,
    /// Somebody works on it; once the lease is over it can be claimed again.
    Leased,
    /// It is done, and is never done again.
    Done,
    /// It failed and is tried again later.
    Failed,
    /// It failed, or killed its workers, too often: somebody has to look at it.
    Dead,
}

/// How often a unit is tried before it counts as dead.
pub const MOST_ATTEMPTS: u32 = 5;

impl Work {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> UnitKind {
        match self {
            Self::Seal { .. } => UnitKind::Seal,
            Self::Stamp { .. } => UnitKind::Stamp,
            Self::RenewTimestamps { .. } => UnitKind::RenewTimestamps,
            Self::RenewTree { .. } => UnitKind::RenewTree,
            Self::Scrub { .. } => UnitKind::Scrub,
            Self::Extend { .. } => UnitKind::Extend,
            Self::Erase { .. } => UnitKind::Erase,
        }
    }

    /// Its natural key: the description as JSON, members always in the same order.
    ///
    /// # Errors
    /// Never for what is made here.
    pub fn key(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|_| Error::Batch("a unit can't be written as JSON"))
    }

    /// The work with this key.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_key(key: &str) -> Result<Self, Error> {
        serde_json::from_str(key).map_err(|_| Error::Batch("a unit can't be read"))
    }
}

impl UnitKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Seal,
        Self::Stamp,
        Self::RenewTimestamps,
        Self::RenewTree,
        Self::Scrub,
        Self::Extend,
        Self::Erase,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Stamp => "stamp",
            Self::RenewTimestamps => "renew-timestamps",
            Self::RenewTree => "renew-tree",
            Self::Scrub => "scrub",
            Self::Extend => "extend",
            Self::Erase => "erase",
        }
    }
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl UnitState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Ready, Self::Leased, Self::Done, Self::Failed, Self::Dead];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Dead => "dead",
        }
    }
}

/// All units, as the database should have them. Times are milliseconds of the database's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units(BTreeMap<Work, Unit>);

/// One of [`Units`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Where it stands.
    pub state: UnitState,
    /// Grows with every claim.
    pub fence: u64,
    /// How often it was claimed since somebody looked at it.
    pub attempts: u32,
    priority: i64,
    /// The end of the lease, or of the pause after a failure.
    until: i64,
}

impl Units {
    /// Takes a unit unless it is there; whether it is new.
    pub fn offer(&mut self, unit: &NewUnit) -> bool {
        let new = !self.0.contains_key(&unit.work);
        let ready =
            Unit { state: UnitState::Ready, fence: 0, attempts: 0, priority: unit.priority, until: i64::MIN };
        self.0.entry(unit.work.clone()).or_insert(ready);
        new
    }

    /// The unit.
    #[must_use]
    pub fn get(&self, work: &Work) -> Option<&Unit> {
        self.0.get(work)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&Work, &Unit)> {
        self.0.iter()
    }

    /// What may be claimed now: of these kinds, the most urgent only.
    #[must_use]
    pub fn claimable(&self, kinds: &[UnitKind], now: i64) -> Vec<&Work> {
        let free = |unit: &Unit| match unit.state {
            UnitState::Ready => true,
            UnitState::Failed => unit.until <= now,
            UnitState::Leased => unit.until < now && unit.attempts < MOST_ATTEMPTS,
            UnitState::Done | UnitState::Dead => false,
        };
        let free = self.0.iter().filter(|(work, unit)| kinds.contains(&work.kind()) && free(unit));
        let free: Vec<_> = free.collect();
        let first = free.iter().map(|(_, unit)| unit.priority).min();
        free.into_iter().filter(|(_, unit)| Some(unit.priority) == first).map(|(work, _)| work).collect()
    }

    /// Claims one that may be; its new fence.
    pub fn claim(&mut self, work: &Work, lease: i64, now: i64) -> Option<u64> {
        if !self.claimable(&[work.kind()], now).contains(&work) {
            return None;
        }
        let unit = self.0.get_mut(work)?;
        unit.state = UnitState::Leased;
        unit.fence += 1;
        unit.attempts += 1;
        unit.until = now.saturating_add(lease);
        Some(unit.fence)
    }

    /// Buries what killed its workers too often; how many.
    pub fn bury(&mut self, now: i64) -> u64 {
        let lost = |unit: &Unit| {
            unit.state == UnitState::Leased && unit.until < now && unit.attempts >= MOST_ATTEMPTS
        };
        let mut buried = 0;
        for unit in self.0.values_mut().filter(|unit| lost(unit)) {
            unit.state = UnitState::Dead;
            buried += 1;
        }
        buried
    }

    /// Prolongs a lease; `false` when somebody else has the unit.
    pub fn heartbeat(&mut self, work: &Work, fence: u64, lease: i64, now: i64) -> bool {
        let Some(unit) = self.held(work, fence) else { return false };
        unit.until = now.saturating_add(lease);
        true
    }

    /// The work is done; `false` when somebody else has the unit. Saying it again is no harm.
    pub fn commit(&mut self, work: &Work, fence: u64) -> bool {
        if let Some(unit) = self.held(work, fence) {
            unit.state = UnitState::Done;
            return true;
        }
        self.0.get(work).is_some_and(|unit| unit.state == UnitState::Done && unit.fence == fence)
    }

    /// The work failed and is tried again at `retry`; `false` when somebody else has the unit.
    pub fn fail(&mut self, work: &Work, fence: u64, retry: i64) -> bool {
        let Some(unit) = self.held(work, fence) else { return false };
        let over = unit.attempts >= MOST_ATTEMPTS;
        unit.state = if over { UnitState::Dead } else { UnitState::Failed };
        unit.until = retry;
        true
    }

    /// The work can't go on now for reasons that are not its own (a quota, a database that is away): it is free again
    /// at `retry` and the attempt doesn't count.
    pub fn put_back(&mut self, work: &Work, fence: u64, retry: i64) -> bool {
        let Some(unit) = self.held(work, fence) else { return false };
        unit.state = UnitState::Failed;
        unit.attempts = unit.attempts.saturating_sub(1);
        unit.until = retry;
        true
    }

    /// Somebody looked at a dead unit; `false` when it isn't dead.
    pub fn revive(&mut self, work: &Work) -> bool {
        let Some(unit) = self.0.get_mut(work).filter(|unit| unit.state == UnitState::Dead) else {
            return false;
        };
        unit.state = UnitState::Ready;
        unit.attempts = 0;
        true
    }

    fn held(&mut self, work: &Work, fence: u64) -> Option<&mut Unit> {
        self.0.get_mut(work).filter(|unit| unit.state == UnitState::Leased && unit.fence == fence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(bundle: &str) -> Work {
        Work::Stamp { bundle: bundle.to_owned(), track: "a".to_owned() }
    }

    fn units() -> Units {
        let mut units = Units::default();
        assert!(units.offer(&NewUnit { work: stamp("1"), priority: 0 }));
        assert!(!units.offer(&NewUnit { work: stamp("1"), priority: 7 }));
        units
    }

    #[test]
    fn a_worker_that_slept_too_long_commits_nothing() {
        let mut units = units();
        let first = units.claim(&stamp("1"), 100, 0).unwrap();
        assert!(units.claim(&stamp("1"), 100, 100).is_none(), "the lease isn't over");
        let second = units.claim(&stamp("1"), 100, 101).unwrap();
        assert!(!units.commit(&stamp("1"), first) && !units.heartbeat(&stamp("1"), first, 100, 102));
        assert!(units.commit(&stamp("1"), second) && units.commit(&stamp("1"), second));
        assert!(!units.fail(&stamp("1"), second, 0));
        assert!(!units.offer(&NewUnit { work: stamp("1"), priority: 0 }), "done once is done");
    }

    #[test]
    fn a_unit_that_kills_its_workers_is_buried() {
        let mut units = units();
        for attempt in 0..i64::from(MOST_ATTEMPTS) {
            assert!(units.claim(&stamp("1"), 1, attempt * 10).is_some());
        }
        assert!(units.claim(&stamp("1"), 1, 1000).is_none());
        assert_eq!(units.bury(1000), 1);
        assert!(units.revive(&stamp("1")) && units.claim(&stamp("1"), 1, 1001).is_some());
    }

    #[test]
    fn what_is_put_back_costs_no_attempt() {
        let mut units = units();
        for _ in 0..20 {
            let fence = units.claim(&stamp("1"), 1, 0).unwrap();
            assert!(units.put_back(&stamp("1"), fence, 0));
        }
        assert_eq!(units.get(&stamp("1")).unwrap().attempts, 0);
    }

    #[test]
    fn the_most_urgent_is_claimed_first() {
        let mut units = units();
        units.offer(&NewUnit { work: stamp("2"), priority: -3 });
        assert_eq!(units.claimable(&UnitKind::ALL, 0), [&stamp("2")]);
        assert!(units.claimable(&[UnitKind::Seal], 0).is_empty());
    }

    #[test]
    fn a_key_tells_the_work() {
        let seal = Work::Seal { class: "chart".into(), retention: "open".into(), from: 7 };
        assert_eq!(seal.key().unwrap(), r#"{"kind":"seal","class":"chart","retention":"open","from":7}"#);
        assert_eq!(Work::from_key(&seal.key().unwrap()).unwrap(), seal);
        assert!(Work::from_key("{}").is_err());
    }
}

//! The lawful end of documents: what has to be fulfilled before one is deleted, and what a hold does.
//!
//! A deletion is planned with its reason, waits, is approved, and only then carried out, document by document; each is
//! looked at again at that moment, since a hold may have come in between. Nothing here deletes anything.

mod deletion;

use std::collections::BTreeMap;

use hsign_core::{Date, Time};
use serde::Serialize;

pub use deletion::{Breach, BreachKind, Deletion};

use crate::{Error, Event, HoldSubject, RetentionEnd, Segment};

/// What the institution wants of deletions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletionPolicy {
    /// Somebody else than the planner has to approve.
    pub four_eyes: bool,
    /// So many seconds lie at least between plan and deletion.
    pub wait: i64,
}

/// A hold that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// What is held.
    pub subject: HoldSubject,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Time,
}

/// A document as far as its deletion is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its class.
    pub class: &'a str,
    /// Until when it has to be kept, as known now.
    pub retention: RetentionEnd,
    /// Whether it is in a bundle: before that nothing would prove that it was there.
    pub sealed: bool,
    /// Whether it is gone already.
    pub deleted: bool,
    /// The key of a version that replaces it and stays.
    pub later_version: Option<&'a str>,
}

/// What stands before the deletion of a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "obstacle", rename_all = "kebab-case")]
pub enum Obstacle {
    /// The clock of its retention hasn't started.
    RetentionOpen,
    /// It has to be kept.
    RetentionRuns {
        /// Up to this day, included.
        end: Date,
    },
    /// It is held.
    Held {
        /// The name of the hold.
        hold: String,
    },
    /// It is in no bundle yet.
    NotSealed,
    /// It is gone already.
    Deleted,
    /// A later version of it stays, and says that it replaces this one.
    LaterVersion {
        /// The key of that version.
        key: String,
    },
    /// There is no deletion of this name, or the document isn't part of it.
    NotPlanned,
    /// The deletion was cancelled.
    Cancelled,
    /// The time for second thoughts isn't over.
    Waiting {
        /// When it is.
        until: Time,
    },
    /// Nobody has approved.
    NotApproved,
    /// The planner approved; somebody else has to.
    ApprovedByPlanner,
}

impl Obstacle {
    /// Its kind in a word, as in its JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::RetentionOpen => "retention-open",
            Self::RetentionRuns { .. } => "retention-runs",
            Self::Held { .. } => "held",
            Self::NotSealed => "not-sealed",
            Self::Deleted => "deleted",
            Self::LaterVersion { .. } => "later-version",
            Self::NotPlanned => "not-planned",
            Self::Cancelled => "cancelled",
            Self::Waiting { .. } => "waiting",
            Self::NotApproved => "not-approved",
            Self::ApprovedByPlanner => "approved-by-planner",
        }
    }
}

/// Holds and deletions, as the trail tells them from its first segment on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    holds: BTreeMap<String, Hold>,
    deletions: BTreeMap<String, Deletion>,
}

impl Lifecycle {
    /// With these holds and deletions, as an index has them that follows the trail.
    #[must_use]
    pub fn of(holds: BTreeMap<String, Hold>, deletions: BTreeMap<String, Deletion>) -> Self {
        Self { holds, deletions }
    }

    /// Goes on with a segment; what in it should not have happened under the policy is told, and taken as it is: it did
    /// happen.
    pub fn apply(&mut self, segment: &Segment, policy: DeletionPolicy) -> Vec<Breach> {
        let mut breaches = Vec::new();
        for event in segment.events() {
            if let Some(kind) = self.event(event, segment, policy) {
                breaches.push(Breach { segment: segment.number(), kind });
            }
        }
        breaches
    }

    fn event(&mut self, event: &Event, segment: &Segment, policy: DeletionPolicy) -> Option<BreachKind> {
        match event {
            Event::Held { hold, subject, reason } => {
                let (subject, reason) = (subject.clone(), reason.clone());
                let held = Hold { subject, reason, since: segment.time() };
                let taken = self.holds.insert(hold.clone(), held).is_some();
                taken.then(|| BreachKind::HoldTwice { hold: hold.clone() })
            }
            Event::Released { hold, .. } => {
                let stood = self.holds.remove(hold).is_some();
                (!stood).then(|| BreachKind::NoSuchHold { hold: hold.clone() })
            }
            _ => deletion::event(&mut self.deletions, event, segment, policy),
        }
    }

    /// The holds that stand, by name.
    #[must_use]
    pub fn holds(&self) -> &BTreeMap<String, Hold> {
        &self.holds
    }

    /// The deletions, by name.
    #[must_use]
    pub fn deletions(&self) -> &BTreeMap<String, Deletion> {
        &self.deletions
    }

    /// The names of the holds on a document.
    pub fn holds_on(&self, key: &str, class: &str) -> impl Iterator<Item = &str> {
        let covers = move |(_, hold): &(&String, &Hold)| hold.subject.covers(key, class);
        self.holds.iter().filter(covers).map(|(name, _)| name.as_str())
    }

    /// Everything that stands before the deletion of a document at `now` in the course of a planned deletion; nothing:
    /// it may be deleted.
    #[must_use]
    pub fn obstacles(
        &self,
        candidate: &Candidate<'_>,
        deletion: &str,
        policy: DeletionPolicy,
        now: Time,
    ) -> Vec<Obstacle> {
        let mut obstacles = self.to_planning(candidate, now);
        match self.deletions.get(deletion).filter(|deletion| deletion.keys.contains(candidate.key)) {
            Some(deletion) => obstacles.extend(deletion.obstacles(policy, now)),
            None => obstacles.push(Obstacle::NotPlanned),
        }
        obstacles
    }

    /// What stands before planning it: a plan is refused where it couldn't be carried out as things are.
    #[must_use]
    pub fn to_planning(&self, candidate: &Candidate<'_>, now: Time) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        if candidate.deleted {
            return vec![Obstacle::Deleted];
        }
        if !candidate.sealed {
            obstacles.push(Obstacle::NotSealed);
        }
        obstacles.extend(retention(candidate.retention, now));
        let held = self.holds_on(candidate.key, candidate.class).map(str::to_owned);
        obstacles.extend(held.map(|hold| Obstacle::Held { hold }));
        if let Some(key) = candidate.later_version {
            obstacles.push(Obstacle::LaterVersion { key: key.to_owned() });
        }
        obstacles
    }

    /// Until when evidence about these documents is needed, each with its key, class and end of retention; `None` while
    /// one is open or held: then it is renewed without end.
    pub fn kept_until<'a>(
        &self,
        documents: impl IntoIterator<Item = (&'a str, &'a str, RetentionEnd)>,
    ) -> Option<Time> {
        let mut longest: Option<Time> = None;
        for (key, class, retention) in documents {
            let RetentionEnd::Until(end) = retention else { return None };
            if self.holds_on(key, class).next().is_some() {
                return None;
            }
            let end = end.end_in_japan();
            longest = Some(longest.map_or(end, |longest| longest.max(end)));
        }
        longest
    }

    /// Refuses a name that a hold or deletion has had: names say in the trail what belongs together.
    ///
    /// # Errors
    /// When it is taken.
    pub fn check_free(&self, name: &str) -> Result<(), Error> {
        if self.holds.contains_key(name) || self.deletions.contains_key(name) {
            return Err(Error::Event("a hold or a deletion has this name"));
        }
        Ok(())
    }
}

/// The last day itself is still kept, as long as it lasts in Japan.
fn retention(retention: RetentionEnd, now: Time) -> Option<Obstacle> {
    match retention {
        RetentionEnd::Open => Some(Obstacle::RetentionOpen),
        RetentionEnd::Until(end) if now <= end.end_in_japan() => Some(Obstacle::RetentionRuns { end }),
        RetentionEnd::Until(_) => None,
    }
}

#[cfg(test)]
mod tests;

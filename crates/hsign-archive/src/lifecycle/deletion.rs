//! One deletion from its plan to its certificate.

use std::collections::{BTreeMap, BTreeSet};

use hsign_core::Time;
use serde::Serialize;

use super::{DeletionPolicy, Obstacle};
use crate::{Event, Segment};

/// A deletion, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The keys of the documents.
    pub keys: BTreeSet<String>,
    /// Why.
    pub reason: String,
    /// Who planned it.
    pub planned_by: String,
    /// When.
    pub planned: Time,
    /// Nothing is deleted earlier.
    pub not_before: Time,
    /// Who approved.
    pub approved_by: Option<String>,
    /// How many of the documents are gone.
    pub deleted: u64,
    /// Whether it was called off, or what was left of it.
    pub cancelled: bool,
    /// Whether what was deleted has been certified.
    pub certified: bool,
}

/// Something in the trail that should not have happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// The segment that tells of it.
    pub segment: u64,
    /// What it is.
    pub kind: BreachKind,
}

/// What should not have happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "breach", rename_all = "kebab-case")]
pub enum BreachKind {
    /// A hold of this name stood already.
    HoldTwice {
        /// Its name.
        hold: String,
    },
    /// No hold of this name stood.
    NoSuchHold {
        /// Its name.
        hold: String,
    },
    /// There is a deletion of this name.
    DeletionTwice {
        /// Its name.
        deletion: String,
    },
    /// There is no deletion of this name.
    NoSuchDeletion {
        /// Its name.
        deletion: String,
    },
    /// A deletion was planned with less time than the policy asks for.
    ShortNotice {
        /// Its name.
        deletion: String,
    },
    /// A document was deleted while this stood before it.
    DeletedDespite {
        /// The deletion.
        deletion: String,
        /// What stood before it.
        obstacle: Obstacle,
    },
}

impl Deletion {
    /// Whoever agrees after somebody else has changes nothing; the planner's own word is as good as none beside another's.
    fn approve(&mut self, actor: &str) {
        if self.approved_by.as_ref().is_none_or(|by| *by == self.planned_by) {
            self.approved_by = Some(actor.to_owned());
        }
    }

    pub(super) fn obstacles(&self, policy: DeletionPolicy, now: Time) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        if self.cancelled {
            obstacles.push(Obstacle::Cancelled);
        }
        let earliest = self.not_before.max(self.planned.plus_seconds(policy.wait));
        if now < earliest {
            obstacles.push(Obstacle::Waiting { until: earliest });
        }
        match &self.approved_by {
            None => obstacles.push(Obstacle::NotApproved),
            Some(by) if policy.four_eyes && *by == self.planned_by => {
                obstacles.push(Obstacle::ApprovedByPlanner);
            }
            Some(_) => {}
        }
        obstacles
    }
}

/// Goes on with an event about a deletion.
pub(super) fn event(
    deletions: &mut BTreeMap<String, Deletion>,
    event: &Event,
    segment: &Segment,
    policy: DeletionPolicy,
) -> Option<BreachKind> {
    let name = match event {
        Event::DeletionPlanned { deletion, keys, reason, not_before } => {
            let planned = Deletion {
                keys: keys.iter().cloned().collect(),
                reason: reason.clone(),
                planned_by: segment.actor().to_owned(),
                planned: segment.time(),
                not_before: *not_before,
                approved_by: None,
                deleted: 0,
                cancelled: false,
                certified: false,
            };
            let short = *not_before < segment.time().plus_seconds(policy.wait);
            let name = || deletion.clone();
            if deletions.insert(name(), planned).is_some() {
                return Some(BreachKind::DeletionTwice { deletion: name() });
            }
            return short.then(|| BreachKind::ShortNotice { deletion: name() });
        }
        Event::DeletionApproved { deletion }
        | Event::Deleted { deletion, .. }
        | Event::DeletionCancelled { deletion, .. }
        | Event::DeletionCertified { deletion, .. } => deletion,
        _ => return None,
    };
    let Some(deletion) = deletions.get_mut(name) else {
        return Some(BreachKind::NoSuchDeletion { deletion: name.clone() });
    };
    match event {
        Event::DeletionApproved { .. } => deletion.approve(segment.actor()),
        Event::DeletionCancelled { .. } => deletion.cancelled = true,
        Event::DeletionCertified { .. } => deletion.certified = true,
        _ => {
            deletion.deleted = deletion.deleted.saturating_add(1);
            let despite = deletion.obstacles(policy, segment.time()).into_iter().next();
            return despite.map(|obstacle| BreachKind::DeletedDespite { deletion: name.clone(), obstacle });
        }
    }
    None
}

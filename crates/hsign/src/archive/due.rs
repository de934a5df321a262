//! Units of work for what is due of the bundles.

use std::collections::{BTreeMap, BTreeSet};

use hsign_archive::{Action, ActionKind, BundleState, NewUnit, Work};
use hsign_archive_store::Index;
use hsign_core::{Date, DigestAlgorithm, Time, hex};

use super::{Archive, Environment};
use crate::Error;

/// What is due of the bundles.
#[derive(Default)]
pub(super) struct Due {
    /// Of one bundle each.
    units: Vec<NewUnit>,
    /// Renewals of time stamps, by track and hash function.
    shared: BTreeMap<(String, DigestAlgorithm), Group>,
    /// Bundles whose files have to be read before.
    pub(super) blocked: BTreeSet<String>,
}

impl Archive {
    pub(super) fn due(&self, index: &mut Index, environment: &Environment<'_>) -> Result<Due, Error> {
        let mut all = Due::default();
        self.planned(index, environment, &mut |bundle, due| {
            for action in due {
                all.add(bundle, action);
            }
        })?;
        Ok(all)
    }
}

impl Due {
    fn add(&mut self, bundle: &BundleState, action: Action) {
        if action.blocked.is_some() {
            self.blocked.insert(action.bundle);
            return;
        }
        let Some(track) = bundle.tracks.iter().find(|track| track.name == action.track) else { return };
        let priority = action.last_day.unix_seconds();
        match action.kind {
            ActionKind::Stamp => {
                let work = Work::Stamp { bundle: action.bundle, track: action.track };
                self.units.push(NewUnit { work, priority: 1 });
            }
            ActionKind::RenewTree => {
                let (bundle, chain) = (action.bundle, track.chain.saturating_add(1));
                let work = Work::RenewTree { bundle, track: action.track, chain };
                self.units.push(NewUnit { work, priority });
            }
            ActionKind::RenewTimestamp => {
                let key = (action.track.clone(), track.algorithm);
                self.shared.entry(key).or_default().add(&action);
            }
        }
    }

    /// What is to be offered, where `open` is under way.
    pub(super) fn into_units(mut self, open: &[Work], now: Time) -> Vec<NewUnit> {
        for work in open {
            if let Work::RenewTimestamps { track, algorithm, .. } = work {
                self.shared.remove(&(track.clone(), *algorithm));
            }
        }
        for ((track, algorithm), group) in self.shared {
            let (priority, group) = (group.priority, group.name(now));
            self.units.push(NewUnit { work: Work::RenewTimestamps { track, algorithm, group }, priority });
        }
        self.units
    }
}

/// Bundles whose time stamps are renewed together. The same ones at the same point of their lives are one unit, others
/// another; those that fail are tried again on another day.
struct Group {
    priority: i64,
    /// Of the bundles in their order.
    members: String,
}

impl Default for Group {
    fn default() -> Self {
        Self { priority: i64::MAX, members: String::new() }
    }
}

impl Group {
    /// Each stands for all before it, so that none has to be kept.
    fn add(&mut self, action: &Action) {
        self.priority = self.priority.min(action.last_day.unix_seconds());
        let member = format!("{}{} {}\n", self.members, action.bundle, action.last_day);
        self.members = hex(&hsign_crypto::sha256(member.as_bytes()));
    }

    fn name(&self, now: Time) -> String {
        hex(&hsign_crypto::sha256(format!("{}{}", self.members, Date::in_japan(now)).as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use hsign_archive::{LastStamp, Reason, TrackState};

    use super::*;

    fn now() -> Time {
        Time::from_unix_seconds(1_790_000_000).unwrap()
    }

    fn due(bundles: &[&str]) -> Due {
        let mut due = Due::default();
        for id in bundles {
            let track = TrackState {
                name: "a".to_owned(),
                algorithm: DigestAlgorithm::Sha256,
                chain: 1,
                last: Some(LastStamp { certificate_end: now(), signature_end: None }),
                stamped: Some(now()),
            };
            let bundle = BundleState {
                id: (*id).to_owned(),
                documents: 1,
                unread: 0,
                kept_until: None,
                whole_since: Some(now()),
                tracks: vec![track],
            };
            let action = Action {
                bundle: bundle.id.clone(),
                track: "a".to_owned(),
                kind: ActionKind::RenewTimestamp,
                reason: Reason::CertificateEnds,
                from: now(),
                last_day: now(),
                blocked: None,
            };
            due.add(&bundle, action);
        }
        due
    }

    #[test]
    fn a_renewal_that_is_under_way_is_not_offered_for_what_it_has_not_come_to() {
        let offered = due(&["1", "2", "3"]).into_units(&[], now());
        let [NewUnit { work, .. }] = offered.as_slice() else { panic!("one request for all: {offered:?}") };
        // The first bundle is done.
        assert_eq!(due(&["2", "3"]).into_units(std::slice::from_ref(work), now()), []);
        assert_eq!(due(&["2", "3"]).into_units(&[], now()).len(), 1);
    }

    #[test]
    fn a_renewal_of_another_hash_function_is_offered_beside_one_under_way() {
        let other = Work::RenewTimestamps {
            track: "a".to_owned(),
            algorithm: DigestAlgorithm::Sha512,
            group: String::new(),
        };
        assert_eq!(due(&["1"]).into_units(&[other], now()).len(), 1);
    }
}

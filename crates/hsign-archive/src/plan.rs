//! What has to be done, by when, and why: a value made from an inventory, a policy and a time.

use std::collections::BTreeMap;

use hsign_core::{DigestAlgorithm, Time};
use serde::Serialize;

/// Bundles whose tokens one renewal tree covers: a tree of a million leaves takes some seconds and 64 MB.
const LARGEST_TREE: u64 = 1 << 20;

/// When the hash functions and signature schemes in use end, by the dated table of the policy.
pub trait AlgorithmEnds {
    /// The last moment at which a hash function withstands collisions; `None` where no end is known.
    fn digest_end(&self, algorithm: DigestAlgorithm) -> Option<Time>;
}

/// A bundle as the inventory knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleState {
    /// Its name.
    pub id: String,
    /// How many documents it has.
    pub documents: u64,
    /// Octets of the documents whose digest under the hash function that follows isn't known: read when the tree is renewed.
    pub unread: u64,
    /// The end of the longest retention in it; `None` while it is open, or held.
    pub kept_until: Option<Time>,
    /// Since when all of it has been found whole; `None` when it never was.
    pub whole_since: Option<Time>,
    /// Its lines of evidence.
    pub tracks: Vec<TrackState>,
}

/// A line of evidence of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackState {
    /// Its name.
    pub name: String,
    /// The hash function of its last chain, or of the first if it has none.
    pub algorithm: DigestAlgorithm,
    /// The number of its last chain, from 1; 0 while there is none.
    pub chain: u32,
    /// The last time stamp; `None` while there is none.
    pub last: Option<LastStamp>,
    /// When that was made, by its own word.
    pub stamped: Option<Time>,
}

/// Until when a time stamp holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastStamp {
    /// The first end among the certificates of the authority's path.
    pub certificate_end: Time,
    /// When the scheme or key of its signatures ends; `None` where no end is known.
    pub signature_end: Option<Time>,
}

/// What the institution wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanPolicy {
    /// Renewals are due so many seconds before something ends.
    pub lead: i64,
    /// A renewal asks for a bundle that was found whole within so many seconds.
    pub newest_scrub: i64,
    /// What a time stamp costs, in yen, by track.
    pub yen: BTreeMap<String, u64>,
}

/// Something to be done for one track of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// The bundle.
    pub bundle: String,
    /// The track.
    pub track: String,
    /// What.
    pub kind: ActionKind,
    /// Why.
    pub reason: Reason,
    /// From when on it should be done.
    pub from: Time,
    /// The last moment; afterwards proof is lost.
    pub last_day: Time,
    /// What has to be done before.
    pub blocked: Option<Blocked>,
}

/// Kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    /// The first time stamp over the tree of the documents.
    Stamp,
    /// A time stamp over the time stamps (RFC 4998 §5.2).
    RenewTimestamp,
    /// A new tree under another hash function (RFC 4998 §5.2).
    RenewTree,
}

/// Why it has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// There is no time stamp yet.
    NotStamped,
    /// A certificate of the authority ends.
    CertificateEnds,
    /// The signature scheme or the size of its key ends.
    SignatureAlgorithmEnds,
    /// The hash function of the tree ends.
    DigestAlgorithmEnds,
}

/// What stands before a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blocked {
    /// Part of the bundle was never found whole, or is damaged.
    NeverWhole,
    /// It was found whole too long ago.
    ScrubTooOld,
}

/// The work at a time, most urgent first, and its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// How many bundles were looked at.
    pub bundles: u64,
    /// How many documents they have.
    pub documents: u64,
    /// What is due now.
    pub due: Vec<Action>,
    /// When the next work becomes due, where none is due earlier; `None` if nothing that is kept ever ends.
    pub next: Option<Time>,
    /// The earliest last moment of all tracks, due or not.
    pub renew_by: Option<Time>,
    /// Requests to authorities by track for all that is due.
    pub requests: BTreeMap<String, u64>,
    /// Their price in yen; `None` where a track has none.
    pub yen: Option<u64>,
    /// Octets of documents to be read.
    pub read: u64,
}

/// Makes the plan for `now`.
#[must_use]
pub fn plan(bundles: &[BundleState], policy: &PlanPolicy, ends: &dyn AlgorithmEnds, now: Time) -> Plan {
    let mut planner = Planner::new(policy, ends, now);
    let due = bundles.iter().flat_map(|bundle| planner.add(bundle)).collect();
    Plan { due, ..planner.plan() }.in_order()
}

/// Makes a plan bundle by bundle, so that nobody needs them all at once.
pub struct Planner<'p> {
    policy: &'p PlanPolicy,
    ends: &'p dyn AlgorithmEnds,
    now: Time,
    bundles: u64,
    documents: u64,
    next: Option<Time>,
    renew_by: Option<Time>,
    requests: Requests,
    read: u64,
}

impl<'p> Planner<'p> {
    /// With no bundle yet.
    #[must_use]
    pub fn new(policy: &'p PlanPolicy, ends: &'p dyn AlgorithmEnds, now: Time) -> Self {
        let (bundles, documents, read) = (0, 0, 0);
        let requests = Requests::default();
        Self { policy, ends, now, bundles, documents, next: None, renew_by: None, requests, read }
    }

    /// What is due now of this bundle.
    pub fn add(&mut self, bundle: &BundleState) -> Vec<Action> {
        let mut due = Vec::new();
        self.bundles += 1;
        self.documents = self.documents.saturating_add(bundle.documents);
        let earlier = |known: Option<Time>, one: Time| Some(known.map_or(one, |known| known.min(one)));
        for track in &bundle.tracks {
            let Some(action) = next_action(bundle, track, self.policy, self.ends, self.now) else { continue };
            self.renew_by = earlier(self.renew_by, action.last_day);
            if action.from > self.now {
                self.next = earlier(self.next, action.from);
                continue;
            }
            self.requests.count(&action, track.algorithm);
            due.push(action);
        }
        if due.iter().any(|action| action.kind == ActionKind::RenewTree) {
            self.read = self.read.saturating_add(bundle.unread);
        }
        due
    }

    /// The plan over all bundles that were added, without its list of what is due.
    #[must_use]
    pub fn plan(self) -> Plan {
        let requests = self.requests.by_track();
        let price = |(track, count): (&String, &u64)| self.policy.yen.get(track)?.checked_mul(*count);
        let yen = requests.iter().map(price).sum();
        let Self { bundles, documents, next, renew_by, read, .. } = self;
        Plan { bundles, documents, due: Vec::new(), next, renew_by, requests, yen, read }
    }
}

impl Plan {
    /// With what is due in the order of its urgency.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.due.sort_by(|one, other| order(one).cmp(&order(other)));
        self
    }
}

/// The most urgent first.
fn order(action: &Action) -> (Time, &str, &str) {
    (action.last_day, &action.track, &action.bundle)
}

/// What a track needs next; `None` when its evidence holds as long as the documents are kept.
fn next_action(
    bundle: &BundleState,
    track: &TrackState,
    policy: &PlanPolicy,
    ends: &dyn AlgorithmEnds,
    now: Time,
) -> Option<Action> {
    let action = |kind, reason, from, last_day, blocked| Action {
        bundle: bundle.id.clone(),
        track: track.name.clone(),
        kind,
        reason,
        from,
        last_day,
        blocked,
    };
    let Some(last) = &track.last else {
        // Every day without a stamp is one that can't be proven: at once, with no scrub before.
        return Some(action(ActionKind::Stamp, Reason::NotStamped, now, now, None));
    };
    let (end, kind, reason) = first_end(last, ends.digest_end(track.algorithm));
    if bundle.kept_until.is_some_and(|kept| kept < end) {
        return None;
    }
    let from = from_when(end, track.stamped, policy);
    Some(action(kind, reason, from, end, blocked(bundle, policy, now)))
}

/// So long before the end as the policy says. A stamp whose end was that near when it was made (a scheme that ends for all
/// authorities at once) has half of its life: renewed at once it would gain nothing.
fn from_when(end: Time, stamped: Option<Time>, policy: &PlanPolicy) -> Time {
    let usual = end.plus_seconds(policy.lead.saturating_neg());
    match stamped {
        Some(stamped) if stamped > usual => stamped.plus_seconds(end.seconds_since(stamped) / 2).max(usual),
        _ => usual,
    }
}

/// A new tree stands for a new time stamp too, so that it is what remains to be done where both end at once.
fn first_end(last: &LastStamp, digest_end: Option<Time>) -> (Time, ActionKind, Reason) {
    let mut first = (last.certificate_end, ActionKind::RenewTimestamp, Reason::CertificateEnds);
    if let Some(end) = last.signature_end.filter(|end| *end < first.0) {
        first = (end, ActionKind::RenewTimestamp, Reason::SignatureAlgorithmEnds);
    }
    match digest_end.filter(|end| *end <= first.0) {
        Some(end) => (end, ActionKind::RenewTree, Reason::DigestAlgorithmEnds),
        None => first,
    }
}

/// What isn't known to be whole isn't stamped anew: the stamp would hide since when it is damaged.
fn blocked(bundle: &BundleState, policy: &PlanPolicy, now: Time) -> Option<Blocked> {
    match bundle.whole_since {
        None => Some(Blocked::NeverWhole),
        Some(since) if now.seconds_since(since) > policy.newest_scrub => Some(Blocked::ScrubTooOld),
        Some(_) => None,
    }
}

#[derive(Default)]
struct Requests {
    /// One for each bundle.
    single: BTreeMap<String, u64>,
    /// One for each tree over many bundles, whose chains have one hash function.
    shared: BTreeMap<(String, DigestAlgorithm), u64>,
}

impl Requests {
    fn count(&mut self, action: &Action, algorithm: DigestAlgorithm) {
        let track = action.track.clone();
        match action.kind {
            ActionKind::RenewTimestamp => *self.shared.entry((track, algorithm)).or_default() += 1,
            ActionKind::Stamp | ActionKind::RenewTree => *self.single.entry(track).or_default() += 1,
        }
    }

    fn by_track(self) -> BTreeMap<String, u64> {
        let mut requests = self.single;
        for ((track, _), bundles) in self.shared {
            *requests.entry(track).or_default() += bundles.div_ceil(LARGEST_TREE);
        }
        requests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;
    const YEAR: i64 = 365 * DAY;

    struct Ends(BTreeMap<DigestAlgorithm, Time>);

    impl AlgorithmEnds for Ends {
        fn digest_end(&self, algorithm: DigestAlgorithm) -> Option<Time> {
            self.0.get(&algorithm).copied()
        }
    }

    fn at(seconds: i64) -> Time {
        Time::from_unix_seconds(seconds).unwrap()
    }

    fn bundle(id: &str) -> BundleState {
        let last = LastStamp { certificate_end: at(10 * YEAR), signature_end: None };
        let track = |name: &str| TrackState {
            name: name.to_owned(),
            algorithm: DigestAlgorithm::Sha256,
            chain: 1,
            last: Some(last.clone()),
            stamped: Some(at(0)),
        };
        BundleState {
            id: id.to_owned(),
            documents: 5,
            unread: 100,
            kept_until: None,
            whole_since: Some(at(0)),
            tracks: vec![track("a")],
        }
    }

    fn policy() -> PlanPolicy {
        PlanPolicy { lead: YEAR, newest_scrub: 40 * YEAR, yen: BTreeMap::from([("a".to_owned(), 10)]) }
    }

    fn made(bundles: &[BundleState], now: i64) -> Plan {
        plan(bundles, &policy(), &Ends(BTreeMap::new()), at(now))
    }

    #[test]
    fn what_has_no_stamp_is_due_at_once_one_request_a_bundle() {
        let mut bundles = [bundle("1"), bundle("2")];
        for bundle in &mut bundles {
            bundle.tracks[0].last = None;
            bundle.whole_since = None;
        }
        let plan = made(&bundles, 5);
        assert_eq!((plan.due.len(), plan.requests["a"], plan.yen), (2, 2, Some(20)));
        assert!(
            plan.due.iter().all(|action| action.blocked.is_none() && action.reason == Reason::NotStamped)
        );
    }

    #[test]
    fn time_stamps_of_all_bundles_are_renewed_by_one_request_a_track() {
        let bundles: Vec<_> = (0..1000).map(|number| bundle(&number.to_string())).collect();
        let early = made(&bundles, 9 * YEAR - 1);
        assert_eq!(
            (early.due.len(), early.next, early.renew_by),
            (0, Some(at(9 * YEAR)), Some(at(10 * YEAR)))
        );
        assert_eq!((early.requests.len(), early.yen), (0, Some(0)));
        let plan = made(&bundles, 9 * YEAR);
        assert_eq!((plan.due.len(), plan.requests["a"], plan.read), (1000, 1, 0));
        assert_eq!((plan.bundles, plan.documents), (1000, 5000));
        assert_eq!(plan.due[0].reason, Reason::CertificateEnds);
    }

    #[test]
    fn a_hash_function_that_ends_asks_for_new_trees_and_for_reading() {
        let ends = Ends(BTreeMap::from([(DigestAlgorithm::Sha256, at(8 * YEAR))]));
        let plan = plan(&[bundle("1"), bundle("2")], &policy(), &ends, at(7 * YEAR));
        assert_eq!((plan.due[0].kind, plan.requests["a"], plan.read), (ActionKind::RenewTree, 2, 200));
        assert_eq!(plan.due[0].last_day, at(8 * YEAR));
    }

    #[test]
    fn a_scheme_that_ends_before_the_certificate_decides() {
        let mut bundle = bundle("1");
        bundle.tracks[0].last.as_mut().unwrap().signature_end = Some(at(4 * YEAR));
        let plan = made(&[bundle], 3 * YEAR);
        assert_eq!(
            (plan.due[0].reason, plan.due[0].last_day),
            (Reason::SignatureAlgorithmEnds, at(4 * YEAR))
        );
    }

    #[test]
    fn what_is_kept_no_longer_than_its_stamp_holds_needs_nothing() {
        let mut bundle = bundle("1");
        bundle.kept_until = Some(at(5 * YEAR));
        let plan = made(&[bundle], 9 * YEAR);
        assert_eq!((plan.due.len(), plan.next, plan.renew_by), (0, None, None));
    }

    #[test]
    fn a_stamp_whose_end_was_near_when_it_was_made_is_not_renewed_at_once() {
        let mut bundle = bundle("1");
        bundle.tracks[0].stamped = Some(at(9 * YEAR + 10 * DAY));
        let plan = |now| made(std::slice::from_ref(&bundle), now);
        let half = (YEAR - 10 * DAY) / 2;
        assert_eq!(plan(9 * YEAR + 11 * DAY).due.len(), 0);
        assert_eq!(plan(9 * YEAR + 11 * DAY).next, Some(at(9 * YEAR + 10 * DAY + half)));
        assert_eq!(plan(9 * YEAR + 10 * DAY + half).due.len(), 1);
    }

    #[test]
    fn a_bundle_that_was_not_read_lately_is_blocked_not_forgotten() {
        let mut never = bundle("1");
        never.whole_since = None;
        let strict = PlanPolicy { newest_scrub: DAY, ..policy() };
        let plan = plan(&[never, bundle("2")], &strict, &Ends(BTreeMap::new()), at(9 * YEAR));
        let blocked: Vec<_> = plan.due.iter().map(|action| action.blocked).collect();
        assert_eq!(blocked, [Some(Blocked::NeverWhole), Some(Blocked::ScrubTooOld)]);
    }

    #[test]
    fn a_track_without_a_price_leaves_the_sum_open() {
        let mut bundle = bundle("1");
        bundle.tracks[0].name = "b".to_owned();
        assert_eq!(made(&[bundle], 9 * YEAR).yen, None);
    }
}

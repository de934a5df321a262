//! Units, leases and authorities against the pure model of them: random histories of several workers who claim, sleep,
//! crash, say things twice, under a clock that jumps, on SQLite and on PostgreSQL. A failure prints its seed;
//! `HSIGN_SEED` runs one again, `HSIGN_HISTORIES` more of them.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hsign_archive::{
    Bundle, Governor, Limits, NewUnit, Outcome, Permission, SpendingLimits, UnitKind, UnitState, Units, Wait,
    Window, Work,
};
use hsign_archive_store::{Ask, Asked, Claim, Committed, Index, StepRow};
use hsign_testkit::Dice;

use super::support::*;

const LEASE: i64 = 60_000;
const WORKERS: usize = 4;
const QUOTA: Window = Window { requests: 3, seconds: 100 };

/// What a worker remembers: it may be wrong about all of it.
#[derive(Default)]
struct Worker {
    index: Option<Index>,
    claims: Vec<Claim>,
}

struct History<'p> {
    place: &'p Place<'p>,
    chance: Dice,
    now: i64,
    model: Units,
    governor: Governor,
    workers: Vec<Worker>,
    /// By bundle; all have the tracks `a` and `b`.
    bundles: BTreeMap<String, Bundle>,
    /// Stamps that were paid for: when, and for which unit.
    paid: Vec<(i64, Work)>,
    commits: BTreeSet<Work>,
    /// Requests whose response was lost with the worker, or never came.
    lost: Vec<Work>,
    requests: u64,
    /// What happened: a history in which nothing does proves nothing.
    seen: BTreeSet<&'static str>,
}

/// What has to happen in some history.
const INTERESTING: [&str; 10] = [
    "claimed after a lease was over",
    "asked without a lease",
    "a stored response was used",
    "waited for the quota",
    "waited for a request under way",
    "paused",
    "committed without a lease",
    "committed twice",
    "dead",
    "the clock went back",
];

fn limits() -> Limits {
    Limits { windows: vec![QUOTA], at_once: 2, yen: 10, failures: 2, pause: 50, longest_pause: 400 }
}

impl<'p> History<'p> {
    fn new(place: &'p Place<'p>, seed: u64) -> Self {
        let mut history = Self {
            place,
            chance: Dice::new(seed),
            now: NOW * 1000,
            model: Units::default(),
            governor: Governor::default(),
            workers: (0..WORKERS).map(|_| Worker::default()).collect(),
            bundles: BTreeMap::new(),
            paid: Vec::new(),
            commits: BTreeSet::new(),
            lost: Vec::new(),
            requests: 0,
            seen: BTreeSet::new(),
        };
        let mut index = place.open();
        for number in 0..4 {
            let bundle = unstamped(&[&format!("k{number}")], "open");
            index.record_bundle(&bundle, &ends).unwrap();
            history.bundles.insert(bundle.id().to_owned(), bundle);
        }
        history
    }

    fn run(mut self, steps: usize) -> BTreeSet<&'static str> {
        for _ in 0..steps {
            match self.chance.below(20) {
                0..3 => self.offer(),
                3..7 => self.claim(),
                7..12 => self.stamp(),
                12 => self.heartbeat(),
                13 => self.fail(),
                14 => self.put_back(),
                15 => self.crash(),
                16 => self.late_commit(),
                17 => self.revive(),
                _ => self.time_passes(),
            }
            self.compare();
        }
        self.drain();
        self.seen
    }

    fn time_passes(&mut self) {
        let before = self.now;
        self.now += match self.chance.below(10) {
            0 => -(self.chance.below(30) as i64) * 1000,
            1 => LEASE * 3,
            _ => self.chance.below(20_000) as i64,
        };
        if self.now < before {
            self.seen.insert("the clock went back");
        }
        self.place.set_clock(self.now);
    }

    fn index(&mut self, worker: usize) -> &mut Index {
        let place = self.place;
        self.workers[worker].index.get_or_insert_with(|| place.open())
    }

    fn offer(&mut self) {
        let names: Vec<String> = self.bundles.keys().cloned().collect();
        let bundle = names[self.chance.below(names.len())].clone();
        let priority = self.chance.below(2) as i64;
        let unit = NewUnit { work: Work::Stamp { bundle, track: "a".to_owned() }, priority };
        let new = self.model.offer(&unit);
        let worker = self.chance.below(WORKERS);
        // Twice: as by two planners.
        let units = [unit.clone(), unit];
        assert_eq!(self.index(worker).offer(&units).unwrap(), u64::from(new));
    }

    fn claim(&mut self) {
        let worker = self.chance.below(WORKERS);
        let lease = Duration::from_millis(LEASE as u64);
        let free: Vec<Work> = self.model.claimable(&UnitKind::ALL, self.now).into_iter().cloned().collect();
        let claim = self.index(worker).claim(&worker.to_string(), lease, &UnitKind::ALL).unwrap();
        let Some(claim) = claim else {
            assert!(free.is_empty(), "nothing claimed of {free:?}");
            self.model.bury(self.now);
            return;
        };
        assert!(free.contains(&claim.work), "{:?} was not free", claim.work);
        if self.model.get(&claim.work).is_some_and(|unit| unit.state == UnitState::Leased) {
            self.seen.insert("claimed after a lease was over");
        }
        let fence = self.model.claim(&claim.work, LEASE, self.now).unwrap();
        assert_eq!((claim.fence, claim.attempts), (fence, self.model.get(&claim.work).unwrap().attempts));
        self.workers[worker].claims.push(claim);
    }

    /// One that a worker remembers, however old.
    fn remembered(&mut self) -> Option<(usize, Claim)> {
        let worker = self.chance.below(WORKERS);
        let claims = self.workers[worker].claims.len();
        let claim = (claims > 0).then(|| self.chance.below(claims))?;
        Some((worker, self.workers[worker].claims[claim].clone()))
    }

    /// Asks, sends, and says so, unless it dies in between.
    fn stamp(&mut self) {
        let Some((worker, claim)) = self.remembered() else { return };
        let Work::Stamp { bundle, .. } = claim.work.clone() else { return };
        let root = self.bundles[&bundle].root("a").unwrap();
        self.requests += 1;
        let (nonce, limits) = (self.requests.to_be_bytes(), limits());
        let spending = SpendingLimits::default();
        let patience = Duration::from_secs(20);
        let ask = Ask {
            claim: &claim,
            tsa: "t",
            limits: &limits,
            spending,
            imprint: &root,
            nonce: &nonce,
            patience,
        };
        let asked = self.index(worker).ask(&ask).unwrap();
        let held = self.holds(&claim);
        let intent = match asked {
            Asked::Lost => {
                self.seen.insert("asked without a lease");
                return assert!(!held, "the lease was not lost");
            }
            Asked::Stored(intent) => {
                self.seen.insert("a stored response was used");
                assert!(held && intent.response.is_some());
                return self.commit(worker, &claim);
            }
            Asked::Wait(_, why) => {
                self.seen.insert(match why {
                    Wait::Quota => "waited for the quota",
                    Wait::AtOnce => "waited for a request under way",
                    Wait::Paused => "paused",
                });
                assert!(held);
                return assert_ne!(self.governor.would(&limits, self.now), Permission::Granted);
            }
            Asked::Spent(_) => panic!("there is no limit to be spent"),
            Asked::Granted(intent) => intent,
        };
        assert!(held, "granted without a lease");
        let id = hsign_core::hex(&nonce);
        let granted = self.governor.ask(&limits, &id, self.now + 20_000, self.now);
        assert_eq!(granted, Permission::Granted);
        self.paid.push((self.now, claim.work.clone()));
        match self.chance.below(6) {
            0 => {
                self.lost.push(claim.work.clone());
                return self.crash_of(worker);
            }
            1 => {
                self.lost.push(claim.work.clone());
                self.index(worker).answered(&intent, &limits, Outcome::Throttled, None).unwrap();
                return self.governor.answered(&limits, &id, Outcome::Throttled, None, self.now);
            }
            _ => {}
        }
        self.index(worker).received(&intent, b"token").unwrap();
        if self.chance.below(6) == 0 {
            // It dies with the response in the index: the next one finds it.
            return self.crash_of(worker);
        }
        self.index(worker).answered(&intent, &limits, Outcome::Granted, None).unwrap();
        self.governor.answered(&limits, &id, Outcome::Granted, None, self.now);
        if self.chance.below(4) > 0 {
            self.commit(worker, &claim);
        }
    }

    fn commit(&mut self, worker: usize, claim: &Claim) {
        let Work::Stamp { bundle, track } = claim.work.clone() else { return };
        let step = StepRow {
            bundle,
            track,
            place: (1, 1),
            algorithm: SHA256,
            token: format!("{:064x}", 7),
            gen_time: at(NOW),
            last: hsign_archive::LastStamp { certificate_end: at(NOW + YEAR), signature_end: None },
        };
        let committed = Committed { steps: vec![step], covered: Vec::new() };
        // A duplicate delivery changes nothing.
        for _ in 0..=self.chance.below(2) {
            let done = self.index(worker).commit(claim, &committed).unwrap();
            assert_eq!(done, self.model.commit(&claim.work, claim.fence), "{claim:?}");
            let again = done && !self.commits.insert(claim.work.clone());
            if again || !done {
                self.seen.insert(if again { "committed twice" } else { "committed without a lease" });
            }
        }
    }

    /// A packet that was long under way, or a worker that wakes up.
    fn late_commit(&mut self) {
        let Some((worker, claim)) = self.remembered() else { return };
        if !self.holds(&claim) {
            self.commit(worker, &claim);
        }
    }

    fn heartbeat(&mut self) {
        let Some((worker, claim)) = self.remembered() else { return };
        let lease = Duration::from_millis(LEASE as u64);
        let kept = self.index(worker).heartbeat(&claim, lease).unwrap();
        assert_eq!(kept, self.model.heartbeat(&claim.work, claim.fence, LEASE, self.now));
    }

    fn fail(&mut self) {
        let Some((worker, claim)) = self.remembered() else { return };
        let held = self.index(worker).fail(&claim, "chance", Duration::from_secs(5)).unwrap();
        assert_eq!(held, self.model.fail(&claim.work, claim.fence, self.now + 5000));
    }

    fn put_back(&mut self) {
        let Some((worker, claim)) = self.remembered() else { return };
        let held = self.index(worker).put_back(&claim, "chance", Duration::from_secs(5)).unwrap();
        assert_eq!(held, self.model.put_back(&claim.work, claim.fence, self.now + 5000));
    }

    fn revive(&mut self) {
        let worker = self.chance.below(WORKERS);
        for unit in self.index(worker).units(UnitState::Dead, 9).unwrap() {
            self.seen.insert("dead");
            assert!(self.index(worker).revive(&unit.work).unwrap());
            assert!(self.model.revive(&unit.work));
        }
    }

    fn crash(&mut self) {
        let worker = self.chance.below(WORKERS);
        self.crash_of(worker);
    }

    /// All that it knew is gone, but a claim may come back: its packets were under way.
    fn crash_of(&mut self, worker: usize) {
        self.workers[worker].index = None;
        if self.chance.below(2) == 0 {
            self.workers[worker].claims.clear();
        }
    }

    fn holds(&self, claim: &Claim) -> bool {
        let unit = self.model.get(&claim.work).unwrap();
        unit.state == UnitState::Leased && unit.fence == claim.fence
    }

    fn compare(&mut self) {
        let mut there = BTreeMap::new();
        for state in UnitState::ALL {
            for unit in self.index(0).units(state, 99).unwrap() {
                there.insert(unit.work, (state, unit.fence, unit.attempts));
            }
        }
        let model: BTreeMap<_, _> = self
            .model
            .iter()
            .map(|(work, unit)| (work.clone(), (unit.state, unit.fence, unit.attempts)))
            .collect();
        assert_eq!(there, model);
        self.invariants();
    }

    fn invariants(&mut self) {
        // I2: one time stamp for a place, and only of units that were committed.
        let commits = self.commits.clone();
        for state in self.index(0).bundles(None, 99).unwrap() {
            let work = Work::Stamp { bundle: state.id.clone(), track: "a".to_owned() };
            assert_eq!(state.tracks[0].last.is_some(), commits.contains(&work));
        }
        // I4: a unit is paid for once, and once more for each request that was lost.
        for work in commits.iter().chain(&self.lost) {
            let count = |all: &mut dyn Iterator<Item = &Work>| all.filter(|one| *one == work).count();
            let paid = count(&mut self.paid.iter().map(|(_, work)| work));
            assert!(paid <= 1 + count(&mut self.lost.iter()), "{work:?}");
        }
        // I5: the quota, in every window that ends with a request.
        for (end, _) in &self.paid {
            let window = end - i64::from(QUOTA.seconds) * 1000..=*end;
            let within = self.paid.iter().filter(|(sent, _)| window.contains(sent) && sent != window.start());
            assert!(within.count() <= QUOTA.requests as usize, "{:?}", self.paid);
        }
    }

    /// Without faults everything comes to its end.
    fn drain(&mut self) {
        let lease = Duration::from_millis(LEASE as u64);
        for _ in 0..400 {
            self.revive();
            self.now += LEASE + 1000;
            self.place.set_clock(self.now);
            let Some(claim) = self.index(0).claim("last", lease, &UnitKind::ALL).unwrap() else {
                self.model.bury(self.now);
                if self.model.iter().all(|(_, unit)| unit.state == UnitState::Done) {
                    return;
                }
                continue;
            };
            self.model.claim(&claim.work, LEASE, self.now).unwrap();
            self.commit(0, &claim);
            self.compare();
        }
        panic!("not everything came to its end: {:?}", self.model);
    }
}

fn histories(place: &dyn Fn(u64) -> Place<'static>, count: u64, steps: usize) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("HSIGN_SEED");
    let count = if first.is_some() { 1 } else { number("HSIGN_HISTORIES").unwrap_or(count) };
    let mut seen = BTreeSet::new();
    for seed in first.unwrap_or(1)..first.unwrap_or(1) + count {
        let place = place(seed);
        let history = std::panic::AssertUnwindSafe(|| History::new(&place, seed).run(steps));
        match std::panic::catch_unwind(history) {
            Ok(happened) => seen.extend(happened),
            Err(_) => panic!("HSIGN_SEED={seed}"),
        }
    }
    assert!(first.is_some() || seen == BTreeSet::from(INTERESTING), "only {seen:?} happened");
}

#[test]
fn random_histories_on_sqlite_are_those_of_the_model() {
    histories(&|_| Place::file(), 12, 250);
}

#[test]
fn random_histories_on_postgresql_are_those_of_the_model() {
    // Kept until the process ends: a place borrows it.
    let Some(server) = server() else { return };
    for seed in 1..=4 {
        let place = Place::server(&server, &format!("history{seed}"));
        let history = std::panic::AssertUnwindSafe(|| History::new(&place, seed).run(150));
        assert!(std::panic::catch_unwind(history).is_ok(), "HSIGN_SEED={seed}");
    }
}

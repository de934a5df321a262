//! Random lives: issue, sign, stamp, revoke, expire, end of an algorithm, renew. One seed gives one life.

use crate::timeline::{
    Algorithm, Anchor, Authority, Certificate, Entry, Instant, Object, Policy, Revocation, Signature, Stamp,
    StampKind, Timeline,
};

const DAY: Instant = 86_400;
const YEAR: Instant = 365 * DAY;
const SIGNERS_ANCHOR: usize = 0;
const STAMPING_ANCHOR: usize = 1;

/// A life from a seed.
pub fn life(seed: u64) -> Timeline {
    let mut dice = Dice(seed);
    // Half the lives have at most a signature time stamp, the other half grow old.
    let renewals = if dice.chance(50) { 0 } else { dice.below(4) };
    Author::new(&mut dice).write(renewals)
}

/// SplitMix64: small, and the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: i64) -> i64 {
        (self.next() % end as u64) as i64
    }

    fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    /// Any second between the two; so two events hardly ever meet.
    fn between(&mut self, from: Instant, to: Instant) -> Instant {
        from + self.below((to - from).max(1))
    }
}

struct Author<'a> {
    dice: &'a mut Dice,
    timeline: Timeline,
    /// Certificates that answer for an authority.
    responders: Vec<usize>,
    /// When each certificate was revoked or put on hold, if ever.
    ends: Vec<Option<Entry>>,
}

impl<'a> Author<'a> {
    fn new(dice: &'a mut Dice) -> Self {
        let weak_from = |dice: &mut Dice| dice.chance(60).then(|| dice.between(YEAR, 15 * YEAR));
        let algorithm_ends = vec![None, weak_from(dice), weak_from(dice)];
        let sunset = dice.chance(5).then(|| dice.between(YEAR, 8 * YEAR));
        let policy = Policy {
            max_age: dice.chance(25).then(|| dice.between(2 * DAY, 40 * DAY)),
            max_delay: dice.chance(8).then(|| dice.between(DAY / 2, 30 * DAY)),
            count_while_fresh: dice.chance(60),
        };
        let signature =
            Signature { signer: 0, claimed: None, algorithm: 0, data_intact: true, value_intact: true };
        let timeline = Timeline {
            now: 0,
            algorithm_ends,
            anchors: vec![Anchor { sunset }, Anchor { sunset: None }],
            certificates: Vec::new(),
            revocation: Vec::new(),
            signature,
            stamps: Vec::new(),
            policy,
        };
        Self { dice, timeline, responders: Vec::new(), ends: Vec::new() }
    }

    fn write(mut self, renewals: i64) -> Timeline {
        let mut today = self.issue_signer();
        today = self.sign(today);
        if self.dice.chance(75) {
            let delay = if self.dice.chance(80) { DAY } else { 3 * YEAR };
            today = self.dice.between(today, today + delay) + 1;
            self.stamp(StampKind::Signature, today);
        }
        for _ in 0..renewals {
            let pause = [20 * DAY, YEAR, 4 * YEAR][self.dice.below(3) as usize];
            today = self.dice.between(today + 1, today + pause);
            self.gather_revocation(today);
            self.stamp(StampKind::Archive, today + 1);
            today += 2;
        }
        let pause = [10 * DAY, YEAR, 6 * YEAR][self.dice.below(3) as usize];
        today = self.dice.between(today, today + pause);
        self.gather_revocation(today);
        self.timeline.now = today + 1;
        self.timeline
    }

    /// The signer's certificate, perhaps under an authority of its own; returns its first day.
    fn issue_signer(&mut self) -> Instant {
        let begin = self.dice.between(0, YEAR);
        let issuer = self.issuer(SIGNERS_ANCHOR, 0);
        let end = begin + self.dice.between(YEAR, 4 * YEAR);
        self.timeline.signature.signer = self.issue(issuer, begin, end);
        begin
    }

    fn sign(&mut self, begin: Instant) -> Instant {
        let late = if self.dice.chance(6) { 5 * YEAR } else { 300 * DAY };
        let at = self.dice.between(begin + DAY, begin + late);
        let signature = &mut self.timeline.signature;
        signature.claimed = (!self.dice.chance(15)).then_some(at);
        signature.data_intact = !self.dice.chance(2);
        signature.value_intact = !self.dice.chance(2);
        self.timeline.signature.algorithm = self.algorithm();
        if self.dice.chance(10) {
            self.stamp(StampKind::Content, at - 1);
        }
        at
    }

    fn stamp(&mut self, kind: StampKind, time: Instant) {
        let authority = self.stamping_authority(time);
        let covers = if kind == StampKind::Archive { self.what_is_there() } else { Vec::new() };
        let stamp = Stamp {
            kind,
            authority,
            time,
            algorithm: self.algorithm(),
            imprint: self.algorithm(),
            intact: !self.dice.chance(4),
            covers,
        };
        self.timeline.stamps.push(stamp);
    }

    /// An authority's certificate that holds at the time: an old one or a new one.
    fn stamping_authority(&mut self, at: Instant) -> usize {
        let known = self.timeline.stamps.iter().map(|stamp| stamp.authority).find(|id| {
            let certificate = &self.timeline.certificates[*id];
            certificate.not_before <= at && at <= certificate.not_after
        });
        match known {
            Some(id) if self.dice.chance(40) => id,
            _ => {
                let begin = at - self.dice.between(DAY, YEAR);
                let issuer = self.issuer(STAMPING_ANCHOR, begin);
                let end = at + self.dice.between(DAY, 8 * YEAR);
                self.issue(issuer, begin, end)
            }
        }
    }

    /// The anchor itself, or a certification authority under it.
    fn issuer(&mut self, anchor: usize, begin: Instant) -> Authority {
        if self.dice.chance(50) {
            return Authority::Anchor(anchor);
        }
        let begin = begin - self.dice.between(DAY, YEAR);
        let end = begin + self.dice.between(9 * YEAR, 20 * YEAR);
        Authority::Certificate(self.issue(Authority::Anchor(anchor), begin, end))
    }

    fn issue(&mut self, issuer: Authority, not_before: Instant, not_after: Instant) -> usize {
        let id = self.timeline.certificates.len();
        let algorithm = self.algorithm();
        self.timeline.certificates.push(Certificate { issuer, not_before, not_after, algorithm });
        let at = self.dice.between(not_before + 1, not_after);
        let hold = self.dice.chance(20);
        self.ends.push(self.dice.chance(10).then_some(Entry { certificate: id, at, hold }));
        id
    }

    /// Mostly the one without an end.
    fn algorithm(&mut self) -> Algorithm {
        if self.dice.chance(80) { 0 } else { 1 + self.dice.below(2) as usize }
    }

    /// Recent data of every authority; now and then one is forgotten.
    fn gather_revocation(&mut self, today: Instant) {
        for about in self.authorities() {
            match self.dice.below(10) {
                0 => {}
                1 | 2 => self.answer(about, today),
                _ => self.publish_list(about, today),
            }
        }
    }

    fn authorities(&self) -> Vec<Authority> {
        let mut all: Vec<Authority> = Vec::new();
        for certificate in &self.timeline.certificates {
            if !all.contains(&certificate.issuer) {
                all.push(certificate.issuer);
            }
        }
        all
    }

    fn publish_list(&mut self, about: Authority, today: Instant) {
        self.publish(about, None, about, today);
    }

    /// OCSP for each certificate of the authority, by itself or by a responder with a certificate of some weeks.
    fn answer(&mut self, about: Authority, today: Instant) {
        let here = 0..self.timeline.certificates.len();
        let asked: Vec<usize> = here
            .filter(|id| self.timeline.certificates[*id].issuer == about && !self.responders.contains(id))
            .collect();
        let signer = if self.dice.chance(30) { about } else { self.responder(about, today) };
        for id in asked {
            self.publish(about, Some(id), signer, today);
        }
    }

    fn responder(&mut self, about: Authority, today: Instant) -> Authority {
        let begin = today - self.dice.between(41 * DAY, 60 * DAY);
        let id = self.issue(about, begin, today + 30 * DAY);
        self.ends[id] = None;
        self.responders.push(id);
        Authority::Certificate(id)
    }

    fn publish(&mut self, about: Authority, only: Option<usize>, signer: Authority, today: Instant) {
        let age = if self.dice.chance(90) { DAY } else { 40 * DAY };
        let this_update = self.dice.between(today - age, today);
        let next_update = this_update + self.dice.between(2 * DAY, 30 * DAY);
        let listed = |entry: &&Entry| {
            self.timeline.certificates[entry.certificate].issuer == about
                && only.is_none_or(|only| only == entry.certificate)
                && entry.at <= this_update
        };
        let entries = self.ends.iter().flatten().filter(listed).cloned().collect();
        let revocation = Revocation {
            about,
            only,
            signer,
            this_update,
            next_update,
            keeps_expired: self.dice.chance(25),
            entries,
            algorithm: self.algorithm(),
        };
        self.timeline.revocation.push(revocation);
    }

    /// What an archive time stamp runs over: all there is, now and then with a gap.
    fn what_is_there(&mut self) -> Vec<Object> {
        // Responders' certificates travel in their answers.
        let certificates = (0..self.timeline.certificates.len()).map(Object::Certificate);
        let revocation = (0..self.timeline.revocation.len()).map(Object::Revocation);
        let stamps = (0..self.timeline.stamps.len()).map(Object::Stamp);
        let all: Vec<Object> =
            std::iter::once(Object::Signature).chain(certificates).chain(revocation).chain(stamps).collect();
        all.into_iter().filter(|_| !self.dice.chance(2)).collect()
    }
}

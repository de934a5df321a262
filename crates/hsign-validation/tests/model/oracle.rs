//! What the verdict over a [`Timeline`] has to be, rule by rule as section 3 of the reference tells EN 319 102-1,
//! slow and without any cleverness. Written before its author had seen the engine.
//!
//! Where a block of the standard stops at the first obstacle, the oracle collects *all* obstacles, and each must be
//! overcome: which one is met first depends on the order of looking, and no order may let a signature pass. So the
//! answer is a set: the engine has to give one of them, and TOTAL-PASSED only when there is no obstacle left.

use std::collections::BTreeSet;

use crate::timeline::{
    Algorithm, Authority, Certificate, CertificateId, Entry, Instant, Object, RevocationId, Stamp, StampId,
    StampKind, Timeline,
};

/// Verdict and sub-indication in the standard's words.
pub type Answer = (&'static str, &'static str);

pub const PASSED: Answer = ("TOTAL-PASSED", "");

/// An obstacle on the way to PASSED (§3.1 with what the later steps ask about it).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Obstacle {
    /// Final: no later step overcomes it.
    Final(Answer),
    AnchorSunset,
    /// A certificate above the signer's is outside its validity.
    AuthorityOutOfBounds(CertificateId),
    Revoked {
        at: Instant,
    },
    AuthorityRevoked {
        at: Instant,
    },
    OnHold {
        at: Instant,
    },
    NotFresh(RevocationId),
    OutOfBounds,
    ResponderOutOfBounds,
    Weak(Object, Algorithm),
    Delay,
}

impl Obstacle {
    /// §3.1: the sub-indications it may be reported under.
    fn answers(&self) -> Vec<Answer> {
        let subs: &[&'static str] = match self {
            Self::Final(answer) => return vec![*answer],
            Self::AnchorSunset => &["NO_CERTIFICATE_CHAIN_FOUND_NO_POE"],
            // §3.3 XCV 4 leaves open how an expired authority is called; with the general failure nothing could
            // ever outlive its certification authority, so the archive may go on from here under either name.
            Self::AuthorityOutOfBounds(_) => &["OUT_OF_BOUNDS_NO_POE", "CERTIFICATE_CHAIN_GENERAL_FAILURE"],
            Self::Revoked { .. } => &["REVOKED_NO_POE"],
            Self::AuthorityRevoked { .. } => &["REVOKED_CA_NO_POE"],
            Self::OnHold { .. } | Self::NotFresh(_) => &["TRY_LATER"],
            Self::OutOfBounds => &["OUT_OF_BOUNDS_NOT_REVOKED", "OUT_OF_BOUNDS_NO_POE"],
            Self::ResponderOutOfBounds => &["REVOCATION_OUT_OF_BOUNDS_NO_POE"],
            Self::Weak(..) => &["CRYPTO_CONSTRAINTS_FAILURE_NO_POE"],
            Self::Delay => &["SIG_CONSTRAINTS_FAILURE"],
        };
        subs.iter().map(|sub| ("INDETERMINATE", *sub)).collect()
    }
}

type Obstacles = BTreeSet<Obstacle>;

const NOT_YET_VALID: Obstacle = Obstacle::Final(("TOTAL-FAILED", "NOT_YET_VALID"));
const NO_STATUS: Obstacle = Obstacle::Final(("INDETERMINATE", "CERTIFICATE_CHAIN_GENERAL_FAILURE"));

/// §3.2: the answers that are right; the deepest process decides.
pub fn verdicts(timeline: &Timeline) -> BTreeSet<Answer> {
    let readings = [(false, false), (false, true), (true, false), (true, true)];
    readings.into_iter().flat_map(|(stale, bare)| read_as(timeline, Reading { stale, bare })).collect()
}

fn read_as(timeline: &Timeline, reading: Reading) -> BTreeSet<Answer> {
    let left = Oracle { timeline, reading }.judge_signature();
    if left.is_empty() {
        return BTreeSet::from([PASSED]);
    }
    left.iter().flat_map(Obstacle::answers).collect()
}

/// Where §3 can be read in two ways that both let pass only what is proved; both are right.
#[derive(Clone, Copy)]
struct Reading {
    /// The list in §3.7 step 5 leaves TRY_LATER (and a withdrawn anchor) out for tokens, while PSV has a rule for each.
    stale: bool,
    /// §3.7 step 3 stops without archival material; but a signature time stamp, too, gives proofs that PSV can use.
    bare: bool,
}

/// §3.7: when each object is proved to have existed.
type Proofs = Vec<(Object, Instant)>;

struct Oracle<'a> {
    timeline: &'a Timeline,
    reading: Reading,
}

// The processes.
impl Oracle<'_> {
    fn judge_signature(&self) -> Obstacles {
        let basic = self.basic_signature();
        if stops(&basic) {
            return basic;
        }
        let (with_time, best) = self.with_time(&basic);
        if with_time.is_empty() || stops(&with_time) || !self.has_archive_material() {
            return with_time;
        }
        self.with_archival_data(&with_time, best)
    }

    /// §3.4 Basic signature validation at the validation time.
    fn basic_signature(&self) -> Obstacles {
        let signature = &self.timeline.signature;
        if !signature.data_intact {
            return only(Obstacle::Final(("TOTAL-FAILED", "HASH_FAILURE")));
        }
        if !signature.value_intact {
            return only(Obstacle::Final(("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")));
        }
        let mut found = self.certificate_now(signature.signer);
        found.extend(self.weak_now(Object::Signature));
        let proved_late = self.latest_valid_content_stamp();
        found.into_iter().map(|one| self.turned_by_content(one, proved_late)).collect()
    }

    /// §3.4: a content time stamp proves that the signature was made *after* it.
    fn turned_by_content(&self, one: Obstacle, made_after: Option<Instant>) -> Obstacle {
        let Some(made_after) = made_after else { return one };
        let signer = self.signer();
        match one {
            Obstacle::Revoked { at } if made_after > at => Obstacle::Final(("TOTAL-FAILED", "REVOKED")),
            Obstacle::OutOfBounds if made_after > signer.not_after => {
                Obstacle::Final(("TOTAL-FAILED", "EXPIRED"))
            }
            Obstacle::Weak(Object::Signature, algorithm) if !self.good(algorithm, made_after) => {
                Obstacle::Final(("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE"))
            }
            other => other,
        }
    }

    fn latest_valid_content_stamp(&self) -> Option<Instant> {
        self.stamps_of(StampKind::Content)
            .filter(|(id, _)| self.basic_stamp(*id).is_empty())
            .map(|(_, stamp)| stamp.time)
            .max()
    }

    /// §3.5: a token is a small signature; a wrong imprint is a broken token.
    fn basic_stamp(&self, id: StampId) -> Obstacles {
        let stamp = &self.timeline.stamps[id];
        if !stamp.intact {
            return only(Obstacle::Final(("TOTAL-FAILED", "HASH_FAILURE")));
        }
        let mut found = self.certificate_now(stamp.authority);
        found.extend(self.weak_now(Object::Stamp(id)));
        found
    }

    /// §3.6: what is left of the obstacles, and the best signature time.
    fn with_time(&self, basic: &Obstacles) -> (Obstacles, Instant) {
        let best = self
            .stamps_over_the_signature()
            .filter(|(id, _)| self.basic_stamp(*id).is_empty())
            .map(|(_, stamp)| stamp.time)
            .fold(self.timeline.now, Instant::min);
        let mut left: Obstacles = basic.iter().filter(|one| !self.overcome_at(one, best)).cloned().collect();
        left.extend(self.acceptance_at(best));
        (left, best)
    }

    /// §3.6 steps 4, 6, 7 and 8: whether an obstacle of today was none at the best signature time.
    fn overcome_at(&self, one: &Obstacle, best: Instant) -> bool {
        match one {
            Obstacle::Revoked { at } | Obstacle::AuthorityRevoked { at } | Obstacle::OnHold { at } => {
                *at > best
            }
            Obstacle::OutOfBounds => self.signer().holds_at(best),
            Obstacle::NotFresh(id) => self.fresh(*id, best),
            Obstacle::Weak(Object::Signature, algorithm) => self.good(*algorithm, best),
            _ => false,
        }
    }

    /// §3.6 steps 4 (not yet valid), 5 (delay rule) and 8 (algorithms of the signature).
    fn acceptance_at(&self, best: Instant) -> Obstacles {
        let mut found = Obstacles::new();
        let signature = &self.timeline.signature;
        if best < self.signer().not_before {
            found.insert(NOT_YET_VALID);
        }
        if let Some(delay) = self.timeline.policy.max_delay {
            if signature.claimed.is_none_or(|claimed| claimed + delay < best) {
                found.insert(Obstacle::Delay);
            }
        }
        if !self.good(signature.algorithm, best) {
            found.insert(Obstacle::Weak(Object::Signature, signature.algorithm));
        }
        found
    }

    /// A stamp over more than the signature proves no less about it: in PDF files a document time stamp stands in for
    /// the signature time stamp.
    fn stamps_over_the_signature(&self) -> impl Iterator<Item = (StampId, &Stamp)> {
        let covering = |stamp: &Stamp| self.covered(stamp).contains(&Object::Signature);
        self.timeline.stamps.iter().enumerate().filter(move |(_, stamp)| covering(stamp))
    }

    fn has_archive_material(&self) -> bool {
        self.reading.bare || self.stamps_of(StampKind::Archive).next().is_some()
    }

    /// §3.7.
    fn with_archival_data(&self, current: &Obstacles, best_with_time: Instant) -> Obstacles {
        let mut proofs = self.everything_exists_now();
        proofs.push((Object::Signature, best_with_time));
        for id in self.newest_first() {
            if self.stamp_proves(id, &proofs) {
                let stamp = &self.timeline.stamps[id];
                proofs.extend(self.covered(stamp).into_iter().map(|one| (one, stamp.time)));
            }
        }
        let best = earliest(&proofs, Object::Signature);
        let mut left = self.past_signature(
            Object::Signature,
            self.timeline.signature.signer,
            &without_delay(current),
            &proofs,
        );
        left.extend(self.acceptance_at(best));
        left
    }

    /// §3.7 step 5: whether a token may give proofs.
    fn stamp_proves(&self, id: StampId, proofs: &Proofs) -> bool {
        let stamp = &self.timeline.stamps[id];
        let token = Object::Stamp(id);
        let now = self.basic_stamp(id);
        let listed = now.is_empty() || now.iter().any(asks_for_the_past);
        if stops(&now) || !(listed || self.reading.stale) {
            return false;
        }
        let earliest = earliest(proofs, token);
        let left = self.past_signature(token, stamp.authority, &now, proofs);
        left.is_empty() && self.good(stamp.algorithm, earliest) && self.good(stamp.imprint, earliest)
    }
}

// The building blocks.
impl Oracle<'_> {
    /// §3.3 XCV at the validation time: everything that stands against this certificate.
    fn certificate_now(&self, target: CertificateId) -> Obstacles {
        let now = self.timeline.now;
        let mut found = Obstacles::new();
        let path = self.path(target);
        if self.anchor_sunset(target).is_some_and(|sunset| sunset <= now) {
            found.insert(Obstacle::AnchorSunset);
        }
        for id in &path {
            found.extend(self.status_now(*id, target));
            found.extend(self.weak_now(Object::Certificate(*id)));
            let certificate = &self.timeline.certificates[*id];
            if !certificate.holds_at(now) {
                found.insert(if *id == target {
                    Obstacle::OutOfBounds
                } else {
                    Obstacle::AuthorityOutOfBounds(*id)
                });
            }
        }
        found
    }

    /// §3.3 XCV 5 and 6: revocation of one certificate of the path to `target`.
    fn status_now(&self, id: CertificateId, target: CertificateId) -> Obstacles {
        let now = self.timeline.now;
        let Some(data) = self.latest(self.acceptable(id)) else {
            return only(NO_STATUS);
        };
        let mut found = self.weak_now(Object::Revocation(data));
        if let Authority::Certificate(signer) = self.timeline.revocation[data].signer {
            if !self.path(id).contains(&signer) {
                found.extend(self.weak_now(Object::Certificate(signer)));
                if !self.timeline.certificates[signer].holds_at(now) {
                    found.insert(Obstacle::ResponderOutOfBounds);
                }
            }
        }
        match self.entry(data, id) {
            Some(entry) if entry.hold => found.insert(Obstacle::OnHold { at: entry.at }),
            Some(entry) if id == target => found.insert(Obstacle::Revoked { at: entry.at }),
            Some(entry) => found.insert(Obstacle::AuthorityRevoked { at: entry.at }),
            None if !self.fresh(data, now) => found.insert(Obstacle::NotFresh(data)),
            None => false,
        };
        found
    }

    /// §3.3 XCV 5, first item: data that can tell about the certificate at all. Silence of data made after it expired
    /// tells only when their issuer says that expired certificates are kept.
    fn acceptable(&self, id: CertificateId) -> Vec<RevocationId> {
        let certificate = &self.timeline.certificates[id];
        self.timeline
            .revocation
            .iter()
            .enumerate()
            .filter(|(_, data)| data.about == certificate.issuer)
            .filter(|(_, data)| data.only.is_none_or(|only| only == id))
            .filter(|(_, data)| data.this_update >= certificate.not_before)
            .filter(|(index, data)| {
                data.this_update <= certificate.not_after
                    || data.keeps_expired
                    || self.entry(*index, id).is_some()
            })
            .map(|(index, _)| index)
            .collect()
    }

    /// §3.3 RFC.
    fn fresh(&self, id: RevocationId, at: Instant) -> bool {
        self.timeline.revocation[id].this_update > at - self.max_age(id)
    }

    fn max_age(&self, id: RevocationId) -> Instant {
        let data = &self.timeline.revocation[id];
        self.timeline.policy.max_age.unwrap_or(data.next_update - data.this_update)
    }

    /// §3.7 VTS c: the time up to which data tell that nothing was revoked. By the letter that is the time they were
    /// made at. The closing remark of §3.7 lets data count that "were fresh when the next one was made": the policy's
    /// choice, since data gathered before a stamp are always older than it.
    fn known_until(&self, id: RevocationId) -> Instant {
        let data = &self.timeline.revocation[id];
        if self.timeline.policy.count_while_fresh {
            data.this_update + self.max_age(id) - 1
        } else {
            data.this_update
        }
    }

    /// §3.3 SAV, the part that depends on time.
    fn good(&self, algorithm: Algorithm, at: Instant) -> bool {
        self.timeline.algorithm_ends[algorithm].is_none_or(|end| at <= end)
    }

    fn weak_now(&self, object: Object) -> Obstacles {
        self.algorithms(object)
            .into_iter()
            .filter(|algorithm| !self.good(*algorithm, self.timeline.now))
            .map(|algorithm| Obstacle::Weak(object, algorithm))
            .collect()
    }

    fn algorithms(&self, object: Object) -> Vec<Algorithm> {
        let timeline = self.timeline;
        match object {
            Object::Signature => vec![timeline.signature.algorithm],
            Object::Certificate(id) => vec![timeline.certificates[id].algorithm],
            Object::Revocation(id) => vec![timeline.revocation[id].algorithm],
            Object::Stamp(id) => vec![timeline.stamps[id].algorithm, timeline.stamps[id].imprint],
        }
    }

    /// §3.7 PSV: which of the obstacles of today are left once the proofs are looked at.
    fn past_signature(
        &self,
        object: Object,
        signer: CertificateId,
        current: &Obstacles,
        proofs: &Proofs,
    ) -> Obstacles {
        if current.is_empty() {
            return Obstacles::new();
        }
        let Some(control) = self.past_certificate(signer, proofs) else {
            return current.clone();
        };
        let mut left: Obstacles =
            current.iter().flat_map(|one| self.left_in_past(one, object, signer, control, proofs)).collect();
        if !self.some_status_issued_in_bounds(signer, proofs) {
            left.insert(Obstacle::ResponderOutOfBounds);
        }
        left
    }

    /// §3.7 PSV steps 3 to 6 for one obstacle.
    fn left_in_past(
        &self,
        one: &Obstacle,
        object: Object,
        signer: CertificateId,
        control: Instant,
        proofs: &Proofs,
    ) -> Option<Obstacle> {
        let best = earliest(proofs, object);
        let certificate = &self.timeline.certificates[signer];
        let inside = || {
            if best < certificate.not_before {
                Some(NOT_YET_VALID)
            } else if best > certificate.not_after {
                Some(Obstacle::OutOfBounds)
            } else {
                None
            }
        };
        let keep = Some(one.clone());
        match one {
            Obstacle::Weak(weak, algorithm) => {
                if self.good(*algorithm, earliest(proofs, *weak)) {
                    None
                } else {
                    keep
                }
            }
            Obstacle::NotFresh(data) => {
                if self.fresh(*data, best) {
                    None
                } else {
                    keep
                }
            }
            _ if best > control => keep,
            Obstacle::AnchorSunset
            | Obstacle::Revoked { .. }
            | Obstacle::OnHold { .. }
            | Obstacle::ResponderOutOfBounds
            | Obstacle::OutOfBounds => inside(),
            // The shell model asks every certificate of the path to hold at the time of signing.
            Obstacle::AuthorityOutOfBounds(id) => {
                if self.timeline.certificates[*id].holds_at(best) {
                    inside()
                } else {
                    keep
                }
            }
            Obstacle::AuthorityRevoked { at } => {
                let known_before = self
                    .acceptable(signer)
                    .into_iter()
                    .any(|data| earliest(proofs, Object::Revocation(data)) <= *at);
                if known_before { inside() } else { keep }
            }
            Obstacle::Final(_) | Obstacle::Delay => keep,
        }
    }

    /// §3.7 PSV step 1: some data about the signer come from an issuer that is proved to have existed within its own
    /// validity.
    fn some_status_issued_in_bounds(&self, signer: CertificateId, proofs: &Proofs) -> bool {
        self.acceptable(signer).into_iter().any(|data| match self.timeline.revocation[data].signer {
            Authority::Anchor(_) => true,
            Authority::Certificate(issuer) => proofs.iter().any(|(object, time)| {
                *object == Object::Certificate(issuer) && self.timeline.certificates[issuer].holds_at(*time)
            }),
        })
    }

    /// §3.7 PCV, shell model: the control time, when the path holds at some time at all.
    fn past_certificate(&self, target: CertificateId, proofs: &Proofs) -> Option<Instant> {
        let path = self.path(target);
        let begin = path.iter().map(|id| self.timeline.certificates[*id].not_before).max()?;
        let end = path.iter().map(|id| self.timeline.certificates[*id].not_after).min()?;
        if begin > end {
            return None;
        }
        self.control_time(target, proofs)
    }

    /// §3.7 VTS: from the anchor down to the certificate.
    fn control_time(&self, target: CertificateId, proofs: &Proofs) -> Option<Instant> {
        let now = self.timeline.now;
        let mut control = self.anchor_sunset(target).map_or(now, |sunset| sunset.min(now));
        for id in self.path(target).into_iter().rev() {
            if earliest(proofs, Object::Certificate(id)) > control {
                return None;
            }
            let known = self
                .acceptable(id)
                .into_iter()
                .filter(|data| self.timeline.revocation[*data].this_update < control)
                .filter(|data| earliest(proofs, Object::Revocation(*data)) <= control)
                .collect();
            let data = self.latest(known)?;
            if let Some(entry) = self.entry(data, id) {
                control = control.min(entry.at);
            } else if !self.fresh(data, control) {
                control = control.min(self.known_until(data));
            }
            for object in [Object::Certificate(id), Object::Revocation(data)] {
                for algorithm in self.algorithms(object) {
                    let end = self.timeline.algorithm_ends[algorithm].unwrap_or(Instant::MAX);
                    control = control.min(end);
                }
            }
        }
        Some(control)
    }
}

// Proofs of existence (§3.7), and who hangs on whom.
impl Oracle<'_> {
    fn everything_exists_now(&self) -> Proofs {
        let timeline = self.timeline;
        let certificates = (0..timeline.certificates.len()).map(Object::Certificate);
        let revocation = (0..timeline.revocation.len()).map(Object::Revocation);
        let stamps = (0..timeline.stamps.len()).map(Object::Stamp);
        std::iter::once(Object::Signature)
            .chain(certificates)
            .chain(revocation)
            .chain(stamps)
            .map(|object| (object, timeline.now))
            .collect()
    }

    /// What a token proves: its own objects, and what those name by a digest that was good then.
    fn covered(&self, stamp: &Stamp) -> Vec<Object> {
        let own = match stamp.kind {
            StampKind::Content => vec![],
            StampKind::Signature => vec![Object::Signature],
            StampKind::Archive => stamp.covers.clone(),
        };
        let inner = own.iter().filter_map(|object| self.named_within(*object, stamp.time));
        own.iter().copied().chain(inner).collect()
    }

    /// A signature names its signer's certificate by digest; a token carries its authority's certificate.
    fn named_within(&self, object: Object, at: Instant) -> Option<Object> {
        let signature = &self.timeline.signature;
        match object {
            Object::Signature if self.good(signature.algorithm, at) => {
                Some(Object::Certificate(signature.signer))
            }
            Object::Stamp(id) => Some(Object::Certificate(self.timeline.stamps[id].authority)),
            _ => None,
        }
    }

    fn newest_first(&self) -> Vec<StampId> {
        let mut ids: Vec<StampId> = (0..self.timeline.stamps.len()).collect();
        ids.sort_by_key(|id| -self.timeline.stamps[*id].time);
        ids
    }

    fn stamps_of(&self, kind: StampKind) -> impl Iterator<Item = (StampId, &Stamp)> {
        self.timeline.stamps.iter().enumerate().filter(move |(_, stamp)| stamp.kind == kind)
    }

    /// The path, target first, anchor left out.
    fn path(&self, target: CertificateId) -> Vec<CertificateId> {
        match self.timeline.certificates[target].issuer {
            Authority::Anchor(_) => vec![target],
            Authority::Certificate(issuer) => std::iter::once(target).chain(self.path(issuer)).collect(),
        }
    }

    fn anchor_sunset(&self, target: CertificateId) -> Option<Instant> {
        match self.timeline.certificates[target].issuer {
            Authority::Anchor(anchor) => self.timeline.anchors[anchor].sunset,
            Authority::Certificate(issuer) => self.anchor_sunset(issuer),
        }
    }

    fn signer(&self) -> &Certificate {
        &self.timeline.certificates[self.timeline.signature.signer]
    }

    fn latest(&self, data: Vec<RevocationId>) -> Option<RevocationId> {
        data.into_iter().max_by_key(|id| self.timeline.revocation[*id].this_update)
    }

    fn entry(&self, data: RevocationId, certificate: CertificateId) -> Option<&Entry> {
        self.timeline.revocation[data].entries.iter().find(|entry| entry.certificate == certificate)
    }
}

impl Certificate {
    /// §3.3 XCV 6: bounds inclusive.
    fn holds_at(&self, at: Instant) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

fn only(one: Obstacle) -> Obstacles {
    Obstacles::from([one])
}

/// Whether no later process can help.
fn stops(found: &Obstacles) -> bool {
    found.iter().any(|one| matches!(one, Obstacle::Final(_)))
}

/// §3.7 step 5 by its list: stale data, a hold and a withdrawn anchor alone don't make a token's past worth a look.
fn asks_for_the_past(one: &Obstacle) -> bool {
    !matches!(one, Obstacle::NotFresh(_) | Obstacle::OnHold { .. } | Obstacle::AnchorSunset)
}

/// §3.7 step 8 asks the delay rule again at the time proved by then.
fn without_delay(found: &Obstacles) -> Obstacles {
    found.iter().filter(|one| **one != Obstacle::Delay).cloned().collect()
}

fn earliest(proofs: &Proofs, object: Object) -> Instant {
    proofs.iter().filter(|(proved, _)| *proved == object).map(|(_, time)| *time).min().unwrap_or(Instant::MAX)
}

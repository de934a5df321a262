//! What the verdict over a [`Timeline`] has to be, rule by rule as section 3 of the reference tells EN 319 102-1,
//! slow and without any cleverness. Written before its author had seen the engine.
//!
//! Where a block of the standard stops at the first obstacle, the oracle collects *all* obstacles, and each must be
//! overcome: which one is met first depends on the order of looking, and no order may let a signature pass. So the
//! answer is a set: the engine has to give one of them, and TOTAL-PASSED only when there is no obstacle left.

mod blocks;
mod past;
mod proofs;

use std::collections::BTreeSet;

use proofs::{Proofs, earliest};

use crate::timeline::{
    Algorithm, CertificateId, Instant, Object, RevocationId, Stamp, StampId, StampKind, Timeline,
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
            // §3.3 XCV 6 looks at the signer's own validity first.
            Self::ResponderOutOfBounds => &["REVOCATION_OUT_OF_BOUNDS_NO_POE", "OUT_OF_BOUNDS_NO_POE"],
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
    readings().into_iter().flat_map(|reading| read_as(timeline, reading)).collect()
}

/// Whether the answer is right under some reading.
pub fn allows(timeline: &Timeline, answer: &Answer) -> bool {
    readings().into_iter().any(|reading| read_as(timeline, reading).contains(answer))
}

fn readings() -> Vec<Reading> {
    let mut all = Vec::new();
    for choice in 0..16 {
        let chosen = |bit: u32| choice & (1 << bit) != 0;
        all.push(Reading { stale: chosen(0), bare: chosen(1), older: chosen(2), outside: chosen(3) });
    }
    all
}

/// What doesn't pass may also be told by an obstacle of today that the proofs have overcome, when another is left: PSV
/// step 2 returns the status it was called with.
fn read_as(timeline: &Timeline, reading: Reading) -> BTreeSet<Answer> {
    let oracle = Oracle { timeline, reading, passed_over: BTreeSet::new() };
    let left = oracle.judge_signature();
    if left.is_empty() {
        return BTreeSet::from([PASSED]);
    }
    let failed = left.iter().all(|one| matches!(one, Obstacle::Final(("TOTAL-FAILED", _))));
    let today = if failed { Obstacles::new() } else { oracle.basic_signature() };
    left.iter().chain(&today).flat_map(Obstacle::answers).collect()
}

/// Where §3 can be read in two ways that both let pass only what is proved; both are right.
#[derive(Clone, Copy)]
struct Reading {
    /// The list in §3.7 step 5 leaves TRY_LATER (and a withdrawn anchor) out for tokens, while PSV has a rule for each.
    stale: bool,
    /// §3.7 step 3 stops without archival material; but a signature time stamp, too, gives proofs that PSV can use.
    bare: bool,
    /// §3.3 XCV 5 takes the latest data. Older ones serve as well where the latest can't be relied on any more: their
    /// algorithm had ended when they are proved to exist, or their signer's certificate has ended.
    older: bool,
    /// An OCSP answer that is covered covers its responder's certificate inside; one may also ask for it by itself.
    outside: bool,
}

struct Oracle<'a> {
    timeline: &'a Timeline,
    reading: Reading,
    /// Data whose "good" isn't listened to under the reading `older`.
    passed_over: BTreeSet<RevocationId>,
}

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
        if let Some(delay) = self.timeline.policy.max_delay
            && signature.claimed.is_none_or(|claimed| claimed + delay < best)
        {
            found.insert(Obstacle::Delay);
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
        let view = self.passing_over(&proofs);
        let current =
            if self.reading.older { view.with_time(&view.basic_signature()).0 } else { current.clone() };
        let mut left = view.past_signature(
            Object::Signature,
            self.timeline.signature.signer,
            &without_delay(&current),
            &proofs,
        );
        left.extend(self.acceptance_at(best));
        left
    }

    /// §3.7 step 5: whether a token may give proofs.
    fn stamp_proves(&self, id: StampId, proofs: &Proofs) -> bool {
        let stamp = &self.timeline.stamps[id];
        let token = Object::Stamp(id);
        let view = self.passing_over(proofs);
        let now = view.basic_stamp(id);
        let listed = now.is_empty() || now.iter().any(asks_for_the_past);
        if stops(&now) || !(listed || self.reading.stale) {
            return false;
        }
        let earliest = earliest(proofs, token);
        let left = view.past_signature(token, stamp.authority, &now, proofs);
        left.is_empty() && self.good(stamp.algorithm, earliest) && self.good(stamp.imprint, earliest)
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

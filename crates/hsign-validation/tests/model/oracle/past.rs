//! Past validation, §3.7: PSV, PCV and VTS.

use super::proofs::{Proofs, earliest};
use super::{NOT_YET_VALID, Obstacle, Obstacles, Oracle};
use crate::timeline::{Authority, CertificateId, Instant, Object};

impl Oracle<'_> {
    /// The same without data whose algorithms had ended at their own earliest proof, under that reading.
    pub(super) fn passing_over(&self, proofs: &Proofs) -> Self {
        let ended = |id: &usize| {
            let proved = earliest(proofs, Object::Revocation(*id));
            let delegate = match self.timeline.revocation[*id].signer {
                Authority::Certificate(signer) => self.algorithms(Object::Certificate(signer)),
                Authority::Anchor(_) => Vec::new(),
            };
            let mut used = self.algorithms(Object::Revocation(*id)).into_iter().chain(delegate);
            used.any(|algorithm| !self.good(algorithm, proved))
        };
        let all = 0..self.timeline.revocation.len();
        let passed_over = all.filter(|id| self.reading.older && ended(id)).collect();
        Self { timeline: self.timeline, reading: self.reading, passed_over }
    }

    /// §3.7 PSV: which of the obstacles of today are left once the proofs are looked at.
    pub(super) fn past_signature(
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
    pub(super) fn left_in_past(
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
    pub(super) fn some_status_issued_in_bounds(&self, signer: CertificateId, proofs: &Proofs) -> bool {
        self.acceptable(signer).into_iter().any(|data| match self.timeline.revocation[data].signer {
            Authority::Anchor(_) => true,
            Authority::Certificate(issuer) => proofs.iter().any(|(object, time)| {
                *object == Object::Certificate(issuer) && self.timeline.certificates[issuer].holds_at(*time)
            }),
        })
    }

    /// §3.7 PCV, shell model: the control time, when the path holds at some time at all.
    pub(super) fn past_certificate(&self, target: CertificateId, proofs: &Proofs) -> Option<Instant> {
        let path = self.path(target);
        let begin = path.iter().map(|id| self.timeline.certificates[*id].not_before).max()?;
        let end = path.iter().map(|id| self.timeline.certificates[*id].not_after).min()?;
        if begin > end {
            return None;
        }
        self.control_time(target, proofs)
    }

    /// §3.7 VTS: from the anchor down to the certificate.
    pub(super) fn control_time(&self, target: CertificateId, proofs: &Proofs) -> Option<Instant> {
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

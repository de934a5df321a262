//! The building blocks of §3.3.

use super::{NO_STATUS, Obstacle, Obstacles, Oracle, only};
use crate::timeline::{Algorithm, Authority, Certificate, CertificateId, Instant, Object, RevocationId};

impl Oracle<'_> {
    /// §3.3 XCV at the validation time: everything that stands against this certificate.
    pub(super) fn certificate_now(&self, target: CertificateId) -> Obstacles {
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
    pub(super) fn status_now(&self, id: CertificateId, target: CertificateId) -> Obstacles {
        let now = self.timeline.now;
        let mut known = self.acceptable(id);
        if self.reading.older && known.iter().any(|data| !self.signer_has_ended(*data)) {
            known.retain(|data| !self.signer_has_ended(*data) || self.entry(*data, id).is_some());
        }
        let Some(data) = self.latest(known) else {
            return only(NO_STATUS);
        };
        let mut found = self.weak_now(Object::Revocation(data));
        if let Authority::Certificate(signer) = self.timeline.revocation[data].signer
            && !self.path(id).contains(&signer)
        {
            found.extend(self.weak_now(Object::Certificate(signer)));
            if !self.timeline.certificates[signer].holds_at(now) {
                found.insert(Obstacle::ResponderOutOfBounds);
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
    pub(super) fn acceptable(&self, id: CertificateId) -> Vec<RevocationId> {
        let certificate = &self.timeline.certificates[id];
        self.timeline
            .revocation
            .iter()
            .enumerate()
            .filter(|(_, data)| data.about == certificate.issuer)
            .filter(|(_, data)| data.only.is_none_or(|only| only == id))
            .filter(|(index, _)| !self.passed_over.contains(index) || self.entry(*index, id).is_some())
            .filter(|(_, data)| data.this_update >= certificate.not_before)
            .filter(|(index, data)| {
                data.this_update <= certificate.not_after
                    || data.keeps_expired
                    || self.entry(*index, id).is_some()
            })
            .map(|(index, _)| index)
            .collect()
    }

    fn signer_has_ended(&self, id: RevocationId) -> bool {
        match self.timeline.revocation[id].signer {
            Authority::Certificate(signer) => {
                self.timeline.certificates[signer].not_after < self.timeline.now
            }
            Authority::Anchor(_) => false,
        }
    }

    /// §3.3 RFC.
    pub(super) fn fresh(&self, id: RevocationId, at: Instant) -> bool {
        self.timeline.revocation[id].this_update > at - self.max_age(id)
    }

    pub(super) fn max_age(&self, id: RevocationId) -> Instant {
        let data = &self.timeline.revocation[id];
        self.timeline.policy.max_age.unwrap_or(data.next_update - data.this_update)
    }

    /// §3.7 VTS c: the time up to which data tell that nothing was revoked. By the letter that is the time they were
    /// made at. The closing remark of §3.7 lets data count that "were fresh when the next one was made": the policy's
    /// choice, since data gathered before a stamp are always older than it.
    pub(super) fn known_until(&self, id: RevocationId) -> Instant {
        let data = &self.timeline.revocation[id];
        if self.timeline.policy.count_while_fresh {
            data.this_update + self.max_age(id) - 1
        } else {
            data.this_update
        }
    }

    /// §3.3 SAV, the part that depends on time.
    pub(super) fn good(&self, algorithm: Algorithm, at: Instant) -> bool {
        self.timeline.algorithm_ends[algorithm].is_none_or(|end| at <= end)
    }

    pub(super) fn weak_now(&self, object: Object) -> Obstacles {
        self.algorithms(object)
            .into_iter()
            .filter(|algorithm| !self.good(*algorithm, self.timeline.now))
            .map(|algorithm| Obstacle::Weak(object, algorithm))
            .collect()
    }

    pub(super) fn algorithms(&self, object: Object) -> Vec<Algorithm> {
        let timeline = self.timeline;
        match object {
            Object::Signature => vec![timeline.signature.algorithm],
            Object::Certificate(id) => vec![timeline.certificates[id].algorithm],
            Object::Revocation(id) => vec![timeline.revocation[id].algorithm],
            Object::Stamp(id) => vec![timeline.stamps[id].algorithm, timeline.stamps[id].imprint],
        }
    }
}

impl Certificate {
    /// §3.3 XCV 6: bounds inclusive.
    pub(super) fn holds_at(&self, at: Instant) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

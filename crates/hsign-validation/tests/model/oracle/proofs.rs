//! Proofs of existence (§3.7), and who hangs on whom.

use super::Oracle;
use crate::timeline::{
    Authority, Certificate, CertificateId, Entry, Instant, Object, Revocation, RevocationId, Stamp, StampId,
    StampKind,
};

/// When each object is proved to have existed.
pub(super) type Proofs = Vec<(Object, Instant)>;

impl Oracle<'_> {
    pub(super) fn everything_exists_now(&self) -> Proofs {
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
    pub(super) fn covered(&self, stamp: &Stamp) -> Vec<Object> {
        let own = match stamp.kind {
            StampKind::Content => vec![],
            StampKind::Signature => vec![Object::Signature],
            StampKind::Archive => stamp.covers.clone(),
        };
        let inner = own.iter().filter_map(|object| self.named_within(*object, stamp.time));
        own.iter().copied().chain(inner).collect()
    }

    /// A signature names its signer's certificate by digest; a token carries its authority's certificate, an OCSP answer
    /// its responder's.
    pub(super) fn named_within(&self, object: Object, at: Instant) -> Option<Object> {
        let signature = &self.timeline.signature;
        match object {
            Object::Signature if self.good(signature.algorithm, at) => {
                Some(Object::Certificate(signature.signer))
            }
            Object::Stamp(id) => Some(Object::Certificate(self.timeline.stamps[id].authority)),
            Object::Revocation(id) if !self.reading.outside => match self.timeline.revocation[id] {
                ref data if data.signer == data.about => None,
                Revocation { signer: Authority::Certificate(responder), .. } => {
                    Some(Object::Certificate(responder))
                }
                Revocation { .. } => None,
            },
            _ => None,
        }
    }

    pub(super) fn newest_first(&self) -> Vec<StampId> {
        let mut ids: Vec<StampId> = (0..self.timeline.stamps.len()).collect();
        ids.sort_by_key(|id| -self.timeline.stamps[*id].time);
        ids
    }

    pub(super) fn stamps_of(&self, kind: StampKind) -> impl Iterator<Item = (StampId, &Stamp)> {
        self.timeline.stamps.iter().enumerate().filter(move |(_, stamp)| stamp.kind == kind)
    }

    /// The path, target first, anchor left out.
    pub(super) fn path(&self, target: CertificateId) -> Vec<CertificateId> {
        match self.timeline.certificates[target].issuer {
            Authority::Anchor(_) => vec![target],
            Authority::Certificate(issuer) => std::iter::once(target).chain(self.path(issuer)).collect(),
        }
    }

    pub(super) fn anchor_sunset(&self, target: CertificateId) -> Option<Instant> {
        match self.timeline.certificates[target].issuer {
            Authority::Anchor(anchor) => self.timeline.anchors[anchor].sunset,
            Authority::Certificate(issuer) => self.anchor_sunset(issuer),
        }
    }

    pub(super) fn signer(&self) -> &Certificate {
        &self.timeline.certificates[self.timeline.signature.signer]
    }

    pub(super) fn latest(&self, data: Vec<RevocationId>) -> Option<RevocationId> {
        data.into_iter().max_by_key(|id| self.timeline.revocation[*id].this_update)
    }

    pub(super) fn entry(&self, data: RevocationId, certificate: CertificateId) -> Option<&Entry> {
        self.timeline.revocation[data].entries.iter().find(|entry| entry.certificate == certificate)
    }
}

pub(super) fn earliest(proofs: &Proofs, object: Object) -> Instant {
    proofs.iter().filter(|(proved, _)| *proved == object).map(|(_, time)| *time).min().unwrap_or(Instant::MAX)
}

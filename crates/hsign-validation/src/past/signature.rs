//! Past signature validation (EN 319 102-1), for signatures and tokens alike: whether what is wrong now was in
//! order when the signature is proven to have existed.

use hsign_core::{Finding, Time};
use hsign_pki::{Freshness, RevocationAnswer, RevocationStatus};
use hsign_x509::Certificate;

use super::certificate::{self, PastCertificate};
use super::control_time::{leave_out, status_of_target};
use crate::algorithm_constraints::AlgorithmsInUse;
use crate::chain::{Chain, freshness};
use crate::engine::{Engine, Party};
use crate::poe::{ProofsOfExistence, ProvenObject};
use crate::{Conclusion, SubIndication};

/// Pieces of revocation data on one certificate that are looked through for one by somebody who is proven.
const MAX_UNPROVEN_DATA: usize = 8;

/// A signature or token that doesn't pass now.
pub(crate) struct Subject<'a> {
    pub(crate) party: Party,
    /// By which name its proofs of existence go.
    pub(crate) object: ProvenObject,
    pub(crate) certificate: &'a Certificate,
    /// What value, digests and key rely on.
    pub(crate) algorithms: &'a AlgorithmsInUse,
    /// What it came to at the time of validation.
    pub(crate) current: Conclusion,
}

/// The answer.
#[derive(Clone, Debug)]
pub(crate) struct PastValidation {
    pub(crate) conclusion: Conclusion,
    /// What past certificate validation came to.
    pub(crate) certificate: Conclusion,
    /// The earliest proven time of the subject, which everything was compared with.
    pub(crate) best: Time,
    /// The latest time at which its path is known to have been good.
    pub(crate) control_time: Option<Time>,
    pub(crate) chain: Option<Chain>,
    pub(crate) findings: Vec<Finding>,
}

pub(crate) fn validate(
    subject: &Subject<'_>,
    engine: &Engine<'_>,
    proofs: &ProofsOfExistence,
) -> PastValidation {
    let best = proofs.earliest(&subject.object);
    let past = match certificate::validate(subject.party, subject.certificate, engine, proofs) {
        Ok(past) => past,
        Err(none) => {
            use SubIndication::{CryptoConstraintsFailureNoPoe, OutOfBoundsNoPoe, OutOfBoundsNotRevoked};
            let ended =
                matches!(subject.current.sub_indication(), Some(OutOfBoundsNoPoe | OutOfBoundsNotRevoked));
            return PastValidation {
                conclusion: if ended && none.by_algorithm {
                    Conclusion::Indeterminate(CryptoConstraintsFailureNoPoe)
                } else {
                    subject.current
                },
                certificate: none.conclusion,
                best,
                control_time: None,
                chain: None,
                findings: none.findings,
            };
        }
    };
    let case = Case { subject, past: &past, best, engine, proofs };
    let (conclusion, findings) = case.judge();
    PastValidation {
        conclusion,
        certificate: Conclusion::Passed,
        best,
        control_time: Some(past.control_time),
        chain: Some(past.chain),
        findings,
    }
}

struct Case<'a> {
    subject: &'a Subject<'a>,
    past: &'a PastCertificate,
    best: Time,
    engine: &'a Engine<'a>,
    proofs: &'a ProofsOfExistence,
}

impl Case<'_> {
    fn judge(&self) -> (Conclusion, Vec<Finding>) {
        let status = self.status();
        if !status.is_passed() {
            return (status, self.too_late().into_iter().collect());
        }
        let (strength, findings) = self.algorithms_were_good();
        (strength.and_then(|| self.revocation_issuer()), findings)
    }

    /// Steps 3 to 6: passed where the proof of existence settles what is open now.
    fn status(&self) -> Conclusion {
        use SubIndication as Sub;
        let Some(current) = self.subject.current.sub_indication() else { return self.subject.current };
        // The registry says from when to when an anchor is trusted; a proof outside doesn't help.
        if self.subject.party == Party::Signer && !self.past.chain.path.anchor().entry().holds_at(self.best) {
            return Conclusion::Indeterminate(Sub::NoCertificateChainFoundNoPoe);
        }
        // Of a revocation in the very second of the proof nobody knows which came first.
        let in_time =
            self.best <= self.past.control_time && self.past.revoked.is_none_or(|since| self.best < since);
        match current {
            Sub::NoCertificateChainFoundNoPoe if in_time => self.bounds(Sub::OutOfBoundsNoPoe),
            Sub::RevokedNoPoe | Sub::RevocationOutOfBoundsNoPoe if in_time => {
                self.bounds(Sub::OutOfBoundsNotRevoked)
            }
            Sub::RevokedCaNoPoe if in_time && self.signers_data_predate_revocation_of_ca() => {
                self.bounds(Sub::OutOfBoundsNotRevoked)
            }
            Sub::OutOfBoundsNoPoe | Sub::OutOfBoundsNotRevoked if in_time => self.bounds(current),
            // The truer reason: a certificate relies on an algorithm that had ended.
            Sub::OutOfBoundsNoPoe | Sub::OutOfBoundsNotRevoked if self.past.by_algorithm => {
                Conclusion::Indeterminate(Sub::CryptoConstraintsFailureNoPoe)
            }
            Sub::TryLater if in_time && self.was_suspended() => self.bounds(Sub::OutOfBoundsNotRevoked),
            // That the certificate has ended meanwhile is a second obstacle, for which the control time counts.
            Sub::TryLater if self.was_fresh() && (in_time || self.is_in_bounds_now()) => {
                self.bounds(Sub::OutOfBoundsNotRevoked)
            }
            // Whether each algorithm was good when its protection began is asked of all that come this far.
            // Where the latest data were passed over for their algorithm, the older ones have to reach that far.
            Sub::CryptoConstraintsFailureNoPoe if in_time || self.was_fresh() => {
                self.bounds(Sub::OutOfBoundsNoPoe)
            }
            _ => self.subject.current,
        }
    }

    /// Against the validity of the signer's certificate, bounds inclusive.
    fn bounds(&self, after: SubIndication) -> Conclusion {
        let certificate = self.subject.certificate;
        if self.best < certificate.not_before() {
            Conclusion::Failed(SubIndication::NotYetValid)
        } else if self.best <= certificate.not_after() {
            Conclusion::Passed
        } else {
            Conclusion::Indeterminate(after)
        }
    }

    fn is_in_bounds_now(&self) -> bool {
        let (certificate, now) = (self.subject.certificate, self.engine.context.time.0);
        certificate.not_before() <= now && now <= certificate.not_after()
    }

    /// A CA's revoked key could have made any statement about the signer since; one that is proven to be older
    /// can be believed.
    fn signers_data_predate_revocation_of_ca(&self) -> bool {
        let statuses = &self.past.chain.statuses;
        let of_cas = statuses.iter().skip(1).filter_map(|status| match status.answer.status {
            RevocationStatus::Revoked { time, .. } => Some(time),
            _ => None,
        });
        let revoked = of_cas.min().unwrap_or(self.past.control_time);
        let source = statuses.first().and_then(|status| status.answer.source.as_ref());
        source.is_some_and(|source| self.proofs.exists_at(&ProvenObject::Evidence(source.sha256), revoked))
    }

    fn was_suspended(&self) -> bool {
        let on_hold = |status: &RevocationStatus| matches!(status, RevocationStatus::OnHold { .. });
        self.past.chain.statuses.iter().any(|status| on_hold(&status.answer.status))
    }

    /// Step 5: revocation freshness at the earliest proof of existence.
    fn was_fresh(&self) -> bool {
        let policy = freshness(self.engine.context.policy.revocation());
        self.past.chain.statuses.iter().all(|status| match status.answer.status {
            RevocationStatus::Good => status.answer.freshness_at(self.best, policy) != Freshness::Stale,
            RevocationStatus::Unknown => true,
            RevocationStatus::Revoked { time, .. } | RevocationStatus::OnHold { time } => self.best < time,
        })
    }

    /// Step 4, and acceptance at the proven time: each object that relies on an algorithm existed before its end.
    fn algorithms_were_good(&self) -> (Conclusion, Vec<Finding>) {
        let table = self.engine.context.policy.algorithms();
        let (mut conclusion, mut findings) = self.subject.algorithms.judge(self.best);
        let mut add = |(next, more): (Conclusion, Vec<Finding>)| {
            conclusion = conclusion.worst(next);
            findings.extend(more);
        };
        let path = &self.past.chain.path;
        for (index, status) in self.past.chain.statuses.iter().enumerate() {
            let issuer = path.issuer_of(index).unwrap_or(&status.certificate).public_key_kind();
            let proven = |sha256| self.proofs.earliest(&ProvenObject::Evidence(sha256));
            let used = AlgorithmsInUse::of_certificate(&status.certificate, Some(issuer), table);
            add(used.judge(proven(status.certificate.sha256())));
            if let Some(source) = &status.answer.source {
                let used = AlgorithmsInUse::of_revocation(source, &status.certificate, issuer, table);
                add(used.judge(proven(source.sha256)));
            }
        }
        (conclusion, findings)
    }

    /// Step 1: somebody made revocation data on the signer while his own certificate was valid, as a proof that it
    /// existed then shows. The anchor is trusted without. What the latest data say counts; that they say so is also
    /// believed of one who has ended since where older ones, by somebody who is proven, say the same.
    fn revocation_issuer(&self) -> Conclusion {
        let chain = &self.past.chain;
        let Some(answer) = chain.statuses.first().map(|status| &status.answer) else {
            return Conclusion::Passed;
        };
        if self.made_in_its_time(answer) || self.older_data_agree(answer) {
            return Conclusion::Passed;
        }
        Conclusion::Indeterminate(SubIndication::RevocationOutOfBoundsNoPoe)
    }

    fn made_in_its_time(&self, answer: &RevocationAnswer) -> bool {
        let path = &self.past.chain.path;
        let Some(source) = &answer.source else { return true };
        let Some(issuer) = source.signer_path.first().or(path.issuer_of(0)) else { return true };
        let proven = self.proofs.earliest(&ProvenObject::Evidence(issuer.sha256()));
        issuer == path.anchor().certificate() || proven <= issuer.not_after()
    }

    fn older_data_agree(&self, latest: &RevocationAnswer) -> bool {
        let mut known = self.engine.material.revocation_known_at(self.past.control_time, self.proofs);
        let mut unproven = latest.source.as_ref().map(|source| source.sha256);
        for _ in 0..MAX_UNPROVEN_DATA {
            let Some(sha256) = unproven else { return false };
            leave_out(&mut known, sha256);
            let (path, time) = (&self.past.chain.path, self.past.control_time);
            let answer = status_of_target(path, &known, time, self.engine);
            if answer.status != latest.status {
                return false;
            }
            if self.made_in_its_time(&answer) {
                return true;
            }
            unproven = answer.source.map(|source| source.sha256);
        }
        false
    }

    fn too_late(&self) -> Option<Finding> {
        (self.best > self.past.control_time).then(|| {
            Finding::info("proven-after-control-time")
                .clause("EN 319 102-1, past signature validation")
                .with("proven", self.best)
                .with("control_time", self.past.control_time)
        })
    }
}

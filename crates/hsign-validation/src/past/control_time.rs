//! Control-time sliding (EN 319 102-1, "validation time sliding"): the latest time at which everything at hand
//! shows the path to have been good, by data that are proven to have existed then.

use hsign_core::{Finding, PublicKeyKind, Time};
use hsign_crypto::sha256;
use hsign_pki::algorithms::Limit;
use hsign_pki::{
    Freshness, RevocationAnswer, RevocationEvidence, RevocationParameters, RevocationStatus, ValidatedPath,
    revocation_status,
};
use hsign_x509::{Certificate, CrlReason};

use crate::algorithm_constraints::AlgorithmsInUse;
use crate::chain::{CertificateStatus, freshness};
use crate::engine::{Engine, Party};
use crate::names::shown_subject;
use crate::poe::{ProofsOfExistence, ProvenObject};
use crate::policy::{ControlTime, Demand, RevocationRules, ValidityModel};
use crate::{Conclusion, SubIndication};

/// Pieces of revocation data about one certificate that are passed over for their algorithms.
const MAX_WEAK_DATA: usize = 8;

/// The outcome, with the status of each certificate as it was known then, the target's first.
#[derive(Clone, Debug)]
pub(crate) struct Sliding {
    pub(crate) control_time: Time,
    /// Whether the end of an algorithm decided it.
    pub(crate) by_algorithm: bool,
    /// The earliest revocation that counts, of any certificate of the path.
    pub(crate) revoked: Option<Time>,
    pub(crate) statuses: Vec<CertificateStatus>,
}

/// Why it came to no end.
#[derive(Clone, Debug)]
pub(crate) struct Stuck {
    pub(crate) conclusion: Conclusion,
    /// Whether the end of an algorithm had taken the control time back.
    pub(crate) by_algorithm: bool,
    pub(crate) finding: Finding,
}

/// Slides from the time of validation, or the anchor's end if that is earlier, down the path from the
/// certificate under the anchor to the target.
pub(crate) fn slide(
    path: &ValidatedPath,
    party: Party,
    engine: &Engine<'_>,
    proofs: &ProofsOfExistence,
) -> Result<Sliding, Stuck> {
    let now = engine.context.time.0;
    let mut control_time = path.anchor().entry().to.map_or(now, |sunset| sunset.min(now));
    let mut by_algorithm = false;
    let mut statuses = Vec::new();
    let mut earliest = None;
    for (index, certificate) in path.below_anchor().iter().enumerate().rev() {
        let step = Step { path, index, certificate, party, engine, proofs };
        let answer = step
            .revocation_data(control_time)
            .map_err(|stuck| Stuck { by_algorithm: by_algorithm || stuck.by_algorithm, ..stuck })?;
        let before = control_time;
        control_time = step.by_revocation(control_time, &answer);
        let learned = earliest.is_none().then(|| step.revoked_at_last()).flatten();
        control_time = learned.map_or(control_time, |since| control_time.min(since));
        earliest = [earliest, step.revoked_by(&answer), learned].into_iter().flatten().min();
        let slid = step.by_algorithms(control_time, &answer)?;
        by_algorithm = slid < control_time || (by_algorithm && slid == before);
        control_time = slid;
        statuses.push(CertificateStatus { certificate: certificate.clone(), answer });
    }
    statuses.reverse();
    Ok(Sliding { control_time, by_algorithm, revoked: earliest, statuses })
}

/// One certificate on the way down.
struct Step<'a> {
    path: &'a ValidatedPath,
    index: usize,
    certificate: &'a Certificate,
    party: Party,
    engine: &'a Engine<'a>,
    proofs: &'a ProofsOfExistence,
}

impl Step<'_> {
    /// a) The latest revocation data issued before the control time, where they and the certificate are proven to
    /// have existed by then.
    fn revocation_data(&self, control_time: Time) -> Result<RevocationAnswer, Stuck> {
        let object = ProvenObject::Evidence(self.certificate.sha256());
        if !self.proofs.exists_at(&object, control_time) {
            return Err(self.no_proof("certificate-not-proven-then", control_time));
        }
        let mut known = self.engine.material.revocation_known_at(control_time, self.proofs);
        let parameters = RevocationParameters {
            // Whoever made the data need not be valid at the control time, only when making them.
            at: self.certificate.not_before(),
            now: control_time,
            freshness: freshness(self.rules()),
        };
        let ask = |known: &RevocationEvidence| {
            revocation_status(self.path, self.index, known, &parameters, self.engine.verifier)
        };
        let mut answer = ask(&known);
        // Data that say "good" under an algorithm that had ended before they are proven to exist say nothing; older
        // ones, sealed in time, may.
        let mut passed_over = false;
        for _ in 0..MAX_WEAK_DATA {
            let Some(weak) = self.weak_good_word(&answer) else { break };
            leave_out(&mut known, weak);
            answer = ask(&known);
            passed_over = true;
        }
        let needed = self.engine.demand(self.party) == Demand::Required;
        if needed && answer.status == RevocationStatus::Unknown {
            let stuck = self.no_proof("revocation-data-not-proven-then", control_time);
            return Err(Stuck { by_algorithm: passed_over, ..stuck });
        }
        Ok(answer)
    }

    /// b) again, by everything at hand: that the certificate was revoked is known whenever it was learned, and doesn't
    /// get lost because a list on another certificate had come to its end by then. The standard looks at data proven
    /// at the control time only. Below a revoked issuer that stays so: whoever has its key can revoke anybody.
    fn revoked_at_last(&self) -> Option<Time> {
        let parameters = RevocationParameters {
            at: self.certificate.not_before(),
            now: self.engine.context.time.0,
            freshness: freshness(self.rules()),
        };
        let known = &self.engine.material.revocation;
        self.revoked_by(&revocation_status(self.path, self.index, known, &parameters, self.engine.verifier))
    }

    /// Since when the certificate is revoked or suspended.
    fn revoked_by(&self, answer: &RevocationAnswer) -> Option<Time> {
        match answer.status {
            RevocationStatus::Revoked { time, reason, .. } => {
                self.revocation_counts(reason, time).then_some(time)
            }
            RevocationStatus::OnHold { time } => Some(time),
            RevocationStatus::Good | RevocationStatus::Unknown => None,
        }
    }

    /// The data of a good answer, if their algorithms had ended at their own proof of existence.
    fn weak_good_word(&self, answer: &RevocationAnswer) -> Option<[u8; 32]> {
        let source = answer.source.as_ref().filter(|_| answer.status == RevocationStatus::Good)?;
        let table = self.engine.context.policy.algorithms();
        let used = AlgorithmsInUse::of_revocation(source, self.certificate, self.issuer_key(), table);
        let proven = self.proofs.earliest(&ProvenObject::Evidence(source.sha256));
        let (strength, _) = used.judge(proven);
        (!strength.is_passed()).then_some(source.sha256)
    }

    /// b), c) Back to the revocation; or to the time until which the data speak.
    fn by_revocation(&self, control_time: Time, answer: &RevocationAnswer) -> Time {
        match answer.status {
            RevocationStatus::Revoked { time, reason, .. } if self.revocation_counts(reason, time) => {
                control_time.min(time)
            }
            RevocationStatus::OnHold { time } => control_time.min(time),
            RevocationStatus::Unknown | RevocationStatus::Revoked { .. } => control_time,
            RevocationStatus::Good => {
                let rules = self.rules();
                if answer.freshness_at(control_time, freshness(rules)) != Freshness::Stale {
                    return control_time;
                }
                let until = match self.engine.context.policy.validation().control_time {
                    ControlTime::ThisUpdate => answer.this_update,
                    ControlTime::NextUpdate => speaks_until(answer, rules),
                };
                until.map_or(control_time, |until| control_time.min(until))
            }
        }
    }

    /// In the chain model a CA's revocation leaves what it issued before alone, unless its key may be in other hands.
    fn revocation_counts(&self, reason: Option<CrlReason>, since: Time) -> bool {
        if self.engine.context.policy.validation().validity_model != ValidityModel::Chain {
            return true;
        }
        let below = self.index.checked_sub(1).and_then(|below| self.path.certificates().get(below));
        let issued_before = below.is_some_and(|issued| issued.not_before() < since);
        let key_is_lost = matches!(
            reason,
            None | Some(CrlReason::Unspecified | CrlReason::KeyCompromise | CrlReason::CaCompromise)
        );
        !issued_before || key_is_lost
    }

    /// d) Back to the end of the weakest algorithm of the certificate and the data.
    fn by_algorithms(&self, control_time: Time, answer: &RevocationAnswer) -> Result<Time, Stuck> {
        let table = self.engine.context.policy.algorithms();
        let issuer = self.issuer_key();
        let mut used = AlgorithmsInUse::of_certificate(self.certificate, Some(issuer), table);
        if let Some(source) = &answer.source {
            used = used.and(AlgorithmsInUse::of_revocation(source, self.certificate, issuer, table));
        }
        match used.limit() {
            Limit::NoEnd => Ok(control_time),
            Limit::Until(end) => Ok(control_time.min(end)),
            Limit::Never => {
                let (conclusion, findings) = used.judge(control_time);
                let finding = findings.into_iter().next();
                Err(Stuck {
                    conclusion,
                    by_algorithm: true,
                    finding: finding.unwrap_or_else(|| Finding::error("algorithm-too-weak")),
                })
            }
        }
    }

    fn issuer_key(&self) -> &PublicKeyKind {
        self.path.issuer_of(self.index).unwrap_or(self.certificate).public_key_kind()
    }

    fn rules(&self) -> &RevocationRules {
        self.engine.context.policy.revocation()
    }

    fn no_proof(&self, code: &str, control_time: Time) -> Stuck {
        Stuck {
            conclusion: Conclusion::Indeterminate(SubIndication::NoPoe),
            by_algorithm: false,
            finding: Finding::error(code)
                .clause("EN 319 102-1, validation time sliding")
                .with("subject", shown_subject(self.certificate))
                .with("control_time", control_time),
        }
    }
}

/// What these data say about the target, whoever made them having to be valid only then.
pub(crate) fn status_of_target(
    path: &ValidatedPath,
    known: &RevocationEvidence,
    now: Time,
    engine: &Engine<'_>,
) -> RevocationAnswer {
    let parameters = RevocationParameters {
        at: path.target().not_before(),
        now,
        freshness: freshness(engine.context.policy.revocation()),
    };
    revocation_status(path, 0, known, &parameters, engine.verifier)
}

/// Without the piece of this digest.
pub(crate) fn leave_out(known: &mut RevocationEvidence, piece: [u8; 32]) {
    known.crls.retain(|crl| crl.value.sha256() != piece);
    known.ocsp_responses.retain(|response| sha256(response.value.der()) != piece);
}

/// The last moment for which the data still count as fresh: by the policy's age, else by their own promise.
fn speaks_until(answer: &RevocationAnswer, rules: &RevocationRules) -> Option<Time> {
    let this_update = answer.this_update?;
    let by_age = rules.max_age_seconds.map(|seconds| this_update.plus_seconds(i64::from(seconds)));
    let end = by_age.or(answer.next_update).unwrap_or(this_update);
    Some(end.max(this_update))
}

//! A signer's path with what is known about the revocation of its certificates, and what follows from that
//! at a given time.

use hsign_core::{Finding, Severity, Time};
use hsign_pki::{
    Freshness, FreshnessPolicy, Provenance, RevocationAnswer, RevocationSource, RevocationSourceKind,
    RevocationStatus, ValidatedPath,
};
use hsign_x509::Certificate;

use crate::names::{crl_urls, shown_subject};
use crate::policy::{Demand, RevocationRules};
use crate::{Conclusion, RevocationState, RevocationVerdict, SubIndication};

/// A valid path and the status of each certificate below its anchor, the target's first.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) path: ValidatedPath,
    pub(crate) statuses: Vec<CertificateStatus>,
    /// Whether every status has to be known.
    pub(crate) demand: Demand,
}

/// The status of one certificate by the latest acceptable data, fresh or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CertificateStatus {
    pub(crate) certificate: Certificate,
    pub(crate) answer: RevocationAnswer,
}

/// Whose certificate a status is about: the standard tells the two apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Signer,
    Ca,
}

impl Chain {
    pub(crate) fn target(&self) -> &Certificate {
        self.path.target()
    }

    /// X.509 validation as far as it depends on the time: revocation and freshness at `time`, then the
    /// signer's validity (EN 319 102-1; bounds inclusive).
    pub(crate) fn conclusion_at(&self, time: Time, rules: &RevocationRules) -> Conclusion {
        let revocation = self.revocation_at(time, rules);
        let issuer_out = revocation == Conclusion::Indeterminate(SubIndication::RevocationOutOfBoundsNoPoe);
        match self.out_of_bounds_at(time) {
            None => revocation,
            // The signer's validity comes before that of whoever made the data, whose word is then not known to be good.
            Some(_) if issuer_out => Conclusion::Indeterminate(SubIndication::OutOfBoundsNoPoe),
            // Nobody tells anything about a certificate before it is there.
            Some(sub) if time < self.target().not_before() => Conclusion::Indeterminate(sub),
            // Stale data may be good enough for an earlier time, so that TRY_LATER has to stay visible; and that nothing
            // tells the status comes before the signer's validity.
            Some(sub) if revocation.is_passed() => Conclusion::Indeterminate(sub),
            Some(_) => revocation,
        }
    }

    fn revocation_at(&self, time: Time, rules: &RevocationRules) -> Conclusion {
        let rulings = self.statuses.iter().enumerate().map(|(index, status)| {
            let owner = if index == 0 { Owner::Signer } else { Owner::Ca };
            status.ruling_at(time, owner, rules, self.demand)
        });
        rulings.min_by_key(|conclusion| gravity(*conclusion)).unwrap_or(Conclusion::Passed)
    }

    /// Outside the signer's validity: what that is called depends on whether the status is known.
    pub(crate) fn out_of_bounds_at(&self, time: Time) -> Option<SubIndication> {
        let target = self.target();
        if target.not_before() <= time && time <= target.not_after() {
            return None;
        }
        // The anchor itself has no status and needs none.
        let known_good = match self.signer_status() {
            None | Some(RevocationStatus::Good) => true,
            Some(RevocationStatus::Revoked { time: from, .. } | RevocationStatus::OnHold { time: from }) => {
                *from > time
            }
            Some(RevocationStatus::Unknown) => false,
        };
        Some(if known_good { SubIndication::OutOfBoundsNotRevoked } else { SubIndication::OutOfBoundsNoPoe })
    }

    fn signer_status(&self) -> Option<&RevocationStatus> {
        self.statuses.first().map(|status| &status.answer.status)
    }

    /// Whether some status rests on the word of somebody whose certificate has ended by `now`.
    pub(crate) fn rests_on_ended_data(&self, now: Time) -> bool {
        self.statuses.iter().any(|status| {
            status.answer.status == RevocationStatus::Good && status.data_signer_out_of_bounds_at(now)
        })
    }

    /// The moment from which the signer's certificate is revoked.
    pub(crate) fn signer_revoked_at(&self) -> Option<Time> {
        match self.signer_status() {
            Some(RevocationStatus::Revoked { time, .. }) => Some(*time),
            _ => None,
        }
    }

    /// The finding about data older than `time`, for the oldest of them.
    pub(crate) fn age_finding(&self, time: Time) -> Option<Finding> {
        let oldest = self.statuses.iter().min_by_key(|status| status.answer.this_update)?;
        oldest.answer.age_finding(time)
    }

    /// Findings about what can't be told or isn't good at `time`.
    pub(crate) fn findings_at(&self, time: Time, rules: &RevocationRules) -> Vec<Finding> {
        self.statuses.iter().flat_map(|status| status.findings_at(time, rules, self.demand)).collect()
    }

    pub(crate) fn verdicts(&self) -> Vec<RevocationVerdict> {
        self.statuses.iter().map(CertificateStatus::verdict).collect()
    }
}

/// What to say first when several certificates have a problem: the proven before the open, and what more
/// data could mend last.
fn gravity(conclusion: Conclusion) -> u8 {
    match conclusion.sub_indication() {
        Some(SubIndication::RevokedNoPoe) => 0,
        Some(SubIndication::RevokedCaNoPoe) => 1,
        Some(SubIndication::CertificateChainGeneralFailure) => 2,
        Some(_) => 3,
        None => 4,
    }
}

impl CertificateStatus {
    /// One certificate's revocation status at `time`. That nothing at hand tells the status is "anything else" of the
    /// standard's list, CERTIFICATE_CHAIN_GENERAL_FAILURE; TRY_LATER stays for data that are merely too old.
    fn ruling_at(&self, time: Time, owner: Owner, rules: &RevocationRules, demand: Demand) -> Conclusion {
        if self.answer.status == RevocationStatus::Good && self.data_signer_out_of_bounds_at(time) {
            return Conclusion::Indeterminate(SubIndication::RevocationOutOfBoundsNoPoe);
        }
        let open = |sub| match demand {
            Demand::Required => Conclusion::Indeterminate(sub),
            Demand::Reported => Conclusion::Passed,
        };
        match (&self.answer.status, owner) {
            (RevocationStatus::Revoked { time: from, .. }, owner) if *from <= time => {
                Conclusion::Indeterminate(match owner {
                    Owner::Signer => SubIndication::RevokedNoPoe,
                    Owner::Ca => SubIndication::RevokedCaNoPoe,
                })
            }
            (RevocationStatus::OnHold { time: from }, _) if *from <= time => {
                Conclusion::Indeterminate(SubIndication::TryLater)
            }
            // Revoked or suspended later: what the data say about `time` is "good".
            (RevocationStatus::Revoked { .. } | RevocationStatus::OnHold { .. }, _) => Conclusion::Passed,
            (RevocationStatus::Unknown, _) => open(SubIndication::CertificateChainGeneralFailure),
            (RevocationStatus::Good, _) if self.is_fresh_at(time, rules) => Conclusion::Passed,
            (RevocationStatus::Good, _) => open(SubIndication::TryLater),
        }
    }

    /// Whether a certificate with a path of its own made the data and has ended since: only a proof that
    /// it existed in its time tells that the data are the responder's.
    fn data_signer_out_of_bounds_at(&self, time: Time) -> bool {
        let signer = self.answer.source.as_ref().and_then(|source| source.signer_path.first());
        signer.is_some_and(|signer| signer.not_after() < time)
    }

    /// Revocation freshness (EN 319 102-1): the age the policy allows, else the data's own promise.
    fn is_fresh_at(&self, time: Time, rules: &RevocationRules) -> bool {
        self.answer.freshness_at(time, freshness(rules)) != Freshness::Stale
    }

    fn findings_at(&self, time: Time, rules: &RevocationRules, demand: Demand) -> Vec<Finding> {
        let mut findings = self.answer.findings.clone();
        for finding in findings.iter_mut().filter(|finding| finding.code == MISSING) {
            *finding = self.with_url(finding.clone()).with("time", time);
            if demand == Demand::Reported {
                finding.severity = Severity::Warning;
            }
        }
        let finding = match self.answer.status {
            RevocationStatus::Revoked { time: from, .. } | RevocationStatus::OnHold { time: from }
                if from > time =>
            {
                Some(Finding::info("certificate-revoked-later").with("revoked_at", from))
            }
            RevocationStatus::Revoked { time, .. } => {
                Some(Finding::error("certificate-revoked").with("revoked_at", time))
            }
            RevocationStatus::OnHold { time } => {
                Some(Finding::error("certificate-on-hold").with("since", time))
            }
            RevocationStatus::Good if !self.is_fresh_at(time, rules) => {
                let finding = match demand {
                    Demand::Required => Finding::error("revocation-data-not-fresh"),
                    Demand::Reported => Finding::warning("revocation-data-not-fresh"),
                };
                let finding = self.with_url(finding).with("time", time);
                Some(match self.answer.next_update {
                    Some(next) => finding.with("next_update", next),
                    None => finding,
                })
            }
            _ => None,
        };
        let finding = finding.map(|finding| match self.answer.status {
            RevocationStatus::Revoked { invalid_since: Some(since), .. } => {
                finding.with("invalid_since", since)
            }
            _ => finding,
        });
        let subject = shown_subject(&self.certificate);
        findings.extend(finding.map(|finding| finding.clause("RFC 5280 §6.3").with("subject", subject)));
        findings
    }

    /// Names the place that would have what is missing.
    fn with_url(&self, finding: Finding) -> Finding {
        let finding = finding.with("subject", shown_subject(&self.certificate));
        match crl_urls(&self.certificate).into_iter().next() {
            Some(url) => finding.with("url", url),
            None => finding,
        }
    }

    fn verdict(&self) -> RevocationVerdict {
        let (status, revoked_at) = match self.answer.status {
            RevocationStatus::Good => (RevocationState::Good, None),
            RevocationStatus::Revoked { time, .. } => (RevocationState::Revoked, Some(time)),
            RevocationStatus::OnHold { time } => (RevocationState::OnHold, Some(time)),
            RevocationStatus::Unknown => (RevocationState::Unknown, None),
        };
        RevocationVerdict {
            status,
            revoked_at,
            this_update: self.answer.this_update,
            next_update: self.answer.next_update,
            subject: shown_subject(&self.certificate),
            sha256: self.certificate.sha256_hex(),
            source: self.answer.source.as_ref().map(source_name),
            place: self.answer.source.as_ref().and_then(|source| source.origin.place.clone()),
            fetched_at: self.answer.source.as_ref().and_then(|source| source.origin.fetched_at),
        }
    }
}

/// hsign-pki's code for "no acceptable evidence".
const MISSING: &str = "revocation-data-missing";

/// `crl-embedded`, `ocsp-fetched`: kind and provenance.
fn source_name(source: &RevocationSource) -> String {
    let kind = match source.kind {
        RevocationSourceKind::Crl => "crl",
        RevocationSourceKind::Ocsp => "ocsp",
    };
    let provenance = match source.origin.provenance {
        Provenance::Embedded => "embedded",
        Provenance::Given => "given",
        Provenance::Fetched => "fetched",
    };
    format!("{kind}-{provenance}")
}

/// How old data may be, as hsign-pki puts it.
pub(crate) fn freshness(rules: &RevocationRules) -> FreshnessPolicy {
    match rules.max_age_seconds {
        Some(seconds) => FreshnessPolicy::MaximumAge { seconds: i64::from(seconds) },
        None => FreshnessPolicy::CrlOlderThanStampAllowed,
    }
}

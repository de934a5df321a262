//! A certificate's path and revocation at a time.

use std::collections::BTreeSet;

use hsign_core::ports::{Fetcher, Need};
use hsign_core::{Finding, Severity, Time, ValidationTime};
use hsign_crypto::OpensslVerifier;
use hsign_pki::{
    ANY_POLICY, Anchor, ExtendedKeyUsageDemand, FreshnessPolicy, PathFailureKind, PathFailures,
    PathParameters, Paths, RevocationAnswer, RevocationEvidence, RevocationParameters, RevocationSource,
    RevocationStatus, ValidatedPath, missing_certificates, missing_revocation, revocation_of_path,
};
use hsign_validation::{Conclusion, Evidence, Indication, SubIndication, shown_subject};
use hsign_x509::{Certificate, DistributionPoint};

use crate::verify::Gathering;

/// What a certificate is judged by (RFC 5280 §6.1.1), and what becomes of revocation.
#[derive(Clone, Debug, Default)]
pub struct CertificateRequest {
    /// Where paths may end. An anchor is its name and key.
    pub anchors: Vec<Certificate>,
    /// user-initial-policy-set, dotted OIDs; empty: any policy.
    pub initial_policies: Vec<String>,
    /// initial-explicit-policy.
    pub require_explicit_policy: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_policy_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any_policy: bool,
    /// Purposes, dotted OIDs, each of which the certificate must allow.
    pub extended_key_usages: Vec<String>,
    /// Whether the anchor's own extensions and dates count too (RFC 5937).
    pub anchor_constraints: bool,
    /// What becomes of revocation.
    pub revocation: RevocationDemand,
    /// Oldest revocation data that counts, in seconds; `None`: up to its nextUpdate.
    pub max_age_seconds: Option<i64>,
}

/// What becomes of revocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RevocationDemand {
    /// Every certificate below the anchor needs a status.
    #[default]
    Required,
    /// A revoked certificate fails, an unknown status passes with a finding.
    IfPresent,
    /// It isn't looked at.
    Off,
}

/// The answer about a certificate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CertificateVerdict {
    /// Passed, failed with the rule's word, or open with what is missing.
    pub conclusion: Conclusion,
    /// Target first, anchor last; as far as it went when there is no valid path.
    pub path: Vec<Certificate>,
    /// user-constrained-policy-set (RFC 5280 §6.1.6); empty without a valid path.
    pub policies: BTreeSet<String>,
    /// A row for each certificate below the anchor of a valid path.
    pub revocation: Vec<CertificateRevocation>,
    /// Why, and what else was noticed.
    pub findings: Vec<Finding>,
}

impl CertificateVerdict {
    /// `TOTAL-PASSED`, `TOTAL-FAILED` or `INDETERMINATE`.
    #[must_use]
    pub fn indication(&self) -> Indication {
        match self.conclusion {
            Conclusion::Passed => Indication::TotalPassed,
            Conclusion::Failed(_) => Indication::TotalFailed,
            Conclusion::Indeterminate(_) => Indication::Indeterminate,
        }
    }
}

/// What is known about one certificate's revocation at the time of the judgement.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CertificateRevocation {
    /// Whose status.
    pub certificate: Certificate,
    /// The status then.
    pub status: StatusThen,
    /// Since when it is revoked or on hold.
    pub since: Option<Time>,
    /// thisUpdate of the data, also of data that is too old to count.
    pub this_update: Option<Time>,
    /// nextUpdate of the data.
    pub next_update: Option<Time>,
    /// The data.
    pub source: Option<RevocationSource>,
}

/// A revocation status as of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusThen {
    /// Not revoked, by data that are fresh enough.
    Good,
    /// Revoked.
    Revoked,
    /// Suspended.
    OnHold,
    /// No data, or none fresh enough.
    Unknown,
    /// Nobody asked.
    NotChecked,
}

impl StatusThen {
    /// The word of the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked => "revoked",
            Self::OnHold => "on-hold",
            Self::Unknown => "unknown",
            Self::NotChecked => "not-checked",
        }
    }
}

/// Judges the path of `target` and the revocation of its certificates at `time`, as far as `evidence` and
/// `fetcher` tell. A rule that is violated or a revocation makes it fail; no path and no status leave it open.
#[must_use]
pub fn verify_certificate(
    target: &Certificate,
    request: &CertificateRequest,
    evidence: &Evidence,
    time: ValidationTime,
    fetcher: &dyn Fetcher,
) -> CertificateVerdict {
    let question = Question {
        target,
        request,
        anchors: request.anchors.iter().cloned().map(Anchor::from_certificate).collect(),
        parameters: parameters(request, time.0),
        time: time.0,
        verifier: OpensslVerifier::new(),
    };
    let mut gathering = Gathering::from(evidence);
    let mut verdict = gathering.settle(fetcher, |evidence| question.judge(evidence));
    verdict.findings.extend(gathering.findings);
    verdict
}

fn parameters(request: &CertificateRequest, time: Time) -> PathParameters {
    let any = || vec![ANY_POLICY.to_owned()];
    let policies = Some(request.initial_policies.clone()).filter(|policies| !policies.is_empty());
    let usages = &request.extended_key_usages;
    PathParameters {
        initial_policies: Some(policies.unwrap_or_else(any)),
        require_explicit_policy: request.require_explicit_policy,
        inhibit_policy_mapping: request.inhibit_policy_mapping,
        inhibit_any_policy: request.inhibit_any_policy,
        extended_key_usage: if usages.is_empty() {
            ExtendedKeyUsageDemand::None
        } else {
            ExtendedKeyUsageDemand::Allows(usages.clone())
        },
        apply_anchor_constraints: request.anchor_constraints,
        apply_anchor_dates: request.anchor_constraints,
        ..PathParameters::at(time)
    }
}

struct Question<'a> {
    target: &'a Certificate,
    request: &'a CertificateRequest,
    anchors: Vec<Anchor>,
    parameters: PathParameters,
    time: Time,
    verifier: OpensslVerifier,
}

impl Question<'_> {
    fn answers(&self, path: &ValidatedPath, evidence: &Evidence) -> Vec<RevocationAnswer> {
        let mut given: RevocationEvidence = evidence.revocation().clone();
        given.certificates.extend_from_slice(evidence.certificates());
        let parameters = RevocationParameters { at: self.time, now: self.time, freshness: self.freshness() };
        revocation_of_path(path, &given, &parameters, &self.verifier)
    }

    fn freshness(&self) -> FreshnessPolicy {
        match self.request.max_age_seconds {
            Some(seconds) => FreshnessPolicy::MaximumAge { seconds },
            None => FreshnessPolicy::CrlOlderThanStampAllowed,
        }
    }

    /// The verdict, and what the network may have that would change it: by the first valid path whose
    /// certificates are all good, else by the one that is nearest to it, with the others listed.
    fn judge(&self, evidence: &Evidence) -> (CertificateVerdict, Vec<Need>) {
        let pool = evidence.certificates();
        let mut failures = Vec::new();
        let mut judged: Vec<(CertificateVerdict, Vec<Need>, Finding)> = Vec::new();
        for outcome in Paths::new(self.target, pool, &self.anchors, &self.parameters, &self.verifier) {
            match outcome {
                Err(failure) => failures.push(failure),
                Ok(path) => judged.push(self.judge_path(&path, evidence)),
            }
            let settled = judged.last().is_some_and(|(verdict, ..)| !another_path_may_help(verdict));
            if settled || judged.len() >= MAX_PATHS_WITH_REVOCATION {
                break;
            }
        }
        let nearest = (0..judged.len())
            .min_by_key(|index| judged.get(*index).map(|(verdict, ..)| gravity(verdict.conclusion)));
        let Some(nearest) = nearest else {
            let needs = missing_certificates(self.target, pool, &self.anchors);
            return (self.without_path(&failures.into_iter().collect()), needs);
        };
        let (mut verdict, mut needs, _) = judged.remove(nearest);
        for (_, needed, other) in judged {
            verdict.findings.push(other);
            needs.extend(needed);
        }
        if verdict.conclusion != Conclusion::Passed {
            verdict.findings.extend(failures.into_iter().collect::<PathFailures>().as_others());
        }
        (verdict, needs)
    }

    /// The verdict by one path, what could be fetched for it, and the path in a line.
    fn judge_path(
        &self,
        path: &ValidatedPath,
        evidence: &Evidence,
    ) -> (CertificateVerdict, Vec<Need>, Finding) {
        let mut verdict = CertificateVerdict {
            conclusion: Conclusion::Passed,
            path: path.certificates().to_vec(),
            policies: path.policies().clone(),
            revocation: Vec::new(),
            findings: path.findings().to_vec(),
        };
        if self.request.revocation == RevocationDemand::Off {
            verdict.revocation = path.below_anchor().iter().map(not_checked).collect();
            return (verdict, Vec::new(), path.as_other(&[]));
        }
        let answers = self.answers(path, evidence);
        for (index, (certificate, answer)) in path.below_anchor().iter().zip(&answers).enumerate() {
            let row = self.row(certificate, answer);
            verdict.conclusion = graver(verdict.conclusion, self.ruling(&row, index == 0));
            verdict.findings.extend(self.findings(&row, answer));
            verdict.revocation.push(row);
        }
        let needs = missing_revocation(path, &answers, self.time, self.freshness());
        let errors = verdict.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let why: Vec<&str> = errors.map(|finding| finding.code.as_str()).collect();
        let other = path.as_other(&why);
        (verdict, needs, other)
    }

    fn without_path(&self, failures: &PathFailures) -> CertificateVerdict {
        let best = failures.best();
        CertificateVerdict {
            conclusion: self.conclusion_of(failures.kind()),
            path: best.map(|failure| failure.path.clone()).unwrap_or_default(),
            policies: BTreeSet::new(),
            revocation: Vec::new(),
            findings: failures.findings(),
        }
    }

    /// What can't be found or checked is open; a rule that is violated is an answer.
    fn conclusion_of(&self, kind: PathFailureKind) -> Conclusion {
        use PathFailureKind as Kind;
        match kind {
            Kind::TargetValidity if self.time < self.target.not_before() => {
                Conclusion::Failed(SubIndication::NotYetValid)
            }
            Kind::TargetValidity => Conclusion::Failed(SubIndication::Expired),
            Kind::Constraints => Conclusion::Failed(SubIndication::ChainConstraintsFailure),
            Kind::Validity | Kind::Form | Kind::Signature => {
                Conclusion::Failed(SubIndication::CertificateChainGeneralFailure)
            }
            Kind::AnchorPeriod => Conclusion::Indeterminate(SubIndication::NoCertificateChainFoundNoPoe),
            Kind::NoPath => Conclusion::Indeterminate(SubIndication::NoCertificateChainFound),
            // An algorithm we don't know, a search cut short, and whatever kind comes later.
            _ => Conclusion::Indeterminate(SubIndication::CertificateChainGeneralFailure),
        }
    }

    fn row(&self, certificate: &Certificate, answer: &RevocationAnswer) -> CertificateRevocation {
        let (status, since) = match answer.status {
            RevocationStatus::Revoked { time, .. } if time <= self.time => (StatusThen::Revoked, Some(time)),
            RevocationStatus::OnHold { time } if time <= self.time => (StatusThen::OnHold, Some(time)),
            // Revoked or suspended later: then it was good.
            RevocationStatus::Revoked { .. } | RevocationStatus::OnHold { .. } => (StatusThen::Good, None),
            RevocationStatus::Good if answer.is_good_at(self.time, self.freshness()) => {
                (StatusThen::Good, None)
            }
            RevocationStatus::Good | RevocationStatus::Unknown => (StatusThen::Unknown, None),
        };
        CertificateRevocation {
            certificate: certificate.clone(),
            status,
            since,
            this_update: answer.this_update,
            next_update: answer.next_update,
            source: answer.source.clone(),
        }
    }

    fn ruling(&self, row: &CertificateRevocation, is_target: bool) -> Conclusion {
        match row.status {
            StatusThen::Good | StatusThen::NotChecked => Conclusion::Passed,
            StatusThen::Revoked if is_target => Conclusion::Failed(SubIndication::Revoked),
            StatusThen::Revoked => Conclusion::Failed(SubIndication::RevokedCaNoPoe),
            // Whether a hold ends in a revocation is open (EN 319 102-1).
            StatusThen::OnHold => Conclusion::Indeterminate(SubIndication::TryLater),
            StatusThen::Unknown if self.request.revocation != RevocationDemand::Required => {
                Conclusion::Passed
            }
            StatusThen::Unknown if row.this_update.is_some() => {
                Conclusion::Indeterminate(SubIndication::TryLater)
            }
            StatusThen::Unknown => Conclusion::Indeterminate(SubIndication::CertificateChainGeneralFailure),
        }
    }

    fn findings(&self, row: &CertificateRevocation, answer: &RevocationAnswer) -> Vec<Finding> {
        let subject = shown_subject(&row.certificate);
        let mut findings = answer.findings.clone();
        let own = match (row.status, row.since) {
            (StatusThen::Revoked, Some(since)) => {
                Some(Finding::error("certificate-revoked").with("revoked_at", since))
            }
            (StatusThen::OnHold, Some(since)) => {
                Some(Finding::error("certificate-on-hold").with("since", since))
            }
            (StatusThen::Unknown, _) if answer.status == RevocationStatus::Good => Some(self.stale(answer)),
            _ => None,
        };
        findings.extend(own.map(|finding| finding.clause("RFC 5280 §6.3")));
        for finding in &mut findings {
            if !finding.values.contains_key("subject") {
                finding.values.insert("subject".to_owned(), subject.clone());
            }
            if !OPEN.contains(&finding.code.as_str()) {
                continue;
            }
            if let Some(url) = crl_url(&row.certificate) {
                finding.values.insert("url".to_owned(), url);
            }
            if self.request.revocation == RevocationDemand::IfPresent {
                finding.severity = Severity::Warning;
            }
        }
        findings
    }

    fn stale(&self, answer: &RevocationAnswer) -> Finding {
        let finding = Finding::error("revocation-data-not-fresh").with("time", self.time);
        match answer.next_update {
            Some(next) => finding.with("next_update", next),
            None => finding,
        }
    }
}

/// Codes that say that a status isn't known.
const OPEN: [&str; 2] = ["revocation-data-missing", "revocation-data-not-fresh"];

/// Where the issuer says its list is.
fn crl_url(certificate: &Certificate) -> Option<String> {
    let points = certificate.crl_distribution_points().ok().flatten()?;
    points.iter().flat_map(DistributionPoint::uris).next().map(str::to_owned)
}

fn not_checked(certificate: &Certificate) -> CertificateRevocation {
    CertificateRevocation {
        certificate: certificate.clone(),
        status: StatusThen::NotChecked,
        since: None,
        this_update: None,
        next_update: None,
        source: None,
    }
}

/// Valid paths whose revocation is looked at. Two generations of a CA, each cross-certified by two roots, make
/// four; whoever sends more interchangeable certificates than that only wants to keep us busy.
const MAX_PATHS_WITH_REVOCATION: usize = 8;

/// Not when it passed, and not when it is the target itself that is revoked.
fn another_path_may_help(verdict: &CertificateVerdict) -> bool {
    !matches!(verdict.conclusion, Conclusion::Passed | Conclusion::Failed(SubIndication::Revoked))
}

/// What is proven goes before what is open; among equals the one nearer to the target.
fn graver(first: Conclusion, second: Conclusion) -> Conclusion {
    if gravity(second) > gravity(first) { second } else { first }
}

fn gravity(conclusion: Conclusion) -> u8 {
    match conclusion {
        Conclusion::Failed(_) => 2,
        Conclusion::Indeterminate(_) => 1,
        Conclusion::Passed => 0,
    }
}

use std::collections::BTreeSet;

use hsign_core::{Finding, Severity};
use hsign_x509::Certificate;

use crate::Anchor;

/// A path that passed every rule. Only the validator makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedPath {
    pub(super) certificates: Vec<Certificate>,
    pub(super) anchor: Anchor,
    pub(super) policies: BTreeSet<String>,
    pub(super) findings: Vec<Finding>,
}

impl ValidatedPath {
    /// The certificates, target first, anchor last. One certificate alone when the target is the anchor.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The certificates below the anchor, target first: those that can be revoked.
    #[must_use]
    pub fn below_anchor(&self) -> &[Certificate] {
        self.certificates.split_last().map_or(&[], |(_, below)| below)
    }

    /// The certificate whose path this is.
    #[must_use]
    pub fn target(&self) -> &Certificate {
        self.certificates.first().unwrap_or(self.anchor.certificate())
    }

    /// The path in one line, beside another one that is told in full; `why` it wasn't the better one, in codes.
    #[must_use]
    pub fn as_other(&self, why: &[&str]) -> Finding {
        other_path(&self.certificates, why.iter().copied())
    }

    /// The issuer of the certificate at `index`.
    #[must_use]
    pub fn issuer_of(&self, index: usize) -> Option<&Certificate> {
        self.certificates.get(index + 1)
    }

    /// Where it ends.
    #[must_use]
    pub fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    /// user-constrained-policy-set (RFC 5280 §6.1.6).
    #[must_use]
    pub fn policies(&self) -> &BTreeSet<String> {
        &self.policies
    }

    /// What was noticed without making the path invalid.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// What kind of failure a path met, the mildest first; the engine maps it to a sub-indication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PathFailureKind {
    /// All rules hold but the target's own validity period.
    TargetValidity,
    /// Certificate policies, name constraints, path length or extended key usage forbid it.
    Constraints,
    /// A CA's validity period or the anchor's own.
    Validity,
    /// The registry trusts the anchor only at other times.
    AnchorPeriod,
    /// A rule about the form of a certificate: key usage, CA flag, critical or repeated extensions.
    Form,
    /// A signature can't be checked: unknown algorithm or undecodable key.
    SignatureUnsupported,
    /// A signature that doesn't verify, or a name that doesn't chain.
    Signature,
    /// The search used up its budget.
    Budget,
    /// No chain of issuers leads to an anchor.
    NoPath,
}

/// One prospective path and why it isn't valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFailure {
    /// The gravest of its failures.
    pub kind: PathFailureKind,
    /// Every rule that failed, with the certificate, and what else was noticed.
    pub findings: Vec<Finding>,
    /// The certificates, target first, as far as the path went.
    pub path: Vec<Certificate>,
}

/// Failures kept for the report; of one search no more than that many paths are validated.
const MAX_FAILURES: usize = 64;

/// Failures beside the best one that are listed in words; a reader who needs more looks at them all.
const LISTED: usize = 8;

impl PathFailure {
    /// The failure in one line, beside another one that is told in full: how far the path went and the
    /// codes of what broke it.
    #[must_use]
    pub fn as_other(&self) -> Finding {
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let reasons: BTreeSet<&str> = errors.map(|finding| finding.code.as_str()).collect();
        other_path(&self.path, reasons)
    }

    /// Whether it only says that somebody else bears the issuer's name: another of the paths went on, through a key
    /// that verifies the signature. It tells nothing about that path, and anybody can make such a certificate.
    fn of_namesake(&self, all: &[Self]) -> bool {
        let goes_on = |other: &Self| other.path.len() > self.path.len() && other.path.starts_with(&self.path);
        self.kind == PathFailureKind::Signature && all.iter().any(goes_on)
    }
}

/// A path that was tried beside the one that is told in full. Of the target, which may be a person, nothing
/// is said.
fn other_path<'r>(path: &[Certificate], reasons: impl IntoIterator<Item = &'r str>) -> Finding {
    let end = match path {
        [_, .., last] => last.subject().to_string(),
        [target] => target.issuer().to_string(),
        [] => String::new(),
    };
    Finding::info("other-path-tried")
        .with("end", end)
        .with("certificates", path.len())
        .with("why", reasons.into_iter().collect::<Vec<_>>().join(" "))
}

/// No valid path. The failures are ordered so that the one that came nearest to success is first; there
/// is always one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFailures {
    failures: Vec<PathFailure>,
}

impl FromIterator<PathFailure> for PathFailures {
    /// Each failure once. The last one is always kept: it tells when a search ended for want of budget.
    fn from_iter<I: IntoIterator<Item = PathFailure>>(all: I) -> Self {
        let mut failures: Vec<PathFailure> = Vec::new();
        let mut last = None;
        for failure in all {
            if failures.contains(&failure) {
                continue;
            }
            if failures.len() + 1 < MAX_FAILURES {
                failures.push(failure);
            } else {
                last = Some(failure);
            }
        }
        failures.extend(last);
        let namesakes: Vec<bool> = failures.iter().map(|failure| failure.of_namesake(&failures)).collect();
        let mut ranked: Vec<(PathFailure, bool)> = failures.into_iter().zip(namesakes).collect();
        // Among paths that failed alike, one that got further (to an anchor) tells more.
        ranked.sort_by_key(|(failure, namesake)| {
            (*namesake, failure.kind, std::cmp::Reverse(failure.path.len()))
        });
        Self { failures: ranked.into_iter().map(|(failure, _)| failure).collect() }
    }
}

impl PathFailures {
    /// The most useful one to show.
    #[must_use]
    pub fn best(&self) -> Option<&PathFailure> {
        self.failures.first()
    }

    /// What went wrong, by the best one.
    #[must_use]
    pub fn kind(&self) -> PathFailureKind {
        self.best().map_or(PathFailureKind::NoPath, |failure| failure.kind)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[PathFailure] {
        &self.failures
    }

    /// A line for each of the first ones, beside a path that is told in full.
    #[must_use]
    pub fn as_others(&self) -> Vec<Finding> {
        self.failures.iter().take(LISTED).map(PathFailure::as_other).collect()
    }

    /// The best failure in full, and a line for each of the next ones.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let Some((best, others)) = self.failures.split_first() else { return Vec::new() };
        best.findings.iter().cloned().chain(others.iter().take(LISTED).map(PathFailure::as_other)).collect()
    }
}

use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Budget, Finding};
use hsign_x509::Certificate;

use super::outcome::{PathFailure, PathFailureKind, PathFailures, ValidatedPath};
use super::rules::{self, Violation};
use super::signatures::SignatureChecks;
use super::validate::validate;
use super::{PathParameters, ProfileRules};
use crate::Anchor;

/// Certificates in a path, the anchor included. The longest of PKITS has eight; certval stops at 15.
const MAX_DEPTH: usize = 20;

/// Complete paths that are validated. OpenSSL tries one, certval all; bridges in PKITS-like tests need
/// fewer than ten.
const MAX_PATHS: u64 = 64;

/// Certificates looked at as issuers, over the whole search: 5,000 at hand allow 200 steps, and a comparison
/// of names takes some 50 ns.
const MAX_STEPS: u64 = 1_000_000;

/// Failures kept for the report.
const MAX_FAILURES: usize = 64;

/// Searches a path from `target` over `pool` to one of `anchors` and validates it; on failure backtracks
/// to the next one. `pool` is untrusted and may hold anything.
///
/// # Errors
/// When no path is valid: every path that was tried, with every rule it broke.
pub fn build_and_validate(
    target: &Certificate,
    pool: &[Certificate],
    anchors: &[Anchor],
    parameters: &PathParameters,
    verifier: &dyn SignatureVerifier,
) -> Result<ValidatedPath, PathFailures> {
    let mut search = Search {
        pool,
        anchors,
        parameters,
        signatures: SignatureChecks::new(verifier),
        paths: Budget::new("paths validated", MAX_PATHS),
        steps: Budget::new("issuers looked at", MAX_STEPS),
        failures: Vec::new(),
        exhausted: false,
    };
    let mut path = vec![target.clone()];
    if let Some(found) = search.directly_trusted(target).or_else(|| search.extend(&mut path)) {
        return Ok(found);
    }
    Err(PathFailures::new(search.failures))
}

struct Search<'a> {
    pool: &'a [Certificate],
    anchors: &'a [Anchor],
    parameters: &'a PathParameters,
    signatures: SignatureChecks<'a>,
    paths: Budget,
    steps: Budget,
    failures: Vec<PathFailure>,
    exhausted: bool,
}

impl Search<'_> {
    /// The target is itself an anchor (EN 319 102-1, X.509 certificate validation, first step).
    fn directly_trusted(&mut self, target: &Certificate) -> Option<ValidatedPath> {
        if !self.parameters.allow_anchor_as_target {
            return None;
        }
        let anchor = self.anchors.iter().find(|anchor| anchor.certificate() == target)?.clone();
        self.judge(&[], anchor)
    }

    /// Tries every way on from the last certificate of `path`, the likeliest first.
    fn extend(&mut self, path: &mut Vec<Certificate>) -> Option<ValidatedPath> {
        let last = path.last()?.clone();
        let anchors = self.anchors_for(&last);
        let issuers = if path.len() + 1 < MAX_DEPTH { self.issuers_for(&last, path) } else { Vec::new() };
        if path.len() + 1 >= MAX_DEPTH && anchors.is_empty() {
            self.fail(PathFailureKind::Budget, too_deep(), path);
            return None;
        }
        if anchors.is_empty() && issuers.is_empty() {
            self.fail(PathFailureKind::NoPath, issuer_not_found(&last), path);
            return None;
        }
        for anchor in anchors {
            if self.signed_by(&last, anchor.public_key_info(), path)
                && let Some(found) = self.judge(path, anchor)
            {
                return Some(found);
            }
            if self.exhausted {
                return None;
            }
        }
        for issuer in issuers {
            if self.signed_by(&last, issuer.public_key_info(), path) {
                path.push(issuer);
                let found = self.extend(path);
                path.pop();
                if found.is_some() {
                    return found;
                }
            }
            if self.exhausted {
                return None;
            }
        }
        None
    }

    fn anchors_for(&mut self, certificate: &Certificate) -> Vec<Anchor> {
        let mut found: Vec<_> = self
            .anchors
            .iter()
            .filter(|anchor| anchor.name().matches(certificate.issuer()))
            .cloned()
            .collect();
        found.sort_by_key(|anchor| distance(certificate, anchor.certificate(), self.parameters));
        found
    }

    /// Certificates of the pool that bear the issuer's name, without those that would close a loop: the same
    /// name and key twice in a path never helps (RFC 4158 §2.4.2).
    fn issuers_for(&mut self, certificate: &Certificate, path: &[Certificate]) -> Vec<Certificate> {
        let looked_at = u64::try_from(self.pool.len()).unwrap_or(u64::MAX);
        if self.steps.spend(looked_at).is_err() {
            self.exhaust("issuers looked at", MAX_STEPS, path);
            return Vec::new();
        }
        let mut found: Vec<Certificate> = Vec::new();
        for candidate in
            self.pool.iter().filter(|candidate| candidate.subject().matches(certificate.issuer()))
        {
            let is_anchor = self.anchors.iter().any(|anchor| anchor.certificate() == candidate);
            let closes_loop = path.iter().any(|earlier| {
                earlier.public_key_info() == candidate.public_key_info()
                    && earlier.subject().matches(candidate.subject())
            });
            if !is_anchor && !closes_loop && !found.contains(candidate) {
                found.push(candidate.clone());
            }
        }
        found.sort_by_key(|candidate| distance(certificate, candidate, self.parameters));
        found
    }

    /// Weeds out namesakes with another key before the search goes on through them.
    fn signed_by(&mut self, certificate: &Certificate, key: &[u8], path: &[Certificate]) -> bool {
        match self.signatures.check(certificate, key) {
            Ok(SignatureValidity::Valid) => true,
            Ok(validity) => {
                if let Some(Violation { kind, finding }) =
                    rules::signature(certificate, &validity, path.len() == 1)
                {
                    self.fail(kind, finding, path);
                }
                false
            }
            Err(exhausted) => {
                self.exhaust(exhausted.purpose, exhausted.limit, path);
                false
            }
        }
    }

    fn judge(&mut self, path: &[Certificate], anchor: Anchor) -> Option<ValidatedPath> {
        if self.paths.spend(1).is_err() {
            self.exhaust("paths validated", MAX_PATHS, path);
            return None;
        }
        let outcome = validate(path, &anchor, self.parameters, &mut self.signatures);
        let mut certificates = path.to_vec();
        certificates.push(anchor.certificate().clone());
        let enforce = self.parameters.profile == ProfileRules::Enforce;
        let kind = outcome
            .violations
            .iter()
            .map(|violation| violation.kind)
            .chain(outcome.profile.iter().filter(|_| enforce).map(|_| PathFailureKind::Form))
            .max();
        let findings = outcome
            .violations
            .into_iter()
            .map(|violation| violation.finding)
            .chain(outcome.profile)
            .chain(outcome.notes)
            .collect();
        match kind {
            None => Some(ValidatedPath { certificates, anchor, policies: outcome.policies, findings }),
            Some(kind) => {
                self.record(PathFailure { kind, findings, path: certificates });
                None
            }
        }
    }

    fn exhaust(&mut self, purpose: &str, limit: u64, path: &[Certificate]) {
        if !self.exhausted {
            let finding = Finding::error("path-search-limit").with("purpose", purpose).with("limit", limit);
            self.exhausted = true;
            // The reason the search ended has to be told even when many failures were kept.
            self.failures.truncate(MAX_FAILURES - 1);
            self.fail(PathFailureKind::Budget, finding, path);
        }
    }

    fn fail(&mut self, kind: PathFailureKind, finding: Finding, path: &[Certificate]) {
        self.record(PathFailure { kind, findings: vec![finding], path: path.to_vec() });
    }

    fn record(&mut self, failure: PathFailure) {
        if self.failures.len() < MAX_FAILURES && !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }
}

/// How unlikely `issuer` issued `certificate`: key identifiers first (they tell generations of one CA
/// apart), then whether it was valid at the time.
fn distance(certificate: &Certificate, issuer: &Certificate, parameters: &PathParameters) -> (u8, bool) {
    let wanted = certificate.authority_key_identifier().ok().flatten().and_then(|id| id.key_identifier);
    let offered = issuer.subject_key_identifier().ok().flatten();
    let by_key = match (wanted, offered) {
        (Some(wanted), Some(offered)) if wanted == offered => 0,
        (Some(_), Some(_)) => 2,
        _ => 1,
    };
    let valid = issuer.not_before() <= parameters.time && parameters.time <= issuer.not_after();
    (by_key, !valid)
}

fn too_deep() -> Finding {
    Finding::error("path-search-limit").with("purpose", "certificates in a path").with("limit", MAX_DEPTH)
}

fn issuer_not_found(certificate: &Certificate) -> Finding {
    Finding::error("issuer-not-found")
        .clause("RFC 5280 §6.1")
        .with("certificate", certificate.sha256_hex())
        .with("issuer", certificate.issuer())
}

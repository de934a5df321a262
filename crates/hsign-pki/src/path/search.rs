use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Budget, Finding};
use hsign_x509::Certificate;

use super::outcome::{PathFailure, PathFailureKind, ValidatedPath};
use super::rules::{self, Violation};
use super::signatures::SignatureChecks;
use super::validate::validate;
use super::{PathParameters, ProfileRules};
use crate::Anchor;

/// Certificates in a path, the anchor included. The longest of PKITS has eight; certval stops at 15.
const MAX_DEPTH: usize = 20;

/// Complete paths that are validated, valid ones included. OpenSSL tries one, certval all; bridges in
/// PKITS-like tests need fewer than ten.
const MAX_PATHS: u64 = 64;

/// Certificates looked at as issuers, over the whole search: 5,000 at hand allow 200 steps, and a comparison
/// of names takes some 50 ns.
const MAX_STEPS: u64 = 1_000_000;

/// Every prospective path from a certificate over a pool of untrusted ones to an anchor, the likeliest first,
/// each judged when it is asked for: valid, or why it isn't (EN 319 102-1 goes through prospective chains in
/// this way while revocation leaves one open). One budget holds for all of them; a search that runs out of it
/// says so in its last item.
pub struct Paths<'a> {
    target: &'a Certificate,
    pool: &'a [Certificate],
    anchors: &'a [Anchor],
    parameters: &'a PathParameters,
    signatures: SignatureChecks<'a>,
    paths: Budget,
    steps: Budget,
    /// The certificates below the anchor, target first, each with the ways on that weren't tried yet.
    walk: Vec<Junction>,
    begun: bool,
    exhausted: bool,
}

struct Junction {
    certificate: Certificate,
    /// Last one first.
    ways: Vec<Way>,
}

enum Way {
    Up(Certificate),
    End(Anchor),
}

impl<'a> Paths<'a> {
    /// Looks at nothing yet. `pool` may hold anything.
    #[must_use]
    pub fn new(
        target: &'a Certificate,
        pool: &'a [Certificate],
        anchors: &'a [Anchor],
        parameters: &'a PathParameters,
        verifier: &'a dyn SignatureVerifier,
    ) -> Self {
        Self {
            target,
            pool,
            anchors,
            parameters,
            signatures: SignatureChecks::new(verifier),
            paths: Budget::new("paths validated", MAX_PATHS),
            steps: Budget::new("issuers looked at", MAX_STEPS),
            walk: Vec::new(),
            begun: false,
            exhausted: false,
        }
    }

    /// The target is itself an anchor (EN 319 102-1, X.509 certificate validation, first step).
    fn directly_trusted(&mut self) -> Option<<Self as Iterator>::Item> {
        if !self.parameters.allow_anchor_as_target {
            return None;
        }
        let anchor = self.anchors.iter().find(|anchor| anchor.certificate() == self.target)?.clone();
        Some(self.judge(&[], anchor))
    }

    /// Goes on to a certificate that the last one was signed by; a dead end is told.
    fn enter(&mut self, certificate: Certificate) -> Option<PathFailure> {
        let mut path = self.so_far();
        path.push(certificate.clone());
        let anchors = self.anchors_for(&certificate);
        let full = path.len() + 1 >= MAX_DEPTH;
        let issuers = if full { Ok(Vec::new()) } else { self.issuers_for(&certificate, &path) };
        let nowhere = anchors.is_empty() && issuers.as_ref().is_ok_and(Vec::is_empty);
        let (ways, failure) = match issuers {
            Err(failure) => (Vec::new(), Some(failure)),
            Ok(_) if nowhere && full => (Vec::new(), Some(told(PathFailureKind::Budget, too_deep(), path))),
            Ok(_) if nowhere => {
                (Vec::new(), Some(told(PathFailureKind::NoPath, issuer_not_found(&certificate), path)))
            }
            Ok(issuers) => {
                let ends = anchors.into_iter().rev().map(Way::End);
                (issuers.into_iter().rev().map(Way::Up).chain(ends).collect(), None)
            }
        };
        self.walk.push(Junction { certificate, ways });
        failure
    }

    fn so_far(&self) -> Vec<Certificate> {
        self.walk.iter().map(|junction| junction.certificate.clone()).collect()
    }

    fn anchors_for(&self, certificate: &Certificate) -> Vec<Anchor> {
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
    fn issuers_for(
        &mut self,
        certificate: &Certificate,
        path: &[Certificate],
    ) -> Result<Vec<Certificate>, PathFailure> {
        let looked_at = u64::try_from(self.pool.len()).unwrap_or(u64::MAX);
        if self.steps.spend(looked_at).is_err() {
            return Err(self.exhaust("issuers looked at", MAX_STEPS, path.to_vec()));
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
        Ok(found)
    }

    /// Weeds out namesakes with another key before the search goes on through them.
    fn signed_by(&mut self, certificate: &Certificate, key: &[u8]) -> Result<(), PathFailure> {
        match self.signatures.check(certificate, key) {
            Ok(SignatureValidity::Valid) => Ok(()),
            Ok(validity) => match rules::signature(certificate, &validity, self.walk.len() == 1) {
                None => Ok(()),
                Some(Violation { kind, finding }) => Err(told(kind, finding, self.so_far())),
            },
            Err(exhausted) => {
                let path = self.so_far();
                Err(self.exhaust(exhausted.purpose, exhausted.limit, path))
            }
        }
    }

    fn judge(&mut self, path: &[Certificate], anchor: Anchor) -> Result<ValidatedPath, PathFailure> {
        if self.paths.spend(1).is_err() {
            return Err(self.exhaust("paths validated", MAX_PATHS, path.to_vec()));
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
            None => Ok(ValidatedPath { certificates, anchor, policies: outcome.policies, findings }),
            Some(kind) => Err(PathFailure { kind, findings, path: certificates }),
        }
    }

    fn exhaust(&mut self, purpose: &str, limit: u64, path: Vec<Certificate>) -> PathFailure {
        self.exhausted = true;
        let finding = Finding::error("path-search-limit").with("purpose", purpose).with("limit", limit);
        told(PathFailureKind::Budget, finding, path)
    }

    /// One step of the search: an item, or nothing to tell yet.
    fn step(&mut self) -> Option<<Self as Iterator>::Item> {
        let junction = self.walk.last_mut()?;
        let certificate = junction.certificate.clone();
        match junction.ways.pop() {
            None => {
                self.walk.pop();
                None
            }
            Some(Way::End(anchor)) => Some(
                self.signed_by(&certificate, anchor.public_key_info())
                    .and_then(|()| self.judge(&self.so_far(), anchor)),
            ),
            Some(Way::Up(issuer)) => match self.signed_by(&certificate, issuer.public_key_info()) {
                Ok(()) => self.enter(issuer).map(Err),
                Err(failure) => Some(Err(failure)),
            },
        }
    }
}

impl Iterator for Paths<'_> {
    type Item = Result<ValidatedPath, PathFailure>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.begun {
            self.begun = true;
            let direct = self.directly_trusted();
            let dead_end = self.enter(self.target.clone());
            // An anchor needs no issuer.
            if let Some(item) = direct.or(dead_end.map(Err)) {
                return Some(item);
            }
        }
        while !self.exhausted && !self.walk.is_empty() {
            if let Some(item) = self.step() {
                return Some(item);
            }
        }
        None
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

fn told(kind: PathFailureKind, finding: Finding, path: Vec<Certificate>) -> PathFailure {
    PathFailure { kind, findings: vec![finding], path }
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

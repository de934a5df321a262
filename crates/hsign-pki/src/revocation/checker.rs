use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Budget, Finding, SignatureAlgorithm, Time};
use hsign_x509::{Certificate, GeneralName};

use super::answer::{FreshnessPolicy, RevocationAnswer, RevocationSource, RevocationStatus};
use super::evidence::RevocationEvidence;
use super::{crl, ocsp};
use crate::answers::Answers;
use crate::{ANY_POLICY, PathParameters, ValidatedPath, build_and_validate};

/// Signature checks for one question, evidence that never belonged to it included.
const MAX_SIGNATURE_CHECKS: u64 = 400;

/// How deep signers of evidence may need evidence of their own. PKITS needs two; more is a maze.
const MAX_NESTING: usize = 6;

/// Signers of evidence whose paths are looked for. PKITS needs a handful for one question.
const MAX_SIGNERS: u64 = 64;

/// At which times evidence is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationParameters {
    /// The time whose status is asked for. Evidence may be later than that.
    pub at: Time,
    /// When the judgement is made. Evidence from later than that is nobody's word yet and isn't used.
    pub now: Time,
    /// How old evidence may be that vouches for signers of CRLs and OCSP responses.
    pub freshness: FreshnessPolicy,
}

/// Status of every certificate below the anchor, the target first. (The anchor needs none: nothing above it
/// could tell.)
#[must_use]
pub fn revocation_of_path(
    path: &ValidatedPath,
    evidence: &RevocationEvidence,
    parameters: &RevocationParameters,
    verifier: &dyn SignatureVerifier,
) -> Vec<RevocationAnswer> {
    let mut checker = Checker::new(evidence, *parameters, verifier);
    (0..path.below_anchor().len()).map(|index| checker.ask(path, index)).collect()
}

/// Status of the certificate at `index` of the path (0 is the target), by the latest acceptable evidence.
/// A revocation that any evidence tells counts, however old; `freshness_at` tells whether a `Good` is
/// recent enough.
#[must_use]
pub fn revocation_status(
    path: &ValidatedPath,
    index: usize,
    evidence: &RevocationEvidence,
    parameters: &RevocationParameters,
    verifier: &dyn SignatureVerifier,
) -> RevocationAnswer {
    Checker::new(evidence, *parameters, verifier).ask(path, index)
}

/// One word about a certificate.
pub(super) struct Statement {
    pub(super) status: RevocationStatus,
    pub(super) this_update: Time,
    pub(super) next_update: Option<Time>,
    pub(super) source: RevocationSource,
    /// Whether it tells about the certificate although it was issued after the certificate's end.
    pub(super) covers_expired: bool,
}

pub(super) struct Checker<'a> {
    pub(super) evidence: &'a RevocationEvidence,
    pub(super) parameters: RevocationParameters,
    verifier: &'a dyn SignatureVerifier,
    signatures: Answers<bool>,
    budget: Budget,
    signers: Budget,
    /// Certificates whose status is being asked for further up: none of them can vouch for itself.
    in_question: Vec<[u8; 32]>,
    /// Certificates above the one that was first asked about: they get answers of their own, so that one
    /// missing answer doesn't hide the others. Those below it don't count, since they rest on it.
    above: Vec<[u8; 32]>,
}

impl<'a> Checker<'a> {
    fn new(
        evidence: &'a RevocationEvidence,
        parameters: RevocationParameters,
        verifier: &'a dyn SignatureVerifier,
    ) -> Self {
        Self {
            evidence,
            parameters,
            verifier,
            signatures: Answers::new(),
            budget: Budget::new("signature checks on revocation data", MAX_SIGNATURE_CHECKS),
            signers: Budget::new("signers of revocation data", MAX_SIGNERS),
            in_question: Vec::new(),
            above: Vec::new(),
        }
    }

    fn ask(&mut self, path: &ValidatedPath, index: usize) -> RevocationAnswer {
        self.above = path.below_anchor().iter().skip(index + 1).map(Certificate::sha256).collect();
        self.status(path, index)
    }

    fn status(&mut self, path: &ValidatedPath, index: usize) -> RevocationAnswer {
        let (Some(certificate), Some(issuer)) = (path.certificates().get(index), path.issuer_of(index))
        else {
            return unknown([0; 32], vec![Finding::error("revocation-data-missing")]);
        };
        let digest = certificate.sha256();
        if self.in_question.contains(&digest) || self.in_question.len() >= MAX_NESTING {
            return unknown(digest, vec![missing(certificate)]);
        }
        self.in_question.push(digest);
        let mut findings = Vec::new();
        let mut statements = ocsp::statements(self, path, certificate, issuer, &mut findings);
        statements.extend(crl::statements(self, path, certificate, issuer, &mut findings));
        self.in_question.pop();
        conclude(certificate, statements, findings)
    }

    /// Whether `key` signed the object with this SHA-256, of which the rest are parts; each pair is checked once.
    pub(super) fn signed_by(
        &mut self,
        object: [u8; 32],
        algorithm: &SignatureAlgorithm,
        key: &[u8],
        message: &[u8],
        value: &[u8],
    ) -> bool {
        if let Some(known) = self.signatures.get(object, key) {
            return *known;
        }
        if self.budget.spend(1).is_err() {
            return false;
        }
        let valid = self.verifier.verify(algorithm, key, message, value) == SignatureValidity::Valid;
        self.signatures.insert(object, key, valid);
        valid
    }

    /// Whether the status of a signer's certificate is settled elsewhere, or by itself.
    fn needs_no_answer(&self, certificate: &Certificate) -> bool {
        let digest = certificate.sha256();
        self.above.contains(&digest)
            || (self.in_question.contains(&digest) && tells_its_own_status(certificate))
    }

    /// A path for a signer of evidence that isn't the certificate's own issuer: to the same anchor
    /// (RFC 5280 §6.3.3 (f)), and with no certificate of it revoked.
    pub(super) fn signer_path(
        &mut self,
        signer: &Certificate,
        path: &ValidatedPath,
        issued: Time,
        skip_signer: bool,
    ) -> Option<Vec<Certificate>> {
        self.signers.spend(1).ok()?;
        let time = self.parameters.at.max(issued);
        let mut pool = self.evidence.certificates.clone();
        pool.extend(path.below_anchor().iter().cloned());
        let parameters = PathParameters {
            initial_policies: Some(vec![ANY_POLICY.to_owned()]),
            ..PathParameters::at(time)
        };
        let anchors = [path.anchor().clone()];
        let found = build_and_validate(signer, &pool, &anchors, &parameters, self.verifier).ok()?;
        let first = usize::from(skip_signer);
        let freshness = self.parameters.freshness;
        let at = self.parameters.at;
        let all_good = (first..found.below_anchor().len()).all(|index| {
            found.certificates().get(index).is_some_and(|certificate| self.needs_no_answer(certificate))
                || self.status(&found, index).is_good_at(at, freshness)
        });
        all_good.then(|| found.certificates().to_vec())
    }
}

/// Whether its issuer appointed the certificate's own subject to tell its status: only then may a CRL issuer
/// vouch for itself (PKITS 4.14.30).
fn tells_its_own_status(certificate: &Certificate) -> bool {
    let points = certificate.crl_distribution_points().ok().flatten().unwrap_or_default();
    points
        .iter()
        .flat_map(|point| &point.crl_issuer)
        .any(|name| matches!(name, GeneralName::Directory(name) if name.matches(certificate.subject())))
}

/// Revoked if anybody says so for good; else what the latest acceptable statement says.
fn conclude(
    certificate: &Certificate,
    statements: Vec<Statement>,
    mut findings: Vec<Finding>,
) -> RevocationAnswer {
    let digest = certificate.sha256();
    let revoked = statements
        .iter()
        .filter_map(|statement| match statement.status {
            RevocationStatus::Revoked { time, .. } => Some((time, statement)),
            _ => None,
        })
        .min_by_key(|(time, _)| *time)
        .map(|(_, statement)| statement);
    if let Some(statement) = revoked {
        return answer(digest, statement, findings);
    }
    let late =
        |statement: &&Statement| statement.this_update > certificate.not_after() && !statement.covers_expired;
    if statements.iter().any(|statement| late(&statement)) {
        findings.push(
            Finding::warning("revocation-data-after-expiry")
                .with("certificate", certificate.sha256_hex())
                .with("not_after", certificate.not_after()),
        );
    }
    // To be listed is information whenever the list was made; to be absent from it isn't.
    let on_hold = |statement: &&Statement| matches!(statement.status, RevocationStatus::OnHold { .. });
    let latest = statements
        .iter()
        .filter(|statement| !late(statement) || on_hold(statement))
        .max_by_key(|statement| statement.this_update);
    match latest {
        Some(statement) => answer(digest, statement, findings),
        None => {
            findings.push(missing(certificate));
            unknown(digest, findings)
        }
    }
}

fn answer(certificate: [u8; 32], statement: &Statement, findings: Vec<Finding>) -> RevocationAnswer {
    RevocationAnswer {
        certificate,
        status: statement.status.clone(),
        this_update: Some(statement.this_update),
        next_update: statement.next_update,
        source: Some(statement.source.clone()),
        findings,
    }
}

fn unknown(certificate: [u8; 32], findings: Vec<Finding>) -> RevocationAnswer {
    RevocationAnswer {
        certificate,
        status: RevocationStatus::Unknown,
        this_update: None,
        next_update: None,
        source: None,
        findings,
    }
}

fn missing(certificate: &Certificate) -> Finding {
    Finding::error("revocation-data-missing")
        .clause("RFC 5280 §6.3.3")
        .with("certificate", certificate.sha256_hex())
        .with("issuer", certificate.issuer())
}

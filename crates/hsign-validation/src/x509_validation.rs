//! X.509 certificate validation (EN 319 102-1): path, revocation, validity, constraints, at a given time.

use hsign_core::ports::{Need, SignatureVerifier};
use hsign_core::{Finding, Time};
use hsign_pki::{
    Anchor, FreshnessPolicy, PathFailureKind, PathFailures, PathParameters, RevocationParameters, TrustKind,
    ValidatedPath, build_and_validate, missing_certificates, missing_revocation, revocation_of_path,
};
use hsign_x509::Certificate;

use crate::chain::{CertificateStatus, Chain};
use crate::material::Material;
use crate::policy::{AlgorithmRules, Demand, OlderThanStamp, Policy, RevocationRules};
use crate::{Conclusion, SubIndication};

/// The answer for one certificate.
pub(crate) struct X509Validation {
    /// Path, revocation and validity at the time of validation.
    pub(crate) conclusion: Conclusion,
    /// Constraints and algorithms: what no time stamp can mend.
    pub(crate) lasting: Conclusion,
    /// The path with its revocation statuses; also when only the policy's constraints forbid it.
    pub(crate) chain: Option<Chain>,
    pub(crate) findings: Vec<Finding>,
    /// What the network may have.
    pub(crate) needs: Vec<Need>,
}

impl X509Validation {
    /// Both parts together, for whoever has no proof of an earlier time.
    pub(crate) fn overall(&self) -> Conclusion {
        self.conclusion.worst(self.lasting)
    }
}

/// What a path is asked for.
pub(crate) struct Question<'a> {
    pub(crate) target: &'a Certificate,
    pub(crate) anchors: &'a [Anchor],
    /// Path parameters without the policies that depend on the anchor.
    pub(crate) parameters: PathParameters,
    /// Certificate policies for anchors whose entry names none; empty: any.
    pub(crate) policies: &'a [String],
    pub(crate) revocation: Demand,
    pub(crate) now: Time,
}

/// Validates the target's certificate at `now`. Its own validity isn't part of the path, as the standard
/// has it: a signature may have been made in time though the certificate has ended since.
pub(crate) fn validate(
    question: &Question<'_>,
    material: &Material,
    policy: &Policy,
    verifier: &dyn SignatureVerifier,
) -> X509Validation {
    let (path, constraints, mut findings) = match find_path(question, material, verifier) {
        Found::Path(path) => (*path, Conclusion::Passed, Vec::new()),
        Found::Constrained(path, failures) => {
            let conclusion = Conclusion::Indeterminate(SubIndication::ChainConstraintsFailure);
            (*path, conclusion, best_findings(&failures))
        }
        Found::Nothing(failures) => return no_path(question, material, &failures),
    };
    findings.extend(path.findings().iter().cloned());
    let rules = policy.revocation();
    let chain = with_revocation(path, question, material, rules, verifier);
    let (strength, weak) = algorithms(&chain, policy.algorithms());
    findings.extend(weak);
    findings.extend(chain.findings_at(question.now, rules));
    let needs = missing(&chain, question.now, rules);
    let conclusion = chain.conclusion_at(question.now, rules);
    X509Validation { conclusion, lasting: constraints.worst(strength), chain: Some(chain), findings, needs }
}

enum Found {
    Path(Box<ValidatedPath>),
    /// Valid but for the certificate policies that are asked for.
    Constrained(Box<ValidatedPath>, PathFailures),
    Nothing(PathFailures),
}

/// Tries the anchors with the policies each of them asks for, those of the registry before bare ones; then without any, so that a chain that only
/// lacks the policy (a test card's) is told from one that doesn't exist.
fn find_path(question: &Question<'_>, material: &Material, verifier: &dyn SignatureVerifier) -> Found {
    let (own, default): (Vec<Anchor>, Vec<Anchor>) =
        question.anchors.iter().cloned().partition(|anchor| question.asks_own_policies(anchor));
    let build = |anchors: &[Anchor], parameters: &PathParameters| {
        build_and_validate(question.target, &material.certificates, anchors, parameters, verifier)
    };
    let mut failures = Vec::new();
    for (anchors, parameters) in
        [(&own, question.parameters.clone()), (&default, question.with_default_policies())]
    {
        // Without anchors of either sort one failure still has to be told.
        if anchors.is_empty() && !question.anchors.is_empty() {
            continue;
        }
        match build(anchors, &parameters) {
            Ok(path) => return Found::Path(Box::new(path)),
            Err(failure) => failures.push(failure),
        }
    }
    let strict = failures.into_iter().min_by_key(PathFailures::kind);
    match (build(question.anchors, &question.with_any_policy()), strict) {
        (Ok(path), Some(failures)) => Found::Constrained(Box::new(path), failures),
        (Ok(path), None) => Found::Path(Box::new(path)),
        (Err(lenient), strict) => match strict {
            Some(strict) if strict.kind() < lenient.kind() => Found::Nothing(strict),
            _ => Found::Nothing(lenient),
        },
    }
}

impl Question<'_> {
    /// The registry entry's policies go before the policy file's; and these speak of HPKI, not of JPKI or of
    /// certification businesses.
    fn asks_own_policies(&self, anchor: &Anchor) -> bool {
        let entry = anchor.entry();
        self.policies.is_empty()
            || !entry.policies.is_empty()
            || !matches!(entry.kind, TrustKind::HpkiRoot | TrustKind::HpkiSignatureCa | TrustKind::Bare)
    }

    fn with_default_policies(&self) -> PathParameters {
        PathParameters {
            initial_policies: Some(self.policies.to_vec()),
            require_explicit_policy: true,
            ..self.parameters.clone()
        }
    }

    fn with_any_policy(&self) -> PathParameters {
        PathParameters {
            initial_policies: Some(vec![hsign_pki::ANY_POLICY.to_owned()]),
            require_explicit_policy: false,
            ..self.parameters.clone()
        }
    }
}

fn no_path(question: &Question<'_>, material: &Material, failures: &PathFailures) -> X509Validation {
    let sub = match failures.kind() {
        PathFailureKind::NoPath => SubIndication::NoCertificateChainFound,
        PathFailureKind::AnchorPeriod => SubIndication::NoCertificateChainFoundNoPoe,
        PathFailureKind::Constraints => SubIndication::ChainConstraintsFailure,
        _ => SubIndication::CertificateChainGeneralFailure,
    };
    X509Validation {
        conclusion: Conclusion::Indeterminate(sub),
        lasting: Conclusion::Passed,
        chain: None,
        findings: best_findings(failures),
        needs: missing_certificates(question.target, &material.certificates, question.anchors),
    }
}

fn best_findings(failures: &PathFailures) -> Vec<Finding> {
    failures.best().map(|failure| failure.findings.clone()).unwrap_or_default()
}

fn with_revocation(
    path: ValidatedPath,
    question: &Question<'_>,
    material: &Material,
    rules: &RevocationRules,
    verifier: &dyn SignatureVerifier,
) -> Chain {
    let parameters =
        RevocationParameters { at: question.now, now: question.now, freshness: freshness(rules) };
    let answers = revocation_of_path(&path, &material.revocation, &parameters, verifier);
    let statuses = path
        .below_anchor()
        .iter()
        .cloned()
        .zip(answers)
        .map(|(certificate, answer)| CertificateStatus { certificate, answer })
        .collect();
    Chain { path, statuses, demand: question.revocation }
}

/// How old data may be, as hsign-pki puts it.
pub(crate) fn freshness(rules: &RevocationRules) -> FreshnessPolicy {
    match rules.max_age_seconds {
        Some(seconds) => FreshnessPolicy::MaximumAge { seconds: i64::from(seconds) },
        None => FreshnessPolicy::CrlOlderThanStampAllowed,
    }
}

/// What would have to be fetched to know the statuses at `time`.
pub(crate) fn missing(chain: &Chain, time: Time, rules: &RevocationRules) -> Vec<Need> {
    missing_by(chain, time, freshness(rules))
}

/// The same for a proven signature time, where the policy may ask for data from after it.
pub(crate) fn missing_after(chain: &Chain, time: Time, rules: &RevocationRules) -> Vec<Need> {
    match rules.older_than_stamp {
        OlderThanStamp::Accepted => missing(chain, time, rules),
        OlderThanStamp::TryLater => missing_by(chain, time, FreshnessPolicy::IssuedAfter),
    }
}

fn missing_by(chain: &Chain, time: Time, freshness: FreshnessPolicy) -> Vec<Need> {
    let answers: Vec<_> = chain.statuses.iter().map(|status| status.answer.clone()).collect();
    missing_revocation(&chain.path, &answers, time, freshness)
}

/// Keys and signatures of the certificates below the anchor, whose own signature nobody relies on.
fn algorithms(chain: &Chain, rules: &AlgorithmRules) -> (Conclusion, Vec<Finding>) {
    let weak = |name: String, certificate: &Certificate| {
        Finding::error("certificate-algorithm-too-weak")
            .with("algorithm", name)
            .with("subject", crate::names::shown_subject(certificate))
    };
    let findings: Vec<_> = chain
        .path
        .below_anchor()
        .iter()
        .filter_map(|certificate| {
            if !rules.accept_signature(certificate.signature_algorithm()) {
                Some(weak(certificate.signature_algorithm().to_string(), certificate))
            } else if !rules.accept_key(certificate.public_key_kind()) {
                Some(weak(certificate.public_key_kind().to_string(), certificate))
            } else {
                None
            }
        })
        .collect();
    let conclusion = if findings.is_empty() {
        Conclusion::Passed
    } else {
        Conclusion::Indeterminate(SubIndication::CryptoConstraintsFailureNoPoe)
    };
    (conclusion, findings)
}

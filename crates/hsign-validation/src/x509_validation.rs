//! X.509 certificate validation (EN 319 102-1): path, revocation, validity, constraints, at a given time.

use hsign_core::ports::{Need, SignatureVerifier};
use hsign_core::{Finding, Severity, Time};
use hsign_pki::algorithms::AlgorithmTable;
use hsign_pki::{
    Anchor, FreshnessPolicy, PathFailureKind, PathFailures, PathParameters, Paths, RevocationAnswer,
    RevocationParameters, RevocationStatus, TrustKind, ValidatedPath, missing_certificates,
    missing_revocation, revocation_of_path, revocation_status,
};
use hsign_x509::Certificate;

use crate::algorithm_constraints::AlgorithmsInUse;
use crate::chain::{CertificateStatus, Chain, freshness};
use crate::material::Material;
use crate::policy::{Demand, OlderThanStamp, Policy, RevocationRules};
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
    /// The same with a registered verifier's word that the certificate was not revoked at `asked`: what the public's
    /// certificates have in place of a list that anybody could read. `None` where the status is known or other
    /// certificates of the path are open too.
    pub(crate) fn vouched_for(&self, asked: Time, now: Time, rules: &RevocationRules) -> Option<Self> {
        let mut chain = self.chain.clone()?;
        let [status] = chain.statuses.as_mut_slice() else { return None };
        if status.answer.status != RevocationStatus::Unknown {
            return None;
        }
        let open = chain.findings_at(now, rules);
        let [status] = chain.statuses.as_mut_slice() else { return None };
        status.answer.status = RevocationStatus::Good;
        status.answer.this_update = Some(asked);
        status.answer.findings.clear();
        let mut findings: Vec<Finding> =
            self.findings.iter().filter(|finding| !open.contains(finding)).cloned().collect();
        findings.extend(chain.findings_at(now, rules));
        Some(Self {
            conclusion: chain.conclusion_at(now, rules),
            lasting: self.lasting,
            chain: Some(chain),
            findings,
            needs: Vec::new(),
        })
    }

    /// Both parts together, for whoever has no proof of an earlier time.
    pub(crate) fn overall(&self) -> Conclusion {
        self.conclusion.worst(self.lasting)
    }

    /// Not when it passed, and not when it is the target itself that is revoked or has ended.
    fn another_path_may_help(&self) -> bool {
        use SubIndication::{OutOfBoundsNotRevoked, RevokedNoPoe};
        let overall = self.overall();
        !overall.is_passed()
            && !matches!(overall.sub_indication(), Some(RevokedNoPoe | OutOfBoundsNotRevoked))
    }

    /// How far it is from passing: what newer data could mend before what is proven.
    fn distance(&self) -> u8 {
        match self.overall().sub_indication() {
            None | Some(SubIndication::RevokedNoPoe | SubIndication::OutOfBoundsNotRevoked) => 0,
            Some(SubIndication::TryLater) => 1,
            Some(SubIndication::RevokedCaNoPoe) => 3,
            Some(_) => 2,
        }
    }

    /// The path in one line, beside a better one.
    fn as_other(&self) -> Option<Finding> {
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let mut why: Vec<&str> = errors.map(|finding| finding.code.as_str()).collect();
        why.dedup();
        self.chain.as_ref().map(|chain| chain.path.as_other(&why))
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

/// Valid paths whose revocation is looked at. Two generations of a CA, each cross-certified by two roots, make
/// four; whoever sends more interchangeable certificates than that only wants to keep us busy.
const MAX_PATHS_WITH_REVOCATION: usize = 8;

/// Validates the target's certificate at `now`. Its own validity isn't part of the path, as the standard
/// has it: a signature may have been made in time though the certificate has ended since.
///
/// The anchors are tried with the policies each of them asks for, those of the registry before bare ones; then without
/// any, so that a chain that only lacks the policy (a test card's) is told from one that breaks other rules or doesn't
/// exist.
pub(crate) fn validate(
    question: &Question<'_>,
    material: &Material,
    policy: &Policy,
    verifier: &dyn SignatureVerifier,
) -> X509Validation {
    let search = Search { question, material, policy, verifier };
    let strict = match search.best_of(&question.with_the_policies_asked_for()) {
        Ok(answer) => return answer,
        Err(failures) => failures,
    };
    match search.best_of(&[(question.anchors.to_vec(), question.with_any_policy())]) {
        Ok(mut answer) => {
            let violated = Conclusion::Indeterminate(SubIndication::ChainConstraintsFailure);
            answer.lasting = violated.worst(answer.lasting);
            answer.findings.splice(0..0, strict.findings());
            answer
        }
        Err(failures) => no_path(question, material, &failures),
    }
}

struct Search<'a> {
    question: &'a Question<'a>,
    material: &'a Material,
    policy: &'a Policy,
    verifier: &'a dyn SignatureVerifier,
}

impl Search<'_> {
    /// The first valid path whose certificates are all in order; else the one that is nearest to it, with the
    /// others listed (EN 319 102-1: a prospective chain that stays open makes place for the next one).
    fn best_of(&self, rounds: &[(Vec<Anchor>, PathParameters)]) -> Result<X509Validation, PathFailures> {
        let pool = &self.material.certificates;
        let paths = rounds.iter().flat_map(|(anchors, parameters)| {
            Paths::new(self.question.target, pool, anchors, parameters, self.verifier)
        });
        let mut failures = Vec::new();
        let mut judged: Vec<X509Validation> = Vec::new();
        for outcome in paths {
            match outcome {
                Err(failure) => failures.push(failure),
                Ok(path) => judged.push(self.judge(path)),
            }
            let settled = judged.last().is_some_and(|answer| !answer.another_path_may_help());
            if settled || judged.len() >= MAX_PATHS_WITH_REVOCATION {
                break;
            }
        }
        // The first among equals: the likeliest.
        let nearest = (0..judged.len()).min_by_key(|index| judged.get(*index).map(X509Validation::distance));
        let Some(nearest) = nearest else { return Err(failures.into_iter().collect()) };
        let mut best = judged.remove(nearest);
        for other in judged {
            best.findings.extend(other.as_other());
            best.needs.extend(other.needs);
        }
        if !best.overall().is_passed() {
            best.findings.extend(failures.into_iter().collect::<PathFailures>().as_others());
        }
        Ok(best)
    }

    fn judge(&self, path: ValidatedPath) -> X509Validation {
        let (now, rules) = (self.question.now, self.policy.revocation());
        let mut findings = path.findings().to_vec();
        let chain = with_revocation(path, self.question, self.material, rules, self.verifier);
        let (strength, weak) = algorithms(&chain, self.policy.algorithms()).judge(now);
        findings.extend(weak);
        findings.extend(chain.findings_at(now, rules));
        let needs = missing(&chain, now, rules);
        let conclusion = chain.conclusion_at(now, rules);
        X509Validation { conclusion, lasting: strength, chain: Some(chain), findings, needs }
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

    pub(crate) fn with_the_policies_asked_for(&self) -> Vec<(Vec<Anchor>, PathParameters)> {
        let (own, default): (Vec<Anchor>, Vec<Anchor>) =
            self.anchors.iter().cloned().partition(|anchor| self.asks_own_policies(anchor));
        let rounds = [(own, self.parameters.clone()), (default, self.with_default_policies())];
        // Without anchors of either sort one failure still has to be told.
        rounds.into_iter().filter(|(anchors, _)| !anchors.is_empty() || self.anchors.is_empty()).collect()
    }

    fn with_default_policies(&self) -> PathParameters {
        PathParameters {
            initial_policies: Some(self.policies.to_vec()),
            require_explicit_policy: true,
            ..self.parameters.clone()
        }
    }

    pub(crate) fn with_any_policy(&self) -> PathParameters {
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
        // Only that a CA's certificate has ended (or not begun) stands against it: a proof from its time may help.
        PathFailureKind::Validity => SubIndication::OutOfBoundsNoPoe,
        _ => SubIndication::CertificateChainGeneralFailure,
    };
    X509Validation {
        conclusion: Conclusion::Indeterminate(sub),
        lasting: Conclusion::Passed,
        chain: None,
        findings: failures.findings(),
        needs: missing_certificates(question.target, &material.certificates, question.anchors),
    }
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
    let mut answers = revocation_of_path(&path, &material.revocation, &parameters, verifier);
    for (index, answer) in answers.iter_mut().enumerate() {
        if answer.status == RevocationStatus::Unknown {
            *answer = by_signer_of_then(&path, index, answer, material, &parameters, verifier);
        }
    }
    let statuses = path
        .below_anchor()
        .iter()
        .cloned()
        .zip(answers)
        .map(|(certificate, answer)| CertificateStatus { certificate, answer })
        .collect();
    Chain { path, statuses, demand: question.revocation }
}

/// Data whose signer's certificate was valid when they were made, and has ended since, are no word for today; that they
/// are there matters to past validation (REVOCATION_OUT_OF_BOUNDS_NO_POE).
fn by_signer_of_then(
    path: &ValidatedPath,
    index: usize,
    unknown: &RevocationAnswer,
    material: &Material,
    parameters: &RevocationParameters,
    verifier: &dyn SignatureVerifier,
) -> RevocationAnswer {
    let Some(certificate) = path.certificates().get(index) else { return unknown.clone() };
    let then = RevocationParameters { at: certificate.not_before(), ..*parameters };
    let answer = revocation_status(path, index, &material.revocation, &then, verifier);
    let signer = answer.source.as_ref().and_then(|source| source.signer_path.first());
    match signer {
        Some(signer) if signer.not_after() < parameters.now => answer,
        _ => unknown.clone(),
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

/// What the path relies on, and the revocation data about its certificates.
fn algorithms(chain: &Chain, table: &AlgorithmTable) -> AlgorithmsInUse {
    let path = chain.path.certificates();
    let statuses = chain.statuses.iter().enumerate().filter_map(|(index, status)| {
        let (source, issuer) = (status.answer.source.as_ref()?, chain.path.issuer_of(index)?);
        let key = issuer.public_key_kind();
        Some(AlgorithmsInUse::of_revocation(source, &status.certificate, key, table))
    });
    statuses.fold(AlgorithmsInUse::of_path(path, table), AlgorithmsInUse::and)
}

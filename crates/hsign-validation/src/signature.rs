//! One signature through the building blocks, in the order of EN 319 102-1.

use hsign_core::facts::{Covered, DocumentFacts, Level, SignatureFacts, SignedObject, TimestampKind};
use hsign_core::ports::{Need, SignatureVerifier};
use hsign_core::{BestSignatureTime, Finding, ValidationTime};
use hsign_hpki::Qualification;
use hsign_pki::PathParameters;
use hsign_x509::Certificate;

use crate::algorithm_constraints::AlgorithmsInUse;
use crate::material::Material;
use crate::names::summary;
use crate::policy::{Demand, Policy};
use crate::signer_identification::{Identification, ReferenceState, identify};
use crate::timestamp_validation::{JudgedTimestamp, without_repetition};
use crate::validation_with_time::{self, Inputs};
use crate::x509_validation::{self, Question, X509Validation};
use crate::{
    Check, CheckKind, Conclusion, Context, Integrity, SignatureVerdict, SubIndication,
    cryptographic_verification, format_checking, modifications, qualification, signature_acceptance, timestamp_validation,
};

/// What all signatures of a document share.
pub(crate) struct Shared<'a> {
    pub(crate) document: &'a DocumentFacts,
    /// The document's time stamps, judged.
    pub(crate) document_stamps: &'a [JudgedTimestamp],
    pub(crate) material: &'a Material,
    pub(crate) context: &'a Context<'a>,
    pub(crate) verifier: &'a dyn SignatureVerifier,
}

/// Judges one signature; also tells what the network might add.
pub(crate) fn judge(facts: &SignatureFacts, shared: &Shared<'_>) -> (SignatureVerdict, Vec<Need>) {
    let stamps = time_stamps(facts, shared);
    let mut needs: Vec<Need> = stamps.iter().flat_map(|stamp| stamp.needs.clone()).collect();
    let (format, format_findings) = format_checking::check(facts, shared.context.policy);
    let mut record = Record::new(facts, &stamps, shared.context);
    record.ran(CheckKind::FormatChecking, format);
    record.findings.extend(format_findings);
    if let Some(signed) = &facts.signed {
        needs.extend(record.run(facts, signed, format, &stamps, shared));
    } else {
        record.conclusion = format;
    }
    (record.finish(), needs)
}

/// The verdict while it is being made.
struct Record {
    verdict: SignatureVerdict,
    findings: Vec<Finding>,
    conclusion: Conclusion,
}

impl Record {
    fn new(facts: &SignatureFacts, stamps: &[JudgedTimestamp], context: &Context<'_>) -> Self {
        let best =
            facts.signed.is_some().then(|| validation_with_time::best_signature_time(stamps, context.time));
        let verdict = SignatureVerdict {
            level: facts.level,
            indication: crate::Indication::Indeterminate,
            sub_indication: None,
            integrity: Integrity::Undetermined,
            coverage: facts.coverage,
            claimed_signing_time: facts.claimed_signing_time,
            best_signature_time: best,
            renew_by: None,
            id: facts.id.clone(),
            signer: None,
            modifications: modifications::weighed(facts, context.policy),
            qualification: None,
            path: Vec::new(),
            revocation: Vec::new(),
            timestamps: stamps.iter().map(|stamp| stamp.verdict.clone()).collect(),
            checks: Vec::new(),
            findings: Vec::new(),
        };
        Self {
            verdict,
            findings: facts.findings.clone(),
            conclusion: Conclusion::Indeterminate(SubIndication::SignedDataNotFound),
        }
    }

    fn ran(&mut self, check: CheckKind, conclusion: Conclusion) {
        self.verdict.checks.push(Check { check, conclusion });
    }

    fn run(
        &mut self,
        facts: &SignatureFacts,
        signed: &SignedObject,
        format: Conclusion,
        stamps: &[JudgedTimestamp],
        shared: &Shared<'_>,
    ) -> Vec<Need> {
        let context = shared.context;
        let identification = identify(signed, &shared.material.certificates);
        self.ran(CheckKind::SignerIdentification, identification.conclusion);
        let crypto =
            cryptographic_verification::verify(signed, identification.certificate.as_ref(), shared.verifier);
        self.verdict.integrity = crypto.integrity;
        self.ran(CheckKind::CryptographicVerification, crypto.conclusion);
        let x509 = identification.certificate.as_ref().map(|signer| validate_signer(signer, shared));
        let (acceptance, acceptance_findings) = acceptance(facts, signed, &identification, context.policy, context.time);
        let overall = x509
            .as_ref()
            .map_or(identification.conclusion, |x509| identification.conclusion.worst(x509.overall()));
        self.ran(CheckKind::X509Validation, overall);
        self.ran(CheckKind::SignatureAcceptance, acceptance);
        self.findings.extend(identification.findings.iter().cloned());
        self.findings.extend(crypto.findings);
        self.findings.extend(acceptance_findings);

        let chain = x509.as_ref().and_then(|x509| x509.chain.as_ref());
        let (at_present, lasting) = x509
            .as_ref()
            .map_or((Conclusion::Passed, Conclusion::Passed), |x509| (x509.conclusion, x509.lasting));
        let with_time = validation_with_time::validate(&Inputs {
            blocks: [
                format,
                identification.conclusion,
                crypto.conclusion,
                content_stamps(at_present, chain, stamps, &mut self.findings),
                lasting,
                acceptance,
            ],
            chain,
            timestamps: stamps,
            claimed: facts.claimed_signing_time,
            now: context.time,
            policy: context.policy,
        });
        self.ran(CheckKind::ValidationWithTime, with_time.conclusion);
        self.findings.extend(with_time.findings);
        self.conclusion = with_time.conclusion;
        self.findings.extend(protection_finding(facts, stamps));
        if let Some(signer) = &identification.certificate {
            let chain = chain.filter(|_| is_the_signers(&identification, crypto.integrity));
            let answer = qualification::of_signer(signer, chain, with_time.best, context);
            self.qualify(answer, signer, context);
            self.verdict.signer = Some(summary(signer));
        }
        let Some(X509Validation { chain, findings, needs, .. }) = x509 else { return Vec::new() };
        match chain {
            Some(chain) => {
                self.describe_chain(&chain, with_time.best, findings, context);
                let rules = context.policy.revocation();
                if stamps.iter().any(JudgedTimestamp::proves_signature) {
                    x509_validation::missing_after(&chain, with_time.best.0, rules)
                } else {
                    x509_validation::missing(&chain, with_time.best.0, rules)
                }
            }
            None => {
                self.findings.extend(findings);
                needs
            }
        }
    }

    fn qualify(&mut self, answer: Qualification, signer: &Certificate, context: &Context<'_>) {
        let (conclusion, finding) = qualification::acceptance(&answer, signer, context);
        self.ran(CheckKind::Qualification, conclusion);
        // Path questions keep their own sub-indication.
        self.conclusion = self.conclusion.worst(conclusion);
        self.findings.extend(answer.findings.iter().cloned());
        self.findings.extend(finding);
        self.verdict.qualification = Some(answer);
    }

    /// Path and revocation as they stand at the best signature time: what was only stale or open for today
    /// and good enough for then isn't complained about.
    fn describe_chain(
        &mut self,
        chain: &crate::chain::Chain,
        best: BestSignatureTime,
        at_validation_time: Vec<Finding>,
        context: &Context<'_>,
    ) {
        let rules = context.policy.revocation();
        let only_today = chain.findings_at(context.time.0, rules);
        let lasting = at_validation_time.into_iter().filter(|finding| !only_today.contains(finding));
        self.findings.extend(lasting);
        self.findings.extend(chain.findings_at(best.0, rules));
        self.verdict.path = chain.path.certificates().iter().map(summary).collect();
        self.verdict.revocation = chain.verdicts();
    }

    fn finish(self) -> SignatureVerdict {
        SignatureVerdict {
            indication: self.conclusion.indication(),
            sub_indication: self.conclusion.sub_indication(),
            findings: without_repetition(self.findings),
            ..self.verdict
        }
    }
}

/// The signature's own time stamps, and those of the document that cover its value.
fn time_stamps(facts: &SignatureFacts, shared: &Shared<'_>) -> Vec<JudgedTimestamp> {
    let own = facts.timestamps.iter().map(|stamp| {
        let mut judged = timestamp_validation::judge(stamp, shared.material, shared.context, shared.verifier);
        judged.covers_signature = stamp.kind != TimestampKind::Content
            && stamp.covers.iter().any(
                |covered| matches!(covered, Covered::SignatureValue { signature } if *signature == facts.id),
            );
        judged
    });
    // A document time stamp over the signature is as good a first proof as one inside it (EN 319 142-1).
    let of_document = shared.document.timestamps.iter().zip(shared.document_stamps);
    let covering = of_document.filter(|(stamp, _)| {
        stamp
            .covers
            .iter()
            .any(|covered| matches!(covered, Covered::SignatureValue { signature } if *signature == facts.id))
    });
    own.chain(covering.map(|(_, judged)| JudgedTimestamp { covers_signature: true, ..judged.clone() }))
        .collect()
}

/// A role is only shown as the signer's if the signature verifies and names this certificate: for another one with
/// the same key, and perhaps another role, it would verify too.
fn is_the_signers(identification: &Identification, integrity: Integrity) -> bool {
    identification.conclusion.is_passed()
        && identification.reference == ReferenceState::Matches
        && integrity == Integrity::Valid
}

fn validate_signer(signer: &Certificate, shared: &Shared<'_>) -> X509Validation {
    validate_certificate(signer, shared.material, shared.context, shared.verifier)
}

/// X.509 validation of a signer's certificate, with what the policy asks of its key usage.
pub(crate) fn validate_certificate(
    signer: &Certificate,
    material: &Material,
    context: &Context<'_>,
    verifier: &dyn SignatureVerifier,
) -> X509Validation {
    let now = context.time.0;
    let rules = context.policy.signer();
    let question = Question {
        target: signer,
        anchors: &material.signer_anchors,
        parameters: PathParameters { check_target_validity: false, ..PathParameters::at(now) },
        policies: &rules.certificate_policies,
        revocation: context.policy.revocation().status,
        now,
    };
    let mut answer = x509_validation::validate(&question, material, context.policy, verifier);
    let (conclusion, finding) = key_usage(signer, context.policy);
    answer.lasting = answer.lasting.worst(conclusion);
    answer.findings.extend(finding);
    answer
}

/// The key has to be one for signing documents: nonRepudiation (contentCommitment, RFC 5280 §4.2.1.3), or
/// digitalSignature where the policy only wants to be told.
fn key_usage(signer: &Certificate, policy: &Policy) -> (Conclusion, Option<Finding>) {
    let violated = Conclusion::Indeterminate(SubIndication::ChainConstraintsFailure);
    let clause = "RFC 5280 §4.2.1.3";
    let usage = match signer.key_usage() {
        Ok(usage) => usage,
        Err(_) => return (violated, Some(Finding::error("key-usage-unreadable").clause(clause))),
    };
    if usage.is_some_and(|usage| usage.content_commitment()) {
        return (Conclusion::Passed, None);
    }
    let may_sign = usage.is_none_or(|usage| usage.digital_signature());
    match policy.signer().non_repudiation {
        Demand::Reported if may_sign => {
            (Conclusion::Passed, Some(Finding::warning("key-usage-not-for-signing").clause(clause)))
        }
        _ => (violated, Some(Finding::error("key-usage-not-for-signing").clause(clause))),
    }
}

fn acceptance(
    facts: &SignatureFacts,
    signed: &SignedObject,
    identification: &Identification,
    policy: &Policy,
    now: ValidationTime,
) -> (Conclusion, Vec<Finding>) {
    let reference = match identification.certificate {
        // Without a certificate there is nothing the reference could be missing for.
        None => ReferenceState::Matches,
        Some(_) => identification.reference,
    };
    let (conclusion, mut findings) = signature_acceptance::accept(facts, reference, policy);
    let key = identification.certificate.as_ref().map(Certificate::public_key_kind);
    let (strength, weak) = AlgorithmsInUse::of_signature(signed, key, policy.algorithms()).judge(now.0);
    findings.extend(weak);
    (conclusion.worst(strength), findings)
}

/// A content time stamp was made before signing: if it is later than the revocation or the end of the
/// certificate, so was the signature (EN 319 102-1, basic signature validation).
fn content_stamps(
    at_present: Conclusion,
    chain: Option<&crate::chain::Chain>,
    stamps: &[JudgedTimestamp],
    findings: &mut Vec<Finding>,
) -> Conclusion {
    let latest = stamps
        .iter()
        .filter(|stamp| stamp.kind == TimestampKind::Content && stamp.conclusion.is_passed())
        .filter_map(|stamp| stamp.gen_time)
        .max();
    let (Some(chain), Some(latest)) = (chain, latest) else { return at_present };
    let proven = match at_present.sub_indication() {
        Some(SubIndication::RevokedNoPoe)
            if chain.signer_revoked_at().is_some_and(|revoked| latest.0 > revoked) =>
        {
            SubIndication::Revoked
        }
        Some(SubIndication::OutOfBoundsNoPoe | SubIndication::OutOfBoundsNotRevoked)
            if latest.0 > chain.target().not_after() =>
        {
            SubIndication::Expired
        }
        _ => return at_present,
    };
    findings.push(Finding::error("content-stamped-too-late").with("gen_time", latest));
    Conclusion::Failed(proven)
}

/// Only a further time stamp over the evidence keeps it provable after the certificates have ended.
fn protection_finding(facts: &SignatureFacts, stamps: &[JudgedTimestamp]) -> Option<Finding> {
    let stamped = stamps.iter().any(JudgedTimestamp::proves_signature);
    let archived = stamps.iter().any(|stamp| {
        stamp.proves_signature()
            && matches!(stamp.kind, TimestampKind::Archive | TimestampKind::Document)
            && facts.level == Level::BLta
    });
    (stamped && !archived)
        .then(|| Finding::warning("evidence-not-yet-protected").clause("guideline 5.2 §6.12 C2"))
}

//! One signature through the building blocks, in the order of EN 319 102-1.

use std::collections::HashMap;
use std::sync::LazyLock;

use hsign_core::facts::{DocumentFacts, Level, Reference, SignatureFacts, SignedObject, TimestampKind};
use hsign_core::ports::{Need, SignatureVerifier};
use hsign_core::{BestSignatureTime, Finding, Time};
use hsign_hpki::{DocumentClass, DocumentClasses, Qualification};
use hsign_x509::Certificate;

use crate::algorithm_constraints::AlgorithmsInUse;
use crate::amendments::is_amending;
use crate::chain::Chain;
use crate::engine::{Engine, Party};
use crate::material::Material;
use crate::names::summary;
use crate::past::signature::{PastValidation, Subject};
use crate::past::stamps::Stamp;
use crate::poe::{ProofSource, ProofsOfExistence, ProvenObject};
use crate::policy::{Demand, Policy};
use crate::qualification_evidence::{JudgedRecord, Signed, testimony};
use crate::signer_identification::{Identification, ReferenceState, identify};
use crate::timestamp_validation::{JudgedTimestamp, without_repetition};
use crate::validation_with_time::{
    self, Blocks, Inputs, WithTime, accredited_time_stamp, claim_after_proof, delay, older_than_stamp,
    order_of_time_stamps, stamp_findings,
};
use crate::x509_validation::{self, X509Validation};
use crate::{
    Check, CheckKind, Conclusion, Context, Integrity, ReferenceVerdict, SignatureVerdict, SubIndication,
    cryptographic_verification, format_checking, modifications, past, qualification, readings, scan_dates,
    signature_acceptance, validation_context,
};

/// What all signatures of a document share.
pub(crate) struct Shared<'a> {
    pub(crate) document: &'a DocumentFacts,
    /// Qualification-evidence records, their attesters judged.
    pub(crate) records: &'a [JudgedRecord],
    /// All time stamps, judged.
    pub(crate) stamps: &'a [Stamp<'a>],
    /// Which of them stand in a signature or cover it, by its id.
    pub(crate) stamps_of: &'a HashMap<&'a str, Vec<usize>>,
    pub(crate) proofs: &'a ProofsOfExistence,
    pub(crate) engine: &'a Engine<'a>,
}

/// Judges one signature; also tells what the network might add.
pub(crate) fn judge(facts: &SignatureFacts, shared: &Shared<'_>) -> (SignatureVerdict, Vec<Need>) {
    let stamps = time_stamps(facts, shared);
    let mut needs: Vec<Need> = stamps.iter().flat_map(|stamp| stamp.needs.clone()).collect();
    let (format, format_findings) = format_checking::check(facts, shared.engine.context.policy);
    let mut record = Record::new(facts, &stamps, shared);
    record.ran(CheckKind::FormatChecking, format);
    record.findings.extend(format_findings);
    if let Some(signed) = &facts.signed {
        needs.extend(record.run(facts, signed, format, &stamps, shared));
    } else {
        record.conclusion = format;
    }
    (record.finish(), needs)
}

/// The class that the signature's place makes it, where the policy goes by places.
fn placed_class(facts: &SignatureFacts, policy: &Policy) -> Option<&'static DocumentClass> {
    static CLASSES: LazyLock<DocumentClasses> = LazyLock::new(DocumentClasses::builtin);
    let name = facts.document_class.as_deref().filter(|_| policy.signer().class_by_place)?;
    CLASSES.find(name)
}

fn references(facts: &SignatureFacts) -> Vec<ReferenceVerdict> {
    let signed = facts.signed.iter().flat_map(|signed| &signed.references);
    let verdict = |one: &Reference| ReferenceVerdict { name: one.name.clone(), holds: one.holds() };
    signed.map(verdict).collect()
}

/// The verdict while it is being made.
struct Record {
    verdict: SignatureVerdict,
    findings: Vec<Finding>,
    conclusion: Conclusion,
}

impl Record {
    fn new(facts: &SignatureFacts, stamps: &[JudgedTimestamp], shared: &Shared<'_>) -> Self {
        let context = shared.engine.context;
        let value = ProvenObject::Signature(facts.id.clone());
        let best = facts.signed.is_some().then(|| BestSignatureTime(shared.proofs.earliest(&value)));
        let proving = stamps.iter().filter(|stamp| stamp.proves_signature());
        // Of two in the same second the one over more.
        let newest = proving.max_by_key(|stamp| (stamp.gen_time, stamp.kind != TimestampKind::Signature));
        let verdict = SignatureVerdict {
            level: facts.level,
            indication: crate::Indication::Indeterminate,
            sub_indication: None,
            integrity: Integrity::Undetermined,
            coverage: facts.coverage,
            claimed_signing_time: facts.claimed_signing_time,
            best_signature_time: best,
            control_time: None,
            algorithms_until: None,
            renew_by: None,
            protected_by: newest.map(|stamp| stamp.verdict.id.clone()),
            proofs: Vec::new(),
            id: facts.id.clone(),
            profile: facts.profile.clone(),
            document_class: facts.document_class.clone(),
            countersigns: facts.countersigns.clone(),
            references: references(facts),
            metadata: facts.metadata.clone(),
            signer: None,
            modifications: modifications::weighed(facts, context.policy),
            qualification: None,
            signatory: None,
            evidence: Vec::new(),
            path: Vec::new(),
            revocation: Vec::new(),
            timestamps: stamps.iter().map(|stamp| stamp.verdict.clone()).collect(),
            checks: Vec::new(),
            findings: Vec::new(),
        };
        Self {
            verdict,
            // Those for the policy are told again with its weight.
            findings: facts.findings.iter().filter(|f| !readings::is_for_the_policy(f)).cloned().collect(),
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
        let engine = shared.engine;
        let context = engine.context;
        let policy = context.policy;
        let identification = identify(signed, &engine.material.certificates);
        self.ran(CheckKind::SignerIdentification, identification.conclusion);
        let signer = identification.certificate.as_ref();
        let (validation_context, context_findings) =
            validation_context::initialise(facts.policy.as_ref(), policy.validation().signature_policy);
        self.ran(CheckKind::ValidationContext, validation_context);
        let crypto = cryptographic_verification::verify(signed, &identification, engine.verifier);
        self.verdict.integrity = crypto.integrity;
        self.ran(CheckKind::CryptographicVerification, crypto.conclusion);
        let x509 = signer.map(|signer| engine.at_present(Party::Signer, signer));
        let present: Vec<_> = stamps.iter().map(JudgedTimestamp::as_at_present).collect();
        let by_stamps = validation_with_time::best_signature_time(&present, context.time);
        let in_document = Signed { document: shared.document, object: signed };
        let vouched = x509.as_deref().zip(signer).and_then(|(x509, signer)| {
            let said = testimony(shared.records, signer, Some(in_document), by_stamps.0, context.time.0);
            x509.vouched_for(said.not_revoked_at?, context.time.0, policy.revocation())
        });
        let x509 = vouched.as_ref().or(x509.as_deref());
        let algorithms = AlgorithmsInUse::of_signature(
            signed,
            signer.map(Certificate::public_key_kind),
            policy.algorithms(),
        );
        let (strength, weak_now) = algorithms.judge(context.time.0);
        let (acceptance, acceptance_findings) = acceptance(facts, signed, &identification, policy);
        let overall =
            x509.map_or(identification.conclusion, |x509| identification.conclusion.worst(x509.overall()));
        self.ran(CheckKind::X509Validation, overall);
        self.ran(CheckKind::SignatureAcceptance, acceptance.worst(strength));
        self.findings.extend(identification.findings.iter().cloned());
        self.findings.extend(context_findings);
        self.findings.extend(crypto.findings);
        self.findings.extend(acceptance_findings);

        let chain = x509.and_then(|x509| x509.chain.as_ref());
        let (at_present, lasting) =
            x509.map_or((Conclusion::Passed, Conclusion::Passed), |x509| (x509.conclusion, x509.lasting));
        let blocks = Blocks {
            format,
            identification: identification.conclusion,
            context: validation_context,
            cryptography: crypto.conclusion,
            certificate: content_stamps(at_present, chain, &algorithms, stamps, &mut self.findings),
            lasting,
            acceptance,
            strength,
        };
        let inputs = Inputs {
            blocks,
            algorithms: &algorithms,
            weak_now: &weak_now,
            chain,
            timestamps: &present,
            rests_on_ended_data: chain.is_some_and(|chain| chain.rests_on_ended_data(context.time.0)),
            claimed: facts.claimed_signing_time,
            best: by_stamps,
            proven: present.iter().any(JudgedTimestamp::proves_signature),
            policy,
        };
        let first = validation_with_time::validate(&inputs);
        self.ran(CheckKind::ValidationWithTime, first.conclusion);
        let earliest = self.verdict.best_signature_time.unwrap_or(by_stamps);
        let past = match (signer, first.conclusion) {
            (Some(signer), current) if past::may_continue(current) => {
                let subject = Subject {
                    party: Party::Signer,
                    object: ProvenObject::Signature(facts.id.clone()),
                    certificate: signer,
                    algorithms: &algorithms,
                    current,
                };
                Some(self.past_validation(&subject, facts, stamps, shared))
            }
            _ => None,
        };
        let (with_time, past_chain) = match past {
            Some((conclusion, past)) if conclusion.is_passed() || past.conclusion.is_passed() => {
                self.verdict.control_time = past.control_time;
                let mut findings = past.findings;
                findings.extend(stamp_findings(stamps, earliest.0 < context.time.0));
                (WithTime { conclusion, best: earliest, findings }, past.chain)
            }
            Some((conclusion, past)) => {
                let mut findings = first.findings;
                findings.extend(past.findings);
                (WithTime { conclusion, findings, best: first.best }, None)
            }
            // The earliest proof is told where it changes nothing, or where it proves a fault.
            None if retold(first.conclusion) && earliest < by_stamps => {
                let earlier = validation_with_time::validate(&Inputs {
                    timestamps: stamps,
                    best: earliest,
                    proven: true,
                    ..inputs
                });
                let worse = first.conclusion.is_passed()
                    && matches!(earlier.conclusion, Conclusion::Indeterminate(_));
                (if worse { first } else { earlier }, None)
            }
            None => (first, None),
        };
        let in_the_past = past_chain.is_some();
        let chain = past_chain.as_ref().or(chain);
        self.verdict.best_signature_time = Some(with_time.best);
        self.findings.extend(with_time.findings);
        let (dates, findings) = scan_dates::acceptance(
            facts.metadata.as_ref(),
            signed_at(facts, with_time.best, context),
            policy,
        );
        self.conclusion = with_time.conclusion.worst(dates);
        self.findings.extend(findings);
        self.findings.extend(protection_finding(facts, stamps, shared.proofs));
        self.tell_what_it_rests_on(chain, &algorithms, with_time.best, shared);
        if let Some(signer) = signer {
            let chain = chain.filter(|_| is_the_signers(&identification, crypto.integrity));
            let best = with_time.best;
            let said = testimony(shared.records, signer, Some(in_document), best.0, context.time.0);
            self.verdict.signatory = qualification::signatory(&said);
            self.verdict.evidence = said.records.clone();
            // Beside an amendment the other signatures are the original's.
            let original = context.document_class.filter(|class| class.amends && !is_amending(facts));
            let original = original.map(DocumentClass::of_original);
            let class = placed_class(facts, context.policy).or(original.as_ref()).or(context.document_class);
            let asked = Context { document_class: class, ..*context };
            let answer = qualification::of_signer(signer, chain, &said, best, &asked);
            self.qualify(answer, signer, &asked);
            self.verdict.signer = Some(summary(signer));
        }
        let Some(X509Validation { findings, needs, .. }) = x509 else { return Vec::new() };
        match chain {
            Some(chain) if in_the_past => {
                self.describe_chain(chain, with_time.best, Vec::new(), context);
                if with_time.conclusion.is_passed() {
                    return Vec::new();
                }
                x509_validation::missing_after(chain, with_time.best.0, policy.revocation())
            }
            Some(chain) => {
                self.describe_chain(chain, with_time.best, findings.clone(), context);
                let rules = policy.revocation();
                if stamps.iter().any(JudgedTimestamp::proves_signature) {
                    x509_validation::missing_after(chain, with_time.best.0, rules)
                } else {
                    x509_validation::missing(chain, with_time.best.0, rules)
                }
            }
            None => {
                self.findings.extend(findings.iter().cloned());
                needs.clone()
            }
        }
    }

    /// Past validation, then what the policy asks of the proofs themselves.
    fn past_validation(
        &mut self,
        subject: &Subject<'_>,
        facts: &SignatureFacts,
        stamps: &[JudgedTimestamp],
        shared: &Shared<'_>,
    ) -> (Conclusion, PastValidation) {
        let policy = shared.engine.context.policy;
        let mut past = past::signature::validate(subject, shared.engine, shared.proofs);
        self.ran(CheckKind::PastCertificateValidation, past.certificate);
        let best = BestSignatureTime(past.best);
        let mut conclusion = past.conclusion;
        if let (Conclusion::Passed, Some(chain)) = (past.conclusion, &past.chain) {
            let rules = [
                order_of_time_stamps(stamps),
                delay(facts.claimed_signing_time, best, policy),
                older_than_stamp(chain, best, policy),
                accredited_time_stamp(chain, stamps, policy),
                claim_after_proof(facts.claimed_signing_time, best),
            ];
            for (ruling, finding) in rules {
                conclusion = conclusion.worst(ruling);
                past.findings.extend(finding);
            }
        }
        self.ran(CheckKind::PastSignatureValidation, conclusion);
        (conclusion, past)
    }

    /// Proofs of what the verdict uses, and the end of the algorithms.
    fn tell_what_it_rests_on(
        &mut self,
        chain: Option<&Chain>,
        algorithms: &AlgorithmsInUse,
        best: BestSignatureTime,
        shared: &Shared<'_>,
    ) {
        let table = shared.engine.context.policy.algorithms();
        let mut relied_on = algorithms.clone();
        let id = self.verdict.id.clone();
        let mut objects = vec![ProvenObject::Signature(id.clone()), ProvenObject::SignedData(id)];
        if let Some(chain) = chain {
            relied_on = relied_on.and(AlgorithmsInUse::of_path(chain.path.certificates(), table));
            for status in &chain.statuses {
                objects.push(ProvenObject::Evidence(status.certificate.sha256()));
                let source = status.answer.source.as_ref();
                objects.extend(source.map(|source| ProvenObject::Evidence(source.sha256)));
            }
        }
        self.verdict.algorithms_until = relied_on.end(best.0);
        self.verdict.proofs = objects.iter().filter_map(|object| shared.proofs.of(object)).collect();
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
        chain: &Chain,
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

/// The proven time, failing that the claim.
fn signed_at(facts: &SignatureFacts, best: BestSignatureTime, context: &Context<'_>) -> Time {
    match facts.claimed_signing_time {
        Some(claimed) if best.0 >= context.time.0 => claimed.0,
        _ => best.0,
    }
}

/// Whether an earlier proof may change the answer: it passed, or only what the policy asks of the proofs themselves
/// (their delay, their accreditation) stands against it.
fn retold(with_time: Conclusion) -> bool {
    matches!(with_time, Conclusion::Passed | Conclusion::Indeterminate(SubIndication::SigConstraintsFailure))
}

/// The signature's own time stamps, and those of the document that cover its value: such a one is as good a first
/// proof as one inside it (EN 319 142-1).
fn time_stamps(facts: &SignatureFacts, shared: &Shared<'_>) -> Vec<JudgedTimestamp> {
    let indices = shared.stamps_of.get(facts.id.as_str()).into_iter().flatten();
    let stamps = indices.filter_map(|index| shared.stamps.get(*index));
    let judged = |stamp: &Stamp<'_>| JudgedTimestamp {
        covers_signature: stamp.covers_signature(&facts.id),
        ..stamp.judged.clone()
    };
    stamps.map(judged).collect()
}

/// A role is only shown as the signer's if the signature verifies and names this certificate: for another one with
/// the same key, and perhaps another role, it would verify too.
fn is_the_signers(identification: &Identification, integrity: Integrity) -> bool {
    identification.conclusion.is_passed()
        && identification.reference == ReferenceState::Matches
        && integrity == Integrity::Valid
}

/// X.509 validation of a signer's certificate, with what the policy asks of its key usage.
pub(crate) fn validate_certificate(
    signer: &Certificate,
    material: &Material,
    context: &Context<'_>,
    verifier: &dyn SignatureVerifier,
) -> X509Validation {
    let engine = Engine::new(context, material, verifier);
    let question = engine.question(Party::Signer, signer, context.time.0);
    let mut answer = x509_validation::validate(&question, material, context.policy, verifier);
    let (conclusion, finding) = key_usage(signer, context.policy);
    // What no time mends goes first, or past validation would pass over it.
    answer.lasting = conclusion.worst(answer.lasting);
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
) -> (Conclusion, Vec<Finding>) {
    let reference = match identification.certificate {
        // Without a certificate there is nothing the reference could be missing for.
        None => ReferenceState::Matches,
        Some(_) => identification.reference,
    };
    let (conclusion, mut findings) = signature_acceptance::accept(facts, reference, policy);
    let (readings, more) = readings::accept(facts, signed, policy);
    findings.extend(more);
    (conclusion.worst(readings), findings)
}

/// A content time stamp was made before signing: if it is later than the revocation or the end of the
/// certificate, so was the signature (EN 319 102-1, basic signature validation).
fn content_stamps(
    at_present: Conclusion,
    chain: Option<&Chain>,
    algorithms: &AlgorithmsInUse,
    stamps: &[JudgedTimestamp],
    findings: &mut Vec<Finding>,
) -> Conclusion {
    let latest = stamps
        .iter()
        .filter(|stamp| stamp.kind == TimestampKind::Content && stamp.conclusion.is_passed())
        .filter_map(|stamp| stamp.gen_time)
        .max();
    let (Some(chain), Some(latest)) = (chain, latest) else { return at_present };
    // It was signed later than that, when the algorithm was no longer good.
    if algorithms.limit().last_good().is_some_and(|end| latest.0 > end) {
        findings.push(Finding::error("content-stamped-too-late").with("gen_time", latest));
        return Conclusion::Indeterminate(SubIndication::CryptoConstraintsFailure);
    }
    let proven = match at_present.sub_indication() {
        Some(SubIndication::RevokedNoPoe)
            if chain.signer_revoked_at().is_some_and(|revoked| latest.0 > revoked) =>
        {
            SubIndication::Revoked
        }
        // Whatever was or wasn't known about revocation.
        Some(
            SubIndication::OutOfBoundsNoPoe
            | SubIndication::OutOfBoundsNotRevoked
            | SubIndication::CertificateChainGeneralFailure,
        ) if latest.0 > chain.target().not_after() => SubIndication::Expired,
        _ => return at_present,
    };
    findings.push(Finding::error("content-stamped-too-late").with("gen_time", latest));
    Conclusion::Failed(proven)
}

/// Only a further time stamp over the evidence keeps it provable after the certificates have ended.
fn protection_finding(
    facts: &SignatureFacts,
    stamps: &[JudgedTimestamp],
    proofs: &ProofsOfExistence,
) -> Option<Finding> {
    let stamped = stamps.iter().any(JudgedTimestamp::proves_signature);
    // The level tells of the signature's own elements; the archive time stamp of one around it covers them too.
    let own = |stamp: &JudgedTimestamp| facts.timestamps.iter().any(|own| own.id == stamp.verdict.id);
    let covers_evidence = |stamp: &JudgedTimestamp| match stamp.kind {
        TimestampKind::Archive if !own(stamp) => matches!(facts.level, Level::BLt | Level::BLta),
        TimestampKind::Archive | TimestampKind::Document => facts.level == Level::BLta,
        _ => false,
    };
    let archived = stamps.iter().any(|stamp| stamp.proves_signature() && covers_evidence(stamp));
    let proof = proofs.of(&ProvenObject::Signature(facts.id.clone()));
    let in_record = proof.is_some_and(|proof| matches!(proof.source(), ProofSource::EvidenceRecord(_)));
    (stamped && !archived && !in_record)
        .then(|| Finding::warning("evidence-not-yet-protected").clause("guideline 5.2 §6.12 C2"))
}

//! Time-stamp validation (EN 319 102-1): a token is a small signature of its own.

use hsign_core::facts::{TimestampFacts, TimestampKind, TokenFacts};
use hsign_core::ports::{Need, SignatureVerifier};
use hsign_core::{Finding, GenTime, Severity, ValidationTime};
use hsign_pki::Accreditation;
use hsign_x509::Certificate;

use crate::algorithm_constraints::AlgorithmsInUse;
use crate::chain::Chain;
use crate::engine::{Engine, Party};
use crate::material::Material;
use crate::names::{shown_subject, summary};
use crate::past::signature::PastValidation;
use crate::signer_identification::{ReferenceState, identify};
use crate::x509_validation::{self, X509Validation};
use crate::{
    Conclusion, Context, Integrity, SubIndication, TimestampVerdict, TsaSummary, cryptographic_verification,
    past, tsa_registration,
};

/// Clocks of authority and verifier may differ by this much; a stamp from further ahead isn't believed.
pub(crate) const CLOCK_TOLERANCE_SECONDS: i64 = 300;

/// A time stamp and what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct JudgedTimestamp {
    pub(crate) kind: TimestampKind,
    /// What it came to at the time of validation.
    pub(crate) at_present: Conclusion,
    /// What it came to in the end, past validation included.
    pub(crate) conclusion: Conclusion,
    pub(crate) tsa: Option<Certificate>,
    /// What value, digests and key rely on.
    pub(crate) algorithms: AlgorithmsInUse,
    /// What the imprint alone relies on.
    pub(crate) imprint_algorithms: AlgorithmsInUse,
    pub(crate) gen_time: Option<GenTime>,
    pub(crate) accuracy_microseconds: u64,
    pub(crate) accreditation: Option<Accreditation>,
    /// Whether it covers the value of the signature under judgement, and wasn't made before it.
    pub(crate) covers_signature: bool,
    pub(crate) verdict: TimestampVerdict,
    pub(crate) needs: Vec<Need>,
}

impl JudgedTimestamp {
    /// Valid, and over the signature value: it proves that the signature existed.
    pub(crate) fn proves_signature(&self) -> bool {
        self.covers_signature && self.conclusion.is_passed()
    }

    /// The same by what it came to at the time of validation, without past validation.
    pub(crate) fn as_at_present(&self) -> Self {
        Self { conclusion: self.at_present, ..self.clone() }
    }

    /// Takes over what past validation found, which is the last word.
    pub(crate) fn conclude_in_the_past(
        &mut self,
        past: PastValidation,
        accreditation: Option<Accreditation>,
    ) {
        self.conclusion = past.conclusion;
        self.verdict.indication = past.conclusion.indication();
        self.verdict.sub_indication = past.conclusion.sub_indication();
        self.verdict.control_time = past.control_time;
        if let Some(chain) = past.chain.as_ref().filter(|_| past.conclusion.is_passed()) {
            self.verdict.revocation = chain.verdicts();
            self.accreditation = accreditation;
            if let Some(tsa) = &mut self.verdict.tsa {
                tsa.accreditation = accreditation;
            }
            // What stood against it today is settled.
            self.verdict.findings.retain(|finding| finding.severity != Severity::Error);
        }
        self.verdict.findings.extend(past.findings);
        self.verdict.findings = without_repetition(std::mem::take(&mut self.verdict.findings));
    }

    /// Whether it was made after the other beyond the doubt their accuracies leave.
    pub(crate) fn is_surely_after(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (self.gen_time, other.gen_time) else { return false };
        let doubt = (self.accuracy_microseconds + other.accuracy_microseconds).div_ceil(1_000_000);
        own.0 > others.0.plus_seconds(i64::try_from(doubt).unwrap_or(i64::MAX))
    }
}

/// Judges one time stamp at the validation time.
pub(crate) fn judge(facts: &TimestampFacts, engine: &Engine<'_>) -> JudgedTimestamp {
    let Some(read) = &facts.read else {
        return unreadable(facts);
    };
    let context = engine.context;
    let pool = token_first(read, engine.material);
    let identification = identify(&read.signed, &pool);
    let tsa = identification.certificate.as_ref();
    let crypto = cryptographic_verification::verify(&read.signed, &identification, engine.verifier);
    let x509 = tsa.map(|tsa| engine.at_present(Party::Tsa, tsa));
    let x509 = x509.as_deref();
    let chain = x509.and_then(|x509| x509.chain.as_ref());
    let accreditation = chain.map(|chain| accreditation(chain, read, context));
    let table = context.policy.algorithms();
    let algorithms = AlgorithmsInUse::of_token(read, tsa.map(Certificate::public_key_kind), table);
    let (strength, weak) = algorithms.judge(context.time.0);
    let (status, lasting) =
        x509.map_or((Conclusion::Passed, Conclusion::Passed), |x509| (x509.conclusion, x509.lasting));
    let rules = [
        form(facts),
        imprint(read),
        (identification.conclusion, None),
        (crypto.conclusion, None),
        certificate_reference(identification.reference),
        (status, None),
        (lasting, None),
        (strength, None),
        plausible_time(read.gen_time, tsa, context.time),
    ];
    let (conclusion, rule_findings) = conclude(rules);
    let mut findings = facts.findings.clone();
    findings.extend(rule_findings);
    findings.extend(weak);
    findings.extend(identification.findings.iter().cloned());
    findings.extend(crypto.findings);
    findings.extend(x509.iter().flat_map(|x509| &x509.findings).cloned());
    findings.extend(tsa.and_then(|tsa| tsa_registration::unknown(tsa, status)));
    if accreditation == Some(Accreditation::None) {
        findings.extend(chain.and_then(|chain| tsa_registration::not_then(chain, read, context)));
    }
    let path = chain.map_or(&[][..], |chain| chain.path.certificates());
    let relied_on = algorithms.clone().and(AlgorithmsInUse::of_path(path, table));
    let verdict = TimestampVerdict {
        kind: facts.kind,
        gen_time: Some(read.gen_time),
        integrity: integrity(imprint_integrity(read), crypto.integrity),
        indication: conclusion.indication(),
        sub_indication: conclusion.sub_indication(),
        control_time: None,
        algorithms_until: relied_on.end(read.gen_time.0),
        path: path.iter().map(summary).collect(),
        id: facts.id.clone(),
        tsa: tsa.map(|tsa| TsaSummary {
            accreditation,
            not_after: tsa.not_after(),
            subject: shown_subject(tsa),
        }),
        revocation: chain.map(Chain::verdicts).unwrap_or_default(),
        findings: without_repetition(findings),
    };
    JudgedTimestamp {
        kind: facts.kind,
        at_present: conclusion,
        conclusion,
        tsa: tsa.cloned(),
        algorithms,
        imprint_algorithms: AlgorithmsInUse::of_imprint(read, table),
        gen_time: Some(read.gen_time),
        accuracy_microseconds: read.accuracy_microseconds.unwrap_or(0),
        accreditation,
        covers_signature: false,
        verdict,
        needs: x509.map(|x509| x509.needs.clone()).unwrap_or_default(),
    }
}

type Ruling = (Conclusion, Option<Finding>);

/// A proven fault first, then what no time can mend, then whatever else stays open, in the order of the blocks.
fn conclude<const N: usize>(rules: [Ruling; N]) -> (Conclusion, Vec<Finding>) {
    let blocks: Vec<_> = rules.iter().map(|(conclusion, _)| *conclusion).collect();
    let conclusion = in_order(&blocks, past::may_continue);
    (conclusion, rules.into_iter().filter_map(|(_, finding)| finding).collect())
}

/// The result of several blocks: what only a time can settle comes after what it can't, or past validation would
/// pass over the latter.
pub(crate) fn in_order(blocks: &[Conclusion], time_may_settle: fn(Conclusion) -> bool) -> Conclusion {
    let worst = |conclusions: &mut dyn Iterator<Item = Conclusion>| {
        conclusions.fold(Conclusion::Passed, Conclusion::worst)
    };
    let lasting = worst(&mut blocks.iter().copied().filter(|block| !time_may_settle(*block)));
    lasting.worst(worst(&mut blocks.iter().copied()))
}

fn unreadable(facts: &TimestampFacts) -> JudgedTimestamp {
    let conclusion = Conclusion::Failed(SubIndication::FormatFailure);
    let mut findings = facts.findings.clone();
    if findings.is_empty() {
        findings.push(Finding::error("time-stamp-unreadable").clause("RFC 3161 §2.4.2"));
    }
    let verdict = TimestampVerdict {
        kind: facts.kind,
        gen_time: None,
        integrity: Integrity::Undetermined,
        indication: conclusion.indication(),
        sub_indication: conclusion.sub_indication(),
        control_time: None,
        algorithms_until: None,
        path: Vec::new(),
        id: facts.id.clone(),
        tsa: None,
        revocation: Vec::new(),
        findings,
    };
    JudgedTimestamp {
        kind: facts.kind,
        at_present: conclusion,
        conclusion,
        tsa: None,
        algorithms: AlgorithmsInUse::default(),
        imprint_algorithms: AlgorithmsInUse::default(),
        gen_time: None,
        accuracy_microseconds: 0,
        accreditation: None,
        covers_signature: false,
        verdict,
        needs: Vec::new(),
    }
}

/// The token's own certificates go first, so that its issuer-and-serial hint finds the one it brought.
fn token_first(read: &TokenFacts, material: &Material) -> Vec<Certificate> {
    let own = read.signed.evidence.certificates.iter();
    let own = own.filter_map(|bytes| Certificate::from_der(bytes.as_slice()).ok());
    own.chain(material.certificates.iter().cloned()).collect()
}

/// What the format crate found to be wrong makes the stamp useless.
fn form(facts: &TimestampFacts) -> Ruling {
    if facts.findings.iter().any(|finding| finding.severity == Severity::Error) {
        (Conclusion::Indeterminate(SubIndication::SigConstraintsFailure), None)
    } else {
        (Conclusion::Passed, None)
    }
}

/// messageImprint against the data (RFC 3161 §2.4.2).
fn imprint(read: &TokenFacts) -> Ruling {
    let (conclusion, finding) = match read.imprint.holds() {
        Some(true) => return (Conclusion::Passed, None),
        Some(false) => (Conclusion::Failed(SubIndication::HashFailure), Finding::error("imprint-mismatch")),
        None => (
            Conclusion::Indeterminate(SubIndication::SignedDataNotFound),
            Finding::error("stamped-data-missing"),
        ),
    };
    (conclusion, Some(finding.clause("RFC 3161 §2.4.2")))
}

fn imprint_integrity(read: &TokenFacts) -> Integrity {
    match read.imprint.holds() {
        Some(true) => Integrity::Valid,
        Some(false) => Integrity::Invalid,
        None => Integrity::Undetermined,
    }
}

fn integrity(imprint: Integrity, token: Integrity) -> Integrity {
    match (imprint, token) {
        (Integrity::Invalid, _) | (_, Integrity::Invalid) => Integrity::Invalid,
        (Integrity::Valid, Integrity::Valid) => Integrity::Valid,
        _ => Integrity::Undetermined,
    }
}

/// A token identifies its authority's certificate in a signed attribute (RFC 3161 §2.4.2, RFC 5816).
fn certificate_reference(reference: ReferenceState) -> Ruling {
    match reference {
        ReferenceState::Absent => (
            Conclusion::Indeterminate(SubIndication::SigConstraintsFailure),
            Some(Finding::error("tsa-certificate-reference-missing").clause("RFC 3161 §2.4.2")),
        ),
        ReferenceState::Matches | ReferenceState::Unmatched => (Conclusion::Passed, None),
    }
}

/// An authority stamps while its certificate is valid, and not ahead of everybody's clock.
fn plausible_time(gen_time: GenTime, tsa: Option<&Certificate>, now: ValidationTime) -> Ruling {
    let violated = |finding: Finding| {
        (
            Conclusion::Indeterminate(SubIndication::SigConstraintsFailure),
            Some(finding.clause("RFC 3161 §2.4.2").with("gen_time", gen_time)),
        )
    };
    if gen_time.0 > now.0.plus_seconds(CLOCK_TOLERANCE_SECONDS) {
        return violated(Finding::error("time-stamp-from-the-future"));
    }
    match tsa {
        Some(tsa) if gen_time.0 < tsa.not_before() || gen_time.0 > tsa.not_after() => {
            violated(Finding::error("time-stamp-outside-tsa-validity"))
        }
        _ => (Conclusion::Passed, None),
    }
}

/// X.509 validation of an authority's certificate.
pub(crate) fn validate_tsa(
    tsa: &Certificate,
    material: &Material,
    context: &Context<'_>,
    verifier: &dyn SignatureVerifier,
) -> X509Validation {
    let engine = Engine::new(context, material, verifier);
    let question = engine.question(Party::Tsa, tsa, context.time.0);
    x509_validation::validate(&question, material, context.policy, verifier)
}

/// The accreditation that holds at genTime, on the word of any registry entry for a certificate of the path.
pub(crate) fn accreditation(chain: &Chain, read: &TokenFacts, context: &Context<'_>) -> Accreditation {
    let accepted = &context.policy.timestamps().accreditations;
    tsa_registration::registered(chain, read, context)
        .map(|entry| entry.accreditation_at(read.gen_time.0))
        .filter(|accreditation| *accreditation != Accreditation::None)
        // One authority may have several; the one that is asked for is told.
        .max_by_key(|accreditation| accepted.contains(accreditation))
        .unwrap_or(Accreditation::None)
}

/// Content stamps come first, then those of signatures, then those over both.
pub(crate) fn rank(kind: TimestampKind) -> u8 {
    match kind {
        TimestampKind::Content => 0,
        TimestampKind::Signature => 1,
        TimestampKind::Archive | TimestampKind::Document | TimestampKind::EvidenceRecord => 2,
    }
}

/// Several blocks may notice the same thing; it is told once.
pub(crate) fn without_repetition(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        if !kept.contains(&finding) {
            kept.push(finding);
        }
    }
    kept
}

//! Time-stamp validation (EN 319 102-1): a token is a small signature of its own.

use hsign_core::facts::{TimestampFacts, TimestampKind, TokenFacts};
use hsign_core::ports::{Need, SignatureVerifier};
use hsign_core::{Finding, GenTime, Severity, ValidationTime};
use hsign_pki::{Accreditation, PathParameters, TrustKind};
use hsign_x509::Certificate;

use crate::algorithm_constraints::AlgorithmsInUse;
use crate::chain::Chain;
use crate::material::Material;
use crate::names::shown_subject;
use crate::signer_identification::{ReferenceState, identify};
use crate::x509_validation::{Question, X509Validation, validate};
use crate::{
    Conclusion, Context, Integrity, SubIndication, TimestampVerdict, TsaSummary, cryptographic_verification,
};

/// Clocks of authority and verifier may differ by this much; a stamp from further ahead isn't believed.
const CLOCK_TOLERANCE_SECONDS: i64 = 300;

/// A time stamp and what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct JudgedTimestamp {
    pub(crate) kind: TimestampKind,
    pub(crate) conclusion: Conclusion,
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

    /// Whether it was made after the other beyond the doubt their accuracies leave.
    pub(crate) fn is_surely_after(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (self.gen_time, other.gen_time) else { return false };
        let doubt = (self.accuracy_microseconds + other.accuracy_microseconds).div_ceil(1_000_000);
        own.0 > others.0.plus_seconds(i64::try_from(doubt).unwrap_or(i64::MAX))
    }
}

/// Judges one time stamp at the validation time.
pub(crate) fn judge(
    facts: &TimestampFacts,
    material: &Material,
    context: &Context<'_>,
    verifier: &dyn SignatureVerifier,
) -> JudgedTimestamp {
    let Some(read) = &facts.read else {
        return unreadable(facts);
    };
    let pool = token_first(read, material);
    let identification = identify(&read.signed, &pool);
    let imprint = imprint(read);
    let crypto =
        cryptographic_verification::verify(&read.signed, identification.certificate.as_ref(), verifier);
    let tsa = identification.certificate.as_ref();
    let x509 = tsa.map(|tsa| validate_tsa(tsa, material, context, verifier));
    let accreditation =
        x509.as_ref().and_then(|x509| x509.chain.as_ref()).map(|chain| accreditation(chain, read, context));
    let key = tsa.map(Certificate::public_key_kind);
    let used = AlgorithmsInUse::of_token(read, key, context.policy.algorithms());
    let (strength, weak) = used.judge(context.time.0);
    let rules = [
        form(facts),
        imprint,
        (identification.conclusion, None),
        (crypto.conclusion, None),
        certificate_reference(identification.reference),
        (x509.as_ref().map_or(Conclusion::Passed, X509Validation::overall), None),
        (strength, None),
        plausible_time(read.gen_time, tsa, context.time),
    ];
    let (conclusion, rule_findings) = conclude(rules);
    let mut findings = facts.findings.clone();
    findings.extend(rule_findings);
    findings.extend(weak);
    findings.extend(identification.findings);
    findings.extend(crypto.findings);
    let (chain, needs) = match x509 {
        Some(X509Validation { chain, findings: more, needs, .. }) => {
            findings.extend(more);
            (chain, needs)
        }
        None => (None, Vec::new()),
    };
    let verdict = TimestampVerdict {
        kind: facts.kind,
        gen_time: Some(read.gen_time),
        integrity: integrity(imprint_integrity(read), crypto.integrity),
        indication: conclusion.indication(),
        sub_indication: conclusion.sub_indication(),
        id: facts.id.clone(),
        tsa: tsa.map(|tsa| TsaSummary {
            accreditation,
            not_after: tsa.not_after(),
            subject: shown_subject(tsa),
        }),
        revocation: chain.as_ref().map(Chain::verdicts).unwrap_or_default(),
        findings: without_repetition(findings),
    };
    JudgedTimestamp {
        kind: facts.kind,
        conclusion,
        gen_time: Some(read.gen_time),
        accuracy_microseconds: read.accuracy_microseconds.unwrap_or(0),
        accreditation,
        covers_signature: false,
        verdict,
        needs,
    }
}

type Ruling = (Conclusion, Option<Finding>);

/// A proven fault first, then whatever stays open, in the order of the blocks.
fn conclude<const N: usize>(rules: [Ruling; N]) -> (Conclusion, Vec<Finding>) {
    rules.into_iter().fold((Conclusion::Passed, Vec::new()), |(worst, mut findings), (next, finding)| {
        findings.extend(finding);
        (worst.worst(next), findings)
    })
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
        id: facts.id.clone(),
        tsa: None,
        revocation: Vec::new(),
        findings,
    };
    JudgedTimestamp {
        kind: facts.kind,
        conclusion,
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

pub(crate) fn validate_tsa(
    tsa: &Certificate,
    material: &Material,
    context: &Context<'_>,
    verifier: &dyn SignatureVerifier,
) -> X509Validation {
    let now = context.time.0;
    let question = Question {
        target: tsa,
        anchors: &material.tsa_anchors,
        parameters: PathParameters { check_target_validity: false, ..PathParameters::time_stamping_at(now) },
        policies: &[],
        revocation: context.policy.timestamps().revocation,
        now,
    };
    validate(&question, material, context.policy, verifier)
}

/// The accreditation that holds at genTime, on the word of any registry entry for a certificate of the path.
/// An entry that names token policies speaks for tokens under these only.
fn accreditation(chain: &Chain, read: &TokenFacts, context: &Context<'_>) -> Accreditation {
    let path = chain.path.certificates();
    let accepted = &context.policy.timestamps().accreditations;
    context
        .trust
        .entries()
        .iter()
        .filter(|entry| entry.kind == TrustKind::Tsa && entry.confirmed)
        .filter(|entry| path.iter().any(|certificate| certificate.sha256() == entry.sha256))
        .filter(|entry| entry.policies.is_empty() || entry.policies.contains(&read.policy))
        .map(|entry| entry.accreditation_at(read.gen_time.0))
        .filter(|accreditation| *accreditation != Accreditation::None)
        // One authority may have several; the one that is asked for is told.
        .max_by_key(|accreditation| accepted.contains(accreditation))
        .unwrap_or(Accreditation::None)
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

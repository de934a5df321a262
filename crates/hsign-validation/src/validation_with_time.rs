//! Validation with time (EN 319 102-1): what the time stamps prove, and the chain judged at that time.

use hsign_core::{BestSignatureTime, ClaimedSigningTime, Finding, Severity, Time, ValidationTime};
use hsign_pki::Accreditation;

use crate::algorithm_constraints::AlgorithmsInUse;
use crate::chain::Chain;
use crate::policy::{OlderThanStamp, Policy};
use crate::timestamp_validation::{CLOCK_TOLERANCE_SECONDS, JudgedTimestamp, in_order, rank};
use crate::{Conclusion, SubIndication, past};

pub(crate) struct WithTime {
    pub(crate) conclusion: Conclusion,
    pub(crate) best: BestSignatureTime,
    pub(crate) findings: Vec<Finding>,
}

/// Inputs of the process for one signature.
pub(crate) struct Inputs<'a> {
    /// What the blocks of basic validation said.
    pub(crate) blocks: Blocks,
    /// What value, digests and key rely on.
    pub(crate) algorithms: &'a AlgorithmsInUse,
    /// What of it isn't good at the time of validation.
    pub(crate) weak_now: &'a [Finding],
    /// The signer's chain, if there is a valid path.
    pub(crate) chain: Option<&'a Chain>,
    /// The time stamps of the signature and those of the document that cover it.
    pub(crate) timestamps: &'a [JudgedTimestamp],
    /// Whether somebody told a status of the chain whose certificate has ended: what he said counts only where it is proven
    /// to have existed in time, which past validation finds out.
    pub(crate) rests_on_ended_data: bool,
    pub(crate) claimed: Option<ClaimedSigningTime>,
    /// The earliest proven time of the signature; the time of validation where nothing proves it.
    pub(crate) best: BestSignatureTime,
    /// Whether anything proves it.
    pub(crate) proven: bool,
    pub(crate) policy: &'a Policy,
}

/// The blocks of basic validation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocks {
    pub(crate) format: Conclusion,
    pub(crate) identification: Conclusion,
    pub(crate) context: Conclusion,
    pub(crate) cryptography: Conclusion,
    /// X.509 validation as far as the time matters to it.
    pub(crate) certificate: Conclusion,
    /// X.509 constraints and the algorithms of certificates and revocation data.
    pub(crate) lasting: Conclusion,
    pub(crate) acceptance: Conclusion,
    /// The algorithms of the signature at the time of validation.
    pub(crate) strength: Conclusion,
}

impl Blocks {
    fn in_order(&self) -> [Conclusion; 8] {
        [
            self.format,
            self.identification,
            self.context,
            self.cryptography,
            self.certificate,
            self.lasting,
            self.acceptance,
            self.strength,
        ]
    }
}

/// Runs the process. The best signature time is told even when basic validation ended it.
pub(crate) fn validate(inputs: &Inputs<'_>) -> WithTime {
    let best = inputs.best;
    let mut findings = stamp_findings(inputs.timestamps, inputs.proven);
    let basic = in_order(&inputs.blocks.in_order(), past::may_continue);
    let settled = may_continue(basic) && !inputs.rests_on_ended_data;
    let (true, Some(chain)) = (settled, inputs.chain) else {
        findings.extend(inputs.weak_now.iter().cloned());
        // Nothing was known about the status; that the certificate has ended is worth telling all the same.
        let unknown = Conclusion::Indeterminate(SubIndication::CertificateChainGeneralFailure);
        if let Some(chain) = inputs.chain.filter(|_| basic == unknown) {
            findings.extend(chain_at_best_time(chain, best, inputs).1);
        }
        return WithTime { conclusion: basic, best, findings };
    };
    let rules: [&dyn Fn() -> Ruling; 8] = [
        &|| not_yet_valid(chain, best),
        &|| anchor_period(chain, best),
        &|| chain_at_best_time(chain, best, inputs),
        &|| order_of_time_stamps(inputs.timestamps),
        &|| delay(inputs.claimed, best, inputs.policy),
        &|| data_older_than_stamp(chain, best, inputs),
        &|| accredited_time_stamp(chain, inputs.timestamps, inputs.policy),
        &|| if inputs.proven { claim_after_proof(inputs.claimed, best) } else { PASSED },
    ];
    // Algorithms of the signature are judged at the time its protection began (EN 319 102-1, acceptance at the
    // best signature time).
    let (strength, weak) = inputs.algorithms.judge(best.0);
    findings.extend(weak);
    let mut conclusion = weak_certificates(inputs.blocks.lasting).worst(strength);
    for rule in rules {
        let (ruling, finding) = rule();
        conclusion = conclusion.worst(ruling);
        findings.extend(finding);
    }
    WithTime { conclusion, best, findings }
}

pub(crate) type Ruling = (Conclusion, Option<Finding>);

pub(crate) const PASSED: Ruling = (Conclusion::Passed, None);

fn indeterminate(sub: SubIndication, finding: Finding) -> Ruling {
    (Conclusion::Indeterminate(sub), Some(finding))
}

/// The results of basic validation that a time can still change.
pub(crate) fn may_continue(basic: Conclusion) -> bool {
    use SubIndication as Sub;
    matches!(
        basic,
        Conclusion::Passed
            | Conclusion::Indeterminate(
                Sub::CryptoConstraintsFailureNoPoe
                    | Sub::RevokedNoPoe
                    | Sub::RevokedCaNoPoe
                    | Sub::TryLater
                    | Sub::OutOfBoundsNoPoe
                    | Sub::OutOfBoundsNotRevoked
            )
    )
}

/// The certificates and the data about them rely on algorithms that have to be good still: whether they existed in
/// time is for past validation to find out.
fn weak_certificates(lasting: Conclusion) -> Conclusion {
    let weak = Conclusion::Indeterminate(SubIndication::CryptoConstraintsFailureNoPoe);
    if lasting == weak { weak } else { Conclusion::Passed }
}

/// The earliest generation time of the valid time stamps over the signature; the validation time if none
/// is earlier.
pub(crate) fn best_signature_time(timestamps: &[JudgedTimestamp], now: ValidationTime) -> BestSignatureTime {
    let proven =
        timestamps.iter().filter(|stamp| stamp.proves_signature()).filter_map(|stamp| stamp.gen_time);
    BestSignatureTime(proven.map(|time| time.0).fold(now.0, Ord::min))
}

/// A signature that existed before its certificate was valid can't come from its holder.
fn not_yet_valid(chain: &Chain, best: BestSignatureTime) -> Ruling {
    let not_before = chain.target().not_before();
    if best.0 >= not_before {
        return PASSED;
    }
    let finding = Finding::error("signed-before-certificate-validity").with("not_before", not_before);
    (Conclusion::Failed(SubIndication::NotYetValid), Some(finding))
}

/// The registry says from when to when an anchor is trusted; the signature has to come from then.
fn anchor_period(chain: &Chain, best: BestSignatureTime) -> Ruling {
    let anchor = chain.path.anchor();
    if anchor.entry().holds_at(best.0) {
        return PASSED;
    }
    let mut finding =
        Finding::error("anchor-not-trusted-then").with("time", best).with("anchor", anchor.name());
    for (name, limit) in [("from", anchor.entry().from), ("to", anchor.entry().to)] {
        if let Some(limit) = limit {
            finding = finding.with(name, limit);
        }
    }
    indeterminate(SubIndication::NoCertificateChainFoundNoPoe, finding)
}

/// Revocation, freshness and validity at the best signature time.
fn chain_at_best_time(chain: &Chain, best: BestSignatureTime, inputs: &Inputs<'_>) -> Ruling {
    let conclusion = chain.conclusion_at(best.0, inputs.policy.revocation());
    let stamped = inputs.proven;
    let not_after = chain.target().not_after();
    let finding = if !stamped {
        (best.0 > not_after).then(|| Finding::error("certificate-expired").with("not_after", not_after))
    } else if best.0 > not_after {
        Some(Finding::error("first-stamp-after-expiry").with("not_after", not_after))
    } else {
        chain
            .signer_revoked_at()
            .filter(|revoked| *revoked <= best.0)
            .map(|revoked| Finding::error("first-stamp-after-revocation").with("revoked_at", revoked))
    };
    (conclusion, finding.map(|finding| finding.with("best_signature_time", best)))
}

/// Content stamps come before the signature's, these before those of the document; times closer than the
/// accuracies tell no order (RFC 3161 §2.4.2).
pub(crate) fn order_of_time_stamps(timestamps: &[JudgedTimestamp]) -> Ruling {
    let valid: Vec<_> = timestamps.iter().filter(|stamp| stamp.conclusion.is_passed()).collect();
    let wrong = valid.iter().any(|earlier| {
        valid.iter().any(|later| rank(earlier.kind) < rank(later.kind) && earlier.is_surely_after(later))
    });
    if wrong {
        indeterminate(
            SubIndication::TimestampOrderFailure,
            Finding::error("time-stamps-out-of-order").clause("RFC 3161 §2.4.2"),
        )
    } else {
        PASSED
    }
}

/// The time from claim to proof, where the policy limits it.
pub(crate) fn delay(claimed: Option<ClaimedSigningTime>, best: BestSignatureTime, policy: &Policy) -> Ruling {
    let Some(limit) = policy.timestamps().max_delay_seconds else { return PASSED };
    let finding = match claimed {
        None => Finding::error("claimed-signing-time-missing"),
        Some(claimed) if claimed.0.plus_seconds(i64::from(limit)) > best.0 => return PASSED,
        Some(_) => Finding::error("stamped-too-late").with("limit_seconds", limit),
    };
    indeterminate(SubIndication::SigConstraintsFailure, finding)
}

/// A claim later than the proof is wrong, by a clock or on purpose; it decides nothing.
pub(crate) fn claim_after_proof(claimed: Option<ClaimedSigningTime>, best: BestSignatureTime) -> Ruling {
    let late = claimed.filter(|claimed| claimed.0 > best.0.plus_seconds(CLOCK_TOLERANCE_SECONDS));
    let finding = late.map(|claimed| {
        Finding::warning("claimed-time-after-proof")
            .with("claimed", claimed)
            .with("best_signature_time", best)
    });
    (Conclusion::Passed, finding)
}

/// HPKI has daily CRLs and no OCSP: whoever collects evidence before stamping, as the guideline asks, has
/// data older than the stamp.
fn data_older_than_stamp(chain: &Chain, best: BestSignatureTime, inputs: &Inputs<'_>) -> Ruling {
    if inputs.proven { older_than_stamp(chain, best, inputs.policy) } else { PASSED }
}

pub(crate) fn older_than_stamp(chain: &Chain, best: BestSignatureTime, policy: &Policy) -> Ruling {
    let Some(finding) = chain.age_finding(best.0) else { return PASSED };
    let mut finding = finding.clause("guideline 5.2 §6.12 C2(4)");
    match policy.revocation().older_than_stamp {
        OlderThanStamp::Accepted => (Conclusion::Passed, Some(finding)),
        OlderThanStamp::TryLater => {
            finding.severity = Severity::Error;
            indeterminate(SubIndication::TryLater, finding)
        }
    }
}

/// Any trusted stamp proves existence; the policy may ask for an accredited one besides, and that one has to
/// have come while the certificate was good too.
pub(crate) fn accredited_time_stamp(
    chain: &Chain,
    timestamps: &[JudgedTimestamp],
    policy: &Policy,
) -> Ruling {
    let accepted = &policy.timestamps().accreditations;
    let proving: Vec<_> = timestamps.iter().filter(|stamp| stamp.proves_signature()).collect();
    if accepted.is_empty() || proving.is_empty() {
        return PASSED;
    }
    let accredited = proving
        .iter()
        .filter(|stamp| stamp.accreditation.is_some_and(|accreditation| accepted.contains(&accreditation)))
        .filter_map(|stamp| stamp.gen_time)
        .min();
    let end = end_of_good_standing(chain);
    let clause = "guideline 5.2 §6.12 C2(1)";
    let wanted = accepted.iter().map(|one| one.name()).collect::<Vec<_>>().join(" / ");
    match accredited {
        Some(time) if time.0 <= end => PASSED,
        Some(time) => indeterminate(
            SubIndication::SigConstraintsFailure,
            Finding::error("accredited-stamp-too-late").clause(clause).with("gen_time", time),
        ),
        None => indeterminate(
            SubIndication::SigConstraintsFailure,
            Finding::error("tsa-not-accredited")
                .clause(clause)
                .with("tsa", first_tsa(&proving))
                .with("accepted", wanted)
                .with("accreditation", first_accreditation(&proving)),
        ),
    }
}

fn end_of_good_standing(chain: &Chain) -> Time {
    let not_after = chain.target().not_after();
    chain.signer_revoked_at().map_or(not_after, |revoked| revoked.min(not_after))
}

fn first_tsa(stamps: &[&JudgedTimestamp]) -> String {
    stamps
        .first()
        .and_then(|stamp| stamp.verdict.tsa.as_ref())
        .map_or_else(String::new, |tsa| tsa.subject.clone())
}

fn first_accreditation(stamps: &[&JudgedTimestamp]) -> &'static str {
    stamps.first().and_then(|stamp| stamp.accreditation).unwrap_or(Accreditation::None).name()
}

/// What every reader has to know about the stamps, whatever the verdict.
pub(crate) fn stamp_findings(timestamps: &[JudgedTimestamp], proven: bool) -> Vec<Finding> {
    let over_signature: Vec<_> = timestamps.iter().filter(|stamp| stamp.covers_signature).collect();
    let mut findings = Vec::new();
    if over_signature.is_empty() && proven {
        // An evidence record or the archive's own registry proves it.
    } else if over_signature.is_empty() {
        findings.push(Finding::warning("no-time-stamp").clause("guideline 5.2 §6.12 C2(1)"));
    } else if !over_signature.iter().any(|stamp| stamp.proves_signature()) {
        findings.push(Finding::warning("no-valid-time-stamp").clause("guideline 5.2 §6.12 C2(1)"));
    }
    for broken in timestamps.iter().filter(|stamp| !stamp.conclusion.is_passed()) {
        let sub = broken.conclusion.sub_indication().map_or("", SubIndication::name);
        findings.push(
            Finding::warning("time-stamp-not-valid").with("timestamp", &broken.verdict.id).with("why", sub),
        );
    }
    findings
}

//! Validation with time (EN 319 102-1): what the time stamps prove, and the chain judged at that time.

use hsign_core::facts::TimestampKind;
use hsign_core::{BestSignatureTime, ClaimedSigningTime, Finding, Severity, Time, ValidationTime};
use hsign_pki::Accreditation;

use crate::chain::Chain;
use crate::policy::{OlderThanStamp, Policy};
use crate::timestamp_validation::JudgedTimestamp;
use crate::{Conclusion, SubIndication};

pub(crate) struct WithTime {
    pub(crate) conclusion: Conclusion,
    pub(crate) best: BestSignatureTime,
    pub(crate) findings: Vec<Finding>,
}

/// Inputs of the process for one signature.
pub(crate) struct Inputs<'a> {
    /// What the blocks of basic validation said, in their order.
    pub(crate) blocks: [Conclusion; 6],
    /// The signer's chain, if there is a valid path.
    pub(crate) chain: Option<&'a Chain>,
    /// The time stamps of the signature and those of the document that cover it.
    pub(crate) timestamps: &'a [JudgedTimestamp],
    pub(crate) claimed: Option<ClaimedSigningTime>,
    pub(crate) now: ValidationTime,
    pub(crate) policy: &'a Policy,
}

/// Runs the process. The best signature time is told even when basic validation ended it.
pub(crate) fn validate(inputs: &Inputs<'_>) -> WithTime {
    let best = best_signature_time(inputs.timestamps, inputs.now);
    let mut findings = stamp_findings(inputs.timestamps);
    let basic = basic(&inputs.blocks);
    let (true, Some(chain)) = (may_continue(basic), inputs.chain) else {
        return WithTime { conclusion: basic, best, findings };
    };
    let rules: [&dyn Fn() -> Ruling; 7] = [
        &|| not_yet_valid(chain, best),
        &|| anchor_period(chain, best),
        &|| chain_at_best_time(chain, best, inputs),
        &|| order_of_time_stamps(inputs.timestamps),
        &|| delay(inputs.claimed, best, inputs.policy),
        &|| data_older_than_stamp(chain, best, inputs),
        &|| accredited_time_stamp(chain, inputs),
    ];
    let mut conclusion = still_weak(&inputs.blocks);
    for rule in rules {
        let (ruling, finding) = rule();
        conclusion = conclusion.worst(ruling);
        findings.extend(finding);
    }
    WithTime { conclusion, best, findings }
}

type Ruling = (Conclusion, Option<Finding>);

const PASSED: Ruling = (Conclusion::Passed, None);

fn indeterminate(sub: SubIndication, finding: Finding) -> Ruling {
    (Conclusion::Indeterminate(sub), Some(finding))
}

/// A proven fault decides; then what no time can change; then whatever else is open, in the order of the blocks
/// (EN 319 102-1, basic signature validation).
fn basic(blocks: &[Conclusion]) -> Conclusion {
    let worst = |conclusions: &mut dyn Iterator<Item = Conclusion>| {
        conclusions.fold(Conclusion::Passed, Conclusion::worst)
    };
    let lasting = worst(&mut blocks.iter().copied().filter(|block| !may_continue(*block)));
    lasting.worst(worst(&mut blocks.iter().copied()))
}

/// The results of basic validation that a time can still change.
fn may_continue(basic: Conclusion) -> bool {
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

/// Algorithms are judged without dates here, so that a weak one stays weak whatever was proven.
fn still_weak(blocks: &[Conclusion]) -> Conclusion {
    let weak = Conclusion::Indeterminate(SubIndication::CryptoConstraintsFailureNoPoe);
    if blocks.contains(&weak) { weak } else { Conclusion::Passed }
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
    let stamped = inputs.timestamps.iter().any(JudgedTimestamp::proves_signature);
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
fn order_of_time_stamps(timestamps: &[JudgedTimestamp]) -> Ruling {
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

fn rank(kind: TimestampKind) -> u8 {
    match kind {
        TimestampKind::Content => 0,
        TimestampKind::Signature => 1,
        TimestampKind::Archive | TimestampKind::Document | TimestampKind::EvidenceRecord => 2,
    }
}

/// The time from claim to proof, where the policy limits it.
fn delay(claimed: Option<ClaimedSigningTime>, best: BestSignatureTime, policy: &Policy) -> Ruling {
    let Some(limit) = policy.timestamps().max_delay_seconds else { return PASSED };
    let finding = match claimed {
        None => Finding::error("claimed-signing-time-missing"),
        Some(claimed) if claimed.0.plus_seconds(i64::from(limit)) > best.0 => return PASSED,
        Some(_) => Finding::error("stamped-too-late").with("limit_seconds", limit),
    };
    indeterminate(SubIndication::SigConstraintsFailure, finding)
}

/// HPKI has daily CRLs and no OCSP: whoever collects evidence before stamping, as the guideline asks, has
/// data older than the stamp.
fn data_older_than_stamp(chain: &Chain, best: BestSignatureTime, inputs: &Inputs<'_>) -> Ruling {
    let stamped = inputs.timestamps.iter().any(JudgedTimestamp::proves_signature);
    let Some(finding) = chain.age_finding(best.0).filter(|_| stamped) else { return PASSED };
    let mut finding = finding.clause("guideline 5.2 §6.12 C2(4)");
    match inputs.policy.revocation().older_than_stamp {
        OlderThanStamp::Accepted => (Conclusion::Passed, Some(finding)),
        OlderThanStamp::TryLater => {
            finding.severity = Severity::Error;
            indeterminate(SubIndication::TryLater, finding)
        }
    }
}

/// Any trusted stamp proves existence; the policy may ask for an accredited one besides, and that one has to
/// have come while the certificate was good too.
fn accredited_time_stamp(chain: &Chain, inputs: &Inputs<'_>) -> Ruling {
    let accepted = &inputs.policy.timestamps().accreditations;
    let proving: Vec<_> = inputs.timestamps.iter().filter(|stamp| stamp.proves_signature()).collect();
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
fn stamp_findings(timestamps: &[JudgedTimestamp]) -> Vec<Finding> {
    let over_signature: Vec<_> = timestamps.iter().filter(|stamp| stamp.covers_signature).collect();
    let mut findings = Vec::new();
    if over_signature.is_empty() {
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

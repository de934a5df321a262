//! A document: all its signatures and time stamps, and the worst of them as the answer.

use hsign_core::facts::{DocumentFacts, DocumentFormat};
use hsign_core::ports::Need;
use hsign_core::{Finding, Severity};

use crate::material::Material;
use crate::memo::MemoisedVerifier;
use crate::signature::{self, Shared};
use crate::timestamp_validation::{self, JudgedTimestamp};
use crate::{Conclusion, Context, DocumentVerdict, Indication, SignatureVerdict, SubIndication};

/// Judges a document by its facts. The same facts and context give the same verdict.
#[must_use]
pub fn judge(facts: &DocumentFacts, context: &Context<'_>) -> DocumentVerdict {
    judge_and_missing(facts, context).0
}

/// What the judgement lacks and the network may have. Empty when nothing more can be got; a fetched CA
/// certificate may bring new needs, so that the caller asks again.
#[must_use]
pub fn missing(facts: &DocumentFacts, context: &Context<'_>) -> Vec<Need> {
    judge_and_missing(facts, context).1
}

/// The answers of [`judge`] and [`missing`] from one run.
#[must_use]
pub fn judge_and_missing(facts: &DocumentFacts, context: &Context<'_>) -> (DocumentVerdict, Vec<Need>) {
    let verifier = MemoisedVerifier::new(context.verifier);
    let material = Material::of_document(facts, context);
    let stamps: Vec<_> = facts
        .timestamps
        .iter()
        .map(|stamp| timestamp_validation::judge(stamp, &material, context, &verifier))
        .collect();
    let shared = Shared {
        document: facts,
        document_stamps: &stamps,
        material: &material,
        context,
        verifier: &verifier,
    };
    let mut needs: Vec<Need> = stamps.iter().flat_map(|stamp| stamp.needs.clone()).collect();
    let mut signatures = Vec::with_capacity(facts.signatures.len());
    for signature in &facts.signatures {
        let (verdict, more) = signature::judge(signature, &shared);
        signatures.push(verdict);
        needs.extend(more);
    }
    needs.sort();
    needs.dedup();
    let (indication, sub_indication) = overall(facts, &signatures, &stamps);
    let mut findings = facts.findings.clone();
    findings.extend(material.findings);
    findings.extend(document_findings(facts, &stamps));
    let verdict = DocumentVerdict {
        format: facts.format,
        indication,
        sub_indication,
        digests: facts.digests.clone(),
        findings,
        signatures,
        timestamps: stamps.into_iter().map(|stamp| stamp.verdict).collect(),
    };
    (verdict, needs)
}

/// The worst of the signatures. A bare token stands for itself; in other documents a time stamp alone makes
/// no signature.
fn overall(
    facts: &DocumentFacts,
    signatures: &[SignatureVerdict],
    stamps: &[JudgedTimestamp],
) -> (Indication, Option<SubIndication>) {
    // What is wrong with the document as a whole may hide a signature or show another content: nothing is
    // proven against those that were found, but the document can't pass.
    let faulty = facts.findings.iter().any(|finding| finding.severity == Severity::Error);
    let of_document = if faulty {
        Conclusion::Indeterminate(SubIndication::SigConstraintsFailure)
    } else {
        Conclusion::Passed
    };
    let of_signatures =
        signatures.iter().map(|verdict| conclusion(verdict.indication, verdict.sub_indication));
    let of_token =
        stamps.iter().filter(|_| facts.format == DocumentFormat::Timestamp).map(|stamp| stamp.conclusion);
    match of_signatures.chain(of_token).reduce(Conclusion::worst) {
        Some(worst) => {
            let worst = worst.worst(of_document);
            (worst.indication(), worst.sub_indication())
        }
        None => (Indication::NoSignature, None),
    }
}

fn conclusion(indication: Indication, sub: Option<SubIndication>) -> Conclusion {
    match (indication, sub) {
        (Indication::TotalPassed, _) => Conclusion::Passed,
        (Indication::TotalFailed, Some(sub)) => Conclusion::Failed(sub),
        (_, sub) => Conclusion::Indeterminate(sub.unwrap_or(SubIndication::SignedDataNotFound)),
    }
}

fn document_findings(facts: &DocumentFacts, stamps: &[JudgedTimestamp]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if facts.signatures.is_empty() && facts.format != DocumentFormat::Timestamp {
        findings.push(if stamps.is_empty() {
            Finding::warning("no-signature")
        } else {
            Finding::warning("time-stamps-without-signature")
        });
    }
    if facts.format != DocumentFormat::Timestamp {
        findings.extend(stamps.iter().filter(|stamp| !stamp.conclusion.is_passed()).map(|stamp| {
            let why = stamp.conclusion.sub_indication().map_or("", SubIndication::name);
            Finding::warning("time-stamp-not-valid").with("timestamp", &stamp.verdict.id).with("why", why)
        }));
    }
    findings
}

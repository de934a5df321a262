//! A document: all its signatures and time stamps, and the worst of them as the answer.

use std::collections::HashMap;

use hsign_core::facts::{Covered, DocumentFacts, DocumentFormat, EvidenceRecordFacts, TimestampKind};
use hsign_core::ports::Need;
use hsign_core::{Finding, Severity};

use crate::amendments::judge_originals;
use crate::engine::Engine;
use crate::material::Material;
use crate::memo::MemoisedVerifier;
use crate::past::stamps::Stamp;
use crate::poe::{Contents, ProofsOfExistence};
use crate::qualification_evidence::{self, judge_records};
use crate::signature::{self, Shared};
use crate::timestamp_validation::JudgedTimestamp;
use crate::{
    Conclusion, Context, DocumentVerdict, EvidenceRecordVerdict, Indication, SignatureVerdict, SubIndication,
    past, plan, scan_limits,
};

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
    let engine = Engine::new(context, &material, &verifier);
    let contents = Contents::of(facts);
    let mut proofs = ProofsOfExistence::at(context.time.0);
    proofs.add_given(context.proofs, &contents);
    let mut stamps: Vec<Stamp<'_>> = facts
        .signatures
        .iter()
        .flat_map(|signature| &signature.timestamps)
        .chain(&facts.timestamps)
        .map(|stamp| Stamp::at_present(stamp, &engine))
        .collect();
    let records = &facts.evidence_records;
    let (evidence_records, of_records): (Vec<_>, Vec<_>) =
        past::stamps::validate(&mut stamps, records, &contents, &engine, &mut proofs).into_iter().unzip();
    let stamps_of = stamps_of_signatures(facts);
    let (qualified, qualified_needs) = judge_records(&facts.qualification_evidence, context);
    let shared = Shared {
        document: facts,
        records: &qualified,
        stamps: &stamps,
        stamps_of: &stamps_of,
        proofs: &proofs,
        engine: &engine,
    };
    let own: usize = facts.signatures.iter().map(|signature| signature.timestamps.len()).sum();
    let of_document = stamps.get(own..).unwrap_or_default();
    let mut needs: Vec<Need> = of_document.iter().flat_map(|stamp| stamp.judged.needs.clone()).collect();
    let mut signatures = Vec::with_capacity(facts.signatures.len());
    for signature in &facts.signatures {
        let (mut verdict, more) = signature::judge(signature, &shared);
        verdict.protected_by =
            newest_of_records(&verdict, records, &evidence_records).or(verdict.protected_by);
        verdict.renew_by = plan::renew_by(&verdict, &evidence_records);
        signatures.push(verdict);
        needs.extend(more);
    }
    needs.extend(qualified_needs);
    needs.extend(of_records.into_iter().flatten());
    needs.sort();
    needs.dedup();
    let of_document: Vec<&JudgedTimestamp> = of_document.iter().map(|stamp| &stamp.judged).collect();
    let originals = judge_originals(facts, &signatures, context);
    needs.extend(originals.needs);
    needs.sort();
    needs.dedup();
    let (indication, sub_indication) =
        overall(facts, &signatures, &of_document, &evidence_records, originals.conclusion);
    let mut findings = facts.findings.clone();
    findings.extend(originals.findings);
    findings.extend(scan_limits::of_document(facts, &signatures, context));
    findings.extend(material.findings.iter().cloned());
    findings.extend(document_findings(facts, &of_document));
    findings.extend(qualification_evidence::for_nobody(&qualified, &signatures));
    let verdict = DocumentVerdict {
        format: facts.format,
        indication,
        sub_indication,
        digests: facts.digests.clone(),
        findings,
        signatures,
        evidence_records,
        proofs: proofs.all(),
        scan: facts.scan.clone(),
        files: facts.files.clone(),
        originals: originals.verdicts,
        timestamps: of_document.into_iter().map(|stamp| stamp.verdict.clone()).collect(),
    };
    (verdict, needs)
}

/// The last time stamp of the records over a signature that hold, where it is newer than its own.
fn newest_of_records(
    signature: &SignatureVerdict,
    facts: &[EvidenceRecordFacts],
    records: &[EvidenceRecordVerdict],
) -> Option<String> {
    let covers = |record: &EvidenceRecordFacts| {
        let of_it =
            |one: &Covered| matches!(one, Covered::SignatureValue { signature: id } if *id == signature.id);
        record.covers.iter().any(of_it)
    };
    let over_it = facts
        .iter()
        .zip(records)
        .filter(|(facts, record)| record.indication == Indication::TotalPassed && covers(facts));
    let newest =
        over_it.filter_map(|(_, record)| record.timestamps.last()).max_by_key(|stamp| stamp.gen_time)?;
    let own = signature.timestamps.iter().find(|stamp| Some(&stamp.id) == signature.protected_by.as_ref());
    own.is_none_or(|own| own.gen_time < newest.gen_time).then(|| newest.id.clone())
}

/// Which stamps stand in a signature or cover it, by its id; the stamps in the order of signatures, then of the
/// document.
fn stamps_of_signatures(facts: &DocumentFacts) -> HashMap<&str, Vec<usize>> {
    let mut found: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut next = 0;
    for signature in &facts.signatures {
        let indices = next..next + signature.timestamps.len();
        next = indices.end;
        found.entry(signature.id.as_str()).or_default().extend(indices);
    }
    let mut index = 0;
    for outer in &facts.signatures {
        for stamp in &outer.timestamps {
            // An archive time stamp takes in whatever its signature signs: the prescription inside a dispensing. Those
            // over that signature's value belong to it alone; what they prove is known all the same.
            let inner = stamp.covers.iter().filter(|_| stamp.kind == TimestampKind::Archive);
            for covered in inner {
                if let Covered::SignatureValue { signature } = covered
                    && *signature != outer.id
                    && let Some(of_signature) = found.get_mut(signature.as_str())
                {
                    of_signature.push(index);
                }
            }
            index += 1;
        }
    }
    for (index, stamp) in (next..).zip(&facts.timestamps) {
        for covered in &stamp.covers {
            if let Covered::SignatureValue { signature } = covered
                && let Some(of_signature) = found.get_mut(signature.as_str())
                && of_signature.last() != Some(&index)
            {
                of_signature.push(index);
            }
        }
    }
    found
}

/// The worst of the signatures. A bare token or evidence record stands for itself; in other documents a time stamp alone makes
/// no signature.
fn overall(
    facts: &DocumentFacts,
    signatures: &[SignatureVerdict],
    stamps: &[&JudgedTimestamp],
    records: &[EvidenceRecordVerdict],
    originals: Conclusion,
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
    let of_record = records
        .iter()
        .filter(|_| facts.format == DocumentFormat::EvidenceRecord)
        .map(|record| conclusion(record.indication, record.sub_indication));
    match of_signatures.chain(of_token).chain(of_record).reduce(Conclusion::worst) {
        Some(worst) => {
            let worst = worst.worst(of_document).worst(originals);
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

fn document_findings(facts: &DocumentFacts, stamps: &[&JudgedTimestamp]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_proof = matches!(facts.format, DocumentFormat::Timestamp | DocumentFormat::EvidenceRecord);
    if facts.signatures.is_empty() && !is_proof {
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

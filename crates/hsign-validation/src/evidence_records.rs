//! Evidence records (RFC 4998): trees, order and algorithms, each token with the proofs that the next one gives it.

use hsign_core::facts::{ArchiveTimestampChain, ArchiveTimestampFacts, EvidenceRecordFacts};
use hsign_core::ports::Need;
use hsign_core::{DigestAlgorithm, Finding, Severity};

use crate::engine::Engine;
use crate::past::stamps::{self, Stamp};
use crate::poe::{Contents, ProofSource, ProofsOfExistence};
use crate::timestamp_validation::in_order;
use crate::{Conclusion, EvidenceRecordVerdict, SubIndication, past};

type Ruling = (Conclusion, Option<Finding>);

const PASSED: Ruling = (Conclusion::Passed, None);

/// Judges one record, and takes what it proves into `proofs` if all of it holds; also tells what the network might add
/// for its tokens.
pub(crate) fn validate(
    facts: &EvidenceRecordFacts,
    contents: &Contents<'_>,
    engine: &Engine<'_>,
    proofs: &mut ProofsOfExistence,
) -> (EvidenceRecordVerdict, Vec<Need>) {
    let archive: Vec<&ArchiveTimestampFacts> =
        facts.chains.iter().flat_map(|chain| &chain.timestamps).collect();
    let mut tokens: Vec<Stamp<'_>> =
        archive.iter().map(|stamp| Stamp::at_present(&stamp.timestamp, engine)).collect();
    // What later tokens prove about earlier ones stays within the record until all of it has held.
    let mut within = proofs.clone();
    let source = ProofSource::EvidenceRecord(facts.id.clone());
    for index in (0..tokens.len()).rev() {
        let Some(token) = tokens.get_mut(index) else { continue };
        stamps::validate_one(token, engine, &within);
        if index > 0 {
            stamps::extract(token, &source, contents, engine.context, &mut within);
        }
    }
    let rules = [
        form(facts),
        algorithms(facts),
        trees(&archive),
        renewals(facts),
        order(&tokens),
        each_token(&tokens),
    ];
    let conclusions: Vec<_> = rules.iter().map(|(conclusion, _)| *conclusion).collect();
    let conclusion = in_order(&conclusions, past::may_continue);
    let first = tokens.first().filter(|_| conclusion.is_passed());
    if let Some(first) = first {
        *proofs = within;
        stamps::extract(first, &source, contents, engine.context, proofs);
        let good = stamps::digest_good_at(engine.context, engine.context.time.0);
        if let Some(time) = first.judged.gen_time {
            proofs.extract(&facts.covers, time.0, &source, contents, true, &good);
        }
    }
    let mut findings = facts.findings.clone();
    findings.extend(rules.into_iter().filter_map(|(_, finding)| finding));
    let needs = tokens.iter().flat_map(|token| token.judged.needs.clone()).collect();
    let verdict = EvidenceRecordVerdict {
        indication: conclusion.indication(),
        sub_indication: conclusion.sub_indication(),
        proven_time: first.and_then(|token| token.judged.gen_time),
        id: facts.id.clone(),
        timestamps: tokens.into_iter().map(|token| token.judged.verdict).collect(),
        findings,
    };
    (verdict, needs)
}

/// What the reader found to be wrong; a record without a time stamp proves nothing.
fn form(facts: &EvidenceRecordFacts) -> Ruling {
    let failed = Conclusion::Failed(SubIndication::FormatFailure);
    if facts.findings.iter().any(|finding| finding.severity == Severity::Error) {
        return (failed, None);
    }
    if facts.chains.is_empty() || facts.chains.iter().any(|chain| chain.timestamps.is_empty()) {
        return (failed, Some(Finding::error("evidence-record-empty").clause("RFC 4998 §5.1")));
    }
    PASSED
}

/// One hash function for a chain, and its tokens' imprints use it.
fn algorithms(facts: &EvidenceRecordFacts) -> Ruling {
    let differs = |chain: &ArchiveTimestampChain, algorithm: DigestAlgorithm| {
        let imprints = chain.timestamps.iter().filter_map(|stamp| stamp.timestamp.read.as_ref());
        imprints.into_iter().any(|read| read.imprint.expected.algorithm != algorithm)
    };
    let wrong = facts.chains.iter().any(|chain| match chain.digest_algorithm {
        Some(algorithm) => differs(chain, algorithm),
        None => true,
    });
    if wrong {
        let finding = Finding::error("evidence-record-algorithms-differ").clause("RFC 4998 §4.2");
        return (Conclusion::Failed(SubIndication::FormatFailure), Some(finding));
    }
    PASSED
}

/// Each tree shows what its time stamp is for.
fn trees(archive: &[&ArchiveTimestampFacts]) -> Ruling {
    let shown = archive
        .iter()
        .flat_map(|stamp| stamp.shows.iter().map(move |shown| (stamp.timestamp.id.as_str(), shown.found)));
    let mut ruling = PASSED;
    for (id, found) in shown {
        let (conclusion, code) = match found {
            Some(true) => continue,
            Some(false) => (Conclusion::Failed(SubIndication::HashFailure), "object-not-in-hash-tree"),
            None => (Conclusion::Indeterminate(SubIndication::SignedDataNotFound), "stamped-data-missing"),
        };
        if ruling.0.worst(conclusion) != ruling.0 {
            let finding = Finding::error(code).clause("RFC 4998 §4.3").with("timestamp", id);
            ruling = (conclusion, Some(finding));
        }
    }
    ruling
}

/// Every time stamp has to be for something: protected objects, the previous token, the earlier chains.
fn renewals(facts: &EvidenceRecordFacts) -> Ruling {
    let mut archive = facts.chains.iter().flat_map(|chain| &chain.timestamps);
    match archive.find(|stamp| stamp.shows.is_empty()) {
        None => PASSED,
        Some(stamp) => (
            Conclusion::Indeterminate(SubIndication::SignedDataNotFound),
            Some(
                Finding::error("stamped-data-missing")
                    .clause("RFC 4998 §5.3")
                    .with("timestamp", &stamp.timestamp.id),
            ),
        ),
    }
}

/// Times ascend (RFC 4998 §5.1), within the accuracy of the clocks.
fn order(tokens: &[Stamp<'_>]) -> Ruling {
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    let wrong = pairs.filter(|(earlier, later)| earlier.judged.is_surely_after(&later.judged)).count();
    if wrong == 0 {
        return PASSED;
    }
    let finding = Finding::error("time-stamps-out-of-order").clause("RFC 4998 §5.1");
    (Conclusion::Indeterminate(SubIndication::TimestampOrderFailure), Some(finding))
}

/// All tokens, the last one today and each other when the next one was made.
fn each_token(tokens: &[Stamp<'_>]) -> Ruling {
    // The newest of them is the cause: what is older rests on it.
    let broken = tokens.iter().rfind(|token| !token.judged.conclusion.is_passed());
    let Some(broken) = broken else { return PASSED };
    let conclusion = broken.judged.conclusion;
    let why = conclusion.sub_indication().map_or("", SubIndication::name);
    let finding =
        Finding::warning("time-stamp-not-valid").with("timestamp", &broken.facts.id).with("why", why);
    // A token can be broken without the record's data being so.
    (Conclusion::Indeterminate(conclusion.sub_indication().unwrap_or(SubIndication::NoPoe)), Some(finding))
}

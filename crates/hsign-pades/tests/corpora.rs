//! Signed PDFs of the corpora: integrity as they say, and nothing that was forged passes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use hsign_core::Severity;
use hsign_core::facts::{DocumentFacts, ModificationVerdict, SignatureFacts};
use hsign_corpora::{Comparison, Corpus};
use hsign_pades::read_facts;
use support::intact;

fn has_error(signature: &SignatureFacts) -> bool {
    signature.findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Whether a judgement has a reason not to accept the signature although its value holds: a format failure, or
/// signed attributes out of order, which others sort before they verify.
fn doubtful(signature: &SignatureFacts) -> bool {
    has_error(signature)
        || signature.findings.iter().any(|finding| {
            finding.code == "cms-signed-attributes-not-der"
                && finding.values.get("reason").is_some_and(|reason| reason.contains("set-order"))
        })
}

fn describe(facts: &DocumentFacts) -> String {
    let mut parts = Vec::new();
    for signature in &facts.signatures {
        let codes: Vec<_> = signature
            .findings
            .iter()
            .map(|finding| format!("{} {:?}", finding.code, finding.values))
            .collect();
        parts.push(format!(
            "{} intact={} {:?} {:?} {codes:?}",
            signature.id,
            intact(signature.signed.as_ref()),
            signature.coverage,
            signature.modifications
        ));
    }
    let codes: Vec<_> = facts.findings.iter().map(|finding| finding.code.as_str()).collect();
    format!("{parts:?} {codes:?}")
}

/// Integrity in the corpus's sense: every value and digest holds, whatever the format's finer rules say.
fn all_intact(facts: &DocumentFacts) -> bool {
    facts.signatures.iter().all(|signature| intact(signature.signed.as_ref()))
        && facts.timestamps.iter().all(|timestamp| {
            timestamp
                .read
                .as_ref()
                .is_some_and(|read| read.imprint.holds() == Some(true) && intact(Some(&read.signed)))
        })
}

#[test]
fn conformance_dss_pades_integrity() {
    let Some(corpus) = Corpus::open("dss") else { return };
    let mut comparison = Comparison::new("dss-pades");
    for row in corpus.rows().iter().filter(|row| row.get("kind") == "PAdES") {
        let (path, expected) = (row.get("path"), row.get("expected_integrity"));
        let facts = match read_facts(&corpus.file(path).to_vec()) {
            Ok(facts) => facts,
            Err(error) if expected.starts_with("rejected") || expected == "invalid" => {
                let _ = error;
                comparison.agree(path);
                continue;
            }
            Err(error) => {
                comparison.differ(path, format!("expected {expected}: {error}"));
                continue;
            }
        };
        let valid = all_intact(&facts);
        match expected {
            "crypto-valid" if valid => comparison.agree(path),
            "no-signature" if facts.signatures.is_empty() => comparison.agree(path),
            "invalid" | "indeterminate" if !valid || facts.signatures.iter().any(doubtful) => {
                comparison.agree(path)
            }
            "invalid" => comparison.false_accept(path, describe(&facts)),
            "crypto-valid" | "no-signature" | "indeterminate" => {
                comparison.differ(path, format!("expected {expected}: {}", describe(&facts)));
            }
            other => println!("not compared: {path} {other}: {}", describe(&facts)),
        }
    }
    comparison.finish();
}

/// Whether somebody who only looks at the facts could take the document as it is shown for signed.
fn looks_signed(facts: &DocumentFacts) -> bool {
    let clean = facts.findings.iter().all(|finding| finding.severity != Severity::Error);
    clean
        && !facts.signatures.is_empty()
        && facts.signatures.iter().all(|signature| {
            !has_error(signature)
                && intact(signature.signed.as_ref())
                && signature
                    .modifications
                    .as_ref()
                    .is_some_and(|m| m.verdict() <= ModificationVerdict::Permitted)
        })
}

#[test]
fn conformance_pdf_attacks_facts() {
    let Some(corpus) = Corpus::open("pdf-attacks") else { return };
    let mut comparison = Comparison::new("pdf-attacks-facts");
    for row in corpus.rows() {
        let (path, expected) = (row.get("path"), row.get("expected"));
        let facts = read_facts(&corpus.file(path).to_vec());
        match facts {
            Ok(facts) if expected == "invalid" && looks_signed(&facts) => {
                comparison.false_accept(path, describe(&facts));
            }
            Ok(facts)
                if expected == "valid" && !facts.signatures.iter().all(|s| intact(s.signed.as_ref())) =>
            {
                comparison.differ(path, describe(&facts));
            }
            Ok(facts) if facts.signatures.is_empty() && row.get("class") == "USF" => {
                comparison.false_accept(path, "no signature found");
            }
            Err(error) if expected == "valid" => comparison.differ(path, error.to_string()),
            _ => comparison.agree(path),
        }
    }
    comparison.finish();
}

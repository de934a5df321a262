//! Signed PDFs of the corpora: integrity as they say, and nothing that was forged passes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeSet;

use hsign_core::facts::{DocumentFacts, ModificationVerdict, SignatureFacts};
use hsign_core::{Finding, Severity};
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
            _ => comparison.leave_out(path, "the expectation is about something else than integrity"),
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

/// The reason that has to be told for each file of `pdf-attacks`: the code of an error, or of a change after signing.
/// An empty one: nothing worse than what is permitted; "integrity": a digest or value that doesn't hold.
const REASONS: &[(&str, &str)] = &[
    ("dss/pades-spoofing-replaced-reason.pdf", "signature-dictionary-changed"),
    ("dss/replace.pdf", "appearance-replaced"),
    ("isa/isa_A.pdf", "byte-range-not-whole-revision"),
    ("isa/isa_D.pdf", "byte-range-not-whole-revision"),
    ("isa/isa_E.pdf", "byte-range-not-whole-revision"),
    ("isa/isa_G.pdf", "byte-range-not-whole-revision"),
    ("isa/isa_H.pdf", "byte-range-gap-not-contents"),
    ("pyhanko/circular-page-tree.pdf", ""),
    ("pyhanko/extensions-direct.pdf", ""),
    ("pyhanko/extensions-indirect.pdf", ""),
    ("pyhanko/extensions-update-indirect.pdf", ""),
    ("pyhanko/form-update-no-override-appearance-stream-ap-indirect-sneaky.pdf", "appearance-replaced"),
    ("pyhanko/form-update-no-override-appearance-stream-ap-indirect.pdf", ""),
    ("pyhanko/form-update-override-appearance-stream-ap-indirect.pdf", ""),
    ("pyhanko/form-update-override-appearance-stream.pdf", ""),
    ("pyhanko/minimal-signed-twice-no-sig-type.pdf", ""),
    ("pyhanko/one-byterange.pdf", "byte-range-malformed"),
    ("pyhanko/pades-lta-dss-indirect-arrs-test-2.pdf", ""),
    ("pyhanko/pades-lta-dss-indirect-arrs-test.pdf", ""),
    ("pyhanko/pdf-sig-with-econtent.pdf", "pades-content-not-detached"),
    ("pyhanko/separate-annots-kids-indir.pdf", ""),
    ("pyhanko/signature-gap-too-big.pdf", "byte-range-gap-not-contents"),
    ("pyhanko/signed-encrypted-pubkey-with-catalog-ref.pdf", "pdf-encryption-unsupported"),
    ("sign-pdf/pdf-field-signed.pdf", ""),
    ("sign-pdf/pdf-signed-tampered-appended.pdf", "trailing-bytes"),
    ("sign-pdf/pdf-signed-tampered-only-first.pdf", "integrity"),
    ("sign-pdf/pdf-signed-twice.pdf", ""),
    ("swa/siwa_A.pdf", "byte-range-gap-not-contents"),
    ("swa/siwa_C.pdf", "byte-range-gap-not-contents"),
    ("swa/siwa_D.pdf", "byte-range-gap-not-contents"),
    ("usf/usf_01_Empty_Contents.pdf", "contents-empty"),
    ("usf/usf_03_Null_Contents.pdf", "contents-missing"),
    ("usf/usf_05_No_Contents.pdf", "contents-missing"),
    ("usf/usf_12_Null_ByteRange.pdf", "byte-range-missing"),
];

/// Every code that weighs, of a document and all its signatures.
fn reasons(facts: &DocumentFacts) -> BTreeSet<String> {
    let grave = |findings: &[Finding]| -> Vec<String> {
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors.map(|finding| finding.code.clone()).collect()
    };
    let mut codes: BTreeSet<String> = grave(&facts.findings).into_iter().collect();
    for signature in &facts.signatures {
        codes.extend(grave(&signature.findings));
        let changes = signature.modifications.iter().flat_map(|found| &found.changes);
        let changes = changes.filter(|change| change.verdict > ModificationVerdict::Permitted);
        codes.extend(changes.map(|change| change.kind.code().to_owned()));
        if !intact(signature.signed.as_ref()) {
            codes.insert("integrity".to_owned());
        }
    }
    codes
}

#[test]
fn conformance_pdf_attacks_reasons() {
    let Some(corpus) = Corpus::open("pdf-attacks") else { return };
    let mut comparison = Comparison::new("pdf-attacks-reasons");
    for row in corpus.rows() {
        let path = row.get("path");
        let expected = REASONS.iter().find(|(known, _)| *known == path).map(|(_, code)| *code);
        let found = match read_facts(&corpus.file(path).to_vec()) {
            Ok(facts) => reasons(&facts),
            Err(error) => BTreeSet::from([error.finding().code]),
        };
        match expected {
            Some("") if found.is_empty() => comparison.agree(path),
            Some(code) if found.contains(code) => comparison.agree(path),
            _ => comparison.differ(path, format!("expected {expected:?}: {found:?}")),
        }
    }
    comparison.finish();
}

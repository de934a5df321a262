//! Containers that other people's tools made: integrity of every signature, stamp and record, case by case. Trust isn't
//! asked here.
#![allow(clippy::disallowed_methods)]

use hsign_asic::{is_container, read_facts};
use hsign_core::Severity;
use hsign_core::facts::{
    DocumentFacts, EvidenceFacts, EvidenceRecordFacts, SignatureFacts, SignedObject, TimestampFacts,
};
use hsign_core::ports::{SignatureValidity, SignatureVerifier as _};
use hsign_corpora::{Comparison, Corpus, Row};
use hsign_crypto::OpensslVerifier;
use hsign_x509::Certificate;

/// Whether digests and value hold with a certificate at hand that the signature names.
fn intact(object: &SignedObject, more: &EvidenceFacts) -> bool {
    let named = |certificate: &Certificate| match object.certificate_references.first() {
        Some(reference) => hsign_crypto::digest(reference.digest.algorithm, certificate.der())
            .is_ok_and(|digest| digest == reference.digest),
        None => true,
    };
    let verifies = |certificate: &Certificate| {
        let key = certificate.public_key_info();
        let value = object.value.as_slice();
        std::iter::once(&object.signed_octets).chain(&object.reordered_octets).any(|octets| {
            let answer = OpensslVerifier::new().verify(&object.algorithm, key, octets.as_slice(), value);
            answer == SignatureValidity::Valid
        })
    };
    let certificates = object.evidence.certificates.iter().chain(&more.certificates);
    object.references.iter().all(|reference| reference.holds() == Some(true))
        && certificates
            .filter_map(|der| Certificate::from_der(der.as_slice()).ok())
            .any(|certificate| named(&certificate) && verifies(&certificate))
}

/// Nothing found that keeps it from counting.
fn sound(findings: &[hsign_core::Finding]) -> bool {
    findings.iter().all(|finding| finding.severity != Severity::Error)
}

fn signature_holds(signature: &SignatureFacts, facts: &DocumentFacts) -> bool {
    signature.signed.as_ref().is_some_and(|signed| intact(signed, &facts.evidence))
}

fn stamp_holds(stamp: &TimestampFacts, facts: &DocumentFacts) -> bool {
    sound(&stamp.findings)
        && stamp
            .read
            .as_ref()
            .is_some_and(|read| read.imprint.holds() == Some(true) && intact(&read.signed, &facts.evidence))
}

fn record_holds(record: &EvidenceRecordFacts, facts: &DocumentFacts) -> bool {
    let chain = || record.chains.iter().flat_map(|chain| &chain.timestamps);
    sound(&record.findings)
        && chain().count() > 0
        && chain().all(|stamp| {
            stamp_holds(&stamp.timestamp, facts) && stamp.shows.iter().all(|shown| shown.found == Some(true))
        })
}

fn signatures_hold(facts: &DocumentFacts) -> bool {
    facts.signatures.iter().all(|signature| signature_holds(signature, facts))
}

fn countersignatures_hold(facts: &DocumentFacts) -> bool {
    let mut all = facts.signatures.iter().filter(|signature| signature.countersigns.is_some()).peekable();
    all.peek().is_some() && all.all(|signature| signature_holds(signature, facts))
}

fn stamps_hold(facts: &DocumentFacts) -> bool {
    let inside = facts.signatures.iter().flat_map(|signature| &signature.timestamps);
    facts.timestamps.iter().chain(inside).all(|stamp| stamp_holds(stamp, facts))
}

fn describe(facts: &DocumentFacts) -> String {
    let codes = |findings: &[hsign_core::Finding]| -> Vec<String> {
        findings.iter().map(|finding| format!("{}{:?}", finding.code, finding.values)).collect()
    };
    let mut text = format!("{:?}", codes(&facts.findings));
    for signature in &facts.signatures {
        let references = signature.signed.as_ref().map(|signed| {
            signed
                .references
                .iter()
                .map(|reference| (reference.name.clone(), reference.holds()))
                .collect::<Vec<_>>()
        });
        let holds = signature_holds(signature, facts);
        text += &format!(
            "\n   {} {:?} {holds} {references:?} {:?}",
            signature.id,
            signature.level,
            codes(&signature.findings)
        );
        for stamp in &signature.timestamps {
            text +=
                &format!("\n      {} {} {:?}", stamp.id, stamp_holds(stamp, facts), codes(&stamp.findings));
        }
    }
    for stamp in &facts.timestamps {
        let imprint = stamp.read.as_ref().and_then(|read| read.imprint.holds());
        text += &format!(
            "\n   {} {} imprint {imprint:?} {:?}",
            stamp.id,
            stamp_holds(stamp, facts),
            codes(&stamp.findings)
        );
    }
    for record in &facts.evidence_records {
        text += &format!("\n   {} {} {:?}", record.id, record_holds(record, facts), codes(&record.findings));
        for stamp in record.chains.iter().flat_map(|chain| &chain.timestamps) {
            let found: Vec<_> = stamp.shows.iter().map(|shown| shown.found).collect();
            text +=
                &format!("\n      {} {found:?} {:?}", stamp.timestamp.id, codes(&stamp.timestamp.findings));
        }
    }
    text
}

/// For whoever looks into a case.
fn shown() -> bool {
    std::env::var_os("HSIGN_SHOW").is_some()
}

/// Rows that ask another question: a container with the other form of signatures is handed to a module of DSS that reads
/// only one form.
fn is_about_modules(row: &Row) -> bool {
    row.get("path").contains("/signable/asic_")
}

#[test]
fn conformance_dss_asic_integrity() {
    let Some(corpus) = Corpus::open("dss") else { return };
    let mut comparison = Comparison::new("dss-asic");
    let rows = corpus.rows().iter().filter(|row| row.get("kind").starts_with("ASiC"));
    for row in rows.filter(|row| !is_about_modules(row)) {
        let path = row.get("path");
        // Asserted in the same row: the data of a reference are not found.
        let missing =
            row.get("corpus_expected").contains("SIGNED_DATA_NOT_FOUND") && !path.contains("evidencerecord");
        let expected = if missing { "indeterminate" } else { row.get("expected_integrity") };
        let case = format!("{path} {}", row.get("dss_test"));
        let bytes = corpus.file(path).to_vec();
        let facts = match read_facts(&bytes) {
            Ok(facts) => facts,
            Err(error) => {
                match expected.split([' ', ':']).next() {
                    Some("crypto-valid" | "no-signature") => comparison.differ(&case, error.to_string()),
                    _ => comparison.agree(&case),
                }
                continue;
            }
        };
        if shown() {
            println!(
                "{case}: {expected} / {} / {}\n   {}",
                row.get("expected_timestamps_er"),
                row.get("facts"),
                describe(&facts)
            );
        }
        let none = facts.signatures.is_empty();
        match expected.split([' ', ':']).next().unwrap() {
            "rejected" | "no-signature" if none => comparison.agree(&case),
            // The test asserts this of countersignatures only.
            "crypto-valid" if row.get("facts").contains("counterSigCounter") => {
                if countersignatures_hold(&facts) {
                    comparison.agree(&case);
                } else {
                    comparison.differ(&case, describe(&facts));
                }
            }
            "crypto-valid" if signatures_hold(&facts) => comparison.agree(&case),
            "invalid" | "indeterminate" | "mixed" if !signatures_hold(&facts) => comparison.agree(&case),
            "invalid" | "indeterminate" | "mixed" => comparison.false_accept(&case, describe(&facts)),
            "special" => {
                comparison.leave_out(&case, "the expectation is about something else than integrity")
            }
            _ => comparison.differ(&case, describe(&facts)),
        }
    }
    comparison.finish();
}

#[test]
fn conformance_dss_asic_stamps_and_records() {
    let Some(corpus) = Corpus::open("dss") else { return };
    let mut comparison = Comparison::new("dss-asic-stamps");
    let rows = corpus.rows().iter().filter(|row| row.get("kind").starts_with("ASiC"));
    for row in rows.filter(|row| !is_about_modules(row)) {
        let (path, expected) = (row.get("path"), row.get("expected_timestamps_er"));
        let case = format!("{path} {}", row.get("dss_test"));
        let Ok(facts) = read_facts(&corpus.file(path).to_vec()) else { continue };
        // Records in XML are told as unsupported and prove nothing.
        let unsupported =
            facts.findings.iter().any(|finding| finding.code == "evidence-record-xml-unsupported");
        let holds =
            stamps_hold(&facts) && facts.evidence_records.iter().all(|record| record_holds(record, &facts));
        // What DSS calls mixed is mostly a record with further hashes in its groups, which says nothing against the
        // given files. A record that fails says so.
        let failing = row.get("corpus_expected").contains("HASH_FAILURE")
            || row.get("facts").contains("Indication.FAILED");
        match expected {
            _ if unsupported => {
                comparison.leave_out(&case, "an evidence record in XML (RFC 6283): told and not used");
            }
            "valid-or-none" if holds => comparison.agree(&case),
            "valid-or-none" => comparison.differ(&case, describe(&facts)),
            "invalid" if holds => comparison.false_accept(&case, describe(&facts)),
            "mixed" if failing && holds => comparison.false_accept(&case, describe(&facts)),
            "mixed" if !failing && !holds && row.get("kind").ends_with("ER") => {
                comparison.differ(&case, describe(&facts))
            }
            "invalid" | "mixed" => comparison.agree(&case),
            _ => {}
        }
    }
    comparison.finish();
}

/// Invalid for reasons that digests and values don't show: trust, times and certificates, or rules of that tool's own
/// profile. The engine's tests are about the former.
const OTHER_GROUNDS: [(&str, &str); 18] = [
    ("1xTST-and-XAdES-signature.asics", "profile: a time stamp and a signature in one container"),
    ("23154_test1-old-sig-sigat-NOK-prodat-OK-1.bdoc", "time of the OCSP response"),
    ("23200_weakdigest-unknown-ca.asice", "unknown CA"),
    ("23200_weakdigest-wrong-nonce.asice", "profile: the nonce of time marks"),
    ("CAdES-baseline-lt.asics", "profile: no CAdES"),
    ("INC166120_wrong_mime_slash.bdoc", "profile: a media type"),
    ("TM-16_unknown.4.asice", "unknown certificate"),
    ("TS-08_23634_TS_OCSP_before_TS.asice", "order of times"),
    ("bdoc-tm-ocsp-revoked.bdoc", "revoked"),
    ("esteid2018signerAiaOcspLTA.asice", "trust"),
    ("invalid-containers-23816_leedu_live_TS_authority.asice", "unknown authority"),
    ("invalid_bdoc_tm_old-sig-sigat-NOK-prodat-NOK.bdoc", "time of the OCSP response"),
    ("invalid_bdoc_tm_old-sig-sigat-OK-prodat-NOK.bdoc", "time of the OCSP response"),
    (
        "multiple_EncapsulatedTimeStamp_elements_in_single_SignatureTimeStamp.asice",
        "profile: several tokens in one property, all of which hold",
    ),
    ("signing_certificate_not_valid_during_timestamping.asice", "time of the certificate"),
    ("two_signatures.bdoc", "trust"),
    ("test-invalid.asics", "unknown; the token's imprint and value hold"),
    ("EE_AS-P-BpLT-V-009.pdf", "a PDF"),
];

/// Whether anything about the container's build is told to whoever relies on it.
fn reported(facts: &DocumentFacts) -> bool {
    let of_parts = facts.signatures.iter().map(|signature| &signature.findings);
    let of_parts = of_parts.chain(facts.timestamps.iter().map(|stamp| &stamp.findings)).flatten();
    facts.findings.iter().chain(of_parts).any(|finding| {
        finding.severity >= Severity::Warning
            && ["asic-", "zip-", "xml-"].iter().any(|kind| finding.code.starts_with(kind))
    })
}

#[test]
fn conformance_digidoc_integrity() {
    let Some(corpus) = Corpus::open("digidoc") else { return };
    let mut comparison = Comparison::new("digidoc");
    for row in corpus.rows() {
        let (path, expected) = (row.get("path"), row.get("expected"));
        if let Some((_, why)) = OTHER_GROUNDS.iter().find(|(name, _)| path.ends_with(name)) {
            comparison.leave_out(path, *why);
            continue;
        }
        let bytes = corpus.file(path).to_vec();
        let facts = match read_facts(&bytes) {
            Ok(facts) => facts,
            Err(error) if ["valid", "parse"].contains(&expected) => {
                comparison.differ(path, error.to_string());
                continue;
            }
            Err(_) => {
                comparison.agree(path);
                continue;
            }
        };
        let holds = signatures_hold(&facts) && stamps_hold(&facts) && sound(&facts.findings);
        let empty = facts.signatures.is_empty() && facts.timestamps.is_empty();
        match expected {
            "invalid" | "invalid-container" if !holds || reported(&facts) => comparison.agree(path),
            // Nothing in it that anybody could rely on.
            "invalid-container" if empty => comparison.agree(path),
            "invalid" | "invalid-container" => comparison.false_accept(path, describe(&facts)),
            _ if holds => comparison.agree(path),
            _ => comparison.differ(path, describe(&facts)),
        }
        assert!(is_container(&bytes), "{path}");
    }
    comparison.finish();
}

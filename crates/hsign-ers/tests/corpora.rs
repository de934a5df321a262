//! Records that other people's tools made: hash trees and imprints, case by case. Trust isn't asked here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, clippy::print_stdout)]

mod support;

use base64::Engine as _;
use hsign_core::facts::{Covered, EvidenceRecordFacts, SignedObject};
use hsign_core::ports::{SignatureValidity, SignatureVerifier as _};
use hsign_core::{Digest, DigestAlgorithm, Severity};
use hsign_corpora::{Comparison, Corpus};
use hsign_ers::{ProtectedObject, Record, facts};

/// Whether everything that a record shows of the given objects holds.
fn intact(facts: &EvidenceRecordFacts) -> Result<(), String> {
    let faults = |findings: &[hsign_core::Finding]| {
        findings
            .iter()
            .find(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.code.clone())
    };
    if let Some(code) = faults(&facts.findings) {
        return Err(code);
    }
    for timestamp in facts.chains.iter().flat_map(|chain| &chain.timestamps) {
        let id = &timestamp.timestamp.id;
        if let Some(code) = faults(&timestamp.timestamp.findings) {
            return Err(format!("{id}: {code}"));
        }
        let read = timestamp.timestamp.read.as_ref().ok_or_else(|| format!("{id}: unreadable"))?;
        if read.imprint.holds() != Some(true) {
            return Err(format!("{id}: imprint {:?}", read.imprint.holds()));
        }
        if let Some(missing) = timestamp.shows.iter().find(|shown| shown.found != Some(true)) {
            return Err(format!("{id}: {:?} {:?}", missing.object, missing.found));
        }
        if !signature_holds(&read.signed) {
            return Err(format!("{id}: the token's signature"));
        }
    }
    Ok(())
}

fn signature_holds(signed: &SignedObject) -> bool {
    let value = signed.evidence.certificates.iter().any(|certificate| {
        let Ok(certificate) = hsign_x509::Certificate::from_der(certificate.as_slice()) else { return false };
        hsign_crypto::OpensslVerifier::new().verify(
            &signed.algorithm,
            certificate.public_key_info(),
            signed.signed_octets.as_slice(),
            signed.value.as_slice(),
        ) == SignatureValidity::Valid
    });
    value && signed.references.iter().all(|reference| reference.holds() == Some(true))
}

fn decoded(name: &str, bytes: &[u8]) -> Vec<u8> {
    if !name.ends_with(".b64") {
        return bytes.to_vec();
    }
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// `file` or `digest:SHA256:base64`, separated by semicolons.
fn objects(corpus: &Corpus, offered: &str, record: &Record) -> Vec<ProtectedObject> {
    let mut objects: Vec<ProtectedObject> = Vec::new();
    let mut by_digest: Vec<Digest> = Vec::new();
    for one in offered.split(';').filter(|one| !one.is_empty()) {
        let Some(digest) = one.strip_prefix("digest:") else {
            objects.push(support::object(record, &decoded(one, corpus.file(one))));
            continue;
        };
        let (name, value) = digest.split_once(':').unwrap();
        let known = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512];
        let algorithm = known.into_iter().find(|known| known.name().replace('-', "") == name).unwrap();
        let value = base64::engine::general_purpose::STANDARD.decode(value).unwrap();
        by_digest.push(Digest::new(algorithm, value));
    }
    // Digests under different algorithms are those of one object.
    while let Some(first) = by_digest.first().cloned() {
        let mut own = vec![first.clone()];
        by_digest.remove(0);
        if let Some(place) = by_digest.iter().position(|other| other.algorithm != first.algorithm) {
            own.push(by_digest.remove(place));
        }
        objects.push(ProtectedObject { covered: Covered::Data { digest: first }, digests: own });
    }
    objects
}

fn judge(corpus: &Corpus, path: &str, offered: &str) -> Result<(), String> {
    let record = Record::parse(&decoded(path, corpus.file(path))).map_err(|error| error.to_string())?;
    intact(&facts(&record, "er", &objects(corpus, offered, &record)))
}

#[test]
fn conformance_evidence_records_integrity() {
    let Some(corpus) = Corpus::open("evidence-records") else { return };
    let mut comparison = Comparison::new("evidence-records");
    // XML records (RFC 6283) and XAIP containers, of which parts are hashed, are not read; the set's notes say that
    // they may be skipped.
    let rfc4998 = |row: &&hsign_corpora::Row| {
        let xml = row.get("path").ends_with(".xml") || row.get("data_files").ends_with(".xml");
        row.get("kind") == "ER" && !xml
    };
    for row in corpus.rows().iter().filter(rfc4998) {
        let (path, expected) = (row.get("path"), row.get("expected"));
        match (expected, judge(&corpus, path, row.get("data_files"))) {
            ("parse", _) | ("invalid" | "invalid-format", Err(_)) => comparison.agree(path),
            ("invalid" | "invalid-format", Ok(())) => comparison.false_accept(path, expected),
            (_, Ok(())) => comparison.agree(path),
            (_, Err(why)) => comparison.differ(path, why),
        }
    }
    comparison.finish();
}

#[test]
fn conformance_dss_evidence_records_integrity() {
    let Some(corpus) = Corpus::open("dss") else { return };
    let mut comparison = Comparison::new("dss-evidence-records");
    for row in corpus.rows().iter().filter(|row| row.get("kind") == "ER-RFC4998") {
        let (path, offered) = (row.get("path"), row.get("detached"));
        let case = format!("{path} with {offered}");
        // The set calls a record invalid too where it names objects that weren't given (orphan references); these say
        // nothing against the given ones. Broken are the records in which its test finds an invalid time stamp.
        let broken = ["invalidTstFound=true", "isSignatureValid=false"];
        let broken = broken.iter().any(|fact| row.get("facts").contains(fact));
        match (broken, judge(&corpus, path, offered)) {
            (false, Ok(())) | (true, Err(_)) => comparison.agree(&case),
            (true, Ok(())) => comparison.false_accept(&case, "intact"),
            (false, Err(why)) => comparison.differ(&case, why),
        }
    }
    comparison.finish();
}

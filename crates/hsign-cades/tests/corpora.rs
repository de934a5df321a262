//! CMS signatures of the dss corpus: integrity of every signer, time stamp and evidence record as DSS asserts it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use hsign_cades::{Draft, Error, Profile, read_facts, signature_facts};
use hsign_core::facts::{
    DocumentFacts, EvidenceRecordFacts, SignatureFacts, SignedObject, TimestampFacts, TimestampKind,
};
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Digest, DigestAlgorithm, Finding, Severity, Source};
use hsign_corpora::{Comparison, Corpus, Row};
use hsign_crypto::OpensslVerifier;
use hsign_x509::Certificate;

/// Whether value and digests hold with some certificate inside that the signed reference (or else the
/// identifier) names.
fn intact(object: &SignedObject, certificates: &[Certificate]) -> bool {
    let named = |certificate: &Certificate| match object.certificate_references.first() {
        Some(reference) => hsign_crypto::digest(reference.digest.algorithm, certificate.der())
            .is_ok_and(|digest| digest == reference.digest),
        None => object.signer.serial.as_ref().is_some_and(|serial| serial.as_slice() == certificate.serial()),
    };
    let verifies = |certificate: &Certificate| {
        let key = certificate.public_key_info();
        let value = object.value.as_slice();
        std::iter::once(&object.signed_octets).chain(&object.reordered_octets).any(|octets| {
            let answer = OpensslVerifier::new().verify(&object.algorithm, key, octets.as_slice(), value);
            answer == SignatureValidity::Valid
        })
    };
    object.references.iter().all(|reference| reference.holds() == Some(true))
        && certificates.iter().any(|certificate| named(certificate) && verifies(certificate))
}

/// All certificates of a document, those of its tokens too.
fn certificates(facts: &DocumentFacts) -> Vec<Certificate> {
    let signed = facts.signatures.iter().filter_map(|one| one.signed.as_ref());
    let tokens = stamps(facts).into_iter().filter_map(|one| one.read.as_ref()).map(|read| &read.signed);
    let inside = signed.chain(tokens).map(|object| &object.evidence);
    let everywhere = std::iter::once(&facts.evidence).chain(inside).flat_map(|one| &one.certificates);
    everywhere.filter_map(|der| Certificate::from_der(der.as_slice()).ok()).collect()
}

fn stamps(facts: &DocumentFacts) -> Vec<&TimestampFacts> {
    let chains = facts.evidence_records.iter().flat_map(|record| &record.chains);
    let of_records = chains.flat_map(|chain| &chain.timestamps).map(|stamp| &stamp.timestamp);
    facts.signatures.iter().flat_map(|one| &one.timestamps).chain(of_records).collect()
}

/// What keeps a judgement from accepting it as it is: errors of form, content and value hashed differently, or
/// attributes out of order.
fn doubtful(signature: &SignatureFacts) -> bool {
    let codes = ["cms-digest-algorithm-mismatch", "cms-signed-attributes-not-der"];
    let doubt =
        |finding: &Finding| finding.severity == Severity::Error || codes.contains(&finding.code.as_str());
    signature.findings.iter().any(doubt)
}

fn all_intact(facts: &DocumentFacts) -> bool {
    let certificates = certificates(facts);
    let holds =
        |one: &SignatureFacts| one.signed.as_ref().is_some_and(|signed| intact(signed, &certificates));
    !facts.signatures.is_empty() && facts.signatures.iter().all(holds)
}

/// The content that a row offers: a file of the set, or `digest:ALG:base64`.
fn facts(corpus: &Corpus, row: &Row) -> Result<DocumentFacts, String> {
    use base64::Engine as _;
    let bytes = corpus.file(row.get("path")).to_vec();
    let first = row.get("detached").split(';').next().unwrap_or_default();
    let Some(digest) = first.strip_prefix("digest:") else {
        let content = (!first.is_empty()).then(|| corpus.file(first).to_vec());
        let content = content.as_ref().map(|content| content as &dyn Source);
        return read_facts(&bytes, content).map_err(|error| error.to_string());
    };
    // Signatures whose content is known by its digest only.
    let (name, value) = digest.split_once(':').unwrap();
    let value = base64::engine::general_purpose::STANDARD.decode(value).unwrap();
    let mut known = |algorithm: DigestAlgorithm| {
        (name == algorithm.name().replace('-', "")).then(|| Digest::new(algorithm, value.clone()))
    };
    let read = signature_facts(&bytes, "x", Profile::Cades, &mut known).map_err(|error| error.to_string())?;
    let mut facts = read_facts(&bytes, None).map_err(|error| error.to_string())?;
    facts.signatures = read.into_signatures("Signature1");
    Ok(facts)
}

fn described(facts: &DocumentFacts) -> String {
    let certificates = certificates(facts);
    let mut text = Vec::new();
    for one in &facts.signatures {
        let codes: Vec<_> = one.findings.iter().map(|f| format!("{} {:?}", f.code, f.values)).collect();
        let signed = one.signed.as_ref();
        let references = signed.map(|s| s.references.iter().map(|r| r.holds()).collect::<Vec<_>>());
        let intact = signed.map(|signed| intact(signed, &certificates));
        text.push(format!("{} intact={intact:?} {references:?} {codes:?}", one.id));
    }
    for one in stamps(facts) {
        let codes: Vec<_> = one.findings.iter().map(|f| format!("{} {:?}", f.code, f.values)).collect();
        let read = one.read.as_ref();
        let imprint = read.map(|read| read.imprint.holds());
        let token = read.map(|read| intact(&read.signed, &certificates));
        text.push(format!("{} imprint={imprint:?} token={token:?} {codes:?}", one.id));
    }
    for record in &facts.evidence_records {
        let found: Vec<_> =
            record.chains.iter().flat_map(|chain| &chain.timestamps).map(|s| &s.shows).collect();
        let found: Vec<_> = found.into_iter().flatten().map(|shown| shown.found).collect();
        text.push(format!("{} shows={found:?} {:?}", record.id, record.findings));
    }
    text.join("\n    ")
}

fn rows<'c>(corpus: &'c Corpus, kinds: &'static [&'static str]) -> impl Iterator<Item = &'c Row> {
    corpus.rows().iter().filter(move |row| kinds.contains(&row.get("kind")))
}

fn case(row: &Row) -> String {
    match (row.get("path"), row.get("detached")) {
        (path, "") => path.to_owned(),
        (path, offered) => format!("{path} with {offered}"),
    }
}

#[test]
fn conformance_dss_cades_integrity() {
    let Some(corpus) = Corpus::open("dss") else { return };
    let mut comparison = Comparison::new("dss-cades");
    for row in rows(&corpus, &["CAdES", "CAdES+ER"]) {
        let case = case(row);
        let facts = match facts(&corpus, row) {
            Ok(facts) => facts,
            Err(error) => {
                comparison.differ(&case, error);
                continue;
            }
        };
        let valid = all_intact(&facts);
        match row.get("expected_integrity").split(' ').next().unwrap() {
            "crypto-valid" if valid => comparison.agree(&case),
            "invalid" | "indeterminate" | "mixed" if !valid || facts.signatures.iter().any(doubtful) => {
                comparison.agree(&case);
            }
            "invalid" | "indeterminate" | "mixed" => comparison.false_accept(&case, described(&facts)),
            "crypto-valid" => comparison.differ(&case, described(&facts)),
            _ => comparison.leave_out(&case, "the expectation is about something else than integrity"),
        }
    }
    comparison.finish();
}

/// One that can't be read is none to DSS either.
fn stamp_holds(stamp: &TimestampFacts, certificates: &[Certificate]) -> bool {
    stamp
        .read
        .as_ref()
        .is_none_or(|read| read.imprint.holds() == Some(true) && intact(&read.signed, certificates))
}

fn worthless(stamp: &TimestampFacts) -> bool {
    // A tree whose only leaf was hashed twice binds, but isn't RFC 4998's: it is read and told, DSS refuses it.
    let told = |finding: &Finding| finding.code == "evidence-record-leaf-hashed-twice";
    stamp.findings.iter().any(|finding| finding.severity == Severity::Error || told(finding))
}

fn record_holds(record: &EvidenceRecordFacts) -> bool {
    let stamps = record.chains.iter().flat_map(|chain| &chain.timestamps);
    !record.chains.is_empty()
        && record.findings.iter().all(|finding| finding.severity < Severity::Error)
        && stamps.into_iter().all(|stamp| stamp.shows.iter().all(|shown| shown.found == Some(true)))
}

#[test]
fn conformance_dss_cades_time_stamps() {
    let Some(corpus) = Corpus::open("dss") else { return };
    let mut comparison = Comparison::new("dss-cades-time-stamps");
    let mut imprints = 0;
    for row in rows(&corpus, &["CAdES", "CAdES+ER"]) {
        let case = case(row);
        let Ok(facts) = facts(&corpus, row) else { continue };
        // Some tests of this kind are about a record in a file of its own.
        if row.get("kind") == "CAdES+ER" && facts.evidence_records.is_empty() {
            comparison.leave_out(&case, "the evidence record is in a file of its own");
            continue;
        }
        let certificates = certificates(&facts);
        let archive = facts.signatures.iter().flat_map(|one| &one.timestamps);
        let archive = archive.filter(|stamp| stamp.kind == TimestampKind::Archive);
        imprints +=
            archive.filter(|stamp| stamp.read.as_ref().is_some_and(|r| r.imprint.actual.is_some())).count();
        let valid = stamps(&facts).iter().all(|stamp| stamp_holds(stamp, &certificates))
            && facts.evidence_records.iter().all(record_holds);
        match (row.get("expected_timestamps_er"), valid) {
            ("valid-or-none", true) | ("invalid" | "mixed", false) => comparison.agree(&case),
            // An index that names what isn't there makes a stamp worthless to us, whatever its imprint.
            ("invalid" | "mixed", true) if stamps(&facts).iter().any(|stamp| worthless(stamp)) => {
                comparison.agree(&case);
            }
            ("valid-or-none", false) => comparison.differ(&case, described(&facts)),
            _ => comparison.false_accept(&case, described(&facts)),
        }
    }
    println!("{imprints} imprints of archive time stamps computed");
    assert!(imprints >= 15, "{imprints}");
    comparison.finish();
}

/// What each time stamp and evidence record said, by its id.
fn said(facts: &DocumentFacts) -> Vec<(String, Option<bool>)> {
    let imprint = |stamp: &&TimestampFacts| stamp.read.as_ref().and_then(|read| read.imprint.holds());
    let of_stamps = stamps(facts).into_iter().map(|stamp| (stamp.id.clone(), imprint(&stamp)));
    let records = facts.evidence_records.iter().map(|one| (one.id.clone(), Some(record_holds(one))));
    of_stamps.chain(records).collect()
}

/// Old files, with archive time stamps over octets as they stood, references and values in attributes, BER and evidence
/// records, are renewed without breaking any of it.
#[test]
fn old_files_are_renewed_on_their_original_bytes() {
    let Some(corpus) = Corpus::open("dss") else { return };
    let (mut renewed, mut frozen, mut protected) = (0, 0, 0);
    for row in rows(&corpus, &["CAdES", "CAdES+ER"]) {
        let case = case(row);
        let offered = row.get("detached").split(';').next().unwrap_or_default();
        if offered.starts_with("digest:") {
            continue;
        }
        let bytes = corpus.file(row.get("path")).to_vec();
        let content = (!offered.is_empty()).then(|| corpus.file(offered).to_vec());
        let content = content.as_ref().map(|content| content as &dyn Source);
        let Ok((mut draft, before)) = Draft::open(&bytes, content) else { continue };
        let Ok(imprint) = draft.archive_imprint("Signature1", DigestAlgorithm::Sha256) else { continue };
        let imprint = match draft.add_evidence("Signature1", &support::evidence()) {
            Ok(added) => {
                assert!(added, "{case}");
                draft.archive_imprint("Signature1", DigestAlgorithm::Sha256).unwrap()
            }
            Err(Error::Protected(_)) => {
                protected += 1;
                imprint
            }
            Err(error) => panic!("{case}: {error}"),
        };
        let stamped = draft.add_archive_timestamp("Signature1", &support::stamp_for(&imprint, 0));
        if before.evidence_records.iter().any(|record| !record.id.starts_with("Signature1/")) {
            assert!(matches!(stamped, Err(Error::Protected(_))), "{case}");
            continue;
        }
        stamped.unwrap();
        let after = read_facts(&draft.to_vec().unwrap(), content).unwrap();
        let is_older = |stamp: &&TimestampFacts| stamp.id.contains("archive-time-stamp-v2");
        frozen += usize::from(stamps(&before).iter().any(is_older));
        let told = said(&after);
        for one in said(&before) {
            assert!(told.contains(&one), "{case}: {one:?} {told:?}");
        }
        assert_eq!(told.len(), said(&before).len() + 1, "{case}");
        for (before, after) in before.signatures.iter().zip(&after.signatures) {
            assert_eq!((&before.id, &before.signed), (&after.id, &after.signed), "{case}");
        }
        let newest =
            after.signatures[0].timestamps.iter().rfind(|stamp| stamp.id.contains("stamp-v3")).unwrap();
        assert_eq!(newest.read.as_ref().unwrap().imprint.holds(), Some(true), "{case}");
        assert!(newest.findings.iter().all(|finding| finding.severity == Severity::Info), "{case}");
        renewed += 1;
    }
    println!(
        "{renewed} files renewed, {frozen} with older archive time stamps, {protected} with evidence records"
    );
    assert!(renewed >= 40 && frozen >= 5 && protected >= 8, "{renewed} {frozen} {protected}");
}

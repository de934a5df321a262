//! Evidence records (RFC 4998) as facts: every token by the next one, the first one's time for what is protected.

use hsign_core::DigestAlgorithm::{self, Sha256, Sha384};
use hsign_core::facts::*;
use hsign_validation::{Indication, ProofSource, SubIndication};

use crate::archive::{Archive, PASSED, YEAR, open, time, value};
use crate::synthetic::sha256_digest;

fn archive_stamp(
    archive: &Archive,
    tsa: &str,
    day: i64,
    covers: Vec<Covered>,
    digest: DigestAlgorithm,
) -> ArchiveTimestampFacts {
    let shows = covers.iter().map(|object| ShownObject {
        object: object.clone(),
        digest: Some(sha256_digest(b"object")),
        found: Some(true),
    });
    let shows = shows.collect();
    let timestamp = archive.timestamp(tsa, day, TimestampKind::EvidenceRecord, covers, digest);
    ArchiveTimestampFacts { timestamp, shows }
}

/// What a renewal covers: the stamp before it and the revocation data about that.
fn stamp_and_list(stamp: &ArchiveTimestampFacts, crl: &[u8]) -> Vec<Covered> {
    let timestamp = stamp.timestamp.id.clone();
    vec![Covered::Timestamp { timestamp }, Covered::Evidence { digest: sha256_digest(crl) }]
}

fn chain(digest: DigestAlgorithm, timestamps: Vec<ArchiveTimestampFacts>) -> ArchiveTimestampChain {
    ArchiveTimestampChain { digest_algorithm: Some(digest), timestamps }
}

fn record(covers: Vec<Covered>, chains: Vec<ArchiveTimestampChain>) -> EvidenceRecordFacts {
    EvidenceRecordFacts {
        id: "record".to_owned(),
        covers,
        chains,
        evidence: EvidenceFacts::default(),
        findings: Vec::new(),
    }
}

/// Signed on day 10; a record over signature and evidence of day 11, its time stamp renewed in year 9, its tree in year 17.
fn recorded() -> Archive {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).unit("tsa 2", 8 * YEAR, 18 * YEAR);
    archive.unit("tsa 3", 16 * YEAR, 26 * YEAR);
    let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 4, &[])];
    archive.sign(Sha256).embed_certificates(&["ca"]).embed(&crls);
    let covers = archive.all_there_is();
    let first = archive_stamp(&archive, "tsa 1", 11, covers.clone(), Sha256);
    let crl = archive.crl("tsa root", 9 * YEAR - 1, 30, &[]);
    let second = archive_stamp(&archive, "tsa 2", 9 * YEAR, stamp_and_list(&first, &crl), Sha256);
    let later = archive.crl("tsa root", 17 * YEAR - 1, 30, &[]);
    let third = archive_stamp(&archive, "tsa 3", 17 * YEAR, stamp_and_list(&second, &later), Sha384);
    archive.embed(&[crl, later]);
    let chains = vec![chain(Sha256, vec![first, second]), chain(Sha384, vec![third])];
    archive.facts.evidence_records.push(record(covers, chains));
    let crl = archive.crl("tsa root", 20 * YEAR - 1, 30, &[]);
    archive.given(&[crl]);
    archive
}

fn stamps(archive: &mut Archive) -> Vec<&mut ArchiveTimestampFacts> {
    archive.facts.evidence_records[0].chains.iter_mut().flat_map(|chain| &mut chain.timestamps).collect()
}

fn of_record(archive: &mut Archive) -> (Indication, Option<SubIndication>) {
    let verdict = archive.judge_at(20 * YEAR);
    let record = &verdict.evidence_records()[0];
    assert_eq!(verdict.signatures()[0].indication(), Indication::Indeterminate);
    assert_eq!(record.proven_time(), None);
    (record.indication(), record.sub_indication())
}

#[test]
fn a_record_proves_the_time_of_its_first_stamp_once_all_of_it_holds() {
    let mut archive = recorded();
    let verdict = archive.expect(20 * YEAR, PASSED);
    assert_eq!(verdict.best_signature_time().unwrap().0, time(11));
    assert_eq!(verdict.proofs()[0].source(), &ProofSource::EvidenceRecord("record".to_owned()));
    let record = archive.judge_at(20 * YEAR).evidence_records()[0].clone();
    assert_eq!(record.indication(), Indication::TotalPassed);
    assert_eq!(record.proven_time().unwrap().0, time(11));
    assert!(record.timestamps().iter().all(|stamp| stamp.indication() == Indication::TotalPassed));
}

#[test]
fn a_signature_rests_on_the_newest_stamp_of_the_record_over_it() {
    let mut archive = recorded();
    let newest = stamps(&mut archive)[2].timestamp.id.clone();
    let verdict = archive.expect(20 * YEAR, PASSED);
    assert_eq!(verdict.protected_by(), Some(&newest));
    assert_eq!(verdict.renew_by(), Some(time(26 * YEAR)));
    stamps(&mut archive)[2].shows[0].found = Some(false);
    let verdict = archive.judge_at(20 * YEAR).signatures()[0].clone();
    assert_ne!(verdict.protected_by(), Some(&newest), "a record that fails protects nothing");
}

#[test]
fn a_tree_that_does_not_hold_the_object_proves_nothing() {
    let mut archive = recorded();
    stamps(&mut archive)[0].shows[0].found = Some(false);
    let failed = (Indication::TotalFailed, Some(SubIndication::HashFailure));
    assert_eq!(of_record(&mut archive), failed);
}

#[test]
fn an_object_that_is_not_at_hand_leaves_the_record_open() {
    let mut archive = recorded();
    stamps(&mut archive)[2].shows[0].found = None;
    assert_eq!(of_record(&mut archive), open(SubIndication::SignedDataNotFound));
}

#[test]
fn a_token_over_another_root_breaks_the_record() {
    let mut archive = recorded();
    let read = stamps(&mut archive).remove(1).timestamp.read.as_mut().unwrap();
    read.imprint.actual = Some(sha256_digest(b"another tree"));
    assert_eq!(of_record(&mut archive), open(SubIndication::HashFailure));
}

#[test]
fn times_that_descend_are_out_of_order() {
    let mut archive = recorded();
    let first =
        archive.timestamp("tsa 1", 9 * YEAR + 30, TimestampKind::EvidenceRecord, vec![value()], Sha256);
    let id = stamps(&mut archive)[0].timestamp.id.clone();
    stamps(&mut archive)[0].timestamp = TimestampFacts { id, ..first };
    assert_eq!(of_record(&mut archive).1, Some(SubIndication::TimestampOrderFailure));
}

#[test]
fn one_chain_has_one_hash_function() {
    let mut archive = recorded();
    archive.facts.evidence_records[0].chains[0].digest_algorithm = Some(Sha384);
    let failed = (Indication::TotalFailed, Some(SubIndication::FormatFailure));
    assert_eq!(of_record(&mut archive), failed);
    archive.facts.evidence_records[0].chains[0].digest_algorithm = None;
    assert_eq!(of_record(&mut archive), failed);
}

#[test]
fn a_record_without_a_stamp_is_no_record() {
    let mut archive = recorded();
    archive.facts.evidence_records[0].chains.clear();
    assert_eq!(of_record(&mut archive).1, Some(SubIndication::FormatFailure));
}

#[test]
fn a_renewal_that_came_after_the_previous_authority_ended_leaves_the_record_open() {
    let mut archive = recorded();
    let record = &mut archive.facts.evidence_records[0];
    record.chains[0].timestamps.remove(1);
    let crl = sha256_digest(archive.facts.evidence.crls.last().unwrap().as_slice());
    let timestamp = archive.facts.evidence_records[0].chains[0].timestamps[0].timestamp.id.clone();
    let covers = vec![Covered::Timestamp { timestamp }, Covered::Evidence { digest: crl }];
    archive.facts.evidence_records[0].chains[1].timestamps[0].timestamp.covers = covers;
    let (indication, _) = of_record(&mut archive);
    assert_eq!(indication, Indication::Indeterminate);
}

#[test]
fn rfc4998_5_3_a_chain_whose_hash_function_had_ended_before_the_next_one_began_proves_nothing() {
    let mut archive = Archive::new();
    archive.unit("tsa 1", -10, 10 * YEAR).unit("tsa 2", 3 * YEAR, 9 * YEAR);
    let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 4, &[])];
    archive.sign(Sha256).embed_certificates(&["ca"]).embed(&crls);
    let covers = archive.all_there_is();
    let first = archive_stamp(&archive, "tsa 1", 11, covers.clone(), Sha384);
    let crl = archive.crl("tsa root", 4 * YEAR - 1, 30, &[]);
    let second = archive_stamp(&archive, "tsa 2", 4 * YEAR, stamp_and_list(&first, &crl), Sha256);
    let chains = vec![chain(Sha384, vec![first]), chain(Sha256, vec![second])];
    archive.facts.evidence_records.push(record(covers, chains));
    let current = archive.crl("tsa root", 5 * YEAR - 1, 30, &[]);
    archive.embed(&[crl]).given(&[current]).end_of("SHA-384", 4 * YEAR + 1);
    let of_record = |archive: &mut Archive| archive.judge_at(5 * YEAR).evidence_records()[0].indication();
    assert_eq!(of_record(&mut archive), Indication::TotalPassed);
    archive.policy_with(&time(4 * YEAR + 1).to_string(), &time(4 * YEAR - 1).to_string());
    assert_eq!(archive.judge_at(5 * YEAR).indication(), Indication::Indeterminate);
}

/// As an archive time stamp of CAdES covers the records that are there, and an ASiC manifest the files of records.
#[test]
fn a_later_stamp_over_a_record_proves_the_tokens_in_it() {
    for covered in [true, false] {
        let mut archive = Archive::new();
        archive.unit("tsa 1", -10, 10 * YEAR).unit("tsa 2", 8 * YEAR, 18 * YEAR);
        let crls = [archive.crl("root", 1, YEAR, &[]), archive.crl("ca", 9, 4, &[])];
        archive.sign(Sha256).embed_certificates(&["ca"]).embed(&crls);
        let covers = archive.all_there_is();
        let first = archive_stamp(&archive, "tsa 1", 11, covers.clone(), Sha256);
        archive.facts.evidence_records.push(record(covers, vec![chain(Sha256, vec![first])]));
        let crl = archive.crl("tsa root", 9 * YEAR - 1, 30, &[]);
        let mut covers = vec![Covered::Evidence { digest: sha256_digest(&crl) }];
        covers.extend(covered.then(|| Covered::EvidenceRecord { record: "record".to_owned() }));
        let stamp = archive.timestamp("tsa 2", 9 * YEAR, TimestampKind::Document, covers, Sha256);
        archive.facts.timestamps.push(stamp);
        let current = archive.crl("tsa root", 12 * YEAR - 1, 30, &[]);
        archive.embed(&[crl]).given(&[current]);
        let verdict = archive.judge_at(12 * YEAR);
        let expected = if covered { Indication::TotalPassed } else { Indication::Indeterminate };
        assert_eq!(verdict.evidence_records()[0].indication(), expected);
        assert_eq!(verdict.signatures()[0].indication(), expected);
    }
}

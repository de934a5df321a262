//! Evidence records beside signatures, and alone.

use hsign_core::DigestAlgorithm;
use hsign_core::facts::*;
use hsign_testkit::{DAY, Person, Unit};
use hsign_validation::Indication;

use crate::common::{NOW, World, codes, document, has};

/// Over the signature, but its time stamp is over something else.
fn broken_record(world: &World, signature: &SignatureFacts) -> EvidenceRecordFacts {
    let mut timestamp = world.stamp(signature, Unit::Tsa, TimestampKind::EvidenceRecord, NOW - DAY);
    timestamp.read.as_mut().unwrap().imprint.actual.as_mut().unwrap().value.0[0] ^= 1;
    let covers = timestamp.covers.clone();
    let timestamps = vec![ArchiveTimestampFacts { timestamp, shows: Vec::new() }];
    EvidenceRecordFacts {
        id: "record".to_owned(),
        covers,
        chains: vec![ArchiveTimestampChain { digest_algorithm: Some(DigestAlgorithm::Sha256), timestamps }],
        evidence: EvidenceFacts::default(),
        findings: Vec::new(),
    }
}

#[test]
fn a_broken_record_beside_a_signature_that_holds_is_told_and_decides_nothing() {
    let world = World::new();
    let mut facts = document(vec![world.stamped(Person::Doctor, NOW - DAY)]);
    facts.evidence_records.push(broken_record(&world, &facts.signatures[0]));
    let verdict = world.judge(&facts);
    assert_eq!(verdict.indication(), Indication::TotalPassed);
    assert_eq!(verdict.evidence_records()[0].indication(), Indication::Indeterminate);
}

#[test]
fn a_record_alone_stands_for_itself() {
    let world = World::new();
    let record = broken_record(&world, &world.signature(Person::Doctor));
    let mut facts = document(Vec::new());
    facts.evidence_records.push(record);
    assert_eq!(world.judge(&facts).indication(), Indication::NoSignature);
    facts.format = DocumentFormat::EvidenceRecord;
    assert_eq!(world.judge(&facts).indication(), Indication::Indeterminate);
}

#[test]
fn what_is_there_without_a_signature_is_told() {
    let world = World::new();
    let told = |format, signatures, timestamps| {
        let mut facts = document(signatures);
        facts.format = format;
        facts.timestamps = timestamps;
        codes(world.judge(&facts).findings()).iter().map(|code| (*code).to_owned()).collect::<Vec<_>>()
    };
    let signature = || world.stamped(Person::Doctor, NOW - DAY);
    let stamp = || world.stamp(&signature(), Unit::Tsa, TimestampKind::Document, NOW - DAY);
    let broken = || {
        let mut stamp = stamp();
        stamp.read.as_mut().unwrap().imprint.actual.as_mut().unwrap().value.0[0] ^= 1;
        stamp
    };
    use DocumentFormat::{Pades, Timestamp};
    assert_eq!(told(Pades, vec![], vec![]), ["no-signature"]);
    assert_eq!(told(Pades, vec![], vec![stamp()]), ["time-stamps-without-signature"]);
    assert_eq!(
        told(Pades, vec![], vec![broken()]),
        ["time-stamps-without-signature", "time-stamp-not-valid"]
    );
    assert!(told(Pades, vec![signature()], vec![]).is_empty());
    // A token alone is what was asked for, and its own verdict tells what is wrong with it.
    assert!(told(Timestamp, vec![], vec![stamp()]).is_empty());
    assert!(told(Timestamp, vec![], vec![broken()]).is_empty());
}

#[test]
fn a_stamp_of_a_signature_that_does_not_hold_is_told() {
    let world = World::new();
    let mut signature = world.stamped(Person::Doctor, NOW - DAY);
    let told = |signature: &SignatureFacts| has(&world.verdict(signature.clone()), "time-stamp-not-valid");
    assert!(!told(&signature));
    let read = signature.timestamps[0].read.as_mut().unwrap();
    read.imprint.actual.as_mut().unwrap().value.0[0] ^= 1;
    assert!(told(&signature));
}

//! What a document time stamp covers, by name, and the levels that follow.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use hsign_cades::Options;
use hsign_core::facts::{Covered, EvidenceFacts, Level};
use hsign_core::{Digest, DigestAlgorithm, Octets, Source, read_all};
use hsign_pades::{Draft, read_facts};
use hsign_testkit::{Person, documents};
use support::{cms, facts, request, signed_and_stamped, stamp, stamped};

const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

fn evidence(certificates: &[&[u8]], crls: &[&[u8]]) -> EvidenceFacts {
    let octets = |pieces: &[&[u8]]| pieces.iter().map(|piece| Octets::from(*piece)).collect();
    EvidenceFacts { certificates: octets(certificates), crls: octets(crls), ocsp_responses: Vec::new() }
}

fn add_stamp(draft: &mut Draft<'_>) {
    let prepared = draft.prepare_document_timestamp(8_000).unwrap();
    let response = stamp(&prepared.content_digest(SHA256).unwrap());
    let update = prepared.embed(hsign_tsp::Token::parse(&response).unwrap().bytes()).unwrap();
    draft.append(&update);
}

fn piece(bytes: &[u8]) -> Covered {
    Covered::Evidence { digest: Digest::new(SHA256, &hsign_crypto::sha256(bytes)[..]) }
}

#[test]
fn each_stamp_covers_what_stands_before_it_and_nothing_else() {
    let document = signed_and_stamped(&documents::referral_letter().unwrap(), Person::Doctor);
    let mut draft = Draft::new(&document, &[SHA256]).unwrap();
    assert!(draft.add_evidence(&evidence(&[b"certificate"], &[b"list"])).unwrap());
    add_stamp(&mut draft);
    assert!(!draft.add_evidence(&evidence(&[b"certificate"], &[])).unwrap());
    assert!(draft.add_evidence(&evidence(&[], &[b"list", b"newer list"])).unwrap());
    let between = draft.facts().unwrap();
    assert_eq!(between.signatures[0].level, Level::BLta);
    add_stamp(&mut draft);

    let whole = read_all(&draft).unwrap();
    assert_eq!(draft.facts().unwrap(), read_facts(&whole).unwrap(), "hashing once finds the same");
    let facts = facts(&whole);
    let [first, second] = facts.timestamps.try_into().unwrap();
    for stamp in [&first, &second] {
        assert_eq!(stamp.findings, []);
        assert_eq!(stamp.read.as_ref().unwrap().imprint.holds(), Some(true));
    }
    let signature = &facts.signatures[0];
    let own = Covered::Timestamp { timestamp: signature.timestamps[0].id.clone() };
    let value = Covered::SignatureValue { signature: signature.id.clone() };
    for covered in [&own, &value, &piece(b"certificate"), &piece(b"list")] {
        assert!(first.covers.contains(covered) && second.covers.contains(covered), "{covered:?}");
    }
    let earlier = Covered::Timestamp { timestamp: first.id.clone() };
    for covered in [&earlier, &piece(b"newer list")] {
        assert!(!first.covers.contains(covered) && second.covers.contains(covered), "{covered:?}");
    }
}

#[test]
fn levels_follow_from_what_is_there() {
    let document = signed_and_stamped(&documents::referral_letter().unwrap(), Person::Doctor);
    let level = |source: &dyn Source| read_facts(source).unwrap().signatures[0].level;
    let mut draft = Draft::new(&document, &[SHA256]).unwrap();
    assert_eq!(level(&draft), Level::BT);
    draft.add_evidence(&evidence(&[b"certificate"], &[])).unwrap();
    assert_eq!(level(&draft), Level::BT, "certificates alone tell nothing about revocation");
    draft.add_evidence(&evidence(&[], &[b"list"])).unwrap();
    assert_eq!(level(&draft), Level::BLt);
    add_stamp(&mut draft);
    assert_eq!(level(&draft), Level::BLta);

    let stamped_first = stamped(&document);
    let mut draft = Draft::new(&stamped_first, &[]).unwrap();
    draft.add_evidence(&evidence(&[], &[b"list"])).unwrap();
    assert_eq!(level(&draft), Level::BLt, "the stamp is older than the list");
}

#[test]
fn one_document_time_stamp_serves_as_the_first_and_the_archive_stamp() {
    let document = documents::referral_letter().unwrap();
    let mut draft = Draft::new(&document, &[SHA256]).unwrap();
    let prepared = draft.prepare(&request(Person::Doctor)).unwrap();
    let update = prepared.embed(&cms(&prepared, Person::Doctor, SHA256, &Options::default())).unwrap();
    draft.append(&update);
    draft.add_evidence(&evidence(&[], &[b"list"])).unwrap();
    assert_eq!(draft.facts().unwrap().signatures[0].level, Level::BB);
    add_stamp(&mut draft);
    assert_eq!(draft.facts().unwrap().signatures[0].level, Level::BLta);
}

#[test]
fn a_stamps_id_is_its_own_whatever_fields_are_called() {
    let document = signed_and_stamped(&documents::referral_letter().unwrap(), Person::Doctor);
    let own = facts(&document).signatures[0].timestamps[0].id.clone();
    assert!(own.starts_with("Signature1/"));
    let request = hsign_pdf::SignatureRequest {
        field_name: Some(own.clone()),
        ..hsign_pdf::SignatureRequest::new(hsign_pdf::SubFilter::EtsiRfc3161, 8_000)
    };
    let update =
        hsign_pdf::prepare_signature(&hsign_pdf::Document::open(&document).unwrap(), &request).unwrap();
    let facts = facts(&[document.as_slice(), &update.appended].concat());
    assert_eq!(facts.timestamps[0].id, own);
    assert_ne!(facts.signatures[0].timestamps[0].id, own);
}

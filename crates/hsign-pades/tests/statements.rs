//! What the signer states beside the signature, and originals inside amended documents.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::ptr_arg,
    clippy::indexing_slicing
)]

mod support;

use hsign_cades::Options;
use hsign_core::facts::{AmendmentForm, Amends, Coverage, DocumentFacts, ScanMode, SignedMetadata};
use hsign_core::{Digest, DigestAlgorithm};
use hsign_pades::{Request, embed_original, original_name, prepare};
use hsign_testkit::{Person, documents};
use support::{codes, facts, intact, now, request, signed};

const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

fn signed_with(document: &Vec<u8>, text: &str) -> Vec<u8> {
    let request = Request { metadata: Some(text), ..request(Person::Pharmacist) };
    let prepared = prepare(document, &request).unwrap();
    let cms = support::cms(&prepared, Person::Pharmacist, SHA256, &Options::default());
    [document.clone(), prepared.embed(&cms).unwrap()].concat()
}

fn digest(bytes: &[u8]) -> Digest {
    hsign_crypto::digest(SHA256, bytes).unwrap()
}

fn amending(original: Digest) -> SignedMetadata {
    let mut said = SignedMetadata::default();
    said.amends =
        Some(Amends { form: AmendmentForm::Embedded, original, note: Some("用量の訂正".to_owned()) });
    said
}

/// `changed` with `original` inside, signed.
fn amended(changed: &Vec<u8>, original: &[u8]) -> Vec<u8> {
    let update = embed_original(changed, original, now()).unwrap();
    let whole = [changed.clone(), update].concat();
    signed_with(&whole, &amending(digest(original)).to_text())
}

#[test]
fn statements_lie_within_the_byte_range_and_are_read_back() {
    let mut said = SignedMetadata::default();
    said.created = Some("2026-11-20".parse().unwrap());
    said.scan_mode = Some(ScanMode::SameDay);
    said.late_reason = Some("時間外のため".to_owned());
    for (name, document) in documents::all().unwrap() {
        let result = signed_with(&document, &said.to_text());
        let [signature] = facts(&result).signatures.try_into().unwrap();
        let read = signature.metadata.unwrap();
        assert_eq!((read.created, read.scan_mode), (said.created, said.scan_mode), "{name}");
        assert_eq!(read.late_reason, said.late_reason);
        assert_eq!(signature.coverage, Coverage::WholeDocument);
        assert!(intact(signature.signed.as_ref()));
    }
    let ascii = {
        said.late_reason = None;
        said
    };
    let mut forged = signed_with(&documents::referral_letter().unwrap(), &ascii.to_text());
    let place = forged.windows(10).position(|window| window == b"2026-11-20").unwrap();
    forged[place + 9] = b'1';
    let [signature] = facts(&forged).signatures.try_into().unwrap();
    assert_eq!(signature.metadata.unwrap().created.unwrap().to_string(), "2026-11-21");
    assert!(!intact(signature.signed.as_ref()), "another date is another signature");
}

#[test]
fn statements_that_cannot_be_read_are_told() {
    let result = signed_with(&documents::referral_letter().unwrap(), "{\"schema\":\"hsign.metadata/9\"}");
    let [signature] = facts(&result).signatures.try_into().unwrap();
    assert_eq!(codes(&signature), ["signed-metadata-unreadable"]);
    assert!(signature.metadata.is_none());
}

#[test]
fn an_original_is_embedded_byte_for_byte_through_several_amendments() {
    let changed = documents::referral_letter().unwrap();
    let mut newest = signed(&documents::scanned_prescription().unwrap(), Person::Doctor);
    let first = newest.clone();
    for _ in 0..3 {
        newest = amended(&changed, &newest);
    }
    let facts = facts(&newest);
    let mut depth = 0;
    let mut current: &DocumentFacts = &facts;
    while let [original] = current.originals.as_slice() {
        assert_eq!(original.findings, []);
        assert_eq!(original.name.as_deref(), Some(original_name(&original.digest).as_str()));
        current = original.facts.as_ref().unwrap();
        assert!(intact(current.signatures[0].signed.as_ref()));
        depth += 1;
    }
    assert_eq!(depth, 3);
    assert_eq!(current.digests, [digest(&first)]);
}

#[test]
fn another_file_in_the_originals_place_is_not_the_original() {
    let changed = documents::referral_letter().unwrap();
    let original = signed(&documents::scanned_prescription().unwrap(), Person::Doctor);
    let other = signed(&changed, Person::Doctor);
    let whole = [changed.clone(), embed_original(&changed, &other, now()).unwrap()].concat();
    let result = signed_with(&whole, &amending(digest(&original)).to_text());
    let [found] = facts(&result).originals.try_into().unwrap();
    assert!(found.facts.is_none() && found.name.is_none());
    assert_eq!(found.findings[0].code, "amended-original-missing");
}

#[test]
fn amendments_without_end_are_cut_off() {
    let changed = documents::referral_letter().unwrap();
    let mut newest = signed(&changed, Person::Doctor);
    for _ in 0..18 {
        newest = amended(&changed, &newest);
    }
    let facts = facts(&newest);
    let mut current: &DocumentFacts = &facts;
    let mut depth = 0;
    while let Some(next) = current.originals.first().and_then(|original| original.facts.as_ref()) {
        current = next;
        depth += 1;
    }
    assert_eq!(depth, 16);
    assert_eq!(current.originals[0].findings[0].code, "amendments-too-many");
}

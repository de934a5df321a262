//! Forgeries made by ourselves: each is listed with the reason, none looks like a good signature.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use hsign_asn1::encode;
use hsign_cades::{Options, with_signature_timestamp};
use hsign_cms::{add_unsigned_attribute, attributes, build, oid};
use hsign_core::facts::{Coverage, ModificationVerdict, SignatureFacts};
use hsign_core::{Digest, DigestAlgorithm, Severity, SignatureAlgorithm};
use hsign_pades::{Prepared, prepare};
use hsign_testkit::{Person, documents};
use support::{PKI, codes, facts, intact, raw_signature, request, signed, signed_and_stamped, stamp};

const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

/// The letter with whatever CMS the closure makes for it.
fn letter_with(make: impl FnOnce(&Prepared<'_>) -> Vec<u8>) -> SignatureFacts {
    let document = documents::referral_letter().unwrap();
    let prepared = prepare(&document, &request(Person::Doctor)).unwrap();
    let result = [document.as_slice(), &prepared.embed(&make(&prepared)).unwrap()].concat();
    let [signature] = facts(&result).signatures.try_into().unwrap();
    signature
}

/// A CMS over any attributes, signed by the doctor.
fn cms_over(attributes: &[Vec<u8>], content: Option<&[u8]>) -> Vec<u8> {
    let set = encode::set_of_sorted(&attributes.iter().map(Vec::as_slice).collect::<Vec<_>>());
    build::signed_data(&build::Parts {
        content_type: oid::DATA,
        content,
        digest: SHA256,
        signature_algorithm: &SignatureAlgorithm::RsaPkcs1(SHA256),
        signer_certificate: PKI.person(Person::Doctor).certificate_der(),
        certificates: &[],
        signed_attributes: &set,
        signature: &raw_signature(Person::Doctor, SHA256, &set),
        unsigned_attributes: &[],
    })
    .unwrap()
}

fn attribute_set(digest: &Digest, certificate: &[u8]) -> Vec<Vec<u8>> {
    let certificate_digest = hsign_crypto::digest(SHA256, certificate).unwrap();
    vec![
        attributes::content_type(oid::DATA).unwrap(),
        attributes::message_digest(digest).unwrap(),
        attributes::signing_certificate_v2(certificate, &certificate_digest).unwrap(),
    ]
}

fn good(prepared: &Prepared<'_>) -> Vec<u8> {
    support::cms(prepared, Person::Doctor, SHA256, &Options::default())
}

fn doctor() -> &'static [u8] {
    PKI.person(Person::Doctor).certificate_der()
}

fn has_error(signature: &SignatureFacts, code: &str) -> bool {
    signature.findings.iter().any(|finding| finding.code == code && finding.severity == Severity::Error)
}

#[test]
fn a_good_letter_for_comparison() {
    let signature = letter_with(good);
    assert!(intact(signature.signed.as_ref()));
    assert_eq!(codes(&signature), [""; 0]);
}

#[test]
fn any_changed_byte_of_the_document_shows() {
    let document = documents::referral_letter().unwrap();
    let result = signed(&document, Person::Doctor);
    for at in [0_usize, 20, document.len() / 2, document.len() + 5, result.len() - 2] {
        let mut changed = result.clone();
        changed[at] ^= 1;
        let Ok(facts) = hsign_pades::read_facts(&changed) else { continue };
        assert!(facts.signatures.iter().all(|s| !intact(s.signed.as_ref())), "byte {at}");
    }
}

#[test]
fn a_second_signer_hidden_in_the_cms() {
    let signature = letter_with(|prepared| {
        let cms = good(prepared);
        let signed_data = hsign_cms::SignedData::parse(&cms).unwrap();
        let info = signed_data.signers()[0].bytes().to_vec();
        let digest = hsign_x509::digest_algorithm_to_der(SHA256);
        let data = encode::sequence(&[
            &encode::integer(1),
            &encode::tlv(0x31, &digest),
            &encode::sequence(&[&encode::oid(oid::DATA).unwrap()]),
            &encode::implicit_constructed(0, doctor()),
            &encode::tlv(0x31, &[info.clone(), info].concat()),
        ]);
        encode::sequence(&[&encode::oid(oid::SIGNED_DATA).unwrap(), &encode::explicit(0, &data)])
    });
    assert!(has_error(&signature, "pades-not-one-signer"));
}

#[test]
fn content_inside_the_cms_instead_of_the_document() {
    let inside = b"another letter";
    let digest = hsign_crypto::digest(SHA256, inside).unwrap();
    let signature = letter_with(|_| cms_over(&attribute_set(&digest, doctor()), Some(inside)));
    assert!(has_error(&signature, "pades-content-not-detached"));
}

#[test]
fn two_message_digests_one_of_which_fits() {
    let signature = letter_with(|prepared| {
        let digest = prepared.content_digest(SHA256).unwrap();
        let mut attributes = attribute_set(&digest, doctor());
        let other = hsign_crypto::digest(SHA256, b"another letter").unwrap();
        attributes.push(attributes::message_digest(&other).unwrap());
        cms_over(&attributes, None)
    });
    assert!(has_error(&signature, "cms-attribute-not-single"));
    assert!(!intact(signature.signed.as_ref()));
}

#[test]
fn the_signed_reference_names_another_certificate() {
    let nurse = PKI.person(Person::Nurse).certificate_der();
    let signature = letter_with(|prepared| {
        cms_over(&attribute_set(&prepared.content_digest(SHA256).unwrap(), nurse), None)
    });
    let object = signature.signed.as_ref().unwrap();
    let reference = &object.certificate_references[0];
    assert_eq!(reference.digest, hsign_crypto::digest(SHA256, nurse).unwrap());
    assert!(!support::holds(object, nurse) && !intact(Some(object)));
}

#[test]
fn no_reference_to_the_certificate_at_all() {
    let signature = letter_with(|prepared| {
        cms_over(&attribute_set(&prepared.content_digest(SHA256).unwrap(), doctor())[..2], None)
    });
    assert!(has_error(&signature, "signing-certificate-missing"));
}

#[test]
fn a_claimed_time_inside_the_cms_too() {
    let signature = letter_with(|prepared| {
        let options = Options { signing_time: Some(support::now()), ..Options::default() };
        support::cms(prepared, Person::Doctor, SHA256, &options)
    });
    assert_eq!(codes(&signature), ["pades-signing-time-attribute"]);
}

#[test]
fn bytes_behind_the_cms() {
    let zeros = letter_with(|prepared| [good(prepared), vec![0; 50]].concat());
    assert_eq!(codes(&zeros), [""; 0]);
    let hidden = letter_with(|prepared| [good(prepared), vec![0, 0, 7]].concat());
    assert!(has_error(&hidden, "pades-contents-trailing-bytes"));
}

#[test]
fn a_stamp_over_another_signature() {
    let signature = letter_with(|prepared| {
        let other = hsign_crypto::digest(SHA256, b"another signature's value").unwrap();
        with_signature_timestamp(&good(prepared), &stamp(&other)).unwrap()
    });
    assert_eq!(signature.timestamps[0].read.as_ref().unwrap().imprint.holds(), Some(false));
    assert!(intact(signature.signed.as_ref()), "the signature itself is good");
}

#[test]
fn a_stamp_that_is_none_and_a_stamp_of_a_kind_not_judged() {
    let signature = letter_with(|prepared| {
        let broken = attributes::attribute(hsign_tsp::SIGNATURE_TIMESTAMP, &encode::sequence(&[])).unwrap();
        let cms = add_unsigned_attribute(&good(prepared), 0, &broken).unwrap();
        let archive = attributes::attribute("0.4.0.1733.2.4", &encode::sequence(&[])).unwrap();
        add_unsigned_attribute(&cms, 0, &archive).unwrap()
    });
    let [broken, archive] = signature.timestamps.try_into().unwrap();
    assert!(broken.read.is_none());
    assert_eq!(broken.findings[0].code, "timestamp-unreadable");
    assert_eq!(archive.findings.last().unwrap().code, "timestamp-not-judged");
    assert!(archive.covers.is_empty());
}

#[test]
fn nothing_but_zeros_in_contents() {
    let signature = letter_with(|_| Vec::new());
    assert!(signature.signed.is_none());
    assert!(has_error(&signature, "cms-unreadable"), "{:?}", codes(&signature));
}

#[test]
fn a_page_appended_after_signing() {
    let result = signed_and_stamped(&documents::referral_letter().unwrap(), Person::Doctor);
    let at = |needle: &[u8]| result.windows(needle.len()).rposition(|window| window == needle).unwrap();
    let previous = String::from_utf8(result[at(b"startxref")..].to_vec()).unwrap();
    let previous: u64 = previous.lines().nth(1).unwrap().trim().parse().unwrap();
    let offset = result.len();
    let object = "1 0 obj\n<< /Type /Catalog /Pages 99 0 R >>\nendobj\n";
    let update = format!(
        "{object}xref\n1 1\n{offset:010} 00000 n \ntrailer\n<< /Size 100 /Root 1 0 R /Prev {previous} >>\nstartxref\n{}\n%%EOF\n",
        offset + object.len()
    );
    let forged = [result.as_slice(), update.as_bytes()].concat();
    let facts = facts(&forged);
    let [signature] = facts.signatures.try_into().unwrap();
    assert!(intact(signature.signed.as_ref()), "the signed revision is as it was");
    assert_eq!(signature.coverage, Coverage::WholeRevision);
    assert_eq!(signature.modifications.as_ref().unwrap().verdict(), ModificationVerdict::Suspicious);
}

#[test]
fn bytes_behind_the_last_revision() {
    let result = signed(&documents::referral_letter().unwrap(), Person::Doctor);
    let forged = [result.as_slice(), b"\nanything"].concat();
    let [signature] = facts(&forged).signatures.try_into().unwrap();
    assert_ne!(signature.coverage, Coverage::WholeDocument);
    assert_ne!(signature.modifications.as_ref().unwrap().verdict(), ModificationVerdict::None);
}

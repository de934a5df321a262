//! Signatures we make: read back, and judged by OpenSSL.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use hsign_cades::{
    Options, Profile, Signed, SignerFacts, assemble, signature_facts, with_signature_timestamp,
};
use hsign_core::facts::{Covered, Level, TimestampKind};
use hsign_core::{ClaimedSigningTime, DigestAlgorithm, Severity, SignatureAlgorithm, Time};
use hsign_testkit::{Fault, Person};
use support::{CONTENT, PKI, signed, stamp, stamp_on, verifies};

const PEOPLE: [Person; 4] = [Person::Doctor, Person::DoctorRsa3072, Person::DoctorP256, Person::DoctorP384];

fn facts(cms: &[u8]) -> SignerFacts {
    let facts = signature_facts(cms, "Signature1", Profile::Cades, &mut |algorithm| {
        hsign_crypto::digest(algorithm, CONTENT).ok()
    })
    .unwrap();
    assert_eq!(facts.encoded_length, cms.len());
    let [signer] = facts.signers.try_into().unwrap();
    signer
}

fn codes(facts: &SignerFacts) -> Vec<&str> {
    facts.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// What `openssl cms -verify -cades` says at the time of the test PKI, with its root.
fn accepted_by_openssl(cms: &[u8]) -> Option<bool> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("content", CONTENT);
    write("cms", cms);
    write("chain", PKI.person(Person::Doctor).chain_pem().as_bytes());
    let verify = format!(
        "cms -verify -cades -binary -purpose any -attime {} -CAfile chain -inform DER -in cms -content content -out out",
        support::NOW
    );
    let mut command = std::process::Command::new("openssl");
    let Ok(output) = command.args(verify.split(' ')).current_dir(folder.path()).output() else {
        assert!(std::env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"), "openssl is required");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || said.contains("erif"), "{said}");
    Some(output.status.success())
}

#[test]
fn b_b_is_read_back_and_accepted_by_openssl() {
    for person in PEOPLE {
        for digest in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
            let cms = signed(person, digest, &Options::default());
            assert_ne!(accepted_by_openssl(&cms), Some(false), "{person:?} {digest}");
            let facts = facts(&cms);
            assert_eq!((facts.level, codes(&facts)), (Level::BB, vec![]));
            let object = facts.signed.unwrap();
            assert_eq!(object.references[0].holds(), Some(true));
            assert!(verifies(&object, person));
            assert_eq!(object.certificate_references.len(), 1);
            let chain = PKI.person(person).chain_der();
            assert!(chain.iter().all(|der| object.evidence.certificates.iter().any(|c| c.as_slice() == der)));
        }
    }
}

#[test]
fn openssl_refuses_a_changed_one_so_the_check_above_counts() {
    let mut cms = signed(Person::Doctor, DigestAlgorithm::Sha256, &Options::default());
    let last = cms.len() - 1;
    cms[last] ^= 1;
    assert_ne!(accepted_by_openssl(&cms), Some(true));
    assert!(!verifies(&facts(&cms).signed.unwrap(), Person::Doctor));
}

#[test]
fn signing_time_only_where_asked_for() {
    let cms = signed(Person::Doctor, DigestAlgorithm::Sha256, &Options::default());
    assert_eq!(facts(&cms).claimed_signing_time, None);
    let time = Time::from_unix_seconds(support::NOW).unwrap();
    let options = Options { signing_time: Some(time), ..Options::default() };
    let cms = signed(Person::Doctor, DigestAlgorithm::Sha256, &options);
    assert_eq!(facts(&cms).claimed_signing_time, Some(ClaimedSigningTime(time)));
    assert_ne!(accepted_by_openssl(&cms), Some(false));
}

#[test]
fn b_t_holds_the_token_and_nothing_else_changed() {
    let cms = signed(Person::DoctorP256, DigestAlgorithm::Sha256, &Options::default());
    let before = facts(&cms);
    let stamped = with_signature_timestamp(&cms, &stamp_on(&cms)).unwrap();
    assert_ne!(accepted_by_openssl(&stamped), Some(false));
    let after = facts(&stamped);
    assert_eq!((after.level, codes(&after)), (Level::BT, vec![]));
    assert_eq!(after.signed, before.signed);
    let [timestamp] = after.timestamps.try_into().unwrap();
    assert_eq!(timestamp.id, "Signature1/signature-time-stamp-1");
    assert_eq!(timestamp.kind, TimestampKind::Signature);
    assert_eq!(timestamp.covers, [Covered::SignatureValue { signature: "Signature1".to_owned() }]);
    assert_eq!(timestamp.findings, []);
    let read = timestamp.read.unwrap();
    assert_eq!(read.imprint.holds(), Some(true));
    assert_eq!(read.signed.references[0].holds(), Some(true));
}

#[test]
fn a_token_in_ber_is_embedded_as_it_arrived() {
    let cms = signed(Person::Doctor, DigestAlgorithm::Sha256, &Options::default());
    let value = hsign_cades::signature_value(&cms).unwrap();
    let faults = [Fault::BerToken, Fault::FractionalSeconds("5".into()), Fault::AttributeCertificate];
    let response = support::stamp_with(&value, &faults);
    let stamped = with_signature_timestamp(&cms, &response).unwrap();
    assert_ne!(accepted_by_openssl(&stamped), Some(false));
    let facts = facts(&stamped);
    let token = facts.timestamps[0].token.as_slice();
    assert!(response.windows(token.len()).any(|window| window == token));
    assert!(token.starts_with(&[0x30, 0x80]));
    let read = facts.timestamps[0].read.as_ref().unwrap();
    assert_eq!((read.imprint.holds(), read.signed.references[0].holds()), (Some(true), Some(true)));
}

#[test]
fn a_token_over_another_signature_does_not_hold() {
    let cms = signed(Person::Doctor, DigestAlgorithm::Sha256, &Options::default());
    let other = signed(Person::Dentist, DigestAlgorithm::Sha256, &Options::default());
    let stamped = with_signature_timestamp(&cms, &stamp_on(&other)).unwrap();
    assert_eq!(facts(&stamped).timestamps[0].read.as_ref().unwrap().imprint.holds(), Some(false));
}

#[test]
fn content_and_signature_are_hashed_alike_or_not_at_all() {
    let to_be_signed = support::to_be_signed(Person::Doctor, DigestAlgorithm::Sha256, &Options::default());
    let result = assemble(&Signed {
        to_be_signed: &to_be_signed,
        algorithm: &SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512),
        value: b"value",
        signer_certificate: PKI.person(Person::Doctor).certificate_der(),
        certificates: &[],
        content: None,
    });
    assert!(matches!(result, Err(hsign_cades::Error::DigestMismatch { .. })));
}

#[test]
fn enveloping_content_is_hashed_from_inside() {
    let to_be_signed = support::to_be_signed(Person::Doctor, DigestAlgorithm::Sha256, &Options::default());
    let value = support::sign(Person::Doctor, DigestAlgorithm::Sha256, &to_be_signed.signed_attributes);
    let cms = assemble(&Signed {
        to_be_signed: &to_be_signed,
        algorithm: &SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256),
        value: &value,
        signer_certificate: PKI.person(Person::Doctor).certificate_der(),
        certificates: &[],
        content: Some(CONTENT),
    })
    .unwrap();
    let facts = signature_facts(&cms, "x", Profile::Cades, &mut |_| panic!("not asked")).unwrap();
    assert_eq!(facts.attached_content.as_deref(), Some(CONTENT));
    assert_eq!(facts.signers[0].signed.as_ref().unwrap().references[0].holds(), Some(true));
}

#[test]
fn a_response_that_refuses_is_not_added() {
    let cms = signed(Person::Doctor, DigestAlgorithm::Sha256, &Options::default());
    let refusal = [0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02];
    assert!(with_signature_timestamp(&cms, &refusal).is_err());
    assert!(with_signature_timestamp(b"nothing", &stamp(b"x")).is_err());
}

/// Sound CMS whose signed attributes say nothing of the signer's certificate.
fn plain_cms() -> Vec<u8> {
    let digest = hsign_crypto::digest(DigestAlgorithm::Sha256, CONTENT).unwrap();
    let set = [
        hsign_cms::attributes::content_type(hsign_cms::oid::DATA).unwrap(),
        hsign_cms::attributes::message_digest(&digest).unwrap(),
    ];
    let set = hsign_asn1::encode::set_of_sorted(&[&set[0], &set[1]]);
    hsign_cms::build::signed_data(&hsign_cms::build::Parts {
        content_type: hsign_cms::oid::DATA,
        content: None,
        digest: DigestAlgorithm::Sha256,
        signature_algorithm: &SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256),
        signer_certificate: PKI.person(Person::Doctor).certificate_der(),
        certificates: &[],
        signed_attributes: &set,
        signature: &support::sign(Person::Doctor, DigestAlgorithm::Sha256, &set),
        unsigned_attributes: &[],
    })
    .unwrap()
}

#[test]
fn severity_of_a_missing_certificate_reference_is_the_profile_s() {
    let cms = plain_cms();
    for (profile, severity) in [(Profile::Cades, Severity::Error), (Profile::Cms, Severity::Warning)] {
        let facts = signature_facts(&cms, "x", profile, &mut |_| None).unwrap();
        let signer = &facts.signers[0];
        assert_eq!(signer.level, Level::Other);
        assert_eq!(signer.findings.len(), 1);
        assert_eq!(
            (signer.findings[0].code.as_str(), signer.findings[0].severity),
            ("signing-certificate-missing", severity)
        );
    }
}

/// Nothing in a file says whether it was meant as CAdES: the form is sound, the policy decides what the gap means.
#[test]
fn plain_cms_in_a_file_of_its_own_is_no_malformed_cades() {
    let facts = hsign_cades::read_facts(&plain_cms(), Some(&CONTENT.to_vec())).unwrap();
    let signature = &facts.signatures[0];
    assert_eq!(signature.level, Level::Other);
    assert_eq!(signature.signed.as_ref().unwrap().references[0].holds(), Some(true));
    let told: Vec<_> = signature.findings.iter().map(|one| (one.code.as_str(), one.severity)).collect();
    assert_eq!(told, [("signing-certificate-missing", Severity::Warning)]);
}

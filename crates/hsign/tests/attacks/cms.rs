//! Tricks with the CMS around a signature.

use hsign_asn1::encode;
use hsign_cms::{attributes, build, oid as cms_oid};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use hsign_testkit::{Ca, Person, Unit};
use hsign_validation::Integrity;

use crate::world::*;

/// A stamped letter by the doctor whose attributes were changed before signing.
fn with_attributes(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let doctor = person(Person::Doctor);
    signed_with(&letter(), |prepared| {
        let mut attributes = attributes_of(&prepared.content_digest(SHA256).unwrap(), &doctor.certificate);
        change(&mut attributes);
        stamp(&cms(&doctor, &attributes), &unit(Unit::Tsa), NOW)
    })
}

/// The same for older readers' sub-filter.
fn adobe_with_attributes(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let doctor = person(Person::Doctor);
    crate::pdf::adobe_signed(&letter(), |content| {
        let mut attributes = attributes_of(content, &doctor.certificate);
        change(&mut attributes);
        stamp(&cms(&doctor, &attributes), &unit(Unit::Tsa), NOW)
    })
}

fn assert_never_passed(document: &Vec<u8>) {
    for policy in ["hpki", "etsi", "eprescription"] {
        assert_ne!(World::new().policy(policy).says(document), "TOTAL-PASSED", "{policy}");
    }
}

#[test]
fn two_message_digests_whatever_their_values() {
    let other = attributes::message_digest(&digest(b"another letter")).unwrap();
    assert_never_passed(&with_attributes(|attributes| attributes.push(other.clone())));
    assert_never_passed(&with_attributes(|attributes| attributes.insert(1, other.clone())));
    assert_never_passed(&with_attributes(|attributes| attributes.push(attributes[1].clone())));
    assert_never_passed(&adobe_with_attributes(|attributes| attributes.push(attributes[1].clone())));
}

#[test]
fn a_content_type_that_the_signer_did_not_sign() {
    let receipt = attributes::content_type(hsign_tsp::TST_INFO).unwrap();
    assert_never_passed(&with_attributes(|attributes| attributes[0] = receipt.clone()));
    assert_never_passed(&with_attributes(|attributes| {
        attributes.remove(0);
    }));
}

#[test]
fn no_signed_attributes_where_the_content_is_a_set_of_attributes() {
    // The signature over the attributes of a good letter is shown as one over a content made of them.
    let doctor = person(Person::Doctor);
    let forged = signed_with(&letter(), |prepared| {
        let signed = set(&attributes_of(&prepared.content_digest(SHA256).unwrap(), &doctor.certificate));
        let value = raw(&doctor.key, &signed);
        let certificate = hsign_x509::Certificate::from_der(&doctor.certificate).unwrap();
        let algorithm = hsign_x509::digest_algorithm_to_der(SHA256);
        let identifier = encode::sequence(&[
            certificate.issuer().der(),
            &encode::integer_from_contents(certificate.serial()),
        ]);
        let signer = encode::sequence(&[
            &encode::integer(1),
            &identifier,
            &algorithm,
            &hsign_x509::signature_algorithm_to_der(&doctor.algorithm()).unwrap(),
            &encode::octet_string(&value),
        ]);
        let data = encode::sequence(&[
            &encode::integer(1),
            &encode::tlv(0x31, &algorithm),
            &encode::sequence(&[
                &encode::oid(cms_oid::DATA).unwrap(),
                &encode::explicit(0, &encode::octet_string(&signed)),
            ]),
            &encode::implicit_constructed(0, &doctor.certificate),
            &encode::tlv(0x31, &signer),
        ]);
        encode::sequence(&[&encode::oid(cms_oid::SIGNED_DATA).unwrap(), &encode::explicit(0, &data)])
    });
    assert_never_passed(&forged);
    assert_ne!(World::new().verdict(&forged).integrity(), Integrity::Valid);
}

#[test]
fn no_signed_attributes_beside_a_content_that_is_a_set_of_attributes() {
    let doctor = person(Person::Doctor);
    let signed = set(&attributes_of(&digest(b"another document"), &doctor.certificate));
    let facts = |content: Vec<u8>| {
        let cms = without_attributes(&doctor, &raw(&doctor.key, &content));
        hsign::read_facts(&cms, &[hsign::Content { name: "content", source: &content }]).unwrap()
    };
    let forged = facts(signed);
    assert!(forged.signatures[0].signed.is_none());
    assert!(forged.findings.iter().any(|finding| finding.code == "content-is-set-of-attributes"));
    let honest = facts(b"a note".to_vec());
    assert!(honest.signatures[0].signed.is_some());
    assert!(honest.findings.is_empty());
}

/// A detached CMS over content itself.
fn without_attributes(signer: &Someone, value: &[u8]) -> Vec<u8> {
    let certificate = hsign_x509::Certificate::from_der(&signer.certificate).unwrap();
    let algorithm = hsign_x509::digest_algorithm_to_der(SHA256);
    let identifier =
        encode::sequence(&[certificate.issuer().der(), &encode::integer_from_contents(certificate.serial())]);
    let info = encode::sequence(&[
        &encode::integer(1),
        &identifier,
        &algorithm,
        &hsign_x509::signature_algorithm_to_der(&signer.algorithm()).unwrap(),
        &encode::octet_string(value),
    ]);
    let data = encode::sequence(&[
        &encode::integer(1),
        &encode::tlv(0x31, &algorithm),
        &encode::sequence(&[&encode::oid(cms_oid::DATA).unwrap()]),
        &encode::implicit_constructed(0, &signer.certificate),
        &encode::tlv(0x31, &info),
    ]);
    encode::sequence(&[&encode::oid(cms_oid::SIGNED_DATA).unwrap(), &encode::explicit(0, &data)])
}

#[test]
fn a_reference_to_another_certificate() {
    let dentist = person(Person::Dentist).certificate;
    let document = with_attributes(|attributes| {
        attributes[2] = attributes::signing_certificate_v2(&dentist, &digest(&dentist)).unwrap();
    });
    assert_never_passed(&document);
    assert_ne!(status(&World::new().verdict(&document)), "Qualified");
}

#[test]
fn two_references_that_contradict_each_other() {
    let doctor = person(Person::Doctor).certificate;
    let dentist = person(Person::Dentist).certificate;
    let version_1 = |certificate: &[u8]| {
        let hash = hsign_crypto::digest(DigestAlgorithm::Sha1, certificate).unwrap();
        let id = encode::sequence(&[&encode::octet_string(hash.value.as_slice())]);
        let value = encode::sequence(&[&encode::sequence(&[&id])]);
        attributes::attribute(cms_oid::SIGNING_CERTIFICATE, &value).unwrap()
    };
    assert_never_passed(&with_attributes(|attributes| attributes.push(version_1(&dentist))));
    assert_never_passed(&adobe_with_attributes(|attributes| attributes.push(version_1(&dentist))));
    let agreeing = with_attributes(|attributes| attributes.push(version_1(&doctor)));
    assert_eq!(World::new().says(&agreeing), "TOTAL-PASSED");
}

#[test]
fn a_certificate_for_the_same_key_with_another_role_is_not_the_signers() {
    // The dentist's key certified once more, by the real CA, as a doctor: the signed reference tells them apart.
    let dentist = person(Person::Dentist);
    let doctor = Forge::like(&dentist.certificate)
        .roles_of(&person(Person::Doctor).certificate)
        .sign(&key_of(Ca::HpkiSignature));
    for serial in [900_001, Person::Dentist.serial()] {
        let twin = Forge::like(&dentist.certificate).roles_of(&person(Person::Doctor).certificate);
        let twin = Forge { serial, ..twin }.sign(&key_of(Ca::HpkiSignature));
        let document = signed_with(&letter(), |prepared| {
            let attributes = attributes_of(&prepared.content_digest(SHA256).unwrap(), &dentist.certificate);
            let forged = cms(&dentist.certified_as(twin), &attributes);
            stamp(&forged, &unit(Unit::Tsa), NOW)
        });
        let verdict = World::new().verdict(&document);
        assert_ne!(verdict.indication().name(), "TOTAL-PASSED");
        assert_ne!(status(&verdict), "Qualified");
    }
    // Signed with the certificate that says so it is fine.
    let document = stamped(&letter(), &dentist.certified_as(doctor), NOW);
    assert_eq!(World::new().says(&document), "TOTAL-PASSED");
}

#[test]
fn a_qualification_is_nobodys_whose_signature_does_not_verify() {
    // Anybody can put the doctor's certificate beside a value of his own.
    let doctor = person(Person::Doctor);
    let thief = Someone { key: person(Person::Dentist).key, ..doctor };
    let document = stamped(&letter(), &thief, NOW);
    let verdict = World::new().verdict(&document);
    assert_eq!(verdict.indication().name(), "TOTAL-FAILED");
    assert_eq!(verdict.integrity(), Integrity::Invalid);
    assert_eq!(status(&verdict), "Undetermined");
    // Nor whose document was changed: here a letter of a text that is shown.
    let mut changed = stamped(&letter(), &person(Person::Doctor), NOW);
    let place = changed.windows(6).position(|window| window == b"stream").unwrap() + 20;
    changed[place] ^= 1;
    assert_eq!(status(&World::new().verdict(&changed)), "Undetermined");
}

#[test]
fn a_key_identifier_that_two_certificates_share_is_settled_by_the_signed_reference() {
    let dentist = person(Person::Dentist);
    let twin = Forge::like(&dentist.certificate)
        .roles_of(&person(Person::Doctor).certificate)
        .sign(&key_of(Ca::HpkiSignature));
    let identifier = hsign_x509::Certificate::from_der(&dentist.certificate).unwrap();
    let identifier = identifier.subject_key_identifier().unwrap().unwrap().to_vec();
    let make = |content: &hsign_core::Digest, attributes_count: usize| {
        let signed = set(&attributes_of(content, &dentist.certificate)[..attributes_count]);
        let algorithm = hsign_x509::digest_algorithm_to_der(SHA256);
        let mut inner = signed.clone();
        inner[0] = 0xA0;
        let signer = encode::sequence(&[
            &encode::integer(3),
            &encode::implicit_primitive(0, &identifier),
            &algorithm,
            &inner,
            &hsign_x509::signature_algorithm_to_der(&dentist.algorithm()).unwrap(),
            &encode::octet_string(&raw(&dentist.key, &signed)),
        ]);
        let certificates = [twin.clone(), dentist.certificate.clone(), dentist.chain.concat()].concat();
        let data = encode::sequence(&[
            &encode::integer(3),
            &encode::tlv(0x31, &algorithm),
            &encode::sequence(&[&encode::oid(cms_oid::DATA).unwrap()]),
            &encode::implicit_constructed(0, &certificates),
            &encode::tlv(0x31, &signer),
        ]);
        encode::sequence(&[&encode::oid(cms_oid::SIGNED_DATA).unwrap(), &encode::explicit(0, &data)])
    };
    let document = signed_with(&letter(), |prepared| {
        stamp(&make(&prepared.content_digest(SHA256).unwrap(), 3), &unit(Unit::Tsa), NOW)
    });
    let verdict = World::new().verdict(&document);
    assert_eq!(verdict.indication().name(), "TOTAL-PASSED", "{:?}", codes(&verdict));
    assert_eq!(verdict.qualification().unwrap().roles[0].text, "Dentist");
    // Without the reference nobody can tell which of the two was meant.
    let document =
        crate::pdf::adobe_signed(&letter(), |content| stamp(&make(content, 2), &unit(Unit::Tsa), NOW));
    let verdict = World::new().verdict(&document);
    assert_ne!(verdict.indication().name(), "TOTAL-PASSED");
    assert_ne!(status(&verdict), "Qualified", "any certificate for the key would have done");
}

#[test]
fn a_digest_algorithm_other_than_the_signatures_is_told() {
    let doctor = person(Person::Doctor);
    let document = signed_with(&letter(), |prepared| {
        let content = prepared.content_digest(DigestAlgorithm::Sha512).unwrap();
        let signed = set(&attributes_of(&content, &doctor.certificate));
        build::signed_data(&build::Parts {
            content_type: cms_oid::DATA,
            content: None,
            digest: DigestAlgorithm::Sha512,
            signature_algorithm: &SignatureAlgorithm::RsaPkcs1(SHA256),
            signer_certificate: &doctor.certificate,
            certificates: &doctor.chain,
            signed_attributes: &signed,
            signature: &raw(&doctor.key, &signed),
            unsigned_attributes: &[],
        })
        .unwrap()
    });
    assert!(codes(&World::new().verdict(&document)).contains(&"cms-digest-algorithm-mismatch"));
}

#[test]
fn a_weak_digest_of_the_content_is_not_enough() {
    let doctor = person(Person::Doctor);
    let document = signed_with(&letter(), |prepared| {
        let content = prepared.content_digest(DigestAlgorithm::Sha1).unwrap();
        let signed = set(&attributes_of(&content, &doctor.certificate));
        let cms = build::signed_data(&build::Parts {
            content_type: cms_oid::DATA,
            content: None,
            digest: DigestAlgorithm::Sha1,
            signature_algorithm: &SignatureAlgorithm::RsaPkcs1(SHA256),
            signer_certificate: &doctor.certificate,
            certificates: &doctor.chain,
            signed_attributes: &signed,
            signature: &raw(&doctor.key, &signed),
            unsigned_attributes: &[],
        });
        stamp(&cms.unwrap(), &unit(Unit::Tsa), NOW)
    });
    assert_never_passed(&document);
}

#[test]
fn a_token_is_no_signature_and_a_signature_over_other_data_is_none_over_the_letter() {
    let token_as_signature = signed_with(&letter(), |prepared| {
        token(&unit(Unit::Tsa), prepared.content_digest(SHA256).unwrap().value.as_slice(), NOW)
    });
    assert_never_passed(&token_as_signature);
    let doctor = person(Person::Doctor);
    let other = signed_with(&letter(), |_| {
        stamp(&cms(&doctor, &attributes_of(&digest(b"other"), &doctor.certificate)), &unit(Unit::Tsa), NOW)
    });
    assert_eq!(World::new().says(&other), "TOTAL-FAILED/HASH_FAILURE");
    assert_ne!(status(&World::new().verdict(&other)), "Qualified");
}

#[test]
fn indefinite_bombs_and_nesting_end_quickly() {
    for bomb in [[0x30, 0x80].repeat(6_000), [0x24, 0x80].repeat(6_000), vec![0x30, 0x84, 0x40, 0, 0, 0]] {
        let document = signed_with(&letter(), |_| bomb);
        assert_never_passed(&document);
    }
}

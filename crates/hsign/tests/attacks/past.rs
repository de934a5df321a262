//! What time stamps over evidence prove years later, and what they must not hide.

use hsign::Policy;
use hsign_cms::{attributes, build, oid as cms_oid};
use hsign_core::facts::EvidenceFacts;
use hsign_core::{Digest, SignatureAlgorithm};
use hsign_pades::Draft;
use hsign_testkit::{Ca, CrlName, DAY, Person, Unit};
use hsign_validation::Integrity;

use crate::pdf::document_stamped;
use crate::revocation::serial;
use crate::world::*;

/// The lists of everybody as they stood at `at`.
fn lists(at: i64) -> Vec<Vec<u8>> {
    [CrlName::Signature, CrlName::Sarl, CrlName::Tsa, CrlName::TsaRoot]
        .map(|list| PKI.crl(list, at).unwrap())
        .into()
}

/// The document with these lists in its security store.
fn with_store(document: &Vec<u8>, crls: &[Vec<u8>]) -> Vec<u8> {
    let mut draft = Draft::new(document, &[]).unwrap();
    let evidence = EvidenceFacts {
        crls: crls.iter().map(|crl| crl.clone().into()).collect(),
        ..EvidenceFacts::default()
    };
    assert!(draft.add_evidence(&evidence).unwrap());
    let update = draft.into_update();
    [document.as_slice(), &update].concat()
}

/// Level B-LTA, everything of the same minute.
fn archived(at: i64) -> Vec<u8> {
    let document = stamped(&letter(), &person(Person::Doctor), at);
    document_stamped(&with_store(&document, &lists(at)), at + 60, |bytes| bytes)
}

/// A month later: new lists about the time-stamp authority, nothing else.
fn a_month_later() -> World {
    let mut world = World::new().without_evidence();
    world.now = NOW + 30 * DAY;
    world.lists(&[CrlName::Tsa, CrlName::TsaRoot], world.now);
    world
}

#[test]
fn what_was_sealed_in_time_passes_a_month_later_without_new_lists_on_the_signer() {
    assert_eq!(a_month_later().says(&archived(NOW - 120)), "TOTAL-PASSED");
}

#[test]
fn a_revocation_learned_later_counts_although_the_list_on_the_ca_has_become_stale() {
    let (ca, key) = (certificate_of(Ca::HpkiSignature), key_of(Ca::HpkiSignature));
    let doctor = serial(&person(Person::Doctor).certificate);
    let document = archived(NOW - 120);
    for policy in ["hpki", "etsi"] {
        for (revoked, says) in [
            (NOW - 3_600, "INDETERMINATE/REVOKED_NO_POE"),
            (NOW - 120, "INDETERMINATE/REVOKED_NO_POE"),
            (NOW, "TOTAL-PASSED"),
        ] {
            let mut world = a_month_later().policy(policy);
            world.give(&crl(&ca, &key, NOW + 29 * DAY, NOW + 31 * DAY, &[(doctor, revoked)]));
            assert_eq!(world.says(&document), says, "{policy} {}", revoked - NOW);
        }
    }
}

#[test]
fn a_time_stamp_authority_revoked_before_the_stamp_proves_nothing_although_other_lists_are_stale() {
    let tsa = serial(&unit(Unit::Tsa).certificate);
    let document = archived(NOW - 120);
    let mut world = World::new().without_evidence();
    world.now = NOW + 30 * DAY;
    // The list on the authority's CA is the sealed one, long stale.
    world.give(&crl(
        &certificate_of(Ca::Tsa),
        &key_of(Ca::Tsa),
        NOW + 29 * DAY,
        NOW + 31 * DAY,
        &[(tsa, NOW - 3_600)],
    ));
    let verdict = world.verdict(&document);
    assert_eq!(verdict.best_signature_time().unwrap().0, time(world.now));
    assert_ne!(verdict.indication().name(), "TOTAL-PASSED");
}

/// A CMS whose value is nonsense, under an algorithm that doesn't fit the signer's key.
fn under_another_algorithm(
    who: &Someone,
    content_type: &str,
    content: Option<&[u8]>,
    covered: &Digest,
) -> Vec<u8> {
    let signed = set(&[
        attributes::content_type(content_type).unwrap(),
        attributes::message_digest(covered).unwrap(),
        attributes::signing_certificate_v2(&who.certificate, &digest(&who.certificate)).unwrap(),
    ]);
    let other = match who.algorithm() {
        SignatureAlgorithm::Ecdsa(_) => SignatureAlgorithm::RsaPkcs1(SHA256),
        _ => SignatureAlgorithm::Ecdsa(SHA256),
    };
    build::signed_data(&build::Parts {
        content_type,
        content,
        digest: SHA256,
        signature_algorithm: &other,
        signer_certificate: &who.certificate,
        certificates: &who.chain,
        signed_attributes: &signed,
        signature: b"anything",
        unsigned_attributes: &[],
    })
    .unwrap()
}

#[test]
fn a_value_that_nobody_checked_is_no_signature_whatever_its_algorithm() {
    let document = signed_with(&letter(), |prepared| {
        let content = prepared.content_digest(SHA256).unwrap();
        let cms = under_another_algorithm(&person(Person::Doctor), cms_oid::DATA, None, &content);
        stamp(&cms, &unit(Unit::Tsa), NOW - 60)
    });
    for policy in ["hpki", "etsi"] {
        let verdict = World::new().policy(policy).verdict(&document);
        assert_ne!(verdict.indication().name(), "TOTAL-PASSED", "{policy}");
        assert_ne!(verdict.integrity(), Integrity::Valid, "{policy}");
    }
}

#[test]
fn a_token_that_nobody_checked_proves_nothing_whatever_its_algorithm() {
    let tsa = unit(Unit::Tsa);
    let document = signed_with(&letter(), |prepared| {
        let cms = baseline(prepared, &person(Person::Doctor));
        let info = token_info(&hsign_cades::signature_value(&cms).unwrap(), NOW - 20 * DAY);
        let token = under_another_algorithm(&tsa, hsign_tsp::TST_INFO, Some(&info), &digest(&info));
        hsign_cades::with_signature_timestamp(&cms, &token).unwrap()
    });
    for policy in ["hpki", "etsi"] {
        let verdict = World::new().policy(policy).verdict(&document);
        assert_eq!(verdict.best_signature_time().unwrap().0, time(NOW), "{policy}");
    }
}

#[test]
fn in_the_chain_model_a_revocation_counts_for_its_owner_and_for_what_is_issued_later() {
    const CESSATION: Option<u8> = Some(5);
    let chain = Policy::preset_text("etsi").unwrap().replace("= \"shell\"", "= \"chain\"");
    let document = stamped(&letter(), &person(Person::Doctor), NOW - 60);
    let says = |list: Vec<u8>| {
        let mut world = World::new();
        world.settings.policy = Policy::parse(&chain).unwrap();
        world.give(&list);
        world.says(&document)
    };
    let doctor = serial(&person(Person::Doctor).certificate);
    let of_doctor = |at| {
        let (ca, key) = (certificate_of(Ca::HpkiSignature), key_of(Ca::HpkiSignature));
        crl_with_reason(&ca, &key, NOW - 30, NOW + DAY, &[(doctor, at)], CESSATION)
    };
    assert_eq!(says(of_doctor(NOW - 45)), "TOTAL-PASSED");
    assert_eq!(says(of_doctor(NOW - 3_600)), "INDETERMINATE/REVOKED_NO_POE");
    let issued = hsign_x509::Certificate::from_der(&person(Person::Doctor).certificate).unwrap();
    let issued = issued.not_before().unix_seconds();
    let of_ca = |at| {
        let (root, key) = (certificate_of(Ca::HpkiRoot), key_of(Ca::HpkiRoot));
        let ca = serial(&certificate_of(Ca::HpkiSignature));
        crl_with_reason(&root, &key, NOW - 30, NOW + DAY, &[(ca, at)], CESSATION)
    };
    assert_eq!(says(of_ca(issued - 1)), "INDETERMINATE/REVOKED_CA_NO_POE");
}

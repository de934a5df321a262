//! Revocation data that are forged, stale, from elsewhere or from the wrong time.

use hsign_testkit::{Ca, CrlName, DAY, Person, Unit};
use hsign_x509::Certificate;

use crate::world::*;

pub fn serial(certificate: &[u8]) -> u64 {
    let certificate = Certificate::from_der(certificate).unwrap();
    certificate.serial().iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Everything but the list of the signature CA.
fn without_the_signers_list() -> World {
    let mut world = World::new().without_evidence();
    world
        .lists(&CrlName::ALL.into_iter().filter(|list| *list != CrlName::Signature).collect::<Vec<_>>(), NOW);
    world
}

fn with_list(list: &[u8]) -> World {
    let mut world = without_the_signers_list();
    world.give(list);
    world
}

fn letter_at(at: i64) -> Vec<u8> {
    stamped(&letter(), &person(Person::Doctor), at)
}

#[test]
fn nothing_known_is_nothing_passed() {
    let world = without_the_signers_list();
    assert_eq!(world.says(&letter_at(NOW - 60)), "INDETERMINATE/CERTIFICATE_CHAIN_GENERAL_FAILURE");
    assert_eq!(status(&world.verdict(&letter_at(NOW - 60))), "Undetermined");
}

#[test]
fn a_list_that_the_signer_made_himself_is_nobodys_word() {
    let doctor = person(Person::Doctor);
    let ca = certificate_of(Ca::HpkiSignature);
    for (issuer, key) in [
        (&ca, &doctor.key),
        (&doctor.certificate, &doctor.key),
        (&certificate_of(Ca::Commercial), &key_of(Ca::Commercial)),
    ] {
        let world = with_list(&crl(issuer, key, NOW - DAY, NOW + DAY, &[]));
        assert_ne!(world.says(&letter_at(NOW - 60)), "TOTAL-PASSED");
    }
    // A CA of the same name elsewhere.
    let twin = Forge { key: key_of(Ca::Commercial).public_key_to_der().unwrap(), ..Forge::like(&ca) };
    let twin = twin.sign(&key_of(Ca::Commercial));
    let mut world = with_list(&crl(&ca, &key_of(Ca::Commercial), NOW - DAY, NOW + DAY, &[]));
    world.give(&twin);
    assert_ne!(world.says(&letter_at(NOW - 60)), "TOTAL-PASSED");
    let good = with_list(&crl(&ca, &key_of(Ca::HpkiSignature), NOW - DAY, NOW + DAY, &[]));
    assert_eq!(good.says(&letter_at(NOW - 60)), "TOTAL-PASSED");
}

#[test]
fn a_forged_list_revokes_nobody() {
    let doctor = person(Person::Doctor);
    let ca = certificate_of(Ca::HpkiSignature);
    let forged = crl(
        &ca,
        &key_of(Ca::Commercial),
        NOW - 60,
        NOW + DAY,
        &[(serial(&doctor.certificate), NOW - 9 * DAY)],
    );
    let mut world = World::new();
    world.give(&forged);
    assert_eq!(world.says(&letter_at(NOW - 60)), "TOTAL-PASSED");
}

#[test]
fn a_list_from_the_future_or_a_stale_one_is_not_enough() {
    let ca = certificate_of(Ca::HpkiSignature);
    let key = key_of(Ca::HpkiSignature);
    for (from, to) in [(NOW + DAY, NOW + 2 * DAY), (NOW - 9 * DAY, NOW - 5 * DAY)] {
        let world = with_list(&crl(&ca, &key, from, to, &[]));
        assert_ne!(world.says(&letter_at(NOW - 60)), "TOTAL-PASSED");
    }
}

#[test]
fn a_list_of_another_scope_or_another_ca_tells_nothing() {
    for list in [CrlName::Authentication, CrlName::Sarl, CrlName::Rarl, CrlName::Tsa] {
        let world = with_list(&PKI.crl(list, NOW).unwrap());
        assert_ne!(world.says(&letter_at(NOW - 60)), "TOTAL-PASSED");
    }
}

#[test]
fn a_revocation_before_the_stamp_counts_and_one_after_it_does_no_harm() {
    let doctor = person(Person::Doctor);
    let ca = certificate_of(Ca::HpkiSignature);
    let revoked = |at| {
        with_list(&crl(
            &ca,
            &key_of(Ca::HpkiSignature),
            NOW - 60,
            NOW + DAY,
            &[(serial(&doctor.certificate), at)],
        ))
    };
    let document = letter_at(NOW - 2 * DAY);
    assert_eq!(revoked(NOW - DAY).says(&document), "TOTAL-PASSED");
    assert_eq!(status(&revoked(NOW - DAY).verdict(&document)), "Qualified");
    // Between the claimed time and the stamp, and at the stamp's very second.
    for at in [NOW - 3 * DAY, NOW - 2 * DAY] {
        assert_eq!(revoked(at).says(&document), "INDETERMINATE/REVOKED_NO_POE");
        assert_ne!(status(&revoked(at).verdict(&document)), "Qualified");
    }
    let unstamped = signed(&letter(), &person(Person::Doctor));
    assert_eq!(revoked(NOW - DAY).says(&unstamped), "INDETERMINATE/REVOKED_NO_POE");
}

#[test]
fn an_older_list_does_not_undo_a_revocation() {
    let doctor = person(Person::Doctor);
    let ca = certificate_of(Ca::HpkiSignature);
    let key = key_of(Ca::HpkiSignature);
    let mut world =
        with_list(&crl(&ca, &key, NOW - DAY, NOW + DAY, &[(serial(&doctor.certificate), NOW - 3 * DAY)]));
    world.give(&crl(&ca, &key, NOW - 2 * DAY, NOW + 2 * DAY, &[]));
    world.give(&crl(&ca, &key, NOW - 60, NOW + 2 * DAY, &[]));
    assert_eq!(world.says(&letter_at(NOW - 60)), "INDETERMINATE/REVOKED_NO_POE");
}

#[test]
fn a_revoked_ca_takes_its_people_with_it() {
    // The ARL has a scope of its own, so that the list is made without one.
    let root = certificate_of(Ca::HpkiRoot);
    let ca = certificate_of(Ca::HpkiSignature);
    let mut world = World::new();
    world.give(&crl(&root, &key_of(Ca::HpkiRoot), NOW - 60, NOW + DAY, &[(serial(&ca), NOW - DAY)]));
    assert_eq!(world.says(&letter_at(NOW - 60)), "INDETERMINATE/REVOKED_CA_NO_POE");
    assert_ne!(status(&world.verdict(&letter_at(NOW - 60))), "Qualified");
}

#[test]
fn a_revoked_time_stamp_authority_proves_nothing() {
    let tsa = unit(Unit::Tsa);
    let ca = certificate_of(Ca::Tsa);
    let mut world = World::new();
    world.give(&crl(
        &ca,
        &key_of(Ca::Tsa),
        NOW - 60,
        NOW + DAY,
        &[(serial(&tsa.certificate), NOW - 9 * DAY)],
    ));
    let document = letter_at(NOW - 60);
    assert_eq!(world.verdict(&document).best_signature_time().unwrap().0, time(NOW));
}

#[test]
fn revocation_data_in_the_document_count_like_any_other_and_cannot_hide_worse_news() {
    let doctor = person(Person::Doctor);
    let ca = certificate_of(Ca::HpkiSignature);
    let good = crl(&ca, &key_of(Ca::HpkiSignature), NOW - DAY, NOW + DAY, &[]);
    let document = signed_with(&letter(), |prepared| {
        let mut attributes = attributes_of(&prepared.content_digest(SHA256).unwrap(), &doctor.certificate);
        let archival = hsign_asn1::encode::sequence(&[&hsign_asn1::encode::explicit(
            0,
            &hsign_asn1::encode::sequence(&[&good]),
        )]);
        attributes.push(hsign_cms::attributes::attribute("1.2.840.113583.1.1.8", &archival).unwrap());
        stamp(&cms(&doctor, &attributes), &unit(Unit::Tsa), NOW - 60)
    });
    assert_eq!(without_the_signers_list().says(&document), "TOTAL-PASSED");
    let news = crl(
        &ca,
        &key_of(Ca::HpkiSignature),
        NOW - 10,
        NOW + DAY,
        &[(serial(&doctor.certificate), NOW - 3_600)],
    );
    assert_eq!(with_list(&news).says(&document), "INDETERMINATE/REVOKED_NO_POE");
}

/// An OCSP response that calls the doctor's certificate good, in the name and by the key of `responder`.
fn ocsp(responder: &Someone) -> Vec<u8> {
    use hsign_asn1::encode::*;
    let sha_1 = hsign_core::DigestAlgorithm::Sha1;
    let hash = |octets: &[u8]| octet_string(hsign_crypto::digest(sha_1, octets).unwrap().value.as_slice());
    let issuer = Certificate::from_der(&certificate_of(Ca::HpkiSignature)).unwrap();
    let own = Certificate::from_der(&responder.certificate).unwrap();
    let id = sequence(&[
        &hsign_x509::digest_algorithm_to_der(sha_1),
        &hash(issuer.subject().der()),
        &hash(issuer.public_key_bits()),
        &integer(Person::Doctor.serial()),
    ]);
    let single = sequence(&[
        &id,
        &implicit_primitive(0, &[]),
        &generalized_time(time(NOW - 30)),
        &explicit(0, &generalized_time(time(NOW + DAY))),
    ]);
    let tbs = sequence(&[
        &explicit(1, own.subject().der()),
        &generalized_time(time(NOW - 30)),
        &sequence(&[&single]),
    ]);
    let basic = sequence(&[
        &tbs,
        &hsign_x509::signature_algorithm_to_der(&responder.algorithm()).unwrap(),
        &bit_string(&raw(&responder.key, &tbs)),
        &explicit(0, &sequence(&[&responder.certificate])),
    ]);
    let bytes = sequence(&[&oid("1.3.6.1.5.5.7.48.1.1").unwrap(), &octet_string(&basic)]);
    sequence(&[&enumerated(0), &explicit(0, &bytes)])
}

#[test]
fn only_the_issuer_or_a_responder_it_appointed_may_say_good() {
    let ca = certificate_of(Ca::HpkiSignature);
    let dentist = person(Person::Dentist);
    let appointed = |purpose: &str| {
        let value = hsign_asn1::encode::sequence(&[&hsign_asn1::encode::oid(purpose).unwrap()]);
        let forge = Forge::like(&dentist.certificate).with("2.5.29.37", false, value);
        let forge = forge.with("1.3.6.1.5.5.7.48.1.5", false, vec![5, 0]);
        dentist.certified_as(forge.sign(&key_of(Ca::HpkiSignature)))
    };
    let issuer = Someone { certificate: ca.clone(), chain: Vec::new(), key: key_of(Ca::HpkiSignature) };
    let thief = Someone { key: dentist.key.clone(), ..issuer.clone() };
    let by_foreign_ca = {
        let own = appointed(hsign_testkit::oid::OCSP_SIGNING);
        let forge = Forge::like(&own.certificate).issued_by(&ca);
        own.certified_as(forge.sign(&key_of(Ca::Commercial)))
    };
    for (responder, counts) in [
        (&issuer, true),
        (&appointed(hsign_testkit::oid::OCSP_SIGNING), true),
        (&appointed(hsign_testkit::oid::CODE_SIGNING), false),
        (&dentist, false),
        (&person(Person::Doctor), false),
        (&unit(Unit::CommercialOcsp), false),
        (&thief, false),
        (&by_foreign_ca, false),
    ] {
        let world = with_list(&ocsp(responder));
        assert_eq!(world.says(&letter_at(NOW - 60)) == "TOTAL-PASSED", counts);
    }
}

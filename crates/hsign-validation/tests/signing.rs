//! The checks before signing.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::*;
use hsign_pki::TrustRegistry;
use hsign_testkit::{CrlName, Person};
use hsign_validation::{Permission, QualificationStatus, SubIndication, signer_checks};

#[track_caller]
fn assert_refused(world: &World, person: Person, code: &str) {
    let verdict = world.check(person);
    assert_eq!(verdict.permission(), Permission::Refused, "{person:?}");
    assert!(codes(verdict.findings()).contains(&code), "{person:?} {:?}", codes(verdict.findings()));
}

#[test]
fn a_qualified_signer_in_good_standing_may_sign() {
    let world = World::new();
    for person in [Person::Doctor, Person::Pharmacist, Person::DoctorP384, Person::TwoRoles] {
        let verdict = world.check(person);
        assert_eq!(verdict.permission(), Permission::Granted, "{person:?} {:#?}", verdict.findings());
        assert_eq!(verdict.qualification().status, QualificationStatus::Qualified);
        assert!(verdict.needs().is_empty());
    }
}

#[test]
fn revoked_expired_and_login_certificates_are_refused_with_the_reason() {
    let world = World::new();
    assert_refused(&world, Person::Revoked, "signing-with-revoked-certificate");
    assert_refused(&world, Person::Expired, "certificate-expired");
    assert_refused(&world, Person::Authentication, "signing-with-authentication-certificate");
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_refused() {
    let mut world = World::new();
    world.now = NOW - 2 * hsign_testkit::YEAR;
    world.crls_of(world.now);
    assert_refused(&world, Person::Doctor, "certificate-not-yet-valid");
}

#[test]
fn a_role_that_the_class_forbids_is_refused_whatever_the_trust() {
    let mut world = World::new().class("prescription");
    for trusted in [true, false] {
        if !trusted {
            world.trust = TrustRegistry::default();
        }
        for person in [Person::Pharmacist, Person::Nurse, Person::NoRole, Person::UnknownRole] {
            assert_refused(&world, person, "role-forbidden-for-class");
        }
        assert_ne!(world.check(Person::Dentist).permission(), Permission::Refused);
    }
    let world = World::new().class("dispensing");
    assert_refused(&world, Person::TestCard, "role-forbidden-for-class");
}

#[test]
fn open_questions_are_told_and_do_not_withhold_the_signature() {
    let mut world = World::new();
    world.without_crl(CrlName::Signature);
    let open = world.check(Person::Doctor);
    assert_eq!(open.permission(), Permission::GrantedWithOpenQuestions);
    assert_eq!(open.conclusion().sub_indication(), Some(SubIndication::CertificateChainGeneralFailure));
    assert!(!open.needs().is_empty());
    world.trust = TrustRegistry::default();
    assert_eq!(world.check(Person::Doctor).permission(), Permission::GrantedWithOpenQuestions);
    let card = World::new().check(Person::TestCard);
    assert_eq!(card.permission(), Permission::GrantedWithOpenQuestions);
    assert!(codes(card.findings()).contains(&"test-card"));
}

#[test]
fn a_key_in_a_file_is_refused_for_real_cards_unless_the_policy_allows_it() {
    let in_file = |world: &World, person| {
        let identity = world.pki.person(person);
        signer_checks(&certificate(identity), &chain(identity), true, &[], &world.context())
    };
    let mut world = World::new();
    let doctor = in_file(&world, Person::Doctor);
    assert_eq!(doctor.permission(), Permission::Refused);
    assert!(codes(doctor.findings()).contains(&"software-key-refused"));
    assert_ne!(in_file(&world, Person::TestCard).permission(), Permission::Refused);
    assert_ne!(in_file(&World::new().policy("etsi"), Person::Doctor).permission(), Permission::Refused);
    world.policy_with("software_keys = \"except-hpki\"", "software_keys = \"allowed\"");
    assert_eq!(in_file(&world, Person::Doctor).permission(), Permission::Granted);
    world.policy_with("software_keys = \"except-hpki\"", "software_keys = \"refused\"");
    assert_eq!(in_file(&world, Person::TestCard).permission(), Permission::Refused);
}

#[test]
fn rfc5280_6_1_3_a_2_the_first_and_the_last_second_of_a_certificate_are_its_own() {
    let mut world = World::new();
    let doctor = certificate(world.pki.person(Person::Doctor));
    let (first, last) = (doctor.not_before().unix_seconds(), doctor.not_after().unix_seconds());
    for (now, code) in [
        (first - 1, Some("certificate-not-yet-valid")),
        (first, None),
        (last, None),
        (last + 1, Some("certificate-expired")),
    ] {
        world.now = now;
        world.crls_of(now);
        let verdict = world.check(Person::Doctor);
        let told = ["certificate-not-yet-valid", "certificate-expired"];
        let told: Vec<_> = told.into_iter().filter(|code| codes(verdict.findings()).contains(code)).collect();
        assert_eq!(told, code.into_iter().collect::<Vec<_>>(), "{now}");
    }
}

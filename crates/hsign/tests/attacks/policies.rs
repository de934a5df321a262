//! What classes, required roles and policies ask for.

use hsign::Policy;
use hsign::hpki::DocumentClasses;
use hsign_testkit::Person;

use crate::world::*;

fn world(policy: &str, class: Option<&str>, roles: &[&str]) -> World {
    let mut world = World::new().policy(policy);
    world.settings.document_class = class.map(|name| DocumentClasses::builtin().find(name).unwrap().clone());
    world.settings.required_roles = roles.iter().map(|role| (*role).to_owned()).collect();
    if policy == "eprescription" {
        let text = Policy::preset_text(policy).unwrap().replace("[\"e-prescription\"]", "[\"mic\"]");
        world.settings.policy = Policy::parse(&text).unwrap();
    }
    world
}

fn outcome(world: &World, signer: Person) -> (String, String) {
    let document = stamped(&letter(), &person(signer), NOW - 60);
    (world.says(&document), status(&world.verdict(&document)))
}

#[test]
fn each_person_under_each_policy() {
    let open = "INDETERMINATE/CHAIN_CONSTRAINTS_FAILURE";
    for (signer, status, hpki, etsi, eprescription) in [
        (Person::Doctor, "Qualified", "TOTAL-PASSED", "TOTAL-PASSED", "TOTAL-PASSED"),
        (Person::Pharmacist, "Qualified", "TOTAL-PASSED", "TOTAL-PASSED", "TOTAL-PASSED"),
        (Person::TwoRoles, "Qualified", "TOTAL-PASSED", "TOTAL-PASSED", "TOTAL-PASSED"),
        (Person::NoRole, "NoRole", open, "TOTAL-PASSED", open),
        (Person::UnknownRole, "UnrecognisedRole", open, "TOTAL-PASSED", open),
        (Person::HospitalDirector, "RoleMismatch", open, "TOTAL-PASSED", open),
        (Person::TestCard, "TestCard", open, open, open),
        (Person::Authentication, "AuthenticationCertificate", open, open, open),
        (
            Person::Commercial,
            "Undetermined",
            "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND",
            "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND",
            "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND",
        ),
    ] {
        for (policy, says) in [("hpki", hpki), ("etsi", etsi), ("eprescription", eprescription)] {
            let found = outcome(&world(policy, None, &[]), signer);
            assert_eq!(found, (says.to_owned(), status.to_owned()), "{signer:?} under {policy}");
        }
    }
}

#[test]
fn a_nurse_may_sign_what_any_profession_may_and_no_prescription() {
    assert_eq!(outcome(&world("hpki", None, &[]), Person::Nurse).1, "Qualified");
    for world in [world("hpki", Some("prescription"), &[]), world("eprescription", None, &[])] {
        let (says, status) = outcome(&world, Person::Nurse);
        assert_eq!(
            (says.as_str(), status.as_str()),
            ("INDETERMINATE/CHAIN_CONSTRAINTS_FAILURE", "RoleMismatch")
        );
    }
}

#[test]
fn a_required_role_is_compared_byte_by_byte() {
    assert_eq!(outcome(&world("hpki", None, &["Medical Doctor"]), Person::Doctor).1, "Qualified");
    for role in ["medical doctor", "Medical Doctor ", "医師", "Doctor", ""] {
        assert_ne!(outcome(&world("hpki", None, &[role]), Person::Doctor).0, "TOTAL-PASSED", "{role:?}");
    }
    // An unrecognised role is not made a profession by asking for it.
    assert_ne!(outcome(&world("hpki", None, &["Rainmaker"]), Person::UnknownRole).0, "TOTAL-PASSED");
}

#[test]
fn a_listed_signer_may_sign_scans_only_and_only_with_everything_else_in_order() {
    let listed = |class: &str, signer: Person| {
        let mut world = world("hpki", Some(class), &[]);
        world.settings.listed_signers = Person::ALL
            .into_iter()
            .map(|person| hsign_crypto::sha256(PKI.person(person).certificate_der()))
            .collect();
        outcome(&world, signer).0
    };
    assert_eq!(listed("scan", Person::NoRole), "TOTAL-PASSED");
    assert_eq!(listed("scan", Person::HospitalDirector), "TOTAL-PASSED");
    for refused in
        [Person::TestCard, Person::Authentication, Person::Revoked, Person::Expired, Person::Commercial]
    {
        assert_ne!(listed("scan", refused), "TOTAL-PASSED", "{refused:?}");
    }
    assert_ne!(listed("prescription", Person::NoRole), "TOTAL-PASSED");
}

#[test]
fn a_policy_that_lacks_any_of_its_keys_is_no_policy() {
    for name in Policy::PRESETS {
        let text = Policy::preset_text(name).unwrap();
        let optional = |line: &&str| line.starts_with('#') || line.starts_with("class_by_place");
        for line in text.lines().filter(|line| line.contains('=')).filter(|line| !optional(line)) {
            let without = text.replacen(&format!("{line}\n"), "", 1);
            assert!(Policy::parse(&without).is_err(), "{name} without {line}");
        }
        let table = text.replacen("[revocation]", "", 1);
        assert!(Policy::parse(&table).is_err());
    }
}

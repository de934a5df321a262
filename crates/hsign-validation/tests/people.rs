//! Every kind of person, by the contract's table of statuses.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::*;
use hsign_pki::TrustRegistry;
use hsign_testkit::{Ca, DAY, Person};
use hsign_validation::{Basis, Indication, QualificationStatus, SubIndication, shown_subject};
use hsign_x509::Certificate;

fn status(world: &World, person: Person) -> (QualificationStatus, Indication, Option<SubIndication>) {
    let verdict = world.verdict(world.stamped(person, NOW - DAY));
    let status = verdict.qualification().unwrap().status;
    (status, verdict.indication(), verdict.sub_indication())
}

#[test]
fn doctors_with_every_key_type_dentist_pharmacist_and_nurse_are_qualified() {
    let world = World::new();
    for person in [
        Person::Doctor,
        Person::DoctorRsa3072,
        Person::DoctorP256,
        Person::DoctorP384,
        Person::Dentist,
        Person::Pharmacist,
        Person::Nurse,
        Person::TwoRoles,
    ] {
        let verdict = world.verdict(world.stamped(person, NOW - DAY));
        let qualification = verdict.qualification().unwrap();
        assert_eq!(
            qualification.status,
            QualificationStatus::Qualified,
            "{person:?} {:#?}",
            verdict.findings()
        );
        assert_eq!(qualification.basis, Basis::Hpki);
        assert_eq!(verdict.indication(), Indication::TotalPassed, "{person:?} {:#?}", verdict.findings());
    }
}

#[test]
fn whoever_is_not_qualified_leaves_the_signature_indeterminate_under_hpki() {
    let world = World::new();
    let open = (Indication::Indeterminate, Some(SubIndication::ChainConstraintsFailure));
    for (person, expected) in [
        (Person::TestCard, QualificationStatus::TestCard),
        (Person::NoRole, QualificationStatus::NoRole),
        (Person::UnknownRole, QualificationStatus::UnrecognisedRole),
        (Person::HospitalDirector, QualificationStatus::RoleMismatch),
    ] {
        let (status, indication, sub) = status(&world, person);
        assert_eq!(status, expected, "{person:?}");
        assert_eq!((indication, sub), open, "{person:?}");
    }
}

#[test]
fn an_authentication_certificate_is_called_one() {
    let world = World::new();
    let verdict = world.verdict(world.stamped(Person::Authentication, NOW - DAY));
    assert_eq!(verdict.qualification().unwrap().status, QualificationStatus::AuthenticationCertificate);
    assert_eq!(verdict.indication(), Indication::Indeterminate);
    assert_eq!(verdict.sub_indication(), Some(SubIndication::ChainConstraintsFailure));
    assert!(has(&verdict, "key-usage-not-for-signing"));
}

#[test]
fn revoked_and_expired_signers_leave_the_qualification_undetermined() {
    let world = World::new();
    // The CRL of today says nothing about who isn't on it and expired before.
    for (person, sub) in [
        (Person::Revoked, SubIndication::RevokedNoPoe),
        (Person::Expired, SubIndication::CertificateChainGeneralFailure),
    ] {
        let (status, indication, found) = status(&world, person);
        assert_eq!(status, QualificationStatus::Undetermined, "{person:?}");
        assert_eq!((indication, found), (Indication::Indeterminate, Some(sub)), "{person:?}");
    }
}

#[test]
fn the_class_of_the_document_decides_which_role_fits() {
    let world = World::new().class("dispensing");
    assert_eq!(status(&world, Person::Pharmacist).0, QualificationStatus::Qualified);
    assert_eq!(status(&world, Person::Doctor).0, QualificationStatus::RoleMismatch);
    assert_eq!(status(&world, Person::TwoRoles).0, QualificationStatus::Qualified);
    let mut world = World::new();
    world.required_roles = vec!["Director of Hospital".to_owned()];
    assert_eq!(status(&world, Person::HospitalDirector).0, QualificationStatus::Qualified);
    assert_eq!(status(&world, Person::Doctor).0, QualificationStatus::RoleMismatch);
}

#[test]
fn the_side_of_an_electronic_prescription_decides_which_role_fits() {
    let at = |world: &World, person, side: &str| {
        let mut signature = world.stamped(person, NOW - DAY);
        signature.document_class = Some(side.to_owned());
        world.verdict(signature).qualification().unwrap().status
    };
    let world = World::new().policy("eprescription");
    for (person, prescribes, dispenses) in [
        (Person::Doctor, true, false),
        (Person::Dentist, true, false),
        (Person::Pharmacist, false, true),
        (Person::Nurse, false, false),
    ] {
        for (side, fits) in [("prescription", prescribes), ("dispensing", dispenses)] {
            let expected =
                if fits { QualificationStatus::Qualified } else { QualificationStatus::RoleMismatch };
            assert_eq!(at(&world, person, side), expected, "{person:?} {side}");
        }
    }
    // The place goes before what was told of the whole document, and counts under this policy only.
    let told = World::new().policy("eprescription").class("dispensing");
    assert_eq!(at(&told, Person::Doctor, "prescription"), QualificationStatus::Qualified);
    assert_eq!(at(&World::new(), Person::Nurse, "prescription"), QualificationStatus::Qualified);
}

#[test]
fn a_test_card_and_an_authentication_certificate_are_named_without_any_trust() {
    let mut world = World::new();
    world.trust = TrustRegistry::default();
    for (person, expected) in [
        (Person::TestCard, QualificationStatus::TestCard),
        (Person::Authentication, QualificationStatus::AuthenticationCertificate),
        (Person::Doctor, QualificationStatus::Undetermined),
    ] {
        let (status, indication, sub) = status(&world, person);
        assert_eq!(status, expected, "{person:?}");
        assert_eq!(indication, Indication::Indeterminate);
        assert_eq!(sub, Some(SubIndication::NoCertificateChainFound), "path questions keep their own");
    }
}

#[test]
fn somebody_outside_hpki_has_no_basis_whatever_the_trust() {
    let mut world = World::new();
    let root = world.pki.authority(hsign_testkit::Ca::CommercialRoot).certificate_der().to_vec();
    world.trust.extend(TrustRegistry::from_signer_certificates(&root).unwrap());
    let verdict = world.verdict(world.stamped(Person::Commercial, NOW - DAY));
    let qualification = verdict.qualification().unwrap();
    assert_eq!((qualification.status, qualification.basis), (QualificationStatus::Undetermined, Basis::None));
    assert_eq!(verdict.sub_indication(), Some(SubIndication::ChainConstraintsFailure));
    assert!(has(&verdict, "qualification-evidence-missing"));
}

#[test]
fn under_etsi_the_qualification_is_a_finding_and_touches_nothing() {
    let world = World::new().policy("etsi");
    for person in [Person::NoRole, Person::HospitalDirector, Person::UnknownRole] {
        let verdict = world.verdict(world.stamped(person, NOW - DAY));
        assert_eq!(verdict.indication(), Indication::TotalPassed, "{person:?} {:#?}", verdict.findings());
        assert!(has(&verdict, "signer-not-qualified"));
    }
}

#[test]
fn a_scan_may_be_signed_by_somebody_whom_the_institution_lists_but_never_with_a_test_card() {
    for (person, expected) in
        [(Person::NoRole, Indication::TotalPassed), (Person::TestCard, Indication::Indeterminate)]
    {
        let mut world = World::new().class("scan");
        let unlisted = world.verdict(world.stamped(person, NOW - DAY));
        assert_eq!(unlisted.indication(), Indication::Indeterminate);
        world.listed = vec![certificate(world.pki.person(person)).sha256()];
        let listed = world.verdict(world.stamped(person, NOW - DAY));
        assert_eq!(listed.indication(), expected, "{person:?} {:#?}", listed.findings());
    }
    let mut world = World::new().class("prescription");
    world.listed = vec![certificate(world.pki.person(Person::NoRole)).sha256()];
    let prescription = world.verdict(world.stamped(Person::NoRole, NOW - DAY));
    assert_eq!(prescription.indication(), Indication::Indeterminate, "listing is for scans only");
}

#[test]
fn of_the_publics_certificates_address_birth_date_and_sex_are_never_shown() {
    let world = World::new();
    let card = shown_subject(&certificate(world.pki.person(Person::Jpki)));
    assert!(card.ends_with(",(masked)") && card.contains("CN="), "{card}");
    let doctor = certificate(world.pki.person(Person::Doctor));
    let authority = Certificate::from_der(world.pki.authority(Ca::Jpki).certificate_der()).unwrap();
    for whole in [doctor, authority] {
        assert_eq!(shown_subject(&whole), whole.subject().to_string());
    }
}

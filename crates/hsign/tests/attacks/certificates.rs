//! Roles, policies and authorities that aren't what they say.

use hsign::TrustRegistry;
use hsign_asn1::encode;
use hsign_testkit::{Ca, CrlName, DAY, Person, oid};
use openssl::pkey::{PKey, Private};

use crate::world::*;

/// The answer and the status for a stamped letter.
fn outcome(world: &World, signer: &Someone) -> (String, String) {
    let document = stamped(&letter(), signer, NOW - 60);
    (world.says(&document), status(&world.verdict(&document)))
}

fn is_qualified(world: &World, signer: &Someone) -> bool {
    let (says, status) = outcome(world, signer);
    assert!(status == "Qualified" || says != "TOTAL-PASSED", "{says} though {status}");
    status == "Qualified"
}

/// The doctor certified anew by the real signature CA.
fn doctor_with(change: impl FnOnce(Forge) -> Forge) -> Someone {
    let doctor = person(Person::Doctor);
    let certificate = change(Forge::like(&doctor.certificate)).sign(&key_of(Ca::HpkiSignature));
    doctor.certified_as(certificate)
}

/// The doctor's role and the ministry's policy in a certificate by the commercial CA.
fn commercial_doctor(change: impl FnOnce(Forge) -> Forge) -> Someone {
    let doctor = person(Person::Doctor);
    let commercial = certificate_of(Ca::Commercial);
    let forge = Forge::like(&doctor.certificate).issued_by(&commercial).without("2.5.29.31");
    Someone {
        certificate: change(forge).sign(&key_of(Ca::Commercial)),
        chain: vec![commercial, certificate_of(Ca::CommercialRoot)],
        key: doctor.key,
    }
}

/// An intermediate CA by `issuer` with its own key.
fn intermediate(issuer: Ca, key: &PKey<Private>, change: impl FnOnce(Forge) -> Forge) -> Vec<u8> {
    let above = certificate_of(issuer);
    let mut forge = Forge::like(&person(Person::Nurse).certificate)
        .issued_by(&above)
        .without("2.5.29.31")
        .without("2.5.29.9")
        .without("2.5.29.17")
        .without("2.5.29.14")
        .ca();
    forge.key = key.public_key_to_der().unwrap();
    change(forge).sign(&key_of(issuer))
}

#[test]
fn a_role_from_a_ca_outside_the_ministrys_hierarchy_counts_for_nothing() {
    let world = World::new();
    assert!(!is_qualified(&world, &commercial_doctor(|forge| forge)));
    let mut world = World::new();
    world.settings.trust = trust(
        "[[anchor]]\nkind = \"certification-business\"\nsubject = \"c\"\ncertificate = \"commercial-root\"\n\
         [[anchor]]\nkind = \"jpki-ca\"\nsubject = \"j\"\ncertificate = \"commercial-ca\"\n",
    );
    assert!(!is_qualified(&world, &commercial_doctor(|forge| forge)));
    assert!(!is_qualified(&world, &commercial_doctor(|forge| forge.policies(&[oid::COMMERCIAL_POLICY]))));
}

#[test]
fn a_bare_anchor_makes_nobody_qualified_unless_the_ministrys_policy_holds_all_the_way() {
    let mut world = World::new();
    let root = certificate_of(Ca::CommercialRoot);
    let mut trust = TrustRegistry::from_signer_certificates(&root).unwrap();
    trust.extend(registry(
        "[[service]]\nkind = \"tsa\"\nsubject = \"t\"\ncertificate = \"tsa-root\"\naccreditation = \"mic\"\n",
    ));
    world.settings.trust = trust;
    for policies in [&[oid::COMMERCIAL_POLICY][..], &["2.5.29.32.0"], &[oid::SIGNATURE_POLICY], &[]] {
        let signer = commercial_doctor(|forge| {
            if policies.is_empty() { forge.without("2.5.29.32") } else { forge.policies(policies) }
        });
        assert!(!is_qualified(&world, &signer), "{policies:?}");
    }
}

/// The ministry's policy and a role, all the way below the commercial root.
fn private_doctor() -> Someone {
    let key = person(Person::Nurse).key;
    let ca = intermediate(Ca::CommercialRoot, &key, |forge| forge.policies(&[oid::SIGNATURE_POLICY]));
    let doctor = person(Person::Doctor);
    let certificate = Forge::like(&doctor.certificate).issued_by(&ca).without("2.5.29.31").sign(&key);
    Someone { certificate, chain: vec![ca, certificate_of(Ca::CommercialRoot)], key: doctor.key }
}

#[test]
fn a_private_ca_trusted_beside_the_ministrys_root_makes_no_doctors() {
    let signer = private_doctor();
    let mut world = World::new();
    world.give(&crl(&signer.chain[0], &person(Person::Nurse).key, NOW - DAY, NOW + DAY, &[]));
    let bare = TrustRegistry::from_signer_certificates(&certificate_of(Ca::CommercialRoot)).unwrap();
    world.settings.trust.extend(bare);
    assert!(!is_qualified(&world, &signer));
    assert!(is_qualified(&world, &person(Person::Doctor)));
    // The ministry's certificates themselves may be given bare as well.
    for ca in [Ca::HpkiRoot, Ca::HpkiSignature] {
        let bare = TrustRegistry::from_signer_certificates(&certificate_of(ca)).unwrap();
        world.settings.trust.extend(bare);
        assert!(is_qualified(&world, &person(Person::Doctor)), "{ca:?}");
    }
}

#[test]
fn a_persons_own_certificate_given_as_trust_vouches_for_no_profession() {
    let mut world = World::new();
    let doctor = person(Person::Doctor);
    let mut trust = TrustRegistry::from_signer_certificates(&doctor.certificate).unwrap();
    trust.extend(registry(
        "[[service]]\nkind = \"tsa\"\nsubject = \"t\"\ncertificate = \"tsa-root\"\naccreditation = \"mic\"\n",
    ));
    world.settings.trust = trust;
    assert!(!is_qualified(&world, &doctor));
}

#[test]
fn a_foreign_policy_mapped_to_the_ministrys_counts_for_nothing_below_a_business_anchor() {
    let mut world = World::new();
    world.settings.trust = trust(
        "[[anchor]]\nkind = \"certification-business\"\nsubject = \"c\"\ncertificate = \"commercial-root\"\n",
    );
    let key = person(Person::Nurse).key;
    let mapping = encode::sequence(&[
        &encode::oid(oid::COMMERCIAL_POLICY).unwrap(),
        &encode::oid(oid::SIGNATURE_POLICY).unwrap(),
    ]);
    let mapping_back = encode::sequence(&[
        &encode::oid(oid::SIGNATURE_POLICY).unwrap(),
        &encode::oid(oid::COMMERCIAL_POLICY).unwrap(),
    ]);
    for mapping in [mapping, mapping_back] {
        let ca = intermediate(Ca::CommercialRoot, &key, |forge| {
            forge.policies(&[oid::COMMERCIAL_POLICY, oid::SIGNATURE_POLICY]).with(
                "2.5.29.33",
                true,
                encode::sequence(&[&mapping]),
            )
        });
        let doctor = person(Person::Doctor);
        let mut forge = Forge::like(&doctor.certificate).issued_by(&ca).without("2.5.29.31");
        forge.serial = 4_711;
        let signer = Someone {
            certificate: forge.sign(&key),
            chain: vec![ca, certificate_of(Ca::CommercialRoot)],
            key: doctor.key,
        };
        let revocation = crl(&signer.chain[0], &key, NOW - DAY, NOW + DAY, &[]);
        let mut world = World { settings: world.settings.clone(), now: world.now };
        world.give(&revocation);
        assert!(!is_qualified(&world, &signer));
    }
}

#[test]
fn test_cards_any_policy_and_no_policy_make_nobody_qualified() {
    let world = World::new();
    for policies in [
        &[oid::TEST_CARD_POLICY][..],
        &[oid::SIGNATURE_POLICY, oid::TEST_CARD_POLICY],
        &["2.5.29.32.0"],
        &[oid::AUTHENTICATION_POLICY],
        &[oid::SIGNATURE_POLICY, oid::AUTHENTICATION_POLICY],
        &[oid::COMMERCIAL_POLICY],
        &["1.2.392.100495.1.5.1.1.3.10"],
        &["1.2.392.100495.1.5.1.1.3.1.1"],
    ] {
        assert!(!is_qualified(&world, &doctor_with(|forge| forge.policies(policies))), "{policies:?}");
    }
    assert!(!is_qualified(&world, &doctor_with(|forge| forge.without("2.5.29.32"))));
    assert!(is_qualified(&world, &doctor_with(|forge| forge.policies(&[oid::SIGNATURE_POLICY]))));
}

#[test]
fn the_authentication_ca_makes_no_signers() {
    let doctor = person(Person::Doctor);
    let ca = certificate_of(Ca::HpkiAuthentication);
    for policy in [oid::SIGNATURE_POLICY, oid::AUTHENTICATION_POLICY] {
        let certificate = Forge::like(&doctor.certificate)
            .issued_by(&ca)
            .policies(&[policy])
            .sign(&key_of(Ca::HpkiAuthentication));
        let signer = Someone {
            certificate,
            chain: vec![ca.clone(), certificate_of(Ca::HpkiRoot)],
            key: doctor.key.clone(),
        };
        assert!(!is_qualified(&World::new(), &signer), "{policy}");
        assert!(!is_qualified(&World::new().policy("etsi"), &signer), "{policy}");
    }
}

#[test]
fn a_person_cannot_certify_others() {
    let dentist = person(Person::Dentist);
    let doctor = person(Person::Doctor);
    let certificate = Forge::like(&doctor.certificate).issued_by(&dentist.certificate).sign(&dentist.key);
    let chain = [vec![dentist.certificate.clone()], dentist.chain.clone()].concat();
    let signer = Someone { certificate, chain, key: doctor.key };
    for policy in ["hpki", "etsi"] {
        let world = World::new().policy(policy);
        assert!(!is_qualified(&world, &signer));
        assert_ne!(outcome(&world, &signer).0, "TOTAL-PASSED");
    }
}

#[test]
fn a_ca_is_no_person_even_with_a_role() {
    let signer = doctor_with(|forge| {
        forge.with("2.5.29.19", true, encode::sequence(&[&encode::boolean(true)])).key_usage(0x46)
    });
    assert!(!is_qualified(&World::new(), &signer));
}

#[test]
fn a_role_text_counts_byte_by_byte_and_under_the_national_scheme_only() {
    let role = |scheme: &str, text: Vec<u8>| {
        let coded = encode::tlv(
            0x31,
            &[encode::explicit(0, &encode::oid(scheme).unwrap()), encode::explicit(2, &text)].concat(),
        );
        let actor = encode::sequence(&[&encode::explicit(0, &coded)]);
        let data = encode::tlv(0x31, &actor);
        let attribute =
            encode::sequence(&[&encode::oid(oid::HEALTHCARE_ACTOR).unwrap(), &encode::tlv(0x31, &data)]);
        encode::sequence(&[&attribute])
    };
    let world = World::new();
    let with = |value: Vec<u8>| doctor_with(|forge| forge.with("2.5.29.9", false, value));
    assert!(is_qualified(&world, &with(role(oid::CODING_SCHEME, encode::utf8("Medical Doctor")))));
    for text in
        ["medical doctor", "Medical Doctor ", "Medical  Doctor", "Medical Doctor\0", "Ｍedical Doctor", ""]
    {
        assert!(!is_qualified(&world, &with(role(oid::CODING_SCHEME, encode::utf8(text)))), "{text:?}");
    }
    assert!(!is_qualified(&world, &with(role("2.999.1", encode::utf8("Medical Doctor")))));
}

#[test]
fn a_repeated_role_extension_makes_nobody_qualified() {
    let doctor = person(Person::Doctor);
    let mut forge = Forge::like(&person(Person::Nurse).certificate);
    forge.key = doctor.key.public_key_to_der().unwrap();
    let role = Forge::like(&doctor.certificate).extensions.into_iter().find(|e| e.0 == "2.5.29.9").unwrap();
    forge.extensions.push(role);
    let signer = doctor.certified_as(forge.sign(&key_of(Ca::HpkiSignature)));
    assert!(!is_qualified(&World::new(), &signer));
}

#[test]
fn a_role_in_a_certificate_that_ended_after_the_stamp_stays_a_role() {
    let expired = person(Person::Expired);
    let mut world = World::new();
    world.settings.evidence = hsign::Evidence::new();
    let signed_at = NOW - 40 * DAY;
    world.lists(&[CrlName::Signature, CrlName::Sarl], signed_at);
    world.lists(&[CrlName::Tsa, CrlName::TsaRoot], NOW);
    let in_time = stamped(&letter(), &expired, signed_at);
    assert_eq!(world.says(&in_time), "TOTAL-PASSED", "{:?}", codes(&world.verdict(&in_time)));
    assert_eq!(status(&world.verdict(&in_time)), "Qualified");
    let late = stamped(&letter(), &expired, NOW - 20 * DAY);
    assert_ne!(world.says(&late), "TOTAL-PASSED");
    assert_ne!(status(&world.verdict(&late)), "Qualified");
}

#[test]
fn what_nobody_here_understands_and_is_critical_stops_the_chain() {
    let signer = doctor_with(|forge| forge.with("2.999.77", true, encode::null()));
    for policy in ["hpki", "etsi"] {
        let world = World::new().policy(policy);
        assert!(!is_qualified(&world, &signer));
        assert_ne!(outcome(&world, &signer).0, "TOTAL-PASSED");
    }
}

#[test]
fn another_certificate_of_the_same_issuer_and_number_does_not_take_the_signers_place() {
    // Two certificates with one number: the list speaks of both, the reference of one.
    let nurse = person(Person::Nurse);
    let twin = Forge { serial: Person::Nurse.serial(), ..Forge::like(&person(Person::Doctor).certificate) };
    let twin = twin.sign(&key_of(Ca::HpkiSignature));
    let signer = Someone { chain: [vec![twin], nurse.chain.clone()].concat(), ..nurse };
    let document = stamped(&letter(), &signer, NOW - 60);
    let verdict = World::new().verdict(&document);
    assert_eq!(verdict.qualification().unwrap().roles[0].text, "General Nurse");
}

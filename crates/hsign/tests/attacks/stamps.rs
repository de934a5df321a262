//! Time stamps that are forged, borrowed or broken.

use hsign_testkit::{Ca, DAY, Person, Unit, oid};

use crate::world::*;

/// Best signature time and answer for the doctor's letter with these tokens, made when the signature value is known.
fn outcome(world: &World, tokens: impl FnOnce(&[u8]) -> Vec<Vec<u8>>) -> (i64, String) {
    let doctor = person(Person::Doctor);
    let document = signed_with(&letter(), |prepared| {
        let mut cms = baseline(prepared, &doctor);
        let value = hsign_cades::signature_value(&cms).unwrap();
        for token in tokens(&value) {
            cms = hsign_cades::with_signature_timestamp(&cms, &token).unwrap();
        }
        cms
    });
    let best = world.verdict(&document).best_signature_time().unwrap().0.unix_seconds();
    (best, world.says(&document))
}

/// Whether a stamp by `authority` of an hour ago counts.
fn counts(world: &World, authority: &Someone) -> bool {
    outcome(world, |value| vec![token(authority, value, NOW - 3_600)]).0 == NOW - 3_600
}

fn recertified(change: impl FnOnce(Forge) -> Forge, issuer: Ca) -> Someone {
    let tsa = unit(Unit::Tsa);
    let certificate = change(Forge::like(&tsa.certificate)).sign(&key_of(issuer));
    let chain = match issuer {
        Ca::Tsa => tsa.chain.clone(),
        _ => vec![certificate_of(issuer), certificate_of(Ca::HpkiRoot)],
    };
    Someone { certificate, chain, key: tsa.key }
}

#[test]
fn the_good_authority_counts_and_its_twin_of_the_same_make_too() {
    assert!(counts(&World::new(), &unit(Unit::Tsa)));
    assert!(counts(&World::new(), &recertified(|forge| forge, Ca::Tsa)));
}

#[test]
fn only_a_certificate_for_time_stamping_alone_counts() {
    let world = World::new();
    let eku = |critical: bool, purposes: &[&str]| {
        let list: Vec<u8> = purposes.iter().flat_map(|oid| hsign_asn1::encode::oid(oid).unwrap()).collect();
        let value = hsign_asn1::encode::sequence(&[&list]);
        recertified(|forge| forge.with("2.5.29.37", critical, value), Ca::Tsa)
    };
    assert!(counts(&world, &eku(true, &[oid::TIME_STAMPING])));
    assert!(!counts(&world, &eku(false, &[oid::TIME_STAMPING])));
    assert!(!counts(&world, &eku(true, &[oid::TIME_STAMPING, oid::CODE_SIGNING])));
    assert!(!counts(&world, &eku(true, &[oid::CODE_SIGNING])));
    assert!(!counts(&world, &eku(true, &["2.5.29.37.0"])));
    assert!(!counts(&world, &recertified(|forge| forge.without("2.5.29.37"), Ca::Tsa)));
}

#[test]
fn an_authority_below_the_healthcare_root_or_an_untrusted_one_does_not_count() {
    let world = World::new();
    let ca = certificate_of(Ca::HpkiSignature);
    let below_hpki =
        recertified(|forge| forge.issued_by(&ca).policies(&[oid::SIGNATURE_POLICY]), Ca::HpkiSignature);
    assert!(!counts(&world, &below_hpki));
    let commercial = certificate_of(Ca::Commercial);
    assert!(!counts(&world, &recertified(|forge| forge.issued_by(&commercial), Ca::Commercial)));
    // The doctor stamps his own signature.
    assert!(!counts(&world, &person(Person::Doctor)));
}

#[test]
fn a_stamp_from_outside_the_authoritys_validity_or_from_the_future_does_not_count() {
    let world = World::new();
    assert!(!counts(&world, &unit(Unit::TsaExpired)));
    let young = recertified(|forge| Forge { from: NOW - 60, ..forge }, Ca::Tsa);
    assert!(!counts(&world, &young));
    let future = outcome(&world, |value| vec![token(&unit(Unit::Tsa), value, NOW + 3_600)]);
    assert_eq!(future.0, NOW);
}

#[test]
fn a_stamp_over_other_data_or_over_another_signature_does_not_count() {
    let world = World::new();
    let dentist = person(Person::Dentist);
    let another = cms(&dentist, &attributes_of(&digest(b"another letter"), &dentist.certificate));
    let another = hsign_cades::signature_value(&another).unwrap();
    for other in [&b"other data"[..], b"", &another] {
        let (best, _) = outcome(&world, |_| vec![token(&unit(Unit::Tsa), other, NOW - 3_600)]);
        assert_eq!(best, NOW);
    }
}

#[test]
fn of_two_stamps_the_earlier_broken_one_never_helps_and_is_shown() {
    let world = World::new();
    let (best, says) = outcome(&world, |value| {
        vec![
            token(&unit(Unit::TsaWrongEku), value, NOW - 9 * DAY),
            token(&unit(Unit::Tsa), b"other", NOW - 8 * DAY),
            token(&unit(Unit::Tsa), value, NOW - 3_600),
        ]
    });
    assert_eq!((best, says.as_str()), (NOW - 3_600, "TOTAL-PASSED"));
}

#[test]
fn a_stamp_in_a_signed_attribute_is_a_content_stamp_and_proves_no_signature() {
    let doctor = person(Person::Doctor);
    let document = signed_with(&letter(), |prepared| {
        let content = prepared.content_digest(SHA256).unwrap();
        let mut attributes = attributes_of(&content, &doctor.certificate);
        let forged = token(&unit(Unit::Tsa), b"whatever", NOW - 9 * DAY);
        for attribute in ["1.2.840.113549.1.9.16.2.20", hsign_tsp::SIGNATURE_TIMESTAMP] {
            attributes.push(hsign_cms::attributes::attribute(attribute, &forged).unwrap());
        }
        cms(&doctor, &attributes)
    });
    let verdict = World::new().verdict(&document);
    assert_eq!(verdict.best_signature_time().unwrap().0, time(NOW));
}

#[test]
fn an_authority_without_accreditation_proves_existence_and_nothing_more() {
    let mut world = World::new();
    let text = format!(
        "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"r\"\ncertificate = \"hpki-root\"\npolicies = [\"{}\"]\n\
         [[service]]\nkind = \"tsa\"\nsubject = \"t\"\ncertificate = \"tsa-root\"\naccreditation = \"ACCREDITATION\"\n",
        oid::SIGNATURE_POLICY
    );
    let document = stamped(&letter(), &person(Person::Doctor), NOW - 60);
    for (accreditation, policy, says) in [
        ("none", "hpki", "INDETERMINATE/SIG_CONSTRAINTS_FAILURE"),
        ("none", "etsi", "TOTAL-PASSED"),
        ("mic", "eprescription", "INDETERMINATE/SIG_CONSTRAINTS_FAILURE"),
        ("e-prescription", "eprescription", "TOTAL-PASSED"),
        ("e-prescription", "hpki", "INDETERMINATE/SIG_CONSTRAINTS_FAILURE"),
    ] {
        world.settings.trust = registry(&text.replace("ACCREDITATION", accreditation));
        world = world.policy(policy);
        assert_eq!(world.says(&document), says, "{accreditation} under {policy}");
    }
}

#[test]
fn a_tsa_named_among_the_signers_anchors_only_does_not_count() {
    let mut world = World::new();
    world.settings.trust = registry(&format!(
        "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"r\"\ncertificate = \"hpki-root\"\npolicies = [\"{}\"]\n\
         [[anchor]]\nkind = \"certification-business\"\nsubject = \"t\"\ncertificate = \"tsa-root\"\n",
        oid::SIGNATURE_POLICY
    ));
    assert!(!counts(&world, &unit(Unit::Tsa)));
}

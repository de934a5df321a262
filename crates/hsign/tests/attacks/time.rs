//! A time stamp mends what time can mend (an end, a revocation, a stale list) and nothing else.

use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use hsign_testkit::{Ca, DAY, Person, Unit, oid};
use openssl::hash::MessageDigest;

use crate::world::*;

#[test]
fn a_good_signature_passes_on_the_day_and_ten_days_later_by_its_stamp() {
    let document = stamped(&letter(), &person(Person::Doctor), NOW - 60);
    assert_eq!(World::new().says(&document), "TOTAL-PASSED");
    let later = World::ten_days_later();
    assert_eq!(later.says(&document), "TOTAL-PASSED");
    assert_eq!(status(&later.verdict(&document)), "Qualified");
}

#[test]
fn without_the_stamp_stale_lists_are_not_enough() {
    let document = signed(&letter(), &person(Person::Doctor));
    assert_eq!(World::ten_days_later().says(&document), "INDETERMINATE/TRY_LATER");
}

#[test]
fn a_stamp_does_not_excuse_changes_after_signing() {
    let document = stamped(&letter(), &person(Person::Doctor), NOW - 60);
    let changed = crate::pdf::with_turned_page(&document);
    assert_eq!(World::new().says(&changed), "INDETERMINATE/SIG_CONSTRAINTS_FAILURE");
    assert_eq!(World::ten_days_later().says(&changed), "INDETERMINATE/SIG_CONSTRAINTS_FAILURE");
}

#[test]
fn a_stamp_does_not_excuse_a_missing_certificate_reference() {
    let doctor = person(Person::Doctor);
    let document = crate::pdf::adobe_signed(&letter(), |content| {
        stamp(&cms(&doctor, &attributes_of(content, &doctor.certificate)[..2]), &unit(Unit::Tsa), NOW - 60)
    });
    assert_eq!(World::new().says(&document), "INDETERMINATE/SIG_CONSTRAINTS_FAILURE");
    assert_eq!(World::ten_days_later().says(&document), "INDETERMINATE/SIG_CONSTRAINTS_FAILURE");
}

#[test]
fn a_stamp_does_not_excuse_a_ca_whose_certificate_is_signed_with_sha_1() {
    let real = certificate_of(Ca::HpkiSignature);
    let weak = Forge::like(&real).sign_with(
        &key_of(Ca::HpkiRoot),
        &SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1),
        MessageDigest::sha1(),
    );
    let doctor = person(Person::Doctor);
    let doctor = Someone { chain: vec![weak, certificate_of(Ca::HpkiRoot)], ..doctor };
    let document = stamped(&letter(), &doctor, NOW - 60);
    assert_eq!(World::new().says(&document), "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE");
    assert_eq!(World::ten_days_later().says(&document), "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE");
}

#[test]
fn a_stamp_does_not_excuse_a_key_for_encryption_only() {
    let doctor = person(Person::Doctor);
    let encryption = Forge::like(&doctor.certificate).key_usage(0x20).sign(&key_of(Ca::HpkiSignature));
    let document = stamped(&letter(), &doctor.certified_as(encryption), NOW - 60);
    for world in [World::new().policy("etsi"), World::ten_days_later().policy("etsi")] {
        assert_eq!(world.says(&document), "INDETERMINATE/CHAIN_CONSTRAINTS_FAILURE");
    }
}

#[test]
fn a_stamp_does_not_excuse_a_certificate_policy_that_the_anchor_does_not_vouch_for() {
    let document = stamped(&letter(), &person(Person::TestCard), NOW - 60);
    for world in [World::new().policy("etsi"), World::ten_days_later().policy("etsi")] {
        assert_eq!(world.says(&document), "INDETERMINATE/CHAIN_CONSTRAINTS_FAILURE");
        assert_eq!(status(&world.verdict(&document)), "TestCard");
    }
}

#[test]
fn the_claimed_signing_time_proves_nothing() {
    // Signed after the end of the certificate with a claim from before it.
    let expired = person(Person::Expired);
    let document = signed(&letter(), &expired);
    assert_ne!(World::new().judge(&document).indication().name(), "TOTAL-PASSED");
    assert_eq!(World::new().verdict(&document).best_signature_time().unwrap().0, time(NOW));
}

#[test]
fn judged_at_a_time_before_the_stamp_the_stamp_does_not_help() {
    let document = stamped(&letter(), &person(Person::Doctor), NOW);
    let mut world = World::new();
    world.now = NOW - DAY;
    assert_ne!(world.says(&document), "TOTAL-PASSED");
    let verdict = world.verdict(&document);
    assert!(codes(&verdict).contains(&"time-stamp-not-valid"), "{:?}", codes(&verdict));
}

#[test]
fn an_anchor_vouches_only_for_signatures_made_in_its_period() {
    let document = stamped(&letter(), &person(Person::Doctor), NOW - 10 * DAY);
    let from = |at| {
        let mut world = World::new();
        world.settings.trust = registry(&format!(
            "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"r\"\ncertificate = \"hpki-root\"\npolicies = [\"{}\"]\n\
             from = \"{}\"\n[[service]]\nkind = \"tsa\"\nsubject = \"t\"\ncertificate = \"tsa-root\"\n\
             accreditation = \"mic\"\n",
            oid::SIGNATURE_POLICY,
            time(at),
        ));
        world
    };
    assert_eq!(from(NOW - 11 * DAY).says(&document), "TOTAL-PASSED");
    for policy in ["hpki", "etsi"] {
        assert_ne!(from(NOW - DAY).policy(policy).says(&document), "TOTAL-PASSED", "{policy}");
    }
    let late = from(NOW - DAY);
    assert_ne!(status(&late.verdict(&document)), "Qualified");
}

//! The second at which an answer changes.

use hsign_core::facts::{ScanMode, SignedMetadata, TimestampKind};
use hsign_core::{ClaimedSigningTime, Date};
use hsign_testkit::{Ca, DAY, Person, Unit};
use hsign_validation::{Indication, SubIndication};

use crate::common::{NOW, World, certificate, codes, has, time};

#[test]
fn rfc5280_5_3_1_a_certificate_is_revoked_from_the_second_that_the_list_names() {
    let revoked = NOW - 2 * DAY;
    for (stamped, good) in [(revoked - 1, true), (revoked, false)] {
        let mut world = World::new();
        world.pki.revoke(Ca::HpkiSignature, Person::Doctor.serial(), revoked);
        world.crls_of(NOW);
        let verdict = world.verdict(world.stamped(Person::Doctor, stamped));
        assert_eq!(verdict.indication() == Indication::TotalPassed, good);
        assert_eq!(has(&verdict, "certificate-revoked-later"), good);
        assert_eq!(has(&verdict, "certificate-revoked"), !good);
        assert_eq!(has(&verdict, "first-stamp-after-revocation"), !good);
    }
}

#[test]
fn only_a_content_stamp_after_the_revocation_proves_signing_after_it() {
    let revoked = NOW - 2 * DAY;
    for (stamped, sub) in [(revoked, SubIndication::RevokedNoPoe), (revoked + 1, SubIndication::Revoked)] {
        let mut world = World::new();
        world.pki.revoke(Ca::HpkiSignature, Person::Doctor.serial(), revoked);
        world.crls_of(NOW);
        let mut signature = world.signature(Person::Doctor);
        signature.timestamps.push(world.stamp(&signature, Unit::Tsa, TimestampKind::Content, stamped));
        assert_eq!(world.verdict(signature).sub_indication(), Some(sub));
    }
}

#[test]
fn only_a_content_stamp_after_the_end_proves_signing_after_it() {
    let world = World::new();
    let end = certificate(world.pki.person(Person::Expired)).not_after().unix_seconds();
    for (stamped, failed) in [(end, false), (end + 1, true)] {
        let mut signature = world.signature(Person::Expired);
        signature.timestamps.push(world.stamp(&signature, Unit::Tsa, TimestampKind::Content, stamped));
        let verdict = world.verdict(signature);
        assert_eq!(verdict.indication() == Indication::TotalFailed, failed);
        assert_eq!(verdict.sub_indication() == Some(SubIndication::Expired), failed);
    }
}

#[test]
fn a_claim_may_be_five_minutes_after_the_proof() {
    let world = World::new();
    for (claimed, told) in [(NOW - DAY + 300, false), (NOW - DAY + 301, true)] {
        let mut facts = world.stamped(Person::Doctor, NOW - DAY);
        facts.claimed_signing_time = Some(ClaimedSigningTime(time(claimed)));
        let verdict = world.verdict(facts);
        assert_eq!(verdict.indication(), Indication::TotalPassed);
        assert_eq!(has(&verdict, "claimed-time-after-proof"), told);
    }
}

/// Guideline 5.2 §9.2: where nothing proves the time, the days are counted to the claim and not to the day of judging.
#[test]
fn guideline_9_2_without_a_proof_the_days_from_the_paper_to_the_scan_are_counted_to_the_claim() {
    let world = World::new();
    let mut said = SignedMetadata::default();
    said.received = Some(Date::in_japan(time(NOW - 11 * DAY)));
    said.scan_mode = Some(ScanMode::SameDay);
    for (claimed, late) in [(Some(NOW - 10 * DAY), false), (Some(NOW - DAY), true), (None, true)] {
        let mut facts = world.signature(Person::Doctor);
        facts.claimed_signing_time = claimed.map(|at| ClaimedSigningTime(time(at)));
        facts.metadata = Some(said.clone());
        assert_eq!(has(&world.verdict(facts), "scan-too-late"), late, "{claimed:?}");
    }
    // A proof goes before a claim.
    let mut facts = world.stamped(Person::Doctor, NOW - DAY);
    facts.claimed_signing_time = Some(ClaimedSigningTime(time(NOW - 10 * DAY)));
    facts.metadata = Some(said);
    assert!(has(&world.verdict(facts), "scan-too-late"));
}

#[test]
fn rfc3161_2_4_2_an_authority_may_be_five_minutes_ahead() {
    let world = World::new();
    for (stamped, told) in [(NOW + 300, false), (NOW + 301, true)] {
        let verdict = world.verdict(world.stamped(Person::Doctor, stamped));
        let stamp = &verdict.timestamps()[0];
        assert_eq!(codes(stamp.findings()).contains(&"time-stamp-from-the-future"), told);
        assert_eq!(stamp.indication() == Indication::TotalPassed, !told);
    }
}

#[test]
fn rfc3161_2_4_2_an_authority_stamps_from_the_first_second_of_its_certificate() {
    let world = World::new();
    let begin = certificate(world.pki.unit(Unit::Tsa)).not_before().unix_seconds();
    for (stamped, told) in [(begin - 1, true), (begin, false)] {
        let verdict = world.verdict(world.stamped(Person::Doctor, stamped));
        let findings = verdict.timestamps()[0].findings();
        assert_eq!(codes(findings).contains(&"time-stamp-outside-tsa-validity"), told);
    }
}

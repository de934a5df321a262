//! Chain, revocation and time stamps: X.509 validation, time-stamp validation, validation with time.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::*;
use hsign_core::facts::{Covered, DocumentFormat, Level, SignatureFacts, TimestampKind};
use hsign_core::ports::Need;
use hsign_core::{ClaimedSigningTime, Finding, Severity, hex};
use hsign_pki::{Provenance, TrustRegistry};
use hsign_testkit::{Ca, CrlName, DAY, Person, Unit, YEAR};
use hsign_validation::{
    Evidence, Indication, Integrity, QualificationStatus, RevocationState, SignatureVerdict, SubIndication,
    missing,
};

const PASSED: (Indication, Option<SubIndication>) = (Indication::TotalPassed, None);

fn open(sub: SubIndication) -> (Indication, Option<SubIndication>) {
    (Indication::Indeterminate, Some(sub))
}

fn result(verdict: &SignatureVerdict) -> (Indication, Option<SubIndication>) {
    (verdict.indication(), verdict.sub_indication())
}

#[track_caller]
fn assert_result(verdict: &SignatureVerdict, expected: (Indication, Option<SubIndication>)) {
    assert_eq!(result(verdict), expected, "{:#?}", verdict.findings());
}

fn best(verdict: &SignatureVerdict) -> i64 {
    verdict.best_signature_time().unwrap().0.unix_seconds()
}

// --- without a stamp -------------------------------------------------------------------------------

#[test]
fn a_signature_without_a_stamp_is_judged_at_the_validation_time_and_says_so() {
    let world = World::new();
    let verdict = world.verdict(world.signature(Person::Doctor));
    assert_result(&verdict, PASSED);
    assert_eq!(best(&verdict), NOW);
    assert!(has(&verdict, "no-time-stamp"));
    assert!(!has(&verdict, "evidence-not-yet-protected"));
}

#[test]
fn a_signature_that_exists_before_its_certificate_is_valid_fails() {
    let mut world = World::new();
    world.now = NOW - 2 * YEAR;
    world.crls_of(world.now);
    let verdict = world.verdict(world.signature(Person::Doctor));
    assert_result(&verdict, (Indication::TotalFailed, Some(SubIndication::NotYetValid)));
    assert!(has(&verdict, "signed-before-certificate-validity"));
}

#[test]
fn an_expired_signer_without_a_stamp_proves_nothing() {
    let world = World::new();
    let verdict = world.verdict(world.signature(Person::Expired));
    // A CRL made after the end says nothing by its silence, and no older one is there.
    assert_result(&verdict, open(SubIndication::CertificateChainGeneralFailure));
    assert!(has(&verdict, "certificate-expired"));
    assert!(!has(&verdict, "first-stamp-after-expiry"));
}

// --- path ------------------------------------------------------------------------------------------

#[test]
fn without_trust_no_chain_is_found() {
    let mut world = World::new();
    world.trust = TrustRegistry::default();
    let verdict = world.verdict(world.signature(Person::Doctor));
    assert_result(&verdict, open(SubIndication::NoCertificateChainFound));
}

#[test]
fn a_bare_root_is_asked_for_the_policys_own_certificate_policies() {
    let mut world = World::new();
    let root = world.pki.authority(Ca::HpkiRoot).certificate_der().to_vec();
    world.trust = TrustRegistry::from_signer_certificates(&root).unwrap();
    let doctor = world.verdict(world.signature(Person::Doctor));
    assert_result(&doctor, PASSED);
    assert_eq!(doctor.qualification().unwrap().status, QualificationStatus::Qualified);
    let card = world.verdict(world.signature(Person::TestCard));
    assert_result(&card, open(SubIndication::ChainConstraintsFailure));
    assert!(has(&card, "no-valid-policy"));
}

#[test]
fn a_role_written_by_a_ca_outside_the_ministrys_hierarchy_counts_for_nothing() {
    let mut world = World::new().policy("etsi");
    let root = world.pki.authority(Ca::HpkiRoot);
    let sha256 = hex(&hsign_x509::Certificate::from_der(root.certificate_der()).unwrap().sha256());
    let text = format!(
        "[[anchor]]\nkind = \"certification-business\"\nsubject = \"x\"\ncertificate = \"x\"\nsha256 = \"{sha256}\"\n"
    );
    world.trust = TrustRegistry::parse_toml(&text, &|_| Some(root.certificate_der().to_vec())).unwrap();
    let verdict = world.verdict(world.signature(Person::Doctor));
    assert_result(&verdict, PASSED);
    assert_eq!(verdict.qualification().unwrap().status, QualificationStatus::Undetermined);
}

#[test]
fn a_ca_certificate_that_is_missing_is_asked_for_where_the_signers_certificate_says() {
    let mut world = World::new();
    let root = world.pki.authority(Ca::CommercialRoot).certificate_der().to_vec();
    world.trust.extend(TrustRegistry::from_signer_certificates(&root).unwrap());
    let mut facts = world.signature(Person::Commercial);
    facts.signed.as_mut().unwrap().evidence.certificates.truncate(1);
    let facts = document(vec![facts]);
    let needs = missing(&facts, &world.context());
    let url = "http://pki.test/ca/commercial-ca.cer";
    let asked =
        needs.iter().any(|need| matches!(need, Need::CaCertificate { url: u, .. } if u.ends_with(".cer")));
    assert!(asked, "{url} {needs:?}");
    let ca = world.pki.authority(Ca::Commercial).certificate_der().to_vec();
    world.evidence.add(&ca, Provenance::Fetched).unwrap();
    assert!(missing(&facts, &world.context()).is_empty());
}

// --- revocation ------------------------------------------------------------------------------------

#[test]
fn a_missing_crl_leaves_it_open_and_is_named_with_its_place() {
    let mut world = World::new();
    world.without_crl(CrlName::Signature);
    let facts = world.stamped(Person::Doctor, NOW - DAY);
    let verdict = world.verdict(facts.clone());
    assert_result(&verdict, open(SubIndication::CertificateChainGeneralFailure));
    assert_eq!(verdict.qualification().unwrap().status, QualificationStatus::Undetermined);
    assert_eq!(best(&verdict), NOW - DAY, "what the stamp proves is told all the same");
    let url = CrlName::Signature.url("http://pki.test");
    let finding =
        verdict.findings().iter().find(|finding| finding.code == "revocation-data-missing").unwrap();
    assert_eq!(finding.values.get("url"), Some(&url));
    let needs = missing(&document(vec![facts]), &world.context());
    assert!(needs.iter().any(|need| matches!(need, Need::Crl { url: u, .. } if *u == url)), "{needs:?}");
}

#[test]
fn with_everything_at_hand_nothing_is_missing() {
    let world = World::new();
    let facts = document(vec![world.stamped(Person::Doctor, NOW - DAY)]);
    assert!(missing(&facts, &world.context()).is_empty());
}

#[test]
fn crls_that_travel_in_the_document_count_and_are_called_embedded() {
    let mut world = World::new();
    world.evidence = Evidence::new();
    let mut facts = document(vec![world.stamped(Person::Doctor, NOW - DAY)]);
    for list in CrlName::ALL {
        facts.evidence.crls.push(world.pki.crl(list, NOW).unwrap().into());
    }
    let verdict = world.judge(&facts).signatures()[0].clone();
    assert_result(&verdict, PASSED);
    let revocation = &verdict.revocation()[0];
    assert_eq!(revocation.status(), RevocationState::Good);
    assert_eq!(revocation.source().unwrap(), "crl-embedded");
}

#[test]
fn a_stale_crl_is_good_enough_for_the_time_it_was_fresh() {
    let mut world = World::new();
    let old = world.pki.crl(CrlName::Signature, NOW).unwrap();
    let arl = world.pki.crl(CrlName::Sarl, NOW).unwrap();
    world.now = NOW + 30 * DAY;
    world.evidence = Evidence::new();
    for list in [CrlName::Tsa, CrlName::TsaRoot] {
        let crl = world.pki.crl(list, world.now).unwrap();
        world.evidence.add(&crl, Provenance::Given).unwrap();
    }
    for crl in [old, arl] {
        world.evidence.add(&crl, Provenance::Given).unwrap();
    }
    assert_result(&world.verdict(world.stamped(Person::Doctor, NOW - DAY)), PASSED);
    let unstamped = world.verdict(world.signature(Person::Doctor));
    assert_result(&unstamped, open(SubIndication::TryLater));
    assert!(has(&unstamped, "revocation-data-not-fresh"));
}

#[test]
fn a_crl_gathered_before_the_stamp_is_accepted_with_a_finding_or_waited_for() {
    let mut world = World::new();
    let facts = world.stamped(Person::Doctor, NOW);
    let accepted = world.verdict(facts.clone());
    assert_result(&accepted, PASSED);
    assert!(has(&accepted, "crl-older-than-stamp"));
    world.policy_with("older_than_stamp = \"accepted\"", "older_than_stamp = \"try-later\"");
    assert_result(&world.verdict(facts.clone()), open(SubIndication::TryLater));
    let needs = missing(&document(vec![facts]), &world.context());
    let url = CrlName::Signature.url("http://pki.test");
    assert!(needs.iter().any(|need| matches!(need, Need::Crl { url: u, .. } if *u == url)), "{needs:?}");
    world.now = NOW + DAY;
    world.crls_of(world.now);
    let later = world.verdict(world.stamped(Person::Doctor, NOW));
    assert_result(&later, PASSED);
    assert!(!has(&later, "crl-older-than-stamp"));
}

#[test]
fn a_limit_of_age_makes_a_current_crl_too_old() {
    let mut world = World::new();
    world.policy_with("[validation]", "max_age_seconds = 60\n\n[validation]");
    let verdict = world.verdict(world.signature(Person::Doctor));
    assert_result(&verdict, open(SubIndication::TryLater));
}

#[test]
fn a_revocation_after_the_stamp_does_no_harm_and_one_before_it_does() {
    for (revoked, expected) in [(NOW - DAY, PASSED), (NOW - 3 * DAY, open(SubIndication::RevokedNoPoe))] {
        let mut world = World::new();
        world.pki.revoke(Ca::HpkiSignature, Person::Doctor.serial(), revoked);
        world.crls_of(NOW);
        let verdict = world.verdict(world.stamped(Person::Doctor, NOW - 2 * DAY));
        assert_result(&verdict, expected);
        assert_eq!(verdict.revocation()[0].status(), RevocationState::Revoked);
        assert_eq!(has(&verdict, "first-stamp-after-revocation"), expected != PASSED);
        assert_eq!(has(&verdict, "certificate-revoked"), expected != PASSED);
        assert_eq!(has(&verdict, "certificate-revoked-later"), expected == PASSED);
    }
}

#[test]
fn a_revoked_signer_without_a_stamp_is_never_passed() {
    let world = World::new();
    let verdict = world.verdict(world.signature(Person::Revoked));
    assert_result(&verdict, open(SubIndication::RevokedNoPoe));
    assert!(has(&verdict, "certificate-revoked"));
}

#[test]
fn a_revoked_ca_is_told_from_a_revoked_signer() {
    let mut world = World::new();
    let ca =
        hsign_x509::Certificate::from_der(world.pki.authority(Ca::HpkiSignature).certificate_der()).unwrap();
    let serial = ca.serial().iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    world.pki.revoke(Ca::HpkiRoot, serial, NOW - 3 * DAY);
    world.crls_of(NOW);
    let verdict = world.verdict(world.stamped(Person::Doctor, NOW - 2 * DAY));
    assert_result(&verdict, open(SubIndication::RevokedCaNoPoe));
}

// --- end of the certificate ------------------------------------------------------------------------

#[test]
fn a_stamp_from_before_the_end_of_the_certificate_proves_it_was_signed_in_time() {
    let world = World::after_the_end();
    let verdict = world.verdict(world.stamped(Person::Expired, NOW - 32 * DAY));
    assert_result(&verdict, PASSED);
    assert_eq!(verdict.qualification().unwrap().status, QualificationStatus::Qualified);
}

#[test]
fn a_first_stamp_after_the_end_of_the_certificate_never_passes() {
    for policy in ["hpki", "etsi"] {
        let world = World::after_the_end().policy(policy);
        let verdict = world.verdict(world.stamped(Person::Expired, NOW - 10 * DAY));
        assert_eq!(verdict.indication(), Indication::Indeterminate);
        assert!(has(&verdict, "first-stamp-after-expiry"), "{:#?}", verdict.findings());
        assert_ne!(verdict.qualification().unwrap().status, QualificationStatus::Qualified);
    }
}

// --- which stamp counts ----------------------------------------------------------------------------

#[test]
fn the_earliest_valid_stamp_makes_the_best_signature_time() {
    let world = World::new();
    let mut facts = world.stamped(Person::Doctor, NOW - DAY);
    let earlier = world.stamp(&facts, Unit::TsaP256, TimestampKind::Signature, NOW - 2 * DAY);
    facts.timestamps.push(earlier);
    let verdict = world.verdict(facts);
    assert_result(&verdict, PASSED);
    assert_eq!(best(&verdict), NOW - 2 * DAY);
}

#[test]
fn a_broken_stamp_never_helps_and_is_always_shown() {
    let world = World::new();
    let mut facts = world.stamped(Person::Doctor, NOW - DAY);
    let mut broken = world.stamp(&facts, Unit::Tsa, TimestampKind::Signature, NOW - 2 * DAY);
    broken.read.as_mut().unwrap().imprint.actual.as_mut().unwrap().value.0[0] ^= 1;
    facts.timestamps.push(broken);
    let verdict = world.verdict(facts.clone());
    assert_result(&verdict, PASSED);
    assert_eq!(best(&verdict), NOW - DAY);
    assert_eq!(verdict.timestamps().len(), 2);
    assert_eq!(verdict.timestamps()[1].integrity(), Integrity::Invalid);
    assert_eq!(verdict.timestamps()[1].sub_indication(), Some(SubIndication::HashFailure));
    assert!(has(&verdict, "time-stamp-not-valid"));
    facts.timestamps.remove(0);
    let alone = world.verdict(facts);
    assert_eq!(best(&alone), NOW);
    assert!(has(&alone, "no-valid-time-stamp"));
}

#[test]
fn a_stamp_over_something_else_proves_nothing_about_the_signature() {
    let world = World::new();
    let mut facts = world.stamped(Person::Doctor, NOW - DAY);
    facts.timestamps[0].covers = vec![Covered::SignatureValue { signature: "another".to_owned() }];
    let verdict = world.verdict(facts);
    assert_eq!(best(&verdict), NOW);
    assert!(has(&verdict, "no-time-stamp"));
}

#[test]
fn a_document_time_stamp_over_the_signature_is_as_good_a_first_proof() {
    let world = World::new();
    let signature = world.signature(Person::Doctor);
    let mut stamp = world.stamp(&signature, Unit::Tsa, TimestampKind::Document, NOW - DAY);
    stamp.covers.push(Covered::DocumentPrefix { length: 1 });
    let mut facts = document(vec![signature]);
    facts.timestamps.push(stamp);
    let verdict = world.judge(&facts);
    assert_eq!(verdict.timestamps().len(), 1);
    let signature = &verdict.signatures()[0];
    assert_result(signature, PASSED);
    assert_eq!(best(signature), NOW - DAY);
    assert_eq!(signature.timestamps().len(), 1);
    assert!(!has(signature, "no-time-stamp"));
    assert!(has(signature, "evidence-not-yet-protected"));
}

#[test]
fn evidence_counts_as_protected_only_at_the_archive_level() {
    let world = World::new();
    let interim = world.verdict(world.stamped(Person::Doctor, NOW - 2 * DAY));
    assert!(has(&interim, "evidence-not-yet-protected"));
    let mut signature = world.stamped(Person::Doctor, NOW - 2 * DAY);
    signature.level = Level::BLta;
    let stamp = world.stamp(&signature, Unit::Tsa, TimestampKind::Document, NOW - DAY);
    let mut facts = document(vec![signature]);
    facts.timestamps.push(stamp);
    let archived = world.judge(&facts).signatures()[0].clone();
    assert_result(&archived, PASSED);
    assert!(!has(&archived, "evidence-not-yet-protected"));
}

/// Those over references have the kind of archive time stamps and leave the level where it is (EN 319 132-1).
#[test]
fn a_stamp_of_the_signature_itself_that_makes_no_archive_level_protects_no_evidence() {
    let world = World::new();
    for (level, protected) in [(Level::BLt, false), (Level::BLta, true)] {
        let mut signature = world.stamped(Person::Doctor, NOW - 2 * DAY);
        signature.level = level;
        let stamp = world.stamp(&signature, Unit::Tsa, TimestampKind::Archive, NOW - DAY);
        signature.timestamps.push(stamp);
        let verdict = world.verdict(signature);
        assert_result(&verdict, PASSED);
        assert_eq!(has(&verdict, "evidence-not-yet-protected"), !protected, "{level}");
    }
}

#[test]
fn stamps_that_contradict_each_other_are_an_order_failure() {
    let world = World::new();
    let mut facts = world.stamped(Person::Doctor, NOW - 2 * DAY);
    facts.timestamps.push(world.stamp(&facts, Unit::Tsa, TimestampKind::Content, NOW - DAY));
    assert_result(&world.verdict(facts), open(SubIndication::TimestampOrderFailure));
    let mut facts = world.stamped(Person::Doctor, NOW - DAY);
    facts.timestamps.push(world.stamp(&facts, Unit::Tsa, TimestampKind::Content, NOW - DAY + 1));
    assert_result(&world.verdict(facts), PASSED);
}

#[test]
fn a_content_stamp_later_than_revocation_or_end_proves_signing_after_it() {
    let world = World::new();
    let mut revoked = world.signature(Person::Revoked);
    revoked.timestamps.push(world.stamp(&revoked, Unit::Tsa, TimestampKind::Content, NOW - DAY));
    assert_result(&world.verdict(revoked), (Indication::TotalFailed, Some(SubIndication::Revoked)));
    let mut expired = world.signature(Person::Expired);
    expired.timestamps.push(world.stamp(&expired, Unit::Tsa, TimestampKind::Content, NOW - DAY));
    assert_result(&world.verdict(expired), (Indication::TotalFailed, Some(SubIndication::Expired)));
}

#[test]
fn the_delay_rule_compares_claim_and_proof_where_the_policy_has_one() {
    let mut world = World::new();
    world.policy_with("[changes]", "max_delay_seconds = 3600\n\n[changes]");
    let claim = |seconds| Some(ClaimedSigningTime(time(seconds)));
    for (claimed, expected) in [
        (claim(NOW - DAY - 60), PASSED),
        (claim(NOW - 2 * DAY), open(SubIndication::SigConstraintsFailure)),
        (None, open(SubIndication::SigConstraintsFailure)),
    ] {
        let mut facts = world.stamped(Person::Doctor, NOW - DAY);
        facts.claimed_signing_time = claimed;
        assert_result(&world.verdict(facts), expected);
    }
}

// --- the authority ---------------------------------------------------------------------------------

fn with_accreditation(class: &str, from: i64, to: i64, policy: &str) -> SignatureVerdict {
    let mut world = World::new().policy(policy);
    world.trust = registry(&world.pki, class, from, to);
    world.verdict(world.stamped(Person::Doctor, NOW - DAY))
}

#[test]
fn an_authority_that_is_not_accredited_proves_existence_and_nothing_more_under_hpki() {
    let verdict = with_accreditation("none", NOW - YEAR, NOW + YEAR, "hpki");
    assert_result(&verdict, open(SubIndication::SigConstraintsFailure));
    assert!(has(&verdict, "tsa-not-accredited"));
    assert_eq!(best(&verdict), NOW - DAY);
    assert_eq!(verdict.timestamps()[0].indication(), Indication::TotalPassed);
    assert_result(&with_accreditation("none", NOW - YEAR, NOW + YEAR, "etsi"), PASSED);
}

#[test]
fn an_accreditation_counts_inside_its_period_only() {
    assert_result(&with_accreditation("jadac", NOW - YEAR, NOW + YEAR, "hpki"), PASSED);
    for (from, to) in [(NOW - YEAR, NOW - 2 * DAY), (NOW, NOW + YEAR)] {
        let verdict = with_accreditation("mic", from, to, "hpki");
        assert_result(&verdict, open(SubIndication::SigConstraintsFailure));
        assert_eq!(verdict.timestamps()[0].tsa().unwrap().accreditation_name(), "none");
    }
}

/// Which limit the stamp lies beyond, where the registry knows an accreditation for another time.
#[test]
fn guideline_6_12_an_accreditation_of_another_time_is_told_with_its_limit() {
    let told = |class: &str, from: i64, to: i64| {
        let verdict = with_accreditation(class, from, to, "hpki");
        let findings = verdict.timestamps()[0].findings().iter();
        let found = findings.filter(|finding| finding.code == "tsa-accreditation-not-then");
        let limits = found.map(|finding| {
            ["from", "to"].into_iter().filter(|limit| finding.values.contains_key(*limit)).collect::<String>()
        });
        limits.collect::<Vec<_>>()
    };
    let stamp = NOW - DAY;
    assert_eq!(told("mic", NOW - YEAR, stamp - 1), ["to"]);
    assert_eq!(told("mic", stamp + 1, NOW + YEAR), ["from"]);
    assert!(told("mic", stamp, stamp).is_empty(), "both limits are inclusive");
    assert!(told("none", NOW - YEAR, NOW + YEAR).is_empty());
    assert!(told("none", NOW - YEAR, stamp - 1).is_empty(), "there was no accreditation at any time");
}

#[test]
fn electronic_prescriptions_ask_for_their_own_service() {
    let verdict = with_accreditation("mic", NOW - YEAR, NOW + YEAR, "eprescription");
    assert_result(&verdict, open(SubIndication::SigConstraintsFailure));
    assert_result(&with_accreditation("e-prescription", NOW - YEAR, NOW + YEAR, "eprescription"), PASSED);
}

/// The status of a signature stamped by `unit`, and its stamp's.
fn stamped_by(
    unit: Unit,
    at: i64,
    change: impl Fn(&mut World, &mut SignatureFacts),
) -> (i64, SignatureVerdict) {
    let mut world = World::new();
    let mut facts = world.signature(Person::Doctor);
    facts.timestamps.push(world.stamp(&facts, unit, TimestampKind::Signature, at));
    change(&mut world, &mut facts);
    let verdict = world.verdict(facts);
    (best(&verdict), verdict)
}

#[track_caller]
fn assert_useless(outcome: (i64, SignatureVerdict), sub: SubIndication) {
    let (best, verdict) = outcome;
    assert_eq!(best, NOW, "a stamp that isn't valid proves nothing");
    let stamp = &verdict.timestamps()[0];
    assert_eq!(stamp.sub_indication(), Some(sub), "{:#?}", stamp.findings());
    assert!(has(&verdict, "no-valid-time-stamp"));
}

#[test]
fn an_authority_needs_the_critical_and_only_purpose_of_time_stamping() {
    for unit in [Unit::TsaWrongEku, Unit::TsaNonCriticalEku] {
        assert_useless(stamped_by(unit, NOW - DAY, |_, _| ()), SubIndication::ChainConstraintsFailure);
    }
}

#[test]
fn an_expired_authority_proves_nothing_without_archive_material() {
    let outcome = stamped_by(Unit::TsaExpired, NOW - 60 * DAY, |_, _| ());
    assert_eq!(outcome.1.timestamps()[0].indication(), Indication::Indeterminate);
    assert_useless(outcome, SubIndication::CertificateChainGeneralFailure);
}

#[test]
fn a_stamp_from_outside_its_authoritys_validity_or_from_the_future_is_not_believed() {
    let ahead = stamped_by(Unit::Tsa, NOW + DAY, |_, _| ());
    assert_useless(ahead, SubIndication::SigConstraintsFailure);
    let before = stamped_by(Unit::Tsa, NOW - 2 * YEAR, |_, _| ());
    assert_useless(before, SubIndication::SigConstraintsFailure);
}

#[test]
fn an_unknown_authority_and_one_of_unknown_status_prove_nothing() {
    let unknown = stamped_by(Unit::Tsa, NOW - DAY, |world, _| {
        let root = world.pki.authority(Ca::HpkiRoot).certificate_der().to_vec();
        world.trust = TrustRegistry::from_signer_certificates(&root).unwrap();
    });
    assert_eq!(unknown.1.timestamps()[0].tsa().unwrap().accreditation_name(), "undetermined");
    assert_useless(unknown, SubIndication::NoCertificateChainFound);
    let no_crl = stamped_by(Unit::Tsa, NOW - DAY, |world, _| world.without_crl(CrlName::Tsa));
    assert_useless(no_crl, SubIndication::CertificateChainGeneralFailure);
}

#[test]
fn a_token_without_a_certificate_reference_or_with_another_ones_proves_nothing() {
    let without = stamped_by(Unit::Tsa, NOW - DAY, |_, facts| {
        facts.timestamps[0].read.as_mut().unwrap().signed.certificate_references.clear();
    });
    assert_useless(without, SubIndication::SigConstraintsFailure);
    let another = stamped_by(Unit::Tsa, NOW - DAY, |_, facts| {
        let reference = &mut facts.timestamps[0].read.as_mut().unwrap().signed.certificate_references[0];
        reference.digest.value.0[0] ^= 1;
    });
    assert_useless(another, SubIndication::NoSigningCertificateFound);
}

#[test]
fn what_the_format_found_wrong_with_a_token_makes_it_useless() {
    let faulty = stamped_by(Unit::Tsa, NOW - DAY, |_, facts| {
        facts.timestamps[0].findings.push(Finding::error("timestamp-not-one-signer"));
    });
    assert_useless(faulty, SubIndication::SigConstraintsFailure);
    let unreadable = stamped_by(Unit::Tsa, NOW - DAY, |_, facts| facts.timestamps[0].read = None);
    assert_useless(unreadable, SubIndication::FormatFailure);
}

// --- documents -------------------------------------------------------------------------------------

#[test]
fn a_document_is_as_good_as_its_worst_signature() {
    let world = World::new();
    let good = world.stamped(Person::Doctor, NOW - DAY);
    let mut broken = world.signature(Person::Pharmacist);
    broken.id = "Signature2".to_owned();
    broken.signed.as_mut().unwrap().value.0[5] ^= 1;
    let mut unqualified = world.signature(Person::NoRole);
    unqualified.id = "Signature3".to_owned();
    let verdict = world.judge(&document(vec![good.clone(), unqualified.clone()]));
    assert_eq!(verdict.indication(), Indication::Indeterminate);
    let verdict = world.judge(&document(vec![good, broken, unqualified]));
    assert_eq!(verdict.indication(), Indication::TotalFailed);
    assert_eq!(verdict.sub_indication(), Some(SubIndication::SigCryptoFailure));
}

#[test]
fn a_document_without_a_signature_has_none_even_when_it_is_stamped() {
    let world = World::new();
    assert_eq!(world.judge(&document(Vec::new())).indication(), Indication::NoSignature);
    let mut facts = document(Vec::new());
    let over = world.signature(Person::Doctor);
    facts.timestamps.push(world.stamp(&over, Unit::Tsa, TimestampKind::Document, NOW - DAY));
    let verdict = world.judge(&facts);
    assert_eq!(verdict.indication(), Indication::NoSignature);
    assert_eq!(verdict.timestamps()[0].indication(), Indication::TotalPassed);
    facts.format = DocumentFormat::Timestamp;
    assert_eq!(world.judge(&facts).indication(), Indication::TotalPassed);
}

#[test]
fn an_error_of_the_document_spoils_what_would_pass() {
    let world = World::new();
    let mut facts = document(vec![world.stamped(Person::Doctor, NOW - DAY)]);
    facts.findings.push(Finding::error("form-field-unreadable"));
    let verdict = world.judge(&facts);
    assert_eq!(verdict.indication(), Indication::Indeterminate);
    assert_eq!(verdict.signatures()[0].indication(), Indication::TotalPassed);
}

#[test]
fn what_passes_carries_no_finding_of_severity_error() {
    let mut world = World::new();
    world.pki.revoke(Ca::HpkiSignature, Person::Doctor.serial(), NOW - DAY);
    world.crls_of(NOW);
    for person in [Person::Doctor, Person::Dentist, Person::DoctorP256] {
        let verdict = world.verdict(world.stamped(person, NOW - 2 * DAY));
        assert_result(&verdict, PASSED);
        let stamps = verdict.timestamps().iter().flat_map(|stamp| stamp.findings());
        let errors: Vec<_> = verdict
            .findings()
            .iter()
            .chain(stamps)
            .filter(|finding| finding.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

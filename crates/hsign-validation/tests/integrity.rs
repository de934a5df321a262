//! Format checking, signer identification, cryptographic verification, signature acceptance.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeMap;

use common::*;
use hsign_core::facts::{
    Change, ChangeKind, Coverage, Covered, EvidenceFacts, Level, ModificationVerdict, Modifications,
    SignatureFacts, SignedObject, SignerIdentifier, TimestampKind,
};
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Digest, DigestAlgorithm, Finding, Octets, SignatureAlgorithm};
use hsign_pki::{Provenance, TrustRegistry};
use hsign_testkit::{DAY, Person, Unit};
use hsign_validation::{
    CheckKind, Conclusion, Context, Indication, Integrity, SignatureVerdict, SubIndication, judge,
};
use hsign_x509::Certificate;

type Answer = (Indication, Option<SubIndication>, Integrity);

fn answer(world: &World, change: impl Fn(&mut SignatureFacts)) -> Answer {
    let mut facts = world.stamped(Person::Doctor, NOW - DAY);
    change(&mut facts);
    let verdict = world.verdict(facts);
    (verdict.indication(), verdict.sub_indication(), verdict.integrity())
}

fn signed(facts: &mut SignatureFacts) -> &mut SignedObject {
    facts.signed.as_mut().unwrap()
}

#[test]
fn a_changed_digest_is_a_hash_failure() {
    let found = answer(&World::new(), |facts| {
        signed(facts).references[0].actual.as_mut().unwrap().value.0[0] ^= 1;
    });
    assert_eq!(found, (Indication::TotalFailed, Some(SubIndication::HashFailure), Integrity::Invalid));
}

#[test]
fn a_changed_digest_is_told_by_the_clause_of_the_form() {
    let world = World::new();
    for (name, clause) in
        [("message-digest", "RFC 5652 §5.6"), ("document.xml", "EN 319 102-1, cryptographic verification")]
    {
        let mut facts = world.signature(Person::Doctor);
        signed(&mut facts).references[0].name = name.to_owned();
        signed(&mut facts).references[0].actual.as_mut().unwrap().value.0[0] ^= 1;
        let verdict = world.verdict(facts);
        let told = verdict.findings().iter().find(|finding| finding.code == "digest-mismatch").unwrap();
        assert_eq!((told.clause.as_deref(), told.values["reference"].as_str()), (Some(clause), name));
    }
}

#[test]
fn a_changed_value_or_changed_signed_octets_are_a_signature_failure() {
    let failed = (Indication::TotalFailed, Some(SubIndication::SigCryptoFailure), Integrity::Invalid);
    assert_eq!(answer(&World::new(), |facts| signed(facts).value.0[9] ^= 1), failed);
    assert_eq!(answer(&World::new(), |facts| signed(facts).signed_octets.0[9] ^= 1), failed);
}

#[test]
fn what_is_not_at_hand_leaves_the_integrity_open() {
    let open = (Indication::Indeterminate, Some(SubIndication::SignedDataNotFound), Integrity::Undetermined);
    assert_eq!(answer(&World::new(), |facts| signed(facts).references[0].actual = None), open);
    assert_eq!(answer(&World::new(), |facts| signed(facts).references.clear()), open);
}

#[test]
fn a_failure_of_the_cryptography_goes_before_a_missing_chain() {
    let mut world = World::new();
    world.trust = TrustRegistry::default();
    let found = answer(&world, |facts| signed(facts).value.0[9] ^= 1);
    assert_eq!(found.1, Some(SubIndication::SigCryptoFailure));
}

#[test]
fn the_integrity_is_told_whatever_the_trust() {
    let mut world = World::new();
    world.trust = TrustRegistry::default();
    let found = answer(&world, |_| ());
    assert_eq!(
        found,
        (Indication::Indeterminate, Some(SubIndication::NoCertificateChainFound), Integrity::Valid)
    );
}

/// Says what it is told to, to every question.
struct Scripted(SignatureValidity);

impl SignatureVerifier for Scripted {
    fn verify(&self, _: &SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> SignatureValidity {
        self.0.clone()
    }
}

#[test]
fn an_algorithm_that_cannot_be_checked_is_no_pass_and_no_failure() {
    let world = World::new();
    let verifier = Scripted(SignatureValidity::Unsupported("no such curve".to_owned()));
    let context = Context { verifier: &verifier, ..world.context() };
    let verdict = judge(&document(vec![world.signature(Person::Doctor)]), &context);
    let signature = &verdict.signatures()[0];
    assert_eq!(signature.indication(), Indication::Indeterminate);
    assert_eq!(signature.integrity(), Integrity::Undetermined);
    assert!(has(signature, "algorithm-unsupported"));
}

#[test]
fn a_verifier_that_denies_everything_lets_nothing_pass() {
    let world = World::new();
    let verifier = Scripted(SignatureValidity::Invalid);
    let context = Context { verifier: &verifier, ..world.context() };
    let verdict = judge(&document(vec![world.stamped(Person::Doctor, NOW - DAY)]), &context);
    assert_eq!(verdict.indication(), Indication::TotalFailed);
    assert_eq!(verdict.signatures()[0].timestamps()[0].indication(), Indication::TotalFailed);
}

#[test]
fn without_the_signers_certificate_nobody_is_identified() {
    let world = World::new();
    let found = answer(&world, |facts| signed(facts).evidence.certificates.clear());
    assert_eq!(found.1, Some(SubIndication::NoSigningCertificateFound));
    assert_eq!(found.2, Integrity::Undetermined);
}

#[test]
fn the_signers_certificate_may_arrive_as_evidence() {
    let mut world = World::new();
    let identity = world.pki.person(Person::Doctor);
    let own = identity.certificate_der().to_vec();
    let chain = identity.chain_der().to_vec();
    for der in std::iter::once(&own).chain(&chain) {
        world.evidence.add(der, Provenance::Given).unwrap();
    }
    let found = answer(&world, |facts| signed(facts).evidence.certificates.clear());
    assert_eq!(found, (Indication::TotalPassed, None, Integrity::Valid));
    // Read already, as those of a card are.
    let mut world = World::new();
    let before = world.evidence.len();
    for der in std::iter::once(&own).chain(&chain) {
        world.evidence.add_certificate(Certificate::from_der(der).unwrap());
    }
    assert_eq!(world.evidence.len(), before + 1 + chain.len());
    let found = answer(&world, |facts| signed(facts).evidence.certificates.clear());
    assert_eq!(found, (Indication::TotalPassed, None, Integrity::Valid));
}

#[test]
fn a_certificate_that_the_signed_reference_does_not_name_is_not_the_signers() {
    let world = World::new();
    let other = certificate(world.pki.person(Person::Pharmacist)).sha256();
    let mut facts = world.signature(Person::Doctor);
    signed(&mut facts).certificate_references[0].digest =
        Digest::new(DigestAlgorithm::Sha256, other.to_vec());
    let verdict = world.verdict(facts);
    assert_eq!(verdict.sub_indication(), Some(SubIndication::NoSigningCertificateFound));
    assert_eq!(verdict.integrity(), Integrity::Valid, "digests and value, whatever the reference");
    assert!(has(&verdict, "certificate-reference-mismatch"));
}

#[test]
fn a_certificate_exchanged_for_somebody_elses_leaves_the_signer_unknown() {
    let world = World::new();
    let other = world.pki.person(Person::Pharmacist).certificate_der().to_vec();
    let named = certificate(world.pki.person(Person::Pharmacist));
    let mut facts = world.signature(Person::Doctor);
    let object = signed(&mut facts);
    object.evidence.certificates = vec![other.into()];
    // As XML does: KeyInfo's certificate is the only hint.
    object.signer.issuer = Some(named.issuer().der().into());
    object.signer.serial = Some(named.serial().into());
    let verdict = world.verdict(facts.clone());
    assert_eq!(verdict.indication(), Indication::Indeterminate);
    assert_eq!(verdict.sub_indication(), Some(SubIndication::NoSigningCertificateFound));
    assert_eq!(verdict.integrity(), Integrity::Undetermined, "nobody knows the key");
    // What needs no key is still told.
    signed(&mut facts).references[0].actual = None;
    assert_eq!(world.verdict(facts.clone()).integrity(), Integrity::Undetermined);
    signed(&mut facts).references[0].actual = Some(Digest::new(DigestAlgorithm::Sha256, vec![0; 32]));
    let verdict = world.verdict(facts);
    assert_eq!(verdict.integrity(), Integrity::Invalid);
    assert_eq!(verdict.sub_indication(), Some(SubIndication::HashFailure));
}

#[test]
fn another_certificate_at_hand_with_the_referenced_digest_is_verified_with_and_fails() {
    let world = World::new();
    let pharmacist = world.pki.person(Person::Pharmacist).certificate_der().to_vec();
    let digest = certificate(world.pki.person(Person::Pharmacist)).sha256();
    let mut facts = world.signature(Person::Doctor);
    signed(&mut facts).certificate_references[0].digest =
        Digest::new(DigestAlgorithm::Sha256, digest.to_vec());
    signed(&mut facts).evidence.certificates.push(pharmacist.into());
    let verdict = world.verdict(facts);
    assert_eq!(verdict.sub_indication(), Some(SubIndication::SigCryptoFailure));
    assert!(has(&verdict, "signer-identifier-differs"));
}

#[test]
fn a_missing_certificate_reference_is_judged_by_the_policy() {
    let without = |facts: &mut SignatureFacts| signed(facts).certificate_references.clear();
    let found = answer(&World::new(), without);
    assert_eq!(found.0, Indication::Indeterminate);
    assert_eq!(found.1, Some(SubIndication::SigConstraintsFailure));
    assert_eq!(answer(&World::new().policy("etsi"), without).0, Indication::TotalPassed);
}

#[test]
fn a_sha_1_reference_still_identifies_the_certificate() {
    let world = World::new();
    let der = world.pki.person(Person::Doctor).certificate_der().to_vec();
    let sha1 = hsign_crypto::digest(DigestAlgorithm::Sha1, &der).unwrap();
    let found = answer(&world, |facts| signed(facts).certificate_references[0].digest = sha1.clone());
    assert_eq!(found.0, Indication::TotalPassed);
}

#[test]
fn an_error_of_the_format_is_a_format_failure_and_the_rest_is_still_told() {
    let world = World::new();
    let mut facts = world.stamped(Person::Doctor, NOW - DAY);
    facts.findings.push(Finding::error("byte-range-overlap"));
    let verdict = world.verdict(facts);
    assert_eq!(verdict.indication(), Indication::TotalFailed);
    assert_eq!(verdict.sub_indication(), Some(SubIndication::FormatFailure));
    assert_eq!(verdict.integrity(), Integrity::Valid);
    assert!(verdict.signer().is_some());
}

#[test]
fn a_signature_that_cannot_be_judged_is_listed_and_open() {
    let world = World::new();
    let mut facts = world.signature(Person::Doctor);
    facts.signed = None;
    let verdict = world.judge(&document(vec![facts]));
    assert_eq!(verdict.indication(), Indication::Indeterminate);
    assert_eq!(verdict.signatures().len(), 1);
    assert!(has(&verdict.signatures()[0], "signature-not-judged"));
}

fn change(kind: ChangeKind, verdict: ModificationVerdict) -> Change {
    Change {
        kind,
        verdict,
        revision: 1,
        page: Some(2),
        position: None,
        object: Some(7),
        values: BTreeMap::new(),
    }
}

fn suspicious(kind: ChangeKind) -> Change {
    change(kind, ModificationVerdict::Suspicious)
}

fn changed(world: World, changes: &[Change]) -> SignatureVerdict {
    let mut facts = world.stamped(Person::Doctor, NOW - DAY);
    facts.modifications = Some(Modifications { revisions: 2, changes: changes.to_vec() });
    facts.coverage = Coverage::WholeRevision;
    world.verdict(facts)
}

#[test]
fn a_change_that_the_signature_forbids_makes_it_fail_by_its_format() {
    let forbidden = change(ChangeKind::PageAdded, ModificationVerdict::Forbidden);
    let verdict = changed(World::new(), &[suspicious(ChangeKind::AnnotationAdded), forbidden]);
    assert_eq!(verdict.indication(), Indication::TotalFailed);
    assert_eq!(verdict.sub_indication(), Some(SubIndication::FormatFailure));
    assert!(has(&verdict, "page-added"));
    assert_eq!(verdict.modifications().unwrap().verdict(), ModificationVerdict::Forbidden);
}

#[test]
fn the_policy_may_judge_a_kind_of_change_in_another_way() {
    let with = |kind: &str, change: &Change| {
        let mut world = World::new();
        world.policy_with("[changes]", &format!("[changes]\n{kind}"));
        changed(world, std::slice::from_ref(change))
    };
    let added = suspicious(ChangeKind::AnnotationAdded);
    let verdict = with("annotation-added = \"permitted\"", &added);
    assert_eq!(verdict.indication(), Indication::TotalPassed);
    assert_eq!(verdict.modifications().unwrap().verdict(), ModificationVerdict::Permitted);
    assert_eq!(with("annotation-added = \"forbidden\"", &added).indication(), Indication::TotalFailed);
    let filled = change(ChangeKind::FormFieldFilled, ModificationVerdict::Permitted);
    assert_eq!(with("", &filled).indication(), Indication::TotalPassed);
    assert_eq!(with("form-field-filled = \"suspicious\"", &filled).indication(), Indication::Indeterminate);
    // What the signature itself rules out no policy allows.
    let forbidden = change(ChangeKind::AnnotationAdded, ModificationVerdict::Forbidden);
    let verdict = with("annotation-added = \"permitted\"", &forbidden);
    assert_eq!(verdict.indication(), Indication::TotalFailed);
}

#[test]
fn changes_after_signing_that_nobody_examined_never_pass() {
    for policy in ["hpki", "etsi", "eprescription"] {
        let verdict = changed(World::new().policy(policy), &[suspicious(ChangeKind::NotComparable)]);
        assert_eq!(verdict.indication(), Indication::Indeterminate);
        assert_eq!(verdict.sub_indication(), Some(SubIndication::SigConstraintsFailure));
        assert!(has(&verdict, "not-comparable"));
    }
}

#[test]
fn further_signatures_alone_are_told_and_do_no_harm() {
    let added = change(ChangeKind::SignatureAdded, ModificationVerdict::Permitted);
    let verdict = changed(World::new(), &[added]);
    assert_eq!(verdict.indication(), Indication::TotalPassed);
    assert!(has(&verdict, "signed-or-stamped-again"));
}

#[test]
fn a_signature_over_part_of_the_document_never_passes() {
    let found = answer(&World::new(), |facts| facts.coverage = Coverage::Partial);
    assert_eq!(found.0, Indication::Indeterminate);
    assert_eq!(found.1, Some(SubIndication::SigConstraintsFailure));
}

/// A row of the policy's own.
fn row(sort: &str, limits: &str) -> String {
    format!("[[algorithms.{sort}]]\n{limits}\nsource = \"the test\"\nconfidence = \"certain\"\n")
}

#[test]
fn an_algorithm_below_the_policys_strength_needs_a_proof_that_nobody_has() {
    let mut world = World::new();
    world.policy_with("[signing]", &format!("{}\n[signing]", row("digest", "name = \"SHA-256\"\ncollision = \"2020-12-31\"\nsecond_pre_image = \"no-end\"\ncertificate_identifier = \"no-end\"")));
    let found = answer(&world, |_| ());
    assert_eq!(found.0, Indication::Indeterminate);
    assert_eq!(found.1, Some(SubIndication::CryptoConstraintsFailureNoPoe));
    assert_eq!(found.2, Integrity::Valid);
    let mut world = World::new();
    world.policy_with(
        "[signing]",
        &format!("{}\n[signing]", row("key", "kind = \"rsa\"\nbits = 2048\nuntil = \"2020-12-31\"")),
    );
    assert_eq!(answer(&world, |_| ()).1, Some(SubIndication::CryptoConstraintsFailureNoPoe));
}

#[test]
fn the_blocks_are_told_in_the_order_they_ran() {
    let world = World::new();
    let verdict = world.verdict(world.stamped(Person::Doctor, NOW - DAY));
    let ran: Vec<_> = verdict.checks().iter().map(|check| check.check).collect();
    assert_eq!(
        ran,
        [
            CheckKind::FormatChecking,
            CheckKind::SignerIdentification,
            CheckKind::ValidationContext,
            CheckKind::CryptographicVerification,
            CheckKind::X509Validation,
            CheckKind::SignatureAcceptance,
            CheckKind::ValidationWithTime,
            CheckKind::Qualification,
        ]
    );
    assert!(verdict.checks().iter().all(|check| check.conclusion == Conclusion::Passed));
}

#[test]
fn the_same_input_gives_the_same_verdict() {
    let world = World::new();
    let facts = document(vec![world.stamped(Person::Doctor, NOW - DAY), world.signature(Person::NoRole)]);
    assert_eq!(world.judge(&facts), world.judge(&facts));
    let json = serde_json::to_string(&facts).unwrap();
    assert_eq!(world.judge(&serde_json::from_str(&json).unwrap()), world.judge(&facts));
}

#[test]
fn a_signature_over_the_part_that_its_profile_names_passes() {
    let found = answer(&World::new(), |facts| {
        facts.coverage = Coverage::Partial;
        facts.profile = Some("eprescription".to_owned());
    });
    assert_eq!(found.0, Indication::TotalPassed);
}

#[test]
fn a_countersignature_covers_a_value_and_is_judged_as_any_other() {
    let found = answer(&World::new(), |facts| {
        facts.coverage = Coverage::Signature;
        facts.countersigns = Some("Signature0".to_owned());
    });
    assert_eq!(found.0, Indication::TotalPassed);
}

#[test]
fn a_missing_hint_to_the_signer_differs_from_nothing() {
    let world = World::new();
    let mut signature = world.signature(Person::Doctor);
    signature.signed.as_mut().unwrap().signer = SignerIdentifier::default();
    let verdict = world.verdict(signature);
    assert_eq!(verdict.indication(), Indication::TotalPassed);
    assert!(!has(&verdict, "signer-identifier-differs"));
}

#[test]
fn a_bare_key_tells_the_integrity_and_names_nobody() {
    let world = World::new();
    let key = certificate(world.pki.person(Person::Doctor)).public_key_info().to_vec();
    let bare = |key: Vec<u8>| {
        let mut signature = world.signature(Person::Doctor);
        let signed = signature.signed.as_mut().unwrap();
        signed.evidence = EvidenceFacts::default();
        signed.certificate_references.clear();
        signed.signer = SignerIdentifier { public_key: Some(Octets(key)), ..SignerIdentifier::default() };
        world.verdict(signature)
    };
    let verdict = bare(key);
    assert_eq!(verdict.integrity(), Integrity::Valid);
    assert_eq!(verdict.indication(), Indication::Indeterminate);
    assert_eq!(verdict.sub_indication(), Some(SubIndication::NoSigningCertificateFound));
    let other = certificate(world.pki.person(Person::Pharmacist)).public_key_info().to_vec();
    assert_eq!(bare(other).integrity(), Integrity::Invalid);
}

#[test]
fn the_archive_time_stamp_of_a_signature_around_another_protects_both() {
    let world = World::new();
    let mut inner = world.stamped(Person::Doctor, NOW - 3 * DAY);
    inner.level = Level::BLt;
    let mut outer = world.signature(Person::Pharmacist);
    outer.id = "Signature2".to_owned();
    let judged = |outer: &SignatureFacts| {
        world.judge(&document(vec![inner.clone(), outer.clone()])).signatures()[0].clone()
    };
    assert!(has(&judged(&outer), "evidence-not-yet-protected"));
    let mut archive = world.stamp(&outer, Unit::Tsa, TimestampKind::Archive, NOW - DAY);
    archive.covers.push(Covered::SignatureValue { signature: inner.id.clone() });
    outer.timestamps.push(archive.clone());
    let verdict = judged(&outer);
    assert_eq!(verdict.indication(), Indication::TotalPassed);
    assert_eq!(verdict.protected_by(), Some(&archive.id));
    assert_eq!(verdict.best_signature_time().unwrap().0, time(NOW - 3 * DAY), "the earlier proof stays");
    assert!(!has(&verdict, "evidence-not-yet-protected"));
    // One over the outer value alone is nothing for the inner signature's list.
    outer.timestamps[0].kind = TimestampKind::Signature;
    assert_eq!(judged(&outer).timestamps().len(), 1);
}

//! Amended documents (guideline 5.2 §9.4): the original that a signature names is there and holds by the same rules.

use hsign_core::facts::*;
use hsign_core::{Digest, DigestAlgorithm, Severity};
use hsign_testkit::{DAY, Person};
use hsign_validation::{DocumentVerdict, Indication, SubIndication};

use crate::common::{NOW, World, codes, document};

fn digest_of_original() -> Digest {
    Digest::new(DigestAlgorithm::Sha256, vec![7; 32])
}

fn says_that_it_amends(signature: &mut SignatureFacts, form: AmendmentForm) {
    let mut said = SignedMetadata::default();
    said.amends = Some(Amends { form, original: digest_of_original(), note: None });
    signature.metadata = Some(said);
}

/// A document whose one signature amends `original`.
fn amended(world: &World, by: Person, original: DocumentFacts) -> DocumentFacts {
    let mut signature = world.stamped(by, NOW - DAY);
    says_that_it_amends(&mut signature, AmendmentForm::Embedded);
    let mut facts = document(vec![signature]);
    facts.originals.push(OriginalFacts {
        amended_by: "Signature1".to_owned(),
        digest: digest_of_original(),
        name: Some("original.pdf".to_owned()),
        facts: Some(Box::new(original)),
        findings: Vec::new(),
    });
    facts
}

fn scan(world: &World) -> DocumentFacts {
    document(vec![world.stamped(Person::Nurse, NOW - 2 * DAY)])
}

fn result(verdict: &DocumentVerdict) -> (Indication, Option<SubIndication>) {
    (verdict.indication(), verdict.sub_indication())
}

const PASSED: (Indication, Option<SubIndication>) = (Indication::TotalPassed, None);
const CONSTRAINTS: (Indication, Option<SubIndication>) =
    (Indication::Indeterminate, Some(SubIndication::SigConstraintsFailure));

#[test]
fn guideline_9_4_an_original_that_holds_is_shown_and_lets_the_amendment_pass() {
    let world = World::new().class("dispensed-amended");
    let verdict = world.judge(&amended(&world, Person::Pharmacist, scan(&world)));
    assert_eq!(result(&verdict), PASSED, "{:#?}", verdict.findings());
    let [original] = verdict.originals() else { panic!("one original") };
    assert_eq!((original.amended_by(), original.digest()), ("Signature1", &digest_of_original()));
    assert_eq!(original.verdict().unwrap().indication(), Indication::TotalPassed);
}

#[test]
fn guideline_9_4_without_its_original_an_amendment_stays_open() {
    let world = World::new();
    let mut facts = amended(&world, Person::Doctor, scan(&world));
    facts.originals[0].amended_by = "another signature".to_owned();
    for facts in [facts.clone(), DocumentFacts { originals: Vec::new(), ..facts }] {
        let verdict = world.judge(&facts);
        assert_eq!(result(&verdict), CONSTRAINTS);
        assert!(codes(verdict.findings()).contains(&"amended-original-missing"));
        // Where the policy only wants to be told it passes, and is told.
        let lax = World::new().policy("etsi").judge(&facts);
        let told = lax.findings().iter().find(|finding| finding.code == "amended-original-missing").unwrap();
        assert_eq!((lax.indication(), told.severity), (Indication::TotalPassed, Severity::Warning));
    }
}

#[test]
fn guideline_9_4_an_original_that_does_not_hold_leaves_the_amendment_open() {
    let world = World::new();
    let mut broken = scan(&world);
    broken.signatures[0].signed.as_mut().unwrap().references[0].actual.as_mut().unwrap().value.0[0] ^= 1;
    let verdict = world.judge(&amended(&world, Person::Doctor, broken));
    assert_eq!(result(&verdict), CONSTRAINTS);
    assert!(codes(verdict.findings()).contains(&"amended-original-not-valid"));
    assert_eq!(verdict.originals()[0].verdict().unwrap().indication(), Indication::TotalFailed);
}

#[test]
fn what_lies_beneath_a_revision_needs_no_copy_in_a_pdf_and_in_nothing_else() {
    let world = World::new();
    let mut facts = document(vec![world.stamped(Person::Doctor, NOW - DAY)]);
    says_that_it_amends(&mut facts.signatures[0], AmendmentForm::Revision);
    assert_eq!(result(&world.judge(&facts)), PASSED);
    facts.format = DocumentFormat::Cades;
    facts.signatures[0].modifications = None;
    let verdict = world.judge(&facts);
    assert_eq!(result(&verdict), CONSTRAINTS);
    assert!(codes(verdict.findings()).contains(&"amended-original-missing"));
}

#[test]
fn under_a_class_of_amendments_something_has_to_be_amended() {
    let world = World::new().class("dispensed-amended");
    let verdict = world.judge(&document(vec![world.stamped(Person::Pharmacist, NOW - DAY)]));
    assert_eq!(result(&verdict), CONSTRAINTS);
    assert!(codes(verdict.findings()).contains(&"amendment-missing"));
}

#[test]
fn roles_that_are_asked_for_in_addition_are_the_amendments() {
    let mut world = World::new();
    world.required_roles = vec!["Pharmacist".to_owned()];
    assert_eq!(result(&world.judge(&amended(&world, Person::Pharmacist, scan(&world)))), PASSED);
    assert_ne!(result(&world.judge(&scan(&world))), PASSED);
}

/// The original's certificate ended 30 days ago, and nothing but the amendment of 32 days ago proves its signature.
#[test]
fn an_amendment_proves_that_its_original_was_there_before() {
    let world = World::after_the_end();
    let old = document(vec![world.signature(Person::Expired)]);
    assert_ne!(result(&world.judge(&old)), PASSED);
    let mut facts = amended(&world, Person::Doctor, old);
    let stamp =
        world.stamp(&facts.signatures[0], hsign_testkit::Unit::Tsa, TimestampKind::Signature, NOW - 32 * DAY);
    facts.signatures[0].timestamps = vec![stamp];
    let inner = |facts: &DocumentFacts| {
        let verdict = world.judge(facts);
        let original = verdict.originals()[0].verdict().unwrap().clone();
        (original.indication(), original.signatures()[0].best_signature_time().unwrap().0)
    };
    assert_eq!(inner(&facts).1, crate::common::time(NOW - 32 * DAY));
    // A digest that others can meet proves nothing, and neither does a broken amendment.
    let mut weak = facts.clone();
    weak.originals[0].digest = Digest::new(DigestAlgorithm::Sha1, vec![7; 20]);
    assert_eq!(inner(&weak).1, crate::common::time(NOW));
    let mut broken = facts.clone();
    broken.signatures[0].signed.as_mut().unwrap().references[0].actual.as_mut().unwrap().value.0[0] ^= 1;
    assert_eq!(inner(&broken).1, crate::common::time(NOW));
    let mut unstamped = facts;
    unstamped.signatures[0].timestamps.clear();
    assert_eq!(inner(&unstamped).1, crate::common::time(NOW));
}

//! Until when verdicts can be shown again.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::*;
use hsign_core::Time;
use hsign_core::facts::{Covered, DocumentFacts, TimestampKind};
use hsign_testkit::{DAY, Person, Unit};
use hsign_validation::{ExpiryKind, Indication, Plan, plan};

fn planned(world: &World, facts: &DocumentFacts, times: &[Time]) -> Plan {
    plan(facts, &world.judge(facts), &world.context(), times)
}

fn year(year: i64) -> Time {
    format!("{year}-12-31T00:00:00Z").parse().unwrap()
}

fn kinds(plan: &Plan) -> Vec<ExpiryKind> {
    plan.expiries.iter().filter(|expiry| expiry.binding).map(|expiry| expiry.kind).collect()
}

/// With a document time stamp over the signature, its token and everything beside it.
fn archived(world: &World) -> DocumentFacts {
    let signature = world.stamped(Person::Doctor, NOW - 2 * DAY);
    let mut stamp = world.stamp(&signature, Unit::Tsa, TimestampKind::Document, NOW - DAY);
    stamp.id = "document-1".to_owned();
    stamp.covers = vec![
        Covered::SignatureValue { signature: signature.id.clone() },
        Covered::Timestamp { timestamp: signature.timestamps[0].id.clone() },
    ];
    let mut facts = document(vec![signature]);
    facts.timestamps.push(stamp);
    facts
}

#[test]
fn an_unstamped_signature_lasts_as_long_as_its_chain() {
    let world = World::new();
    let facts = document(vec![world.signature(Person::Doctor)]);
    let verdict = world.judge(&facts);
    let signer = verdict.signatures()[0].signer().unwrap().not_after();
    let plan = planned(&world, &facts, &[]);
    assert_eq!(plan.renew_by, Some(signer));
    assert_eq!(plan.lasts_until, Some(signer));
    assert_eq!(kinds(&plan)[0], ExpiryKind::SignerCertificate);
    assert_eq!(verdict.signatures()[0].renew_by(), Some(signer));
}

#[test]
fn a_stamp_whose_revocation_data_travel_apart_is_renewed_before_the_signers_certificate_ends() {
    let world = World::new();
    let facts = document(vec![world.stamped(Person::Doctor, NOW - DAY)]);
    let verdict = world.judge(&facts);
    let (signature, plan) = (&verdict.signatures()[0], planned(&world, &facts, &[]));
    let tsa = signature.timestamps()[0].tsa().unwrap().not_after();
    let signer = signature.signer().unwrap().not_after();
    assert!(signer < tsa);
    assert_eq!(plan.renew_by, Some(signer));
    assert!(kinds(&plan).contains(&ExpiryKind::TsaCertificate));
    // As long as somebody keeps the lists, the engine passes it until the stamp itself ends.
    assert!(plan.lasts_until.unwrap() > signer);
    assert!(plan.expiries.iter().any(|one| one.kind == ExpiryKind::RevocationData && !one.binding));
}

#[test]
fn revocation_data_inside_leave_the_stamp_alone_to_decide() {
    let world = World::new();
    let mut facts = document(vec![world.stamped(Person::Doctor, NOW - DAY)]);
    let revocation = world.evidence.revocation();
    facts.evidence.crls = revocation.crls.iter().map(|one| one.value.der().into()).collect();
    let mut apart = World::new();
    apart.evidence = hsign_validation::Evidence::default();
    let verdict = apart.judge(&facts);
    assert_eq!(verdict.indication(), Indication::TotalPassed, "{:?}", verdict.signatures()[0].findings());
    let plan = planned(&apart, &facts, &[]);
    let stamp = &verdict.signatures()[0].timestamps()[0];
    let end = stamp.tsa().unwrap().not_after();
    assert_eq!(plan.renew_by, Some(stamp.algorithms_until().map_or(end, |until| until.at.min(end))));
    assert_eq!(plan.lasts_until, plan.renew_by);
}

#[test]
fn a_year_after_the_last_stamps_end_only_a_renewed_document_verifies() {
    let world = World::new();
    let facts = archived(&world);
    let plan = planned(&world, &facts, &[year(2027), year(2060)]);
    assert!(plan.renew_by.is_some());
    let algorithm = plan.expiries.iter().find(|one| one.kind == ExpiryKind::Algorithm).unwrap();
    assert_eq!(algorithm.algorithm.as_deref(), Some("RSA-2048"), "which one ends is told");
    let [soon, late] = &plan.outlook[..] else { panic!() };
    assert_eq!(soon.unrenewed.indication, Indication::TotalPassed);
    assert_ne!(late.unrenewed.indication, Indication::TotalPassed);
    assert_eq!(late.renewed.indication, Indication::TotalPassed, "{:?}", late.renewed);
}

#[test]
fn a_broken_signature_has_no_last_day() {
    let world = World::new();
    let mut broken = world.stamped(Person::Doctor, NOW - DAY);
    broken.signed.as_mut().unwrap().references[0].actual.as_mut().unwrap().value.0[0] ^= 1;
    let facts = document(vec![broken]);
    let plan = planned(&world, &facts, &[year(2027)]);
    assert_eq!((plan.renew_by, plan.lasts_until), (None, None));
    assert_eq!(plan.outlook[0].renewed.indication, Indication::TotalFailed);
}

#[test]
fn what_is_open_today_is_open_later_too() {
    let mut world = World::new();
    world.evidence = hsign_validation::Evidence::default();
    let facts = document(vec![world.stamped(Person::Doctor, NOW - DAY)]);
    let plan = planned(&world, &facts, &[year(2027)]);
    assert_eq!(plan.lasts_until, None);
    assert_eq!(plan.outlook[0].unrenewed.indication, Indication::Indeterminate);
    assert!(plan.renew_by.is_some(), "the certificates' ends are known all the same");
}

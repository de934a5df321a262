//! What a document relies on, object by object.

use hsign_core::facts::Level;
use hsign_pki::algorithms::{AlgorithmTable, Limit};
use hsign_testkit::{CrlName, DAY, Person, Unit};
use hsign_validation::{ObjectKind, explain_certificate, explain_document};

use crate::common::{NOW, World, certificate, chain, document};

#[test]
fn every_signature_stamp_certificate_and_list_is_explained_once() {
    let world = World::new();
    let mut facts = document(vec![world.stamped(Person::Doctor, NOW - DAY)]);
    facts.signatures[0].level = Level::BLt;
    for list in [CrlName::Signature, CrlName::Sarl, CrlName::Signature] {
        facts.evidence.crls.push(world.pki.crl(list, NOW).unwrap().into());
    }
    let doctor = world.pki.person(Person::Doctor);
    facts.evidence.certificates.push(certificate(doctor).der().into());
    let table = AlgorithmTable::preset("cryptrec").unwrap();
    let explained = explain_document(&facts, &table);
    let of = |kind| explained.iter().filter(|one| one.object == kind).collect::<Vec<_>>();
    let [signature] = of(ObjectKind::Signature)[..] else { panic!("one signature") };
    assert_eq!(signature.name, "Signature1");
    assert!(signature.uses.iter().any(|one| one.algorithm == "RSA-2048"), "{signature:?}");
    assert!(matches!(signature.until(), Limit::Until(_)));
    let [stamp] = of(ObjectKind::Timestamp)[..] else { panic!("one time stamp") };
    assert_eq!(stamp.name, facts.signatures[0].timestamps[0].id);
    assert!(stamp.uses.len() > signature.uses.len(), "the imprint too");
    let signers = 1 + chain(doctor).len();
    let stampers = 1 + chain(world.pki.unit(Unit::Tsa)).len();
    assert_eq!(of(ObjectKind::Certificate).len(), signers + stampers);
    assert_eq!(of(ObjectKind::Crl).len(), 2);
    assert!(of(ObjectKind::Ocsp).is_empty());
}

#[test]
fn a_certificate_is_as_good_as_its_issuers_key_and_its_own() {
    let world = World::new();
    let doctor = world.pki.person(Person::Doctor);
    let table = AlgorithmTable::preset("cryptrec").unwrap();
    let alone = explain_certificate(&certificate(doctor), None, &table);
    assert_eq!(alone.object, ObjectKind::Certificate);
    let issuer = chain(doctor).into_iter().next().unwrap();
    let under_its_issuer = explain_certificate(&certificate(doctor), Some(&issuer), &table);
    assert_eq!(
        under_its_issuer.until(),
        alone.until().min(table.limit(&hsign_pki::algorithms::Use::Key(issuer.public_key_kind())))
    );
}

//! What has to travel with a document so that it can be judged without a network (level B-LT).

use std::collections::BTreeSet;

use hsign_core::facts::DocumentFacts;
use hsign_core::hex;
use hsign_pki::TrustRegistry;
use hsign_testkit::{CrlName, DAY, Person, Unit};
use hsign_validation::{Support, supporting_evidence};

use crate::common::{NOW, World, certificate, chain, document};

fn gathered(world: &World, facts: &DocumentFacts) -> Support {
    supporting_evidence(facts, &|_| true, &world.context())
}

fn digests<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> BTreeSet<String> {
    pieces.into_iter().map(|piece| hex(&hsign_crypto::sha256(piece))).collect()
}

fn open(support: &Support) -> Vec<(&str, &str)> {
    support.open.iter().map(|open| (open.id.as_str(), open.finding.code.as_str())).collect()
}

fn stamped(world: &World) -> DocumentFacts {
    document(vec![world.stamped(Person::Doctor, NOW - DAY)])
}

#[test]
fn the_paths_of_signer_and_authority_and_the_lists_about_them_are_gathered() {
    let world = World::new();
    let support = gathered(&world, &stamped(&world));
    assert_eq!(open(&support), []);
    let lists = [CrlName::Signature, CrlName::Sarl, CrlName::Tsa, CrlName::TsaRoot];
    let lists: Vec<Vec<u8>> = lists.into_iter().map(|list| world.pki.crl(list, NOW).unwrap()).collect();
    let found = digests(support.evidence.crls.iter().map(|crl| crl.as_slice()));
    assert_eq!(found, digests(lists.iter().map(Vec::as_slice)), "and no other list");
    assert_eq!(found.len(), support.evidence.crls.len());
    let (doctor, unit) = (world.pki.person(Person::Doctor), world.pki.unit(Unit::Tsa));
    let mut expected = chain(doctor);
    expected.extend(chain(unit));
    expected.extend([certificate(doctor), certificate(unit)]);
    let found = digests(support.evidence.certificates.iter().map(|one| one.as_slice()));
    assert_eq!(found, digests(expected.iter().map(|one| one.der())));
}

#[test]
fn only_what_is_wanted_is_gathered() {
    let world = World::new();
    let facts = stamped(&world);
    let nothing = supporting_evidence(&facts, &|_| false, &world.context());
    assert_eq!(nothing, Support::default());
    let by_name = supporting_evidence(&facts, &|id| id == "Signature1", &world.context());
    assert_eq!(by_name, gathered(&world, &facts));
}

#[test]
fn what_is_missing_is_named_with_whom_it_is_missing_for() {
    let mut world = World::new();
    world.without_crl(CrlName::Signature);
    let facts = stamped(&world);
    assert_eq!(open(&gathered(&world, &facts)), [("Signature1", "revocation-material-missing")]);
    world.without_crl(CrlName::Tsa);
    let stamp = facts.signatures[0].timestamps[0].id.clone();
    assert_eq!(open(&gathered(&world, &facts)), [(stamp.as_str(), "revocation-material-missing")]);

    let mut world = World::new();
    world.trust = TrustRegistry::default();
    let lacking = gathered(&world, &facts);
    assert_eq!(
        open(&lacking),
        [("Signature1", "path-material-missing"), (stamp.as_str(), "path-material-missing")]
    );
    assert_eq!(lacking.evidence.certificates.len(), 2, "the certificates themselves are known");

    let world = World::new();
    let mut facts = document(vec![world.signature(Person::Doctor)]);
    facts.signatures[0].signed.as_mut().unwrap().evidence.certificates.clear();
    assert_eq!(open(&gathered(&world, &facts)), [("Signature1", "signer-certificate-missing")]);
}

#[test]
fn a_list_that_was_too_old_when_it_was_signed_is_told() {
    let mut world = World::new();
    world.crls_of(NOW - 60 * DAY);
    let facts = stamped(&world);
    let codes: BTreeSet<_> =
        open(&gathered(&world, &facts)).into_iter().map(|(_, code)| code.to_owned()).collect();
    assert_eq!(codes, BTreeSet::from(["revocation-material-missing".to_owned()]));
}

//! Several paths to an anchor: what stays open on one is looked for on the next.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod common;

use common::{NOW, World, certificate, codes, has};
use hsign_pki::Provenance;
use hsign_testkit::{Ca, DAY, Person, keys};
use hsign_validation::{Indication, SubIndication};
use hsign_x509::Certificate;
use openssl::hash::MessageDigest;
use openssl::sign::Signer;

/// The signature CA's certificate once more, under another serial number.
fn reissued(original: &Certificate, number: u8) -> Vec<u8> {
    let mut der = original.der().to_vec();
    let start = der.len() - original.tbs().len() - SIGNATURE - ALGORITHM;
    let tbs = start..start + original.tbs().len();
    assert_eq!(&der[tbs.clone()], original.tbs());
    let serial = [2, 1, original.serial()[0]];
    let at = original.tbs().windows(3).position(|window| window == serial).unwrap();
    der[tbs.start + at + 2] = number;
    let root = keys::load("hpki-root").unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &root).unwrap();
    let value = signer.sign_oneshot_to_vec(&der[tbs]).unwrap();
    let end = der.len() - value.len();
    der[end..].copy_from_slice(&value);
    der
}

/// Octets of an RSA-2048 signature as a BIT STRING, and of its algorithm identifier.
const SIGNATURE: usize = 4 + 1 + 256;
const ALGORITHM: usize = 15;

fn signature_ca(world: &World) -> Certificate {
    Certificate::from_der(world.pki.authority(Ca::HpkiSignature).certificate_der()).unwrap()
}

/// A world whose signature CA's first certificate is revoked.
fn with_the_ca_revoked() -> World {
    let mut world = World::new();
    world.pki.revoke(Ca::HpkiRoot, Ca::HpkiSignature.serial(), NOW - 2 * DAY);
    world.crls_of(NOW);
    world
}

#[test]
fn with_its_only_ca_certificate_revoked_a_signature_stays_open() {
    let world = with_the_ca_revoked();
    let verdict = world.verdict(world.stamped(Person::Doctor, NOW - DAY));
    assert_eq!(verdict.indication(), Indication::Indeterminate);
    assert_eq!(verdict.sub_indication(), Some(SubIndication::RevokedCaNoPoe));
}

#[test]
fn a_re_issued_ca_certificate_is_tried_when_the_first_is_revoked() {
    let mut world = with_the_ca_revoked();
    let second = reissued(&signature_ca(&world), 0x55);
    world.evidence.add(&second, Provenance::Given).unwrap();
    let verdict = world.verdict(world.stamped(Person::Doctor, NOW - DAY));
    assert_eq!(verdict.indication(), Indication::TotalPassed, "{:?}", codes(verdict.findings()));
}

#[test]
fn a_path_that_breaks_a_rule_is_listed_beside_one_that_is_revoked() {
    let mut world = with_the_ca_revoked();
    let mut second = reissued(&signature_ca(&world), 0x55);
    *second.last_mut().unwrap() ^= 1;
    world.evidence.add(&second, Provenance::Given).unwrap();
    let verdict = world.verdict(world.stamped(Person::Doctor, NOW - DAY));
    assert_eq!(verdict.sub_indication(), Some(SubIndication::RevokedCaNoPoe));
    let other = verdict.findings().iter().find(|finding| finding.code == "other-path-tried").unwrap();
    assert_eq!(other.values["why"], "certificate-signature-invalid");
}

#[test]
fn when_no_path_is_in_order_the_others_are_listed() {
    let mut world = World::new();
    world.pki.revoke(Ca::HpkiRoot, Ca::HpkiSignature.serial(), NOW - 2 * DAY);
    world.pki.revoke(Ca::HpkiRoot, 0x55, NOW - 2 * DAY);
    world.crls_of(NOW);
    let second = reissued(&signature_ca(&world), 0x55);
    world.evidence.add(&second, Provenance::Given).unwrap();
    let verdict = world.verdict(world.stamped(Person::Doctor, NOW - DAY));
    assert_eq!(verdict.sub_indication(), Some(SubIndication::RevokedCaNoPoe));
    assert!(has(&verdict, "other-path-tried"), "{:?}", codes(verdict.findings()));
    assert!(certificate(world.pki.person(Person::Doctor)).issuer().matches(signature_ca(&world).subject()));
}

#[test]
fn of_paths_that_stay_open_the_one_that_newer_data_can_mend_is_told() {
    // Whichever of the two is tried first.
    for revoked in [Ca::HpkiSignature.serial(), 0x55] {
        let mut world = World::new();
        world.pki.revoke(Ca::HpkiRoot, revoked, NOW - 2 * DAY);
        world.crls_of(NOW);
        let second = reissued(&signature_ca(&world), 0x55);
        world.evidence.add(&second, Provenance::Given).unwrap();
        world.now = NOW + 30 * DAY;
        let verdict = world.verdict(world.signature(Person::Doctor));
        assert_eq!(verdict.sub_indication(), Some(SubIndication::TryLater), "{revoked}");
        assert!(has(&verdict, "other-path-tried"), "{:?}", codes(verdict.findings()));
    }
}

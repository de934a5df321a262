//! Whatever CMS arrives, reading ends with facts or an error, and what was signed can't be changed unnoticed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::sync::LazyLock;

use hsign_cades::{CmsFacts, Options, Profile, signature_facts, with_signature_timestamp};
use hsign_core::DigestAlgorithm;
use hsign_testkit::Person;
use proptest::prelude::*;

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let cms = support::signed(Person::DoctorP256, DigestAlgorithm::Sha256, &Options::default());
    with_signature_timestamp(&cms, &support::stamp_on(&cms)).unwrap()
});

fn read(cms: &[u8]) -> Option<CmsFacts> {
    let mut digest = |algorithm| hsign_crypto::digest(algorithm, support::CONTENT).ok();
    signature_facts(cms, "x", Profile::Cades, &mut digest).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn good_ones_changed_and_cut(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = GOOD.clone();
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let _ = read(&bytes);
        let _ = with_signature_timestamp(&bytes, &[0x30, 0]);
        let _ = read(&bytes[..cut.index(bytes.len())]);
    }
}

#[test]
fn every_octet_of_the_signed_attributes_counts() {
    let signed = read(&GOOD).unwrap().signers.remove(0).signed.unwrap();
    let attributes = &signed.signed_octets.as_slice()[1..];
    let at = GOOD.windows(attributes.len()).position(|window| window == attributes).unwrap();
    for index in at..at + attributes.len() {
        let mut bytes = GOOD.clone();
        bytes[index] ^= 1;
        let Some(facts) = read(&bytes) else { continue };
        let noticed = facts.signers.iter().all(|signer| match &signer.signed {
            Some(object) => !support::verifies(object, Person::DoctorP256),
            None => true,
        });
        assert!(noticed, "octet {index}");
    }
}

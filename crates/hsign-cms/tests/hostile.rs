//! Whatever arrives, reading ends with a value or an error.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::LazyLock;

use hsign_cms::{SignedData, add_unsigned_attribute};
use proptest::prelude::*;
use support::Identity;

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    add_unsigned_attribute(&support::plain(&Identity::p256()), 0, &support::some_attribute()).unwrap()
});

fn read(bytes: &[u8]) {
    let _ = add_unsigned_attribute(bytes, 0, &[0x30, 0]);
    if let Ok(signed_data) = SignedData::parse(bytes) {
        assert!(signed_data.encoded_length() <= bytes.len());
        for signer in signed_data.signers() {
            let _ = (signer.message_digest(), signer.signing_time(), signer.certificate_references());
        }
    }
}

#[test]
fn deep_nesting_huge_lengths_and_endless_lengths_are_errors() {
    assert!(SignedData::parse(&[0x30, 0x80].repeat(10_000)).is_err());
    assert!(SignedData::parse(&[0x30, 0x84, 0x3F, 0xFF, 0xFF, 0xFF]).is_err());
    assert!(SignedData::parse(&[0x30, 0x80, 0x06, 0x01, 0x2A, 0, 0]).is_err());
    let open: Vec<u8> = [0x30, 0x83, 0x01, 0, 0].into_iter().chain([0; 65_536]).collect();
    assert!(SignedData::parse(&open).is_err());
}

#[test]
fn more_elements_than_anybody_needs_are_refused() {
    let mut attributes =
        support::attribute_set(support::CONTENT, &Identity::p256(), hsign_core::DigestAlgorithm::Sha256);
    attributes.extend(std::iter::repeat_n(support::some_attribute(), 25_000));
    let cms = support::detached(
        &Identity::p256(),
        &hsign_core::SignatureAlgorithm::Ecdsa(hsign_core::DigestAlgorithm::Sha256),
        &support::set(&attributes),
    );
    assert!(matches!(SignedData::parse(&cms), Err(hsign_cms::Error::Budget(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes);
    }

    #[test]
    fn a_good_one_with_bytes_changed(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>()) {
        let mut bytes = GOOD.clone();
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        read(&bytes);
        read(&bytes[..cut.index(bytes.len())]);
    }
}

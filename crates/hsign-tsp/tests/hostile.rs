//! Whatever an authority sends, reading ends with a value or an error.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::LazyLock;

use hsign_testkit::Fault;
use hsign_tsp::{TimestampResponse, Token, token_facts};
use proptest::prelude::*;

static GOOD: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [support::respond(&support::request(), &[]), support::respond(&support::request(), &[Fault::BerToken])]
});

fn read(bytes: &[u8]) {
    let _ = TimestampResponse::parse(bytes);
    let _ = token_facts(bytes, &mut |algorithm| hsign_crypto::digest(algorithm, b"").ok());
    if let Ok(token) = Token::parse(bytes) {
        let _ = support::check(&support::request(), &token, &[]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        read(&bytes);
    }

    #[test]
    fn good_ones_changed_and_cut(
        ber in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = GOOD[usize::from(ber)].clone();
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        read(&bytes);
        read(&bytes[..cut.index(bytes.len())]);
    }
}

/// No octet of a good token can be changed without a finding, but for what nobody signed.
#[test]
fn every_signed_octet_counts() {
    let request = support::request();
    let token = Token::parse(&GOOD[0]).unwrap();
    let content = token.signed_data().content().unwrap().to_vec();
    let at = GOOD[0].windows(content.len()).position(|window| window == content).unwrap();
    for index in at..at + content.len() {
        let mut bytes = GOOD[0].clone();
        bytes[index] ^= 1;
        let noticed = match Token::parse(&bytes) {
            Ok(token) => !support::check(&request, &token, &[]).is_empty(),
            Err(_) => true,
        };
        assert!(noticed, "octet {index}");
    }
}

//! The testkit's authority, asked without a network.
#![allow(dead_code, clippy::unwrap_used, missing_docs, unreachable_pub)]

use std::sync::{Arc, LazyLock};

use hsign_core::{Digest, DigestAlgorithm, Finding, Time};
use hsign_crypto::OpensslVerifier;
use hsign_testkit::{Clock, Fault, Pki, Tsa, oid};
use hsign_tsp::{Expected, TimestampRequest, Token, check_binding};

pub const NOW: i64 = 1_790_000_000;
pub const DATA: &[u8] = b"value of a signature";

pub static PKI: LazyLock<Arc<Pki>> = LazyLock::new(|| Arc::new(Pki::new("http://127.0.0.1:9", NOW).unwrap()));

pub fn request() -> TimestampRequest {
    TimestampRequest {
        imprint: imprint(),
        nonce: Some(hsign_tsp::nonce(&[1, 2, 3, 4, 5, 6, 7, 8])),
        policy: Some(oid::TSA_POLICY.to_owned()),
        certificate_requested: true,
    }
}

pub fn imprint() -> Digest {
    hsign_crypto::digest(DigestAlgorithm::Sha256, DATA).unwrap()
}

pub fn respond(request: &TimestampRequest, faults: &[Fault]) -> Vec<u8> {
    let tsa = Tsa::new(Arc::clone(&PKI), Clock::fixed(NOW));
    tsa.respond(&request.to_der().unwrap(), faults).unwrap()
}

pub fn check(request: &TimestampRequest, token: &Token, certificates: &[Vec<u8>]) -> Vec<Finding> {
    let expected = Expected {
        imprint: &request.imprint,
        nonce: request.nonce.as_deref(),
        policy: request.policy.as_deref(),
        now: Time::from_unix_seconds(NOW).unwrap(),
        clock_tolerance_seconds: 60,
        certificates,
    };
    check_binding(token, &expected, &OpensslVerifier::new())
}

/// Codes of what is found on a token made with a fault.
pub fn codes(fault: Fault) -> Vec<String> {
    let request = request();
    let token = Token::parse(&respond(&request, &[fault])).unwrap();
    check(&request, &token, &[]).into_iter().map(|finding| finding.code).collect()
}

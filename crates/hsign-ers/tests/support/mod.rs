//! Records made by hand around tokens of the testkit's authority, so that no writer of ours stands behind them.
#![allow(dead_code, clippy::unwrap_used, missing_docs, unreachable_pub)]

use std::sync::{Arc, LazyLock};

use hsign_asn1::encode;
use hsign_core::facts::Covered;
use hsign_core::{Digest, DigestAlgorithm};
use hsign_ers::{ProtectedObject, Record};
use hsign_testkit::{Clock, Pki, Tsa};
use hsign_tsp::{TimestampRequest, TimestampResponse};

pub const NOW: i64 = 1_790_000_000;
pub const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;
pub const SHA512: DigestAlgorithm = DigestAlgorithm::Sha512;

static PKI: LazyLock<Arc<Pki>> = LazyLock::new(|| Arc::new(Pki::new("http://127.0.0.1:9", NOW).unwrap()));

pub fn hash(algorithm: DigestAlgorithm, bytes: &[u8]) -> Vec<u8> {
    hsign_crypto::digest(algorithm, bytes).unwrap().value.0
}

pub fn token(algorithm: DigestAlgorithm, root: &[u8]) -> Vec<u8> {
    let request = TimestampRequest {
        imprint: Digest::new(algorithm, root.to_vec()),
        nonce: None,
        policy: None,
        certificate_requested: true,
    };
    let tsa = Tsa::new(Arc::clone(&PKI), Clock::fixed(NOW));
    let response = tsa.respond(&request.to_der().unwrap(), &[]).unwrap();
    TimestampResponse::parse(&response).unwrap().granted().unwrap().to_vec()
}

/// The value after sorting, joining and hashing.
pub fn joined(algorithm: DigestAlgorithm, members: &[&[u8]]) -> Vec<u8> {
    let mut members = members.to_vec();
    members.sort_unstable();
    hash(algorithm, &members.concat())
}

/// An ArchiveTimeStamp with these lists.
pub fn archive_timestamp(lists: &[&[&[u8]]], token: &[u8]) -> Vec<u8> {
    let mut tree = Vec::new();
    for list in lists {
        let members: Vec<Vec<u8>> = list.iter().map(|member| encode::octet_string(member)).collect();
        tree.extend(encode::sequence(&members.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    }
    if lists.is_empty() {
        return encode::sequence(&[token]);
    }
    encode::sequence(&[&encode::implicit_constructed(2, &tree), token])
}

pub fn chain(timestamps: &[&[u8]]) -> Vec<u8> {
    encode::sequence(timestamps)
}

pub fn record(algorithms: &[DigestAlgorithm], chains: &[&[u8]]) -> Vec<u8> {
    record_with(1, algorithms, &[], chains)
}

/// A record with further fields before its sequence.
pub fn record_with(
    version: u64,
    algorithms: &[DigestAlgorithm],
    fields: &[&[u8]],
    chains: &[&[u8]],
) -> Vec<u8> {
    let identifiers: Vec<Vec<u8>> =
        algorithms.iter().map(|algorithm| hsign_x509::digest_algorithm_to_der(*algorithm)).collect();
    let identifiers = encode::sequence(&identifiers.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let version = encode::integer(version);
    let sequence = encode::sequence(chains);
    let mut parts: Vec<&[u8]> = vec![&version, &identifiers];
    parts.extend(fields);
    parts.push(&sequence);
    encode::sequence(&parts)
}

/// A file with its digests under every algorithm the record asks for.
pub fn object(record: &Record, data: &[u8]) -> ProtectedObject {
    let digests: Vec<Digest> = record
        .wanted_digests()
        .into_iter()
        .map(|algorithm| Digest::new(algorithm, hash(algorithm, data)))
        .collect();
    ProtectedObject { covered: Covered::Data { digest: Digest::new(SHA256, hash(SHA256, data)) }, digests }
}

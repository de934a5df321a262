//! Signatures with the testkit's people and stamps by its authority, without a network.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

use std::sync::{Arc, LazyLock};

use hsign_cades::{Options, Signed, ToBeSigned, assemble, baseline_b, signature_value};
use hsign_core::facts::SignedObject;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use hsign_crypto::OpensslVerifier;
use hsign_testkit::{Clock, Fault, Person, Pki, Tsa};
use hsign_tsp::TimestampRequest;
use hsign_x509::Certificate;
use openssl::hash::MessageDigest;
use openssl::pkey::Id;
use openssl::sign::Signer;

pub const NOW: i64 = 1_790_000_000;
pub const CONTENT: &[u8] = b"Rp. loxoprofen 60 mg, 3 x 1, 7 days";

pub static PKI: LazyLock<Arc<Pki>> = LazyLock::new(|| Arc::new(Pki::new("http://127.0.0.1:9", NOW).unwrap()));

pub fn algorithm(person: Person, digest: DigestAlgorithm) -> SignatureAlgorithm {
    match PKI.person(person).private_key().id() {
        Id::EC => SignatureAlgorithm::Ecdsa(digest),
        _ => SignatureAlgorithm::RsaPkcs1(digest),
    }
}

pub fn sign(person: Person, digest: DigestAlgorithm, octets: &[u8]) -> Vec<u8> {
    let key = PKI.person(person).private_key();
    let digest = MessageDigest::from_name(digest.name()).unwrap();
    Signer::new(digest, key).unwrap().sign_oneshot_to_vec(octets).unwrap()
}

pub fn to_be_signed(person: Person, digest: DigestAlgorithm, options: &Options) -> ToBeSigned {
    let content = hsign_crypto::digest(digest, CONTENT).unwrap();
    baseline_b(&content, PKI.person(person).certificate_der(), options).unwrap()
}

/// A detached B-B signature over [`CONTENT`].
pub fn signed(person: Person, digest: DigestAlgorithm, options: &Options) -> Vec<u8> {
    let to_be_signed = to_be_signed(person, digest, options);
    let value = sign(person, digest, &to_be_signed.signed_attributes);
    assemble(&Signed {
        to_be_signed: &to_be_signed,
        algorithm: &algorithm(person, digest),
        value: &value,
        signer_certificate: PKI.person(person).certificate_der(),
        certificates: PKI.person(person).chain_der(),
        content: None,
    })
    .unwrap()
}

/// The authority's response to a request for that imprint.
pub fn stamp(octets: &[u8]) -> Vec<u8> {
    stamp_with(octets, &[])
}

pub fn stamp_with(octets: &[u8], faults: &[Fault]) -> Vec<u8> {
    let request = TimestampRequest {
        imprint: hsign_crypto::digest(DigestAlgorithm::Sha256, octets).unwrap(),
        nonce: None,
        policy: None,
        certificate_requested: true,
    };
    Tsa::new(Arc::clone(&PKI), Clock::fixed(NOW)).respond(&request.to_der().unwrap(), faults).unwrap()
}

pub fn stamp_on(cms: &[u8]) -> Vec<u8> {
    stamp(&signature_value(cms).unwrap())
}

pub fn verifies(object: &SignedObject, person: Person) -> bool {
    let certificate = Certificate::from_der(PKI.person(person).certificate_der()).unwrap();
    let answer = OpensslVerifier::new().verify(
        &object.algorithm,
        certificate.public_key_info(),
        object.signed_octets.as_slice(),
        object.value.as_slice(),
    );
    answer == SignatureValidity::Valid
}

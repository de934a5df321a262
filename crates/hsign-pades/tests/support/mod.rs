//! Documents, people and a time-stamp authority of the testkit, without a network.
#![allow(
    dead_code,
    clippy::ptr_arg,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

use std::sync::{Arc, LazyLock};

use hsign_cades::{Options, Signed, assemble, baseline_b, signature_value, with_signature_timestamp};
use hsign_core::facts::{DocumentFacts, SignatureFacts, SignedObject};
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm, Time};
use hsign_crypto::OpensslVerifier;
use hsign_pades::{Prepared, Request, contents_size, prepare, prepare_document_timestamp, read_facts};
use hsign_testkit::{Clock, Person, Pki, Tsa};
use hsign_tsp::TimestampRequest;
use hsign_x509::Certificate;
use openssl::hash::MessageDigest;
use openssl::pkey::Id;
use openssl::sign::Signer;

pub const NOW: i64 = 1_790_000_000;

pub static PKI: LazyLock<Arc<Pki>> = LazyLock::new(|| Arc::new(Pki::new("http://127.0.0.1:9", NOW).unwrap()));

pub fn now() -> Time {
    Time::from_unix_seconds(NOW).unwrap()
}

pub fn request(person: Person) -> Request<'static> {
    let identity = PKI.person(person);
    Request {
        signing_time: Some(now()),
        reason: Some("調剤済み処方箋の電子化"),
        contents_size: contents_size(identity.certificate_der(), identity.chain_der(), 6_000),
        ..Request::default()
    }
}

pub fn raw_signature(person: Person, digest: DigestAlgorithm, octets: &[u8]) -> Vec<u8> {
    let key = PKI.person(person).private_key();
    let digest = MessageDigest::from_name(digest.name()).unwrap();
    Signer::new(digest, key).unwrap().sign_oneshot_to_vec(octets).unwrap()
}

/// The CMS for a prepared document.
pub fn cms(prepared: &Prepared<'_>, person: Person, digest: DigestAlgorithm, options: &Options) -> Vec<u8> {
    let identity = PKI.person(person);
    let content = prepared.content_digest(digest).unwrap();
    let to_be_signed = baseline_b(&content, identity.certificate_der(), options).unwrap();
    let algorithm = match identity.private_key().id() {
        Id::EC => SignatureAlgorithm::Ecdsa(digest),
        _ => SignatureAlgorithm::RsaPkcs1(digest),
    };
    assemble(&Signed {
        to_be_signed: &to_be_signed,
        algorithm: &algorithm,
        value: &raw_signature(person, digest, &to_be_signed.signed_attributes),
        signer_certificate: identity.certificate_der(),
        certificates: identity.chain_der(),
        content: None,
    })
    .unwrap()
}

/// The document signed at level B-B.
pub fn signed(document: &Vec<u8>, person: Person) -> Vec<u8> {
    let prepared = prepare(document, &request(person)).unwrap();
    let cms = cms(&prepared, person, DigestAlgorithm::Sha256, &Options::default());
    [document.clone(), prepared.embed(&cms).unwrap()].concat()
}

/// The document signed at level B-T.
pub fn signed_and_stamped(document: &Vec<u8>, person: Person) -> Vec<u8> {
    let prepared = prepare(document, &request(person)).unwrap();
    let cms = cms(&prepared, person, DigestAlgorithm::Sha256, &Options::default());
    let token =
        stamp(&hsign_crypto::digest(DigestAlgorithm::Sha256, &signature_value(&cms).unwrap()).unwrap());
    let cms = with_signature_timestamp(&cms, &token).unwrap();
    [document.clone(), prepared.embed(&cms).unwrap()].concat()
}

/// The document with a document time stamp.
pub fn stamped(document: &Vec<u8>) -> Vec<u8> {
    let prepared = prepare_document_timestamp(document, 8_000).unwrap();
    let response = stamp(&prepared.content_digest(DigestAlgorithm::Sha512).unwrap());
    let token = hsign_tsp::Token::parse(&response).unwrap();
    [document.clone(), prepared.embed(token.bytes()).unwrap()].concat()
}

pub fn stamp(imprint: &hsign_core::Digest) -> Vec<u8> {
    let request =
        TimestampRequest { imprint: imprint.clone(), nonce: None, policy: None, certificate_requested: true };
    Tsa::new(Arc::clone(&PKI), Clock::fixed(NOW)).respond(&request.to_der().unwrap(), &[]).unwrap()
}

pub fn facts(document: &Vec<u8>) -> DocumentFacts {
    read_facts(document).unwrap()
}

/// Whether value and digests of a signed object hold with this certificate.
pub fn holds(object: &SignedObject, certificate: &[u8]) -> bool {
    let certificate = Certificate::from_der(certificate).unwrap();
    let answer = OpensslVerifier::new().verify(
        &object.algorithm,
        certificate.public_key_info(),
        object.signed_octets.as_slice(),
        object.value.as_slice(),
    );
    answer == SignatureValidity::Valid
        && !object.references.is_empty()
        && object.references.iter().all(|reference| reference.holds() == Some(true))
}

/// Whether a signature's value and digests hold with the certificate it names first, whoever that is.
pub fn intact(signed: Option<&SignedObject>) -> bool {
    let Some(object) = signed else { return false };
    let certificates =
        object.evidence.certificates.iter().filter_map(|der| Certificate::from_der(der.as_slice()).ok());
    let named = |certificate: &Certificate| match object.certificate_references.first() {
        Some(reference) => hsign_crypto::digest(reference.digest.algorithm, certificate.der())
            .is_ok_and(|digest| digest == reference.digest),
        None => object.signer.serial.as_ref().is_some_and(|serial| serial.as_slice() == certificate.serial()),
    };
    certificates.filter(named).any(|certificate| holds(object, certificate.der()))
}

pub fn codes(signature: &SignatureFacts) -> Vec<&str> {
    signature.findings.iter().map(|finding| finding.code.as_str()).collect()
}

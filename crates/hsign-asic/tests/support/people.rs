//! Signatures with the testkit's people and stamps by its authority, without a network.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::{Arc, LazyLock};

use hsign_asic::{ContainerType, DataObject, Draft};
use hsign_cades::{Options, Signed, assemble, baseline_b};
use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::{Digest, DigestAlgorithm, SignatureAlgorithm, Source, Time};
use hsign_testkit::{Clock, CrlName, Person, Pki, Tsa};
use hsign_tsp::TimestampRequest;
use openssl::hash::MessageDigest;
use openssl::pkey::Id;
use openssl::sign::Signer;

pub const NOW: i64 = 1_790_000_000;
pub const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

pub static PKI: LazyLock<Arc<Pki>> = LazyLock::new(|| Arc::new(Pki::new("http://127.0.0.1:9", NOW).unwrap()));

pub fn now() -> Time {
    Time::from_unix_seconds(NOW).unwrap()
}

/// A detached CMS over content of this digest.
pub fn sign(person: Person, content: &Digest) -> Vec<u8> {
    let identity = PKI.person(person);
    let to_be_signed = baseline_b(content, identity.certificate_der(), &Options::default()).unwrap();
    let value = value_of(person, content.algorithm, &to_be_signed.signed_attributes);
    let algorithm = algorithm_of(person, content.algorithm);
    assemble(&Signed {
        to_be_signed: &to_be_signed,
        algorithm: &algorithm,
        value: &value,
        signer_certificate: identity.certificate_der(),
        certificates: identity.chain_der(),
        content: None,
    })
    .unwrap()
}

fn value_of(person: Person, digest: DigestAlgorithm, octets: &[u8]) -> Vec<u8> {
    let digest = MessageDigest::from_name(digest.name()).unwrap();
    Signer::new(digest, PKI.person(person).private_key()).unwrap().sign_oneshot_to_vec(octets).unwrap()
}

fn algorithm_of(person: Person, digest: DigestAlgorithm) -> SignatureAlgorithm {
    match PKI.person(person).private_key().id() {
        Id::EC => SignatureAlgorithm::Ecdsa(digest),
        _ => SignatureAlgorithm::RsaPkcs1(digest),
    }
}

pub fn stamp(imprint: Digest) -> Vec<u8> {
    let request = TimestampRequest { imprint, nonce: None, policy: None, certificate_requested: true };
    Tsa::new(Arc::clone(&PKI), Clock::fixed(NOW)).respond(&request.to_der().unwrap(), &[]).unwrap()
}

pub fn evidence() -> EvidenceFacts {
    let chain = PKI.person(Person::Doctor).chain_der();
    let lists = [CrlName::Sarl, CrlName::Signature];
    let lists = lists.map(|list| PKI.crl(list, NOW).unwrap().into());
    EvidenceFacts {
        certificates: chain.iter().map(|der| der.clone().into()).collect(),
        crls: lists.to_vec(),
        ocsp_responses: Vec::new(),
    }
}

pub const FILES: [(&str, &[u8]); 3] =
    [("処方箋 1.pdf", b"%PDF one"), ("scans/b.tiff", b"II* two"), ("c+d%20.csv", b"three")];

pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    FILES.iter().map(|(name, bytes)| (*name, bytes.to_vec())).collect()
}

pub fn draft<'s>(files: &'s [(&'s str, Vec<u8>)], kind: ContainerType) -> Draft<'s> {
    let objects: Vec<_> = files
        .iter()
        .map(|(name, bytes)| DataObject { name, source: bytes as &dyn Source, media_type: None })
        .collect();
    Draft::create(&objects, kind, now(), &[SHA256]).unwrap()
}

/// B-B; the id of the signature.
pub fn add_signature(draft: &mut Draft<'_>, person: Person) -> String {
    let prepared = draft.prepare_cades(SHA256).unwrap();
    let cms = sign(person, prepared.content_digest());
    draft.add_cades(prepared, &cms).unwrap()
}

/// The same with XAdES.
pub fn add_xades(draft: &mut Draft<'_>, person: Person) -> String {
    let identity = PKI.person(person);
    let algorithm = algorithm_of(person, SHA256);
    let mut options = hsign_xades::make::Options::new(identity.certificate_der(), &algorithm, now());
    let path = identity.chain_der();
    options.path = path;
    let prepared = draft.prepare_xades(&options).unwrap();
    let value = value_of(person, SHA256, prepared.to_be_signed());
    draft.add_xades(&prepared.assemble(&value).unwrap()).unwrap()
}

pub fn add_stamp(draft: &mut Draft<'_>, id: &str) {
    let imprint = draft.signature_imprint(id, SHA256).unwrap();
    draft.add_signature_timestamp(id, &stamp(imprint)).unwrap();
}

pub fn add_archive_stamp(draft: &mut Draft<'_>, id: &str) {
    let imprint = draft.archive_imprint(id, SHA256).unwrap();
    draft.add_archive_timestamp(id, &stamp(imprint)).unwrap();
}

pub fn bytes(draft: &Draft<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    draft.write_to(&mut bytes).unwrap();
    bytes
}

/// Whether every reference of every signature holds, as does every imprint.
pub fn all_hold(facts: &DocumentFacts) -> bool {
    let signed = facts.signatures.iter().map(|signature| signature.signed.as_ref().unwrap());
    let stamps = facts.signatures.iter().flat_map(|signature| &signature.timestamps).chain(&facts.timestamps);
    signed.flat_map(|signed| &signed.references).all(|reference| reference.holds() == Some(true))
        && stamps.map(|stamp| stamp.read.as_ref().unwrap()).all(|read| read.imprint.holds() == Some(true))
}

/// Codes of findings of severity error, wherever they stand.
pub fn errors(facts: &DocumentFacts) -> Vec<String> {
    let of_signatures = facts.signatures.iter().flat_map(|signature| &signature.findings);
    let of_stamps = facts.timestamps.iter().flat_map(|stamp| &stamp.findings);
    let all = facts.findings.iter().chain(of_signatures).chain(of_stamps);
    let errors = all.filter(|finding| finding.severity == hsign_core::Severity::Error);
    errors.map(|finding| finding.code.clone()).collect()
}

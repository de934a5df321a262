//! Signatures with the testkit's people and stamps by its authority, without a network.
#![allow(
    dead_code,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

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

/// The authority's response for an imprint of any function, so many seconds later.
pub fn stamp_for(imprint: &hsign_core::Digest, later: i64) -> Vec<u8> {
    let request =
        TimestampRequest { imprint: imprint.clone(), nonce: None, policy: None, certificate_requested: true };
    let tsa = Tsa::new(Arc::clone(&PKI), Clock::fixed(NOW + later));
    tsa.respond(&request.to_der().unwrap(), &[]).unwrap()
}

/// Certificates, a list and an OCSP response of the test PKI.
pub fn evidence() -> hsign_core::facts::EvidenceFacts {
    EVIDENCE.clone()
}

/// Made once: an answer signed anew is another one.
static EVIDENCE: LazyLock<hsign_core::facts::EvidenceFacts> = LazyLock::new(|| {
    let crl = PKI.crl(hsign_testkit::CrlName::Signature, NOW).unwrap();
    hsign_core::facts::EvidenceFacts {
        certificates: PKI.person(Person::Doctor).chain_der().iter().map(|der| der.clone().into()).collect(),
        crls: vec![crl.into()],
        ocsp_responses: vec![ocsp_response().into()],
    }
});

/// The TSA's answer about its own time-stamping unit.
fn ocsp_response() -> Vec<u8> {
    use hsign_testkit::Unit;
    let unit = Certificate::from_der(PKI.unit(Unit::Tsa).certificate_der()).unwrap();
    let issuer = Certificate::from_der(&PKI.unit(Unit::Tsa).chain_der()[1]).unwrap();
    let request = hsign_x509::ocsp_request(&unit, &issuer, None).unwrap();
    PKI.ocsp(Unit::TsaOcsp, &request, NOW).unwrap()
}

/// The same SignedData in BER: indefinite lengths down to the signers, content in pieces of that size.
pub fn in_ber(cms: &[u8], piece: usize) -> Vec<u8> {
    use hsign_asn1::{Reader, Rules, Tag, encode};
    let open = |tag: u8, parts: &[&[u8]]| [&[tag, 0x80], &parts.concat()[..], &[0, 0]].concat();
    let outer = Reader::new(cms, Rules::Der).expect(Tag::SEQUENCE).unwrap();
    let mut fields = outer.reader().unwrap();
    let kind = fields.any().unwrap().bytes;
    let signed_data = fields.any().unwrap().only(Tag::SEQUENCE).unwrap();
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut fields = signed_data.reader().unwrap();
    while let Some(field) = fields.next().unwrap() {
        let is_encapsulated = field.tag == Tag::SEQUENCE;
        parts.push(match field.tag {
            Tag::INTEGER => field.bytes.to_vec(),
            _ if is_encapsulated => {
                let mut inside = field.reader().unwrap();
                let content_type = inside.any().unwrap().bytes.to_vec();
                let content = inside.next().unwrap().map(|explicit| {
                    let octets = explicit.only(Tag::OCTET_STRING).unwrap().contents;
                    let pieces: Vec<u8> = octets.chunks(piece).flat_map(encode::octet_string).collect();
                    open(0xa0, &[&open(0x24, &[&pieces])])
                });
                open(0x30, &[&content_type, &content.unwrap_or_default()])
            }
            _ => open(field.bytes[0], &[field.contents]),
        });
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    open(0x30, &[kind, &open(0xa0, &[&open(0x30, &parts)])])
}

/// Runs `openssl`; `None` where there is none and it isn't required.
pub fn openssl(folder: &std::path::Path, arguments: &str) -> Option<std::process::Output> {
    let mut command = std::process::Command::new("openssl");
    match command.args(arguments.split(' ')).current_dir(folder).output() {
        Ok(output) => Some(output),
        Err(_) => {
            assert!(std::env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"), "openssl is required");
            None
        }
    }
}

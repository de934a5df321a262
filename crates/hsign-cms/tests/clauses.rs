//! What RFC 5652, RFC 5035 and RFC 6211 ask of a signer, one test a rule.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use hsign_asn1::encode;
use hsign_cms::{SignedData, SignerInfo, attributes, build, oid};
use hsign_core::ports::{SignatureValidity, SignatureVerifier as _};
use hsign_core::{DigestAlgorithm, Severity, SignatureAlgorithm};
use hsign_crypto::OpensslVerifier;
use support::{CONTENT, Identity};

const ECDSA: SignatureAlgorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256);

/// Codes of the findings on a signature over these attributes.
fn codes(attributes: &[u8]) -> Vec<(String, Severity)> {
    codes_of(&support::detached(&Identity::p256(), &ECDSA, attributes))
}

fn codes_of(cms: &[u8]) -> Vec<(String, Severity)> {
    let signed_data = SignedData::parse(cms).unwrap();
    signed_data.signers()[0].findings().iter().map(|f| (f.code.clone(), f.severity)).collect()
}

fn error(code: &str) -> Vec<(String, Severity)> {
    vec![(code.to_owned(), Severity::Error)]
}

fn attribute_set() -> Vec<Vec<u8>> {
    support::attribute_set(CONTENT, &Identity::p256(), DigestAlgorithm::Sha256)
}

fn protection(digest: DigestAlgorithm, signature: &SignatureAlgorithm) -> Vec<u8> {
    let signature = hsign_x509::signature_algorithm_to_der(signature).unwrap();
    let contents = &signature[2..];
    let value = encode::sequence(&[
        &hsign_x509::digest_algorithm_to_der(digest),
        &encode::implicit_constructed(1, contents),
    ]);
    attributes::attribute(oid::ALGORITHM_PROTECTION, &value).unwrap()
}

#[test]
fn rfc5652_5_3_signed_attributes_absent() {
    let identity = Identity::p256();
    let signature = identity.sign(&ECDSA, CONTENT);
    let digest = hsign_x509::digest_algorithm_to_der(DigestAlgorithm::Sha256);
    let signed_data = SignedData::parse(&support::plain(&identity)).unwrap();
    let sid = signed_data.signers()[0].signer().clone();
    let signer = encode::sequence(&[
        sid.issuer.unwrap().as_slice(),
        &encode::integer_from_contents(sid.serial.unwrap().as_slice()),
    ]);
    let info = encode::sequence(&[
        &encode::integer(1),
        &signer,
        &digest,
        &hsign_x509::signature_algorithm_to_der(&ECDSA).unwrap(),
        &encode::octet_string(&signature),
    ]);
    let data = encode::sequence(&[
        &encode::integer(1),
        &encode::tlv(0x31, &digest),
        &encode::sequence(&[&encode::oid(oid::DATA).unwrap()]),
        &encode::tlv(0x31, &info),
    ]);
    let cms = encode::sequence(&[&encode::oid(oid::SIGNED_DATA).unwrap(), &encode::explicit(0, &data)]);
    assert_ne!(support::accepted_by_openssl(&cms), Some(true), "-cades wants them too");
    assert_eq!(codes_of(&cms), error("cms-no-signed-attributes"));
    let signed_data = SignedData::parse(&cms).unwrap();
    let signer = &signed_data.signers()[0];
    assert_eq!(signer.signed_octets(), None);

    // The content is known by its digest: facts are kept and shown where the document is not.
    let sha256 = |algorithm| hsign_crypto::digest(algorithm, CONTENT).ok();
    let signed = signed_data.signed_object(signer, &mut |algorithm| sha256(algorithm)).unwrap();
    assert_eq!(signed.signed_octets.as_slice(), hsign_crypto::sha256(CONTENT));
    assert_eq!(signed.references.len(), 1);
    assert_eq!(signed.references[0].holds(), Some(true));
    let key = identity.key.public_key_to_der().unwrap();
    let verified = |octets: &[u8]| {
        OpensslVerifier::new().verify(&signed.algorithm, &key, octets, signed.value.as_slice())
    };
    assert_eq!(verified(signed.signed_octets.as_slice()), SignatureValidity::Valid);
    assert_eq!(verified(&hsign_crypto::sha256(b"other")), SignatureValidity::Invalid);
    assert_eq!(signed_data.signed_object(signer, &mut |_| None), None, "detached, and not at hand");
}

#[test]
fn rfc5652_5_3_signed_attributes_out_of_der_order() {
    let mut attributes = attribute_set();
    attributes.sort();
    attributes.reverse();
    let set = encode::tlv(0x31, &attributes.concat());
    assert_eq!(codes(&set), [("cms-signed-attributes-not-der".to_owned(), Severity::Warning)]);
    let cms = support::detached(&Identity::p256(), &ECDSA, &set);
    let signed_data = SignedData::parse(&cms).unwrap();
    let [signer] = signed_data.signers() else { panic!("one signer") };
    assert_eq!(signer.signed_octets(), Some(set.as_slice()), "what arrived");
    assert_eq!(signer.reordered_octets(), Some(support::set(&attributes)), "what §5.4 hashes");
}

#[test]
fn rfc5652_5_3_signed_attributes_with_a_long_integer() {
    let odd = attributes::attribute("1.2.392.200119.9.9.9", &[0x02, 0x02, 0x00, 0x05]).unwrap();
    let set = support::set(&[attribute_set(), vec![odd]].concat());
    let cms = support::detached(&Identity::p256(), &ECDSA, &set);
    let signed_data = SignedData::parse(&cms).unwrap();
    let [finding] = signed_data.signers()[0].findings() else { panic!("one finding") };
    assert_eq!(finding.code, "cms-signed-attributes-not-der");
    assert_eq!(finding.values["reason"], "non-minimal-integer");
    assert_eq!(signed_data.signers()[0].signed_octets(), Some(set.as_slice()));
}

#[test]
fn rfc5652_11_1_content_type_absent() {
    assert_eq!(codes(&support::set(&attribute_set()[1..])), error("cms-attribute-missing"));
}

#[test]
fn rfc5652_11_1_content_type_not_that_of_the_content() {
    let mut attributes = attribute_set();
    attributes[0] = attributes::content_type("1.2.840.113549.1.9.16.1.4").unwrap();
    assert_eq!(codes(&support::set(&attributes)), error("cms-content-type-mismatch"));
}

#[test]
fn rfc5652_11_2_message_digest_absent() {
    let mut attributes = attribute_set();
    attributes.remove(1);
    assert_eq!(codes(&support::set(&attributes)), error("cms-attribute-missing"));
}

#[test]
fn rfc5652_11_2_two_message_digests() {
    let other = hsign_crypto::digest(DigestAlgorithm::Sha256, b"something else").unwrap();
    let mut attributes = attribute_set();
    attributes.push(attributes::message_digest(&other).unwrap());
    let set = support::set(&attributes);
    assert_eq!(codes(&set), error("cms-attribute-not-single"));
    let cms = support::detached(&Identity::p256(), &ECDSA, &set);
    assert_eq!(SignedData::parse(&cms).unwrap().signers()[0].message_digest(), None);
}

#[test]
fn rfc5652_11_2_one_message_digest_with_two_values() {
    let value = encode::octet_string(support::content_digest().value.as_slice());
    let mut attributes = attribute_set();
    attributes[1] = attributes::attribute(oid::MESSAGE_DIGEST, &[value.clone(), value].concat()).unwrap();
    assert_eq!(codes(&support::set(&attributes)), error("cms-attribute-not-single"));
}

#[test]
fn rfc5035_3_two_signing_certificates() {
    let mut attributes = attribute_set();
    let identity = Identity::rsa();
    let digest = hsign_crypto::digest(DigestAlgorithm::Sha512, &identity.certificate).unwrap();
    attributes.push(attributes::signing_certificate_v2(&identity.certificate, &digest).unwrap());
    assert_eq!(codes(&support::set(&attributes)), error("cms-attribute-not-single"));
}

#[test]
fn rfc5035_4_hash_function_named_unless_sha_256() {
    let identity = Identity::p256();
    for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
        let digest = hsign_crypto::digest(algorithm, &identity.certificate).unwrap();
        let attribute = attributes::signing_certificate_v2(&identity.certificate, &digest).unwrap();
        let named = encode::oid(algorithm.oid()).unwrap();
        let present = attribute.windows(named.len()).any(|window| window == named);
        assert_eq!(present, algorithm != DigestAlgorithm::Sha256);
        let mut attributes = attribute_set();
        attributes[2] = attribute;
        let cms = support::detached(&identity, &ECDSA, &support::set(&attributes));
        assert_eq!(SignedData::parse(&cms).unwrap().signers()[0].certificate_references()[0].digest, digest);
    }
}

#[test]
fn rfc2634_5_4_version_1_is_read_with_sha_1() {
    let hash = encode::octet_string(&[7; 20]);
    let value = encode::sequence(&[&encode::sequence(&[&encode::sequence(&[&hash])])]);
    let mut attributes = attribute_set();
    attributes[2] = attributes::attribute(oid::SIGNING_CERTIFICATE, &value).unwrap();
    let cms = support::detached(&Identity::p256(), &ECDSA, &support::set(&attributes));
    let [reference] =
        SignedData::parse(&cms).unwrap().signers()[0].certificate_references().try_into().unwrap();
    assert_eq!(reference.digest.algorithm, DigestAlgorithm::Sha1);
    assert_eq!((reference.issuer, reference.serial), (None, None));
}

#[test]
fn rfc6211_3_protected_algorithms_agree_or_not() {
    let with = |protected: Vec<u8>| {
        let mut attributes = attribute_set();
        attributes.push(protected);
        codes(&support::set(&attributes))
    };
    assert_eq!(with(protection(DigestAlgorithm::Sha256, &ECDSA)), []);
    assert_eq!(with(protection(DigestAlgorithm::Sha384, &ECDSA)), error("cms-algorithm-protection-mismatch"));
    let other = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha512);
    assert_eq!(with(protection(DigestAlgorithm::Sha256, &other)), error("cms-algorithm-protection-mismatch"));
}

#[test]
fn rfc5652_5_3_digest_algorithm_other_than_the_signature_s() {
    let identity = Identity::p256();
    let set = support::set(&attribute_set());
    let cms = build::signed_data(&build::Parts {
        content_type: oid::DATA,
        content: None,
        digest: DigestAlgorithm::Sha256,
        signature_algorithm: &SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha512),
        signer_certificate: &identity.certificate,
        certificates: &[],
        signed_attributes: &set,
        signature: b"value",
        unsigned_attributes: &[],
    })
    .unwrap();
    assert_eq!(codes_of(&cms), [("cms-digest-algorithm-mismatch".to_owned(), Severity::Warning)]);
}

#[test]
fn rfc5652_11_4_a_countersignature_states_no_content_type() {
    let cms = support::plain(&Identity::p256());
    let signer = SignedData::parse(&cms).unwrap().signers()[0].bytes().to_vec();
    let countersignature = SignerInfo::of_countersignature(&signer).unwrap();
    let codes: Vec<_> = countersignature.findings().iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["cms-countersignature-content-type"]);
    assert!(SignerInfo::of_countersignature(&encode::sequence(&[])).is_err());
}

#[test]
fn rfc5652_10_2_choices_are_told_apart() {
    let cms = support::plain(&Identity::p256());
    let certificate = SignedData::parse(&cms).unwrap().certificates()[0].clone();
    let attribute_certificate = encode::implicit_constructed(2, &encode::integer(1));
    let crl = encode::sequence(&[&encode::integer(9)]);
    let ocsp = encode::sequence(&[&encode::enumerated(0)]);
    let other =
        encode::implicit_constructed(1, &[encode::oid(oid::OCSP_RESPONSE).unwrap(), ocsp.clone()].concat());
    let digest = hsign_x509::digest_algorithm_to_der(DigestAlgorithm::Sha256);
    let data = encode::sequence(&[
        &encode::integer(5),
        &encode::tlv(0x31, &digest),
        &encode::sequence(&[&encode::oid(oid::DATA).unwrap()]),
        &encode::implicit_constructed(0, &[attribute_certificate, certificate.clone()].concat()),
        &encode::implicit_constructed(1, &[crl.clone(), other].concat()),
        &encode::tlv(0x31, &[]),
    ]);
    let cms = encode::sequence(&[&encode::oid(oid::SIGNED_DATA).unwrap(), &encode::explicit(0, &data)]);
    let signed_data = SignedData::parse(&[cms.clone(), vec![0; 40]].concat()).unwrap();
    assert_eq!(signed_data.encoded_length(), cms.len(), "padding is not part of it");
    assert_eq!(signed_data.certificates(), [certificate]);
    assert_eq!(signed_data.other_certificates().len(), 1);
    assert_eq!(signed_data.crls(), [crl]);
    assert_eq!(signed_data.ocsp_responses(), [ocsp]);
}

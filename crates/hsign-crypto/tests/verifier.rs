//! What can't be checked is told apart from what is wrong.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use hsign_core::ports::{SignatureValidity, SignatureVerifier as _};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use hsign_crypto::OpensslVerifier;
use openssl::bn::BigNum;
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};

const MESSAGE: &[u8] = b"a prescription";
const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn ec(nid: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(nid).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn sign(key: &PKey<Private>) -> Vec<u8> {
    Signer::new(MessageDigest::sha256(), key).unwrap().sign_oneshot_to_vec(MESSAGE).unwrap()
}

fn check(
    algorithm: &SignatureAlgorithm,
    key: &PKey<Private>,
    message: &[u8],
    value: &[u8],
) -> SignatureValidity {
    OpensslVerifier::new().verify(algorithm, &key.public_key_to_der().unwrap(), message, value)
}

fn is_unsupported(answer: &SignatureValidity) -> bool {
    matches!(answer, SignatureValidity::Unsupported(_))
}

#[test]
fn rsa_pkcs1_is_checked() {
    let key = rsa();
    let value = sign(&key);
    let algorithm = SignatureAlgorithm::RsaPkcs1(SHA256);
    assert_eq!(check(&algorithm, &key, MESSAGE, &value), SignatureValidity::Valid);
    assert_eq!(check(&algorithm, &key, b"another", &value), SignatureValidity::Invalid);
    assert_eq!(check(&algorithm, &key, MESSAGE, &value[1..]), SignatureValidity::Invalid);
    assert_eq!(check(&algorithm, &key, MESSAGE, &[]), SignatureValidity::Invalid);
    let other_digest = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512);
    assert_eq!(check(&other_digest, &key, MESSAGE, &value), SignatureValidity::Invalid);
    assert!(is_unsupported(&check(&SignatureAlgorithm::Ecdsa(SHA256), &key, MESSAGE, &value)));
    assert!(is_unsupported(&check(&SignatureAlgorithm::Ed25519, &key, MESSAGE, &value)));
}

#[test]
fn rfc8017_8_1_pss_parameters_are_exact() {
    let key = rsa();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
    signer.set_rsa_mgf1_md(MessageDigest::sha1()).unwrap();
    signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(20)).unwrap();
    let value = signer.sign_oneshot_to_vec(MESSAGE).unwrap();
    let pss =
        |mask_digest, salt_length| SignatureAlgorithm::RsaPss { digest: SHA256, mask_digest, salt_length };
    assert_eq!(check(&pss(DigestAlgorithm::Sha1, 20), &key, MESSAGE, &value), SignatureValidity::Valid);
    assert_eq!(check(&pss(SHA256, 20), &key, MESSAGE, &value), SignatureValidity::Invalid);
    assert_eq!(check(&pss(DigestAlgorithm::Sha1, 32), &key, MESSAGE, &value), SignatureValidity::Invalid);
    assert!(is_unsupported(&check(&pss(SHA256, u32::MAX), &key, MESSAGE, &value)));
    assert_ne!(check(&pss(SHA256, 100_000), &key, MESSAGE, &value), SignatureValidity::Valid);
}

#[test]
fn a_value_over_a_digest_is_checked_without_the_message() {
    let (rsa, p384) = (rsa(), ec(Nid::SECP384R1));
    let mut signer = Signer::new(MessageDigest::sha256(), &rsa).unwrap();
    signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
    signer.set_rsa_mgf1_md(MessageDigest::sha1()).unwrap();
    signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(20)).unwrap();
    let pss =
        SignatureAlgorithm::RsaPss { digest: SHA256, mask_digest: DigestAlgorithm::Sha1, salt_length: 20 };
    let digest = hsign_crypto::sha256(MESSAGE);
    for (algorithm, key, value) in [
        (SignatureAlgorithm::RsaPkcs1(SHA256), &rsa, sign(&rsa)),
        (pss, &rsa, signer.sign_oneshot_to_vec(MESSAGE).unwrap()),
        (SignatureAlgorithm::Ecdsa(SHA256), &p384, sign(&p384)),
    ] {
        let over_digest = algorithm.of_digest().unwrap();
        assert_eq!(check(&over_digest, key, &digest, &value), SignatureValidity::Valid, "{algorithm:?}");
        assert_eq!(check(&algorithm, key, MESSAGE, &value), SignatureValidity::Valid, "{algorithm:?}");
        assert_ne!(check(&algorithm, key, &digest, &value), SignatureValidity::Valid, "{algorithm:?}");
        let other = hsign_crypto::sha256(b"another");
        assert_eq!(check(&over_digest, key, &other, &value), SignatureValidity::Invalid, "{algorithm:?}");
        assert_eq!(
            check(&over_digest, key, &digest[1..], &value),
            SignatureValidity::Invalid,
            "{algorithm:?}"
        );
        assert_eq!(check(&over_digest, key, MESSAGE, &value), SignatureValidity::Invalid, "{algorithm:?}");
        let wrong_key = if key.id() == rsa.id() { &p384 } else { &rsa };
        assert!(is_unsupported(&check(&over_digest, wrong_key, &digest, &value)), "{algorithm:?}");
    }
    assert_eq!(SignatureAlgorithm::Ed25519.of_digest(), None);
    let twice =
        SignatureAlgorithm::OfDigest(Box::new(SignatureAlgorithm::RsaPkcs1(SHA256).of_digest().unwrap()));
    assert!(is_unsupported(&check(&twice, &rsa, &digest, &sign(&rsa))));
}

#[test]
fn every_named_curve_verifies() {
    let curves = [
        Nid::X9_62_PRIME256V1,
        Nid::SECP384R1,
        Nid::SECP521R1,
        Nid::BRAINPOOL_P256R1,
        Nid::BRAINPOOL_P384R1,
        Nid::BRAINPOOL_P512R1,
    ];
    for nid in curves {
        let key = ec(nid);
        let value = sign(&key);
        let algorithm = SignatureAlgorithm::Ecdsa(SHA256);
        assert_eq!(check(&algorithm, &key, MESSAGE, &value), SignatureValidity::Valid, "{nid:?}");
        assert_eq!(check(&algorithm, &key, b"another", &value), SignatureValidity::Invalid, "{nid:?}");
        assert_eq!(check(&algorithm, &key, MESSAGE, b"no DER"), SignatureValidity::Invalid, "{nid:?}");
    }
}

#[test]
fn edwards_curves_verify() {
    for (key, algorithm) in [
        (PKey::generate_ed25519().unwrap(), SignatureAlgorithm::Ed25519),
        (PKey::generate_ed448().unwrap(), SignatureAlgorithm::Ed448),
    ] {
        let value = Signer::new_without_digest(&key).unwrap().sign_oneshot_to_vec(MESSAGE).unwrap();
        assert_eq!(check(&algorithm, &key, MESSAGE, &value), SignatureValidity::Valid);
        assert_eq!(check(&algorithm, &key, b"another", &value), SignatureValidity::Invalid);
    }
}

#[test]
fn rfc5480_2_1_1_curves_spelled_out_are_refused() {
    let mut group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let answer = check(&SignatureAlgorithm::Ecdsa(SHA256), &key, MESSAGE, &sign(&key));
    assert!(is_unsupported(&answer), "{answer:?}");
}

#[test]
fn an_exponent_of_one_proves_nothing() {
    let n = rsa().rsa().unwrap().n().to_owned().unwrap();
    let key = Rsa::from_public_components(n, BigNum::from_u32(1).unwrap()).unwrap();
    let spki = PKey::from_rsa(key).unwrap().public_key_to_der().unwrap();
    let answer =
        OpensslVerifier::new().verify(&SignatureAlgorithm::RsaPkcs1(SHA256), &spki, MESSAGE, &[0; 256]);
    assert!(is_unsupported(&answer), "{answer:?}");
}

#[test]
fn unknown_algorithms_and_broken_keys_are_unsupported() {
    let verifier = OpensslVerifier::new();
    let key = rsa().public_key_to_der().unwrap();
    let unknown = SignatureAlgorithm::Unknown("1.2.3".to_owned());
    assert!(is_unsupported(&verifier.verify(&unknown, &key, MESSAGE, &[])));
    let algorithm = SignatureAlgorithm::RsaPkcs1(SHA256);
    for broken in [&[][..], &[0x30, 0x00], &key[..key.len() - 1], &[0xff; 10_000]] {
        assert!(is_unsupported(&verifier.verify(&algorithm, broken, MESSAGE, &[1; 256])));
        assert!(
            is_unsupported(&verifier.verify(&algorithm, broken, MESSAGE, &[1; 256])),
            "from the cache too"
        );
    }
}

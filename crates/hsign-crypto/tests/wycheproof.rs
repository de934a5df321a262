//! The signature vectors of Project Wycheproof: no invalid value accepted, no valid one refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::collections::BTreeMap;

use hsign_core::ports::{SignatureValidity, SignatureVerifier as _};
use hsign_core::{DigestAlgorithm, EllipticCurve, SignatureAlgorithm};
use hsign_corpora::{Comparison, Corpus};
use hsign_crypto::{OpensslVerifier, ecdsa_value_to_der};
use openssl::rsa::Rsa;
use serde_json::Value;

fn hexadecimal(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn digest(name: &Value) -> DigestAlgorithm {
    let name = name.as_str().unwrap();
    DigestAlgorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name).expect(name)
}

fn curve(name: &Value) -> EllipticCurve {
    match name.as_str().unwrap() {
        "secp256r1" => EllipticCurve::P256,
        "secp384r1" => EllipticCurve::P384,
        "secp521r1" => EllipticCurve::P521,
        other => panic!("no P1363 vectors expected for {other}"),
    }
}

fn algorithm(file: &Value, group: &Value) -> SignatureAlgorithm {
    match file["algorithm"].as_str().unwrap() {
        "RSASSA-PKCS1-v1_5" => SignatureAlgorithm::RsaPkcs1(digest(&group["sha"])),
        "RSASSA-PSS" => SignatureAlgorithm::RsaPss {
            digest: digest(&group["sha"]),
            mask_digest: digest(&group["mgfSha"]),
            salt_length: group["sLen"].as_u64().unwrap().try_into().unwrap(),
        },
        "ECDSA" => SignatureAlgorithm::Ecdsa(digest(&group["sha"])),
        "EDDSA" if group["publicKey"]["curve"] == "edwards25519" => SignatureAlgorithm::Ed25519,
        "EDDSA" => SignatureAlgorithm::Ed448,
        other => panic!("{other}"),
    }
}

/// SubjectPublicKeyInfo of a group; those for signing carry an RSAPublicKey only.
fn public_key(group: &Value) -> Vec<u8> {
    if let Some(spki) = group.get("publicKeyDer").or_else(|| group.get("publicKeyAsn")) {
        return hexadecimal(spki);
    }
    let rsa = Rsa::public_key_from_der_pkcs1(&hexadecimal(&group["keyAsn"])).unwrap();
    rsa.public_key_to_der().unwrap()
}

#[test]
fn conformance_wycheproof() {
    let Some(corpus) = Corpus::open("wycheproof") else { return };
    let verifier = OpensslVerifier::new();
    let mut comparison = Comparison::new("wycheproof");
    let mut counts = BTreeMap::<(String, &str), u32>::new();
    for (name, text) in corpus.files() {
        let file: Value = serde_json::from_slice(text).unwrap();
        for group in file["testGroups"].as_array().unwrap() {
            let (algorithm, key) = (algorithm(&file, group), public_key(group));
            for test in group["tests"].as_array().unwrap() {
                let says = match value(group, test) {
                    Some(value) => verifier.verify(&algorithm, &key, &hexadecimal(&test["msg"]), &value),
                    None => SignatureValidity::Invalid,
                };
                let answer = match &says {
                    SignatureValidity::Valid => "valid",
                    SignatureValidity::Invalid => "invalid",
                    SignatureValidity::Unsupported(_) => "unsupported",
                };
                let expected = test["result"].as_str().unwrap();
                *counts.entry((expected.to_owned(), answer)).or_default() += 1;
                let case = format!("{name} {}", test["tcId"]);
                match (expected, answer) {
                    ("invalid", "valid") => comparison.false_accept(&case, test["comment"].to_string()),
                    ("valid" | "invalid", _) if expected != answer => {
                        comparison.differ(&case, format!("{says:?}"))
                    }
                    _ => comparison.agree(&case),
                }
            }
        }
    }
    for ((expected, answer), count) in &counts {
        println!("{expected:>10} -> {answer:<12} {count:>6}");
    }
    comparison.finish();
}

/// The value in DER form; `None` for a raw one of the wrong length.
fn value(group: &Value, test: &Value) -> Option<Vec<u8>> {
    let value = hexadecimal(&test["sig"]);
    if group["type"] == "EcdsaP1363Verify" {
        return ecdsa_value_to_der(curve(&group["publicKey"]["curve"]), &value);
    }
    Some(value)
}

//! The signature vectors of Project Wycheproof: no invalid value accepted, no valid one refused.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use hsign_core::ports::{SignatureValidity, SignatureVerifier as _};
use hsign_core::{DigestAlgorithm, EllipticCurve, SignatureAlgorithm};
use hsign_crypto::{OpensslVerifier, ecdsa_value_to_der};
use openssl::rsa::Rsa;
use serde_json::Value;

/// The archive, or `None` where there are no corpora and that is allowed.
fn archive() -> Option<Vec<u8>> {
    let folder = std::env::var_os("HSIGN_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
        PathBuf::from,
    );
    let file = folder.join("wycheproof/wycheproof.tar.zst");
    match std::fs::read(&file) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            assert_ne!(std::env::var("REQUIRE_ALL").as_deref(), Ok("1"), "{}: {error}", file.display());
            println!("skipped: {}: {error}", file.display());
            None
        }
    }
}

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
fn no_invalid_value_is_accepted_and_no_valid_one_refused() {
    let Some(archive) = archive() else { return };
    let verifier = OpensslVerifier::new();
    let mut counts = BTreeMap::<(&str, &str), u32>::new();
    let mut wrong = Vec::new();
    let unpacked = zstd::stream::decode_all(&*archive).unwrap();
    for entry in tar::Archive::new(&*unpacked).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        let Ok(file) = serde_json::from_str::<Value>(&text) else { continue };
        for group in file["testGroups"].as_array().unwrap() {
            let (algorithm, key) = (algorithm(&file, group), public_key(group));
            for test in group["tests"].as_array().unwrap() {
                let mut value = hexadecimal(&test["sig"]);
                let mut says = SignatureValidity::Invalid;
                let raw = group["type"] == "EcdsaP1363Verify";
                let der = if raw {
                    ecdsa_value_to_der(curve(&group["publicKey"]["curve"]), &value)
                } else {
                    Some(std::mem::take(&mut value))
                };
                if let Some(value) = der {
                    says = verifier.verify(&algorithm, &key, &hexadecimal(&test["msg"]), &value);
                }
                let expected = match test["result"].as_str().unwrap() {
                    "valid" => "valid",
                    "invalid" => "invalid",
                    _ => "acceptable",
                };
                let answer = match &says {
                    SignatureValidity::Valid => "valid",
                    SignatureValidity::Invalid => "invalid",
                    SignatureValidity::Unsupported(_) => "unsupported",
                };
                *counts.entry((expected, answer)).or_default() += 1;
                if expected != "acceptable" && expected != answer {
                    wrong.push(format!(
                        "{name} #{}: {} -> {says:?}: {}",
                        test["tcId"], expected, test["comment"]
                    ));
                }
            }
        }
    }
    for ((expected, answer), count) in &counts {
        println!("{expected:>10} -> {answer:<12} {count:>6}");
    }
    assert!(counts.values().sum::<u32>() > 5000, "the archive holds too little: {counts:?}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

//! A handful of certificates of the HPKI's shape, made with OpenSSL only.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use hsign_credential::Credential;
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::Rsa;
use openssl::sign::Verifier;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Extension, X509Name};

/// DER of certificatePolicies with 1.2.392.100495.1.5.1.x.3.1: x = 1 signature, 2 authentication.
fn policies(purpose: u8) -> Vec<u8> {
    let oid = [0x2A, 0x83, 0x08, 0x86, 0x91, 0x0F, 0x01, 0x05, 0x01, purpose, 0x03, 0x01];
    let mut der = vec![0x30, 16, 0x30, 14, 0x06, 12];
    der.extend(oid);
    der
}

/// The extension of `reference` test cards: hcRole "Medical Doctor".
const DOCTOR: &str = "303430320606288185420001312831263024A0223120A00C060A2A830886910F01060101A2100C0E4D65646963616C20446F63746F72";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Signature,
    Authentication,
    /// digitalSignature, no policy.
    Login,
    NoKeyUsage,
    Authority,
}

pub(crate) struct Pki {
    pub(crate) ca_key: PKey<Private>,
    pub(crate) ca: X509,
}

pub(crate) fn pki() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(|| {
        let ca_key = rsa(2048);
        let ca = certificate(Use::Authority, "Test CA", &public(&ca_key), None, &ca_key);
        Pki { ca_key, ca }
    })
}

impl Pki {
    pub(crate) fn issue(&self, usage: Use, key: &PKey<Private>) -> X509 {
        self.issue_for(usage, &public(key))
    }

    pub(crate) fn issue_for(&self, usage: Use, key: &PKey<Public>) -> X509 {
        certificate(usage, "YAMADA TARO", key, Some(&self.ca), &self.ca_key)
    }
}

pub(crate) fn public(key: &PKey<Private>) -> PKey<Public> {
    PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap()
}

pub(crate) fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

pub(crate) fn ec(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn name(common_name: &str) -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("C", "JP").unwrap();
    name.append_entry_by_text("CN", common_name).unwrap();
    if common_name != "Test CA" {
        name.append_entry_by_text("serialNumber", "123456").unwrap();
    }
    name.build()
}

fn certificate(
    usage: Use,
    subject: &str,
    key: &PKey<Public>,
    issuer: Option<&X509>,
    ca_key: &PKey<Private>,
) -> X509 {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, MsbOption::ONE, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    let subject = name(subject);
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&*subject, |issuer| issuer.subject_name())).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(365).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    let der = |oid: &str, critical: bool, der: &[u8]| {
        let oid = Asn1Object::from_str(oid).unwrap();
        X509Extension::new_from_der(&oid, critical, &Asn1OctetString::new_from_bytes(der).unwrap()).unwrap()
    };
    match usage {
        Use::Signature => {
            builder.append_extension(KeyUsage::new().critical().non_repudiation().build().unwrap()).unwrap();
            builder.append_extension(der("2.5.29.32", true, &policies(1))).unwrap();
            let role: Vec<u8> = (0..DOCTOR.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&DOCTOR[at..at + 2], 16).unwrap())
                .collect();
            builder.append_extension(der("2.5.29.9", false, &role)).unwrap();
        }
        Use::Authentication => {
            builder
                .append_extension(KeyUsage::new().critical().digital_signature().build().unwrap())
                .unwrap();
            builder.append_extension(der("2.5.29.32", true, &policies(2))).unwrap();
        }
        Use::Login => {
            builder
                .append_extension(KeyUsage::new().critical().digital_signature().build().unwrap())
                .unwrap();
        }
        Use::NoKeyUsage => {}
        Use::Authority => {
            builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
            builder
                .append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap())
                .unwrap();
        }
    }
    builder.sign(ca_key, MessageDigest::sha256()).unwrap();
    builder.build()
}

/// Signs with every digest and lets OpenSSL judge, and our own verifier.
pub(crate) fn signs(credential: &dyn Credential) {
    let key = X509::from_der(credential.certificate()).unwrap().public_key().unwrap();
    for (digest, openssl) in [
        (DigestAlgorithm::Sha256, MessageDigest::sha256()),
        (DigestAlgorithm::Sha384, MessageDigest::sha384()),
        (DigestAlgorithm::Sha512, MessageDigest::sha512()),
    ] {
        let algorithm = credential.algorithm(digest);
        let value = credential.sign(&algorithm, b"to be signed").unwrap();
        if matches!(algorithm, SignatureAlgorithm::RsaPkcs1(_) | SignatureAlgorithm::Ecdsa(_)) {
            assert!(Verifier::new(openssl, &key).unwrap().verify_oneshot(&value, b"to be signed").unwrap());
        }
        let spki = key.public_key_to_der().unwrap();
        let verifier = hsign_crypto::OpensslVerifier::new();
        assert_eq!(verifier.verify(&algorithm, &spki, b"to be signed", &value), SignatureValidity::Valid);
        assert_eq!(verifier.verify(&algorithm, &spki, b"something else", &value), SignatureValidity::Invalid);
    }
}

/// A tool that is needed; a missing one skips the test, or fails it under `REQUIRE_ALL=1`.
pub(crate) fn missing(what: &str) {
    assert_ne!(std::env::var("REQUIRE_ALL").as_deref(), Ok("1"), "{what} is missing");
    println!("skipped: {what} is missing");
}

pub(crate) fn openssl_command(arguments: &[&str]) -> bool {
    Command::new("openssl").args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Runs one ignored test of this file in a process of its own, with the environment given.
pub(crate) fn in_child(test: &str, environment: &[(&str, &std::ffi::OsStr)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.envs(environment.iter().copied());
    let output = command.output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

pub(crate) fn child_variable(name: &str) -> PathBuf {
    std::env::var_os(name).expect("run by another test of this file").into()
}

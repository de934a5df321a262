//! Throw-away keys, CMS made with them, and the `openssl` command as second opinion.
#![allow(dead_code, clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::print_stderr, missing_docs, unreachable_pub)]

use std::path::Path;
use std::process::{Command, Output};

use hsign_asn1::encode;
use hsign_cms::{attributes, build};
use hsign_core::{Digest, DigestAlgorithm, SignatureAlgorithm};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
use openssl::x509::{X509, X509Name};

pub struct Identity {
    pub key: PKey<Private>,
    pub certificate: Vec<u8>,
}

impl Identity {
    pub fn rsa() -> Self {
        Self::of(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(), 17)
    }

    pub fn p256() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self::of(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap(), 0x00C0_FFEE)
    }

    fn of(key: PKey<Private>, serial: u32) -> Self {
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("C", "JP").unwrap();
        name.append_entry_by_text("CN", "Throw-away").unwrap();
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build().to_der().unwrap(), key }
    }

    pub fn sign(&self, algorithm: &SignatureAlgorithm, octets: &[u8]) -> Vec<u8> {
        let digest = MessageDigest::from_name(algorithm.digest().unwrap().name()).unwrap();
        let mut signer = Signer::new(digest, &self.key).unwrap();
        if let SignatureAlgorithm::RsaPss { salt_length, .. } = algorithm {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            let length = RsaPssSaltlen::custom(i32::try_from(*salt_length).unwrap());
            signer.set_rsa_pss_saltlen(length).unwrap();
        }
        signer.sign_oneshot_to_vec(octets).unwrap()
    }
}

pub const CONTENT: &[u8] = b"Rp. amoxicillin 250 mg, 3 x 1, 5 days";

pub fn attribute_set(content: &[u8], identity: &Identity, digest: DigestAlgorithm) -> Vec<Vec<u8>> {
    let content_digest = hsign_crypto::digest(digest, content).unwrap();
    let certificate_digest = hsign_crypto::digest(DigestAlgorithm::Sha256, &identity.certificate).unwrap();
    vec![
        attributes::content_type(hsign_cms::oid::DATA).unwrap(),
        attributes::message_digest(&content_digest).unwrap(),
        attributes::signing_certificate_v2(&identity.certificate, &certificate_digest).unwrap(),
    ]
}

pub fn set(attributes: &[Vec<u8>]) -> Vec<u8> {
    encode::set_of_sorted(&attributes.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// A detached signature over [`CONTENT`] with the attributes given.
pub fn detached(identity: &Identity, algorithm: &SignatureAlgorithm, signed_attributes: &[u8]) -> Vec<u8> {
    build::signed_data(&build::Parts {
        content_type: hsign_cms::oid::DATA,
        content: None,
        digest: algorithm.digest().unwrap(),
        signature_algorithm: algorithm,
        signer_certificate: &identity.certificate,
        certificates: &[],
        signed_attributes,
        signature: &identity.sign(algorithm, signed_attributes),
        unsigned_attributes: &[],
    })
    .unwrap()
}

pub fn plain(identity: &Identity) -> Vec<u8> {
    let algorithm = match identity.key.rsa() {
        Ok(_) => SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256),
        Err(_) => SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256),
    };
    detached(identity, &algorithm, &set(&attribute_set(CONTENT, identity, DigestAlgorithm::Sha256)))
}

pub fn some_attribute() -> Vec<u8> {
    attributes::attribute("1.2.392.200119.9.9.9", &encode::utf8("added later")).unwrap()
}

pub fn content_digest() -> Digest {
    hsign_crypto::digest(DigestAlgorithm::Sha256, CONTENT).unwrap()
}

pub fn skip(what: &str) {
    assert!(std::env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"), "{what} is required");
    eprintln!("skipped: {what} is not here");
}

/// Runs `openssl` in `folder`; `None` when it isn't installed.
pub fn openssl(folder: &Path, arguments: &[&str]) -> Option<Output> {
    match Command::new("openssl").args(arguments).current_dir(folder).output() {
        Ok(output) => Some(output),
        Err(_) => {
            skip("the openssl command");
            None
        }
    }
}

/// Whether `openssl cms -verify` accepts a signature over [`CONTENT`], its certificate taken as root;
/// `None` without openssl.
pub fn accepted_by_openssl(cms: &[u8]) -> Option<bool> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("content"), CONTENT).unwrap();
    std::fs::write(folder.path().join("cms"), cms).unwrap();
    let signed_data = hsign_cms::SignedData::parse(cms).unwrap();
    let certificate = signed_data.certificates().first().map(|der| X509::from_der(der).unwrap());
    let root = certificate.map(|root| root.to_pem().unwrap()).unwrap_or_default();
    std::fs::write(folder.path().join("root"), root).unwrap();
    let verify =
        "cms -verify -cades -binary -CAfile root -inform DER -in cms -content content -out /dev/null";
    let output = openssl(folder.path(), &verify.split(' ').collect::<Vec<_>>())?;
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Some(output.status.success())
}

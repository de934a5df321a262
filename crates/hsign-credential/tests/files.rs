//! PKCS#12 and PEM files of every kind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use common::{Use, child_variable, ec, in_child, missing, openssl_command, pki, rsa, signs};
use hsign_core::Secret;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{DigestAlgorithm, ErrorKind, SignatureAlgorithm};
use hsign_credential::{
    Error, KeyProtection, NoSecrets, Options, Specification, Unsuitable, check, list, open, suitability,
};
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::X509;

fn specification(scheme: &str, path: &Path) -> Specification {
    format!("{scheme}:{}", path.display()).parse().unwrap()
}

fn write_p12(path: &Path, key: &PKey<Private>, certificate: &X509, pbe: Option<Nid>, passphrase: &str) {
    let mut others = Stack::new().unwrap();
    others.push(pki().ca.clone()).unwrap();
    let mut builder = Pkcs12::builder();
    builder.name("doctor").pkey(key).cert(certificate).ca(others);
    if let Some(pbe) = pbe {
        builder.key_algorithm(pbe).cert_algorithm(pbe);
    }
    fs::write(path, builder.build2(passphrase).unwrap().to_der().unwrap()).unwrap();
}

fn open_error(specification: &Specification, secret: &str) -> Error {
    match open(specification, &Secret::from(secret), &Options::default()) {
        Ok(_) => panic!("{specification} opened"),
        Err(error) => error,
    }
}

#[test]
fn pkcs12_with_aes_and_with_triple_des() {
    let folder = tempfile::tempdir().unwrap();
    for key in [rsa(2048), ec(Nid::X9_62_PRIME256V1), ec(Nid::SECP384R1)] {
        let certificate = pki().issue(Use::Signature, &key);
        for pbe in [None, Some(Nid::AES_256_CBC), Some(Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC)] {
            let path = folder.path().join("doctor.p12");
            write_p12(&path, &key, &certificate, pbe, "geheim");
            let secret = Secret::from("geheim");
            let credential = open(&specification("pkcs12", &path), &secret, &Options::default()).unwrap();
            assert_eq!(credential.certificate(), certificate.to_der().unwrap());
            assert_eq!(credential.chain(), [pki().ca.to_der().unwrap()]);
            assert_eq!(credential.protection(), KeyProtection::File { encrypted: true });
            signs(&*credential);
        }
    }
}

#[test]
fn pkcs12_without_a_passphrase_is_opened_without_a_question() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("open.p12");
    let key = rsa(2048);
    write_p12(&path, &key, &pki().issue(Use::Signature, &key), None, "");
    let credential = open(&specification("pkcs12", &path), &NoSecrets, &Options::default()).unwrap();
    assert_eq!(credential.protection(), KeyProtection::File { encrypted: false });
}

#[test]
fn pkcs12_wrong_passphrase_and_damage_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doctor.p12");
    let key = ec(Nid::X9_62_PRIME256V1);
    write_p12(&path, &key, &pki().issue(Use::Signature, &key), None, "right");
    let specification = specification("pkcs12", &path);

    let error = open_error(&specification, "wrong");
    assert!(matches!(error, Error::WrongPassphrase { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Credential);
    assert!(!format!("{error:?}").contains("wrong\""));

    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(open_error(&specification, "right"), Error::Damaged { .. }));
    fs::write(&path, b"no PKCS#12").unwrap();
    assert!(matches!(open_error(&specification, "right"), Error::Damaged { .. }));
    fs::remove_file(&path).unwrap();
    assert!(matches!(open_error(&specification, "right"), Error::File { .. }));
}

#[test]
fn pkcs12_without_a_key_or_with_a_stranger_s_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.p12");
    let key = ec(Nid::X9_62_PRIME256V1);
    let certificate = pki().issue(Use::Signature, &key);
    let only_certificates = Pkcs12::builder().cert(&certificate).build2("x").unwrap();
    fs::write(&path, only_certificates.to_der().unwrap()).unwrap();
    assert!(matches!(open_error(&specification("pkcs12", &path), "x"), Error::NoKey(_)));

    let only_key = Pkcs12::builder().pkey(&key).build2("x").unwrap();
    fs::write(&path, only_key.to_der().unwrap()).unwrap();
    assert!(matches!(open_error(&specification("pkcs12", &path), "x"), Error::NoCertificate(_)));
}

/// Writes an RC2-40 file with the command line tool, in whose process the legacy provider is loaded.
fn rc2_40(folder: &Path) -> Option<std::path::PathBuf> {
    let key = rsa(2048);
    let [key_file, certificate_file, p12] = ["key.pem", "cert.pem", "old.p12"].map(|name| folder.join(name));
    fs::write(&key_file, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    fs::write(&certificate_file, pki().issue(Use::Signature, &key).to_pem().unwrap()).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let made = openssl_command(&[
        "pkcs12",
        "-export",
        "-legacy",
        "-certpbe",
        "PBE-SHA1-RC2-40",
        "-keypbe",
        "PBE-SHA1-3DES",
        "-macalg",
        "sha1",
        "-inkey",
        &path(&key_file),
        "-in",
        &path(&certificate_file),
        "-passout",
        "pass:old",
        "-out",
        &path(&p12),
    ]);
    made.then_some(p12)
}

#[test]
fn pkcs12_with_rc2_40_opens_through_the_legacy_provider() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = rc2_40(folder.path()) else {
        return missing("the openssl command with the legacy provider");
    };
    let secret = Secret::from("old");
    let credential = open(&specification("pkcs12", &path), &secret, &Options::default()).unwrap();
    signs(&*credential);
    assert!(matches!(open_error(&specification("pkcs12", &path), "new"), Error::WrongPassphrase { .. }));
}

#[test]
fn pkcs12_with_rc2_40_and_no_legacy_provider_gives_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = rc2_40(folder.path()) else {
        return missing("the openssl command with the legacy provider");
    };
    in_child(
        "child_rc2_40",
        &[("OPENSSL_MODULES", folder.path().as_os_str()), ("HSIGN_TEST_FILE", path.as_os_str())],
    );
}

#[test]
#[ignore = "run in a process of its own by another test"]
fn child_rc2_40() {
    let error = open_error(&specification("pkcs12", &child_variable("HSIGN_TEST_FILE")), "old");
    assert!(matches!(error, Error::UnsupportedProtection { .. }), "{error}");
    assert_eq!(error.finding().code, "credential-protection-unsupported");
}

#[test]
fn pem_keys_of_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let [key_file, chain] = ["key.pem", "chain.pem"].map(|name| folder.path().join(name));
    let (rsa, p256) = (rsa(2048), ec(Nid::X9_62_PRIME256V1));
    let ed25519 = PKey::generate_ed25519().unwrap();
    let encrypted = |key: &PKey<Private>| {
        key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"geheim").unwrap()
    };
    let forms = [
        (&rsa, rsa.private_key_to_pem_pkcs8().unwrap(), false),
        (&rsa, rsa.rsa().unwrap().private_key_to_pem().unwrap(), false),
        (&rsa, encrypted(&rsa), true),
        (&p256, p256.ec_key().unwrap().private_key_to_pem().unwrap(), false),
        (&p256, encrypted(&p256), true),
        (&ed25519, ed25519.private_key_to_pem_pkcs8().unwrap(), false),
    ];
    for (key, pem, is_encrypted) in forms {
        let certificate = pki().issue(Use::Signature, key);
        fs::write(&key_file, pem).unwrap();
        // The authority first: order doesn't matter.
        fs::write(&chain, [pki().ca.to_pem().unwrap(), certificate.to_pem().unwrap()].concat()).unwrap();
        let text = format!("pem:{}?cert={}", key_file.display(), chain.display());
        let specification: Specification = text.parse().unwrap();
        let secret = Secret::from("geheim");
        let credential = open(&specification, &secret, &Options::default()).unwrap();
        assert_eq!(credential.certificate(), certificate.to_der().unwrap());
        assert_eq!(credential.protection(), KeyProtection::File { encrypted: is_encrypted });
        signs(&*credential);
        if is_encrypted {
            assert!(matches!(open_error(&specification, "wrong"), Error::WrongPassphrase { .. }));
        }
    }
}

#[test]
fn pem_key_and_certificate_in_one_file_with_a_pin_source() {
    let folder = tempfile::tempdir().unwrap();
    let [both, pin] = ["both.pem", "pin"].map(|name| folder.path().join(name));
    let key = rsa(2048);
    let pem = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"aus der Datei").unwrap();
    fs::write(&both, [pem, pki().issue(Use::Signature, &key).to_pem().unwrap()].concat()).unwrap();
    fs::write(&pin, "aus der Datei\n").unwrap();
    let text = format!("pem:{}?pin-source=file:{}", both.display(), pin.display());
    signs(&*open(&text.parse().unwrap(), &NoSecrets, &Options::default()).unwrap());
}

#[test]
fn of_several_certificates_for_one_key_the_signer_s_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let both = folder.path().join("both.pem");
    let key = ec(Nid::X9_62_PRIME256V1);
    let [login, signature] = [Use::Login, Use::Signature].map(|usage| pki().issue(usage, &key));
    for order in [[&login, &signature], [&signature, &login]] {
        let pem = order.map(|certificate| certificate.to_pem().unwrap()).concat();
        fs::write(&both, [key.private_key_to_pem_pkcs8().unwrap(), pem].concat()).unwrap();
        let credential = open(&specification("pem", &both), &NoSecrets, &Options::default()).unwrap();
        assert_eq!(credential.certificate(), signature.to_der().unwrap());
        assert_eq!(credential.chain(), [login.to_der().unwrap()]);
    }
}

#[test]
fn rfc8017_section_8_1_pss_with_a_software_key_and_nothing_that_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let both = folder.path().join("both.pem");
    let key = rsa(2048);
    let certificate = pki().issue(Use::Signature, &key);
    fs::write(&both, [key.private_key_to_pem_pkcs8().unwrap(), certificate.to_pem().unwrap()].concat())
        .unwrap();
    let credential = open(&specification("pem", &both), &NoSecrets, &Options::default()).unwrap();
    let pss = SignatureAlgorithm::RsaPss {
        digest: DigestAlgorithm::Sha256,
        mask_digest: DigestAlgorithm::Sha256,
        salt_length: 32,
    };
    let value = credential.sign(&pss, b"message").unwrap();
    let spki = key.public_key_to_der().unwrap();
    let verifier = hsign_crypto::OpensslVerifier::new();
    assert_eq!(verifier.verify(&pss, &spki, b"message", &value), SignatureValidity::Valid);
    let weak = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1);
    for wrong in [weak, SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256), SignatureAlgorithm::Ed25519] {
        assert!(credential.sign(&wrong, b"message").unwrap_err().message.contains("can't sign with"));
    }
}

#[test]
fn pem_failures_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let [key_file, chain] = ["key.pem", "chain.pem"].map(|name| folder.path().join(name));
    let key = rsa(2048);
    let specification: Specification =
        format!("pem:{}?cert={}", key_file.display(), chain.display()).parse().unwrap();
    fs::write(&key_file, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    fs::write(&chain, pki().ca.to_pem().unwrap()).unwrap();
    assert!(matches!(open_error(&specification, ""), Error::KeyMismatch(_)));
    fs::write(&chain, "no certificate").unwrap();
    assert!(matches!(open_error(&specification, ""), Error::NoCertificate(_)));
    fs::write(&key_file, "no key").unwrap();
    assert!(matches!(open_error(&specification, ""), Error::NoKey(_)));
    fs::write(&key_file, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap();
    assert!(matches!(open_error(&specification, ""), Error::Damaged { .. }));
    // No passphrase to be had: the port's own error comes through.
    let encrypted = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"x").unwrap();
    fs::write(&key_file, encrypted).unwrap();
    assert!(matches!(open(&specification, &NoSecrets, &Options::default()).err().unwrap(), Error::Secret(_)));
}

#[test]
fn a_remote_service_is_named_honestly() {
    let error = open_error(&"remote:clinic".parse().unwrap(), "");
    assert!(error.to_string().contains("no remote signing service `clinic` is configured"));
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[test]
fn only_signature_certificates_are_suitable() {
    let key = ec(Nid::X9_62_PRIME256V1);
    let judge = |usage: Use| {
        let der = pki().issue(usage, &key).to_der().unwrap();
        suitability(&hsign_x509::Certificate::from_der(&der).unwrap())
    };
    assert_eq!(judge(Use::Signature), Ok(()));
    assert_eq!(judge(Use::Authentication), Err(Unsuitable::AuthenticationCertificate));
    assert_eq!(judge(Use::Login), Err(Unsuitable::NoNonRepudiation));
    assert_eq!(judge(Use::NoKeyUsage), Err(Unsuitable::NoKeyUsage));
    assert_eq!(judge(Use::Authority), Err(Unsuitable::AuthorityCertificate));
}

#[test]
fn list_and_check_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doctor.p12");
    let key = rsa(2048);
    write_p12(&path, &key, &pki().issue(Use::Signature, &key), None, "x");
    let specification = specification("pkcs12", &path);
    let missing: Specification = "pkcs12:/nowhere/at-all.p12".parse().unwrap();
    let secret = Secret::from("x");
    let listing = list(&[specification.clone(), missing], &secret, &Options::default());
    assert_eq!((listing.credentials.len(), listing.problems.len()), (1, 1));
    let summary = &listing.credentials[0];
    assert!(summary.certificate.subject.contains("YAMADA TARO"));
    assert_eq!((summary.unsuitable, summary.certificate.key.as_str()), (None, "RSA-2048"));

    let profile = check(&specification, &secret, false, &Options::default()).unwrap();
    let certificate = &profile.files[0];
    assert_eq!(certificate.policies, ["1.2.392.100495.1.5.1.1.3.1"]);
    assert!(certificate.hc_role);
    assert_eq!((certificate.non_repudiation, certificate.validity_days), (Some(true), 365));
    let json = serde_json::to_string(&profile).unwrap();
    assert!(json.contains("Test CA"));
    for secret in ["YAMADA", "123456", &summary.certificate.serial, &summary.certificate.sha256] {
        assert!(!json.to_lowercase().contains(&secret.to_lowercase()), "{secret} in {json}");
    }
}

#[test]
fn fips_is_refused_where_the_provider_is_missing() {
    // In a process of its own: the provider, where installed, stays for the life of a process.
    in_child("child_fips", &[("HSIGN_TEST_FILE", OsStr::new(""))]);
}

#[test]
#[ignore = "run in a process of its own by another test"]
fn child_fips() {
    use hsign_credential::fips;
    match fips::enable() {
        Ok(()) => {
            assert!(fips::enabled());
            assert!(openssl::hash::hash(openssl::hash::MessageDigest::md5(), b"").is_err());
        }
        Err(error) => {
            assert!(!fips::enabled());
            assert_eq!(error.kind(), ErrorKind::Local);
            assert_eq!(error.finding().code, "fips-not-available");
        }
    }
}

//! Against SoftHSM2, an ordinary PKCS#11 module: arguments for C_Initialize, many mechanisms, no hardware.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Use, child_variable, ec, in_child, missing, pki, rsa, signs};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use hsign_core::DigestAlgorithm;
use hsign_core::Secret;
use hsign_credential::{Error, KeyProtection, NoSecrets, Options, Specification, list, open, usual_modules};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};

fn module() -> Option<PathBuf> {
    let places = [
        "/usr/lib/softhsm",
        "/usr/lib/x86_64-linux-gnu/softhsm",
        "/usr/lib/aarch64-linux-gnu/softhsm",
        "/usr/lib64/pkcs11",
        "/usr/local/lib/softhsm",
        "/opt/homebrew/lib/softhsm",
    ];
    places.iter().map(|place| Path::new(place).join("libsofthsm2.so")).find(|path| path.is_file())
}

fn util(conf: &Path, arguments: &[&str]) -> bool {
    let command = Command::new("softhsm2-util").args(arguments).env("SOFTHSM2_CONF", conf).output();
    command.is_ok_and(|output| output.status.success())
}

/// A token with the keys given, in a folder of its own; `None` where SoftHSM2 isn't installed.
fn token(folder: &Path, keys: &[(&str, &PKey<Private>)]) -> Option<PathBuf> {
    let conf = folder.join("softhsm2.conf");
    let tokens = folder.join("tokens");
    fs::create_dir(&tokens).unwrap();
    fs::write(&conf, format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display()))
        .unwrap();
    module()?;
    let init = ["--init-token", "--free", "--label", "Clinic", "--so-pin", "00000000", "--pin", "4711"];
    if !util(&conf, &init) {
        return None;
    }
    for (id, key) in keys {
        let file = folder.join(format!("{id}.pem"));
        fs::write(&file, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let import = [
            "--import",
            file.to_str().unwrap(),
            "--token",
            "Clinic",
            "--label",
            "key",
            "--id",
            id,
            "--pin",
            "4711",
        ];
        assert!(util(&conf, &import), "{id}");
        fs::write(folder.join(format!("{id}.cer")), pki().issue(Use::Signature, key).to_der().unwrap())
            .unwrap();
    }
    Some(conf)
}

fn run(test: &str, keys: &[(&str, &PKey<Private>)]) {
    let folder = tempfile::tempdir().unwrap();
    match token(folder.path(), keys) {
        Some(conf) => {
            in_child(
                test,
                &[("SOFTHSM2_CONF", conf.as_os_str()), ("HSIGN_TEST_FOLDER", folder.path().as_os_str())],
            );
        }
        None => missing("SoftHSM2"),
    }
}

/// In the child: puts the certificates beside the keys, which softhsm2-util can't.
fn put_certificates(ids: &[u8]) -> String {
    let (folder, module) = (child_variable("HSIGN_TEST_FOLDER"), module().unwrap());
    let pkcs11 = Pkcs11::new(&module).unwrap();
    pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
    let session = pkcs11.open_rw_session(slot).unwrap();
    session.login(UserType::User, Some(&AuthPin::from("4711".to_owned()))).unwrap();
    for id in ids {
        let der = fs::read(folder.join(format!("{id:02x}.cer"))).unwrap();
        let certificate = hsign_x509::Certificate::from_der(&der).unwrap();
        session
            .create_object(&[
                Attribute::Class(ObjectClass::CERTIFICATE),
                Attribute::CertificateType(CertificateType::X_509),
                Attribute::Token(true),
                Attribute::Private(false),
                Attribute::Id(vec![*id]),
                Attribute::Label(b"certificate".to_vec()),
                Attribute::Subject(certificate.subject().der().to_vec()),
                Attribute::Value(der),
            ])
            .unwrap();
    }
    session.logout().unwrap();
    format!("?module-path={}", module.display())
}

#[test]
fn rsa_and_ecdsa_keys_sign() {
    let keys = [rsa(2048), rsa(3072), ec(Nid::X9_62_PRIME256V1), ec(Nid::SECP384R1)];
    let named: Vec<_> = ["a1", "a2", "a3", "a4"].into_iter().zip(&keys).collect();
    run("child_signs", &named);
}

#[test]
#[ignore = "run in a process of its own by another test"]
fn child_signs() {
    let query = put_certificates(&[0xA1, 0xA2, 0xA3, 0xA4]);
    let pin = Secret::from("4711");
    for id in ["A1", "A2", "A3", "A4"] {
        let uri: Specification = format!("pkcs11:token=Clinic;id=%{id}{query}").parse().unwrap();
        let credential = open(&uri, &pin, &Options::default()).unwrap();
        signs(&*credential);
        let protection = credential.protection();
        assert!(matches!(protection, KeyProtection::Token { hardware: false, .. }));
        assert!(protection.is_software());
    }
    // Without an id four keys fit; which they are can be told without the PIN only as certificates.
    let uri: Specification = format!("pkcs11:token=Clinic{query}").parse().unwrap();
    let error = open(&uri, &pin, &Options::default()).err().unwrap();
    assert!(matches!(error, Error::Ambiguous { count: 4, .. }), "{error}");
    let listing = list(&[uri], &NoSecrets, &Options::default());
    assert_eq!((listing.credentials.len(), listing.problems.len()), (4, 0));
    // Found without being named, unless p11-kit's proxy comes first here.
    if usual_modules().contains(&module().unwrap().canonicalize().unwrap()) {
        assert_eq!(list(&[], &NoSecrets, &Options::default()).credentials.len(), 4);
    }
}

#[test]
fn a_wrong_pin_of_an_ordinary_token() {
    run("child_wrong_pin", &[("a1", &rsa(2048))]);
}

#[test]
#[ignore = "run in a process of its own by another test"]
fn child_wrong_pin() {
    let query = put_certificates(&[0xA1]);
    let uri: Specification = format!("pkcs11:token=Clinic{query}").parse().unwrap();
    let wrong = Secret::from("0815");
    let credential = open(&uri, &wrong, &Options::default()).unwrap();
    let error = credential.sign(&credential.algorithm(DigestAlgorithm::Sha256), b"").unwrap_err();
    assert!(error.message.contains("the PIN is wrong"), "{error}");
}

#[test]
fn the_modulus_decides_where_identifiers_are_swapped() {
    run("child_swapped_identifiers", &[("a1", &rsa(2048)), ("a2", &rsa(2048))]);
}

#[test]
#[ignore = "run in a process of its own by another test"]
fn child_swapped_identifiers() {
    // Swapped: each certificate carries the other key's CKA_ID. The modulus decides, so both are still found.
    let folder = child_variable("HSIGN_TEST_FOLDER");
    fs::rename(folder.join("a1.cer"), folder.join("x")).unwrap();
    fs::rename(folder.join("a2.cer"), folder.join("a1.cer")).unwrap();
    fs::rename(folder.join("x"), folder.join("a2.cer")).unwrap();
    let query = put_certificates(&[0xA1, 0xA2]);
    let uri: Specification = format!("pkcs11:object=certificate;id=%A1{query}").parse().unwrap();
    let pin = Secret::from("4711");
    signs(&*open(&uri, &pin, &Options::default()).unwrap());
}

//! Credentials on tokens.

use std::path::Path;
use std::process::Command;

use hsign_testkit::{Identity, softhsm as testkit};
use hsign_testkit_pkcs11::{Card, Kind};

use crate::{Session, missing};

/// The PIN of the cards made here.
pub const HPKI_PIN: &str = "246810";

/// A card behind a module that behaves as the HPKI guideline says: its `pkcs11:` URI. The file of the module is named
/// as such modules are.
///
/// # Panics
/// When the module was not built or can't be copied.
pub fn hpki_card(session: &Session, kind: Kind, identity: &Identity) -> String {
    let name = match kind {
        Kind::Signature => "HpkiSigP11_test",
        Kind::Authentication => "HpkiAuthP11_test",
    };
    let chain = identity.chain_pem();
    let above: String = chain.split_inclusive("-----END CERTIFICATE-----\n").skip(1).collect();
    let card = Card::new(
        kind,
        HPKI_PIN,
        identity.private_key_pem().as_bytes(),
        identity.certificate_pem().as_bytes(),
        above.as_bytes(),
    );
    let module = card.install(session.folder(), name).expect("the module");
    format!("pkcs11:token=HPKI%20Application;id=%17?module-path={}", module.display())
}

/// A SoftHSM2 token with somebody's key and certificate: its `pkcs11:` URI and the configuration that leads to it.
/// Nothing where SoftHSM2 is not installed.
///
/// # Panics
/// When the token can't be made.
pub fn softhsm(session: &Session, label: &str, identity: &Identity) -> Option<String> {
    let folder = session.folder().join("softhsm");
    let Some(token) = testkit::create(&folder, label, identity).expect("a token") else {
        missing("SoftHSM2");
        return None;
    };
    put_certificate(&folder, &token, identity);
    Some(token.specification(label))
}

/// SoftHSM2 reads its variable once, when it is loaded: this takes another process.
fn put_certificate(folder: &Path, token: &testkit::SoftHsm, identity: &Identity) {
    let file = folder.join("certificate.cer");
    std::fs::write(&file, identity.certificate_der()).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_puts_the_certificate_on_the_token", "--ignored"])
        .env(testkit::CONFIGURATION_VARIABLE, &token.configuration)
        .env("HSIGN_TEST_CERTIFICATE", &file)
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
}

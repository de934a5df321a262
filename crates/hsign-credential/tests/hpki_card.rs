//! Against a PKCS#11 module that behaves as the HPKI card guideline says (hsign-testkit-pkcs11).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use common::{Use, pki, rsa, signs};
use hsign_core::Secret;
use hsign_core::ports::{PortError, Signer};
use hsign_core::{DigestAlgorithm, ErrorKind};
use hsign_credential::{
    Error, KeyProtection, ModuleKind, NoSecrets, Options, PinRetention, PinTries, Place, SecretPrompt,
    SecretSource, Specification, Unsuitable, check, list, open,
};
use hsign_testkit_pkcs11::{Card, Kind};
use openssl::x509::X509;

/// A card in a reader of its own, with a copy of the module.
struct Reader {
    _folder: tempfile::TempDir,
    module: PathBuf,
    certificate: X509,
}

impl Reader {
    fn new(kind: Kind, change: impl FnOnce(&mut Card)) -> Self {
        let key = rsa(2048);
        let (usage, name) = match kind {
            Kind::Signature => (Use::Signature, "HpkiSigP11_test"),
            Kind::Authentication => (Use::Authentication, "HpkiAuthP11_test"),
        };
        let certificate = pki().issue(usage, &key);
        let mut card = Card::new(
            kind,
            "1234",
            &key.private_key_to_pem_pkcs8().unwrap(),
            &certificate.to_pem().unwrap(),
            &pki().ca.to_pem().unwrap(),
        );
        change(&mut card);
        let folder = tempfile::tempdir().unwrap();
        let module = card.install(folder.path(), name).unwrap();
        Self { _folder: folder, module, certificate }
    }

    fn signature() -> Self {
        Self::new(Kind::Signature, |_| {})
    }

    fn uri(&self) -> Specification {
        self.uri_with("token=HPKI%20Application;id=%17")
    }

    fn uri_with(&self, path: &str) -> Specification {
        format!("pkcs11:{path}?module-path={}", self.module.display()).parse().unwrap()
    }

    /// Another module file with a copy of the same card.
    fn second_module(&self, name: &str) -> PathBuf {
        let module = self.module.with_file_name(format!("{name}{}", std::env::consts::DLL_SUFFIX));
        fs::copy(&self.module, &module).unwrap();
        let (from, to) = (self.module.with_extension("card"), module.with_extension("card"));
        fs::create_dir(&to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
        module
    }

    fn tries_left(&self) -> String {
        fs::read_to_string(self.module.with_extension("card").join("tries-left")).unwrap()
    }

    fn set_tries_left(&self, tries: u32) {
        fs::write(self.module.with_extension("card").join("tries-left"), tries.to_string()).unwrap();
    }
}

/// Answers one after the other and keeps what was asked.
struct Script(Mutex<Vec<&'static str>>, Mutex<Vec<SecretPrompt>>);

impl Script {
    fn new(answers: &[&'static str]) -> Self {
        Self(Mutex::new(answers.iter().rev().copied().collect()), Mutex::default())
    }

    fn asked(&self) -> Vec<SecretPrompt> {
        self.1.lock().unwrap().clone()
    }
}

impl SecretSource for Script {
    fn secret(&self, prompt: &SecretPrompt) -> Result<Secret, PortError> {
        self.1.lock().unwrap().push(prompt.clone());
        let answer = self.0.lock().unwrap().pop();
        answer.map(Secret::from).ok_or_else(|| PortError::new(ErrorKind::Credential, "asked too often"))
    }
}

fn sign(signer: &(impl Signer + ?Sized)) -> Result<Vec<u8>, PortError> {
    signer.sign(&signer.algorithm(DigestAlgorithm::Sha256), b"message")
}

#[test]
fn a_card_signs_with_a_login_before_each_signature_and_one_question() {
    let reader = Reader::signature();
    let script = Script::new(&["1234"]);
    let credential = open(&reader.uri(), &script, &Options::default()).unwrap();
    assert!(script.asked().is_empty(), "certificates are readable without a PIN");
    assert_eq!(credential.certificate(), reader.certificate.to_der().unwrap());
    assert_eq!(credential.chain(), [pki().ca.to_der().unwrap()]);
    // The module refuses C_Sign without the context-specific login, so three signatures are three logins.
    signs(&*credential);
    assert_eq!(script.asked().len(), 1);
    assert_eq!(script.asked()[0].subject, "HPKI Application");
}

#[test]
fn the_pin_is_asked_for_each_signature_if_wanted() {
    let reader = Reader::signature();
    let script = Script::new(&["1234"; 3]);
    let options = Options { pin_retention: PinRetention::EachSignature, ..Options::default() };
    signs(&*open(&reader.uri(), &script, &options).unwrap());
    assert_eq!(script.asked().len(), 3);
}

#[test]
fn labels_are_hints_only() {
    let reader = Reader::new(Kind::Signature, |card| {
        card.key_label = "something else".to_owned();
        card.label = String::new();
        card.library_description = "HPKI2.0".to_owned();
    });
    let pin = Secret::from("1234");
    for path in
        ["", "id=%17", "object=HPKI%20END%20ENTITY%20CERTIFICATE", "object=something%20else;type=private"]
    {
        signs(&*open(&reader.uri_with(path), &pin, &Options::default()).unwrap());
    }
    for path in ["id=%18", "object=nothing", "token=Other"] {
        let error = open(&reader.uri_with(path), &pin, &Options::default()).err().unwrap();
        assert!(matches!(error, Error::NoObject(_) | Error::NoToken), "{path}: {error}");
    }
}

#[test]
fn what_open_gives_names_itself() {
    let reader = Reader::signature();
    let pin = Secret::from("1234");
    let credential = open(&reader.uri_with(""), &pin, &Options::default()).unwrap();
    let again = credential.specification().to_string().parse().unwrap();
    assert_eq!(open(&again, &pin, &Options::default()).unwrap().certificate(), credential.certificate());
}

#[test]
fn a_wrong_pin_is_sent_once_and_never_again_by_itself() {
    let reader = Reader::signature();
    let wrong = Secret::from("9999");
    for _ in 0..3 {
        // A batch: one credential for each file, with the same wrong PIN from a file.
        let credential = open(&reader.uri(), &wrong, &Options::default()).unwrap();
        let error = sign(&*credential).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Credential);
        assert!(error.message.contains("the PIN is wrong; few tries are left"), "{error}");
        assert!(!format!("{error:?}").contains("9999"));
        assert!(sign(&*credential).is_err());
        assert_eq!(reader.tries_left(), "2");
    }
    // The right one goes through and gives all tries back.
    let pin = Secret::from("1234");
    sign(&*open(&reader.uri(), &pin, &Options::default()).unwrap()).unwrap();
    assert_eq!(reader.tries_left(), "3");
}

#[test]
fn the_last_try_is_announced_and_a_lock_is_final() {
    let reader = Reader::signature();
    reader.set_tries_left(2);
    let script = Script::new(&["8888", "9999", "1234"]);
    let credential = open(&reader.uri(), &script, &Options::default()).unwrap();
    let error = sign(&*credential).unwrap_err();
    assert!(error.message.contains("one try is left"), "{error}");
    assert_eq!(error.findings[0].code, "pin-wrong-last-try-left");
    let error = sign(&*credential).unwrap_err();
    assert!(error.message.contains("the card has locked itself"), "{error}");
    assert_eq!(
        script.asked().iter().map(|prompt| prompt.tries).collect::<Vec<_>>(),
        [PinTries::Low, PinTries::Last]
    );

    // Locked: nobody is asked any more.
    let error = sign(&*credential).unwrap_err();
    assert!(
        error.message.contains("is locked") && error.findings[0].code == "pin-locked",
        "{}",
        error.message
    );
    assert_eq!(script.asked().len(), 2);
    let listing = list(&[reader.uri()], &NoSecrets, &Options::default());
    assert!(matches!(&listing.credentials[0].place, Place::Token { pin: Some("locked"), .. }));
}

#[test]
fn a_pin_of_impossible_form_costs_no_try() {
    let reader = Reader::signature();
    for pin in ["123", "12345678901234567", "一二三四"] {
        let secret = Secret::from(pin);
        let credential = open(&reader.uri(), &secret, &Options::default()).unwrap();
        let error = sign(&*credential).unwrap_err();
        assert!(error.message.contains("4 to 16 characters of ASCII; no try was used up"), "{error}");
    }
    assert_eq!(reader.tries_left(), "3");
}

#[test]
fn the_pin_comes_from_the_uri_s_pin_source() {
    let reader = Reader::signature();
    let pin = reader.module.with_file_name("pin");
    fs::write(&pin, "1234\n").unwrap();
    let text = format!("{}&pin-source=file:{}", reader.uri(), pin.display());
    let credential = open(&text.parse().unwrap(), &NoSecrets, &Options::default()).unwrap();
    signs(&*credential);
    assert!(credential.specification().to_string().contains("pin-source=file:"));
}

#[test]
fn an_authentication_module_is_refused_with_the_reason() {
    let reader = Reader::new(Kind::Authentication, |_| {});
    let error = open(&reader.uri(), &Secret::from("1234"), &Options::default()).err().unwrap();
    assert!(matches!(error, Error::AuthenticationModule(_)));
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(
        error.to_string().contains("HpkiAuthP11_test") && error.finding().code == "authentication-module"
    );
    assert_eq!(reader.tries_left(), "3");
}

#[test]
fn both_modules_of_a_card_are_told_apart() {
    let (signature, authentication) = (Reader::signature(), Reader::new(Kind::Authentication, |_| {}));
    let modules = vec![authentication.module.clone(), signature.module.clone()];
    let options = Options { modules, ..Options::default() };
    let pin = Secret::from("1234");
    let credential = open(&"pkcs11:id=%17".parse().unwrap(), &pin, &options).unwrap();
    assert_eq!(credential.certificate(), signature.certificate.to_der().unwrap());
    signs(&*credential);

    let listing = list(&[], &NoSecrets, &options);
    let found: Vec<_> = listing.credentials.iter().map(|one| one.unsuitable).collect();
    assert_eq!(found, [Some(Unsuitable::AuthenticationCertificate), None]);
    assert!(matches!(
        listing.credentials[0].place,
        Place::Token { module_kind: ModuleKind::HpkiAuthentication, .. }
    ));
}

#[test]
fn two_fitting_cards_are_ambiguous_and_named() {
    let (one, two) = (Reader::signature(), Reader::signature());
    let options = Options { modules: vec![one.module.clone(), two.module.clone()], ..Options::default() };
    let error = open(&"pkcs11:".parse().unwrap(), &NoSecrets, &options).err().unwrap();
    let Error::Ambiguous { count: 2, first } = &error else { panic!("{error}") };
    assert!(first.contains("module-path"));
}

#[test]
fn a_card_taken_out_is_a_clear_error_and_comes_back() {
    let reader = Reader::signature();
    let pin = Secret::from("1234");
    let credential = open(&reader.uri(), &pin, &Options::default()).unwrap();
    sign(&*credential).unwrap();
    let removed = reader.module.with_extension("card").join("removed");
    fs::write(&removed, "").unwrap();
    let error = sign(&*credential).unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Credential, "the card or token was removed")
    );
    assert!(matches!(open(&reader.uri(), &pin, &Options::default()).err().unwrap(), Error::NoToken));
    fs::remove_file(&removed).unwrap();
    sign(&*credential).unwrap();
}

#[test]
fn several_threads_never_meet_inside_the_module() {
    let reader = Reader::signature();
    let pin = Secret::from("1234");
    let credentials: Vec<_> =
        (0..4).map(|_| open(&reader.uri(), &pin, &Options::default()).unwrap()).collect();
    // The module answers a second call while one is running with CKR_GENERAL_ERROR.
    std::thread::scope(|scope| {
        for credential in &credentials {
            scope.spawn(move || (0..5).for_each(|_| drop(sign(&**credential).unwrap())));
        }
    });
}

#[test]
fn a_key_that_does_not_fit_its_certificate_signs_nothing() {
    let reader = Reader::signature();
    // Same CKA_ID, another key: the modulus decides.
    let other = pki().issue(Use::Signature, &rsa(2048)).to_pem().unwrap();
    fs::write(reader.module.with_extension("card").join("certificate.pem"), other).unwrap();
    let pin = Secret::from("1234");
    let credential = open(&reader.uri(), &pin, &Options::default()).unwrap();
    let error = sign(&*credential).unwrap_err();
    assert!(error.message.contains("no private key"), "{error}");
}

#[test]
fn an_only_key_without_modulus_and_identifier_of_its_own_is_tried_and_verified() {
    let reader = Reader::new(Kind::Signature, |card| {
        card.key_id = 0x01;
        card.modulus_visible = false;
    });
    let pin = Secret::from("1234");
    signs(&*open(&reader.uri(), &pin, &Options::default()).unwrap());

    let other = Reader::new(Kind::Signature, |card| {
        card.modulus_visible = false;
        card.certificate = pki().issue(Use::Signature, &rsa(2048)).to_pem().unwrap();
    });
    let credential = open(&other.uri(), &pin, &Options::default()).unwrap();
    let error = sign(&*credential).unwrap_err();
    assert!(error.message.contains("key and certificate don't belong together"), "{error}");
}

#[test]
fn check_gives_the_guideline_s_facts_and_nothing_about_the_holder() {
    let reader = Reader::signature();
    let profile = check(&reader.uri(), &Secret::from("1234"), true, &Options::default()).unwrap();
    let card = &profile.cards[0];
    assert_eq!(card.module.functions.len(), 21, "{:?}", card.module.functions);
    assert!(card.module.initialized_with_null);
    assert_eq!(card.module.description.as_deref(), Some("HPKI 3.0"));
    assert_eq!(card.mechanisms.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["CKM_RSA_PKCS"]);
    assert_eq!((card.token.minimum_pin_length, card.token.maximum_pin_length), (4, 16));
    assert_eq!(card.keys[0].rsa_bits, Some(2048));
    let expected = KeyProtection::Token {
        hardware: true,
        always_authenticate: Some(true),
        extractable: Some(false),
        sensitive: Some(true),
    };
    assert_eq!(card.keys[0].protection, expected);
    let holder = card.certificates.iter().find(|one| one.label == "HPKI END ENTITY CERTIFICATE").unwrap();
    assert_eq!((holder.id.as_str(), holder.hc_role, holder.unsuitable), ("17", true, None));

    let json = serde_json::to_string(&profile).unwrap();
    let serial = reader.certificate.serial_number().to_bn().unwrap().to_hex_str().unwrap().to_lowercase();
    for secret in ["yamada", "123456", "0000000000000001", &serial, "1234\""] {
        assert!(!json.to_lowercase().contains(secret), "{secret} in {json}");
    }
}

#[test]
fn a_module_that_is_none_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("HpkiSigP11_broken.so");
    fs::write(&file, "not a library").unwrap();
    let uri: Specification = format!("pkcs11:?module-path={}", file.display()).parse().unwrap();
    let error = open(&uri, &NoSecrets, &Options::default()).err().unwrap();
    assert!(matches!(error, Error::Module { .. }), "{error}");
    let uri = "pkcs11:?module-name=no-such-module".parse().unwrap();
    assert!(matches!(open(&uri, &NoSecrets, &Options::default()), Err(Error::Module { .. })));
}

#[test]
fn rfc7512_section_2_5_an_unknown_path_attribute_matches_nothing() {
    let reader = Reader::signature();
    let error = open(&reader.uri_with("vendor-x=1"), &NoSecrets, &Options::default()).err().unwrap();
    assert!(matches!(error, Error::Specification(_)), "{error}");
}

#[test]
fn a_module_of_another_name_that_accepts_only_null_is_initialised_with_null() {
    let reader = Reader::signature();
    let module = reader.second_module("middleware");
    let uri: Specification = format!("pkcs11:?module-path={}", module.display()).parse().unwrap();
    let pin = Secret::from("1234");
    signs(&*open(&uri, &pin, &Options::default()).unwrap());
    let profile = check(&uri, &NoSecrets, false, &Options::default()).unwrap();
    assert!(profile.cards[0].module.initialized_with_null);
    assert_eq!(profile.cards[0].module.kind, ModuleKind::Other);
}

#[test]
fn the_same_card_behind_two_modules_is_one() {
    let reader = Reader::signature();
    // As behind p11-kit's proxy.
    let proxy = reader.second_module("HpkiSigP11_proxy");
    let options = Options { modules: vec![reader.module.clone(), proxy], ..Options::default() };
    let pin = Secret::from("1234");
    signs(&*open(&"pkcs11:".parse().unwrap(), &pin, &options).unwrap());
    assert_eq!(list(&[], &NoSecrets, &options).credentials.len(), 1);
}

//! Signing with tokens and cards through PKCS#11.

use hsign_testkit::{Person, softhsm as testkit};
use hsign_testkit_pkcs11::Kind;
use hsign_tests::{HPKI_PIN, Session, hpki_card, softhsm};

/// Run by `softhsm` in a process of its own.
#[test]
#[ignore = "a step of other tests"]
fn child_puts_the_certificate_on_the_token() {
    let file = std::env::var_os("HSIGN_TEST_CERTIFICATE").expect("run by another test");
    testkit::put_certificate(&std::fs::read(file).unwrap()).unwrap();
}

/// A desk with a card in its reader.
fn with_card(person: Person, kind: Kind) -> (Session, String) {
    let session = Session::shared();
    let uri = hpki_card(&session, kind, &session.testbed().person(person));
    session.write("pin.txt", format!("{HPKI_PIN}\n"));
    session.write("wrong.txt", "111111\n");
    (session, uri)
}

#[test]
fn an_hpki_card_signs_under_the_policy_hpki_with_a_pin_for_each_signature() {
    let (session, uri) = with_card(Person::Pharmacist, Kind::Signature);
    let line = format!(
        "sign scan.pdf letter.pdf --credential {uri} --pin-source file:pin.txt --trust {{trust}} --tsa {{tsa}} --document-class dispensing"
    );
    session.run(&line).exits(0);
    let answer = session.verify("scan.signed.pdf letter.signed.pdf --document-class dispensing").exits(0);
    assert_eq!(answer.signature()["qualification"]["roles"][0]["ja"], "薬剤師");
}

#[test]
fn a_wrong_pin_is_6_and_is_not_tried_twice() {
    let (session, uri) = with_card(Person::Doctor, Kind::Signature);
    let line =
        format!("sign letter.pdf scan.pdf --credential {uri} --pin-source file:wrong.txt --trust {{trust}}");
    session.run(&line).exits(6);
    let left = std::fs::read_to_string(session.path("HpkiSigP11_test.card/tries-left")).unwrap();
    assert_eq!(left.trim(), "2", "one wrong PIN costs one try, however many documents wait");
    assert!(!session.path("letter.signed.pdf").exists());
}

#[test]
fn a_locked_card_is_6_and_says_so() {
    let (session, uri) = with_card(Person::Doctor, Kind::Signature);
    std::fs::write(session.path("HpkiSigP11_test.card/tries-left"), "0").unwrap();
    let line =
        format!("sign letter.pdf --credential {uri} --pin-source file:pin.txt --trust {{trust}} --lang en");
    session.run(&line).exits(6).says("lock");
}

#[test]
fn the_last_try_is_not_spent_on_a_pin_nobody_typed() {
    let (session, uri) = with_card(Person::Doctor, Kind::Signature);
    std::fs::write(session.path("HpkiSigP11_test.card/tries-left"), "1").unwrap();
    let line = format!("sign letter.pdf --credential {uri} --pin-source file:wrong.txt --trust {{trust}}");
    session.run(&line).exits(6);
}

#[test]
fn a_card_that_was_taken_out_is_6() {
    let (session, uri) = with_card(Person::Doctor, Kind::Signature);
    std::fs::write(session.path("HpkiSigP11_test.card/removed"), "").unwrap();
    session
        .run(&format!("sign letter.pdf --credential {uri} --pin-source file:pin.txt --trust {{trust}}"))
        .exits(6);
}

#[test]
fn the_authentication_side_of_a_card_is_refused_for_signing() {
    let (session, uri) = with_card(Person::Authentication, Kind::Authentication);
    let line = format!("sign letter.pdf --credential {uri} --pin-source file:pin.txt --trust {{trust}}");
    let answer = session.run(&line);
    assert!([1, 6].contains(&answer.code), "{answer}");
    assert!(!session.path("letter.signed.pdf").exists());
}

#[test]
fn credential_list_shows_how_a_key_is_protected() {
    let (session, _) = with_card(Person::Doctor, Kind::Signature);
    let module = session.path("HpkiSigP11_test.so");
    let listed =
        session.run(&format!("credential list --module {} --output json", module.display())).exits(0);
    let json = listed.json();
    assert_eq!(json["schema"], "hsign.credentials/1");
    let text = json["credentials"].to_string();
    assert!(text.contains("protection") && text.contains("SHIKEN Taro"), "{text}");
    let doctor = session.testbed().person(Person::Doctor).pkcs12_path();
    let line =
        format!("credential list pkcs12:{} --pin-source file:{{pki}}/passphrase.txt", doctor.display());
    session.run(&line).exits(0).prints("SHIKEN Taro");
    let login = session.testbed().person(Person::Authentication).pkcs12_path();
    let line = format!(
        "credential list pkcs12:{} --pin-source file:{{pki}}/passphrase.txt --lang en",
        login.display()
    );
    session.run(&line).exits(6).prints("must not sign");
}

#[test]
fn credential_check_prints_a_profile_without_names() {
    let (session, uri) = with_card(Person::Doctor, Kind::Signature);
    for line in
        [format!("credential check {uri}"), format!("credential check {uri} --pin-source file:pin.txt")]
    {
        let answer = session.run(&line).exits(0);
        let text = answer.text();
        for secret in ["SHIKEN", "Taro", "試験", "T0001001", "Hospital", "病院", HPKI_PIN] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(answer.json().is_object());
    }
}

#[test]
fn a_softhsm_token_signs_with_every_kind_of_key() {
    for (person, label) in [(Person::Doctor, "rsa"), (Person::DoctorP256, "ec")] {
        let mut session = Session::shared();
        let Some(uri) = softhsm(&session, label, &session.testbed().person(person)) else { return };
        session.set(testkit::CONFIGURATION_VARIABLE, session.path("softhsm/softhsm2.conf"));
        session.write("pin.txt", testkit::PIN);
        session.write("wrong.txt", "0000");
        let line = format!(
            "sign letter.pdf --credential {uri} --pin-source file:pin.txt --trust {{trust}} --tsa {{tsa}} --policy {{soft}} --evidence {{pki}}/ca/hpki-signature-ca.pem"
        );
        session.run(&line).exits(0);
        session.verify("letter.signed.pdf --evidence {pki}/ca").exits(0);
        session.run(&line.replace("pin.txt", "wrong.txt").replace("letter", "scan")).exits(6);
        session.run(&format!("credential check {uri} --pin-source file:pin.txt")).exits(0);
        assert!(!session.path("scan.signed.pdf").exists());
    }
}

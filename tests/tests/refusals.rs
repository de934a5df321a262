//! Who must not sign, doesn't, and the reason is told. Nothing is written then.

use hsign_testkit::Person;
use hsign_tests::Session;

#[track_caller]
fn refused(person: Person, rest: &str, code: &str) {
    let session = Session::shared();
    session.sign(person, rest).exits(1).says(code);
    assert_eq!(session.names(), ["letter.pdf", "scan.pdf"], "nothing was written");
}

#[test]
fn an_expired_signer_is_refused() {
    refused(Person::Expired, "letter.pdf --tsa {tsa}", "certificate-expired");
}

#[test]
fn a_revoked_signer_is_refused() {
    refused(Person::Revoked, "letter.pdf --tsa {tsa}", "signing-with-revoked-certificate");
}

#[test]
fn a_revoked_signer_is_refused_by_a_list_given_too() {
    refused(
        Person::Revoked,
        "letter.pdf --no-fetch --evidence {crl}/signature.crl",
        "signing-with-revoked-certificate",
    );
}

#[test]
fn an_authentication_certificate_is_refused() {
    refused(Person::Authentication, "letter.pdf", "signing-with-authentication-certificate");
}

#[test]
fn an_authentication_certificate_is_refused_under_every_policy() {
    for policy in ["etsi", "hpki", "eprescription"] {
        let session = Session::shared();
        let file = session.testbed().person(Person::Authentication).pkcs12_path();
        session
            .run(&format!(
                "sign letter.pdf --credential pkcs12:{} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}} --policy {policy}",
                file.display()
            ))
            .exits(1)
            .says("signing-with-authentication-certificate");
    }
}

#[test]
fn a_certificate_without_non_repudiation_is_refused() {
    refused(Person::Authentication, "letter.pdf", "key-usage-not-for-signing");
}

#[test]
fn a_role_that_the_document_class_does_not_ask_for_is_refused() {
    refused(Person::Doctor, "scan.pdf --document-class dispensing", "role-mismatch");
    refused(Person::Pharmacist, "letter.pdf --document-class referral", "role-mismatch");
    refused(Person::Nurse, "letter.pdf --document-class prescription", "role-mismatch");
}

#[test]
fn a_role_that_is_demanded_and_missing_is_refused() {
    let session = Session::shared();
    let file = session.testbed().person(Person::Doctor).pkcs12_path();
    session
        .run(&format!(
            "sign letter.pdf --credential pkcs12:{} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}} --policy {{soft}} --require-role Dentist",
            file.display()
        ))
        .exits(1)
        .says("role-mismatch");
}

#[test]
fn a_key_in_a_file_is_refused_under_the_policy_hpki() {
    let session = Session::shared();
    let doctor = session.testbed().person(Person::Doctor);
    let pkcs12 = format!("pkcs12:{}", doctor.pkcs12_path().display());
    let pem = format!("pem:{}?cert={}", doctor.key_path().display(), doctor.chain_path().display());
    for credential in [pkcs12, pem] {
        session
            .run(&format!(
                "sign letter.pdf --credential {credential} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}}"
            ))
            .exits(1)
            .says("software-key-refused");
    }
    assert_eq!(session.names(), ["letter.pdf", "scan.pdf"]);
}

#[test]
fn a_test_card_in_a_file_signs_under_the_policy_hpki() {
    let session = Session::shared();
    let card = session.testbed().person(Person::TestCard).pkcs12_path();
    session
        .run(&format!(
            "sign letter.pdf --credential pkcs12:{} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}}",
            card.display()
        ))
        .exits(3)
        .says("test-card");
}

#[test]
fn a_wrong_passphrase_is_6() {
    let session = Session::shared();
    session.write("wrong.txt", "not-it\n");
    let file = session.testbed().person(Person::Doctor).pkcs12_path();
    session
        .run(&format!(
            "sign letter.pdf --credential pkcs12:{} --pin-source file:wrong.txt --trust {{trust}} --policy {{soft}}",
            file.display()
        ))
        .exits(6);
    session
        .run(&format!(
            "sign letter.pdf --credential pkcs12:{} --trust {{trust}} --policy {{soft}}",
            file.display()
        ))
        .exits(6)
        .says("--pin-source");
    session.run("sign letter.pdf --credential pkcs12:absent.p12 --trust {trust}").exits(6);
    assert_eq!(session.names(), ["letter.pdf", "scan.pdf", "wrong.txt"]);
}

#[test]
fn secrets_are_never_taken_from_the_command_line() {
    let session = Session::shared();
    let file = session.testbed().person(Person::Doctor).pkcs12_path();
    for option in ["--pin 1234", "--password x", "--pin-source hsign-test"] {
        let answer = session.run(&format!("sign letter.pdf --credential pkcs12:{} {option}", file.display()));
        assert!([2, 6].contains(&answer.code), "{answer}");
    }
}

#[test]
fn a_signature_without_trust_is_made_and_left_open() {
    let session = Session::shared();
    let file = session.testbed().person(Person::Doctor).pkcs12_path();
    let answer = session
        .run(&format!(
            "sign letter.pdf --credential pkcs12:{} --pin-source file:{{pki}}/passphrase.txt --policy {{soft}} --output json",
            file.display()
        ))
        .exits(3)
        .json();
    assert_eq!(answer["documents"][0]["verdict"]["sub_indication"], "NO_CERTIFICATE_CHAIN_FOUND");
    assert!(session.path("letter.signed.pdf").is_file());
}

#[test]
fn of_a_file_of_no_known_kind_it_is_told_what_can_be_done_instead() {
    let session = Session::shared();
    std::fs::write(session.path("note.txt"), "three times a day").unwrap();
    session.run("extend note.txt --trust {trust}").exits(4).says("--format asic");
    session.run("verify note.txt --trust {trust}").exits(4).prints("--format asic");
}

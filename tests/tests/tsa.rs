//! Time-stamp authorities, good and bad, as `hsign sign`, `timestamp` and `tsa` meet them.

use std::time::Duration;

use hsign_testkit::{DAY, Endpoint, Fault, ListenerOptions, Person, Tls, Unit};
use hsign_tests::Session;

#[track_caller]
fn refused_token(fault: Fault) {
    let session = Session::alone();
    session.testbed().always_fault(Endpoint::Tsa, std::slice::from_ref(&fault));
    let answer = session.sign(Person::Doctor, "letter.pdf --tsa {tsa}");
    assert_eq!(answer.code, 5, "{fault:?}: {answer}");
    assert_eq!(session.names(), ["letter.pdf", "scan.pdf"], "{fault:?}: nothing is written");
}

#[track_caller]
fn accepted_token(faults: &[Fault]) {
    let session = Session::alone();
    session.testbed().always_fault(Endpoint::Tsa, faults);
    let answer = session.sign(Person::Doctor, "letter.pdf --tsa {tsa}");
    assert_eq!(answer.code, 0, "{faults:?}: {answer}");
    let verified = session.verify("letter.signed.pdf").exits(0);
    assert_eq!(verified.signature()["timestamps"][0]["integrity"], "valid");
}

#[test]
fn a_token_with_another_nonce_is_refused() {
    refused_token(Fault::WrongNonce);
}

#[test]
fn a_token_without_the_nonce_is_refused() {
    refused_token(Fault::NoNonce);
}

#[test]
fn a_token_over_something_else_is_refused() {
    refused_token(Fault::WrongImprint);
}

#[test]
fn a_token_of_a_unit_without_time_stamping_is_refused() {
    refused_token(Fault::WrongEku);
}

#[test]
fn a_token_of_a_unit_whose_purpose_is_not_critical_is_refused() {
    refused_token(Fault::NonCriticalEku);
}

#[test]
fn a_token_of_an_expired_unit_is_refused() {
    refused_token(Fault::ExpiredTsaCertificate);
}

#[test]
fn a_token_with_a_bad_signature_is_refused() {
    refused_token(Fault::BadSignature);
}

#[test]
fn a_token_of_two_signers_is_refused() {
    refused_token(Fault::TwoSigners);
}

#[test]
fn a_token_that_names_another_certificate_is_refused() {
    refused_token(Fault::WrongEssCertId);
}

#[test]
fn a_token_from_another_day_is_refused() {
    refused_token(Fault::GenTimeOffset(3 * DAY));
    refused_token(Fault::GenTimeOffset(-3 * DAY));
}

#[test]
fn a_rejection_is_5() {
    refused_token(Fault::Rejection { status: 2, failure: Some(14) });
}

#[test]
fn an_authority_that_fails_is_5() {
    refused_token(Fault::Status(404));
    refused_token(Fault::Status(500));
    refused_token(Fault::Garbage);
    refused_token(Fault::TruncatedBody);
}

#[test]
fn an_authority_that_is_down_is_5() {
    let session = Session::alone();
    session.testbed().stop_serving();
    session.sign(Person::Doctor, "letter.pdf --no-fetch --evidence {crl} --tsa {tsa}").exits(5);
    session.run("timestamp letter.pdf --tsa {tsa}").exits(5);
    assert_eq!(session.names(), ["letter.pdf", "scan.pdf"]);
}

#[test]
fn real_encodings_are_read() {
    accepted_token(&[Fault::BerToken]);
    accepted_token(&[Fault::FractionalSeconds("123".to_owned())]);
    accepted_token(&[Fault::NegativeNonce]);
    accepted_token(&[Fault::AttributeCertificate]);
    accepted_token(&[Fault::EssCertIdV1]);
    accepted_token(&[Fault::WrongContentType]);
}

#[test]
fn a_slow_authority_is_waited_for() {
    accepted_token(&[Fault::Latency(Duration::from_millis(300))]);
}

#[test]
fn one_failed_try_is_repeated() {
    let session = Session::alone();
    session.testbed().queue_fault(Endpoint::Tsa, Fault::Disconnect);
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa}").exits(0);
}

#[test]
fn the_second_authority_serves_when_the_first_fails() {
    for fault in [Fault::Status(503), Fault::WrongNonce, Fault::Garbage] {
        let session = Session::alone();
        session.testbed().always_fault(Endpoint::Tsa, &[fault]);
        session.sign(Person::Doctor, "letter.pdf --tsa {tsa} --tsa {tsa2}").exits(0);
        let requests = session.testbed().take_requests();
        assert!(requests.iter().any(|request| request.endpoint == Some(Endpoint::SecondTsa)));
        session.verify("letter.signed.pdf").exits(0);
    }
}

#[test]
fn configured_authorities_are_used_by_name_and_by_default() {
    let session = Session::shared();
    let (first, second) = (session.testbed().tsa_url(), session.testbed().second_tsa_url());
    session.write(
        "config.toml",
        format!(
            "[[tsa]]\nname = \"main\"\nurl = \"{first}\"\ndigest = \"sha512\"\n\n[[tsa]]\nname = \"spare\"\nurl = \"{second}\"\n"
        ),
    );
    session.sign(Person::Doctor, "letter.pdf --config config.toml").exits(0);
    assert_eq!(session.verify("letter.signed.pdf").exits(0).signature()["level"], "B-LTA");
    session.sign(Person::Doctor, "scan.pdf --config config.toml --tsa spare").exits(0);
    let listed = session.run("tsa list --config config.toml --output json").exits(0).json();
    assert_eq!(listed["authorities"][0]["name"], "main");
    assert_eq!(listed["authorities"][1]["url"], second);
    session.run("tsa list --config config.toml").exits(0).prints("spare");
    let checked = session.run("tsa check --config config.toml --output json").exits(0).json();
    assert_eq!(checked["schema"], "hsign.tsa-check/1");
    assert_eq!(checked["authorities"].as_array().unwrap().len(), 2);
}

#[test]
fn tsa_check_tells_whether_an_authority_is_fit() {
    let session = Session::alone();
    session.run("tsa check {tsa} --lang en").exits(0).prints("fit");
    session.testbed().always_fault(Endpoint::Tsa, &[Fault::WrongEku]);
    session.run("tsa check {tsa}").exits(1);
    session.testbed().stop_serving();
    session.run("tsa check {tsa}").exits(5);
    session.run("tsa check").exits(2);
}

#[test]
fn https_with_a_client_certificate_basic_authentication_and_a_header() {
    let session = Session::alone();
    let options =
        ListenerOptions::https(Tls::V1_3).client_certificate().basic("user", "secret").header("X-Key", "42");
    let base = session.testbed().listen(options).unwrap();
    let client = session.testbed().unit(Unit::TlsClient);
    session.write("password.txt", "secret\n");
    session.write(
        "config.toml",
        format!(
            "[[tsa]]\nname = \"tls\"\nurl = \"{base}/tsa\"\nca_file = \"{}\"\n[tsa.basic]\nuser = \"user\"\npassword = \"file:{}\"\n\
             [tsa.client_certificate]\ncertificate = \"{}\"\nkey = \"{}\"\n[tsa.headers]\nX-Key = {{ secret = \"env:HSIGN_TEST_KEY\" }}\n",
            session.testbed().tls_root_path().display(),
            session.path("password.txt").display(),
            client.chain_path().display(),
            client.key_path().display(),
        ),
    );
    let mut session = session;
    session.set("HSIGN_TEST_KEY", "42");
    session.sign(Person::Doctor, "letter.pdf --config config.toml").exits(0);
    session.set("HSIGN_TEST_KEY", "43");
    session.sign(Person::Doctor, "scan.pdf --config config.toml").exits(5);
}

#[test]
fn a_token_lies_beside_the_file_and_verifies_against_it() {
    let session = Session::shared();
    session.write("image.tiff", b"II*\0 not really an image");
    let answer = session.run("timestamp image.tiff --tsa {tsa}").exits(0);
    assert_eq!(answer.text(), "image.tst\n");
    let verified = session.verify("image.tst --content image.tiff").exits(0);
    let document = verified.document();
    assert_eq!(document["format"], "timestamp");
    assert_eq!(document["indication"], "TOTAL-PASSED");
    assert_eq!(document["signatures"].as_array().map(Vec::len).unwrap_or(0), 0);
    assert_eq!(document["timestamps"][0]["integrity"], "valid");
    assert_eq!(document["timestamps"][0]["tsa"]["accreditation"], "mic");
    session.write("image.tiff", b"II*\0 another image");
    let wrong = session.verify("image.tst --content image.tiff").exits(1).document();
    assert_eq!(wrong["indication"], "TOTAL-FAILED");
    assert_eq!(wrong["sub_indication"], "HASH_FAILURE");
    session.verify("image.tst").exits(3);
}

#[test]
fn several_files_get_a_token_each_and_none_is_overwritten() {
    let session = Session::shared();
    session.run("timestamp letter.pdf scan.pdf --tsa {tsa}").exits(0);
    assert_eq!(session.names(), ["letter.pdf", "letter.tst", "scan.pdf", "scan.tst"]);
    session.run("timestamp letter.pdf --tsa {tsa}").exits(1);
    session.run("timestamp letter.pdf --tsa {tsa} --force").exits(0);
    session.run("timestamp letter.pdf absent.pdf --tsa {tsa} --force").exits(7);
    session.run("timestamp letter.pdf").exits(2);
    let piped = session.run_with("timestamp - --tsa {tsa}", &session.path("letter.pdf")).exits(0);
    session.write("piped.tst", piped.out);
    session.verify("piped.tst --content letter.pdf").exits(0);
}

#[test]
fn a_time_stamp_response_verifies_like_its_token() {
    let session = Session::shared();
    session.run("timestamp letter.pdf --tsa {tsa}").exits(0);
    let token = session.read("letter.tst");
    let status = [0x30, 3, 2, 1, 0];
    let length = u16::try_from(status.len() + token.len()).unwrap().to_be_bytes();
    session.write("letter.tsr", [&[0x30, 0x82, length[0], length[1]], &status[..], &token].concat());
    session.verify("letter.tsr --content letter.pdf").exits(0);
    session.verify("letter.tsr --content scan.pdf").exits(1);
}

#[test]
fn a_token_without_trust_is_open() {
    let session = Session::shared();
    session.run("timestamp letter.pdf --tsa {tsa}").exits(0);
    let document = session.run("verify letter.tst --content letter.pdf --output json").exits(3).document();
    assert_eq!(document["indication"], "INDETERMINATE");
    assert_eq!(document["timestamps"][0]["integrity"], "valid");
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_nothing_behind_and_is_130() {
    let session = Session::alone();
    session.testbed().always_fault(Endpoint::Tsa, &[Fault::Latency(Duration::from_secs(20))]);
    let credential = session.testbed().person(Person::Doctor).pkcs12_path();
    let line = format!(
        "sign letter.pdf --credential pkcs12:{} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}} --policy {{soft}} --tsa {{tsa}}",
        credential.display()
    );
    let mut child = session.command(&line).spawn().unwrap();
    let reached = || session.testbed().tsa().issued() > 0;
    while !reached() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(20));
    }
    // The shell's own `kill`: a small machine has no other.
    let interrupt = format!("kill -INT {}", child.id());
    let killed = std::process::Command::new("sh").args(["-c", &interrupt]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(session.names(), ["letter.pdf", "scan.pdf"]);
}

#[test]
fn a_document_time_stamp_goes_inside_the_pdf_and_can_be_the_first_proof() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf --level B-B").exits(0);
    let answer =
        session.run("timestamp --in-pdf letter.signed.pdf --tsa {tsa} -o letter.stamped.pdf").exits(0);
    assert_eq!(answer.text(), "letter.stamped.pdf\n");
    assert!(session.read("letter.stamped.pdf").starts_with(&session.read("letter.signed.pdf")));
    let document = session.verify("letter.stamped.pdf").exits(0).document();
    let stamp = &document["timestamps"][0];
    assert_eq!((&stamp["kind"], &stamp["integrity"]), (&"document".into(), &"valid".into()), "{document}");
    assert_eq!(document["signatures"][0]["best_signature_time"], stamp["gen_time"], "{document}");
}

#[test]
fn a_document_time_stamp_has_a_name_of_its_own_and_never_overwrites() {
    let session = Session::shared();
    session.run("timestamp --in-pdf letter.pdf --tsa {tsa}").exits(0).prints("letter.stamped.pdf");
    session.run("timestamp --in-pdf letter.pdf --tsa {tsa}").exits(1);
    session.verify("letter.stamped.pdf").exits(4);
}

#[test]
fn only_a_pdf_takes_a_document_time_stamp() {
    let session = Session::shared();
    session.write("image.tiff", b"II*\0not a PDF");
    session.run("timestamp --in-pdf image.tiff --tsa {tsa}").exits(4);
    assert!(!session.names().contains(&"image.stamped.tiff".to_owned()));
}

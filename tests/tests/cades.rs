//! CAdES signatures by the command: beside a file of any kind, or around it.

use hsign_testkit::Person;
use hsign_tests::Session;

/// What verifies a signature beside its content, in a process of its own and without a network.
fn verify_detached(session: &Session, rest: &str) -> hsign_tests::Answer {
    session.verify(rest)
}

#[test]
fn a_file_of_any_kind_is_signed_beside_it() {
    let session = Session::shared();
    session.write("summary.txt", "退院時要約");
    let done =
        session.sign(Person::Doctor, "summary.txt --format cades --tsa {tsa} --document-class referral");
    assert_eq!(done.exits(0).text(), "summary.p7s\n");
    assert_eq!(session.read("summary.txt"), "退院時要約".as_bytes());
    let answer =
        verify_detached(&session, "summary.p7s --content summary.txt --document-class referral").exits(0);
    assert_eq!(answer.document()["format"], "cades");
    let signature = answer.signature();
    assert_eq!(signature["level"], "B-LTA");
    assert_eq!(signature["coverage"], "external");
    assert_eq!(signature["modifications"], serde_json::Value::Null);
    assert_eq!(signature["signatory"], serde_json::Value::Null);
    assert!(signature["claimed_signing_time"].is_string());
    assert_eq!(signature["qualification"]["status"], "qualified");
}

#[test]
fn a_detached_signature_needs_its_content_and_no_other() {
    let session = Session::shared();
    session.write("a.txt", "one");
    session.write("b.txt", "two");
    session.sign(Person::Doctor, "a.txt --format cades --tsa {tsa}").exits(0);
    let without = session.verify("a.p7s").exits(3).says("--content a.txt").signature();
    assert_eq!(without["sub_indication"], "SIGNED_DATA_NOT_FOUND");
    let other = session.verify("a.p7s --content b.txt").exits(1).signature();
    assert_eq!(other["sub_indication"], "HASH_FAILURE");
    assert_eq!(other["integrity"], "invalid");
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa}").exits(0);
    session.verify("letter.signed.pdf --content a.txt").exits(2);
}

#[test]
fn an_enveloping_signature_carries_its_content() {
    let session = Session::shared();
    // The content's own format must not be taken for that of the whole.
    let done =
        session.sign(Person::DoctorP256, "letter.pdf --format cades --packaging enveloping --tsa {tsa}");
    assert_eq!(done.exits(0).text(), "letter.p7m\n");
    let answer = session.verify("letter.p7m").exits(0);
    assert_eq!(answer.document()["format"], "cades");
    assert_eq!(answer.signature()["coverage"], "whole-document");
    let signed = session.read("letter.p7m");
    let content = session.read("letter.pdf");
    assert!(signed.windows(content.len()).any(|window| window == content));
    session.verify("letter.p7m --content letter.pdf").exits(0);
    let other = session.verify("letter.p7m --content scan.pdf").exits(3).document();
    assert_eq!(other["findings"][0]["code"], "content-differs-from-attached");
}

#[test]
fn a_changed_octet_is_found() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf --format cades --packaging enveloping").exits(0);
    let mut signed = session.read("letter.p7m");
    let at = signed.windows(5).position(|window| window == b"%PDF-").unwrap() + 200;
    signed[at] ^= 1;
    session.write("letter.p7m", &signed);
    assert_eq!(session.verify("letter.p7m").exits(1).signature()["integrity"], "invalid");
}

#[test]
fn the_checks_before_signing_are_those_of_pdf_files() {
    let session = Session::shared();
    session.write("note.txt", "x");
    for person in [Person::Revoked, Person::Expired, Person::Authentication] {
        let answer = session.sign(person, "note.txt --format cades");
        assert!(matches!(answer.code, 1 | 6), "{answer}");
    }
    session.sign(Person::Nurse, "note.txt --format cades --document-class prescription").exits(1);
    assert_eq!(session.names(), ["letter.pdf", "note.txt", "scan.pdf"]);
}

#[test]
fn what_a_cms_cannot_have_is_refused_not_ignored() {
    let session = Session::shared();
    session.write("note.txt", "x");
    for option in [
        "--one-stamp",
        "--content note.txt",
        "--packaging enveloped",
        "--in-place",
        "--reason referral",
        "--field Doctor",
        "--location Osaka",
    ] {
        session.sign(Person::Doctor, &format!("note.txt --format cades --tsa {{tsa}} {option}")).exits(2);
    }
    session.sign(Person::Doctor, "note.txt --format cades --level B-T").exits(2);
    assert_eq!(session.names(), ["letter.pdf", "note.txt", "scan.pdf"]);
}

#[test]
fn inspect_shows_a_cms_without_its_content() {
    let session = Session::shared();
    session.write("note.txt", "x");
    session.sign(Person::Doctor, "note.txt --format cades --tsa {tsa} -o -").exits(0);
    session.sign(Person::Doctor, "note.txt --format cades --tsa {tsa}").exits(0);
    let facts = session.run("inspect note.p7s --output json").exits(0).json();
    assert_eq!(facts["facts"]["format"], "cades");
    assert_eq!(facts["facts"]["signatures"][0]["coverage"], "external");
}

#[test]
fn openssl_agrees() {
    let session = Session::shared();
    session.write("note.txt", "any bytes at all\n");
    session.sign(Person::Doctor, "note.txt --format cades --tsa {tsa}").exits(0);
    let root = session.testbed().folder().join("ca/hpki-root.pem");
    let status = std::process::Command::new("openssl")
        .args([
            "cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", "note.p7s", "-content",
            "note.txt",
        ])
        .args(["-purpose", "any", "-out", "out.txt", "-CAfile"])
        .arg(root)
        .current_dir(session.folder())
        .output();
    match status {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => return hsign_tests::missing("openssl"),
    }
    assert_eq!(session.read("out.txt"), session.read("note.txt"));
}

#[test]
fn a_folder_is_signed_without_its_signatures() {
    let session = Session::shared();
    session.write("in/a.txt", "a");
    session.write("in/b.csv", "b");
    session.sign(Person::Doctor, "in --format cades").exits(0);
    session.sign(Person::Doctor, "in --format cades").exits(1);
    assert!(session.path("in/a.p7s").exists() && session.path("in/b.p7s").exists());
    assert!(!session.path("in/a.p7m").exists());
}

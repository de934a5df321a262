//! `hsign amend`: a corrected document with its original inside, and the sequence that verify tells.

use std::process::Command;

use hsign_testkit::Person;
use hsign_tests::{Answer, Session, missing};
use serde_json::Value;

fn amend(session: &Session, person: Person, rest: &str) -> Answer {
    let credential = format!("pkcs12:{}", session.testbed().person(person).pkcs12_path().display());
    session.run(&format!(
        "amend --credential {credential} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}} --policy {{soft}} {rest}"
    ))
}

/// A scan of a dispensed prescription, signed as scans are.
fn signed_scan(session: &Session) {
    session.sign(Person::Nurse, "scan.pdf -o original.pdf --tsa {tsa} --document-class scan").exits(0);
}

fn codes(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

const CLASS: &str = "--document-class dispensed-amended";

#[test]
fn guideline_9_4_a_pharmacist_amends_and_the_original_still_verifies_inside_and_taken_out() {
    let session = Session::shared();
    signed_scan(&session);
    amend(
        &session,
        Person::Pharmacist,
        "original.pdf --with letter.pdf --note 用量の訂正 --tsa {tsa} -o amended.pdf",
    )
    .exits(0);
    assert!(session.read("amended.pdf").starts_with(&session.read("letter.pdf")), "every byte stays");
    let document = session.verify(&format!("amended.pdf {CLASS}")).exits(0).document();
    let amends = &document["signatures"][0]["metadata"]["amends"];
    assert_eq!((&amends["form"], &amends["note"]), (&"embedded".into(), &"用量の訂正".into()));
    let original = &document["originals"][0];
    assert_eq!(original["amended_by"], document["signatures"][0]["id"]);
    assert_eq!(original["document"]["indication"], "TOTAL-PASSED");
    assert_eq!(original["document"]["signatures"][0]["qualification"]["roles"][0]["text"], "General Nurse");

    let text = session.run(&format!(
        "verify amended.pdf {CLASS} --trust {{trust}} --evidence {{crl}} --lang ja --report r.html"
    ));
    assert!(text.text().contains("元の文書") && text.text().contains("修正の内容：用量の訂正"), "{text}");
    assert!(String::from_utf8(session.read("r.html")).unwrap().contains("修正した署名"));

    let Ok(listed) = Command::new("pdfdetach")
        .args(["-save", "1", "-o"])
        .arg(session.path("out.pdf"))
        .arg(session.path("amended.pdf"))
        .output()
    else {
        return missing("pdfdetach (poppler-utils)");
    };
    assert!(listed.status.success());
    assert_eq!(session.read("out.pdf"), session.read("original.pdf"), "byte for byte");
    session.verify("out.pdf --document-class scan").exits(0);
    for file in ["out.pdf", "amended.pdf"] {
        let told = Command::new("pdfsig").arg(session.path(file)).output().unwrap();
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.contains("Signature Validation: Signature is Valid."), "{file}: {told}");
    }
    let checked = Command::new("qpdf").arg("--check").arg(session.path("amended.pdf")).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn guideline_9_4_nobody_but_a_pharmacist_amends_when_signing_and_when_verifying() {
    let session = Session::shared();
    signed_scan(&session);
    let line = "original.pdf --with letter.pdf --tsa {tsa} -o amended.pdf";
    amend(&session, Person::Doctor, line).exits(1).says("role");
    assert!(!session.path("amended.pdf").exists());
    amend(&session, Person::Doctor, &format!("{line} --document-class scan")).exits(0);
    let document = session.verify(&format!("amended.pdf {CLASS}")).exits(3).document();
    assert_eq!(document["signatures"][0]["qualification"]["status"], "role-mismatch");
    session.verify("amended.pdf --document-class scan").exits(0);
    let plain = session.verify(&format!("original.pdf {CLASS}")).exits(3).document();
    assert!(codes(&plain["findings"]).contains(&"amendment-missing"), "no amendment at all");
}

#[test]
fn several_amendments_are_told_in_their_order() {
    let session = Session::shared();
    signed_scan(&session);
    amend(&session, Person::Pharmacist, "original.pdf --with letter.pdf --note first --tsa {tsa} -o one.pdf")
        .exits(0);
    amend(&session, Person::Pharmacist, "one.pdf --with scan.pdf --note second --tsa {tsa} -o two.pdf")
        .exits(0);
    let document = session.verify(&format!("two.pdf {CLASS}")).exits(0).document();
    let middle = &document["originals"][0]["document"];
    assert_eq!(middle["signatures"][0]["metadata"]["amends"]["note"], "first");
    assert_eq!(middle["originals"][0]["document"]["indication"], "TOTAL-PASSED");
    let text =
        session.run(&format!("verify two.pdf {CLASS} --trust {{trust}} --evidence {{crl}}")).exits(0).text();
    let place = |note: &str| text.find(&format!("What was amended: {note}")).unwrap();
    let sequence = text.rfind("What was amended: second").unwrap();
    assert!(place("first") < sequence, "{text}");
}

#[test]
fn a_broken_or_foreign_original_keeps_the_amendment_from_passing() {
    let session = Session::shared();
    signed_scan(&session);
    amend(&session, Person::Pharmacist, "original.pdf --with letter.pdf --tsa {tsa} -o amended.pdf").exits(0);
    let mut bytes = session.read("amended.pdf");
    let inside = session.read("original.pdf");
    let place = bytes.windows(40).position(|window| window == &inside[..40]).unwrap();
    bytes[place + 20] ^= 1;
    session.write("tampered.pdf", &bytes);
    session.verify(&format!("tampered.pdf {CLASS}")).exits(1);

    let mut broken = session.read("original.pdf");
    broken[20] ^= 1;
    session.write("broken.pdf", &broken);
    amend(&session, Person::Pharmacist, "broken.pdf --with letter.pdf --tsa {tsa} -o x.pdf")
        .exits(1)
        .says("amended-original-not-valid");
    amend(&session, Person::Pharmacist, "scan.pdf --with letter.pdf --tsa {tsa} -o x.pdf")
        .exits(2)
        .says("no signature");
    amend(&session, Person::Pharmacist, "original.pdf --with original.pdf --tsa {tsa} -o x.pdf").exits(2);
    assert!(!session.path("x.pdf").exists());
}

#[test]
fn a_note_alone_goes_onto_the_original_as_one_more_signature() {
    let session = Session::shared();
    signed_scan(&session);
    amend(&session, Person::Pharmacist, "original.pdf --note 疑義照会済み --tsa {tsa}")
        .exits(0)
        .prints("original.amended.pdf");
    assert!(session.read("original.amended.pdf").starts_with(&session.read("original.pdf")));
    let document = session.verify(&format!("original.amended.pdf {CLASS}")).exits(0).document();
    let signatures = document["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 2);
    assert_eq!(signatures[1]["metadata"]["amends"]["form"], "revision");
    assert_eq!(signatures[0]["indication"], "TOTAL-PASSED", "the nurse's stays what it was");
    session.run("amend original.pdf --credential pem:x").exits(2);
}

/// A page as a scanner's driver writes it, by what stands in it.
fn tiff(said: &str) -> Vec<u8> {
    let directory = u32::try_from(8 + said.len()).unwrap().to_le_bytes();
    [&b"II*\0"[..], &directory, said.as_bytes(), &[0; 6]].concat()
}

#[test]
fn guideline_9_4_a_scan_that_is_no_pdf_is_amended_in_a_container_with_its_original() {
    let session = Session::shared();
    session.write("page.tif", tiff("3 tablets"));
    session.write("corrected.tif", tiff("2 tablets"));
    let sign = "page.tif --format asic --tsa {tsa} --document-class scan -o page.asice";
    session.sign(Person::Nurse, sign).exits(0);
    let line = "page.asice --with corrected.tif --note 用量の訂正 --tsa {tsa}";
    amend(&session, Person::Doctor, line).exits(1).says("role");
    amend(&session, Person::Pharmacist, line).exits(0).prints("corrected.amended.asice");
    let document = session.verify(&format!("corrected.amended.asice {CLASS}")).exits(0).document();
    assert_eq!(document["signatures"][0]["level"], "B-LTA");
    assert_eq!(document["signatures"][0]["metadata"]["amends"]["note"], "用量の訂正");
    let original = &document["originals"][0];
    assert_eq!(original["amended_by"], document["signatures"][0]["id"]);
    assert_eq!(original["document"]["indication"], "TOTAL-PASSED");
    assert_eq!(original["document"]["signatures"][0]["qualification"]["roles"][0]["text"], "General Nurse");

    // Taken out with any other tool it is the original, and verifies alone.
    let name = original["name"].as_str().unwrap();
    let inside = unzipped(&session, "corrected.amended.asice", name);
    assert_eq!(inside, session.read("page.asice"), "byte for byte");
    assert_eq!(unzipped(&session, "corrected.amended.asice", "corrected.tif"), tiff("2 tablets"));
    session.write("taken-out.asice", inside);
    session.verify("taken-out.asice --document-class scan").exits(0);

    // A PDF file takes the place of pictures, and pictures that of a PDF file; all of the sequence is told.
    let again = "corrected.amended.asice --with letter.pdf --note second --tsa {tsa}";
    amend(&session, Person::Pharmacist, again).exits(0).prints("letter.amended.asice");
    let two = session.verify(&format!("letter.amended.asice {CLASS}")).exits(0).document();
    let middle = &two["originals"][0]["document"];
    assert_eq!(middle["signatures"][0]["metadata"]["amends"]["note"], "用量の訂正");
    assert_eq!(middle["originals"][0]["document"]["indication"], "TOTAL-PASSED");
    signed_scan(&session);
    amend(&session, Person::Pharmacist, "original.pdf --with corrected.tif --tsa {tsa} -o mixed.asice")
        .exits(0);
    let mixed = session.verify(&format!("mixed.asice {CLASS}")).exits(0).document();
    assert_eq!(mixed["originals"][0]["document"]["format"], "pades");

    // A note alone goes around the container as it is.
    amend(&session, Person::Pharmacist, "page.asice --note 疑義照会済み --tsa {tsa}")
        .exits(0)
        .prints("page.amended.asice");
    let noted = session.verify(&format!("page.amended.asice {CLASS}")).exits(0).document();
    assert_eq!(noted["signatures"][0]["metadata"]["amends"]["note"], "疑義照会済み");
    assert_eq!(noted["originals"][0]["document"]["indication"], "TOTAL-PASSED");

    let mut broken = session.read("corrected.amended.asice");
    let place = broken.windows(9).position(|nine| nine == b"3 tablets").unwrap();
    broken[place] = b'9';
    session.write("broken.asice", broken);
    let broken = session.verify(&format!("broken.asice {CLASS}"));
    assert!([1, 3].contains(&broken.code), "{broken}");
    amend(&session, Person::Pharmacist, "page.asice --with corrected.amended.asice --tsa {tsa}").exits(2);
    amend(&session, Person::Pharmacist, "page.tif --with corrected.tif --tsa {tsa}").exits(4);
}

fn unzipped(session: &Session, container: &str, name: &str) -> Vec<u8> {
    let script =
        "import sys,zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))";
    let out = Command::new("python3").args(["-c", script]).arg(session.path(container)).arg(name).output();
    out.unwrap().stdout
}

/// The stamps of an amendment prove the original inside too, past the end of the original's own authority.
#[test]
fn the_stamps_of_an_amendment_carry_its_original() {
    let session = Session::shared();
    signed_scan(&session);
    amend(&session, Person::Pharmacist, "original.pdf --with letter.pdf --tsa {tsa} -o amended.pdf").exits(0);
    let document = session.verify(&format!("amended.pdf {CLASS}")).exits(0).document();
    let grown = session
        .run("extend amended.pdf --level B-LTA --tsa {tsa} --trust {trust} --policy {soft} --in-place");
    grown.exits(0);
    let grown = session.verify(&format!("amended.pdf {CLASS}")).exits(0).document();
    assert_eq!(grown["originals"][0]["document"]["indication"], "TOTAL-PASSED");
    assert_eq!(
        grown["originals"][0]["digest"], document["originals"][0]["digest"],
        "the original stays as it was"
    );
}

//! `hsign sign`: what it makes, where it puts it, and what it leaves alone.

use hsign_testkit::manipulations::Update;
use hsign_testkit::{Person, Protection, documents};
use hsign_tests::Session;

#[track_caller]
fn original_is_prefix(session: &Session, original: &str, signed: &str) {
    let (original, signed) = (session.read(original), session.read(signed));
    assert!(signed.len() > original.len() && signed.starts_with(&original), "every byte stays");
}

#[test]
fn a_pharmacist_signs_a_scan_of_a_dispensed_prescription() {
    let session = Session::shared();
    let done = session.sign(Person::Pharmacist, "scan.pdf --tsa {tsa} --document-class dispensing").exits(0);
    assert_eq!(done.text(), "scan.signed.pdf\n", "standard output carries only data");
    original_is_prefix(&session, "scan.pdf", "scan.signed.pdf");
    let verified = session.verify("scan.signed.pdf --document-class dispensing").exits(0);
    let signature = verified.signature();
    assert_eq!(signature["level"], "B-LTA", "the highest that the configuration allows");
    assert_eq!(signature["qualification"]["status"], "qualified");
    assert_eq!(signature["qualification"]["roles"][0]["text"], "Pharmacist");
    assert_eq!(signature["qualification"]["roles"][0]["ja"], "薬剤師");
}

#[test]
fn a_doctor_signs_a_referral_letter_with_every_kind_of_key() {
    let session = Session::shared();
    for person in [Person::Doctor, Person::DoctorRsa3072, Person::DoctorP256, Person::DoctorP384] {
        let out = format!("{}.pdf", person.name());
        session
            .sign(person, &format!("letter.pdf -o {out} --tsa {{tsa}} --document-class referral"))
            .exits(0);
        original_is_prefix(&session, "letter.pdf", &out);
        let signature = session.verify(&format!("{out} --document-class referral")).exits(0).signature();
        assert_eq!(signature["qualification"]["roles"][0]["text"], "Medical Doctor");
    }
}

#[test]
fn pkcs12_files_of_every_protection_sign_or_give_a_hint() {
    let session = Session::shared();
    for protection in Protection::ALL {
        let Some(file) = session.testbed().person(Person::Pharmacist).pkcs12_path_with(protection) else {
            continue;
        };
        let out = format!("{protection:?}.pdf");
        let answer = session.run(&format!(
            "sign scan.pdf -o {out} --credential pkcs12:{} --pin-source file:{{pki}}/passphrase.txt --policy {{soft}} --trust {{trust}}",
            file.display()
        ));
        if protection == Protection::Rc2 && answer.code == 6 {
            let _ = answer.says("hint: ");
        } else {
            let _ = answer.exits(0);
            original_is_prefix(&session, "scan.pdf", &out);
        }
    }
}

#[test]
fn a_pem_key_signs() {
    let session = Session::shared();
    let doctor = session.testbed().person(Person::Doctor);
    let (key, chain) = (doctor.key_path(), doctor.chain_path());
    let credential = format!("pem:{}?cert={}", key.display(), chain.display());
    session
        .run(&format!("sign letter.pdf --credential {credential} --policy {{soft}} --trust {{trust}}"))
        .exits(0);
    let signature = session.verify("letter.signed.pdf").exits(0).signature();
    assert_eq!(signature["level"], "B-B");
    assert_eq!(signature["timestamps"], serde_json::json!([]));
}

#[test]
fn without_a_tsa_the_level_is_b_b_and_without_one_b_t_is_a_usage_error() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf").exits(0);
    assert_eq!(session.verify("letter.signed.pdf").signature()["level"], "B-B");
    session.sign(Person::Doctor, "scan.pdf --level B-T").exits(2);
    assert_eq!(session.names(), ["letter.pdf", "letter.signed.pdf", "scan.pdf"]);
}

#[test]
fn each_level_is_made_when_asked_for() {
    let session = Session::shared();
    for (level, options) in [
        ("B-B", "--level B-B"),
        ("B-T", "--level B-T"),
        ("B-LT", "--level B-LT"),
        ("B-LTA", "--level B-LTA"),
        ("B-LTA", "--level B-LTA --one-stamp"),
        ("B-T", "--level B-T --one-stamp"),
    ] {
        session.sign(Person::Doctor, &format!("letter.pdf --force --tsa {{tsa}} {options}")).exits(0);
        original_is_prefix(&session, "letter.pdf", "letter.signed.pdf");
        let signature = session.verify("letter.signed.pdf").exits(0).signature();
        assert_eq!(signature["level"], level, "{options}");
    }
}

#[test]
fn without_revocation_data_the_level_stays_below_unless_one_is_demanded() {
    let session = Session::shared();
    let answer = session.sign(Person::Doctor, "letter.pdf --tsa {tsa} --no-fetch");
    let answer =
        answer.exits(3).says("level-limited-by-missing-evidence").says("revocation-material-missing");
    assert!(!answer.text().is_empty());
    assert_eq!(session.verify("letter.signed.pdf").signature()["level"], "B-T");
    session.sign(Person::Doctor, "scan.pdf --tsa {tsa} --no-fetch --level B-LT").exits(1).says("--evidence");
    assert!(!session.path("scan.signed.pdf").exists());
    let faulty = Session::alone();
    faulty.testbed().always_fault(hsign_testkit::Endpoint::Crl, &[hsign_testkit::Fault::Status(503)]);
    faulty.testbed().always_fault(hsign_testkit::Endpoint::Ocsp, &[hsign_testkit::Fault::Status(503)]);
    faulty
        .sign(Person::Doctor, "scan.pdf --tsa {tsa} --level B-LTA")
        .exits(5)
        .says("revocation-material-missing");
}

#[test]
fn an_encrypted_file_is_signed_and_verified_where_the_password_is_given() {
    let session = Session::shared();
    let qpdf = |arguments: &[&str]| {
        std::process::Command::new("qpdf").current_dir(session.folder()).args(arguments).status()
    };
    let Ok(status) = qpdf(&["--encrypt", "user", "owner", "256", "--", "letter.pdf", "closed.pdf"]) else {
        return hsign_tests::missing("qpdf");
    };
    assert!(status.success());
    session.write("password.txt", "user\n");
    session.sign(Person::Doctor, "closed.pdf --tsa {tsa}").exits(4).says("--password-source");
    session.sign(Person::Doctor, "closed.pdf --tsa {tsa} --password-source file:password.txt").exits(0);
    session.verify("closed.signed.pdf").exits(4);
    let signature =
        session.verify("closed.signed.pdf --password-source file:password.txt").exits(0).signature();
    assert_eq!(signature["level"], "B-LTA");
    assert!(qpdf(&["--password=user", "--check", "closed.signed.pdf"]).unwrap().success());
}

#[test]
fn options_that_do_not_go_together_are_refused_not_ignored() {
    let session = Session::shared();
    for option in [
        "--format pades --packaging detached",
        "--format pades --packaging enveloping",
        "--format asic --packaging detached",
        "--format xades --reason referral",
        "--format asic --in-place",
        "--format asic --content scan.pdf",
        "--container-signature xades",
    ] {
        session.sign(Person::Doctor, &format!("letter.pdf --tsa {{tsa}} {option}")).exits(2);
    }
    session.sign(Person::Doctor, "letter.pdf --format xades --packaging enveloped").exits(4);
    assert_eq!(session.names(), ["letter.pdf", "scan.pdf"]);
}

#[test]
fn outputs_go_where_they_are_told() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf -o other.pdf").exits(0).prints("other.pdf\n");
    original_is_prefix(&session, "letter.pdf", "other.pdf");
    std::fs::create_dir(session.path("out")).unwrap();
    session.sign(Person::Doctor, "letter.pdf scan.pdf --out-dir out").exits(0);
    original_is_prefix(&session, "letter.pdf", "out/letter.signed.pdf");
    original_is_prefix(&session, "scan.pdf", "out/scan.signed.pdf");
    session.sign(Person::Doctor, "letter.pdf scan.pdf -o one.pdf").exits(2);
    assert_eq!(session.names(), ["letter.pdf", "other.pdf", "out", "scan.pdf"]);
}

#[test]
fn standard_output_carries_the_document_and_nothing_else() {
    let session = Session::shared();
    let answer = session.sign(Person::Doctor, "letter.pdf -o -").exits(0);
    session.write("piped.pdf", &answer.out);
    original_is_prefix(&session, "letter.pdf", "piped.pdf");
    session.verify("piped.pdf").exits(0);
    assert_eq!(session.names(), ["letter.pdf", "piped.pdf", "scan.pdf"]);
}

#[test]
fn a_report_and_the_document_never_share_standard_output() {
    let session = Session::shared();
    let answer = session.sign(Person::Doctor, "letter.pdf -o - --output json").exits(2);
    assert_eq!(answer.json()["schema"], "hsign.error/1");
    session.run("timestamp letter.pdf -o - --tsa {tsa} --output json").exits(2);
}

#[test]
fn standard_input_is_read_where_one_file_is_meant() {
    let session = Session::shared();
    let person = session.testbed().person(Person::Doctor);
    let line = format!(
        "sign - -o - --credential pkcs12:{} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}} --policy {{soft}}",
        person.pkcs12_path().display()
    );
    let answer = session.run_with(&line, &session.path("letter.pdf")).exits(0);
    session.write("piped.pdf", &answer.out);
    original_is_prefix(&session, "letter.pdf", "piped.pdf");
    let line = "verify - --output json --trust {trust} --evidence {crl}";
    assert_eq!(session.run_with(line, &session.path("piped.pdf")).exits(0).document()["path"], "-");
}

#[test]
fn in_place_appends_to_the_input_itself() {
    let session = Session::shared();
    let before = session.read("letter.pdf");
    session.sign(Person::Doctor, "letter.pdf --in-place").exits(0).prints("letter.pdf\n");
    let after = session.read("letter.pdf");
    assert!(after.len() > before.len() && after.starts_with(&before));
    session.verify("letter.pdf").exits(0);
    assert_eq!(session.names(), ["letter.pdf", "scan.pdf"]);
}

#[test]
fn an_existing_file_is_never_overwritten_without_force() {
    let session = Session::shared();
    session.write("letter.signed.pdf", "precious");
    session.sign(Person::Doctor, "letter.pdf").exits(1).says("--force");
    assert_eq!(session.read("letter.signed.pdf"), b"precious");
    session.sign(Person::Doctor, "letter.pdf --force").exits(0);
    original_is_prefix(&session, "letter.pdf", "letter.signed.pdf");
}

#[test]
fn a_folder_is_signed_whole_with_a_summary_and_7_when_some_fail() {
    let session = Session::shared();
    let letter = session.read("letter.pdf");
    session.write("in/a.pdf", &letter);
    session.write("in/b.pdf", "no PDF at all");
    session.write("in/notes.txt", "not a document to sign");
    session.write("in/deeper/c.pdf", session.read("scan.pdf"));
    let answer = session.sign(Person::Doctor, "in").exits(7);
    assert_eq!(answer.text(), "in/a.signed.pdf\nin/deeper/c.signed.pdf\n");
    let answer = answer.says("b.pdf");
    assert!(answer.err.contains('2') && answer.err.contains('1'), "a summary: {answer}");
    session.verify("in/a.signed.pdf in/deeper/c.signed.pdf").exits(0);
    let again = session.sign(Person::Doctor, "in --force --output json").exits(7).json();
    assert_eq!(again["schema"], "hsign.sign/1");
    assert_eq!(
        again["documents"].as_array().unwrap().len(),
        3,
        "outputs of the first run are not signed again"
    );
}

#[test]
fn a_second_signature_leaves_the_first_valid() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf -o one.pdf --tsa {tsa}").exits(0);
    session.sign(Person::Pharmacist, "one.pdf -o two.pdf --tsa {tsa}").exits(0);
    original_is_prefix(&session, "one.pdf", "two.pdf");
    let document = session.verify("two.pdf").document();
    let signatures = document["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 2);
    for signature in signatures {
        assert_eq!(signature["integrity"], "valid");
        assert_eq!(signature["qualification"]["status"], "qualified");
    }
    assert_eq!(signatures[0]["coverage"], "whole-revision");
    assert_eq!(signatures[1]["coverage"], "whole-revision", "evidence and a stamp follow");
    assert_eq!(signatures[1]["indication"], "TOTAL-PASSED");
    assert_ne!(signatures[0]["id"], signatures[1]["id"]);
}

#[test]
fn a_document_with_a_signature_that_was_broken_before_can_be_signed_and_says_so() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf -o one.pdf").exits(0);
    let mut broken = session.read("one.pdf");
    let at = broken.windows(10).rposition(|window| window == b"/Contents ").unwrap() + 11;
    broken[at..at + 40].fill(b'0');
    session.write("broken.pdf", &broken);
    session.sign(Person::Pharmacist, "broken.pdf -o two.pdf --tsa {tsa}").exits(3);
    original_is_prefix(&session, "broken.pdf", "two.pdf");
    let document = session.verify("two.pdf").document();
    let signatures = document["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 2);
    assert_ne!(signatures[0]["integrity"], "valid");
    assert_eq!(signatures[1]["integrity"], "valid");
}

#[test]
fn documents_with_cross_reference_streams_are_signed_in_kind() {
    let session = Session::shared();
    let path = session.testbed().document_path(documents::REFERRAL_LETTER_OBJECT_STREAMS);
    session.write("streams.pdf", std::fs::read(path).unwrap());
    session.sign(Person::Doctor, "streams.pdf").exits(0);
    original_is_prefix(&session, "streams.pdf", "streams.signed.pdf");
    let update = &session.read("streams.signed.pdf")[session.read("streams.pdf").len()..];
    assert!(update.windows(5).any(|window| window == b"/XRef"), "the same kind of cross-reference");
    session.verify("streams.signed.pdf").exits(0);
}

#[test]
fn the_signature_dictionary_says_what_was_asked_for() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf --field Doctor --reason referral --location Osaka").exits(0);
    let signed = session.read("letter.signed.pdf");
    for text in ["/Reason", "/Location", "(referral)", "(Osaka)", "/ETSI.CAdES.detached", "/M"] {
        assert!(signed.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
    assert_eq!(session.verify("letter.signed.pdf").signature()["id"], "Doctor");
}

#[test]
fn a_level_that_is_only_interim_says_so() {
    let session = Session::shared();
    session
        .sign(Person::Doctor, "letter.pdf --tsa {tsa} --level B-T")
        .exits(0)
        .says("evidence-not-yet-protected");
    session.sign(Person::Doctor, "scan.pdf").exits(0).says("no-time-stamp");
}

#[test]
fn json_of_sign_names_output_level_and_verdict() {
    let session = Session::shared();
    let answer = session.sign(Person::Doctor, "letter.pdf --tsa {tsa} --output json").exits(0).json();
    let document = &answer["documents"][0];
    assert_eq!(document["path"], "letter.pdf");
    assert_eq!(document["output"], "letter.signed.pdf");
    assert_eq!(document["level"], "B-LTA");
    assert_eq!(document["exit_code"], 0);
    assert_eq!(document["verdict"]["indication"], "TOTAL-PASSED");
}

#[test]
fn what_is_no_pdf_is_4_and_an_unknown_option_2() {
    let session = Session::shared();
    session.write("text.pdf", "plain text");
    session.write("empty.pdf", "");
    session.sign(Person::Doctor, "text.pdf").exits(4);
    session.sign(Person::Doctor, "empty.pdf").exits(4);
    session.sign(Person::Doctor, "absent.pdf").exits(4);
    session.sign(Person::Doctor, "letter.pdf --sing").exits(2).says("--sing");
    session.run("sign letter.pdf").exits(2);
    session.sign(Person::Doctor, "letter.pdf --tsa nobody").exits(2).says("nobody");
    session.sign(Person::Doctor, "letter.pdf --document-class poem").exits(2).says("referral");
    assert_eq!(session.names(), ["empty.pdf", "letter.pdf", "scan.pdf", "text.pdf"]);
}

#[test]
fn an_output_folder_that_does_not_exist_is_told() {
    let session = Session::shared();
    let answer = session.sign(Person::Doctor, "letter.pdf --out-dir nowhere");
    assert!([4, 8].contains(&answer.code), "{answer}");
    assert_eq!(session.names(), ["letter.pdf", "scan.pdf"]);
}

/// The letter with an empty, invisible signature field "Doctor" and this lock.
fn letter_with_lock(session: &Session, lock: &str) -> Vec<u8> {
    let letter = session.read("letter.pdf");
    let entries = |number: u32, more: &str| {
        let body = Update::body(&letter, number);
        (number, format!("{}{more}>>", body.strip_suffix(">>").unwrap()))
    };
    let field = format!(
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(Doctor)/Rect[0 0 0 0]/F 132/P 3 0 R/Lock<</Type/SigFieldLock{lock}>>>>"
    );
    Update::of(&letter).objects(&[
        entries(1, "/AcroForm<</Fields[50 0 R]>>"),
        entries(3, "/Annots[50 0 R]"),
        (50, field),
    ])
}

#[test]
fn a_field_that_locks_all_others_leaves_room_for_the_archive_stamp() {
    let session = Session::shared();
    session.write("locked.pdf", letter_with_lock(&session, "/Action/All"));
    session.sign(Person::Doctor, "locked.pdf --tsa {tsa} --field Doctor").exits(0);
    let signature = session.verify("locked.signed.pdf").exits(0).signature();
    assert_eq!(
        (&signature["level"], &signature["modifications"]["verdict"]),
        (&"B-LTA".into(), &"permitted".into())
    );
}

#[test]
fn a_field_that_closes_the_document_gets_no_stamp_that_would_break_it_and_this_is_told() {
    let session = Session::shared();
    session.write("closed.pdf", letter_with_lock(&session, "/Action/All/P 1"));
    let line = "closed.pdf --tsa {tsa} --field Doctor --lang en";
    session.sign(Person::Doctor, line).exits(0).says("level-limited-by-certification");
    assert_eq!(session.verify("closed.signed.pdf").exits(0).signature()["level"], "B-LT");
    session
        .sign(Person::Doctor, &format!("{line} --level B-LTA -o lta.pdf"))
        .exits(1)
        .says("permits no changes");
}

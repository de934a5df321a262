//! The electronic prescription by the command: the doctor's and the pharmacist's side, what was signed taken out again,
//! and who may sign what.

use hsign::Policy;
use hsign_testkit::{Endpoint, Fault, Person, REMOTE_TOKEN};
use hsign_tests::{Answer, Session};
use serde_json::Value;

const PRESCRIPTION: &str =
    "SJ1\r\n1,1,1234567,13,試験病院\r\n5,,ｲｼｬ ﾀﾛｳ,医師　太郎\r\n201,1,1,1,2,000000000,架空錠,3,1,錠\r\n";
const DISPENSING: &str = "CJ1,\n1,患者　花子,2,19500504\n201,1,架空錠,3,錠,2,000000000,\n";

/// A desk with both CSVs, a policy that allows keys in files, and the authority accredited as that of the service.
fn desk() -> Session {
    let session = Session::shared();
    session.write("rx.csv", PRESCRIPTION);
    session.write("disp.csv", DISPENSING);
    let policy = Policy::preset_text("eprescription").unwrap();
    let soft = policy.replace("software_keys = \"except-hpki\"", "software_keys = \"allowed\"");
    assert_ne!(policy, soft);
    session.write("home/erx.toml", soft);
    let registry = std::fs::read_to_string(session.testbed().registry_path()).unwrap();
    let pki = session.testbed().folder().display();
    let registry =
        registry.replace("\"mic\"", "\"e-prescription\"").replace("\"ca/", &format!("\"{pki}/ca/"));
    session.write("home/erx-trust.toml", registry);
    session
}

fn sign(session: &Session, person: Person, rest: &str) -> Answer {
    let credential = format!("pkcs12:{}", session.testbed().person(person).pkcs12_path().display());
    sign_with(session, &credential, rest)
}

fn sign_with(session: &Session, credential: &str, rest: &str) -> Answer {
    session.run(&format!(
        "sign --format eprescription --lang en --credential {credential} --pin-source file:{{pki}}/passphrase.txt \
         --trust home/erx-trust.toml --policy home/erx.toml {rest}"
    ))
}

fn verify(session: &Session, rest: &str) -> Answer {
    session.run(&format!(
        "verify --output json --trust home/erx-trust.toml --evidence {{crl}} --policy home/erx.toml {rest}"
    ))
}

fn value<'v>(signature: &'v Value, finding: &str, name: &str) -> &'v str {
    let findings = signature["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|one| one["code"] == finding)
        .unwrap_or_else(|| panic!("{finding}: {findings:#?}"));
    assert!(!found["message"].as_str().unwrap().contains('{'));
    let text = found["message"].as_str().unwrap();
    assert!(text.contains(name), "{text} without {name}");
    text
}

#[test]
fn a_doctor_signs_a_prescription_and_a_pharmacist_the_dispensing() {
    let session = desk();
    sign(&session, Person::Doctor, "rx.csv").exits(0).prints("rx.signed.xml\n");
    let signature = verify(&session, "rx.signed.xml").exits(0).signature();
    assert_eq!(signature["id"], "PrescriptionSign");
    assert_eq!((&signature["profile"], &signature["profile_level"]), (&"eprescription".into(), &"ES".into()));
    assert_eq!((&signature["level"], &signature["document_class"]), (&"B-B".into(), &"prescription".into()));
    assert_eq!(signature["qualification"]["status"], "qualified");
    value(&signature, "eprescription-covered", "PrescriptionDocument");
    value(&signature, "eprescription-not-covered", "PrescriptionManagement");
    sign(&session, Person::Pharmacist, "disp.csv --prescription rx.signed.xml").exits(0);
    let answer = verify(&session, "disp.signed.xml --export-signed out").exits(0);
    let document = answer.document();
    let signatures = document["signatures"].as_array().unwrap();
    let classes: Vec<_> =
        signatures.iter().map(|one| (one["id"].clone(), one["document_class"].clone())).collect();
    assert_eq!(
        classes,
        [("PrescriptionSign".into(), "prescription".into()), ("DispensingSign".into(), "dispensing".into())]
    );
    assert!(signatures.iter().all(|one| one["indication"] == "TOTAL-PASSED"), "{signatures:#?}");
    value(&signatures[1], "eprescription-covered", "Dispensing (ReferencePrescription, DispensingDocument)");
    value(&signatures[1], "eprescription-not-covered", "DispensingManagement");
    assert_eq!(session.read("out/disp.signed.prescription.csv"), PRESCRIPTION.as_bytes());
    assert_eq!(session.read("out/disp.signed.dispensing.csv"), DISPENSING.as_bytes());
    verify(&session, "disp.signed.xml --lang ja").exits(0);
    let text = session
        .run("verify disp.signed.xml --lang ja --trust home/erx-trust.toml --evidence {crl} --policy home/erx.toml --verbose")
        .exits(0);
    assert!(text.text().contains("電子処方箋"), "{text}");
}

#[test]
fn each_side_asks_for_its_own_profession() {
    let session = desk();
    sign(&session, Person::Dentist, "rx.csv").exits(0);
    for person in [Person::Pharmacist, Person::Nurse, Person::NoRole] {
        sign(&session, person, "rx.csv --force").exits(1).says("role");
    }
    sign(&session, Person::Doctor, "disp.csv --prescription rx.signed.xml").exits(1);
    // Whatever the policy asks for otherwise.
    let nurse = session.testbed().person(Person::Nurse).pkcs12_path().display().to_string();
    session
        .run(&format!(
            "sign --format eprescription --credential pkcs12:{nurse} --pin-source file:{{pki}}/passphrase.txt \
             --trust {{trust}} --policy {{soft}} rx.csv -o nurse.xml"
        ))
        .exits(1);
    let card = sign(&session, Person::TestCard, "rx.csv -o card.xml").exits(3);
    assert!(!card.out.is_empty());
    let signature = verify(&session, "card.xml").exits(3).signature();
    assert_eq!(signature["qualification"]["status"], "test-card");
}

#[test]
fn the_csv_is_taken_as_it_is_or_refused_with_the_line() {
    let session = desk();
    let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode(PRESCRIPTION);
    session.write("sjis.csv", &*shift_jis);
    sign(&session, Person::Doctor, "sjis.csv").exits(4).says("Line 2 of the CSV is not UTF-8");
    let converted = sign(&session, Person::Doctor, "sjis.csv --convert").exits(0);
    assert!(converted.err.contains("converted from Shift_JIS to UTF-8"), "{converted}");
    verify(&session, "sjis.signed.xml --export-signed out").exits(0);
    assert_eq!(session.read("out/sjis.signed.prescription.csv"), PRESCRIPTION.as_bytes());
    session.write("mark.csv", format!("\u{feff}{PRESCRIPTION}"));
    sign(&session, Person::Doctor, "mark.csv").exits(4).says("byte order mark");
    sign(&session, Person::Doctor, "mark.csv --convert=utf-8").exits(0);
    for (text, said) in [
        ("SJ1\n1,a\n\n", "Line 3"),
        ("SJ2\n1,a\n", "not SJ1"),
        ("", "empty"),
        ("SJ1\n1,a\nx,b\n", "Line 3, field 1"),
    ] {
        session.write("bad.csv", text);
        sign(&session, Person::Doctor, "bad.csv").exits(4).says(said);
    }
    sign(&session, Person::Pharmacist, "disp.csv").exits(1).says("--prescription");
    sign(&session, Person::Doctor, "rx.csv").exits(0);
    sign(&session, Person::Doctor, "rx.csv --force --prescription rx.signed.xml").exits(1);
    session.sign(Person::Doctor, "letter.pdf --convert").exits(2).says("--convert");
}

#[test]
fn what_was_changed_is_neither_valid_nor_exported() {
    let session = desk();
    sign(&session, Person::Doctor, "rx.csv --reference exc-c14n").exits(0);
    let signed = String::from_utf8(session.read("rx.signed.xml")).unwrap();
    let forged = signed.replacen("U0oxDQox", "U0oxDQoy", 1);
    assert_ne!(signed, forged);
    session.write("forged.xml", forged);
    let answer = verify(&session, "forged.xml --export-signed out").exits(1);
    assert_eq!(answer.signature()["sub_indication"], "HASH_FAILURE");
    assert!(!session.path("out/forged.prescription.csv").exists());
    assert!(answer.err.contains("does not hold") || answer.err.contains("eprescription"), "{answer}");
    // A version or a place that the profile doesn't know is a failure of the format.
    let other = signed.replacen("<Version Value=\"EPS1.0\"/>", "<version Value=\"EPS1.0\"/>", 1);
    session.write("other.xml", other);
    assert_eq!(verify(&session, "other.xml").exits(1).signature()["sub_indication"], "FORMAT_FAILURE");
}

#[test]
fn the_levels_have_their_own_names_and_the_service_its_own_class_of_stamps() {
    let session = desk();
    sign(&session, Person::Doctor, "rx.csv --level B-LT --tsa {tsa}").exits(0);
    assert_eq!(verify(&session, "rx.signed.xml").exits(0).signature()["profile_level"], "ES-XL");
    sign(&session, Person::Pharmacist, "disp.csv --prescription rx.signed.xml --level B-LTA --tsa {tsa}")
        .exits(0);
    let document = verify(&session, "disp.signed.xml").exits(0).document();
    let levels: Vec<_> =
        document["signatures"].as_array().unwrap().iter().map(|one| &one["profile_level"]).collect();
    assert_eq!(levels, ["ES-XL", "ES-A"]);
    let stamp = &document["signatures"][0]["timestamps"][0];
    assert_eq!(stamp["tsa"]["accreditation"], "e-prescription");
    // The same stamp is none of those that the general policy asks for.
    let general =
        session.run("verify --output json --trust home/erx-trust.toml --evidence {crl} disp.signed.xml");
    assert_eq!(general.exits(3).signature()["sub_indication"], "SIG_CONSTRAINTS_FAILURE");
    // Nobody may add to the prescription inside what the pharmacist signed.
    let refused = session.run(
        "extend disp.signed.xml --lang en --signature PrescriptionSign --tsa {tsa} --trust home/erx-trust.toml --policy home/erx.toml",
    );
    refused.exits(1).says("DispensingSign");
}

#[test]
fn a_service_that_gives_the_whole_signature_is_believed_only_after_a_check() {
    let mut session = desk();
    let url = session.testbed().element_service_url();
    session.set("ERX_TOKEN", REMOTE_TOKEN);
    session.write(
        "home/remote.toml",
        format!(
            "[[remote]]\nname = \"cardless\"\nprotocol = \"signature-element\"\nurl = \"{url}\"\n\
             login = {{ by = \"token\", token = \"env:ERX_TOKEN\" }}\n"
        ),
    );
    let remote = |rest: &str| {
        session.run(&format!(
            "sign --config home/remote.toml --format eprescription --credential remote:cardless --trust home/erx-trust.toml \
             --policy home/erx.toml --lang en {rest}"
        ))
    };
    remote("rx.csv").exits(0);
    let signature = verify(&session, "rx.signed.xml").exits(0).signature();
    assert_eq!(signature["qualification"]["status"], "qualified");
    assert_eq!(signature["profile"], "eprescription");
    for fault in [Fault::WrongImprint, Fault::BadSignature] {
        session.testbed().queue_fault(Endpoint::Remote, fault.clone());
        session.testbed().queue_fault(Endpoint::Remote, fault);
        let refused = remote("rx.csv -o wrong.xml");
        assert_ne!(refused.code, 0, "{refused}");
        assert!(!session.path("wrong.xml").exists());
    }
}

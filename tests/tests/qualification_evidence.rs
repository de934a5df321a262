//! Routes (b) and (c) of guideline 5.2 §6.12 by the command, each step in a process of its own: the attester fills in
//! a form and signs it, the document is signed, and whoever receives all of it verifies.

use hsign_testkit::{Ca, Person};
use hsign_tests::{Answer, Session, completed};
use serde_json::{Value, json};

/// `trust.toml` beside the PKI's: a business, the public's CA, and an attester from 2020 to 2090.
fn trust(session: &Session) {
    let ca = |ca: Ca| session.testbed().folder().join(format!("ca/{}.cer", ca.name()));
    let attester = session.testbed().person(Person::Attester).certificate_path();
    let attester = attester.with_file_name("certificate.cer");
    let mut text = String::new();
    for (table, kind, path) in [
        ("anchor", "certification-business", ca(Ca::CommercialRoot)),
        ("anchor", "jpki-ca", ca(Ca::Jpki)),
        ("service", "attester", attester),
    ] {
        let name = format!("{kind}.cer");
        let bytes = std::fs::read(path).unwrap();
        session.write(&name, &bytes);
        let pin = hsign_core::hex(&hsign::crypto::sha256(&bytes));
        text.push_str(&format!(
            "[[{table}]]\nkind = \"{kind}\"\nsubject = \"TEST\"\ncertificate = \"{name}\"\nsha256 = \"{pin}\"\n\
             from = \"2020-01-01T00:00:00Z\"\nto = \"2090-01-01T00:00:00Z\"\n"
        ));
    }
    session.write("trust.toml", text);
}

/// The form of `hsign evidence template`, completed as an attester would.
fn complete(session: &Session, line: &str) -> Value {
    let form = session.run(&format!("evidence template {line}")).exits(0).json();
    assert_eq!(form["schema"], "hsign.qualification-evidence/1");
    completed(form)
}

fn attest(session: &Session, record: &Value) {
    session.write("evidence/record.json", serde_json::to_vec_pretty(record).unwrap());
    session
        .sign(Person::Attester, "evidence/record.json --format cades --tsa {tsa} --trust trust.toml --force")
        // No health profession is asked of an attester, but the command signs for those who have one.
        .exits(3);
}

fn verify(session: &Session, rest: &str) -> Answer {
    session.verify(&format!("--trust trust.toml {rest}"))
}

fn certificate(session: &Session, person: Person) -> String {
    session.testbed().person(person).certificate_path().display().to_string()
}

#[test]
fn route_b_a_record_makes_a_business_certificate_that_of_a_doctor() {
    let session = Session::shared();
    trust(&session);
    let form = complete(
        &session,
        &format!("{} --person 試験商民 --role Dentist", certificate(&session, Person::Commercial)),
    );
    let mut record = form;
    record["person"]["roles"] = json!(["Medical Doctor"]);
    attest(&session, &record);
    session.sign(Person::Commercial, "letter.pdf --tsa {tsa} --trust trust.toml").exits(3);
    let without = verify(&session, "letter.signed.pdf --document-class referral").exits(3).signature();
    assert_eq!(without["qualification"]["status"], "undetermined");
    let with = verify(&session, "letter.signed.pdf --document-class referral --evidence evidence").exits(0);
    let qualification = &with.signature()["qualification"];
    assert_eq!(qualification["status"], "qualified");
    assert_eq!(qualification["basis"], "qualification-evidence");
    assert_eq!(qualification["roles"][0]["ja"], "医師");
    let shown = &qualification["evidence"][0];
    assert_eq!((&shown["accepted"], &shown["way"]), (&json!(true), &json!("licence")));
    assert!(shown["attester"]["subject"].as_str().unwrap().contains("TEST Attester"));
    // Who only has the document's trust doesn't have the attester.
    let elsewhere =
        session.verify("letter.signed.pdf --trust certification-business.cer --evidence evidence");
    assert_ne!(elsewhere.signature()["qualification"]["status"], "qualified");
    // And before signing it is known that this person may sign that.
    session
        .sign(
            Person::Commercial,
            "scan.pdf --tsa {tsa} --trust trust.toml --evidence evidence --document-class prescription",
        )
        .exits(0);
    session
        .sign(
            Person::Commercial,
            "scan.pdf -o x.pdf --trust trust.toml --evidence evidence --document-class dispensing",
        )
        .exits(1);
}

#[test]
fn a_record_that_was_changed_after_signing_never_helps() {
    let session = Session::shared();
    trust(&session);
    let mut record = complete(
        &session,
        &format!("{} --person P --role Dentist", certificate(&session, Person::Commercial)),
    );
    attest(&session, &record);
    session.sign(Person::Commercial, "letter.pdf --tsa {tsa} --trust trust.toml").exits(3);
    verify(&session, "letter.signed.pdf --evidence evidence").exits(0);
    record["person"]["roles"] = json!(["Medical Doctor"]);
    session.write("evidence/record.json", record.to_string());
    let answer =
        verify(&session, "letter.signed.pdf --evidence evidence").exits(3).says("signature-without-record");
    assert_eq!(answer.signature()["qualification"]["status"], "undetermined");
    assert_eq!(answer.signature()["qualification"]["evidence"][0]["accepted"], false);
}

#[test]
fn witness_type_the_person_stands_beside_the_service_that_signed() {
    let session = Session::shared();
    trust(&session);
    session.sign(Person::Witness, "letter.pdf --tsa {tsa} --trust trust.toml").exits(3);
    let record = complete(&session, "letter.signed.pdf --person 試験花子 --role Pharmacist");
    assert_eq!(record["signature"], "witness");
    attest(&session, &record);
    let answer =
        verify(&session, "letter.signed.pdf --evidence evidence --document-class dispensing").exits(0);
    let signature = answer.signature();
    assert_eq!(signature["signatory"]["name"], "試験花子");
    assert!(signature["signer"]["subject"].as_str().unwrap().contains("TEST Signing Service"));
    let text = session
        .run("verify letter.signed.pdf --trust {trust} --trust trust.toml --evidence {crl} --evidence evidence --lang en")
        .exits(0);
    text.prints("試験花子, 薬剤師 (Pharmacist), qualified").prints("Signatory: 試験花子");
    // The same record says nothing about another document that the service signed.
    session.sign(Person::Witness, "scan.pdf --tsa {tsa} --trust trust.toml").exits(3);
    let other = verify(&session, "scan.signed.pdf --evidence evidence").exits(3).signature();
    assert_eq!(
        (&other["signatory"], &other["qualification"]["status"]),
        (&Value::Null, &json!("undetermined"))
    );
}

/// A record of the commercial certificate's person, inside its signature: `record.p7m`.
fn attest_enveloping(session: &Session) {
    let person = format!("{} --person P --role Dentist", certificate(session, Person::Commercial));
    session.write("record.json", complete(session, &person).to_string());
    let line = "record.json --format cades --packaging enveloping --trust trust.toml";
    session.sign(Person::Attester, line).exits(3);
}

#[test]
fn an_enveloping_record_is_one_file() {
    let session = Session::shared();
    trust(&session);
    attest_enveloping(&session);
    session.sign(Person::Commercial, "letter.pdf --tsa {tsa} --trust trust.toml").exits(3);
    verify(&session, "letter.signed.pdf --evidence record.p7m").exits(0);
}

#[test]
fn route_c_a_my_number_card_warns_before_it_signs_and_shows_no_personal_data() {
    let session = Session::shared();
    trust(&session);
    let signed = session.sign(Person::Jpki, "letter.pdf --tsa {tsa} --trust trust.toml").exits(3);
    let signed = signed.says("jpki-personal-data-exposed");
    let warning = signed.err.find("jpki-personal-data-exposed").unwrap();
    assert!(signed.err.find("jpki-qualification-undetermined").is_some_and(|later| warning < later));
    let answer = verify(&session, "letter.signed.pdf").exits(3);
    let qualification = &answer.signature()["qualification"];
    assert_eq!((&qualification["status"], &qualification["basis"]), (&json!("undetermined"), &json!("jpki")));
    let mut outputs = vec![answer.text(), signed.text(), signed.err.clone()];
    let person = certificate(&session, Person::Jpki);
    for line in [
        "verify letter.signed.pdf --trust trust.toml --report page.html --report page.xml".to_owned(),
        "plan letter.signed.pdf --trust trust.toml --output json".to_owned(),
        "verify letter.signed.pdf --trust trust.toml --verbose --lang ja".to_owned(),
        format!("certificate show {person}"),
        format!("certificate show {person} --output json"),
        "inspect letter.signed.pdf".to_owned(),
    ] {
        let answer = session.run(&line);
        outputs.extend([answer.text(), answer.err]);
    }
    outputs.extend(["page.html", "page.xml"].map(|page| String::from_utf8(session.read(page)).unwrap()));
    for output in outputs {
        for data in ["見本町", "19800102", "住民"] {
            assert!(!output.contains(data), "{data} in {output}");
        }
    }
}

#[test]
fn route_c_with_a_record_and_a_registered_verifiers_word_the_card_will_do() {
    let session = Session::shared();
    trust(&session);
    session.sign(Person::Jpki, "letter.pdf --tsa {tsa} --trust trust.toml").exits(3);
    let line = format!("{} --person P --role Dentist", certificate(&session, Person::Jpki));
    let mut record = complete(&session, &line);
    attest(&session, &record);
    let open = verify(&session, "letter.signed.pdf --evidence evidence").exits(3).signature();
    assert_eq!(open["qualification"]["status"], "undetermined");
    record["revocation"] =
        json!({ "verifier": "TEST verifier", "not_revoked_at": record["issued_at"], "reference": "V-1" });
    attest(&session, &record);
    let closed = verify(&session, "letter.signed.pdf --evidence evidence").exits(0).signature();
    assert_eq!(closed["qualification"]["status"], "qualified");
}

#[test]
fn an_institution_adds_texts_and_classes_of_its_own() {
    let session = Session::shared();
    session.sign(Person::UnknownRole, "letter.pdf --tsa {tsa}").exits(3);
    let before = session.verify("letter.signed.pdf").exits(3).signature();
    assert_eq!(before["qualification"]["status"], "unrecognised-role");
    session.write(
        "professions.toml",
        "schema = \"hsign.professions/1\"\nversion = \"ours\"\n[[profession]]\ntext = \"Rainmaker\"\nja = \"雨乞い師\"\n\
         kind = \"national\"\nmark = \"certain\"\nsource = \"seen in a certificate\"\n",
    );
    session.write(
        "classes.toml",
        "schema = \"hsign.document-classes/1\"\nversion = \"ours\"\n[[class]]\nname = \"rain-order\"\nja = \"雨乞い指示書\"\n\
         en = \"Rain order\"\nroles = [\"Rainmaker\"]\nmark = \"certain\"\nsource = \"house rules\"\n",
    );
    session.write(
        "config.toml",
        "professions = [\"professions.toml\"]\ndocument_classes = [\"classes.toml\"]\n",
    );
    let own = "--config config.toml --document-class rain-order";
    let after = session.verify(&format!("letter.signed.pdf {own}")).exits(0).signature();
    assert_eq!(after["qualification"]["roles"][0]["ja"], "雨乞い師");
    session.sign(Person::Doctor, &format!("scan.pdf {own}")).exits(1);
    session.sign(Person::UnknownRole, &format!("scan.pdf --tsa {{tsa}} {own}")).exits(0);
    session.sign(Person::Doctor, "scan.pdf --document-class rain-order").exits(2);

    // Saved facts bring what the configuration said: elsewhere and later the same verdict comes of them.
    let first = session.verify(&format!("letter.signed.pdf {own} --save-facts facts.json")).exits(0).text();
    session.write("professions.toml", "schema = \"hsign.professions/1\"\n");
    session.verify("letter.signed.pdf --config config.toml").exits(2).says("professions.toml");
    let again = session.run("verify --facts facts.json --trust {trust} --output json").exits(0).text();
    assert_eq!(first, again);
}

#[test]
fn a_record_attached_to_the_document_before_signing_is_found() {
    let session = Session::shared();
    trust(&session);
    attest_enveloping(&session);
    session.write("other.json", "{\"resourceType\": \"Bundle\"}");
    let attached = std::process::Command::new("qpdf")
        .args(["letter.pdf", "--add-attachment", "record.p7m", "--", "--add-attachment", "other.json", "--"])
        .arg("with.pdf")
        .current_dir(session.folder())
        .status();
    if !attached.is_ok_and(|status| status.success()) {
        return hsign_tests::missing("qpdf");
    }
    session.sign(Person::Commercial, "with.pdf --tsa {tsa} --trust trust.toml").exits(0);
    let answer = verify(&session, "with.signed.pdf").exits(0);
    let qualification = &answer.signature()["qualification"];
    assert_eq!(qualification["basis"], "qualification-evidence");
    assert_eq!(qualification["evidence"][0]["record"], "record.p7m");
    assert_eq!(answer.document()["findings"], json!([]), "other attachments are not looked into");
}

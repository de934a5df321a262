//! The commands around signing and verifying: what is inside, whom to trust, how it is set up.

use hsign_testkit::{Person, Unit};
use hsign_tests::Session;

#[test]
fn inspect_tells_facts_without_trust_or_verdict() {
    let session = Session::alone();
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa}").exits(0);
    let _ = session.testbed().take_requests();
    let answer = session.run("inspect letter.signed.pdf --output json").exits(0);
    let json = answer.json();
    assert_eq!(json["schema"], "hsign.inspect/1");
    assert_eq!(json["facts"]["signatures"].as_array().unwrap().len(), 1);
    for word in ["TOTAL-PASSED", "indication", "qualified"] {
        assert!(!answer.text().contains(word), "{word} is a verdict");
    }
    session.run("inspect letter.signed.pdf --lang en").exits(0).prints("signature: ");
    session.run_with("inspect - --output json", &session.path("letter.signed.pdf")).exits(0);
    session.run("inspect letter.pdf").exits(4);
    session.write("text.txt", "text");
    session.run("inspect text.txt").exits(4);
    session.run("timestamp letter.pdf --tsa {tsa}").exits(0);
    let _ = session.testbed().take_requests();
    session.run("inspect letter.tst").exits(0);
    assert!(session.testbed().take_requests().is_empty());
}

#[test]
fn certificate_show_reads_profession_policies_and_use() {
    let session = Session::shared();
    let pharmacist = session.testbed().person(Person::Pharmacist).certificate_path();
    let json =
        session.run(&format!("certificate show {} --output json", pharmacist.display())).exits(0).json();
    let shown = &json["certificates"][0];
    assert_eq!(shown["roles"][0]["text"], "Pharmacist");
    assert_eq!(shown["roles"][0]["ja"], "薬剤師");
    assert_eq!(shown["kind"], "hpki-signature");
    assert_eq!(shown["may_sign_documents"], true);
    assert_eq!(shown["uses"], serde_json::json!(["sign-documents"]));
    assert_eq!(shown["policies"][0], "1.2.392.100495.1.5.1.1.3.1");
    for (person, kind) in [
        (Person::TestCard, "hpki-test-card"),
        (Person::Authentication, "hpki-authentication"),
        (Person::Commercial, "other"),
    ] {
        let path = session.testbed().person(person).certificate_path();
        let json = session.run(&format!("certificate show {} --output json", path.display())).exits(0).json();
        assert_eq!(json["certificates"][0]["kind"], kind);
    }
    let ca = session.testbed().folder().join("ca/hpki-signature-ca.cer");
    let answer = session.run(&format!("certificate show {} --output json", ca.display())).exits(0).json();
    let uses = serde_json::json!(["issue-certificates", "issue-crls"]);
    assert_eq!(answer["certificates"][0]["uses"], uses);
    let unit = session.testbed().unit(Unit::Tsa).certificate_path();
    let line = format!("certificate show {} --lang en", unit.display());
    session.run(&line).exits(0).prints("uses: time stamps");
    let login = session.testbed().person(Person::Authentication).certificate_path();
    let json = session.run(&format!("certificate show {} --output json", login.display())).exits(0).json();
    assert!(json["certificates"][0]["may_sign_documents"].is_string());
    let line = format!("certificate show {} --lang ja", pharmacist.display());
    session.run(&line).exits(0).prints("薬剤師 (Pharmacist)");
    session.run("certificate show letter.pdf").exits(4);
    session.run("certificate show absent.cer").exits(4);
}

#[test]
fn trust_list_shows_each_entry_with_its_dates() {
    let session = Session::shared();
    let json = session.run("trust list --trust {trust} --output json").exits(0).json();
    let entries = json["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 4);
    let kinds: Vec<&str> = entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["hpki-root", "hpki-signature-ca", "hpki-authentication-ca", "tsa"]);
    assert_eq!(entries[3]["accreditation"], "mic");
    assert!(entries.iter().all(|entry| entry["from"].is_string() && entry["to"].is_string()));
    let own = session.run("trust list --output json").exits(0).json();
    let builtin = own["entries"].as_array().unwrap();
    assert!(!builtin.is_empty());
    for pin in builtin {
        assert!(pin["source"].is_string() && pin["source_date"].is_string(), "{pin}");
        assert_eq!(pin["confirmed"], false, "a pin counts after confirmation only");
    }
}

#[test]
fn a_pin_counts_only_after_it_was_confirmed() {
    let session = Session::shared();
    let own = session.run("trust list --output json").exits(0).json();
    let pin = own["entries"][0]["sha256"].as_str().unwrap().to_owned();
    session.run(&format!("trust confirm {pin}")).exits(2);
    session.run("trust confirm 0123456789abcdef --compared").exits(2);
    session.run(&format!("trust confirm {} --compared", &pin[..8])).exits(2);
    let shown = session.run(&format!("trust confirm {pin} --compared --lang en")).exits(0);
    assert!(shown.err.to_uppercase().contains(&pin.to_uppercase()), "shows what to compare: {shown}");
    let after = session.run("trust list --output json").exits(0).json();
    let confirmed: Vec<&str> = after["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["confirmed"] == true)
        .map(|entry| entry["sha256"].as_str().unwrap())
        .collect();
    assert_eq!(confirmed, [pin.as_str()]);
    assert_ne!(own["sha256"], after["sha256"]);
    assert!(session.path("home/.config/hsign/confirmed-pins.txt").is_file());
}

#[test]
fn imported_trust_counts_from_then_on() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa}").exits(0);
    let verify = "verify letter.signed.pdf --evidence {crl}";
    session.run(verify).exits(3);
    let import = "trust import {pki}/ca/hpki-root.pem --kind hpki-root --source hsign-testkit";
    session.run(import).exits(2);
    session.run(verify).exits(3);
    session.run(&format!("{import} --compared")).exits(0);
    session
        .run("trust import {pki}/ca/tsa-root.pem --kind tsa --class mic --from 2020-01-01 --source hsign-testkit --compared")
        .exits(0);
    session.run(verify).exits(0);
    session.run("trust list").exits(0).prints("hsign-testkit");
    session.run(&format!("{import} --compared")).exits(0);
    let json = session.run("trust list --output json").json();
    let roots = json["entries"].as_array().unwrap().iter().filter(|entry| entry["source"] == "hsign-testkit");
    assert_eq!(roots.count(), 2, "importing again adds nothing");
    session.run(&format!("{verify} --trust {{pki}}/ca/commercial-root.pem")).exits(3);
}

#[test]
fn the_configuration_is_written_once_and_is_valid() {
    let session = Session::shared();
    let path = session.run("config --write").exits(0).text();
    assert_eq!(path.trim(), session.path("home/.config/hsign/config.toml").display().to_string());
    assert!(session.read("home/.config/hsign/config.toml").starts_with(b"#"));
    session.run("tsa list").exits(0);
    session.write("home/.config/hsign/config.toml", "policy = \"etsi\"\n");
    session.run("config --write").exits(1);
    assert_eq!(session.read("home/.config/hsign/config.toml"), b"policy = \"etsi\"\n");
    session.sign(Person::NoRole, "letter.pdf --no-fetch").exits(3);
    let verified =
        session.run("verify letter.signed.pdf --trust {trust} --evidence {crl} --output json").exits(0);
    assert_eq!(verified.json()["policy"]["name"], "etsi");
    session.write("bad.toml", "polcy = \"etsi\"\n");
    session.run("tsa list --config bad.toml").exits(2);
    session.run("tsa list --config absent.toml").exits(4);
}

#[test]
fn completions_exist_for_every_shell() {
    let session = Session::shared();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        session.run(&format!("completions {shell}")).exits(0).prints("verify");
    }
    session.run("completions tcsh").exits(2);
}

#[test]
fn man_pages_exist_for_every_command() {
    let session = Session::shared();
    session.run("man pages").exits(0);
    for page in ["hsign.1", "hsign-sign.1", "hsign-verify.1", "hsign-trust-confirm.1"] {
        assert!(session.read(&format!("pages/{page}")).windows(3).any(|window| window == b".TH"), "{page}");
    }
}

#[test]
fn help_names_the_exit_codes_and_speaks_japanese() {
    let session = Session::shared();
    let english = session.run("--help --lang en").exits(0);
    for code in ["130", "INDETERMINATE", "TOTAL-PASSED"] {
        assert!(english.text().contains(code), "{code}");
    }
    let japanese = session.run("--help --lang ja").exits(0);
    assert!(japanese.text().contains("署名") && japanese.text().contains("検証"), "{japanese}");
    assert_eq!(japanese.err, "");
    let sign = session.run("sign --help --lang ja").exits(0).text();
    assert!(sign.contains("タイムスタンプ"), "{sign}");
    session.run("--version").exits(0).prints("hsign ");
    session.run("frobnicate").exits(2);
    session.run("").exits(2);
}

#[test]
fn errors_come_as_json_where_json_was_asked_for() {
    let session = Session::shared();
    let answer = session.run("sign letter.pdf --output json --lang en").exits(2);
    let json = answer.json();
    assert_eq!(json["schema"], "hsign.error/1");
    assert_eq!(json["exit_code"], 2);
    assert!(!answer.err.is_empty());
    let json = session.sign(Person::Expired, "letter.pdf --output json").exits(1).json();
    assert_eq!(json["documents"][0]["exit_code"], 1);
    assert_eq!(json["documents"][0]["findings"][0]["code"], "signing-refused");
}

#[test]
fn policies_are_listed_and_shown_as_the_files_they_are() {
    let session = Session::shared();
    session.run("policy list").exits(0).prints("eprescription");
    let text = session.run("policy show hpki").exits(0).text();
    session.write("own.toml", text.replace("name = \"hpki\"", "name = \"own\""));
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa}").exits(0);
    let verified = session.verify("letter.signed.pdf --policy own.toml").exits(0);
    assert_eq!(verified.json()["policy"]["name"], "own");
}

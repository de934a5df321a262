//! `hsign trust`: what is trusted, for how long, and that nobody changes it behind one's back.

use std::io::{Cursor, Write as _};

use hsign_testkit::Person;
use hsign_tests::Session;
use zip::write::{SimpleFileOptions, ZipWriter};

const IMPORT_TSA: &str = "trust import {pki}/ca/tsa-root.pem --kind tsa --class mic --from 2020-01-01 --source hsign-testkit --compared";
const IMPORT_ROOT: &str =
    "trust import {pki}/ca/hpki-root.pem --kind hpki-root --source hsign-testkit --compared";

fn authority(session: &Session, name: &str) -> Vec<u8> {
    std::fs::read(session.testbed().folder().join("ca").join(name)).unwrap()
}

#[test]
fn an_entry_is_shown_in_full_by_fingerprint_or_name() {
    let session = Session::shared();
    let list = session.run("trust list --trust {trust} --output json").exits(0).json();
    let tsa = &list["entries"][3];
    let pin = tsa["sha256"].as_str().unwrap();
    let name = tsa["subject"].as_str().unwrap().split(['=', ',', ' ']).max_by_key(|word| word.len()).unwrap();
    for wanted in [&pin[..12], name] {
        let shown =
            session.run(&format!("trust show {wanted} --trust {{trust}} --output json")).exits(0).json();
        let entry = shown["entries"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["sha256"] == *pin)
            .unwrap()
            .clone();
        assert_eq!(entry["details"]["sha256"].as_str().unwrap().to_lowercase(), pin.to_lowercase());
    }
    session.run("trust show nobody --trust {trust}").exits(2);
    session
        .run(&format!("trust show {} --trust {{trust}} --lang ja", &pin[..12]))
        .exits(0)
        .prints("認定 mic");
}

#[test]
fn check_tells_what_ends_by_exit_code_and_reason() {
    let session = Session::shared();
    let answer = session.run("trust check --trust {trust} --within 1d --output json").exits(0).json();
    assert_eq!((&answer["result"], &answer["schema"]), (&"fit".into(), &"hsign.trust-check/1".into()));
    let list = session.run("trust list --trust {trust} --output json").exits(0).json();
    let end = list["entries"][3]["to"].as_str().unwrap().to_owned();
    // Half a year before the first entry ends, and after it.
    let soon = session.run("trust check --trust {trust} --within 30000d --output json").exits(3).json();
    assert_eq!(soon["result"], "due-soon");
    let year: i32 = end[..4].parse().unwrap();
    let after = format!("{}{}", year + 1, &end[4..]);
    let ended =
        session.run(&format!("trust check --trust {{trust}} --at {after} --output json")).exits(1).json();
    assert_eq!(ended["result"], "unfit");
    assert!(ended["entries"][3]["findings"].to_string().contains("trust-entry-ended"), "{ended}");
    session.run("trust check --trust {trust} --within soon").exits(2);
}

#[test]
fn nothing_confirmed_is_nothing_to_trust() {
    let session = Session::shared();
    let answer = session.run("trust check --output json").exits(1).json();
    assert!(answer["findings"].to_string().contains("trust-no-signers"));
    assert!(answer["findings"].to_string().contains("trust-no-tsa"));
    session.run(IMPORT_ROOT).exits(0);
    session.run(IMPORT_TSA).exits(0);
    session.run("trust check --within 1d").exits(0);
}

#[test]
fn a_registry_changed_behind_ones_back_is_refused_until_it_is_looked_at() {
    let session = Session::shared();
    session.run(IMPORT_ROOT).exits(0);
    let registry = "home/.config/hsign/trust.toml";
    let kept = String::from_utf8(session.read(&format!("{registry}.confirmed"))).unwrap();
    assert!(kept.ends_with("  trust.toml\n"), "{kept}");
    let text = String::from_utf8(session.read(registry)).unwrap();
    session.write(registry, text.replace("hpki-root", "jpki-ca"));
    session.run("trust list --lang en").exits(2).says("was changed since it was confirmed");
    session.run("verify letter.pdf").exits(2);
    session.run(IMPORT_TSA).exits(2);
    session.run("trust confirm home/.config/hsign/trust.toml").exits(2);
    let shown = session.run("trust confirm home/.config/hsign/trust.toml --compared").exits(0);
    assert!(shown.err.contains("jpki-ca"), "{shown}");
    session.run("trust list").exits(0).prints("jpki-ca");
}

#[test]
fn a_zip_as_the_ministry_publishes_it_is_imported_with_its_fingerprints() {
    let session = Session::shared();
    let root = authority(&session, "tsa-root.pem");
    let other = authority(&session, "commercial-root.pem");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in
        [("service/root.cer", &root[..]), ("service/other.cer", &other[..]), ("readme.txt", b"hello")]
    {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(contents).unwrap();
    }
    session.write("service.zip", writer.finish().unwrap().into_inner());
    let line = "trust import service.zip --kind tsa --class mic --from 2020-01-01 --source hsign-testkit";
    session.run(line).exits(2);
    let list = session.run("trust list --trust {trust} --output json").exits(0).json();
    let pin = list["entries"][3]["sha256"].as_str().unwrap().to_uppercase();
    let done = session.run(&format!("{line} --only {} --compared", &pin[..16])).exits(0);
    assert!(done.err.contains(&pin), "shows what to compare: {done}");
    assert!(done.err.contains("readme.txt"), "{done}");
    let own = session.run("trust list --output json").exits(0).json();
    let tsas: Vec<_> =
        own["entries"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "tsa").collect();
    assert_eq!(tsas.len(), 1);
    assert_eq!(tsas[0]["sha256"].as_str().unwrap().to_uppercase(), pin);
    session.run(&format!("{line} --only 0123456789abcdef --compared")).exits(2);
    session.run("trust import letter.pdf --kind tsa --source x --compared").exits(4);
}

#[test]
fn an_accreditation_counts_only_inside_its_dates() {
    let session = Session::shared();
    session.run(IMPORT_ROOT).exits(0);
    let import =
        "trust import {pki}/ca/tsa-root.pem --kind tsa --class mic --source hsign-testkit --compared";
    session.run(import).exits(2).says("--from");
    session
        .run("trust import {pki}/ca/tsa-root.pem --kind attester --class mic --source x --compared")
        .exits(2);
    session.run(&format!("{import} --from 2021-04-01 --to 2022-03-31")).exits(0);
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa}").exits(0);
    let late = session.run("verify letter.signed.pdf --evidence {crl} --output json").exits(3).signature();
    assert_eq!(late["sub_indication"], "SIG_CONSTRAINTS_FAILURE", "{late}");
    assert!(late.to_string().contains("tsa-accreditation-not-then"), "{late}");
    session.run(&format!("{import} --from 2022-04-01")).exits(0).says("trust.toml");
    session.run("verify letter.signed.pdf --evidence {crl}").exits(0);
}

#[test]
fn an_unknown_authority_is_told_with_what_to_import() {
    let session = Session::shared();
    session.run(IMPORT_ROOT).exits(0);
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa}").exits(0);
    let shown = session.run("verify letter.signed.pdf --evidence {crl} --lang en").exits(0);
    let text = shown.text();
    assert!(text.contains("is not in the registry of trust"), "{text}");
    assert!(text.contains("hsign trust import FILE --kind tsa --class mic --from DATE"), "{text}");
}

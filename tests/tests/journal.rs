//! `hsign journal`, and what the commands write into it.

use std::process::Stdio;

use hsign_testkit::{Endpoint, Fault, Person};
use hsign_tests::{Answer, Session};

/// With a journal in the folder `journal`, and somebody's configured authority.
fn with_journal(session: &Session, rest: &str) {
    let tsa = session.testbed().tsa_url();
    let text = format!("[[tsa]]\nname = \"main\"\nurl = \"{tsa}\"\n[journal]\npath = \"journal\"\n{rest}\n");
    session.write("config.toml", text);
}

fn sign(session: &Session, rest: &str) -> Answer {
    session.sign(Person::Pharmacist, &format!("--config config.toml {rest}"))
}

fn entries(session: &Session) -> Vec<serde_json::Value> {
    let exported = session.run("journal export --config config.toml --output json").exits(0);
    exported.json()["entries"].as_array().unwrap().clone()
}

/// Operation and outcome of each event.
fn events(session: &Session) -> Vec<String> {
    let text = |note: &serde_json::Value, key: &str| note[key].as_str().unwrap().to_owned();
    let entries = entries(session);
    let notes = entries.iter().map(|entry| &entry["note"]).filter(|note| note["kind"] == "event");
    notes.map(|note| format!("{} {}", text(note, "operation"), text(note, "outcome"))).collect()
}

fn verify(session: &Session, rest: &str) -> Answer {
    session.run(&format!("journal verify --config config.toml --trust {{trust}} --evidence {{crl}} {rest}"))
}

#[test]
fn every_signature_is_written_down_before_it_begins_and_before_it_is_handed_out() {
    let session = Session::shared();
    with_journal(&session, "");
    sign(&session, "scan.pdf").exits(0);
    session.run("extend --config config.toml --trust {trust} scan.signed.pdf").exits(0);
    session.run("timestamp --config config.toml letter.pdf").exits(0);
    let expected =
        ["sign started", "sign done", "extend started", "extend done", "stamp started", "stamp done"];
    assert_eq!(events(&session), expected);
    let entries = entries(&session);
    let done = entries.iter().find(|entry| entry["note"]["outcome"] == "done").unwrap();
    let note = &done["note"];
    let sha256 = |name: &str| hsign_core::hex(&hsign::crypto::sha256(&session.read(name)));
    assert_eq!(note["before"][0], sha256("scan.pdf"));
    assert_eq!(note["after"], sha256("scan.signed.pdf"));
    assert_eq!((&note["role"], &note["level"]), (&"Pharmacist".into(), &"B-LTA".into()));
    assert_eq!(note["credential"]["kind"], "file");
    assert!(note["credential"]["subject"].as_str().unwrap().contains("CN="));
    assert!(note["clock_offset_seconds"].as_i64().unwrap().abs() < 60);
    assert!(!done["who"]["user"].as_str().unwrap().is_empty());
    let text = String::from_utf8(session.read("journal/journal-000001.jsonl")).unwrap();
    assert!(!text.contains("scan.pdf"), "no names unless they are asked for");
    assert!(!text.contains("passphrase"));
}

#[test]
fn refusals_and_failures_are_written_down_with_their_reason() {
    let session = Session::alone();
    with_journal(&session, "daily_stamp = false");
    // Keys in files are refused by the policy unless it says otherwise.
    let credential = session.testbed().person(Person::Pharmacist).pkcs12_path().display().to_string();
    session
        .run(&format!(
            "sign --config config.toml --credential pkcs12:{credential} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}} scan.pdf"
        ))
        .exits(1);
    session.write("wrong.txt", "wrong");
    session
        .run(&format!(
            "sign --config config.toml --credential pkcs12:{credential} --pin-source file:wrong.txt --trust {{trust}} scan.pdf"
        ))
        .exits(6);
    session.testbed().always_fault(Endpoint::Tsa, &[Fault::Status(503)]);
    sign(&session, "scan.pdf").exits(5);
    assert_eq!(
        events(&session),
        ["sign started", "sign refused", "sign failed", "sign started", "sign failed"]
    );
    let codes: Vec<String> = entries(&session)
        .iter()
        .filter_map(|entry| Some(entry["note"]["code"].as_str()?.to_owned()))
        .collect();
    assert_eq!(codes.len(), 3, "{codes:?}");
    assert_eq!(codes[2], "remote-unavailable");
}

#[test]
fn without_a_journal_that_can_be_written_nothing_is_signed() {
    let session = Session::shared();
    with_journal(&session, "daily_stamp = false");
    // A file where the folder should be.
    session.write("journal", "in the way");
    let answer = sign(&session, "scan.pdf").exits(8);
    answer.says("journal");
    assert!(!session.path("scan.signed.pdf").exists());
    assert!(session.read("journal") == b"in the way");
}

#[test]
fn the_first_operation_of_a_day_stamps_what_stands_there() {
    let session = Session::alone();
    with_journal(&session, "");
    sign(&session, "scan.pdf").exits(0);
    sign(&session, "letter.pdf").exits(0);
    let kinds: Vec<String> =
        entries(&session).iter().map(|entry| entry["note"]["kind"].as_str().unwrap().to_owned()).collect();
    let expected = ["opened", "event", "event", "stamp", "event", "event"];
    assert_eq!(kinds, expected, "an empty journal needs no stamp");
    let answer = verify(&session, "--output json").exits(0).json();
    assert_eq!((&answer["indication"], &answer["unstamped"]), (&"TOTAL-PASSED".into(), &3.into()));
    session.run("journal stamp --config config.toml").exits(0);
    let answer = verify(&session, "--output json").exits(0).json();
    assert_eq!((answer["stamps"].as_array().unwrap().len(), &answer["unstamped"]), (2, &1.into()));
    // Without trust the chain is told to be whole, and no more.
    session.run("journal verify journal --config config.toml").exits(3);
}

#[test]
fn a_changed_a_missing_and_a_torn_entry_are_told_apart() {
    let session = Session::alone();
    with_journal(&session, "");
    sign(&session, "scan.pdf").exits(0);
    verify(&session, "").exits(3).prints("journal-never-stamped");
    session.run("journal stamp --config config.toml").exits(0);
    let whole = session.read("journal/journal-000001.jsonl");
    let head = verify(&session, "--output json").exits(0).json()["head"].as_str().unwrap().to_owned();

    let text = String::from_utf8(whole.clone()).unwrap();
    session.write("journal/journal-000001.jsonl", text.replacen("Pharmacist", "Medical Doctor", 1));
    let broken = verify(&session, "--output json").exits(1).json();
    assert_eq!((&broken["broken"]["line"], &broken["broken"]["reason"]), (&3.into(), &"previous".into()));
    session.run("journal export --config config.toml").exits(1);

    // Cut off behind the last signature: the files alone don't tell, whoever noted the head does.
    let cut = text.lines().take(3).map(|line| format!("{line}\n")).collect::<String>();
    session.write("journal/journal-000001.jsonl", &cut);
    verify(&session, "").exits(3);
    verify(&session, &format!("--head {head}")).exits(1);

    // A crash in the middle of an entry.
    session.write("journal/journal-000001.jsonl", &whole[..whole.len() - 40]);
    verify(&session, "").exits(3).prints("journal-open-end");
    session.run("journal stamp --config config.toml").exits(0);
    let answer = verify(&session, "--output json").exits(0).json();
    assert_eq!(answer["torn"], 1);
}

#[test]
fn files_follow_on_one_another_and_several_processes_write_one_journal() {
    let session = Session::shared();
    with_journal(&session, "daily_stamp = false\nfile_bytes = 4000\nnames = true");
    let names: Vec<String> = (0..6).map(|number| format!("page{number}.pdf")).collect();
    for name in &names {
        session.write(name, session.read("scan.pdf"));
    }
    let line = |name: &str| {
        let credential = session.testbed().person(Person::Pharmacist).pkcs12_path().display().to_string();
        format!(
            "sign --config config.toml --credential pkcs12:{credential} --pin-source file:{{pki}}/passphrase.txt --trust {{trust}} --policy {{soft}} --level B-B {name}"
        )
    };
    let running: Vec<_> = names
        .iter()
        .map(|name| session.command(&line(name)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    for mut one in running {
        assert!(one.wait().unwrap().success());
    }
    assert!(session.path("journal/journal-000002.jsonl").exists(), "4000 bytes are few");
    let entries = entries(&session);
    let done = entries.iter().filter(|entry| entry["note"]["outcome"] == "done").count();
    assert_eq!(done, 6);
    assert!(entries.iter().any(|entry| entry["note"]["names"][0] == "page3.pdf"), "names were asked for");
    verify(&session, "").exits(3).prints("journal-never-stamped");
    let table = session.run("journal export --config config.toml").exits(0);
    assert_eq!(table.text().lines().count(), entries.len() + 1);
    let none = session.run("journal export --config config.toml --to 2000-01-01T00:00:00Z").exits(0);
    assert_eq!(none.text().lines().count(), 1);
    std::fs::remove_file(session.path("journal/journal-000001.jsonl")).unwrap();
    verify(&session, "").exits(1).prints("journal-broken");
}

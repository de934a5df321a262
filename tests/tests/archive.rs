//! `hsign archive` as an institution uses it: documents stay where they are; what proves them is kept in two stores.

use std::fs;
use std::path::PathBuf;

use hsign_testkit::Person;
use hsign_tests::{Answer, Session};
use serde_json::Value;

const COMMON: &str = "--archive archive --trust {trust} --evidence {crl}";

/// Two signed documents and an archive with two stores.
fn begun() -> Session {
    let session = Session::shared();
    session.sign(Person::Pharmacist, "scan.pdf --tsa {tsa} --level B-LTA -o scan.signed.pdf").exits(0);
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa} --level B-LTA -o letter.signed.pdf").exits(0);
    session.run("archive init archive --tsa {tsa} --store one --store two").exits(0);
    session
}

fn archive(session: &Session, rest: &str) -> Answer {
    let (command, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    session.run(&format!("archive {command} {COMMON} --output json {rest}"))
}

fn sub(session: &Session, command: &str, rest: &str) -> Answer {
    session.run(&format!("archive {command} {COMMON} --output json {rest}"))
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer.text().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn of_type(answer: &Answer, kind: &str) -> Vec<Value> {
    lines(answer).into_iter().filter(|line| line["type"] == kind).collect()
}

fn summary(answer: &Answer) -> Value {
    let lines = lines(answer);
    let last = lines.last().expect("a summary").clone();
    assert_eq!(last["type"], "summary", "{lines:#?}");
    last
}

fn filled() -> Session {
    let session = begun();
    let add = "add scan.signed.pdf --key rx-1 --class prescription-dispensed --retention-start 2026-11-01";
    archive(&session, add).exits(0);
    archive(&session, "add letter.signed.pdf --key letter-1 --class chart --retention-start open").exits(0);
    session
}

fn stamped() -> Session {
    let session = filled();
    archive(&session, "renew --close-all").exits(0);
    session
}

fn bundles(session: &Session, store: &str) -> Vec<PathBuf> {
    let folder = session.path(store).join("bundles");
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn documents_are_verified_taken_stamped_and_proven() {
    let session = filled();
    let again = archive(
        &session,
        "add scan.signed.pdf --key rx-1 --class prescription-dispensed --retention-start 2026-11-01",
    );
    assert_eq!(of_type(&again.exits(0), "known").len(), 1);
    let waiting = archive(&session, "status").exits(0);
    assert_eq!(of_type(&waiting, "waiting").len(), 2, "an open document is in a batch of its own");
    let renewed = archive(&session, "renew --close-all").exits(0);
    let summary_of = summary(&renewed);
    assert_eq!((&summary_of["tsa_requests"], &summary_of["failed"]), (&2.into(), &0.into()));
    assert_eq!(of_type(&renewed, "stamped").len(), 2);
    archive(&session, "status --monitor").exits(0).prints("OK documents=2 bundles=2 waiting=0");
    let verified = archive(&session, "verify --documents").exits(0);
    let answers = of_type(&verified, "verified");
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|answer| answer["indication"] == "TOTAL-PASSED"), "{answers:#?}");
    assert_eq!(summary(&archive(&session, "renew").exits(0))["tsa_requests"], 0, "nothing is stamped twice");
}

#[test]
fn what_does_not_verify_is_set_aside_and_the_rest_goes_on() {
    let session = begun();
    let mut bytes = session.read("letter.signed.pdf");
    let place = bytes.len() / 3;
    bytes[place] ^= 1;
    session.write("broken.pdf", bytes);
    session.write(
        "list.csv",
        "location,key,class,retention_start\nbroken.pdf,bad,chart,open\nscan.signed.pdf,good,chart,open\n",
    );
    let added = archive(&session, "add --list list.csv").exits(7);
    assert_eq!(of_type(&added, "taken")[0]["key"], "good");
    let aside = &of_type(&added, "set-aside")[0];
    assert_eq!((&aside["key"], &aside["reason"]), (&"bad".into(), &"verification-failed".into()));
    let status = archive(&session, "status").exits(3);
    assert_eq!(summary(&status)["set_aside"], 1);
    archive(&session, "settle bad --how asked-the-clinic-for-another-copy").exits(0);
    assert_eq!(summary(&archive(&session, "status"))["set_aside"], 0);
}

#[test]
fn a_plan_tells_what_is_due_and_people_get_a_table() {
    let session = filled();
    session.run(&format!("archive plan {COMMON} --lang ja")).exits(0).prints("待機中");
    archive(&session, "renew --close-all").exits(0);
    let later = archive(&session, "plan --at 2040-01-01T00:00:00Z");
    assert!(!of_type(&later, "due").is_empty(), "{}", later.text());
    session
        .run(&format!("archive plan {COMMON} --lang en --at 2040-01-01T00:00:00Z"))
        .prints("at the latest");
}

#[test]
fn a_proof_leaves_the_archive_and_verifies_alone() {
    let session = stamped();
    archive(&session, "export rx-1 -o proof.asice").exits(0);
    let verified =
        session.run("verify proof.asice --trust {trust} --evidence {crl} --policy etsi --output json");
    // Nobody signed the container itself: what holds is the proof of the document in it.
    let document = verified.exits(4).document();
    assert_eq!(document["evidence_records"][0]["indication"], "TOTAL-PASSED", "{document:#}");
    assert_eq!(document["files"][0]["covered_by"][0]["intact"], true, "{document:#}");
    archive(&session, "export rx-1 --without-document -o proof.zip").exits(0);
    archive(&session, "export nobody -o x.asice").exits(1);
}

#[test]
fn damage_is_told_by_file_and_repaired_from_the_other_store() {
    let session = stamped();
    archive(&session, "scrub --everything").exits(0);
    let bundle = bundles(&session, "one").remove(0);
    fs::write(bundle.join("documents.jsonl"), "nothing").unwrap();
    let found = archive(&session, "scrub --everything").exits(1);
    let damaged = &of_type(&found, "file-damaged")[0];
    assert!(damaged["file"].as_str().unwrap().ends_with("documents.jsonl"), "{damaged}");
    let repaired = archive(&session, "scrub --everything --repair");
    assert_eq!(of_type(&repaired, "repaired").len(), 1, "{}", repaired.text());
    archive(&session, "scrub --everything").exits(0);
    session.write("scan.signed.pdf", "another");
    let found = archive(&session, "scrub --everything").exits(1);
    assert_eq!(of_type(&found, "document-damaged")[0]["key"], "rx-1");
}

#[test]
fn the_index_is_made_anew_from_the_stores_and_one_store_is_enough() {
    let session = stamped();
    let before = archive(&session, "verify").exits(0).text();
    fs::remove_file(session.path("archive/index.db")).unwrap();
    archive(&session, "rebuild-index").exits(0);
    assert_eq!(archive(&session, "verify").exits(0).text(), before);
    archive(&session, "drill store-2 --sample 10").exits(0);
    sub(&session, "trail verify", "").exits(0);
    sub(&session, "trail export", "-o trail").exits(0);
    assert!(session.path("trail").is_dir());
}

#[test]
fn holds_and_deletions_follow_the_law_and_leave_the_neighbours_alone() {
    let session = begun();
    let old = "add scan.signed.pdf --key rx-1 --class prescription-dispensed --keep-until 2020-01-31";
    archive(&session, old).exits(0);
    archive(
        &session,
        "add letter.signed.pdf --key rx-2 --class prescription-dispensed --keep-until 2020-01-31",
    )
    .exits(0);
    archive(&session, "renew --close-all").exits(0);
    archive(&session, "hold case-7 --key rx-1 --reason court").exits(0);
    let plan = |name: &str, key: &str| {
        sub(&session, "delete plan", &format!("{name} {key} --reason retention-over --actor planner"))
    };
    plan("d1", "rx-1").exits(1);
    archive(&session, "release case-7 --reason settled").exits(0);
    plan("d1", "rx-1").exits(0);
    sub(&session, "delete approve", "d1 --actor planner").exits(1);
    sub(&session, "delete approve", "d1 --actor another").exits(0);
    let credential = session.testbed().person(Person::Doctor);
    let run = format!(
        "d1 --credential pkcs12:{} --pin-source file:{{pki}}/passphrase.txt --policy {{soft}}",
        credential.pkcs12_path().display()
    );
    // It waits for the days that the archive's policy wants.
    sub(&session, "delete run", &run).exits(1);
    sub(&session, "delete cancel", "d1 --reason later").exits(0);
    assert!(session.path("scan.signed.pdf").exists());
    archive(&session, "verify rx-2 --documents").exits(0);
}

#[test]
fn an_open_document_gets_its_end_without_a_new_stamp() {
    let session = stamped();
    archive(&session, "date letter-1 --start 2026-11-20").exits(0);
    assert_eq!(summary(&archive(&session, "renew").exits(0))["tsa_requests"], 0);
}

#[test]
fn a_folder_that_is_no_archive_is_told() {
    let session = Session::shared();
    session.run("archive status --archive nowhere --lang en").exits(2).says("is not an archive");
    session.run("archive template").exits(0).prints("[[store]]");
    session.run("archive retention").exits(0).prints("prescription-dispensed");
}

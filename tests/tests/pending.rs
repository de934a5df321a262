//! When the line or the card fails: what is kept, listed, and completed later (guideline 5.2 §6.5 C3, §6.10).

use hsign_testkit::{Endpoint, Fault, Person};
use hsign_tests::{Answer, Session, today};

fn pending(session: &Session, rest: &str) -> Answer {
    session.run(&format!("pending --trust {{trust}} --policy {{soft}} {rest}"))
}

fn complete(session: &Session) -> Answer {
    session.run("extend --due --trust {trust} --policy {soft} --tsa {tsa}")
}

#[test]
fn a_signature_without_its_stamp_is_kept_listed_and_completed_later() {
    let session = Session::alone();
    pending(&session, "--monitor").exits(0).prints("OK pending=0 overdue=0");
    session.testbed().always_fault(Endpoint::Tsa, &[Fault::Disconnect]);
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa}").exits(5);
    assert!(!session.path("letter.signed.pdf").exists(), "nothing is kept unless asked for");

    let today = today();
    let line = format!("letter.pdf --tsa {{tsa}} --allow-pending --scan-mode same-day --created {today}");
    session.sign(Person::Doctor, &line).exits(3).says("signing-pending").says("extend --due");
    assert_eq!(session.verify("letter.signed.pdf").signature()["level"], "B-B");
    let listed = pending(&session, "--output json").exits(3).json();
    let one = &listed["documents"][0];
    assert_eq!((&one["cause"], &one["limit"]), (&"stamp".into(), &"scan-interval".into()));
    assert_eq!(one["last_safe"], today.plus_days(2).end_in_japan().to_string(), "the two days of §9.2");
    pending(&session, "--monitor").exits(3).prints("WARNING pending=1 overdue=0");
    let later = today.plus_days(3).end_in_japan();
    pending(&session, &format!("--monitor --at {later}")).exits(1).prints("CRITICAL pending=1 overdue=1");
    complete(&session).exits(5);

    session.testbed().clear_faults();
    complete(&session).exits(0);
    assert_eq!(session.verify("letter.signed.pdf").exits(0).signature()["level"], "B-LTA");
    pending(&session, "").exits(0);
    complete(&session).exits(0);
}

#[test]
fn evidence_that_could_not_be_had_is_added_later() {
    let session = Session::alone();
    session.testbed().always_fault(Endpoint::Crl, &[Fault::Status(503)]);
    session.testbed().always_fault(Endpoint::Ocsp, &[Fault::Status(503)]);
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa} --level B-LTA").exits(5);
    session
        .sign(Person::Doctor, "letter.pdf --tsa {tsa} --level B-LTA --allow-pending")
        .exits(3)
        .says("signing-pending");
    let one = pending(&session, "--output json").exits(3).json()["documents"][0].clone();
    assert_eq!(one["cause"], "evidence");
    session.testbed().clear_faults();
    complete(&session).exits(0);
    assert_eq!(session.verify("letter.signed.pdf").exits(0).signature()["level"], "B-LTA");
    pending(&session, "").exits(0);
}

#[test]
fn a_detached_signature_waits_with_its_content() {
    let session = Session::alone();
    session.testbed().always_fault(Endpoint::Tsa, &[Fault::Status(503)]);
    session.sign(Person::Doctor, "scan.pdf --format cades --tsa {tsa} --allow-pending").exits(3);
    session.testbed().clear_faults();
    complete(&session).exits(0);
    assert_eq!(session.verify("scan.p7s --content scan.pdf").exits(0).signature()["level"], "B-LTA");
    pending(&session, "").exits(0);
}

#[test]
fn a_card_that_fails_leaves_the_scan_on_the_list_until_it_is_signed() {
    let session = Session::shared();
    let credential = format!("pkcs12:{}", session.testbed().person(Person::Doctor).pkcs12_path().display());
    session.write("wrong.txt", "wrong");
    let today = today();
    let failing = session.run(&format!(
        "sign scan.pdf --credential {credential} --pin-source file:wrong.txt --trust {{trust}} --policy {{soft}} --allow-pending --scan-mode same-day --created {today}"
    ));
    failing.exits(6);
    let one = pending(&session, "--output json").exits(3).json()["documents"][0].clone();
    assert_eq!((&one["cause"], &one["limit"]), (&"signature".into(), &"scan-interval".into()));
    session
        .sign(
            Person::Doctor,
            &format!("scan.pdf --tsa {{tsa}} --allow-pending --scan-mode same-day --created {today}"),
        )
        .exits(0);
    pending(&session, "").exits(0);
}

#[test]
fn a_folder_is_looked_through_without_a_list_and_lost_documents_are_told() {
    let session = Session::shared();
    std::fs::create_dir_all(session.path("in")).unwrap();
    session.sign(Person::Doctor, "letter.pdf -o in/bb.pdf").exits(0);
    session.sign(Person::Doctor, "letter.pdf -o in/whole.pdf --tsa {tsa}").exits(0);
    session.write("in/plain.pdf", session.read("scan.pdf"));
    let documents = pending(&session, "in --output json").exits(3).json()["documents"].clone();
    assert_eq!(documents.as_array().unwrap().len(), 1, "{documents}");
    assert!(documents[0]["path"].as_str().unwrap().ends_with("bb.pdf"));
    pending(&session, "in --level B-B").exits(0);

    let line = format!(
        "{{\"path\":\"{}\",\"since\":\"2026-01-01T00:00:00Z\",\"level\":\"B-LTA\"}}\n",
        session.path("gone.pdf").display()
    );
    session.write("home/.local/state/hsign/pending.jsonl", line);
    pending(&session, "").exits(1).prints("gone.pdf");
    pending(&session, "--forget gone.pdf").exits(0);
    pending(&session, "").exits(0);
}

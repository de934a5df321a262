//! By when documents have to be stamped anew.

use hsign_testkit::Person;
use hsign_tests::Session;

fn desk() -> Session {
    let session = Session::alone();
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa}").exits(0);
    session.sign(Person::Pharmacist, "scan.pdf --level B-B").exits(0);
    session
}

const GROUND: &str = "--trust {trust} --evidence {crl} --policy {soft}";

#[test]
fn the_last_day_is_told_for_files_and_folders() {
    let session = desk();
    let json = session.run(&format!("plan letter.signed.pdf {GROUND} --output json")).exits(0).json();
    assert_eq!(json["schema"], "hsign.plan/1");
    let document = &json["documents"][0];
    assert_eq!((&document["state"], &document["indication"]), (&"fine".into(), &"TOTAL-PASSED".into()));
    let verified = session.run(&format!("verify letter.signed.pdf {GROUND} --output json")).exits(0);
    assert_eq!(document["renew_by"], verified.signature()["renew_by"]);
    assert_eq!(json["renew_by"], document["renew_by"]);
    let first = document["expiries"].as_array().unwrap().iter().find(|one| one["binding"] == true).unwrap();
    assert_eq!(first["at"], document["renew_by"]);
    let folder = session.run(&format!("plan . {GROUND} --output json")).json();
    assert!(folder["documents"].as_array().unwrap().len() >= 4);
    for (lang, words) in [("en", "a new time stamp is due by"), ("ja", "までに新しいタイムスタンプが必要")]
    {
        session.run(&format!("plan letter.signed.pdf {GROUND} --lang {lang}")).exits(0).prints(words);
    }
}

#[test]
fn what_is_due_overdue_open_or_invalid_has_its_exit_code() {
    let session = desk();
    session.run(&format!("plan letter.signed.pdf {GROUND} --within 20000d")).exits(3).prints("DUE SOON");
    session
        .run(&format!("plan letter.signed.pdf {GROUND} --at 2095-01-01T00:00:00Z"))
        .exits(1)
        .prints("OVERDUE");
    session
        .run("plan letter.signed.pdf --trust {trust} --policy etsi --tsa-trust {pki}/ca/tsa-root.pem")
        .exits(0);
    session.run("plan scan.pdf").exits(4);
    session.run("plan nowhere.pdf").exits(4);
    session.run("plan letter.signed.pdf --within soon").exits(2);
    let mut changed = session.read("scan.signed.pdf");
    let middle = changed.len() / 4;
    changed[middle] ^= 1;
    session.write("changed.pdf", changed);
    session.run(&format!("plan changed.pdf {GROUND}")).exits(1).prints("INVALID");
    let open = session.run("plan letter.signed.pdf --policy {soft} --trust {pki}/ca/tsa-root.pem");
    open.exits(3).prints("NOT CONFIRMED");
}

#[test]
fn later_years_are_really_judged_with_and_without_renewal() {
    let session = desk();
    let line = format!("plan letter.signed.pdf {GROUND} --year 2027 --year 2080 --output json");
    let json = session.run(&line).exits(0).json();
    let outlook = json["documents"][0]["outlook"].as_array().unwrap().clone();
    assert_eq!(outlook[0]["at"], "2027-12-31T14:59:59Z");
    assert_eq!(outlook[0]["unrenewed"]["indication"], "TOTAL-PASSED");
    assert_ne!(outlook[1]["unrenewed"]["indication"], "TOTAL-PASSED");
    assert_eq!(outlook[1]["renewed"]["indication"], "TOTAL-PASSED", "{json:#}");
}

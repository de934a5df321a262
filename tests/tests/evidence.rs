//! `hsign evidence`: records of RFC 4998 over files, made here by hand around tokens of the test authority.

use hsign_testkit::Person;
use hsign_tests::{Session, record_around};

fn desk() -> Session {
    let session = Session::shared();
    session.run("timestamp letter.pdf --tsa {tsa}").exits(0);
    session.write("letter.ers", record_around(&session.read("letter.tst")));
    session
}

#[test]
fn a_record_tells_since_when_a_file_has_existed() {
    let session = desk();
    let answer = session
        .run("evidence verify --record letter.ers letter.pdf --trust {trust} --evidence {crl} --output json")
        .exits(0)
        .json();
    assert_eq!(answer["schema"], "hsign.evidence/1");
    assert_eq!(answer["indication"], "TOTAL-PASSED");
    assert_eq!(answer["covered"][0]["path"], "letter.pdf");
    assert_eq!(answer["covered"][0]["covered"], true);
    let timestamp = &answer["archive_timestamps"][0];
    assert_eq!((&timestamp["chain"], &timestamp["index"]), (&1.into(), &1.into()));
    assert_eq!(timestamp["integrity"], "valid");
    assert_eq!(answer["proven_time"], timestamp["gen_time"]);
    session
        .run("evidence verify --record letter.ers letter.pdf --trust {trust} --evidence {crl} --lang ja")
        .exits(0)
        .prints("対象に含まれる");
}

#[test]
fn another_file_is_not_covered() {
    let session = desk();
    let answer = session
        .run("evidence verify --record letter.ers scan.pdf --trust {trust} --evidence {crl} --output json")
        .exits(1)
        .json();
    assert_eq!(answer["sub_indication"], "HASH_FAILURE");
    assert_eq!(answer["covered"][0]["covered"], false);
}

#[test]
fn without_trust_in_the_authority_the_answer_stays_open() {
    let session = desk();
    session.write("none.toml", "# nobody\n");
    session.run("evidence verify --record letter.ers letter.pdf --trust none.toml").exits(3);
}

#[test]
fn show_needs_no_trust() {
    let session = desk();
    session.run("evidence show letter.ers --lang en").exits(0).prints("SHA-256");
    let facts = session.run("evidence show letter.ers --output json").exits(0).json();
    assert_eq!(facts["record"]["chains"].as_array().unwrap().len(), 1);
    session.run("evidence show letter.pdf").exits(4);
    session.run("evidence verify --record missing.ers letter.pdf").exits(4);
}

#[test]
fn a_record_over_a_signed_document_proves_its_signatures() {
    let session = Session::shared();
    // Without a stamp of its own, so that the record is the only proof.
    session.sign(Person::Doctor, "letter.pdf --level B-B").exits(0);
    session.run("timestamp letter.signed.pdf --tsa {tsa}").exits(0);
    session.write("letter.ers", record_around(&session.read("letter.signed.tst")));
    let alone = session.verify("letter.signed.pdf").exits(0).signature();
    // A proof of this very second says no more than that the document is at hand.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let answer = session.verify("letter.signed.pdf --evidence letter.ers").exits(0);
    let document = answer.document();
    assert_eq!(document["evidence_records"].as_array().unwrap().len(), 1);
    assert_eq!(answer.signature()["best_signature_time"], document["evidence_records"][0]["proven_time"]);
    let by_record =
        |signature: &serde_json::Value| signature["proofs"].to_string().contains("evidence-record");
    assert!(by_record(&answer.signature()) && !by_record(&alone));
    session.verify("scan.pdf --evidence letter.ers").exits(4).says("evidence-record-unrelated");
}

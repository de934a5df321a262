//! Judgements made again: from saved facts, from saved evidence, and with tokens beside the document.

use hsign_testkit::Person;
use hsign_tests::Session;
use serde_json::Value;

/// What a verification says when run anew by a process of its own.
fn again(session: &Session, line: &str, code: i32) -> Value {
    session.run(&format!("{line} --output json --lang en")).exits(code).json()
}

#[test]
fn saved_facts_give_the_same_verdict_byte_for_byte_without_the_documents() {
    let session = Session::alone();
    session.sign(Person::Pharmacist, "scan.pdf --tsa {tsa}").exits(0);
    let _ = session.sign(Person::TestCard, "letter.pdf --tsa {tsa} -o test-card.pdf");
    let common = "--trust {trust} --output json --lang ja";
    let line =
        "verify scan.signed.pdf test-card.pdf nowhere.pdf --evidence {crl} --document-class dispensing";
    let first = session.run(&format!("{line} {common} --save-facts facts.json")).exits(3);
    for gone in ["scan.signed.pdf", "test-card.pdf", "scan.pdf", "letter.pdf"] {
        std::fs::remove_file(session.path(gone)).unwrap();
    }
    let second = session.run(&format!("verify --facts facts.json {common}")).exits(3);
    assert_eq!(first.text(), second.text());
    // Nothing of what people wrote is in it.
    let facts: Value = serde_json::from_slice(&session.read("facts.json")).unwrap();
    assert_eq!(facts["schema"], "hsign.facts/1");
    // The text for people is the same too.
    let human = session.run("verify --facts facts.json --trust {trust} --lang en").exits(3);
    human.prints("VALID - SHIKEN Hanako");
}

#[test]
fn saved_facts_hold_what_was_fetched_and_are_judged_without_the_network() {
    let session = Session::alone();
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa} --level B-T").exits(0);
    let line = "verify letter.signed.pdf --trust {trust} --output json";
    session.run(line).exits(3);
    let fetched = session.run(&format!("{line} --fetch --save-facts facts.json")).exits(0);
    let _ = session.testbed().take_requests();
    let again = session.run("verify --facts facts.json --trust {trust} --output json").exits(0);
    assert_eq!(fetched.text(), again.text());
    assert!(session.testbed().take_requests().is_empty());
}

#[test]
fn saved_facts_are_refused_on_other_ground_and_in_any_other_form() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa} -o letter.signed.pdf").exits(0);
    session.verify("letter.signed.pdf --save-facts facts.json").exits(0);
    session.run("verify --facts facts.json --trust {trust} --policy etsi").exits(2).says("--rejudge");
    session.run("verify --facts facts.json").exits(2).says("--rejudge");
    session.run("verify --facts facts.json --trust {trust} --policy etsi --rejudge").exits(0);
    let later = session.run("verify --facts facts.json --trust {trust} --rejudge --at 2090-01-01T00:00:00Z");
    later.exits(3);
    session.run("verify letter.signed.pdf --facts facts.json").exits(2);
    let text = String::from_utf8(session.read("facts.json")).unwrap();
    for (name, broken) in [
        ("version.json", text.replace("hsign.facts/1", "hsign.facts/2")),
        ("unknown.json", text.replacen("\"coverage\"", "\"more\": 1, \"coverage\"", 1)),
        ("half.json", text[..text.len() / 2].to_owned()),
    ] {
        assert_ne!(broken, text);
        session.write(name, broken);
        session.run(&format!("verify --facts {name} --trust {{trust}}")).exits(4).says(name);
    }
}

#[test]
fn saved_evidence_makes_the_next_run_offline_say_the_same() {
    let session = Session::alone();
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa} --level B-T").exits(0);
    let line = "verify letter.signed.pdf --trust {trust}";
    let with = |more: &str, code| {
        let mut value = again(&session, &format!("{line} {more} --at 2090-01-01T00:00:00Z"), code);
        without_provenance(&mut value);
        value
    };
    let now = again(&session, &format!("{line} --fetch --save-evidence kept"), 0);
    let time = now["validation_time"].as_str().unwrap().to_owned();
    let _ = session.testbed().take_requests();
    let mut offline = again(&session, &format!("{line} --evidence kept --at {time}"), 0);
    assert!(session.testbed().take_requests().is_empty());
    let mut now = now;
    without_provenance(&mut now);
    without_provenance(&mut offline);
    assert_eq!(now, offline);
    // Named by content: a second run adds nothing.
    let names = |folder: &str| {
        let mut names: Vec<_> = std::fs::read_dir(session.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let first = names("kept");
    assert!(!first.is_empty());
    session.run(&format!("{line} --evidence kept --save-evidence kept")).exits(0);
    assert_eq!(names("kept"), first);
    assert_eq!(with("--evidence kept", 3), with("--evidence kept", 3));
}

/// Where a list came from is the one thing that differs.
fn without_provenance(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for key in ["source", "place", "fetched_at"] {
                fields.remove(key);
            }
            fields.values_mut().for_each(without_provenance);
        }
        Value::Array(items) => items.iter_mut().for_each(without_provenance),
        _ => {}
    }
}

#[test]
fn a_token_beside_the_document_proves_what_it_covers() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf --level B-B -o plain.pdf").exits(0);
    session.run("timestamp plain.pdf --tsa {tsa}").exits(0);
    session.run("timestamp scan.pdf --tsa {tsa} --force").exits(0);
    let alone = session.verify("plain.pdf").signature();
    assert_eq!(alone["timestamps"].as_array().unwrap().len(), 0);
    let stamped = session.verify("plain.pdf --evidence plain.tst").exits(0);
    let signature = stamped.signature();
    assert_eq!(signature["timestamps"][0]["kind"], "document");
    assert_eq!(signature["timestamps"][0]["indication"], "TOTAL-PASSED");
    assert_eq!(signature["best_signature_time"], signature["timestamps"][0]["gen_time"]);
    // One that belongs to something else is named and changes nothing.
    let other = session.verify("plain.pdf --evidence scan.tst").says("covers none of the documents");
    assert_eq!(other.signature()["timestamps"].as_array().unwrap().len(), 0);
    // It goes into the saved facts like everything else.
    let first = session.verify("plain.pdf --evidence plain.tst --save-facts stamped.json").text();
    let again = session.run("verify --output json --facts stamped.json --trust {trust}").text();
    assert_eq!(first, again);
}

//! Clinical documents of all kinds, signed in every form that they can have and verified by a process of its own; what was
//! signed comes out byte by byte.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use hsign_corpora::{Comparison, Corpus};
use hsign_testkit::Person;
use hsign_tests::Session;
use serde_json::Value;

/// A document: its name in the set, and the name it has on the desk.
struct Case {
    name: String,
    file: String,
    bytes: Vec<u8>,
}

/// The documents of the set whose name passes, laid out in the folder `in`.
fn documents(set: &Corpus, session: &Session, wanted: fn(&str) -> bool) -> Vec<Case> {
    let rows = set.rows().iter().map(|row| row.get("path")).filter(|name| wanted(name));
    let case = |(number, name): (usize, &str)| {
        let extension = name.rsplit('.').next().unwrap_or("bin").to_lowercase();
        let file = format!("{number:02}.{extension}");
        let bytes = set.file(name).to_vec();
        session.write(&format!("in/{file}"), &bytes);
        Case { name: name.to_owned(), file, bytes }
    };
    rows.enumerate().map(case).collect()
}

fn is_document(name: &str) -> bool {
    !name.starts_with("anchors/")
}

fn is_xml(name: &str) -> bool {
    name.to_lowercase().ends_with(".xml")
}

/// What each file came to, by its path; the reason where it could not be signed.
fn sign_folder(session: &Session, options: &str) -> BTreeMap<String, Value> {
    std::fs::create_dir(session.path("out")).unwrap();
    let answer = session.sign(Person::Doctor, &format!("in --out-dir out --output json --lang en {options}"));
    by_path(&answer.json()["documents"])
}

fn by_path(documents: &Value) -> BTreeMap<String, Value> {
    let rows = documents.as_array().unwrap().iter();
    rows.map(|row| (row["path"].as_str().unwrap().to_owned(), row.clone())).collect()
}

/// Signs all, verifies each, and compares what comes out.
fn compare(
    set: &str,
    wanted: fn(&str) -> bool,
    options: &str,
    extension: &str,
    content: &dyn Fn(&Case, &[u8]) -> Option<String>,
) {
    let Some(corpus) = Corpus::open("clinical") else { return };
    let session = Session::shared();
    let cases = documents(&corpus, &session, wanted);
    assert!(!cases.is_empty(), "the set has documents of this kind");
    let signed = sign_folder(&session, options);
    let detached = extension == "p7s";
    let judged = if detached { BTreeMap::new() } else { by_path(&session.verify("out").json()["documents"]) };
    let mut comparison = Comparison::new(set);
    for case in &cases {
        let stem = case.file.rsplit_once('.').unwrap().0;
        let output = format!("out/{stem}.{extension}");
        if !session.path(&output).exists() {
            comparison.differ(&case.name, signed[&format!("in/{}", case.file)]["findings"].to_string());
            continue;
        }
        let verdict = if detached {
            session.verify(&format!("{output} --content in/{}", case.file)).document()
        } else {
            judged[&output].clone()
        };
        let Some(ours) = verdict["signatures"].as_array().and_then(|signatures| signatures.last()) else {
            comparison.differ(&case.name, format!("no signature found: {}", verdict["findings"]));
            continue;
        };
        let flaw = content(case, &session.read(&output));
        let touched = session.read(&format!("in/{}", case.file)) != case.bytes;
        match flaw {
            _ if verdict["indication"] != "TOTAL-PASSED" || ours["integrity"] != "valid" => {
                comparison.differ(&case.name, verdict["sub_indication"].to_string());
            }
            _ if touched => comparison.differ(&case.name, "the input was changed"),
            Some(flaw) => comparison.differ(&case.name, flaw),
            None => comparison.agree(&case.name),
        }
    }
    comparison.finish();
}

fn differs(same: bool) -> Option<String> {
    (!same).then(|| "other bytes came out than were signed".to_owned())
}

/// What is in front of the signature and behind it is the document, and nothing else is there.
fn without_insertion(case: &Case, signed: &[u8]) -> Option<String> {
    let front = case.bytes.iter().zip(signed).take_while(|(before, after)| before == after).count();
    let back = case.bytes.iter().rev().zip(signed.iter().rev()).take_while(|(before, after)| before == after);
    differs(front + back.count() >= case.bytes.len() && signed.len() > case.bytes.len())
}

fn files_of(container: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(container)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(entry.name().unwrap().into_owned(), bytes);
    }
    files
}

#[test]
fn conformance_clinical_cades_detached() {
    compare("clinical-cades-detached", is_document, "--format cades --tsa {tsa}", "p7s", &|_, _| None);
}

#[test]
fn conformance_clinical_cades_enveloping() {
    let inside = |case: &Case, signed: &[u8]| {
        let length = case.bytes.len();
        differs(length == 0 || signed.windows(length).any(|window| window == case.bytes))
    };
    let options = "--format cades --packaging enveloping --tsa {tsa}";
    compare("clinical-cades-enveloping", is_document, options, "p7m", &inside);
}

#[test]
fn conformance_clinical_xades_enveloped() {
    let options = "--format xades --tsa {tsa}";
    compare("clinical-xades-enveloped", is_xml, options, "signed.xml", &without_insertion);
}

#[test]
fn conformance_clinical_asic() {
    let same = |case: &Case, signed: &[u8]| differs(files_of(signed).get(&case.file) == Some(&case.bytes));
    compare("clinical-asic", is_document, "--format asic --tsa {tsa}", "asice", &same);
}

#[test]
fn conformance_clinical_all_in_one_container() {
    let Some(corpus) = Corpus::open("clinical") else { return };
    let session = Session::shared();
    let cases = documents(&corpus, &session, is_document);
    session.sign(Person::Doctor, "in --format asic --tsa {tsa} -o all.asice").exits(0);
    let document = session.verify("all.asice").exits(0).document();
    let listed = document["files"].as_array().unwrap();
    assert_eq!(listed.len(), cases.len());
    assert!(listed.iter().all(|file| file["covered_by"][0]["intact"] == true), "{document:#}");
    let inside = files_of(&session.read("all.asice"));
    let mut comparison = Comparison::new("clinical-one-container");
    for case in &cases {
        match differs(inside.get(&case.file) == Some(&case.bytes)) {
            None => comparison.agree(&case.name),
            Some(flaw) => comparison.differ(&case.name, flaw),
        }
    }
    comparison.finish();
}

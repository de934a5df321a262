//! Containers by the command: several files under one signature, and what an attacker may do to one.

use std::io::{Cursor, Read as _, Write as _};

use hsign_testkit::Person;
use hsign_tests::Session;
use serde_json::Value;

fn desk() -> Session {
    let session = Session::shared();
    session.write("case/cda.xml", "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>");
    session.write("case/image/1.dcm", [0_u8, 1, 2, 3].repeat(5_000));
    session.write("case/処方.csv", "1,アムロジピン,5mg\r\n");
    session
}

fn codes(document: &Value) -> Vec<&str> {
    document["findings"].as_array().unwrap().iter().filter_map(|finding| finding["code"].as_str()).collect()
}

/// What becomes of an entry, by its name and contents.
type Change<'a> = dyn Fn(&str, Vec<u8>) -> Option<Vec<u8>> + 'a;

/// The container written anew, each entry as `change` gives it back; `None` leaves it out. `more` come at the end.
fn rewritten(bytes: &[u8], change: &Change<'_>, more: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut written = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).unwrap();
        if let Some(contents) = change(&name, contents) {
            written.start_file(name, stored).unwrap();
            written.write_all(&contents).unwrap();
        }
    }
    for (name, contents) in more {
        written.start_file(*name, stored).unwrap();
        written.write_all(contents.as_bytes()).unwrap();
    }
    written.finish().unwrap().into_inner()
}

#[test]
fn a_folder_comes_under_one_signature_and_every_file_is_listed() {
    for kind in ["cades", "xades"] {
        let session = desk();
        let line = format!("case --format asic --container-signature {kind} -o case.asice --tsa {{tsa}}");
        session.sign(Person::Doctor, &line).exits(0).prints("case.asice\n");
        let document = session.verify("case.asice").exits(0).document();
        assert_eq!(document["format"], "asic");
        assert_eq!(document["signatures"].as_array().unwrap().len(), 1);
        assert_eq!(document["signatures"][0]["level"], "B-LTA");
        let files = document["files"].as_array().unwrap();
        let names: Vec<_> = files.iter().map(|file| file["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["cda.xml", "image/1.dcm", "処方.csv"]);
        for file in files {
            assert_eq!(file["covered_by"][0]["by"], document["signatures"][0]["id"]);
            assert!(file["covered_by"].as_array().unwrap().iter().all(|by| by["intact"] == true), "{file}");
        }
        let text = session.run("verify case.asice --trust {trust} --evidence {crl} --lang en").exits(0);
        text.prints("image/1.dcm (20000 bytes)");
    }
}

#[test]
fn each_file_gets_its_own_container_without_a_name_for_all() {
    let session = desk();
    session.write("a.txt", "a");
    session.write("b.txt", "b");
    session.sign(Person::Doctor, "a.txt b.txt --format asic").exits(0).prints("a.asice\nb.asice\n");
    session.verify("a.asice b.asice").exits(0);
    session.sign(Person::Doctor, "a.txt --format asic -o a.asics --tsa {tsa}").exits(0);
    session.verify("a.asics").exits(0);
    session.run("extend a.asics --in-place --trust {trust} --policy {soft} --tsa {tsa}").exits(0);
    assert_eq!(session.verify("a.asics").exits(0).signature()["level"], "B-LTA");
    session.sign(Person::Doctor, "a.txt b.txt --format asic -o both.asics").exits(2);
    session.sign(Person::Doctor, "case/image/1.dcm a.txt a.txt --format asic -o twice.asice").exits(0);
}

#[test]
fn what_is_added_taken_away_or_changed_is_told() {
    let session = desk();
    session.sign(Person::Doctor, "case --format asic -o case.asice --tsa {tsa}").exits(0);
    let whole = session.read("case.asice");
    let keep = |_: &str, contents: Vec<u8>| Some(contents);
    session.write("same.asice", rewritten(&whole, &keep, &[]));
    session.verify("same.asice").exits(0);

    session.write("more.asice", rewritten(&whole, &keep, &[("letter.txt", "I never signed this")]));
    let more = session.verify("more.asice").document();
    assert_ne!(more["indication"], "TOTAL-PASSED", "{more:#}");
    assert!(codes(&more).contains(&"asic-unsigned-entry"), "{more:#}");

    let without = |name: &str, contents: Vec<u8>| (name != "cda.xml").then_some(contents);
    session.write("less.asice", rewritten(&whole, &without, &[]));
    assert_ne!(session.verify("less.asice").document()["indication"], "TOTAL-PASSED");

    for part in ["image/1.dcm", "META-INF/ASiCManifest001.xml"] {
        let changed = |name: &str, mut contents: Vec<u8>| {
            if name == part {
                let at = contents.len() / 2;
                contents[at] ^= 1;
            }
            Some(contents)
        };
        session.write("changed.asice", rewritten(&whole, &changed, &[]));
        let answer = session.verify("changed.asice");
        assert_eq!(answer.code, 1, "{part}: {answer}");
    }
}

#[test]
fn a_second_signature_and_a_renewal_leave_the_files_as_they_are() {
    let session = desk();
    session.sign(Person::Doctor, "case --format asic -o case.asice").exits(0);
    session.sign(Person::Pharmacist, "case.asice --in-place --tsa {tsa}").exits(0);
    session.run("extend case.asice --in-place --trust {trust} --policy {soft} --tsa {tsa}").exits(0);
    let document = session.verify("case.asice").exits(0).document();
    assert_eq!(document["signatures"].as_array().unwrap().len(), 2);
    let mut archive = zip::ZipArchive::new(Cursor::new(session.read("case.asice"))).unwrap();
    let mut image = Vec::new();
    archive.by_name("image/1.dcm").unwrap().read_to_end(&mut image).unwrap();
    assert_eq!(image, session.read("case/image/1.dcm"));
}

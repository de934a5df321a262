//! Every line that the archive's commands write in the life of an archive fits its schema, and no line is described that
//! isn't written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hsign_testkit::Person;
use hsign_tests::Session;

use crate::json::json_lines;
use crate::schema::Schemas;

const SCHEMA: &str = "archive-1.json";
/// Written years later only, when the time stamp of a document that carries its own ends.
const LATER: &str = "extended";

/// An archive, and the kinds of lines that it wrote.
struct Life {
    session: Session,
    schemas: Schemas,
    met: BTreeSet<String>,
}

impl Life {
    fn run(&mut self, command: &str, code: i32) {
        let common = "--archive archive --trust {trust} --evidence {crl} --output json";
        let answer = self.session.run(&format!("archive {command} {common}")).exits(code);
        let lines = json_lines(&answer);
        for line in &lines {
            let problems = self.schemas.problems(SCHEMA, line);
            assert!(problems.is_empty(), "archive {command}: {problems:#?}");
            self.met.insert(line["type"].as_str().unwrap().to_owned());
        }
        assert!(lines.last().is_some_and(|line| line["type"] == "summary"), "archive {command}");
    }
}

#[test]
fn every_line_of_an_archive_s_life_is_described() {
    let session = Session::shared();
    session.sign(Person::Pharmacist, "scan.pdf --tsa {tsa} -o scan.signed.pdf").exits(0);
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa} -o letter.signed.pdf").exits(0);
    session.run("archive init archive --tsa {tsa} --store one --store two").exits(0);
    let config = session.path("archive/archive.toml");
    let at_once = format!("{}\n[policy]\ndeletion_wait = \"0s\"\n", fs::read_to_string(&config).unwrap());
    fs::write(&config, at_once).unwrap();
    let doctor = session.testbed().person(Person::Doctor).pkcs12_path().display().to_string();
    let mut life = Life { session, schemas: Schemas::read(), met: BTreeSet::new() };

    life.run("add scan.signed.pdf --key rx-1 --class prescription-dispensed --keep-until 2020-01-31", 0);
    life.run("add scan.signed.pdf --key rx-1 --class prescription-dispensed --keep-until 2020-01-31", 0);
    life.run("add letter.signed.pdf --key rx-1 --class prescription-dispensed --keep-until 2020-01-31", 7);
    life.run("add letter.signed.pdf --key letter-1 --class chart --retention-start open", 0);
    life.run("add letter.pdf --key letter-2 --class chart --retention-start open", 7);
    life.run("status", 3);
    life.run("settle letter-2 --how asked-for-another-copy", 0);
    life.run("date letter-1 --start 2026-11-20", 0);
    life.run("renew --close-all", 0);
    life.run("plan --at 2040-01-01T00:00:00Z", 1);
    life.run("verify --documents", 0);
    life.run("export letter-1 -o proof.asice", 0);
    life.run("hold case-7 --key rx-1 --reason court", 0);
    life.run("hold case-8 --everything --reason audit", 0);
    life.run("release case-7 --reason settled", 0);
    life.run("release case-8 --reason settled", 0);
    life.run("delete plan d1 rx-1 --reason retention-over --actor planner", 0);
    life.run("delete cancel d1 --reason not-yet", 0);
    life.run("delete plan d2 rx-1 --reason retention-over --actor planner", 0);
    life.run("delete approve d2 --actor another", 0);
    let signing = format!("--credential pkcs12:{doctor} --pin-source file:{{pki}}/passphrase.txt");
    life.run(&format!("delete run d2 {signing} --policy {{soft}}"), 0);
    life.run("scrub --everything", 0);
    fs::write(documents_with(&life.session.path("one/bundles"), "letter-1"), "nothing").unwrap();
    life.run("scrub --everything --repair", 0);
    life.session.write("letter.signed.pdf", "another");
    life.run("scrub --everything", 1);
    life.run("drill store-2 --sample 10", 0);
    life.run("trail verify", 0);
    life.run("trail export -o trail", 0);
    life.run("rebuild-index", 0);

    let described = life.schemas.file(SCHEMA)["$defs"].as_object().unwrap();
    let described: BTreeSet<String> = described.keys().filter(|kind| *kind != LATER).cloned().collect();
    assert_eq!(life.met, described);
}

/// The table of the bundle that holds a key; one whose documents are all deleted is not read again.
fn documents_with(bundles: &Path, key: &str) -> PathBuf {
    let tables = fs::read_dir(bundles).unwrap().map(|bundle| bundle.unwrap().path().join("documents.jsonl"));
    tables.into_iter().find(|table| fs::read_to_string(table).unwrap().contains(key)).unwrap()
}

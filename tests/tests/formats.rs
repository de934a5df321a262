//! Every form of signature by the same commands: each level made at once and from below, a second signer, changed
//! parts, and verification in a process of its own without a network.

use hsign_testkit::Person;
use hsign_tests::{Answer, Session};

/// One way of signing a file.
#[derive(Clone, Copy)]
struct Case {
    input: &'static str,
    options: &'static str,
    output: &'static str,
    /// What a signature beside its content needs.
    content: &'static str,
    format: &'static str,
    coverage: &'static str,
    takes_a_second: bool,
}

const PADES: Case = Case {
    input: "letter.pdf",
    options: "",
    output: "letter.signed.pdf",
    content: "",
    format: "pades",
    coverage: "whole-revision",
    takes_a_second: true,
};
const CADES_DETACHED: Case = Case {
    input: "summary.txt",
    options: "",
    output: "summary.p7s",
    content: "--content summary.txt",
    format: "cades",
    coverage: "external",
    takes_a_second: true,
};
const CADES_ENVELOPING: Case = Case {
    input: "summary.txt",
    options: "--packaging enveloping",
    output: "summary.p7m",
    content: "",
    format: "cades",
    coverage: "whole-document",
    takes_a_second: true,
};
const XADES_ENVELOPED: Case = Case {
    input: "cda.xml",
    options: "",
    output: "cda.signed.xml",
    content: "",
    format: "xades",
    coverage: "whole-document",
    takes_a_second: true,
};
const XADES_ENVELOPING: Case = Case {
    input: "cda.xml",
    options: "--packaging enveloping",
    output: "cda.signed.xml",
    content: "",
    format: "xades",
    coverage: "whole-document",
    takes_a_second: false,
};
const XADES_DETACHED: Case = Case {
    input: "summary.txt",
    options: "--format xades",
    output: "summary.signed.xml",
    content: "--content summary.txt",
    format: "xades",
    coverage: "external",
    takes_a_second: false,
};
const ASIC: Case = Case {
    input: "summary.txt",
    options: "--format asic",
    output: "summary.asice",
    content: "",
    format: "asic",
    coverage: "whole-document",
    takes_a_second: true,
};

const SUMMARY: &str = "退院時要約 Discharge summary: amlodipine 5 mg\n";
const CDA: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\">\r\n  \
                   <title>診療情報提供書</title>\r\n  <text>amlodipine 5 mg</text>\r\n</ClinicalDocument>\r\n";
/// Stands in each of the contents, the PDF's included.
const DOSE: &[u8] = b"5 mg";

impl Case {
    fn desk(self) -> Session {
        let session = Session::shared();
        session.write("summary.txt", SUMMARY);
        session.write("cda.xml", CDA);
        session
    }

    fn sign(self, session: &Session, person: Person, rest: &str) -> Answer {
        session.sign(person, &format!("{} {} --tsa {{tsa}} {rest}", self.input, self.options))
    }

    fn verify(self, session: &Session, name: &str) -> Answer {
        session.verify(&format!("{name} {}", self.content))
    }

    fn extend(self, session: &Session, rest: &str) -> Answer {
        session
            .run(&format!("extend --trust {{trust}} --policy {{soft}} --tsa {{tsa}} {} {rest}", self.content))
    }

    /// Made at once, with both kinds of keys.
    fn every_level(self) {
        let session = self.desk();
        for person in [Person::Doctor, Person::DoctorP256] {
            for level in ["B-B", "B-T", "B-LT", "B-LTA"] {
                self.sign(&session, person, &format!("--level {level} --force")).exits(0);
                let answer = self.verify(&session, self.output).exits(0);
                assert_eq!(answer.document()["format"], self.format);
                let signature = answer.signature();
                assert_eq!(signature["level"], level, "{answer}");
                assert_eq!(signature["indication"], "TOTAL-PASSED");
                assert_eq!(signature["qualification"]["status"], "qualified");
            }
        }
        // With a time-stamp authority and revocation data at hand the highest level is the default.
        self.sign(&session, Person::Doctor, "--force").exits(0);
        let signature = self.verify(&session, self.output).exits(0).signature();
        assert_eq!((&signature["level"], &signature["coverage"]), (&"B-LTA".into(), &self.coverage.into()));
    }

    /// Made step by step by others than the signer, and then renewed.
    fn step_by_step(self) {
        let session = self.desk();
        self.sign(&session, Person::Doctor, "--level B-B -o B-B").exits(0);
        let mut before = "B-B".to_owned();
        for level in ["B-T", "B-LT", "B-LTA"] {
            self.extend(&session, &format!("{before} --level {level} -o {level}")).exits(0);
            assert_eq!(self.verify(&session, level).exits(0).signature()["level"], level);
            before = level.to_owned();
        }
        let stamps = |name: &str| {
            let signature = self.verify(&session, name).exits(0).signature();
            signature["timestamps"].as_array().unwrap().len()
        };
        let due = self.extend(&session, "B-LTA --due -o due --output json").exits(0).json();
        assert_eq!(
            (&due["documents"][0]["output"], &due["documents"][0]["stamped"]),
            (&serde_json::Value::Null, &false.into())
        );
        self.extend(&session, "B-LTA -o renewed").exits(0);
        assert_eq!(stamps("renewed"), stamps("B-LTA") + 1);
        self.extend(&session, "B-B -o at-once").exits(0);
        assert_eq!(self.verify(&session, "at-once").exits(0).signature()["level"], "B-LTA");
        self.sign(&session, Person::Doctor, "--level B-T -o complete").exits(0);
        self.extend(&session, "complete --due --in-place").exits(0);
        assert_eq!(self.verify(&session, "complete").exits(0).signature()["level"], "B-LTA");
    }

    /// A document that is a signature has no place for another.
    fn no_second_signer(self) {
        let session = self.desk();
        self.sign(&session, Person::Doctor, "-o first").exits(0);
        session.sign(Person::Pharmacist, "first -o both --tsa {tsa}").exits(1).says("--packaging detached");
        assert!(!session.path("both").exists());
    }

    /// A pharmacist signs what a doctor has signed: both hold, and nothing of the first changes.
    fn second_signer(self) {
        let session = self.desk();
        self.sign(&session, Person::Doctor, "-o first").exits(0);
        let more = format!("first -o both --tsa {{tsa}} {}", self.content);
        session.sign(Person::Pharmacist, &more).exits(0);
        let document = self.verify(&session, "both").exits(0).document();
        let signatures = document["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 2, "{document:#}");
        let first = self.verify(&session, "first").exits(0).signature();
        assert_eq!(signatures[0]["id"], first["id"]);
        assert_eq!(signatures[0]["signer"], first["signer"]);
        let roles: Vec<_> =
            signatures.iter().map(|one| one["qualification"]["roles"][0]["ja"].clone()).collect();
        assert_eq!(roles, ["医師", "薬剤師"]);
    }

    /// Changed content is no longer what was signed.
    fn changed_content(self) {
        let session = self.desk();
        self.sign(&session, Person::Doctor, "-o signed").exits(0);
        let named = self.content.trim_start_matches("--content ");
        let changed = if named.is_empty() { "signed" } else { named };
        let bytes = session.read(changed);
        session.write(changed, replaced(&bytes, DOSE, b"9 mg"));
        let signature = self.verify(&session, "signed").exits(1).signature();
        assert_eq!(signature["integrity"], "invalid");
        assert_eq!(signature["sub_indication"], "HASH_FAILURE");
    }
}

impl Case {
    /// A flipped bit in what was made: the signature's value, then each time stamp.
    fn changed_parts(self) {
        let session = self.desk();
        self.sign(&session, Person::Doctor, "-o signed").exits(0);
        let whole = session.read("signed");
        let content = session.read(self.input);
        let beside = [hsign::Content { name: self.input, source: &content }];
        let beside = if self.content.is_empty() { &[][..] } else { &beside };
        let facts = hsign::read_facts(&whole, beside).unwrap();
        let signature = &facts.signatures[0];
        session.write("changed", flipped(&whole, &signature.signed.as_ref().unwrap().value.0));
        let verdict = self.verify(&session, "changed").exits(1).signature();
        assert_eq!(
            (&verdict["indication"], &verdict["integrity"]),
            (&"TOTAL-FAILED".into(), &"invalid".into())
        );

        let stamps = signature.timestamps.iter().chain(&facts.timestamps);
        for token in stamps.map(|stamp| &stamp.read.as_ref().unwrap().signed.value.0) {
            session.write("changed", flipped(&whole, token));
            let answer = self.verify(&session, "changed");
            let verdict = answer.signature();
            let stamps = verdict["timestamps"].as_array().unwrap().iter();
            assert!(stamps.clone().any(|stamp| stamp["integrity"] == "invalid"), "{answer}");
        }
    }
}

/// The file with one bit of these octets flipped, however they are written there.
fn flipped(bytes: &[u8], octets: &[u8]) -> Vec<u8> {
    let mut other = octets.to_vec();
    let middle = other.len() / 2;
    other[middle] ^= 1;
    if bytes.starts_with(b"PK") {
        return rewritten(bytes, &|_| true, &|contents| found_and_replaced(contents, octets, &other));
    }
    let changed = found_and_replaced(bytes, octets, &other);
    assert_ne!(changed, bytes, "the octets stand in the file");
    changed
}

/// How octets can stand in a file.
type Writing<'a> = dyn Fn(&[u8]) -> Vec<u8> + 'a;

fn found_and_replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let hex = |octets: &[u8]| hsign_core::hex(octets).into_bytes();
    let upper = |octets: &[u8]| hsign_core::hex(octets).to_uppercase().into_bytes();
    let base64 = |octets: &[u8]| openssl::base64::encode_block(octets).into_bytes();
    // Inside a longer Base64 text the octets stand at one of three places.
    let shifted = |lead: usize| {
        move |octets: &[u8]| {
            let padded = [&vec![0; lead][..], octets].concat();
            let text = openssl::base64::encode_block(&padded[..padded.len() / 3 * 3]);
            text.into_bytes()[8..].to_vec()
        }
    };
    let (one, two, none) = (shifted(1), shifted(2), shifted(0));
    let forms: [&Writing<'_>; 7] = [&|octets| octets.to_vec(), &hex, &upper, &base64, &none, &one, &two];
    for form in forms {
        let (old, new) = (form(old), form(new));
        if let Some(at) = bytes.windows(old.len()).position(|window| window == old) {
            return [&bytes[..at], &new, &bytes[at + old.len()..]].concat();
        }
    }
    bytes.to_vec()
}

/// Every place of `old`; a container's check sum of the entry is made to fit.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    if bytes.starts_with(b"PK") {
        let is_data = |name: &str| !name.starts_with("META-INF/") && name != "mimetype";
        return rewritten(bytes, &is_data, &|contents| replaced(contents, old, new));
    }
    let mut changed = bytes.to_vec();
    let mut places = 0;
    for at in 0..bytes.len().saturating_sub(old.len()) {
        if bytes[at..].starts_with(old) {
            changed[at..at + old.len()].copy_from_slice(new);
            places += 1;
        }
    }
    if places == 0 {
        // Base64 or a compressed stream: the middle of the content does as well.
        let at = bytes.len() / 4;
        changed[at] ^= 1;
    }
    changed
}

/// The container written anew with the files changed whose name passes.
fn rewritten(bytes: &[u8], wanted: &dyn Fn(&str) -> bool, change: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut written = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).unwrap();
        let name = entry.name().unwrap().into_owned();
        let wanted = wanted(&name);
        let options = zip::write::SimpleFileOptions::default().compression_method(entry.compression());
        written.start_file(name, options).unwrap();
        written.write_all(&if wanted { change(&contents) } else { contents }).unwrap();
    }
    written.finish().unwrap().into_inner()
}

macro_rules! forms {
    ($($name:ident: $case:expr,)*) => {
        $(mod $name {
            #[test]
            fn every_level_is_made_and_holds_offline() {
                $case.every_level();
            }

            #[test]
            fn every_level_is_reached_from_below_and_renewed() {
                $case.step_by_step();
            }

            #[test]
            fn a_second_signer_leaves_the_first_as_it_was_or_is_refused() {
                if $case.takes_a_second { $case.second_signer() } else { $case.no_second_signer() }
            }

            #[test]
            fn a_changed_value_fails_and_a_changed_stamp_is_told() {
                $case.changed_parts();
            }

            #[test]
            fn changed_content_fails() {
                $case.changed_content();
            }
        })*
    };
}

forms! {
    pades: super::PADES,
    cades_detached: super::CADES_DETACHED,
    cades_enveloping: super::CADES_ENVELOPING,
    xades_enveloped: super::XADES_ENVELOPED,
    xades_enveloping: super::XADES_ENVELOPING,
    xades_detached: super::XADES_DETACHED,
    asic: super::ASIC,
}

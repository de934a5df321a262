//! Real and malformed documents: signed with every byte kept, or refused with a reason.
#![allow(clippy::disallowed_methods, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::Command;

use hsign_core::Severity;
use hsign_core::facts::{ModificationVerdict, Modifications};
use hsign_pdf::{
    Document, Error, Extended, LaterRevisions, Refusal, SignatureRequest, SubFilter, prepare_signature,
    signature_fields,
};

struct Case {
    path: String,
    class: String,
    bytes: Vec<u8>,
}

fn corpora() -> Option<PathBuf> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let folder = std::env::var_os("HSIGN_CORPORA").map_or_else(default, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"), "no corpora at {folder:?}");
    println!("skipped: no corpora at {}", folder.display());
    None
}

/// Nobody can sign these without the right password.
fn needs_a_password(error: &Error) -> bool {
    matches!(error, Error::Encrypted | Error::EncryptionMethod(_) | Error::Refused(Refusal::NotPermitted))
}

fn qpdf_is_there() -> bool {
    let there = Command::new("qpdf").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(there || std::env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"), "qpdf is missing");
    if !there {
        println!("qpdf is not installed: its checks are skipped");
    }
    there
}

/// PDF files of a set with the value of the column `class` ("" if the set has none).
fn cases(set: &str) -> Option<Vec<Case>> {
    let folder = corpora()?.join(set);
    let table = std::fs::read_to_string(folder.join("expectations.tsv")).unwrap();
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let column = header.iter().position(|name| *name == "class");
    let classes: BTreeMap<String, String> = lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells[0].to_owned(), column.map_or("", |column| cells[column]).to_owned())
        })
        .collect();
    let archive = std::fs::File::open(folder.join(format!("{set}.tar.zst"))).unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(archive).unwrap());
    let mut cases = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let Some((name, class)) = classes.iter().find(|(name, _)| path.ends_with(name.as_str())) else {
            continue;
        };
        if !path.to_lowercase().ends_with(".pdf") {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        cases.push(Case { path: name.clone(), class: class.clone(), bytes });
    }
    assert!(!cases.is_empty(), "no PDF in {set}");
    cases.sort_by(|a, b| a.path.cmp(&b.path));
    Some(cases)
}

#[allow(clippy::ptr_arg)] // a slice can't be borrowed as a source
fn sign(bytes: &Vec<u8>) -> Result<Vec<u8>, Error> {
    let document = Document::open(bytes)?;
    let mut request = SignatureRequest::new(SubFilter::EtsiCadesDetached, 600);
    request.signing_time = "2026-11-21T00:00:00Z".parse().ok();
    request.reason = Some("調剤済み".to_owned());
    request.name = Some("Dr. (Test) \\".to_owned());
    request.field_name = Some("hsign corpus test".to_owned());
    let prepared = prepare_signature(&document, &request)?;
    let appended = prepared.with_contents(&[0x30, 0x82, 1, 0])?;

    let extended = Extended::new(bytes, &appended);
    let signed = Document::open(&extended)?;
    assert!(signed.repairs().is_empty(), "{:?}", signed.repairs());
    assert_eq!(signed.revisions().len(), document.revisions().len() + 1);
    let fields = signature_fields(&signed)?;
    let field = fields.fields.iter().find(|field| field.name == "hsign corpus test").expect("our field");
    assert_eq!(field.findings, []);
    let value = field.value.as_ref().expect("our signature");
    assert_eq!(value.findings, []);
    assert_eq!(value.byte_range, Some(prepared.byte_range));
    assert_eq!(value.contents_span, Some(prepared.contents_span.clone()));
    assert_eq!(value.coverage, hsign_core::facts::Coverage::WholeDocument);
    assert!(value.contents.starts_with(&[0x30, 0x82, 1, 0]) && value.contents.len() == 600);
    assert_eq!(value.reason.as_deref(), Some("調剤済み"));
    assert_eq!(value.name.as_deref(), Some("Dr. (Test) \\"));
    let before: Vec<_> = signature_fields(&document)?.fields;
    assert_eq!(
        fields.fields.iter().filter(|f| f.signed).count(),
        before.iter().filter(|f| f.signed).count() + 1
    );
    for old in &before {
        let new = fields.fields.iter().find(|field| field.name == old.name).expect("an earlier field");
        assert_eq!(new.signed, old.signed);
        if let (Some(new), Some(old)) = (&new.value, &old.value) {
            assert_eq!((&new.contents, new.byte_range), (&old.contents, old.byte_range));
            assert_eq!(
                new.findings.iter().filter(|finding| finding.code == "signature-dictionary-changed").count(),
                old.findings.iter().filter(|finding| finding.code == "signature-dictionary-changed").count()
            );
        }
    }
    assert_eq!(document.newest().page_count().ok(), signed.newest().page_count().ok());
    Ok([bytes.as_slice(), &appended].concat())
}

/// What `qpdf --check` complains about, without positions, and the number of pages.
fn qpdf(folder: &std::path::Path, name: &str, bytes: &[u8]) -> (Vec<String>, String) {
    let file = folder.join(name);
    std::fs::write(&file, bytes).unwrap();
    let check = Command::new("qpdf").arg("--check").arg(&file).output().unwrap();
    let text = [check.stdout, check.stderr].concat();
    let mut complaints: Vec<String> = String::from_utf8_lossy(&text)
        .lines()
        .filter(|line| line.contains("WARNING") || line.contains("ERROR") || line.contains("error:"))
        .map(|line| line.replace(&*file.to_string_lossy(), ""))
        .map(|line| line.chars().filter(|character| !character.is_ascii_digit()).collect())
        .collect();
    complaints.sort();
    complaints.dedup();
    let pages = Command::new("qpdf").arg("--show-npages").arg(&file).output().unwrap();
    (complaints, String::from_utf8_lossy(&pages.stdout).trim().to_owned())
}

#[derive(Default)]
struct Tally {
    signed: usize,
    refused: BTreeMap<String, Vec<String>>,
}

fn sign_all(cases: &[Case], must_sign: impl Fn(&Case) -> bool) {
    let with_qpdf = qpdf_is_there();
    let folder = tempfile::tempdir().unwrap();
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in cases {
        if std::env::var_os("HSIGN_TRACE").is_some() {
            println!("{}", case.path);
        }
        let tally = tallies.entry(&case.class).or_default();
        match sign(&case.bytes) {
            Ok(signed) => {
                tally.signed += 1;
                assert!(signed.starts_with(&case.bytes), "{}", case.path);
                if with_qpdf && must_sign(case) {
                    let (before, pages_before) = qpdf(folder.path(), "before.pdf", &case.bytes);
                    let (after, pages_after) = qpdf(folder.path(), "after.pdf", &signed);
                    let new: Vec<_> = after.iter().filter(|complaint| !before.contains(complaint)).collect();
                    if !new.is_empty() || pages_before != pages_after {
                        failures
                            .push(format!("{}: {pages_before} → {pages_after} pages, {new:?}", case.path));
                    }
                }
            }
            Err(error) if must_sign(case) && !needs_a_password(&error) => {
                failures.push(format!("{}: {error}", case.path));
            }
            Err(error) => tally.refused.entry(error.to_string()).or_default().push(case.path.clone()),
        }
    }
    for (class, tally) in &tallies {
        let refused: usize = tally.refused.values().map(Vec::len).sum();
        println!("class {class:?}: signed {}, refused {refused}", tally.signed);
        for (reason, paths) in &tally.refused {
            println!("    {reason}: {}", paths.join(" "));
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn clinical_documents_are_signed() {
    let Some(cases) = cases("clinical") else { return };
    let refused: Vec<_> =
        cases.iter().filter(|case| sign(&case.bytes).is_err()).map(|case| &case.path).collect();
    assert!(refused.is_empty(), "{refused:?}");
    sign_all(&cases, |_| true);
}

#[test]
fn real_documents_are_signed_or_refused() {
    let Some(cases) = cases("pdf") else { return };
    sign_all(&cases, |case| case.class == "clean");
}

#[test]
fn attacked_signatures_are_all_found() {
    let Some(cases) = cases("pdf-attacks") else { return };
    for case in &cases {
        match Document::open(&case.bytes).and_then(|document| {
            let fields = signature_fields(&document)?;
            let later = LaterRevisions::new(&document)?;
            let changes =
                fields.fields.iter().map(|field| field.value.as_ref().map(|value| later.after(field, value)));
            let changes: Vec<_> = changes.map(Option::transpose).collect::<Result<_, _>>()?;
            Ok((document.repairs().to_vec(), document.revisions().len(), fields, changes))
        }) {
            Ok((repairs, revisions, fields, changes)) => {
                let codes = |findings: &[hsign_core::Finding]| {
                    findings.iter().map(|finding| finding.code.clone()).collect::<Vec<_>>().join(",")
                };
                println!("{} [{}] revisions {revisions} {}", case.path, case.class, codes(&repairs));
                let flawed = fields.fields.iter().zip(&changes).any(|(field, changes)| {
                    let own =
                        field.findings.iter().chain(field.value.iter().flat_map(|value| &value.findings));
                    own.into_iter().any(|finding| finding.severity == Severity::Error)
                        || changes.as_ref().map(Modifications::verdict) > Some(ModificationVerdict::Permitted)
                });
                let structural = ["USF", "ISA", "SWA", "spoof", "shadow-replace", "mod", "coverage"];
                assert!(flawed || !structural.contains(&case.class.as_str()), "{}", case.path);
                for (field, changes) in fields.fields.iter().zip(&changes) {
                    let value = field.value.as_ref();
                    println!(
                        "    {} signed={} {:?} {changes:?} {} {}",
                        field.name,
                        field.signed,
                        value.map(|value| value.coverage),
                        codes(&field.findings),
                        value.map_or_else(String::new, |value| codes(&value.findings)),
                    );
                }
                let expects_none = case.class == "robust";
                assert!(expects_none || fields.fields.iter().any(|field| field.signed), "{}", case.path);
            }
            Err(error) => {
                println!("{} [{}] {error}", case.path, case.class);
                assert!(
                    matches!(error, Error::Encrypted | Error::EncryptionMethod(_)),
                    "{}: {error}",
                    case.path
                );
            }
        }
    }
}

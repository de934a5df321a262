//! Evidence records over the files of a container: what is said of each file (EN 319 162-1; RFC 4998 §4.3).

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/people.rs"]
mod people;
#[path = "support/mod.rs"]
mod support;

use base64::Engine as _;
use hsign_asic::{ContainerType, read_facts};
use hsign_core::facts::DocumentFacts;
use hsign_core::{Digest, Severity};
use hsign_ers::{Group, HashTree, initial};
use people::{SHA256, bytes, draft, stamp};
use support::{changed, entry, stored, zip};

const NAME: &str = "a.txt";
const CONTENT: &[u8] = b"5 mg";

fn digest() -> Digest {
    hsign_crypto::digest(SHA256, CONTENT).unwrap()
}

fn record() -> Vec<u8> {
    let group = Group::new(&[digest()]).unwrap();
    let tree = HashTree::over(std::slice::from_ref(&group), SHA256).unwrap();
    initial(&tree.reduced(&group).unwrap(), &stamp(tree.root().clone())).unwrap()
}

/// By a manifest.
fn asic_e() -> Vec<u8> {
    let files = vec![(NAME, CONTENT.to_vec())];
    let mut draft = draft(&files, ContainerType::AsicE);
    draft.add_evidence_record(&record()).unwrap();
    bytes(&draft)
}

/// Over the one file, as other makers write it.
fn asic_s() -> Vec<u8> {
    let kind = stored("mimetype", b"application/vnd.etsi.asic-s+zip");
    zip(&[kind, stored(NAME, CONTENT), stored("META-INF/evidencerecord.ers", &record())])
}

fn said_of_the_file(facts: &DocumentFacts) -> Vec<Option<bool>> {
    facts.files[0].covered_by.iter().map(|coverage| coverage.intact).collect()
}

fn with_another_dose(container: &[u8]) -> DocumentFacts {
    read_facts(&changed(container, |entries| *entry(entries, NAME) = b"9 mg".to_vec())).unwrap()
}

#[test]
fn a_file_that_a_record_shows_is_intact() {
    for container in [asic_e(), asic_s()] {
        assert_eq!(said_of_the_file(&read_facts(&container).unwrap()), [Some(true)]);
    }
}

#[test]
fn a_changed_file_is_told_with_the_record_that_does_not_show_it() {
    for container in [asic_e(), asic_s()] {
        let facts = with_another_dose(&container);
        assert_eq!(said_of_the_file(&facts), [Some(false)]);
        let first = &facts.evidence_records[0].chains[0].timestamps[0];
        assert_eq!(first.shows[0].found, Some(false));
    }
}

#[test]
fn rfc4998_4_3_a_changed_file_is_no_flaw_of_the_records_form() {
    // The manifest holds the old digest as well: the record has its form, the file isn't what it shows.
    let facts = with_another_dose(&asic_e());
    let told = &facts.evidence_records[0].findings;
    assert!(told.iter().any(|finding| finding.code == "asic-object-changed"));
    assert!(told.iter().all(|finding| finding.severity != Severity::Error), "{told:?}");
}

#[test]
fn a_manifest_that_names_another_digest_than_the_record_shows_is_a_flaw_of_form() {
    let encode = |digest: Digest| base64::engine::general_purpose::STANDARD.encode(digest.value.as_slice());
    let other = hsign_crypto::digest(SHA256, b"9 mg").unwrap();
    let container = changed(&asic_e(), |entries| {
        let manifest = entry(entries, "META-INF/ASiCEvidenceRecordManifest001.xml");
        let text = String::from_utf8(manifest.clone()).unwrap();
        assert!(text.contains(&encode(digest())));
        *manifest = text.replace(&encode(digest()), &encode(other)).into_bytes();
    });
    let facts = read_facts(&container).unwrap();
    let told = &facts.evidence_records[0].findings;
    let changed = told.iter().find(|finding| finding.code == "asic-object-changed").unwrap();
    assert_eq!(changed.severity, Severity::Error);
}

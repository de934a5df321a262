//! Attacks on what manifests and signatures say about the files: none of them leaves a signature whose references all hold
//! over a container without a finding that decides.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/people.rs"]
mod people;
#[path = "support/mod.rs"]
mod support;

use hsign_asic::{ContainerType, read_facts};
use hsign_core::facts::{Coverage, Covered, DocumentFacts};
use hsign_testkit::Person;
use people::*;
use support::{changed, entry};

const MANIFEST: &str = "META-INF/ASiCManifest001.xml";
const ARCHIVE_MANIFEST: &str = "META-INF/ASiCArchiveManifest.xml";
const SIGNATURE: &str = "META-INF/signature001.p7s";

fn signed() -> Vec<u8> {
    let files = files();
    let mut draft = draft(&files, ContainerType::AsicE);
    add_signature(&mut draft, Person::Doctor);
    bytes(&draft)
}

fn archived() -> Vec<u8> {
    let files = files();
    let mut draft = draft(&files, ContainerType::AsicE);
    let id = add_signature(&mut draft, Person::Doctor);
    add_stamp(&mut draft, &id);
    draft.add_evidence(&id, &evidence()).unwrap();
    add_archive_stamp(&mut draft, &id);
    bytes(&draft)
}

fn references(facts: &DocumentFacts) -> Vec<(String, Option<bool>)> {
    let signed = facts.signatures[0].signed.as_ref().unwrap();
    signed.references.iter().map(|reference| (reference.name.clone(), reference.holds())).collect()
}

#[test]
fn taking_a_container_apart_and_together_changes_nothing() {
    let facts = read_facts(&changed(&archived(), |_| {})).unwrap();
    assert!(all_hold(&facts) && errors(&facts).is_empty(), "{:?}", errors(&facts));
    assert_eq!(facts.signatures[0].coverage, Coverage::WholeDocument);
}

#[test]
fn a_changed_file() {
    let facts = read_facts(&changed(&signed(), |entries| entry(entries, FILES[1].0)[0] ^= 1)).unwrap();
    assert!(references(&facts).contains(&(FILES[1].0.to_owned(), Some(false))));
    let file = facts.files.iter().find(|file| file.name == FILES[1].0).unwrap();
    assert_eq!(file.covered_by[0].intact, Some(false));
    let other = facts.files.iter().find(|file| file.name == FILES[0].0).unwrap();
    assert_eq!(other.covered_by[0].intact, Some(true));
}

#[test]
fn contents_of_two_files_exchanged() {
    let facts = read_facts(&changed(&signed(), |entries| {
        let one = entry(entries, FILES[0].0).clone();
        let two = std::mem::replace(entry(entries, FILES[1].0), one);
        *entry(entries, FILES[0].0) = two;
    }))
    .unwrap();
    assert_eq!(references(&facts).iter().filter(|(_, holds)| *holds == Some(false)).count(), 2);
}

#[test]
fn a_file_added_after_signing() {
    let facts =
        read_facts(&changed(&signed(), |entries| entries.push(("more.pdf".into(), b"evil".to_vec()))))
            .unwrap();
    assert!(all_hold(&facts));
    assert_eq!(errors(&facts), ["asic-unsigned-entry"]);
    assert_eq!(facts.signatures[0].coverage, Coverage::Partial);
    assert!(facts.files.iter().any(|file| file.name == "more.pdf" && file.covered_by.is_empty()));
}

#[test]
fn a_file_taken_out() {
    let facts =
        read_facts(&changed(&signed(), |entries| entries.retain(|(name, _)| name != FILES[2].0))).unwrap();
    assert!(references(&facts).contains(&(FILES[2].0.to_owned(), None)));
    assert_eq!(facts.signatures[0].coverage, Coverage::Partial);
}

#[test]
fn a_file_under_another_name() {
    let facts = read_facts(&changed(&signed(), |entries| {
        entries
            .iter_mut()
            .filter(|(name, _)| name == FILES[2].0)
            .for_each(|(name, _)| *name = "c+d .csv".into());
    }))
    .unwrap();
    assert!(references(&facts).contains(&(FILES[2].0.to_owned(), None)));
    assert_eq!(errors(&facts), ["asic-unsigned-entry"]);
}

#[test]
fn a_manifest_that_names_another_file() {
    let facts = read_facts(&changed(&signed(), |entries| {
        let bytes = entry(entries, FILES[2].0).clone();
        entries.push(("evil.csv".into(), bytes));
        let manifest = String::from_utf8(entry(entries, MANIFEST).clone()).unwrap();
        *entry(entries, MANIFEST) = manifest.replace("c%2Bd%2520.csv", "evil.csv").into_bytes();
    }))
    .unwrap();
    assert!(references(&facts).contains(&(MANIFEST.to_owned(), Some(false))));
}

#[test]
fn a_second_manifest_for_the_same_signature() {
    let facts = read_facts(&changed(&signed(), |entries| {
        let manifest = entry(entries, MANIFEST).clone();
        entries.push(("META-INF/ASiCManifest002.xml".into(), manifest));
    }))
    .unwrap();
    assert!(errors(&facts).contains(&"asic-manifest-repeated".to_owned()));
    assert!(references(&facts).iter().all(|(_, holds)| holds.is_none()));
}

#[test]
fn a_manifest_that_names_a_file_twice() {
    let facts = read_facts(&changed(&signed(), |entries| {
        let manifest = String::from_utf8(entry(entries, MANIFEST).clone()).unwrap();
        let start = manifest.find("<asic:DataObjectReference").unwrap();
        let end = manifest.find("</asic:DataObjectReference>").unwrap() + "</asic:DataObjectReference>".len();
        let twice = [&manifest[..end], &manifest[start..end], &manifest[end..]].concat();
        *entry(entries, MANIFEST) = twice.into_bytes();
    }))
    .unwrap();
    assert!(errors(&facts).contains(&"asic-object-repeated".to_owned()));
}

#[test]
fn no_manifest() {
    let facts =
        read_facts(&changed(&signed(), |entries| entries.retain(|(name, _)| name != MANIFEST))).unwrap();
    assert!(errors(&facts).contains(&"asic-manifest-missing".to_owned()));
    assert!(references(&facts).iter().all(|(_, holds)| holds.is_none()));
}

#[test]
fn two_signature_files_of_one_name() {
    let facts = read_facts(&changed(&signed(), |entries| {
        let signature = entry(entries, SIGNATURE).clone();
        entries.push((SIGNATURE.into(), signature));
    }))
    .unwrap();
    assert_eq!(facts.signatures.len(), 2);
    assert!(facts.signatures.iter().all(|signature| signature.signed.is_none()));
    assert_ne!(facts.signatures[0].id, facts.signatures[1].id);
    assert!(errors(&facts).contains(&"zip-entry-duplicate".to_owned()));
}

#[test]
fn a_signature_with_content_of_its_own() {
    let content = b"what is really signed".to_vec();
    let digest = hsign_crypto::digest(SHA256, &content).unwrap();
    let cms =
        hsign_cades::Draft::around(&sign(Person::Doctor, &digest), &content, &[]).unwrap().to_vec().unwrap();
    let facts = read_facts(&changed(&signed(), |entries| *entry(entries, SIGNATURE) = cms)).unwrap();
    assert!(errors(&facts).contains(&"asic-signature-not-detached".to_owned()), "{:?}", errors(&facts));
    assert!(facts.files.iter().all(|file| file.covered_by.is_empty()));
}

#[test]
fn asic_s_with_a_second_file() {
    let files = vec![("a.txt", b"a".to_vec())];
    let mut draft = draft(&files, ContainerType::AsicS);
    add_signature(&mut draft, Person::Doctor);
    let facts = read_facts(&changed(&bytes(&draft), |entries| entries.push(("b.txt".into(), b"b".to_vec()))))
        .unwrap();
    assert!(errors(&facts).contains(&"asic-s-several-objects".to_owned()));
}

#[test]
fn a_signature_changed_after_its_archive_time_stamp() {
    let facts = read_facts(&changed(&archived(), |entries| entry(entries, SIGNATURE).push(0))).unwrap();
    assert!(errors(&facts).contains(&"asic-object-changed".to_owned()));
    let covers = &facts.timestamps[0].covers;
    assert!(!covers.iter().any(|covered| matches!(covered, Covered::SignatureValue { .. })));
}

#[test]
fn an_archive_manifest_changed_after_its_time_stamp() {
    let facts = read_facts(&changed(&archived(), |entries| {
        let manifest = String::from_utf8(entry(entries, ARCHIVE_MANIFEST).clone()).unwrap();
        *entry(entries, ARCHIVE_MANIFEST) = manifest.replace("text/xml", "text/xmi").into_bytes();
    }))
    .unwrap();
    assert_eq!(facts.timestamps[0].read.as_ref().unwrap().imprint.holds(), Some(false));
}

#[test]
fn a_token_over_other_data_is_told() {
    let other = stamp(hsign_crypto::digest(SHA256, b"other").unwrap());
    let token = hsign_tsp::Token::parse(&other).unwrap().bytes().to_vec();
    let files = vec![("a.txt", b"a".to_vec())];
    let draft = draft(&files, ContainerType::AsicS);
    let facts = read_facts(&changed(&bytes(&draft), |entries| {
        entries.push(("META-INF/timestamp.tst".into(), token));
    }))
    .unwrap();
    assert_eq!(facts.timestamps[0].read.as_ref().unwrap().imprint.holds(), Some(false));
    assert_eq!(facts.files[0].covered_by[0].intact, Some(false));
}

#[test]
fn xml_signatures_over_changed_or_added_files() {
    let files = files();
    let mut draft = draft(&files, ContainerType::AsicE);
    add_xades(&mut draft, Person::Doctor);
    let signed = bytes(&draft);
    let facts = read_facts(&changed(&signed, |entries| entry(entries, FILES[0].0)[0] ^= 1)).unwrap();
    assert!(references(&facts).contains(&(FILES[0].0.to_owned(), Some(false))));
    let added = changed(&signed, |entries| entries.push(("more.pdf".into(), b"evil".to_vec())));
    assert!(errors(&read_facts(&added).unwrap()).contains(&"asic-unsigned-entry".to_owned()));
    let renamed = changed(&signed, |entries| {
        entries
            .iter_mut()
            .filter(|(name, _)| name == FILES[0].0)
            .for_each(|(name, _)| *name = "処方箋%201.pdf".into());
    });
    assert!(references(&read_facts(&renamed).unwrap()).contains(&(FILES[0].0.to_owned(), None)));
}

#[test]
fn a_file_of_which_a_filter_leaves_out_something_is_not_signed() {
    let mut files = files();
    files.push(("cda.xml", b"<cda><dose>1</dose></cda>".to_vec()));
    let mut draft = draft(&files, ContainerType::AsicE);
    add_xades(&mut draft, Person::Doctor);
    let sound = bytes(&draft);
    assert_eq!(read_facts(&sound).unwrap().signatures[0].coverage, Coverage::WholeDocument);
    let filter = "<ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
        <ds:XPath xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">not(ancestor-or-self::ds:Signature)</ds:XPath>\
        </ds:Transform></ds:Transforms>";
    let filtered = changed(&sound, |entries| {
        let signature = entry(entries, "META-INF/signatures001.xml");
        let text = String::from_utf8(signature.clone()).unwrap();
        let reference = text.find("URI=\"cda.xml\"").unwrap();
        let place = reference + text[reference..].find('>').unwrap() + 1;
        *signature = format!("{}{filter}{}", &text[..place], &text[place..]).into_bytes();
    });
    let facts = read_facts(&filtered).unwrap();
    assert_eq!(facts.signatures[0].coverage, Coverage::Partial);
    let file = facts.files.iter().find(|file| file.name == "cda.xml").unwrap();
    assert!(file.covered_by.is_empty(), "what a reader of the file sees may be something else");
    assert!(errors(&facts).contains(&"asic-unsigned-entry".to_owned()));
}

#[test]
fn a_container_that_a_pdf_reader_shows_as_another_file() {
    let signed = signed();
    let pdf = b"%PDF-1.7\n1 0 obj << >> endobj".to_vec();
    let first = changed(&signed, |entries| entries.insert(0, ("META-INF/notes.pdf".into(), pdf.clone())));
    assert!(errors(&read_facts(&first).unwrap()).contains(&"asic-shown-as-pdf".to_owned()));
    // A file that is signed may well be the first thing in the container.
    let files = vec![("a.pdf", pdf)];
    let mut draft = draft(&files, ContainerType::AsicE);
    add_signature(&mut draft, Person::Doctor);
    assert_eq!(errors(&read_facts(&bytes(&draft)).unwrap()), Vec::<String>::new());
}

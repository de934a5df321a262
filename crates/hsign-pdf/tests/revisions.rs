//! Revisions: what each one shows, and where it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, clippy::ptr_arg)]

mod support;

use hsign_pdf::{Document, Error, Object, ObjectId, SectionKind};
use support::{Builder, CATALOG, CONTENT, Kind, PAGE, PAGES};

fn number(document: &Document<'_>, revision: usize, id: u32) -> Object {
    document.at(revision).get(ObjectId::new(id, 0)).unwrap()
}

#[test]
fn each_revision_shows_its_own_objects_and_ends_at_its_marker() {
    for kind in [Kind::Table, Kind::Stream] {
        let mut builder = Builder::one_page(kind);
        builder.revision(&[(20, "1")]);
        let first = builder.bytes.len() as u64;
        builder.revision(&[(20, "2"), (50, "3")]);
        let document = Document::open(&builder.bytes).unwrap();
        assert_eq!(document.revisions().len(), 3);
        assert_eq!(document.revisions()[1].end(), Some(first));
        assert!(document.revisions()[1].ends_at(first - 1), "the line end after the marker may be left out");
        assert!(!document.revisions()[1].ends_at(first - 2));
        assert_eq!(number(&document, 0, 20), Object::Null);
        assert_eq!(number(&document, 1, 20), Object::Integer(1));
        assert_eq!(number(&document, 2, 20), Object::Integer(2));
        assert_eq!(number(&document, 1, 50), Object::Null);
        assert!(document.repairs().is_empty());
    }
}

#[test]
fn a_freed_object_is_null_from_then_on() {
    let mut builder = Builder::one_page(Kind::Table);
    builder.revision(&[(20, "1")]).revision(&[(20, "")]);
    let document = Document::open(&builder.bytes).unwrap();
    assert_eq!(number(&document, 1, 20), Object::Integer(1));
    assert_eq!(number(&document, 2, 20), Object::Null);
}

#[test]
fn a_loop_of_sections_is_noticed() {
    let mut builder = Builder::one_page(Kind::Table);
    let own = builder.bytes.len();
    builder.trailer = format!("/Root 1 0 R/Prev {own}");
    builder.revision(&[]);
    // The first /Prev names the section before, the second the section itself; the last one counts.
    let document = Document::open(&builder.bytes).unwrap();
    assert_eq!(document.repairs()[0].code, "cross-reference-rebuilt");
    assert!(document.repairs()[0].values["reason"].contains("loop"));
}

#[test]
fn an_encryption_dictionary_that_is_not_there_is_an_error_of_its_own() {
    let mut builder = Builder::new(Kind::Table);
    builder.trailer = "/Root 1 0 R/Encrypt 9 0 R".to_owned();
    builder.revision(&[(1, CATALOG), (2, PAGES), (3, PAGE), (4, CONTENT)]);
    assert!(matches!(Document::open(&builder.bytes), Err(Error::EncryptionMethod(_))));
}

/// A hybrid file: the table calls objects 4 and 5 free, the stream knows them.
fn hybrid(table_entry: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.5\n".to_vec();
    let mut offsets = vec![];
    for (number, body) in [(1, CATALOG), (2, PAGES), (3, PAGE), (4, CONTENT)] {
        offsets.push(bytes.len());
        bytes.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }
    let stream = bytes.len();
    let rows = [1, (offsets[3] >> 8) as u8, offsets[3] as u8];
    bytes.extend(b"6 0 obj\n<</Type/XRef/Size 7/W[1 2 0]/Index[4 1]/Length 3>>\nstream\n");
    bytes.extend(rows);
    bytes.extend(b"\nendstream\nendobj\n");
    let start = bytes.len();
    let mut table = "xref\n0 5\n0000000000 65535 f \n".to_owned();
    for offset in &offsets[..3] {
        table += &format!("{offset:010} 00000 n \n");
    }
    table += table_entry;
    table += &format!("trailer\n<</Size 7/Root 1 0 R/XRefStm {stream}>>\nstartxref\n{start}\n%%EOF\n");
    bytes.extend(table.bytes());
    bytes
}

#[test]
fn a_hybrid_file_shows_what_its_stream_lists() {
    let bytes = hybrid("0000000000 65535 f \n");
    let document = Document::open(&bytes).unwrap();
    assert!(matches!(number(&document, 0, 4), Object::Stream(_)));
    assert!(document.repairs().is_empty());
    let signed = support::signed(&bytes, "A");
    let document = Document::open(&signed).unwrap();
    assert_eq!(document.revisions()[1].kind(), SectionKind::Table);
    assert!(matches!(number(&document, 1, 4), Object::Stream(_)));
}

#[test]
fn a_hybrid_file_that_contradicts_itself_is_read_but_not_signed() {
    let bytes = hybrid("0000000009 00000 n \n");
    let document = Document::open(&bytes).unwrap();
    assert!(document.repairs()[0].values["reason"].contains("contradict"));
    let refusal = hsign_pdf::prepare_signature(&document, &support::request("A"));
    assert!(matches!(refusal, Err(Error::Refused(_))));
}

#[test]
fn iso_32000_2_7_5_8_4_the_stream_of_a_hybrid_file_stands_in_its_revision() {
    let (mut builder, known) = (Builder::one_page(Kind::Table), 2000);
    builder.trailer = format!("/Root 1 0 R/XRefStm {known}");
    builder.revision(&[]);
    assert_eq!(Document::open(&builder.bytes).unwrap().repairs()[0].code, "cross-reference-rebuilt");
    builder.bytes.resize(known, b' ');
    builder.bytes.extend(b"6 0 obj\n<</Type/XRef/Size 7/W[1 2 0]/Index[9 1]/Length 3>>\nstream\n\x01\x00\x0f\nendstream\nendobj\n");
    builder.trailer = "/Root 1 0 R".to_owned();
    builder.revision(&[]);
    let document = Document::open(&builder.bytes).unwrap();
    assert!(document.repairs()[0].values["reason"].contains("behind its end"), "{:?}", document.repairs());
}

#[test]
fn an_object_moved_into_an_object_stream_replaces_the_older_one() {
    let mut builder = Builder::one_page(Kind::Stream);
    let stream = "<</Type/ObjStm/N 1/First 5/Length 28>>\nstream\n3 0  <</Type/Page/New true>>\nendstream";
    builder.revision(&[(30, stream)]);
    // A third revision says where object 3 is now.
    let start = builder.bytes.len();
    let previous = Document::open(&builder.bytes).unwrap().revisions().last().unwrap().offset();
    builder.bytes.extend(
        format!("40 0 obj\n<</Type/XRef/Size 41/W[1 1 1]/Index[3 1]/Length 3/Root 1 0 R/Prev {previous}>>\nstream\n")
            .bytes(),
    );
    builder.bytes.extend([2, 30, 0]);
    builder.bytes.extend(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
    let document = Document::open(&builder.bytes).unwrap();
    let page = number(&document, 2, 3);
    assert_eq!(page.as_dictionary().unwrap().get("New"), Some(&Object::Boolean(true)));
    assert!(number(&document, 1, 3).as_dictionary().unwrap().get("New").is_none());
}

#[test]
fn a_broken_startxref_is_read_by_a_scan_and_said_so() {
    let bytes = Builder::one_page(Kind::Table).bytes;
    let cut = bytes.windows(9).rposition(|part| part == b"startxref").unwrap();
    let bytes = bytes[..cut].to_vec();
    let document = Document::open(&bytes).unwrap();
    assert_eq!(document.repairs()[0].code, "cross-reference-rebuilt");
    assert_eq!(document.newest().page_count().unwrap(), 1);
    assert!(matches!(
        hsign_pdf::prepare_signature(&document, &support::request("A")),
        Err(Error::Refused(_))
    ));
}

#[test]
fn positions_may_count_from_a_late_header() {
    let bytes = [b"junk\n".as_slice(), &Builder::one_page(Kind::Table).bytes].concat();
    let signed = support::signed(&bytes, "A");
    let document = Document::open(&signed).unwrap();
    assert!(document.repairs().is_empty());
    assert_eq!(document.revisions().len(), 2);
}

#[test]
fn a_page_tree_that_loops_is_an_error() {
    let mut builder = Builder::new(Kind::Table);
    builder.revision(&[(1, CATALOG), (2, "<</Type/Pages/Kids[2 0 R]/Count 1>>")]);
    let document = Document::open(&builder.bytes).unwrap();
    assert!(document.newest().page_count().is_err());
    assert!(document.newest().first_page().is_err());
}

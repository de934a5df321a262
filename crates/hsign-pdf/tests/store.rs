//! The document security store: added to, never rewritten, each piece once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, clippy::ptr_arg)]

mod support;

use hsign_core::facts::ModificationVerdict;
use hsign_pdf::{
    Dictionary, Document, LaterRevisions, Object, ObjectId, ValidationData, add_validation_data,
};
use support::{Builder, CONTENT, Kind, PAGE, PAGES, fields, signed};

fn data<'a>(certificates: &'a [&'a [u8]], crls: &'a [&'a [u8]]) -> ValidationData<'a> {
    ValidationData { certificates, crls, ocsp_responses: &[] }
}

fn extended(bytes: &Vec<u8>, data: &ValidationData<'_>) -> Vec<u8> {
    let update = add_validation_data(&Document::open(bytes).unwrap(), data).unwrap().unwrap();
    [bytes.as_slice(), &update].concat()
}

fn store(bytes: &Vec<u8>) -> Dictionary {
    let document = Document::open(bytes).unwrap();
    let snapshot = document.newest();
    let Object::Dictionary(store) = snapshot.value(&snapshot.catalog().unwrap(), "DSS").unwrap() else {
        panic!()
    };
    store
}

fn streams(bytes: &Vec<u8>, key: &str) -> Vec<(ObjectId, Vec<u8>)> {
    let document = Document::open(bytes).unwrap();
    let snapshot = document.newest();
    let Object::Array(elements) = snapshot.value(&store(bytes), key).unwrap() else { return Vec::new() };
    let one = |element: &Object| {
        let id = element.as_reference().unwrap();
        let Object::Stream(stream) = snapshot.get(id).unwrap() else { panic!() };
        (id, snapshot.stream_data(&stream, 1 << 20).unwrap())
    };
    elements.iter().map(one).collect()
}

#[test]
fn pieces_are_added_once_and_nothing_is_replaced() {
    for kind in [Kind::Table, Kind::Stream] {
        let first =
            extended(&signed(&Builder::one_page(kind).bytes, "A"), &data(&[b"one", b"two"], &[b"list"]));
        let before = streams(&first, "Certs");
        assert_eq!(before.iter().map(|(_, bytes)| bytes.as_slice()).collect::<Vec<_>>(), [b"one", b"two"]);
        let nothing = add_validation_data(&Document::open(&first).unwrap(), &data(&[b"two"], &[b"list"]));
        assert_eq!(nothing.unwrap(), None);
        let second = extended(&first, &data(&[b"two", b"three"], &[]));
        let after = streams(&second, "Certs");
        assert_eq!(after[..2], before, "the streams stay the same objects");
        assert_eq!(after[2].1, b"three");
        assert_eq!(streams(&second, "CRLs"), streams(&first, "CRLs"));
        assert!(store(&second).get("VRI").is_none());
        let document = Document::open(&second).unwrap();
        let found = fields(&second);
        let later = LaterRevisions::new(&document).unwrap();
        let field = &found.fields[0];
        let changes = later.after(field, field.value.as_ref().unwrap()).unwrap();
        assert!(changes.verdict() <= ModificationVerdict::Permitted, "{changes:?}");
        assert_eq!(changes.revisions, 2);
        assert_eq!(lopdf::Document::load_mem(&second).unwrap().get_pages().len(), 1);
    }
}

#[test]
fn a_store_is_extended_where_it_stands() {
    let catalog = "<</Type/Catalog/Pages 2 0 R/DSS<</Certs 5 0 R/VRI<</A<<>>>>>>>>";
    let mut builder = Builder::new(Kind::Table);
    let stream = "<</Length 3>>\nstream\none\nendstream";
    builder.revision(&[(1, catalog), (2, PAGES), (3, PAGE), (4, CONTENT), (5, "[6 0 R]"), (6, stream)]);
    let bytes = extended(&builder.bytes, &data(&[b"one", b"two"], &[]));
    let touched: Vec<u32> =
        Document::open(&bytes).unwrap().revisions()[1].entries().iter().map(|(number, _)| *number).collect();
    assert_eq!(touched, [5, 7], "only the list and the new stream");
    let bytes = extended(&bytes, &data(&[], &[b"list"]));
    assert_eq!(streams(&bytes, "Certs").len(), 2);
    assert_eq!(streams(&bytes, "CRLs")[0].1, b"list");
    assert!(store(&bytes).get("VRI").is_some(), "what others wrote stays");
}

#[test]
fn a_store_that_is_no_dictionary_is_refused() {
    for catalog in ["<</Type/Catalog/Pages 2 0 R/DSS 7>>", "<</Type/Catalog/Pages 2 0 R/DSS<</Certs 3>>>>"] {
        let mut builder = Builder::new(Kind::Table);
        builder.revision(&[(1, catalog), (2, PAGES), (3, PAGE), (4, CONTENT)]);
        let document = Document::open(&builder.bytes).unwrap();
        assert!(add_validation_data(&document, &data(&[b"one"], &[])).is_err());
    }
}

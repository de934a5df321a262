//! Hostile bytes: no panic, no endless work, and what can be signed keeps its bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, clippy::ptr_arg)]

mod support;

use hsign_pdf::{Document, LaterRevisions, Object, ObjectId, prepare_signature, signature_fields};
use proptest::prelude::*;
use support::{Builder, Kind, request, signed};

fn everything(bytes: &Vec<u8>) {
    let Ok(document) = Document::open(bytes) else { return };
    let _ = document.newest().page_count();
    if let Ok(found) = signature_fields(&document) {
        let later = LaterRevisions::new(&document);
        for field in &found.fields {
            let Some(value) = &field.value else { continue };
            let _ = later.as_ref().map(|later| later.after(field, value));
        }
    }
    if let Ok(prepared) = prepare_signature(&document, &request("fuzz")) {
        let appended = prepared.with_contents(&[0x30, 0]).unwrap();
        let whole = [bytes.as_slice(), &appended].concat();
        let again = Document::open(&whole).unwrap();
        let field = signature_fields(&again).unwrap();
        let field = field.fields.iter().find(|field| field.name == "fuzz").unwrap();
        assert_eq!(field.value.as_ref().unwrap().byte_range, Some(prepared.byte_range));
    }
}

fn seed(kind: Kind) -> Vec<u8> {
    let mut builder = Builder::one_page(kind);
    builder.sign("A");
    builder.revision(&[(20, "<</Type/DSS>>")]);
    signed(&builder.bytes, "B")
}

#[test]
fn every_truncation_ends_well() {
    for kind in [Kind::Table, Kind::Stream] {
        let bytes = seed(kind);
        (0..bytes.len()).for_each(|length| everything(&bytes[..length].to_vec()));
    }
}

#[test]
fn deep_nesting_is_an_error() {
    let mut builder = Builder::one_page(Kind::Table);
    let deep = "[".repeat(100_000);
    builder.revision(&[(9, &deep)]);
    let document = Document::open(&builder.bytes).unwrap();
    assert!(document.newest().get(ObjectId::new(9, 0)).is_err());
}

#[test]
fn references_in_a_circle_are_an_error() {
    let mut builder = Builder::one_page(Kind::Table);
    builder.revision(&[(8, "9 0 R"), (9, "8 0 R")]);
    let document = Document::open(&builder.bytes).unwrap();
    assert!(document.newest().resolve(&Object::Reference(ObjectId::new(8, 0))).is_err());
}

#[test]
fn a_small_file_can_t_claim_millions_of_objects() {
    let bytes =
        b"%PDF-1.5\n1 0 obj\n<</Type/XRef/Size 99999999/W[0 0 1]/Length 0>>\nstream\n\nendstream\nendobj\n\
        startxref\n9\n%%EOF\n";
    assert!(Document::open(&bytes.to_vec()).is_err());
    let table = b"%PDF-1.5\nxref\n0 4000000000\ntrailer<</Size 1>>\nstartxref\n9\n%%EOF\n";
    assert!(Document::open(&table.to_vec()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_documents_end_well(
        table in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = seed(if table { Kind::Table } else { Kind::Stream });
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        everything(&bytes);
    }

    #[test]
    fn documents_with_parts_swapped_end_well(
        table in any::<bool>(),
        moves in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1_usize..40), 1..6),
    ) {
        let mut bytes = seed(if table { Kind::Table } else { Kind::Stream });
        for (from, to, length) in moves {
            let from = from.index(bytes.len() - 40);
            let part = bytes[from..from + length].to_vec();
            let to = to.index(bytes.len() - 40);
            bytes[to..to + length].copy_from_slice(&part);
        }
        everything(&bytes);
    }

    #[test]
    fn random_bytes_end_well(tail in prop::collection::vec(any::<u8>(), 0..600)) {
        everything(&[b"%PDF-1.7\n".as_slice(), &tail, b"startxref\n9\n%%EOF"].concat());
    }
}

//! However a later revision is mutilated: with the content of a page changed it is never permitted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::ptr_arg)]
#![allow(clippy::cast_possible_truncation)]

#[allow(unreachable_pub, reason = "the fuzz target shares it")]
mod shown;
mod support;

use hsign_core::facts::ModificationVerdict;
use hsign_pdf::{Document, LaterRevisions, signature_fields};
use proptest::prelude::*;
use shown::shown;
use support::{Builder, CONTENT, Kind, PAGE, PAGES};

/// A signed page with a form, and a later revision that fills, signs and stores; where that begins.
fn document(kind: Kind) -> (Vec<u8>, usize) {
    let mut builder = Builder::new(kind);
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/DR<</Font<<>>>>>>/Metadata 7 0 R>>";
    let page = PAGE.replace("/Contents", "/Annots[5 0 R]/Resources<</XObject<</X 6 0 R>>>>/Contents");
    let metadata = "<</Type/Metadata/Length 9>>\nstream\n<xmpmeta>\nendstream";
    builder.revision(&[
        (1, catalog),
        (2, PAGES),
        (3, &page),
        (4, CONTENT),
        (5, "<</Type/Annot/Subtype/Widget/FT/Tx/T(T)/Rect[10 10 50 20]/AP<</N 8 0 R>>>>"),
        (6, CONTENT),
        (7, metadata),
        (8, CONTENT),
    ]);
    builder.sign("A");
    let start = builder.bytes.len();
    let fields = support::fields(&builder.bytes).fields;
    let own = fields.iter().find(|field| field.name == "A").unwrap().object.unwrap();
    let annotations = format!("/Annots[5 0 R {} 0 R 31 0 R]", own.number);
    builder.revision(&[
        (5, "<</Type/Annot/Subtype/Widget/FT/Tx/T(T)/Rect[10 10 50 20]/AP<</N 8 0 R>>/V(x)>>"),
        (7, metadata),
        (8, CONTENT),
        (4, CONTENT),
        (30, CONTENT),
        (3, &page.replace("/Annots[5 0 R]", &annotations)),
        (31, "<</Type/Annot/Subtype/Widget/FT/Sig/T(B)/Rect[0 0 0 0]>>"),
    ]);
    (builder.bytes, start)
}

fn check(bytes: &Vec<u8>) {
    let Ok(document) = Document::open(bytes) else { return };
    let Ok(fields) = signature_fields(&document) else { return };
    let Ok(later) = LaterRevisions::new(&document) else { return };
    for field in &fields.fields {
        let Some(value) = &field.value else { continue };
        let Some(signed) = value.covered_revision else { continue };
        let found = later.after(field, value).unwrap();
        if found.verdict() > ModificationVerdict::Permitted {
            continue;
        }
        let before = shown(document.at(signed)).expect("the signed page can be read");
        assert_eq!(Some(before), shown(document.newest()), "{:?}", found.changes);
    }
}

#[derive(Clone, Debug)]
enum Change {
    Byte(usize, u8),
    Digit(usize, u8),
    Copy(usize, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (any::<usize>(), b'0'..=b'9').prop_map(|(at, digit)| Change::Digit(at, digit)),
        (any::<usize>(), any::<usize>(), 1..40_usize).prop_map(|(from, to, n)| Change::Copy(from, to, n)),
    ]
}

fn apply(bytes: &mut Vec<u8>, start: usize, change: &Change) {
    let length = bytes.len() - start;
    match change {
        Change::Byte(at, byte) => bytes[start + at % length] = *byte,
        // Numbers of objects and positions are what matters: digits become other digits.
        Change::Digit(at, digit) => {
            let digits: Vec<usize> = (start..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
            bytes[digits[at % digits.len()]] = *digit;
        }
        Change::Copy(from, to, count) => {
            let (from, to) = (from % length, start + to % length);
            for step in 0..*count {
                if let (Some(byte), true) = (bytes.get(start + from + step).copied(), to + step < bytes.len())
                {
                    bytes[to + step] = byte;
                }
            }
        }
    }
}

#[test]
fn the_document_itself_is_permitted() {
    for kind in [Kind::Table, Kind::Stream] {
        let (bytes, _) = document(kind);
        let opened = Document::open(&bytes).unwrap();
        let fields = signature_fields(&opened).unwrap().fields;
        let field = fields.iter().find(|field| field.name == "A").unwrap();
        let found =
            LaterRevisions::new(&opened).unwrap().after(field, field.value.as_ref().unwrap()).unwrap();
        assert_eq!(found.verdict(), ModificationVerdict::Permitted, "{:?}", found.changes);
        check(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn no_mutation_makes_changed_content_permitted(
        stream in any::<bool>(),
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let (mut bytes, start) = document(if stream { Kind::Stream } else { Kind::Table });
        changes.iter().for_each(|change| apply(&mut bytes, start, change));
        check(&bytes);
    }
}

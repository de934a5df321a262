//! Signature dictionaries: every oddity has its name, no signature is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, clippy::ptr_arg)]

mod support;

use hsign_core::facts::Coverage;
use hsign_pdf::{Document, byte_range_check};
use support::{Builder, Kind, codes, fields, signed};

fn signed_page() -> Vec<u8> {
    signed(&Builder::one_page(Kind::Table).bytes, "A")
}

/// The signature dictionary of `signed_page`, with `change` applied, in a file of its own; the byte range is
/// left as it was, so the file's own findings about it are not looked at.
fn with_value(change: impl Fn(&str) -> String) -> Vec<String> {
    let mut builder = Builder::one_page(Kind::Table);
    let value = change(
        "/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<3000>",
    );
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>";
    builder.revision(&[
        (1, catalog),
        (5, "<</FT/Sig/T(A)/V 6 0 R>>"),
        (6, &format!("<<{value}>>")),
        (7, "<3000>"),
    ]);
    codes(&builder.bytes)
}

#[test]
fn an_untouched_signature_has_no_findings() {
    for kind in [Kind::Table, Kind::Stream] {
        assert_eq!(codes(&signed(&Builder::one_page(kind).bytes, "A")), Vec::<String>::new());
    }
}

#[test]
fn byte_range_rules() {
    let bytes = signed_page();
    let value = fields(&bytes).fields.remove(0).value.unwrap();
    let document = Document::open(&bytes).unwrap();
    let [start, first, second, length] = value.byte_range.unwrap();
    let check = |range: [u64; 4]| {
        let covered = byte_range_check(&document, range, value.contents_span.as_ref());
        let codes: Vec<String> = covered.findings.into_iter().map(|finding| finding.code).collect();
        (covered.coverage, codes.join(" "))
    };
    assert_eq!(check([start, first, second, length]), (Coverage::WholeDocument, String::new()));
    for (range, code) in [
        ([1, first - 1, second, length], "byte-range-start-not-zero"),
        ([0, first - 1, second, length], "byte-range-gap-not-contents"),
        ([0, first, second + 1, length - 1], "byte-range-gap-not-contents"),
        ([0, second, first, length], "byte-range-overlap"),
        ([0, first, second, length + 1], "byte-range-beyond-end"),
        ([0, first, second, u64::MAX], "byte-range-beyond-end"),
        ([u64::MAX, u64::MAX, second, length], "byte-range-overlap"),
        ([0, first, second, length - 20], "byte-range-not-whole-revision"),
    ] {
        let (coverage, codes) = check(range);
        assert_eq!(coverage, Coverage::Partial);
        assert!(codes.contains(code), "{range:?}: {codes}");
    }
}

#[test]
fn an_object_in_the_hole_is_named() {
    let bytes = signed_page();
    let hole = fields(&bytes).fields.remove(0).value.unwrap().contents_span.unwrap();
    // A later revision's table says that an object begins inside the hole.
    let inside = hole.start + 3;
    let start = bytes.len();
    let previous = Document::open(&bytes).unwrap().revisions()[1].offset();
    let update = format!(
        "xref\n30 1\n{inside:010} 00000 n \ntrailer\n<</Size 31/Root 1 0 R/Prev {previous}>>\nstartxref\n{start}\n%%EOF\n"
    );
    let bytes = [bytes.as_slice(), update.as_bytes()].concat();
    assert_eq!(codes(&bytes), ["object-inside-contents"]);
}

#[test]
fn dictionary_rules() {
    for (from, to, code) in [
        ("/Contents<3000>", "", "contents-missing"),
        ("<3000>", " null", "contents-missing"),
        ("<3000>", "<>", "contents-empty"),
        ("<3000>", "<0000>", "contents-empty"),
        ("<3000>", " 7 0 R", "contents-indirect"),
        ("<3000>", "(0)", "contents-not-hexadecimal"),
        ("<3000>", "<30 00>", "contents-irregular"),
        ("<3000>", "<300>", "contents-irregular"),
        ("/ByteRange[0 1 2 3]", "", "byte-range-missing"),
        ("[0 1 2 3]", " null", "byte-range-missing"),
        ("[0 1 2 3]", "[0 1 2]", "byte-range-malformed"),
        ("[0 1 2 3]", "[0 1 2 3 4 5]", "byte-range-malformed"),
        ("[0 1 2 3]", "[0 1 2 -3]", "byte-range-malformed"),
        ("[0 1 2 3]", "[0 1 2 3.0]", "byte-range-malformed"),
        ("/Type/Sig", "/Type/Sig/ByteRange[0 9 9 9]", "signature-key-repeated"),
        ("/ByteRange", "/#42yteRange", "signature-key-escaped"),
        ("/Type/Sig", "/Type/Page", "signature-type-unexpected"),
        ("/Type/Sig", "/Type/Sig/M(yesterday)", "signing-time-unreadable"),
    ] {
        let codes = with_value(|value| value.replace(from, to));
        assert!(codes.iter().any(|found| found == code), "{from} → {to}: {codes:?}");
    }
}

#[test]
fn a_value_that_is_no_dictionary_is_listed_with_the_reason() {
    let mut builder = Builder::one_page(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>";
    builder.revision(&[(1, catalog), (5, "<</FT/Sig/T(A)/V 99 0 R>>")]);
    let found = fields(&builder.bytes);
    assert!(found.fields[0].signed && found.fields[0].value.is_none());
    assert_eq!(codes(&builder.bytes), ["signature-value-unreadable"]);
}

#[test]
fn fields_below_fields_are_found_with_inherited_type_and_full_name() {
    let mut builder = Builder::one_page(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm 9 0 R>>";
    builder.revision(&[
        (1, catalog),
        (9, "<</Fields 8 0 R>>"),
        (8, "[5 0 R 7 0 R]"),
        (5, "<</FT/Sig/T(a)/Kids[6 0 R<</T(c)/Kids[<</Subtype/Widget>>]>>]>>"),
        (6, "<</T<FEFF85AC>/Parent 5 0 R>>"),
        (7, "<</FT/Tx/T(text)/V(x)>>"),
    ]);
    let names: Vec<_> = fields(&builder.bytes).fields.into_iter().map(|field| field.name).collect();
    assert_eq!(names, ["a.薬", "a.c"]);
}

#[test]
fn a_loop_of_fields_ends() {
    let mut builder = Builder::one_page(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>";
    builder.revision(&[(1, catalog), (5, "<</FT/Sig/T(a)/Kids[5 0 R]>>")]);
    assert_eq!(fields(&builder.bytes).findings[0].code, "form-field-loop");
}

#[test]
fn a_signature_that_the_form_no_longer_lists_is_still_reported() {
    let mut builder = Builder::one_page(Kind::Table);
    builder.sign("A");
    builder.revision(&[(1, "<</Type/Catalog/Pages 2 0 R>>")]);
    assert_eq!(codes(&builder.bytes), ["signature-removed-later"]);
    // The same with the field gone as well, and with the history rewritten into one revision.
    let mut flat = Builder::one_page(Kind::Table);
    flat.revision(&[(5, "<</Type/Sig/ByteRange[0 1 2 3]/Contents<30>>>")]);
    assert!(codes(&flat.bytes).contains(&"signature-without-field".to_owned()));
    flat.revision(&[(5, "<</FT/Sig/T(A)/V<</Type/Sig/ByteRange[0 1 2 3]/Contents<30>>>>>")]);
    assert!(codes(&flat.bytes).contains(&"signature-field-outside-form".to_owned()));
}

#[test]
fn a_certification_that_only_perms_leads_to_is_reported() {
    let mut builder = Builder::one_page(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/Perms<</DocMDP 5 0 R>>>>";
    builder.revision(&[(1, catalog), (5, "<</Filter/X/Contents<30>>>")]);
    assert!(codes(&builder.bytes).contains(&"signature-without-field".to_owned()));
}

#[test]
fn a_signature_in_a_field_of_another_type_is_reported() {
    let mut builder = Builder::one_page(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>";
    builder.revision(&[(1, catalog), (5, "<</FT/Tx/T(a)/V<</Type/Sig/ByteRange[0 1 2 3]/Contents<30>>>>>")]);
    assert!(codes(&builder.bytes).contains(&"signature-in-other-field".to_owned()));
}

#[test]
fn an_overridden_signature_dictionary_is_read_from_its_own_revision() {
    let mut builder = Builder::one_page(Kind::Table);
    builder.sign("A");
    let before = fields(&builder.bytes).fields.remove(0).value.unwrap();
    builder.revision(&[(
        5,
        "<</Type/Sig/Filter/Evil/SubFilter/x/ByteRange[0 1 2 3]/Contents<30>/Reason(new)>>",
    )]);
    assert_eq!(before.object.number, 5);
    let after = fields(&builder.bytes).fields.remove(0).value.unwrap();
    assert_eq!((after.revision, &after.contents, &after.reason), (before.revision, &before.contents, &None));
    assert_eq!(codes(&builder.bytes), ["signature-dictionary-changed"]);
}

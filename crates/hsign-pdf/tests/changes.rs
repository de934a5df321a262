//! Later changes: signatures and validation data are told from everything else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, clippy::ptr_arg)]

mod support;

use hsign_core::facts::LaterChanges;
use hsign_pdf::{Document, LaterRevisions, signature_fields};
use support::{Builder, CONTENT, Kind, signed};

fn after_first(bytes: &Vec<u8>) -> LaterChanges {
    let document = Document::open(bytes).unwrap();
    let fields = signature_fields(&document).unwrap().fields;
    let first = fields.iter().find(|field| field.name == "A").unwrap().value.as_ref().unwrap();
    LaterRevisions::new(&document).unwrap().after(first).unwrap()
}

fn signatures_only(revisions: u32) -> LaterChanges {
    LaterChanges::SignaturesOnly { revisions }
}

/// A signed page; objects 5, 6 (signature, field) and, for a stream, 7 are taken.
fn page(kind: Kind) -> Builder {
    let mut builder = Builder::one_page(kind);
    builder.sign("A");
    builder
}

fn after(kind: Kind, objects: &[(u32, &str)]) -> LaterChanges {
    let mut builder = page(kind);
    builder.revision(objects);
    after_first(&builder.bytes)
}

const SIGNED_CATALOG: &str = "/Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/SigFlags 3>>";

#[test]
fn nothing_came_later() {
    assert_eq!(after_first(&page(Kind::Table).bytes), LaterChanges::None);
}

#[test]
fn white_space_after_the_end_is_nothing_other_bytes_are_something() {
    let mut bytes = page(Kind::Table).bytes;
    bytes.extend(b"\r\n");
    assert_eq!(after_first(&bytes), LaterChanges::None);
    bytes.extend(b"x");
    assert_eq!(after_first(&bytes), LaterChanges::NotExamined { revisions: 0 });
}

#[test]
fn more_signatures_are_signatures_only() {
    for kind in [Kind::Table, Kind::Stream] {
        let bytes = signed(&signed(&page(kind).bytes, "B"), "C");
        assert_eq!(after_first(&bytes), signatures_only(2), "{kind:?}");
    }
}

#[test]
fn validation_data_is_permitted() {
    let catalog = format!("<<{SIGNED_CATALOG}/DSS 20 0 R/Extensions<</ESIC<</BaseVersion/1.7>>>>>>");
    let stream = "<</Length 1>>\nstream\nx\nendstream";
    let mut builder = page(Kind::Table);
    builder.revision(&[(1, &catalog), (20, "<</Type/DSS/Certs[21 0 R]>>"), (21, stream)]);
    assert_eq!(after_first(&builder.bytes), signatures_only(1));
    let vri = "<</Certs[21 0 R 22 0 R]/OCSPs 23 0 R/VRI<</AB<</Cert[21 0 R]>>>>>>";
    builder.revision(&[(20, vri), (22, stream), (23, "[24 0 R]"), (24, stream)]);
    assert_eq!(after_first(&builder.bytes), signatures_only(2));
}

#[test]
fn an_empty_invisible_field_may_be_signed() {
    let mut builder = Builder::one_page(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[5 0 R]>>>>";
    builder.revision(&[(1, catalog), (5, "<</Subtype/Widget/FT/Sig/T(B)/Rect[0 0 0 0]>>")]).sign("A");
    assert_eq!(after_first(&signed(&builder.bytes, "B")), signatures_only(1));
}

#[test]
fn the_writer_may_tell_itself_and_the_time_in_the_information_dictionary() {
    let with = |body: &str, catalog: &str| {
        let mut builder = Builder::one_page(Kind::Table);
        builder.trailer = "/Root 1 0 R/Info 30 0 R".to_owned();
        builder.revision(&[(1, catalog), (30, "<</Title(A)/Producer(X)>>")]).sign("A");
        builder.revision(&[(30, body)]);
        after_first(&builder.bytes)
    };
    let catalog = "<</Type/Catalog/Pages 2 0 R>>";
    assert_eq!(with("<</Title(A)/Producer(X; Y)/ModDate(D:20261121)>>", catalog), signatures_only(1));
    for (what, body, catalog) in [
        ("title", "<</Title(B)/Producer(X)>>", catalog),
        ("no string", "<</Title(A)/Producer 4 0 R>>", catalog),
        ("said twice", "<</Title(A)/Producer(X)/Producer(Y)>>", catalog),
        ("taken out", "<</Title(A)>>", catalog),
        ("with a second role", "<</Title(A)/Producer(Y)>>", "<</Type/Catalog/Pages 2 0 R/Extra 30 0 R>>"),
    ] {
        assert_eq!(with(body, catalog), LaterChanges::NotExamined { revisions: 1 }, "{what}");
    }
}

#[test]
fn an_object_written_again_unchanged_is_nothing_new() {
    assert_eq!(after(Kind::Table, &[(4, CONTENT)]), signatures_only(1));
}

#[test]
fn whatever_else_changes_is_not_examined() {
    let catalog = |rest: &str| format!("<<{SIGNED_CATALOG}{rest}>>");
    let field = |rest: &str| format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(B){rest}>>");
    let form = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R 20 0 R]/SigFlags 3>>>>".to_owned();
    let page = |rest: &str| {
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Annots[6 0 R{rest}]>>")
    };
    let content = CONTENT.replace("100 100", "100 999");
    let cases: Vec<(&str, Vec<(u32, String)>)> = vec![
        ("page content", vec![(4, content)]),
        ("content freed", vec![(4, String::new())]),
        ("catalog entry", vec![(1, catalog("/OpenAction 4 0 R"))]),
        (
            "annotation that is no signature",
            vec![(3, page(" 20 0 R")), (20, "<</Subtype/Stamp>>".to_owned())],
        ),
        ("media box", vec![(3, page("").replace("200 200", "200 100"))]),
        ("annotation removed", vec![(3, page("").replace("6 0 R", ""))]),
        ("visible field", vec![(1, form.clone()), (20, field("/Rect[0 0 9 9]"))]),
        ("field with an action", vec![(1, form.clone()), (20, field("/Rect[0 0 0 0]/AA<<>>"))]),
        ("field of another type", vec![(1, form.clone()), (20, "<</FT/Tx/T(B)/Rect[0 0 0 0]>>".to_owned())]),
        ("field reused from before", vec![(1, form.replace("20 0 R", "3 0 R"))]),
        ("form entry", vec![(1, form.replace("/SigFlags 3", "/SigFlags 3/NeedAppearances true"))]),
        ("field removed", vec![(1, form.replace("6 0 R 20 0 R", ""))]),
        ("signature flags removed", vec![(1, form.replace(" 20 0 R", "").replace("/SigFlags 3", ""))]),
        ("DSS that is no stream", vec![(1, catalog("/DSS<</Certs[20 0 R]>>")), (20, "<<>>".to_owned())]),
        ("DSS with an unknown entry", vec![(1, catalog("/DSS<</Contents[20 0 R]>>"))]),
        ("signed field", vec![(6, field("/V 20 0 R/Rect[0 0 0 0]")), (20, "<</Type/Sig>>".to_owned())]),
        ("page tree", vec![(2, "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>".to_owned())]),
    ];
    for (name, objects) in &cases {
        let objects: Vec<(u32, &str)> =
            objects.iter().map(|(number, body)| (*number, body.as_str())).collect();
        assert_eq!(after(Kind::Table, &objects), LaterChanges::NotExamined { revisions: 1 }, "{name}");
    }
}

#[test]
fn fifty_signatures_explain_one_another() {
    let mut bytes = page(Kind::Table).bytes;
    for number in 0..50 {
        bytes = signed(&bytes, &format!("B{number}"));
    }
    assert_eq!(after_first(&bytes), signatures_only(50));
}

#[test]
fn a_field_whose_rectangle_is_another_object_is_not_examined() {
    let mut builder = page(Kind::Table);
    let form = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R 20 0 R]/SigFlags 3>>>>";
    builder.revision(&[(1, form), (20, "<</Subtype/Widget/FT/Sig/T(B)/Rect 21 0 R>>"), (21, "[0 0 0 0]")]);
    assert_eq!(after_first(&builder.bytes), LaterChanges::NotExamined { revisions: 1 });
}

#[test]
fn another_root_is_not_examined() {
    let mut builder = page(Kind::Table);
    builder.trailer = "/Root 20 0 R".to_owned();
    let catalog = format!("<<{SIGNED_CATALOG}>>");
    builder.revision(&[(20, &catalog)]);
    assert_eq!(after_first(&builder.bytes), LaterChanges::NotExamined { revisions: 1 });
}

#[test]
fn an_object_that_the_signed_page_was_waiting_for_is_not_examined() {
    let mut builder = Builder::one_page(Kind::Table);
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents[4 0 R 50 0 R]>>";
    builder.revision(&[(3, page)]).sign("A");
    assert_eq!(after_first(&builder.bytes), LaterChanges::None);
    builder.revision(&[(50, CONTENT)]);
    assert_eq!(after_first(&builder.bytes), LaterChanges::NotExamined { revisions: 1 });
}

#[test]
fn an_array_with_a_second_role_may_not_grow() {
    let mut builder = Builder::one_page(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/DSS<</Certs 30 0 R>>>>";
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 30 0 R>>";
    builder.revision(&[(1, catalog), (3, page), (30, "[4 0 R]")]).sign("A");
    builder.revision(&[(30, "[4 0 R 60 0 R]"), (60, CONTENT)]);
    assert_eq!(after_first(&builder.bytes), LaterChanges::NotExamined { revisions: 1 });
}

#[test]
fn a_change_that_a_third_revision_takes_back_still_counts() {
    let mut builder = page(Kind::Table);
    let content = CONTENT.replace("100 100", "100 999");
    builder.revision(&[(4, &content)]).revision(&[(4, CONTENT)]);
    assert_eq!(after_first(&builder.bytes), LaterChanges::NotExamined { revisions: 2 });
}

//! Later changes: signatures and validation data are told from everything else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, clippy::ptr_arg)]

mod support;

use hsign_core::facts::{ModificationVerdict, Modifications};
use hsign_pdf::{Document, LaterRevisions, signature_fields};
use support::{Builder, CONTENT, Kind, signed};

fn modifications(bytes: &Vec<u8>) -> Modifications {
    let document = Document::open(bytes).unwrap();
    let fields = signature_fields(&document).unwrap().fields;
    let first = fields.iter().find(|field| field.name == "A").unwrap();
    LaterRevisions::new(&document).unwrap().after(first, first.value.as_ref().unwrap()).unwrap()
}

/// The verdict and the codes of the changes, in alphabetical order.
fn after_first(bytes: &Vec<u8>) -> (ModificationVerdict, String) {
    let found = modifications(bytes);
    let mut codes: Vec<&str> = found.changes.iter().map(|change| change.kind.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    (found.verdict(), codes.join(" "))
}

fn permitted(codes: &str) -> (ModificationVerdict, String) {
    (ModificationVerdict::Permitted, codes.to_owned())
}

fn suspicious(codes: &str) -> (ModificationVerdict, String) {
    (ModificationVerdict::Suspicious, codes.to_owned())
}

fn forbidden(codes: &str) -> (ModificationVerdict, String) {
    (ModificationVerdict::Forbidden, codes.to_owned())
}

fn nothing() -> (ModificationVerdict, String) {
    (ModificationVerdict::None, String::new())
}

/// A signed page; objects 5, 6 (signature, field) and, for a stream, 7 are taken.
fn page(kind: Kind) -> Builder {
    let mut builder = Builder::one_page(kind);
    builder.sign("A");
    builder
}

fn after(kind: Kind, objects: &[(u32, &str)]) -> (ModificationVerdict, String) {
    let mut builder = page(kind);
    builder.revision(objects);
    after_first(&builder.bytes)
}

const SIGNED_CATALOG: &str = "/Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/SigFlags 3>>";

#[test]
fn nothing_came_later() {
    assert_eq!(after_first(&page(Kind::Table).bytes), nothing());
}

#[test]
fn white_space_after_the_end_is_nothing_other_bytes_are_something() {
    let mut bytes = page(Kind::Table).bytes;
    bytes.extend(b"\r\n");
    assert_eq!(after_first(&bytes), nothing());
    bytes.extend(b"x");
    assert_eq!(after_first(&bytes), suspicious("trailing-bytes"));
}

#[test]
fn more_signatures_are_signatures_only() {
    for kind in [Kind::Table, Kind::Stream] {
        let bytes = signed(&signed(&page(kind).bytes, "B"), "C");
        assert_eq!(after_first(&bytes), permitted("signature-added"), "{kind:?}");
        assert_eq!(modifications(&bytes).revisions, 2);
    }
}

#[test]
fn validation_data_is_permitted() {
    let catalog = format!("<<{SIGNED_CATALOG}/DSS 20 0 R/Extensions<</ESIC<</BaseVersion/1.7>>>>>>");
    let stream = "<</Length 1>>\nstream\nx\nendstream";
    let mut builder = page(Kind::Table);
    builder.revision(&[(1, &catalog), (20, "<</Type/DSS/Certs[21 0 R]>>"), (21, stream)]);
    assert_eq!(after_first(&builder.bytes), permitted("document-version-changed validation-data-added"));
    let vri = "<</Certs[21 0 R 22 0 R]/OCSPs 23 0 R/VRI<</AB<</Cert[21 0 R]>>>>>>";
    builder.revision(&[(20, vri), (22, stream), (23, "[24 0 R]"), (24, stream)]);
    assert_eq!(after_first(&builder.bytes), permitted("document-version-changed validation-data-added"));
}

#[test]
fn an_empty_invisible_field_may_be_signed() {
    let mut builder = Builder::one_page(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[5 0 R]>>>>";
    builder.revision(&[(1, catalog), (5, "<</Subtype/Widget/FT/Sig/T(B)/Rect[0 0 0 0]>>")]).sign("A");
    assert_eq!(after_first(&signed(&builder.bytes, "B")), permitted("signature-added"));
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
    let by_writer = with("<</Title(A)/Producer(X; Y)/ModDate(D:20261121)>>", catalog);
    assert_eq!(by_writer, permitted("metadata-changed"));
    for (what, body, catalog) in [
        ("title", "<</Title(B)/Producer(X)>>", catalog),
        ("no string", "<</Title(A)/Producer 4 0 R>>", catalog),
        ("said twice", "<</Title(A)/Producer(X)/Producer(Y)>>", catalog),
        ("with a second role", "<</Title(A)/Producer(Y)>>", "<</Type/Catalog/Pages 2 0 R/Extra 30 0 R>>"),
    ] {
        assert_eq!(with(body, catalog).0, ModificationVerdict::Suspicious, "{what}");
    }
}

#[test]
fn an_object_written_again_unchanged_is_nothing_new() {
    assert_eq!(after(Kind::Table, &[(4, CONTENT)]), nothing());
}

#[test]
fn whatever_no_rule_explains_is_suspicious_and_named() {
    let catalog = |rest: &str| format!("<<{SIGNED_CATALOG}{rest}>>");
    let field = |rest: &str| format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(B){rest}>>");
    let form = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R 20 0 R]/SigFlags 3>>>>".to_owned();
    let page = |rest: &str| {
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Annots[6 0 R{rest}]>>")
    };
    let content = CONTENT.replace("100 100", "100 999");
    let cases: Vec<(&str, Vec<(u32, String)>)> = vec![
        ("page-content-changed", vec![(4, content)]),
        ("page-content-changed", vec![(4, String::new())]),
        ("page-content-changed", vec![(3, page("").replace("4 0 R", "20 0 R")), (20, CONTENT.to_owned())]),
        ("action-changed", vec![(1, catalog("/OpenAction 4 0 R"))]),
        ("catalog-changed", vec![(1, catalog("/Extra 4 0 R"))]),
        ("optional-content-changed", vec![(1, catalog("/OCProperties<<>>"))]),
        ("annotation-added", vec![(3, page(" 20 0 R")), (20, "<</Subtype/Stamp/Rect[0 0 9 9]>>".to_owned())]),
        ("page-changed", vec![(3, page("").replace("200 200", "200 100"))]),
        ("form-field-removed", vec![(3, page("").replace("6 0 R", ""))]),
        ("action-changed", vec![(1, form.clone()), (20, field("/Rect[0 0 0 0]/AA<<>>"))]),
        ("form-field-added", vec![(1, form.clone()), (20, "<</FT/Tx/T(B)/Rect[0 0 0 0]>>".to_owned())]),
        ("form-changed", vec![(1, form.replace("20 0 R]", "]").replace("/SigFlags 3", "/SigFlags 3/CO[]"))]),
        ("xfa-changed", vec![(1, form.replace("20 0 R]", "]").replace("/SigFlags 3", "/SigFlags 3/XFA(x)"))]),
        ("form-field-removed", vec![(1, form.replace("6 0 R 20 0 R", ""))]),
        ("form-changed", vec![(1, form.replace(" 20 0 R", "").replace("/SigFlags 3", ""))]),
        ("validation-data-changed", vec![(1, catalog("/DSS<</Certs[20 0 R]>>")), (20, "<<>>".to_owned())]),
        ("validation-data-changed", vec![(1, catalog("/DSS<</Contents[20 0 R]>>"))]),
        ("signature-changed", vec![(6, field("/V 20 0 R/Rect[0 0 0 0]")), (20, "<</Type/Sig>>".to_owned())]),
        ("page-added", vec![(2, "<</Type/Pages/Kids[3 0 R 20 0 R]/Count 2>>".to_owned()), (20, page(""))]),
        ("page-removed", vec![(2, "<</Type/Pages/Kids[]/Count 0>>".to_owned())]),
        ("pages-rearranged", vec![(2, "<</Type/Pages/Kids[20 0 R]/Count 1>>".to_owned()), (20, page(""))]),
    ];
    for (code, objects) in &cases {
        let objects: Vec<(u32, &str)> =
            objects.iter().map(|(number, body)| (*number, body.as_str())).collect();
        assert_eq!(after(Kind::Table, &objects), suspicious(code), "{objects:?}");
    }
}

/// A page with a line of text at (20, 100), a text field T below it, and an empty signature field B over its end.
/// Objects to 8 are taken.
fn letter() -> Builder {
    let mut builder = Builder::new(Kind::Table);
    let text = "BT /F1 12 Tf 20 100 Td (Take 5 mg daily) Tj ET";
    let content = format!("<</Length {}>>\nstream\n{text}\nendstream", text.len());
    builder.revision(&[
        (1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R 6 0 R]/SigFlags 3>>>>"),
        (2, "<</Type/Pages/Kids[3 0 R]/Count 1/Resources<</Font<</F1 7 0 R>>>>>>"),
        (3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Annots[5 0 R 6 0 R]>>"),
        (4, &content),
        (5, &TEXT_FIELD.replace("/REST", "")),
        (6, "<</Type/Annot/Subtype/Widget/FT/Sig/T(B)/Rect[80 95 120 115]/F 4/P 3 0 R>>"),
        (7, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"),
        (8, "<</Type/XObject/Subtype/Form/BBox[0 0 50 20]/Length 0>>\nstream\n\nendstream"),
    ]);
    builder
}

const TEXT_FIELD: &str = "<</Type/Annot/Subtype/Widget/FT/Tx/T(T)/Rect[20 20 70 40]/F 4/P 3 0 R/REST>>";
const LETTER_PAGE: &str =
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Annots[5 0 R 6 0 R 9 0 R 20 0 R]>>";
const LETTER_CATALOG: &str =
    "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R 6 0 R 9 0 R 20 0 R]/SigFlags 3>>>>";

/// What is found after the letter was signed (the signature is 9, its field too: see `sign`) and changed.
fn after_letter(objects: &[(u32, &str)]) -> (ModificationVerdict, String) {
    let mut builder = letter();
    builder.sign("A").revision(objects);
    after_first(&builder.bytes)
}

/// A signed letter, its catalog and page with one more field of this body.
fn with_field(body: &str) -> Vec<u8> {
    let mut builder = letter();
    builder.sign("A");
    let document = Document::open(&builder.bytes).unwrap();
    let field = signature_fields(&document).unwrap().fields.iter().find(|f| f.name == "A").unwrap().object;
    let own = format!("{} 0 R", field.unwrap().number);
    let (catalog, page) = (LETTER_CATALOG.replace("9 0 R", &own), LETTER_PAGE.replace("9 0 R", &own));
    drop(document);
    let value = "<</Type/Sig/Filter/X/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>>>";
    builder.revision(&[(1, &catalog), (3, &page), (20, body), (21, value)]);
    builder.bytes
}

#[test]
fn a_filled_field_is_told_with_its_name_and_place() {
    let filled = TEXT_FIELD.replace("/REST", "/V(yes)/AP<</N 20 0 R>>");
    let appearance = "<</Type/XObject/Subtype/Form/BBox[0 0 50 20]/Length 0>>\nstream\n\nendstream";
    let mut builder = letter();
    builder.sign("A").revision(&[(5, &filled), (20, appearance)]);
    assert_eq!(after_first(&builder.bytes), permitted("form-field-filled"));
    let change = modifications(&builder.bytes).changes.remove(0);
    assert_eq!((change.page, change.position), (Some(1), Some([20, 20, 70, 40])));
    assert_eq!(change.values["field"], "T");
}

#[test]
fn a_field_that_looks_different_with_the_same_value_is_suspicious() {
    let found = after_letter(&[(5, &TEXT_FIELD.replace("/REST", "/AP<</N 8 0 R>>"))]);
    assert_eq!(found, suspicious("appearance-replaced"));
}

#[test]
fn a_moved_or_renamed_field_is_suspicious() {
    for (from, to) in [("70 40", "190 190"), ("T(T)", "T(U)"), ("FT/Tx", "FT/Btn")] {
        let body = TEXT_FIELD.replace("/REST", "").replace(from, to);
        assert_eq!(after_letter(&[(5, &body)]), suspicious("form-field-changed"), "{to}");
    }
    let body = TEXT_FIELD.replace("/REST", "/AA<</K<</S/JavaScript/JS(x)>>>>");
    assert_eq!(after_letter(&[(5, &body)]), suspicious("action-changed"));
}

#[test]
fn a_visible_signature_beside_the_text_is_permitted_and_over_it_suspicious() {
    let field = |rect: &str| {
        let kind = "<</Type/Annot/Subtype/Widget/FT/Sig/T(C)/F 4/P 3 0 R/V 21 0 R";
        with_field(&format!("{kind}/Rect[{rect}]>>"))
    };
    assert_eq!(after_first(&field("100 20 190 60")), permitted("signature-added"));
    assert_eq!(after_first(&field("10 90 75 120")), suspicious("signature-added signed-text-covered"));
    let over_field = field("60 10 100 30");
    assert_eq!(after_first(&over_field), suspicious("signature-added signed-field-covered"));
    let covered = modifications(&over_field).changes.remove(1);
    assert_eq!((covered.page, covered.values["covered"].as_str()), (Some(1), "T"));
    // Without area, or hidden, it shows nothing.
    assert_eq!(after_first(&field("10 90 10 120")), permitted("signature-added"));
}

#[test]
fn an_empty_signature_field_that_lies_over_text_is_suspicious_once_signed() {
    let field = "<</Type/Annot/Subtype/Widget/FT/Sig/T(B)/Rect[80 95 120 115]/F 4/P 3 0 R/V 21 0 R>>";
    let value = "<</Type/Sig/Filter/X/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>>>";
    let found = after_letter(&[(6, field), (21, value)]);
    assert_eq!(found, suspicious("signature-added signed-text-covered"));
}

#[test]
fn an_added_field_that_a_third_revision_moves_over_the_text_is_looked_at_again() {
    let kind = "<</Type/Annot/Subtype/Widget/FT/Sig/T(C)/F 4/P 3 0 R";
    let mut builder = Builder::new(Kind::Table);
    builder.bytes = with_field(&format!("{kind}/Rect[0 0 0 0]>>"));
    builder.resume();
    assert_eq!(after_first(&builder.bytes), permitted("signature-field-added"));
    builder.revision(&[(20, &format!("{kind}/Rect[10 90 75 120]>>"))]);
    assert_eq!(after_first(&builder.bytes), suspicious("signature-field-added signed-text-covered"));
}

#[test]
fn a_note_is_suspicious_without_certification_and_names_what_it_covers() {
    let found =
        after_first(&with_field("<</Type/Annot/Subtype/FreeText/Rect[10 90 75 120]/Contents(50 mg)>>"));
    assert_eq!(found, suspicious("annotation-added form-field-added signed-text-covered"));
}

#[test]
fn an_appearance_stream_with_a_second_role_is_never_explained() {
    let appearance = "<</Type/XObject/Subtype/Form/BBox[0 0 50 20]/Length 1>>\nstream\nn\nendstream";
    for (page, expected) in [
        ("", permitted("form-field-filled")),
        ("/Resources<</XObject<</X 8 0 R>>>>", suspicious("form-field-filled page-resource-changed")),
    ] {
        let mut builder = letter();
        let page =
            format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Annots[5 0 R]{page}>>");
        let field = TEXT_FIELD.replace("/REST", "/AP<</N 8 0 R>>");
        builder.revision(&[(3, &page), (5, &field)]).sign("A");
        let filled = TEXT_FIELD.replace("/REST", "/AP<</N 8 0 R>>/V(x)");
        builder.revision(&[(5, &filled), (8, appearance)]);
        assert_eq!(after_first(&builder.bytes), expected);
    }
}

#[test]
fn a_font_that_the_page_uses_is_found_with_its_page() {
    let found = after_letter(&[(7, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>")]);
    assert_eq!(found, suspicious("page-resource-changed"));
}

/// Signed in a field with this lock, then changed.
fn locked(lock: &str, objects: &[(u32, &str)]) -> (ModificationVerdict, String) {
    let mut builder = letter();
    let field = format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(A)/Rect[0 0 0 0]/P 3 0 R/Lock<<{lock}>>>>");
    let page = LETTER_PAGE.replace(" 9 0 R 20 0 R", " 10 0 R");
    let catalog = LETTER_CATALOG.replace(" 9 0 R 20 0 R", " 10 0 R");
    builder.revision(&[(1, &catalog), (3, &page), (10, &field)]).sign("A").revision(objects);
    after_first(&builder.bytes)
}

fn certified(level: u8, objects: &[(u32, &str)]) -> (ModificationVerdict, String) {
    locked(&format!("/Action/Include/Fields[(Other)]/P {level}"), objects)
}

#[test]
fn iso_32000_2_12_8_2_4_locked_fields() {
    let filled = TEXT_FIELD.replace("/REST", "/V(yes)");
    let fill = [(5, filled.as_str())];
    let told = "form-field-filled";
    assert_eq!(locked("/Action/All", &fill), forbidden(told));
    assert_eq!(locked("/Action/Include/Fields[(T)]", &fill), forbidden(told));
    assert_eq!(locked("/Action/Include/Fields[(U)]", &fill), permitted(told));
    assert_eq!(locked("/Action/Exclude/Fields[(T)]", &fill), permitted(told));
    assert_eq!(locked("/Action/Exclude/Fields[(U)]", &fill), forbidden(told));
}

#[test]
fn iso_32000_2_12_8_2_2_certification_levels() {
    let filled = TEXT_FIELD.replace("/REST", "/V(yes)");
    let fill = [(5, filled.as_str())];
    assert_eq!(certified(1, &fill), forbidden("form-field-filled"));
    assert_eq!(certified(2, &fill), permitted("form-field-filled"));
    assert_eq!(certified(3, &fill), permitted("form-field-filled"));
    let content = [(4, CONTENT)];
    for level in 1..=3 {
        assert_eq!(certified(level, &content), forbidden("page-content-changed"), "{level}");
    }
}

#[test]
fn fifty_signatures_explain_one_another() {
    let mut bytes = page(Kind::Table).bytes;
    for number in 0..50 {
        bytes = signed(&bytes, &format!("B{number}"));
    }
    assert_eq!(after_first(&bytes), permitted("signature-added"));
}

#[test]
fn a_field_whose_rectangle_is_another_object_is_read_all_the_same() {
    let mut builder = page(Kind::Table);
    let form = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R 20 0 R]/SigFlags 3>>>>";
    builder.revision(&[(1, form), (20, "<</Subtype/Widget/FT/Sig/T(B)/Rect 21 0 R>>"), (21, "[0 0 0 0]")]);
    assert_eq!(after_first(&builder.bytes), permitted("signature-field-added"));
}

#[test]
fn another_root_is_suspicious() {
    let mut builder = page(Kind::Table);
    builder.trailer = "/Root 20 0 R".to_owned();
    let catalog = format!("<<{SIGNED_CATALOG}>>");
    builder.revision(&[(20, &catalog)]);
    assert_eq!(after_first(&builder.bytes), suspicious("trailer-changed"));
}

#[test]
fn an_object_that_the_signed_page_was_waiting_for_is_suspicious() {
    let mut builder = Builder::one_page(Kind::Table);
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents[4 0 R 50 0 R]>>";
    builder.revision(&[(3, page)]).sign("A");
    assert_eq!(after_first(&builder.bytes), nothing());
    builder.revision(&[(50, CONTENT)]);
    assert_eq!(after_first(&builder.bytes), suspicious("missing-object-supplied"));
}

#[test]
fn an_array_with_a_second_role_may_not_grow() {
    let mut builder = Builder::one_page(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/DSS<</Certs 30 0 R>>>>";
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 30 0 R>>";
    builder.revision(&[(1, catalog), (3, page), (30, "[4 0 R]")]).sign("A");
    builder.revision(&[(30, "[4 0 R 60 0 R]"), (60, CONTENT)]);
    assert_eq!(after_first(&builder.bytes), suspicious("page-content-changed"));
}

#[test]
fn a_change_that_a_third_revision_takes_back_still_counts() {
    let mut builder = page(Kind::Table);
    let content = CONTENT.replace("100 100", "100 999");
    builder.revision(&[(4, &content)]).revision(&[(4, CONTENT)]);
    assert_eq!(after_first(&builder.bytes), suspicious("page-content-changed"));
}

/// What a signed revision only announces, and another one delivers, was never signed.
#[test]
fn iso_32000_2_7_5_6_an_entry_of_the_signed_revision_never_leads_behind_its_end() {
    for kind in [Kind::Table, Kind::Stream] {
        let mut builder = Builder::one_page(kind);
        builder.revision(&[(9, "(as it was)")]).sign("A");
        // Another writer would have signed the entry as it is made here.
        let place = builder.bytes.windows(7).position(|part| part == b"9 0 obj").unwrap();
        let end = builder.bytes.len();
        let entry = |position: usize| match kind {
            Kind::Table => format!("{position:010} 00000 n").into_bytes(),
            Kind::Stream => vec![1, 0, 0, (position >> 8) as u8, position as u8],
        };
        let (from, to) = (entry(place), entry(end));
        let at = builder.bytes.windows(from.len()).position(|part| part == from).unwrap();
        builder.bytes[at..at + to.len()].copy_from_slice(&to);
        builder.bytes.extend(b"9 0 obj\n(as it came)\nendobj\n");
        builder.revision(&[]);
        assert_eq!(after_first(&builder.bytes), suspicious("not-comparable"), "{kind:?}");
    }
}

#[test]
fn iso_32000_2_7_5_6_an_object_of_the_signed_revision_never_ends_behind_it() {
    let stream = "<</Length 5000>>\nstream\n";
    for (begun, ended) in [("(", ")\nendobj\n"), (stream, "endstream\nendobj\n")] {
        let mut builder = Builder::one_page(Kind::Table);
        builder.revision(&[(9, "(as it was)")]);
        let keyword = builder.bytes.windows(9).rposition(|part| part == b"startxref").unwrap();
        let place = builder.bytes.windows(7).position(|part| part == b"9 0 obj").unwrap();
        builder.bytes.splice(keyword..keyword, format!("9 0 obj\n{begun}").bytes());
        builder.bytes = support::replaced(&builder.bytes, &format!("{place:010}"), &format!("{keyword:010}"));
        builder.sign("A");
        assert!(Document::open(&builder.bytes).unwrap().repairs().is_empty());
        assert_eq!(after_first(&builder.bytes), nothing());
        builder.bytes.resize(keyword + 8 + stream.len() + 5000, b' ');
        builder.bytes.extend(ended.bytes());
        builder.revision(&[]);
        assert_eq!(after_first(&builder.bytes), suspicious("not-comparable"), "{begun}");
    }
}

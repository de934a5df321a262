//! What is appended: nothing is lost, nothing is rewritten, rules of earlier signatures are kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, clippy::ptr_arg)]

mod support;

use hsign_core::facts::Coverage;
use hsign_pdf::{
    Document, Error, LockedFields, Object, ObjectId, Refusal, SectionKind, SignatureReference,
    prepare_signature,
};
use support::{Builder, CATALOG, CONTENT, Kind, PAGE, PAGES, fields, request, signed};

fn get(bytes: &Vec<u8>, number: u32) -> Object {
    Document::open(bytes).unwrap().newest().get(ObjectId::new(number, 0)).unwrap()
}

fn refusal(bytes: &Vec<u8>, name: &str) -> Error {
    prepare_signature(&Document::open(bytes).unwrap(), &request(name)).unwrap_err()
}

#[test]
fn the_section_is_of_the_kind_it_follows() {
    for (kind, expected) in [(Kind::Table, SectionKind::Table), (Kind::Stream, SectionKind::Stream)] {
        let bytes = signed(&Builder::one_page(kind).bytes, "A");
        let document = Document::open(&bytes).unwrap();
        let revision = document.revisions().last().unwrap();
        assert_eq!(revision.kind(), expected);
        let previous = document.revisions()[0].offset();
        assert_eq!(revision.trailer().get("Prev").unwrap().as_integer(), i64::try_from(previous).ok());
    }
}

#[test]
fn another_reader_sees_page_and_field() {
    for kind in [Kind::Table, Kind::Stream] {
        let bytes = signed(&signed(&Builder::one_page(kind).bytes, "A"), "B");
        let other = lopdf::Document::load_mem(&bytes).unwrap();
        assert_eq!(other.get_pages().len(), 1);
        let form = other.catalog().unwrap().get(b"AcroForm").unwrap().as_dict().unwrap();
        assert_eq!(form.get(b"Fields").unwrap().as_array().unwrap().len(), 2);
        assert_eq!(form.get(b"SigFlags").unwrap().as_i64().unwrap(), 3);
    }
}

#[test]
fn the_end_of_line_after_the_marker_is_added_only_if_missing() {
    let mut bytes = Builder::one_page(Kind::Table).bytes;
    let with = signed(&bytes, "A");
    assert_ne!(with[bytes.len()], b'\n');
    bytes.pop();
    assert!(bytes.ends_with(b"%%EOF"));
    let without = signed(&bytes, "A");
    assert_eq!(without[bytes.len()], b'\n');
}

#[test]
fn new_numbers_lie_above_size_and_above_every_entry() {
    let mut builder = Builder::one_page(Kind::Table);
    builder.bytes = support::replaced(&builder.bytes, "/Size 5", "/Size 2");
    let document = Document::open(&builder.bytes).unwrap();
    assert_eq!(prepare_signature(&document, &request("A")).unwrap().object, ObjectId::new(5, 0));
    builder.bytes = support::replaced(&builder.bytes, "/Size 2", "/Size 9");
    let document = Document::open(&builder.bytes).unwrap();
    assert_eq!(prepare_signature(&document, &request("A")).unwrap().object, ObjectId::new(9, 0));
}

#[test]
fn gaps_of_a_table_are_listed_as_free_before_the_first_signature_only() {
    let mut builder = Builder::one_page(Kind::Table);
    builder.revision(&[(9, "1")]);
    let once = signed(&builder.bytes, "A");
    let twice = signed(&once, "B");
    let document = Document::open(&twice).unwrap();
    let listed = |revision: usize, number: u32| {
        document.revisions()[revision].entries().iter().any(|(listed, _)| *listed == number)
    };
    assert!((5..9).all(|number| listed(2, number)));
    assert!((5..9).all(|number| !listed(3, number)));
}

#[test]
fn trailer_entries_are_carried() {
    let mut builder = Builder::new(Kind::Table);
    builder.trailer = "/Root 1 0 R/Info 5 0 R/ID[<00><01>]".to_owned();
    builder.revision(&[(1, CATALOG), (2, PAGES), (3, PAGE), (4, CONTENT), (5, "<</Title(x)>>")]);
    let bytes = signed(&builder.bytes, "A");
    let document = Document::open(&bytes).unwrap();
    let [old, new] = document.revisions() else { panic!() };
    for key in ["Root", "Info", "ID"] {
        assert_eq!(old.trailer().get(key), new.trailer().get(key), "{key}");
    }
}

#[test]
fn direct_and_indirect_arrays_are_extended_where_they_stand() {
    let mut builder = Builder::new(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>";
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots 7 0 R>>";
    let text = "<</Subtype/Widget/FT/Tx/T(text)/Rect[0 0 1 1]>>";
    builder.revision(&[
        (1, catalog),
        (2, PAGES),
        (3, page),
        (5, "<</Fields 6 0 R/DA(/F 0 Tf)>>"),
        (6, "[8 0 R]"),
        (7, "[8 0 R]"),
        (8, text),
    ]);
    let bytes = signed(&builder.bytes, "A");
    let document = Document::open(&bytes).unwrap();
    let touched: Vec<u32> = document.revisions()[1].entries().iter().map(|(number, _)| *number).collect();
    assert_eq!(touched, [4, 5, 6, 7, 9, 10], "page and catalog stay; 4 was a gap");
    assert_eq!(get(&bytes, 6).as_array().unwrap().len(), 2);
    assert_eq!(get(&bytes, 7).as_array().unwrap().len(), 2);
    let form = get(&bytes, 5);
    assert_eq!(form.as_dictionary().unwrap().get("SigFlags"), Some(&Object::Integer(3)));
    assert!(form.as_dictionary().unwrap().get("DA").is_some());
}

fn with_field(field: &str) -> Builder {
    let mut builder = Builder::one_page(Kind::Table);
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>";
    builder.revision(&[(1, catalog), (5, field)]);
    builder
}

#[test]
fn an_existing_empty_field_is_filled() {
    let builder = with_field("<</Subtype/Widget/FT/Sig/T(Doctor)/Rect[0 0 0 0]>>");
    let bytes = signed(&builder.bytes, "Doctor");
    let found = fields(&bytes);
    assert_eq!(found.fields.len(), 1);
    assert_eq!(found.fields[0].object, Some(ObjectId::new(5, 0)));
    assert_eq!(found.fields[0].value.as_ref().unwrap().coverage, Coverage::WholeDocument);
    assert!(matches!(refusal(&bytes, "Doctor"), Error::AlreadySigned));
}

#[test]
fn a_field_of_another_type_or_name_is_refused() {
    let builder = with_field("<</FT/Tx/T(a)/Kids[6 0 R]>>");
    assert!(matches!(refusal(&builder.bytes, "a"), Error::NotASignatureField));
    assert!(matches!(refusal(&builder.bytes, "x.y"), Error::FieldName));
    let nested = with_field("<</T(a)/Kids[<</T(b)/FT/Sig>>]>>");
    assert!(matches!(refusal(&nested.bytes, "a"), Error::NotASignatureField));
}

#[test]
fn required_seed_values_are_refused() {
    let builder = with_field("<</FT/Sig/T(a)/SV<</Ff 2/SubFilter[/adbe.pkcs7.detached]>>>>");
    assert!(matches!(refusal(&builder.bytes, "a"), Error::Refused(Refusal::SeedValues)));
}

#[test]
fn a_lock_of_the_field_becomes_field_mdp() {
    let builder = with_field("<</FT/Sig/T(a)/Lock<</Action/Include/Fields[(b)]>>>>");
    let bytes = signed(&builder.bytes, "a");
    let found = fields(&bytes);
    let [SignatureReference::FieldMdp(lock)] = found.fields[0].value.as_ref().unwrap().references.as_slice()
    else {
        panic!("{found:?}");
    };
    assert_eq!(lock.fields, LockedFields::Include(vec!["b".to_owned()]));
    assert!(matches!(refusal(&bytes, "b"), Error::Refused(Refusal::FieldLocked { .. })));
    assert!(prepare_signature(&Document::open(&bytes).unwrap(), &request("c")).is_ok());
}

#[test]
fn a_lock_of_all_fields_leaves_room_for_a_document_time_stamp() {
    let builder = with_field("<</FT/Sig/T(a)/Lock<</Action/All>>>>");
    let bytes = signed(&builder.bytes, "a");
    let document = Document::open(&bytes).unwrap();
    let refused = prepare_signature(&document, &request("c")).unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::FieldLocked { .. })));
    let stamp = hsign_pdf::SignatureRequest::new(hsign_pdf::SubFilter::EtsiRfc3161, 32);
    assert!(prepare_signature(&document, &stamp).is_ok());
}

#[test]
fn doc_mdp_p_1_forbids_another_signature() {
    for (level, permitted) in [(1, false), (2, true), (3, true)] {
        let mut builder = with_field("<</FT/Sig/T(a)/V 6 0 R>>");
        let value = format!(
            "<</Type/Sig/Filter/X/SubFilter/Y/ByteRange[0 1 2 3]/Contents<00>/Reference[<</TransformMethod/DocMDP\
             /TransformParams<</P {level}>>>>]>>"
        );
        builder.revision(&[(6, &value)]);
        let document = Document::open(&builder.bytes).unwrap();
        let prepared = prepare_signature(&document, &request("b"));
        assert_eq!(prepared.is_ok(), permitted);
        if let Err(error) = prepared {
            assert!(matches!(error, Error::Refused(Refusal::CertifiedNoChanges { field }) if field == "a"));
        }
    }
}

#[test]
fn a_signature_too_long_for_its_place_is_an_error_with_both_sizes() {
    let bytes = Builder::one_page(Kind::Table).bytes;
    let document = Document::open(&bytes).unwrap();
    let prepared = prepare_signature(&document, &request("A")).unwrap();
    assert!(prepared.with_contents(&[1; 32]).is_ok());
    let error = prepared.with_contents(&[1; 33]).unwrap_err();
    assert!(matches!(error, Error::ContentsTooSmall { needed: 33, reserved: 32 }));
}

#[test]
fn the_byte_range_leaves_out_the_contents_string_only() {
    let bytes = Builder::one_page(Kind::Table).bytes;
    let document = Document::open(&bytes).unwrap();
    let prepared = prepare_signature(&document, &request("A")).unwrap();
    let [start, first, second, length] = prepared.byte_range.map(|number| usize::try_from(number).unwrap());
    let whole = [bytes.as_slice(), &prepared.appended].concat();
    assert_eq!((start, second + length), (0, whole.len()));
    assert_eq!(whole[first..second], [b"<".as_slice(), &[b'0'; 64], b">"].concat());
    let (before, after) = prepared.signed_parts();
    assert_eq!([bytes.as_slice(), before].concat(), whole[..first]);
    assert_eq!(after, &whole[second..]);
}

#[test]
fn texts_are_escaped() {
    let bytes = Builder::one_page(Kind::Table).bytes;
    let document = Document::open(&bytes).unwrap();
    let mut request = request("A");
    request.reason = Some(")) >> endobj \\ (\r\n".to_owned());
    request.location = Some("東京 >> endobj".to_owned());
    let appended = prepare_signature(&document, &request).unwrap().with_contents(&[0x30, 0]).unwrap();
    let found = fields(&[bytes.as_slice(), &appended].concat());
    let value = found.fields[0].value.as_ref().unwrap();
    assert_eq!((&value.reason, &value.location), (&request.reason, &request.location));
}

#[test]
fn free_names_are_counted_up() {
    let bytes = Builder::one_page(Kind::Table).bytes;
    let mut request = request("");
    request.field_name = None;
    let once = signed(&bytes, "Signature1");
    let document = Document::open(&once).unwrap();
    assert_eq!(prepare_signature(&document, &request).unwrap().field_name, "Signature2");
}

/// A document of ten gigabytes: its objects, a long nothing, its cross-reference section.
struct Huge {
    head: Vec<u8>,
    tail: Vec<u8>,
}

const TAIL_AT: u64 = 10_000_000_000;

impl hsign_core::Source for Huge {
    fn length(&self) -> u64 {
        TAIL_AT + self.tail.len() as u64
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        for (index, byte) in buffer.iter_mut().enumerate() {
            let at = offset + index as u64;
            let part = if at < TAIL_AT {
                self.head.get(at as usize)
            } else {
                self.tail.get((at - TAIL_AT) as usize)
            };
            *byte = part.copied().unwrap_or(b' ');
        }
        Ok(())
    }
}

fn huge(kind: Kind) -> Huge {
    let bytes = Builder::one_page(kind).bytes;
    let start = usize::try_from(Document::open(&bytes).unwrap().revisions()[0].offset()).unwrap();
    let tail = String::from_utf8_lossy(&bytes[start..])
        .replace(&format!("startxref\n{start}"), "startxref\n10000000000");
    // Binary rows don't survive the text, so only the end is taken from it.
    let keyword = bytes.windows(9).rposition(|part| part == b"startxref").unwrap();
    let end = tail.rfind("startxref").map(|at| tail.as_bytes()[at..].to_vec()).unwrap();
    Huge { head: bytes[..start].to_vec(), tail: [&bytes[start..keyword], &end].concat() }
}

#[test]
fn positions_beyond_ten_digits_are_refused_in_a_table_and_fit_a_stream() {
    let source = huge(Kind::Table);
    let document = Document::open(&source).unwrap();
    let refused = prepare_signature(&document, &request("A"));
    assert!(matches!(refused, Err(Error::Refused(Refusal::TooLarge))));

    let source = huge(Kind::Stream);
    let document = Document::open(&source).unwrap();
    let prepared = prepare_signature(&document, &request("A")).unwrap();
    assert!(prepared.byte_range[1] > TAIL_AT);
    let extended = hsign_pdf::Extended::new(&source, &prepared.appended);
    let signed = Document::open(&extended).unwrap();
    assert!(signed.repairs().is_empty());
    let page = signed.newest().first_page().unwrap().1;
    assert_eq!(page.get("Annots").unwrap().as_array().unwrap().len(), 1);
}

#[test]
fn iso_19005_1_6_9_a_field_in_pdf_a_1_has_an_appearance() {
    let with_metadata = |part: &str| {
        let mut builder = Builder::new(Kind::Table);
        let metadata = format!("<pdfaid:part>{part}</pdfaid:part>");
        let metadata = format!("<</Type/Metadata/Length {}>>\nstream\n{metadata}\nendstream", metadata.len());
        let catalog = "<</Type/Catalog/Pages 2 0 R/Metadata 5 0 R>>";
        builder.revision(&[(1, catalog), (2, PAGES), (3, PAGE), (4, CONTENT), (5, &metadata)]);
        signed(&builder.bytes, "Doctor")
    };
    let has_appearance = |bytes: &[u8]| bytes.windows(4).any(|part| part == b"/AP ");
    assert!(has_appearance(&with_metadata("1")));
    assert!(!has_appearance(&with_metadata("2")));
}

#[test]
fn iso_32000_2_7_5_4_an_entry_behind_the_end_of_its_revision_is_refused() {
    for kind in [Kind::Table, Kind::Stream] {
        for revisions in [1, 2] {
            let mut builder = Builder::one_page(kind);
            builder.elsewhere = vec![(9, 5000)];
            for _ in 0..revisions {
                builder.revision(&[]);
            }
            let reason = refusal(&builder.bytes, "A").to_string();
            assert!(reason.contains("behind its end"), "{kind:?}: {reason}");
        }
    }
}

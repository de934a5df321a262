//! Files made to keep a reader busy end with an error or a finding, in bounded time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation)]

mod support;

use hsign_pdf::{Document, signature_fields};
use support::{Builder, Kind};

#[test]
fn many_entries_that_lead_to_one_endless_object_use_up_the_budget() {
    let mut bytes = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n".to_vec();
    let endless = bytes.len();
    bytes.extend(b"2 0 obj\n(");
    bytes.resize(bytes.len() + 1_000_000, b'x');
    let start = bytes.len();
    bytes.extend(b")\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n2 20000\n");
    let start = start + 9;
    for _ in 0..20_000 {
        bytes.extend(format!("{endless:010} 00000 n \n").bytes());
    }
    bytes.extend(format!("trailer\n<</Size 20002/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
    let document = Document::open(&bytes).unwrap();
    assert!(document.repairs().is_empty());
    assert!(signature_fields(&document).unwrap().fields.is_empty());
    let long = document.newest().get(hsign_pdf::ObjectId::new(2, 0));
    assert!(long.unwrap_err().to_string().contains("limit reached"));
}

#[test]
fn inflated_data_is_bounded() {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..100 {
        encoder.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let mut builder = Builder::one_page(Kind::Table);
    // A stream's data can't be given as text, so the bytes are put in afterwards.
    let body = format!(
        "<</Type/ObjStm/N 1/First 10/Filter/FlateDecode/Length {}>>\nstream\n{}\nendstream",
        bomb.len(),
        "?".repeat(bomb.len())
    );
    builder.revision(&[(9, &body)]);
    let at = builder.bytes.windows(8).position(|part| part == b"????????").unwrap();
    builder.bytes[at..at + bomb.len()].copy_from_slice(&bomb);
    let document = Document::open(&builder.bytes).unwrap();
    let stream = document.newest().get(hsign_pdf::ObjectId::new(9, 0)).unwrap();
    let hsign_pdf::Object::Stream(stream) = stream else { panic!() };
    let error = document.newest().stream_data(&stream, 1 << 20).unwrap_err();
    assert!(error.to_string().contains("decompressed bytes"), "{error}");
}

//! What a clinic has among its files: ordinary ones are taken whatever they begin with, signed documents that are
//! damaged are set aside with what is wrong.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod archive_support;

use archive_support::Clinic;
use hsign::archive::{Intake, Line, Retention};
use hsign_testkit::{Dice, documents};

fn file(clinic: &Clinic, name: &str, bytes: &[u8]) -> Intake {
    let path = clinic.room.path().join("documents").join(name);
    std::fs::write(&path, bytes).unwrap();
    let (location, key) = (path.to_str().unwrap().to_owned(), Some(name.to_owned()));
    Intake { location, key, ..clinic.document(0, "chart", Retention::Open) }
}

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    (0..length).map(|_| dice.roll().to_le_bytes()[0]).collect()
}

fn dicom(content: &[u8]) -> Vec<u8> {
    [&[0; 128][..], b"DICM\x02\0\0\0UL\x04\0\xc0\0\0\0", content].concat()
}

#[test]
fn files_that_only_begin_like_signed_ones_are_taken_as_they_are() {
    let clinic = Clinic::new();
    let page = b"<!DOCTYPE html>\n<html><head><title>Result</title></head><body><p>HbA1c 6.1 %<br></body>";
    let mut files = vec![
        file(&clinic, "page.html", page),
        file(&clinic, "cut.xml", b"<?xml version=\"1.0\"?><ClinicalDocument><title>not finis"),
        file(&clinic, "picture.dcm", &dicom(&noise(7, 4000))),
        file(&clinic, "report.dcm", &dicom(b"\x42\0\x11\0OB\0\0%PDF-1.7\n1 0 obj\n<</Length 99>>\nstream\n")),
        file(&clinic, "note.txt", "血圧 120/80".as_bytes()),
        file(&clinic, "nothing", b""),
    ];
    for (seed, start) in
        (1..).zip([&b"<"[..], b"0", b"\0<", b" <", b"0\x80", b"0\x82\x01\x00", b"\xff\xfe<\0", b"PK\x03\x04"])
    {
        for round in 0..8 {
            let bytes = [start, &noise(seed * 100 + round, 500)].concat();
            files.push(file(&clinic, &format!("device-{seed}-{round}.bin"), &bytes));
        }
    }
    let taken = clinic.add(&files);
    assert_eq!((taken.failed, taken.objects), (0, files.len() as u64), "{:?}", clinic.lines());
    let unsigned =
        |line: &Line| matches!(line, Line::Taken { indication, .. } if indication == "NO-SIGNATURE");
    assert!(clinic.lines().iter().all(unsigned), "{:?}", clinic.lines());
}

#[test]
fn signed_documents_that_cannot_be_read_are_set_aside() {
    let clinic = Clinic::new();
    let letter = documents::referral_letter().unwrap();
    let signature = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>";
    let prescription = format!("<?xml version=\"1.0\"?><Prescription><Drug/>{signature}");
    let wide: Vec<u8> =
        "\u{feff}".encode_utf16().chain(prescription.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let content_info = b"0\x82\x40\0\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x82\x3f\xf0";
    let mut container = b"PK\x03\x04\x0a\0\0\0\0\0".to_vec();
    container.extend([0; 16]);
    container.extend(b"\x16\0\0\0META-INF/signature.p7sand no directory");
    let files = [
        file(&clinic, "cut.pdf", &letter[..40]),
        file(&clinic, "cut-prescription.xml", prescription.as_bytes()),
        file(&clinic, "wide-prescription.xml", &wide),
        file(&clinic, "cut.p7m", &[&content_info[..], &noise(3, 800)].concat()),
        file(&clinic, "cut.asice", &container),
        Intake {
            beside: vec![clinic.path(0)],
            ..file(&clinic, "named-as-a-signature.p7s", b"<html>the server<br>could not be reached")
        },
    ];
    let taken = clinic.add(&files);
    assert_eq!((taken.set_aside, taken.failed), (6, 6), "{:?}", clinic.lines());
    for line in clinic.lines() {
        let told = matches!(&line, Line::SetAside { reason, findings, .. } if reason == "unreadable" && !findings.is_empty());
        assert!(told, "{line:?}");
    }
}

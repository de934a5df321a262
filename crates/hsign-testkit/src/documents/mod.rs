//! Sample documents, the same octets every time: a scanned prescription and a referral letter, of nobody.

mod font;
mod pdf;
mod raster;

use std::sync::OnceLock;

use crate::Error;
use pdf::{Layout, Object};
use raster::Raster;

/// File name of [`scanned_prescription`].
pub const SCANNED_PRESCRIPTION: &str = "scanned-prescription.pdf";
/// File name of [`referral_letter`].
pub const REFERRAL_LETTER: &str = "referral-letter.pdf";
/// File name of [`referral_letter_with_object_streams`].
pub const REFERRAL_LETTER_OBJECT_STREAMS: &str = "referral-letter-object-streams.pdf";

/// Every document with its file name.
///
/// # Errors
/// What the compressor says.
pub fn all() -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    Ok(vec![
        (SCANNED_PRESCRIPTION, scanned_prescription()?),
        (REFERRAL_LETTER, referral_letter()?),
        (REFERRAL_LETTER_OBJECT_STREAMS, referral_letter_with_object_streams()?),
    ])
}

/// A dispensed prescription as a pharmacy's scanner leaves it: one A4 page, one grey image of 100 dpi, about 200 kB.
///
/// # Errors
/// What the compressor says.
pub fn scanned_prescription() -> Result<Vec<u8>, Error> {
    static DRAWN: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(drawn) = DRAWN.get() {
        return Ok(drawn.clone());
    }
    let drawn = scan()?;
    Ok(DRAWN.get_or_init(|| drawn).clone())
}

fn scan() -> Result<Vec<u8>, Error> {
    let image = draw_prescription();
    let dictionary = format!(
        "/Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceGray /BitsPerComponent 8",
        image.width(),
        image.height()
    );
    pdf::write(
        Layout::Classic,
        &[
            Object::dictionary("/Type /Catalog /Pages 2 0 R"),
            Object::dictionary("/Type /Pages /Kids [3 0 R] /Count 1"),
            Object::dictionary(
                "/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /Scan 5 0 R >> >> \
                 /Contents 4 0 R",
            ),
            Object::stream("", b"q 595 0 0 842 0 0 cm /Scan Do Q\n"),
            Object::compressed(&dictionary, image.samples())?,
            Object::dictionary("/Producer (hsign-testkit) /Title (Test scan)"),
        ],
    )
}

/// A referral letter as office software writes it: text in a standard font, a classic cross-reference table.
///
/// # Errors
/// None today; the signature leaves room for the compressor's.
pub fn referral_letter() -> Result<Vec<u8>, Error> {
    pdf::write(Layout::Classic, &letter())
}

/// The same letter with its dictionaries in an object stream and a cross-reference stream.
///
/// # Errors
/// What the compressor says.
pub fn referral_letter_with_object_streams() -> Result<Vec<u8>, Error> {
    pdf::write(Layout::ObjectStreams, &letter())
}

fn letter() -> [Object; 6] {
    let lines = [
        "To the attending physician, Hsign Test Hospital",
        "",
        "Re: TEST PATIENT, born 1 January 1950 (this person does not exist)",
        "",
        "Thank you for seeing this patient, who was found to have raised blood pressure",
        "on three visits. Amlodipine 5 mg was begun four weeks ago.",
        "",
        "Please examine and advise on further treatment.",
        "",
        "SHIKEN Taro, Hsign Test Clinic",
    ];
    let mut text = String::from("BT /F1 18 Tf 72 760 Td (Referral letter) Tj /F1 11 Tf 0 -40 Td 15 TL\n");
    for line in lines {
        text.push_str(&format!("({}) Tj T*\n", line.replace('(', "\\(").replace(')', "\\)")));
    }
    text.push_str("ET\n");
    [
        Object::dictionary("/Type /Catalog /Pages 2 0 R"),
        Object::dictionary("/Type /Pages /Kids [3 0 R] /Count 1"),
        Object::dictionary(
            "/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R",
        ),
        Object::stream("", text.as_bytes()),
        Object::dictionary("/Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding"),
        Object::dictionary("/Producer (hsign-testkit) /Title (Referral letter)"),
    ]
}

/// A form with boxes, printed words, lines of handwriting-like strokes and a round seal, on paper with grain.
fn draw_prescription() -> Raster {
    let mut page = Raster::paper(827, 1_169);
    page.text(250, 50, 4, "PRESCRIPTION");
    page.text(330, 90, 2, "TEST - NOT VALID");
    for (row, label) in
        ["INSURER NO.", "INSURED NO.", "PATIENT", "BORN", "CLINIC", "PHYSICIAN"].iter().enumerate()
    {
        let top = 130 + row * 50;
        page.frame(60, top, 707, 50);
        page.frame(60, top, 190, 50);
        page.text(72, top + 18, 2, label);
        if row != 2 {
            page.script(270, top + 12, 26, 6 + row);
        }
    }
    page.text(270, 248, 2, "TEST PATIENT");
    page.frame(60, 450, 707, 440);
    page.text(72, 465, 2, "RP");
    for (row, drug) in
        ["1 AMLODIPINE 5MG 1 TABLET", "2 LOXOPROFEN 60MG 3 TABLETS", "3 REBAMIPIDE 100MG 3 TABLETS"]
            .iter()
            .enumerate()
    {
        page.text(110, 500 + row * 110, 2, drug);
        page.script(130, 530 + row * 110, 24, 14);
        page.text(600, 535 + row * 110, 2, "28 DAYS");
    }
    page.frame(60, 910, 707, 190);
    page.text(72, 925, 2, "DISPENSED 2026-11-20");
    page.script(110, 960, 28, 14);
    page.script(110, 1_010, 28, 11);
    page.ring(690, 1_000, 46);
    page.script(662, 982, 34, 2);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_the_same_every_time() {
        assert_eq!(scan().unwrap(), scan().unwrap());
        assert_eq!(all().unwrap(), all().unwrap());
    }

    #[test]
    fn the_scan_has_about_the_size_of_a_scan() {
        let size = scanned_prescription().unwrap().len();
        assert!((150_000..250_000).contains(&size), "{size}");
    }
}

//! What scanned pages are made of: resolution, colour depth and compression of each image, from the headers alone.
//!
//! No picture is decoded and nothing is judged: [`scan_facts`] says what a PDF, TIFF, JPEG, PNG or DICOM file says of its
//! images. The readers are our own few lines each: image libraries decode what we must not touch and hide what we ask for
//! (which compression, how many pixels for an inch), and a PDF's pages are read by the same reader as its signatures.

mod dicom;
mod error;
mod jpeg;
mod jpeg2000;
mod pdf;
mod png;
mod source;
mod tiff;

use hsign_core::Source;
use hsign_core::facts::ScanFacts;

pub use error::Error;

/// Pages, frames or directories of one file that are looked at.
pub(crate) const MOST_PAGES: u32 = 20_000;
/// Images told of one file.
pub(crate) const MOST_IMAGES: usize = 20_000;

/// Millimetres in an inch.
pub(crate) const MILLIMETRES: f64 = 25.4;

/// What a file says of its scanned pages; `None` where it is of no kind that holds scans, or holds none.
///
/// # Errors
/// When the file can't be read.
pub fn scan_facts(source: &dyn Source) -> Result<Option<ScanFacts>, Error> {
    let head = hsign_core::read_range(source, 0, source.length().min(1024))?;
    let found = if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        png::read(source)?
    } else if head.starts_with(b"\xff\xd8\xff") {
        jpeg::read(source)?
    } else if tiff::is_tiff(&head) {
        tiff::read(source)?
    } else if head.get(128..132) == Some(b"DICM") {
        dicom::read(source)?
    } else if head.windows(5).any(|window| window == b"%PDF-") {
        pdf::read(source)?
    } else {
        return Ok(None);
    };
    Ok(Some(found).filter(|facts| !facts.images.is_empty() || !facts.findings.is_empty()))
}

/// Whole dots for an inch, rounded: scanners write 199.9 for 200.
pub(crate) fn whole(dpi: f64) -> Option<u32> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range checked")]
    (1.0..1_000_000.0).contains(&dpi).then(|| dpi.round() as u32)
}

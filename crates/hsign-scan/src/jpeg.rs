//! JPEG (ITU-T T.81) and JPEG-LS (T.87): frame header, and the resolution in JFIF or Exif.

use std::io;

use hsign_core::facts::{ScanFacts, ScanImage};
use hsign_core::{Source, read_range};

use crate::error::unreadable;
use crate::source::{Pieces, number, small};
use crate::{tiff, whole};

/// Segments before the frame header.
const MOST_SEGMENTS: u32 = 10_000;
/// Dots for a centimetre as dots for an inch.
const CENTIMETRE: f64 = 2.54;

pub(crate) fn read(source: &dyn Source) -> io::Result<ScanFacts> {
    let mut facts = ScanFacts { format: "jpeg".to_owned(), pages: 1, ..ScanFacts::default() };
    match frame(source)? {
        Some(image) => facts.images.push(image),
        None => facts.findings.push(unreadable("no frame header of a JPEG file")),
    }
    Ok(facts)
}

/// What the headers before the first scan say.
pub(crate) fn frame(source: &dyn Source) -> io::Result<Option<ScanImage>> {
    let pieces = Pieces::new(source, true);
    let (mut at, mut jfif, mut exif) = (2, None, None);
    for _ in 0..MOST_SEGMENTS {
        let Some(marker) = pieces.number(at, 2)? else { return Ok(None) };
        // Fill bytes may stand before a marker.
        if marker == 0xffff {
            at += 1;
            continue;
        }
        let Some(length) = pieces.number(at + 2, 2)? else { return Ok(None) };
        let content = at + 4;
        match marker {
            0xffe0 => jfif = jfif_resolution(&pieces, content)?.or(jfif),
            0xffe1 => exif = exif_resolution(source, content, length)?.or(exif),
            // All start-of-frame markers: not DHT, JPG, DAC; and that of JPEG-LS.
            0xffc0..=0xffcf | 0xfff7 if !matches!(marker, 0xffc4 | 0xffc8 | 0xffcc) => {
                let image = frame_header(&pieces, marker, content)?;
                return Ok(image.map(|image| ScanImage { dpi: exif.or(jfif), ..image }));
            }
            0xffda | 0xffd9 => return Ok(None),
            0xff00..=0xffff => {}
            _ => return Ok(None),
        }
        at = at.saturating_add(2).saturating_add(length.max(2));
    }
    Ok(None)
}

fn frame_header(pieces: &Pieces<'_>, marker: u64, at: u64) -> io::Result<Option<ScanImage>> {
    let (Some(precision), Some(height), Some(width), Some(components)) = (
        pieces.number(at, 1)?,
        pieces.number(at + 1, 2)?,
        pieces.number(at + 3, 2)?,
        pieces.number(at + 5, 1)?,
    ) else {
        return Ok(None);
    };
    // Lossless frames, alone, differential or arithmetic. JPEG-LS says how much it loses in its scans only.
    let (compression, lossy) = match marker {
        0xffc3 | 0xffc7 | 0xffcb | 0xffcf => ("jpeg-lossless", Some(false)),
        0xfff7 => ("jpeg-ls", None),
        _ => ("jpeg", Some(true)),
    };
    Ok(Some(ScanImage {
        page: 1,
        pixels: (small(width), small(height)),
        dpi: None,
        bits_per_pixel: Some(small(precision * components)),
        compression: compression.to_owned(),
        lossy,
    }))
}

fn jfif_resolution(pieces: &Pieces<'_>, at: u64) -> io::Result<Option<u32>> {
    let Some(bytes) = pieces.bytes(at, 12)? else { return Ok(None) };
    let (b"JFIF\0", Some([_, _, unit, x1, x0, y1, y0])) =
        (bytes.get(..5).unwrap_or_default(), bytes.get(5..12))
    else {
        return Ok(None);
    };
    let least = f64::from(small(number(&[*x1, *x0], true).min(number(&[*y1, *y0], true))));
    Ok(match unit {
        1 => whole(least),
        2 => whole(least * CENTIMETRE),
        _ => None,
    })
}

/// The first directory of the TIFF structure inside.
fn exif_resolution(source: &dyn Source, at: u64, length: u64) -> io::Result<Option<u32>> {
    let end = at.saturating_add(length.saturating_sub(2)).min(source.length());
    let bytes = read_range(source, at.min(end), end.saturating_sub(at))?;
    let Some(inner) = bytes.strip_prefix(b"Exif\0\0") else { return Ok(None) };
    if !tiff::is_tiff(inner) {
        return Ok(None);
    }
    tiff::first_resolution(&inner.to_vec())
}

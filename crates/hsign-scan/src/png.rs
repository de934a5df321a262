//! PNG (W3C): IHDR and pHYs. The compression never loses anything.

use std::io;

use hsign_core::Source;
use hsign_core::facts::{ScanFacts, ScanImage};

use crate::error::unreadable;
use crate::source::{Pieces, small};
use crate::{MILLIMETRES, whole};

/// Chunks before the image data.
const MOST_CHUNKS: u32 = 1_000;

pub(crate) fn read(source: &dyn Source) -> io::Result<ScanFacts> {
    let pieces = Pieces::new(source, true);
    let mut facts = ScanFacts { format: "png".to_owned(), pages: 1, ..ScanFacts::default() };
    let mut at = 8;
    for _ in 0..MOST_CHUNKS {
        let (Some(length), Some(kind)) = (pieces.number(at, 4)?, pieces.bytes(at + 4, 4)?) else { break };
        match kind.as_slice() {
            b"IHDR" => facts.images.extend(header(&pieces, at + 8)?),
            b"pHYs" => {
                let dpi = resolution(&pieces, at + 8)?;
                facts.images.iter_mut().for_each(|image| image.dpi = dpi);
            }
            b"IDAT" | b"IEND" => break,
            _ => {}
        }
        at = at.saturating_add(length).saturating_add(12);
    }
    if facts.images.is_empty() {
        facts.findings.push(unreadable("no header of a PNG file"));
    }
    Ok(facts)
}

fn header(pieces: &Pieces<'_>, at: u64) -> io::Result<Option<ScanImage>> {
    let (Some(width), Some(height), Some(depth), Some(colour)) = (
        pieces.number(at, 4)?,
        pieces.number(at + 4, 4)?,
        pieces.number(at + 8, 1)?,
        pieces.number(at + 9, 1)?,
    ) else {
        return Ok(None);
    };
    // Grey, colour, palette, grey with alpha, colour with alpha; alpha shows nothing.
    let samples = if matches!(colour, 2 | 6) { 3 } else { 1 };
    Ok(Some(ScanImage {
        page: 1,
        pixels: (small(width), small(height)),
        dpi: None,
        bits_per_pixel: Some(small(depth * samples)),
        compression: "deflate".to_owned(),
        lossy: Some(false),
    }))
}

/// Pixels for a metre; other units say nothing about size.
fn resolution(pieces: &Pieces<'_>, at: u64) -> io::Result<Option<u32>> {
    let (Some(x), Some(y), Some(1)) =
        (pieces.number(at, 4)?, pieces.number(at + 4, 4)?, pieces.number(at + 8, 1)?)
    else {
        return Ok(None);
    };
    Ok(whole(f64::from(small(x.min(y))) * MILLIMETRES / 1000.0))
}

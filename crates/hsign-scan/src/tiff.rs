//! TIFF 6.0 and BigTIFF: each image file directory, its page.

use std::collections::HashSet;
use std::io;

use hsign_core::Source;
use hsign_core::facts::{ScanFacts, ScanImage};

use crate::error::unreadable;
use crate::source::{Pieces, small};
use crate::{MILLIMETRES, MOST_PAGES, whole};

/// Entries of one directory.
const MOST_ENTRIES: u64 = 4_096;

pub(crate) fn is_tiff(head: &[u8]) -> bool {
    let marks: [&[u8]; 4] = [b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"];
    marks.iter().any(|mark| head.starts_with(mark))
}

pub(crate) fn read(source: &dyn Source) -> io::Result<ScanFacts> {
    let mut facts = ScanFacts { format: "tiff".to_owned(), ..ScanFacts::default() };
    let Some(file) = File::open(source)? else {
        facts.findings.push(unreadable("no header of a TIFF file"));
        return Ok(facts);
    };
    let mut next = file.first;
    let mut seen = HashSet::new();
    while next != 0 {
        // A chain that comes back to itself has no end.
        if !seen.insert(next) || facts.pages >= MOST_PAGES {
            facts.findings.push(unreadable("a chain of TIFF directories without end"));
            break;
        }
        let Some((directory, after)) = file.directory(next)? else {
            facts.findings.push(unreadable("a TIFF directory beyond the end of the file"));
            break;
        };
        next = after;
        // Previews aren't pages.
        if directory.subfile_type & 1 == 0 {
            facts.pages += 1;
            facts.images.push(directory.image(facts.pages));
        }
    }
    Ok(facts)
}

/// Resolution of the first directory: what Exif says of a JPEG image.
pub(crate) fn first_resolution(source: &dyn Source) -> io::Result<Option<u32>> {
    let Some(file) = File::open(source)? else { return Ok(None) };
    Ok(file.directory(file.first)?.and_then(|(directory, _)| directory.dpi()))
}

struct File<'a> {
    pieces: Pieces<'a>,
    big: bool,
    first: u64,
}

/// What is asked of one directory, with the defaults of TIFF 6.0.
struct Directory {
    subfile_type: u64,
    width: u64,
    height: u64,
    bits: u64,
    samples: u64,
    compression: u64,
    photometric: u64,
    resolution: (Option<f64>, Option<f64>),
    unit: u64,
}

impl<'a> File<'a> {
    fn open(source: &'a dyn Source) -> io::Result<Option<Self>> {
        let order = Pieces::new(source, true).bytes(0, 2)?;
        let pieces = Pieces::new(source, order.as_deref() == Some(b"MM"));
        let big = pieces.number(2, 2)? == Some(43);
        let first = if big { pieces.number(8, 8)? } else { pieces.number(4, 4)? };
        Ok(first.map(|first| Self { pieces, big, first }))
    }

    /// A directory, and where the next one is (0: nowhere).
    fn directory(&self, at: u64) -> io::Result<Option<(Directory, u64)>> {
        let (count_length, entry_length, next_length) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let Some(count) = self.pieces.number(at, count_length)?.filter(|count| *count <= MOST_ENTRIES) else {
            return Ok(None);
        };
        let mut directory = Directory {
            subfile_type: 0,
            width: 0,
            height: 0,
            bits: 1,
            samples: 1,
            compression: 1,
            photometric: 0,
            resolution: (None, None),
            unit: 2,
        };
        let entries = at.saturating_add(count_length);
        for index in 0..count {
            self.entry(entries.saturating_add(index * entry_length), &mut directory)?;
        }
        let next = self.pieces.number(entries.saturating_add(count * entry_length), next_length)?;
        Ok(Some((directory, next.unwrap_or(0))))
    }

    fn entry(&self, at: u64, directory: &mut Directory) -> io::Result<()> {
        let (Some(tag), Some(kind)) = (self.pieces.number(at, 2)?, self.pieces.number(at + 2, 2)?) else {
            return Ok(());
        };
        let place = match tag {
            254 => &mut directory.subfile_type,
            256 => &mut directory.width,
            257 => &mut directory.height,
            258 => &mut directory.bits,
            259 => &mut directory.compression,
            262 => &mut directory.photometric,
            277 => &mut directory.samples,
            296 => &mut directory.unit,
            282 => {
                directory.resolution.0 = self.rational(at)?;
                return Ok(());
            }
            283 => {
                directory.resolution.1 = self.rational(at)?;
                return Ok(());
            }
            _ => return Ok(()),
        };
        // BYTE, SHORT, LONG, LONG8; of several values the first, they are equal wherever that matters.
        let length = match kind {
            1 => 1,
            3 => 2,
            4 => 4,
            16 => 8,
            _ => return Ok(()),
        };
        let (count_length, room) = if self.big { (8, 8) } else { (4, 4) };
        let count = self.pieces.number(at + 4, count_length)?.unwrap_or(1);
        let inline = at + 4 + count_length;
        let position = if count.saturating_mul(length) <= room {
            inline
        } else {
            self.pieces.number(inline, room)?.unwrap_or(inline)
        };
        if let Some(value) = self.pieces.number(position, length)? {
            *place = value;
        }
        Ok(())
    }

    fn rational(&self, at: u64) -> io::Result<Option<f64>> {
        let position = if self.big { Some(at + 12) } else { self.pieces.number(at + 8, 4)? };
        let Some(position) = position else { return Ok(None) };
        let (Some(above), Some(below)) =
            (self.pieces.number(position, 4)?, self.pieces.number(position.saturating_add(4), 4)?)
        else {
            return Ok(None);
        };
        Ok((below != 0).then(|| f64::from(small(above)) / f64::from(small(below))))
    }
}

impl Directory {
    fn image(&self, page: u32) -> ScanImage {
        let (compression, lossy) = match self.compression {
            1 => ("none", Some(false)),
            2..=4 | 32_771 => ("ccitt", Some(false)),
            5 => ("lzw", Some(false)),
            6 | 7 => ("jpeg", Some(true)),
            8 | 32_946 => ("deflate", Some(false)),
            32_773 => ("packbits", Some(false)),
            34_661 => ("jbig2", None),
            34_712 => ("jpeg2000", None),
            34_925 => ("lzma", Some(false)),
            50_000 => ("zstd", Some(false)),
            50_001 => ("webp", None),
            _ => ("unknown", None),
        };
        // Of a palette image the index counts; a fourth sample beside red, green and blue is transparency.
        let samples = match self.photometric {
            2 | 6 | 8 => self.samples.min(3),
            0 | 1 | 3 => 1,
            _ => self.samples,
        };
        ScanImage {
            page,
            pixels: (small(self.width), small(self.height)),
            dpi: self.dpi(),
            bits_per_pixel: Some(small(self.bits.saturating_mul(samples))),
            compression: compression.to_owned(),
            lossy,
        }
    }

    fn dpi(&self) -> Option<u32> {
        let (Some(x), Some(y)) = self.resolution else { return None };
        match self.unit {
            2 => whole(x.min(y)),
            3 => whole(x.min(y) * MILLIMETRES / 10.0),
            _ => None,
        }
    }
}

//! DICOM files (PS3.10): the attributes of the image pixel module, and what they say about loss.

use std::io;

use hsign_core::Source;
use hsign_core::facts::{ScanFacts, ScanImage};

use crate::error::unreadable;
use crate::source::{Pieces, small};
use crate::{MILLIMETRES, whole};

/// Elements looked at in one file, those inside sequences included.
const MOST_ELEMENTS: u32 = 100_000;
/// Sequences in sequences.
const DEEPEST: u32 = 32;
/// Values longer than this are passed over.
const LONGEST_VALUE: u64 = 1_024;
/// Lengths that only an end marker tells.
const UNDEFINED: u64 = 0xffff_ffff;

const TRANSFER_SYNTAX: u32 = 0x0002_0010;
const PIXEL_DATA: u32 = 0x7fe0_0010;

pub(crate) fn read(source: &dyn Source) -> io::Result<ScanFacts> {
    let mut facts = ScanFacts { format: "dicom".to_owned(), ..ScanFacts::default() };
    let mut values = Values::default();
    let mut meta =
        Reader { pieces: Pieces::new(source, false), at: 132, explicit: true, left: MOST_ELEMENTS };
    let end = meta.until(&mut |tag| tag >> 16 > 2, &mut values)?;
    let syntax = values.transfer_syntax.clone();
    let Some(syntax) = Syntax::of(&syntax) else {
        facts.findings.push(unreadable("a DICOM transfer syntax that isn't read here"));
        return Ok(facts);
    };
    let mut reader = Reader {
        pieces: Pieces::new(source, syntax.big_endian),
        at: end,
        explicit: syntax.explicit,
        left: MOST_ELEMENTS,
    };
    reader.until(&mut |tag| tag >= PIXEL_DATA, &mut values)?;
    if values.rows == 0 || values.columns == 0 {
        facts.findings.push(unreadable("a DICOM object without an image"));
        return Ok(facts);
    }
    facts.pages = values.frames.max(1);
    facts.images.push(values.image(&syntax));
    Ok(facts)
}

/// How the data set is written and what the pixels went through (PS3.5, PS3.6).
struct Syntax {
    explicit: bool,
    big_endian: bool,
    compression: &'static str,
    lossy: Option<bool>,
}

impl Syntax {
    fn of(uid: &str) -> Option<Self> {
        let new = |compression, lossy| Self { explicit: true, big_endian: false, compression, lossy };
        Some(match uid.strip_prefix("1.2.840.10008.1.2")? {
            "" => Self { explicit: false, ..new("none", Some(false)) },
            ".1" => new("none", Some(false)),
            ".2" => Self { big_endian: true, ..new("none", Some(false)) },
            ".5" => new("rle", Some(false)),
            ".4.50" | ".4.51" => new("jpeg", Some(true)),
            ".4.57" | ".4.70" => new("jpeg-lossless", Some(false)),
            ".4.80" => new("jpeg-ls", Some(false)),
            ".4.81" => new("jpeg-ls", Some(true)),
            ".4.90" | ".4.92" => new("jpeg2000", Some(false)),
            ".4.91" | ".4.93" => new("jpeg2000", None),
            ".4.201" | ".4.202" => new("htj2k", Some(false)),
            ".4.203" => new("htj2k", None),
            // The whole data set is deflated.
            ".1.99" => return None,
            other if other.starts_with(".4.10") => new("mpeg", Some(true)),
            _ => return None,
        })
    }
}

#[derive(Default)]
struct Values {
    transfer_syntax: String,
    rows: u32,
    columns: u32,
    frames: u32,
    samples: u32,
    bits: u32,
    /// Millimetres between pixels, the larger of the two: on the film where it was digitised, else at the detector, else in the
    /// patient.
    spacing: [Option<f64>; 3],
    /// "01" once the image went through something lossy, whatever it is kept in now.
    was_lossy: bool,
}

impl Values {
    fn take(&mut self, tag: u32, value: &[u8], pieces: &Pieces<'_>) {
        let text = || String::from_utf8_lossy(value).trim_matches(['\0', ' ']).to_owned();
        let short = || small(pieces.as_number(value.get(..2).unwrap_or_default()));
        let farthest = || {
            let numbers = text();
            numbers.split('\\').filter_map(|one| one.trim().parse::<f64>().ok()).reduce(f64::max)
        };
        match tag {
            TRANSFER_SYNTAX => self.transfer_syntax = text(),
            0x0028_0002 => self.samples = short(),
            0x0028_0008 => self.frames = text().parse().unwrap_or(1),
            0x0028_0010 => self.rows = short(),
            0x0028_0011 => self.columns = short(),
            0x0028_0101 => self.bits = short(),
            0x0028_2110 => self.was_lossy = text() == "01",
            0x0018_2010 => self.spacing[0] = farthest(),
            0x0018_1164 => self.spacing[1] = farthest(),
            0x0028_0030 => self.spacing[2] = farthest(),
            _ => {}
        }
    }

    fn image(&self, syntax: &Syntax) -> ScanImage {
        let spacing = self.spacing.iter().flatten().copied().find(|spacing| *spacing > 0.0);
        ScanImage {
            page: 1,
            pixels: (self.columns, self.rows),
            dpi: spacing.and_then(|spacing| whole(MILLIMETRES / spacing)),
            bits_per_pixel: Some(self.bits.saturating_mul(self.samples.max(1))),
            compression: syntax.compression.to_owned(),
            lossy: if self.was_lossy { Some(true) } else { syntax.lossy },
        }
    }
}

struct Reader<'a> {
    pieces: Pieces<'a>,
    at: u64,
    explicit: bool,
    left: u32,
}

/// Tag, position of the value, its length.
struct Element {
    tag: u32,
    value: u64,
    length: u64,
}

impl Reader<'_> {
    /// Reads elements of the outermost level until `stop` takes a tag or the file ends; gives where that is.
    fn until(&mut self, stop: &mut dyn FnMut(u32) -> bool, values: &mut Values) -> io::Result<u64> {
        while let Some(element) = self.element()? {
            if stop(element.tag) {
                break;
            }
            if element.length != UNDEFINED
                && element.length <= LONGEST_VALUE
                && let Some(value) = self.pieces.bytes(element.value, element.length)?
            {
                values.take(element.tag, &value, &self.pieces);
            }
            if !self.pass(&element, 0)? {
                break;
            }
        }
        Ok(self.at)
    }

    /// The element at the position, which stays where it is.
    fn element(&mut self) -> io::Result<Option<Element>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let (Some(group), Some(number)) =
            (self.pieces.number(self.at, 2)?, self.pieces.number(self.at + 2, 2)?)
        else {
            return Ok(None);
        };
        let tag = small(group << 16 | number);
        // Items and their ends have no representation.
        if !self.explicit || group == 0xfffe {
            let Some(length) = self.pieces.number(self.at + 4, 4)? else { return Ok(None) };
            return Ok(Some(Element { tag, value: self.at + 8, length }));
        }
        let Some(kind) = self.pieces.bytes(self.at + 4, 2)? else { return Ok(None) };
        let long =
            [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];
        let (place, width) = if long.iter().any(|one| one.as_slice() == kind) { (8, 4) } else { (6, 2) };
        let Some(length) = self.pieces.number(self.at + place, width)? else { return Ok(None) };
        Ok(Some(Element { tag, value: self.at + place + width, length }))
    }

    /// Goes behind an element; false where that can't be found.
    fn pass(&mut self, element: &Element, depth: u32) -> io::Result<bool> {
        if element.length != UNDEFINED {
            self.at = element.value.saturating_add(element.length);
            return Ok(true);
        }
        if depth >= DEEPEST {
            return Ok(false);
        }
        self.at = element.value;
        while let Some(inside) = self.element()? {
            match inside.tag {
                // The end of an item, or of a sequence.
                0xfffe_e00d | 0xfffe_e0dd => {
                    self.at = inside.value;
                    return Ok(true);
                }
                _ => {
                    if !self.pass(&inside, depth + 1)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(false)
    }
}

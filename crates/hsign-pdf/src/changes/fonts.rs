//! How wide text is, as far as fonts say so (ISO 32000-2, 9.6 to 9.7). Where they don't, it counts as rather too wide
//! than too narrow.

use std::collections::HashMap;

use crate::error::Result;
use crate::object::{Dictionary, Object};

use super::view::View;

/// Entries of one /W array: every character of a large font, each on its own.
const MOST_WIDTHS: usize = 70_000;
/// A character of a font that says nothing, in thousandths of the font size.
const UNKNOWN: f64 = 1000.0;
/// A byte of a multi-byte encoding: half a full-width character.
const HALF_WIDTH: f64 = 500.0;

/// The widths of a font.
#[derive(Debug)]
pub(super) enum Font {
    /// One byte a character; widths in thousandths (Type 3: already scaled to them).
    Simple { first: i64, widths: Vec<f64>, missing: Option<f64>, ruled: bool },
    /// Two bytes a character, which is its CID.
    Identity { default: f64, widths: HashMap<u16, f64>, vertical: bool },
    /// Another multi-byte encoding.
    Multibyte { vertical: bool },
    /// A font that can't be made sense of.
    Unknown,
}

impl Font {
    pub(super) fn read(view: &View<'_, '_, '_>, font: &Dictionary) -> Result<Self> {
        let subtype = view.value(font, "Subtype")?;
        match subtype.as_name() {
            Some(b"Type0") => Self::composite(view, font),
            Some(b"Type1" | b"TrueType" | b"MMType1") => Self::simple(view, font, 1.0),
            Some(b"Type3") => {
                let matrix = view.array(font, "FontMatrix")?;
                let scale = matrix.first().and_then(Object::as_number).unwrap_or(0.001);
                Self::simple(view, font, scale.abs() * 1000.0)
            }
            _ => Ok(Self::Unknown),
        }
    }

    fn simple(view: &View<'_, '_, '_>, font: &Dictionary, scale: f64) -> Result<Self> {
        let numbers = view.array(font, "Widths")?;
        let mut widths = Vec::with_capacity(numbers.len().min(256));
        for number in numbers.iter().take(256) {
            widths.push(view.resolve(number)?.as_number().unwrap_or(UNKNOWN) * scale);
        }
        let descriptor = view.dictionary(font, "FontDescriptor")?;
        let embedded = ["FontFile", "FontFile2", "FontFile3"].iter().any(|key| descriptor.get(key).is_some());
        let encoding = view.value(font, "Encoding")?;
        let plain = matches!(encoding, Object::Null | Object::Name(_));
        let first = view.value(font, "FirstChar")?.as_integer().unwrap_or(0);
        let missing = view.value(&descriptor, "MissingWidth")?.as_number();
        let ruled = !embedded && plain && !view.value(font, "Subtype")?.is_name("Type3");
        Ok(Self::Simple { first, widths, missing, ruled })
    }

    fn composite(view: &View<'_, '_, '_>, font: &Dictionary) -> Result<Self> {
        let encoding = view.value(font, "Encoding")?;
        let Some(name) = encoding.as_name() else { return Ok(Self::Multibyte { vertical: false }) };
        let vertical = name.ends_with(b"-V") || name == b"V";
        if !name.starts_with(b"Identity-") {
            return Ok(Self::Multibyte { vertical });
        }
        let descendants = view.array(font, "DescendantFonts")?;
        let descendant = match descendants.first() {
            Some(descendant) => view.resolve(descendant)?,
            None => return Ok(Self::Unknown),
        };
        let Object::Dictionary(descendant) = descendant else { return Ok(Self::Unknown) };
        let default = view.value(&descendant, "DW")?.as_number().unwrap_or(UNKNOWN);
        let widths = cid_widths(view, &view.array(&descendant, "W")?)?;
        Ok(Self::Identity { default, widths, vertical })
    }

    pub(super) fn is_vertical(&self) -> bool {
        matches!(self, Self::Identity { vertical: true, .. } | Self::Multibyte { vertical: true })
    }

    /// Width of a string in thousandths, and its number of characters and of single-byte spaces.
    pub(super) fn measure(&self, text: &[u8]) -> Measured {
        let spaces = text.iter().filter(|byte| **byte == b' ').count();
        match self {
            Self::Simple { first, widths, missing, .. } => {
                let width = text.iter().map(|byte| {
                    let index = usize::try_from(i64::from(*byte) - first).ok();
                    let listed = index.and_then(|index| widths.get(index)).copied();
                    listed.or(*missing).unwrap_or_else(|| usual_width(*byte))
                });
                Measured { width: width.sum(), characters: text.len(), spaces }
            }
            Self::Identity { default, widths, .. } => {
                let width = text.chunks(2).map(|pair| match pair {
                    [high, low] => {
                        widths.get(&u16::from_be_bytes([*high, *low])).copied().unwrap_or(*default)
                    }
                    _ => *default,
                });
                Measured { width: width.sum(), characters: text.len().div_ceil(2), spaces: 0 }
            }
            Self::Multibyte { .. } => {
                let width = text.iter().map(|_| HALF_WIDTH).sum();
                Measured { width, characters: text.len(), spaces }
            }
            Self::Unknown => {
                let width = text.iter().map(|_| UNKNOWN).sum();
                Measured { width, characters: text.len(), spaces }
            }
        }
    }

    /// Whether a string is blank or a line to write on: nothing that could be hidden. Only where the font can't give
    /// these characters another shape.
    pub(super) fn is_rule(&self, text: &[u8]) -> bool {
        let blank = |byte: &u8| matches!(byte, b' ' | b'_' | b'.' | b'-');
        matches!(self, Self::Simple { ruled: true, .. }) && text.iter().all(blank)
    }
}

/// What a string measures.
pub(super) struct Measured {
    pub(super) width: f64,
    pub(super) characters: usize,
    pub(super) spaces: usize,
}

/// Widths in Latin fonts that viewers bring themselves, on the wide side.
fn usual_width(byte: u8) -> f64 {
    match byte {
        b'i' | b'j' | b'l' | b'I' | b'|' | b'!' | b'\'' | b'.' | b',' | b':' | b';' | b' ' => 350.0,
        b'f' | b't' | b'r' | b'(' | b')' | b'[' | b']' | b'-' | b'/' => 400.0,
        b'm' | b'w' | b'M' | b'W' | b'@' | b'%' => 1000.0,
        b'A'..=b'Z' | b'&' => 780.0,
        0x80.. => 1000.0,
        _ => 600.0,
    }
}

/// `c [w1 w2 …]` and `first last w` (ISO 32000-2, 9.7.4.3).
fn cid_widths(view: &View<'_, '_, '_>, array: &[Object]) -> Result<HashMap<u16, f64>> {
    let mut widths = HashMap::new();
    let mut rest = array;
    while let [first, second, tail @ ..] = rest {
        let first = view.resolve(first)?.as_integer().and_then(|cid| u16::try_from(cid).ok());
        let Some(first) = first else { break };
        match (view.resolve(second)?, tail) {
            (Object::Array(each), _) => {
                for (cid, width) in (first..=u16::MAX).zip(&each) {
                    widths.insert(cid, view.resolve(width)?.as_number().unwrap_or(UNKNOWN));
                }
                rest = tail;
            }
            (last, [width, after @ ..]) => {
                let last = last.as_integer().and_then(|cid| u16::try_from(cid).ok());
                let width = view.resolve(width)?.as_number();
                let (Some(last), Some(width)) = (last, width) else { break };
                widths.extend((first..=last).map(|cid| (cid, width)));
                rest = after;
            }
            _ => break,
        }
        if widths.len() > MOST_WIDTHS {
            break;
        }
    }
    Ok(widths)
}

//! PDF: image XObjects that fill at least half of their page, alone or in strips, at the size at which they are drawn.

use std::io;

use hsign_core::facts::{ScanFacts, ScanImage};
use hsign_core::{Budget, Source};
use hsign_pdf::{Dictionary, Document, DrawnImage, Error, Object, Snapshot};

use crate::error::unreadable;
use crate::source::small;
use crate::{MOST_IMAGES, MOST_PAGES, jpeg2000, whole};

/// Operators of all pages: a thousand dense ones.
const MOST_OPERATORS: u64 = 20_000_000;
/// Points in an inch.
const POINTS: f64 = 72.0;
/// The part of a page that images have to fill for it to be a scan: below are logos, stamps and pictures in a text.
const FILLED: f64 = 0.5;

pub(crate) fn read(source: &dyn Source) -> io::Result<ScanFacts> {
    let mut facts = ScanFacts { format: "pdf".to_owned(), ..ScanFacts::default() };
    match pages(source, &mut facts) {
        Err(Error::Source(error)) => return Err(error),
        // What is wrong with the file as such is told by whoever reads its signatures.
        Err(error) => facts.findings.push(unreadable(&error.to_string())),
        Ok(()) => {}
    }
    Ok(facts)
}

fn pages(source: &dyn Source, facts: &mut ScanFacts) -> Result<(), Error> {
    let document = Document::open(source)?;
    let snapshot = document.newest();
    let mut budget = Budget::new("operators of page contents", MOST_OPERATORS);
    let mut failure = None;
    snapshot.visit_pages(|_, page| {
        facts.pages += 1;
        let found = images(snapshot, &page, facts.pages, &mut budget);
        match found {
            Ok(images) => facts.images.extend(images),
            Err(error @ Error::Source(_)) => failure = Some(error),
            Err(error) => {
                let told = unreadable(&error.to_string());
                if !facts.findings.contains(&told) {
                    facts.findings.push(told);
                }
            }
        }
        (failure.is_some() || facts.images.len() >= MOST_IMAGES || facts.pages >= MOST_PAGES).then_some(())
    })?;
    failure.map_or(Ok(()), Err)
}

/// The images of one page, each kind once; none where they don't fill it.
fn images(
    snapshot: Snapshot<'_, '_>,
    page: &Dictionary,
    number: u32,
    budget: &mut Budget,
) -> Result<Vec<ScanImage>, Error> {
    let geometry = snapshot.page_geometry(page)?;
    let [left, bottom, right, top] = geometry.shown;
    let room = (right - left) * (top - bottom);
    let drawn = snapshot.page_images(page, budget)?;
    let filled: f64 = drawn.iter().map(|image| image.size.0 * image.size.1).sum();
    if filled < room * FILLED {
        return Ok(Vec::new());
    }
    let mut images = Vec::new();
    for image in &drawn {
        // A bullet or a stamp on a scan is no scan.
        if image.size.0 * image.size.1 * 50.0 < room {
            continue;
        }
        let image = describe(snapshot, image, number, geometry.user_unit)?;
        if !images.contains(&image) {
            images.push(image);
        }
    }
    Ok(images)
}

fn describe(
    snapshot: Snapshot<'_, '_>,
    image: &DrawnImage,
    page: u32,
    user_unit: f64,
) -> Result<ScanImage, Error> {
    let dictionary = &image.stream.dictionary;
    let number = |key: &str| -> Result<Option<u32>, Error> {
        let value = snapshot.value(dictionary, key)?.as_integer();
        Ok(value.and_then(|value| u64::try_from(value).ok()).map(small))
    };
    let (width, height) = (number("Width")?.unwrap_or(0), number("Height")?.unwrap_or(0));
    let filter = last_filter(snapshot, dictionary)?;
    let is_mask = matches!(snapshot.value(dictionary, "ImageMask")?, Object::Boolean(true));
    let bits = if is_mask { Some(1) } else { number("BitsPerComponent")? };
    let bits = match (bits, components(snapshot, dictionary)?) {
        (Some(bits), _) if is_mask => Some(bits),
        (Some(bits), Some(components)) => Some(bits.saturating_mul(components)),
        _ => None,
    };
    let dpi = |pixels: u32, length: f64| f64::from(pixels) * POINTS / (length * user_unit);
    let dpi = whole(dpi(width, image.size.0).min(dpi(height, image.size.1)));
    Ok(ScanImage {
        page,
        pixels: (width, height),
        dpi,
        bits_per_pixel: bits,
        lossy: lossy(snapshot, image, &filter),
        compression: if filter.is_empty() { "none".to_owned() } else { filter },
    })
}

/// The filter nearest to the pixels (ISO 32000-2, 7.4.1).
fn last_filter(snapshot: Snapshot<'_, '_>, dictionary: &Dictionary) -> Result<String, Error> {
    let filter = snapshot.value(dictionary, "Filter")?;
    let last = match &filter {
        Object::Array(filters) => filters.last().map(|last| snapshot.resolve(last)).transpose()?,
        Object::Null => None,
        single => Some(single.clone()),
    };
    let name = last.as_ref().and_then(Object::as_name).unwrap_or_default();
    Ok(String::from_utf8_lossy(name).into_owned())
}

fn lossy(snapshot: Snapshot<'_, '_>, image: &DrawnImage, filter: &str) -> Option<bool> {
    match filter {
        "DCTDecode" | "DCT" => Some(true),
        "JPXDecode" => jpeg2000::is_lossy(&snapshot.raw_stream_data(&image.stream).ok()?),
        // Symbols that look alike may have been taken for the same.
        "JBIG2Decode" => None,
        "CCITTFaxDecode" | "CCF" | "FlateDecode" | "Fl" | "LZWDecode" | "LZW" | "RunLengthDecode" | "RL"
        | "" | "ASCIIHexDecode" | "AHx" | "ASCII85Decode" | "A85" => Some(false),
        _ => None,
    }
}

/// Colour components of an image's colour space; one for a palette, whose index counts.
fn components(snapshot: Snapshot<'_, '_>, dictionary: &Dictionary) -> Result<Option<u32>, Error> {
    let space = snapshot.value(dictionary, "ColorSpace")?;
    let (name, parameters) = match &space {
        Object::Array(parts) => (parts.first().cloned().unwrap_or(Object::Null), parts.get(1).cloned()),
        other => (other.clone(), None),
    };
    let name = snapshot.resolve(&name)?;
    Ok(match name.as_name().unwrap_or_default() {
        b"DeviceGray" | b"CalGray" | b"G" | b"Indexed" | b"I" | b"Separation" => Some(1),
        b"DeviceRGB" | b"CalRGB" | b"RGB" | b"Lab" => Some(3),
        b"DeviceCMYK" | b"CMYK" => Some(4),
        b"ICCBased" => match parameters.map(|one| snapshot.resolve(&one)).transpose()? {
            Some(Object::Stream(profile)) => {
                let count = snapshot.value(&profile.dictionary, "N")?.as_integer();
                count.and_then(|count| u32::try_from(count).ok()).filter(|count| *count <= 4)
            }
            _ => None,
        },
        _ => None,
    })
}

//! The seal's image as PDF objects (ISO 32000-2, 8.9).

use std::io::Cursor;

use hsign_pdf::{Dictionary, Object, ObjectId, Update};

use crate::Error;
use crate::font::compressed;
use crate::number::array;

/// Pixels of one image: 64 megabytes decoded, far more than any seal.
const MOST_PIXELS: u64 = 16 << 20;

/// An image of a seal.
#[derive(Clone, Debug)]
pub struct Seal {
    width: u32,
    height: u32,
    pixels: Pixels,
}

#[derive(Clone, Debug)]
enum Pixels {
    /// A whole JPEG file with 1 or 3 components.
    Jpeg { bytes: Vec<u8>, components: usize },
    /// Rows of samples, and their opacity where not everything is opaque.
    Samples { bytes: Vec<u8>, components: usize, alpha: Option<Vec<u8>> },
}

impl Seal {
    /// Reads a PNG or a JPEG file; a JPEG's bytes are kept as they are.
    ///
    /// # Errors
    /// When it is neither, damaged, too large, or a JPEG in CMYK.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Error> {
        if bytes.starts_with(b"\x89PNG") { png(&bytes) } else { jpeg(bytes) }
    }

    /// Width by height.
    pub(crate) fn aspect(&self) -> f64 {
        f64::from(self.width) / f64::from(self.height)
    }

    /// Puts the image into the document. `opaque` lays it on white: PDF/A-1 knows no transparency.
    pub(crate) fn embed(
        &self,
        opaque: bool,
        update: &mut Update<'_, '_>,
    ) -> Result<ObjectId, hsign_pdf::Error> {
        let id = update.allocate()?;
        match &self.pixels {
            Pixels::Jpeg { bytes, components } => {
                let mut image = self.dictionary(colours(*components));
                image.set("Filter", Object::name("DCTDecode"));
                update.set_stream(id, &image, bytes);
            }
            Pixels::Samples { bytes, components, alpha } => {
                let mut image = self.dictionary(colours(*components));
                match alpha {
                    Some(alpha) if opaque => {
                        compressed(id, image, &on_white(bytes, alpha, *components), update)?;
                        return Ok(id);
                    }
                    Some(alpha) => {
                        let mask = update.allocate()?;
                        compressed(mask, self.dictionary(Object::name("DeviceGray")), alpha, update)?;
                        image.set("SMask", Object::Reference(mask));
                    }
                    None => {}
                }
                compressed(id, image, bytes, update)?;
            }
        }
        Ok(id)
    }

    fn dictionary(&self, colours: Object) -> Dictionary {
        let mut image = Dictionary::new();
        image.set("Type", Object::name("XObject"));
        image.set("Subtype", Object::name("Image"));
        image.set("Width", Object::Integer(self.width.into()));
        image.set("Height", Object::Integer(self.height.into()));
        image.set("ColorSpace", colours);
        image.set("BitsPerComponent", Object::Integer(8));
        image
    }
}

/// Colours that mean the same on every device, as PDF/A asks where the document names no output intent: sRGB's
/// primaries and white point with a gamma of 2.2.
pub(crate) fn colours(components: usize) -> Object {
    const WHITE: [f64; 3] = [0.9505, 1.0, 1.089];
    const PRIMARIES: [f64; 9] = [0.4124, 0.2126, 0.0193, 0.3576, 0.7151, 0.1192, 0.1805, 0.0722, 0.9505];
    let mut parameters = Dictionary::new();
    parameters.set("WhitePoint", array(&WHITE));
    let family = if components == 1 {
        parameters.set("Gamma", Object::real(2.2));
        "CalGray"
    } else {
        parameters.set("Gamma", array(&[2.2; 3]));
        parameters.set("Matrix", array(&PRIMARIES));
        "CalRGB"
    };
    Object::Array(vec![Object::name(family), Object::Dictionary(parameters)])
}

fn unusable(reason: impl ToString) -> Error {
    Error::Image(reason.to_string())
}

fn sized(width: u32, height: u32, pixels: Pixels) -> Result<Seal, Error> {
    if width == 0 || height == 0 {
        return Err(unusable("it has no pixels"));
    }
    Ok(Seal { width, height, pixels })
}

fn within_budget(width: u32, height: u32) -> Result<(), Error> {
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(unusable(format!("{width} × {height} pixels are more than {MOST_PIXELS}")));
    }
    Ok(())
}

fn jpeg(bytes: Vec<u8>) -> Result<Seal, Error> {
    let mut decoder = jpeg_decoder::Decoder::new(Cursor::new(&bytes));
    decoder.read_info().map_err(unusable)?;
    let info = decoder.info().ok_or_else(|| unusable("it has no header"))?;
    within_budget(info.width.into(), info.height.into())?;
    let components = match info.pixel_format {
        jpeg_decoder::PixelFormat::L8 => 1,
        jpeg_decoder::PixelFormat::RGB24 => 3,
        _ => return Err(unusable("a JPEG must be grey or RGB with 8 bits")),
    };
    sized(info.width.into(), info.height.into(), Pixels::Jpeg { bytes, components })
}

fn png(bytes: &[u8]) -> Result<Seal, Error> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(unusable)?;
    let (width, height) = (reader.info().width, reader.info().height);
    within_budget(width, height)?;
    let size = reader.output_buffer_size().ok_or_else(|| unusable("too large"))?;
    let mut buffer = vec![0; size];
    let frame = reader.next_frame(&mut buffer).map_err(unusable)?;
    buffer.truncate(frame.buffer_size());
    let (components, has_alpha) = match frame.color_type {
        png::ColorType::Grayscale => (1, false),
        png::ColorType::GrayscaleAlpha => (1, true),
        png::ColorType::Rgb => (3, false),
        png::ColorType::Rgba => (3, true),
        png::ColorType::Indexed => return Err(unusable("its palette can't be read")),
    };
    let (bytes, alpha) = if has_alpha { separate(&buffer, components) } else { (buffer, None) };
    sized(width, height, Pixels::Samples { bytes, components, alpha })
}

/// Samples and opacity apart; no opacity where all is opaque.
fn separate(buffer: &[u8], components: usize) -> (Vec<u8>, Option<Vec<u8>>) {
    let mut samples = Vec::with_capacity(buffer.len());
    let mut alpha = Vec::with_capacity(buffer.len() / (components + 1));
    for pixel in buffer.chunks_exact(components + 1) {
        if let Some((opacity, colour)) = pixel.split_last() {
            samples.extend(colour);
            alpha.push(*opacity);
        }
    }
    let opaque = alpha.iter().all(|opacity| *opacity == u8::MAX);
    (samples, (!opaque).then_some(alpha))
}

fn on_white(samples: &[u8], alpha: &[u8], components: usize) -> Vec<u8> {
    let mix = |sample: u8, opacity: u8| {
        let (sample, opacity) = (u16::from(sample), u16::from(opacity));
        u8::try_from((sample * opacity + 255 * (255 - opacity)) / 255).unwrap_or(u8::MAX)
    };
    let pixels = samples.chunks_exact(components).zip(alpha);
    pixels.flat_map(|(pixel, opacity)| pixel.iter().map(|sample| mix(*sample, *opacity))).collect()
}

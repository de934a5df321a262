use hsign_pdf::{Appearance, Dictionary, Drawing, Object, Update, number_text as text};

use crate::Error;
use crate::font::{Failure, Font, Line};
use crate::layout::{self, Layout, arrange};
use crate::seal::{Seal, colours};

/// A mark that is ready to be drawn at any size.
#[derive(Clone, Debug)]
pub struct Mark {
    font: Option<Font>,
    lines: Vec<Line>,
    seal: Option<Seal>,
}

impl Mark {
    /// A mark with these lines in this font, beside the seal if there is one.
    ///
    /// # Errors
    /// When there is nothing to show, or the font lacks a character.
    pub fn new(text: Option<(Font, &[String])>, seal: Option<Seal>) -> Result<Self, Error> {
        let (font, lines) = match text {
            Some((font, lines)) => {
                let lines: Result<Vec<Line>, Error> = lines.iter().map(|line| font.line(line)).collect();
                (Some(font), lines?)
            }
            None => (None, Vec::new()),
        };
        if lines.is_empty() && seal.is_none() {
            return Err(Error::Empty);
        }
        Ok(Self { font, lines, seal })
    }

    fn layout(&self, width: f64, height: f64) -> Layout {
        let widths: Vec<f64> = self.lines.iter().map(|line| line.width).collect();
        arrange(width, height, self.seal.as_ref().map(Seal::aspect), &widths)
    }
}

impl Appearance for Mark {
    fn draw(
        &self,
        width: f64,
        height: f64,
        update: &mut Update<'_, '_>,
    ) -> Result<Drawing, hsign_pdf::Error> {
        let layout = self.layout(width, height);
        let too_small = !self.lines.is_empty() && layout.type_size < layout::SMALLEST_TYPE;
        if too_small || width <= 0.0 || height <= 0.0 {
            return Err(hsign_pdf::Error::AreaTooSmall { width, height });
        }
        let mut resources = Dictionary::new();
        let mut content = String::new();
        if let (Some(seal), Some(place)) = (&self.seal, layout.seal) {
            let image = seal.embed(forbids_transparency(update), update)?;
            resources.set("XObject", dictionary("Seal", Object::Reference(image)));
            let [width, height, left, bottom] =
                [place.width, place.height, place.left, place.bottom].map(text);
            content.push_str(&format!("q {width} 0 0 {height} {left} {bottom} cm /Seal Do Q\n"));
        }
        if let Some(font) = self.font.as_ref().filter(|_| !self.lines.is_empty()) {
            let embedded = font.embed(&self.lines, update).map_err(|failure| match failure {
                Failure::Document(error) => error,
                Failure::Mark(error) => hsign_pdf::Error::Appearance(error.to_string()),
            })?;
            resources.set("Font", dictionary("Text", Object::Reference(embedded.id)));
            resources.set("ColorSpace", dictionary("Ink", colours(1)));
            content.push_str(&format!("BT /Ink cs 0 sc /Text {} Tf\n", text(layout.type_size)));
            for (line, (left, base)) in self.lines.iter().zip(&layout.lines) {
                let (left, base) = (text(*left), text(*base));
                content.push_str(&format!("1 0 0 1 {left} {base} Tm <{}> Tj\n", embedded.string(line)));
            }
            content.push_str("ET\n");
        }
        Ok(Drawing { resources, content: content.into_bytes() })
    }
}

fn dictionary(key: &str, value: Object) -> Object {
    let mut dictionary = Dictionary::new();
    dictionary.set(key, value);
    Object::Dictionary(dictionary)
}

/// Whether the document is PDF/A that allows no soft mask: part 1 (ISO 19005-1, 6.4), and any other where nothing says
/// in which colours to blend (ISO 19005-2, 6.2.10). At worst the seal has a white ground.
fn forbids_transparency(update: &Update<'_, '_>) -> bool {
    let document = update.document().newest();
    document.archival_part().is_some_and(|part| part == 1 || !document.has_output_intent())
}

//! A font, and the part of it that a mark needs as PDF objects (ISO 32000-2, 9.7 and 9.9).

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use hsign_pdf::{Dictionary, Object, ObjectId, PdfString, Update};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId, Permissions, RawFace, Tag};

use crate::Error;
use crate::number::array;

/// A TrueType or OpenType font whose makers allow it to be embedded.
#[derive(Clone, Debug)]
pub struct Font {
    bytes: Vec<u8>,
    index: u32,
}

/// One line of text, by the font's own glyph numbers.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    text: String,
    glyphs: Vec<u16>,
    /// Width in font sizes.
    pub(crate) width: f64,
}

/// A font that is in the document, and how its glyphs are called there.
pub(crate) struct Embedded {
    pub(crate) id: ObjectId,
    glyphs: GlyphRemapper,
}

impl Font {
    /// Reads a font file (TTF, OTF), or the font number `index` of a collection (TTC).
    ///
    /// # Errors
    /// When it can't be read, or says that it must not be embedded or subsetted.
    pub fn new(bytes: Vec<u8>, index: u32) -> Result<Self, Error> {
        let face = Face::parse(&bytes, index).map_err(|error| Error::Font(error.to_string()))?;
        let restricted = face.permissions() == Some(Permissions::Restricted);
        if restricted || !face.is_subsetting_allowed() {
            return Err(Error::FontNotEmbeddable);
        }
        Ok(Self { bytes, index })
    }

    fn face(&self) -> Result<Face<'_>, Error> {
        Face::parse(&self.bytes, self.index).map_err(|error| Error::Font(error.to_string()))
    }

    /// Looks a text's glyphs up. Horizontal, one glyph a character: enough for names, titles and times.
    pub(crate) fn line(&self, text: &str) -> Result<Line, Error> {
        let face = self.face()?;
        let scale = 1.0 / f64::from(face.units_per_em());
        let mut line = Line { text: text.to_owned(), glyphs: Vec::new(), width: 0.0 };
        for character in text.chars() {
            let glyph = face.glyph_index(character).ok_or(Error::Glyph { character })?;
            line.glyphs.push(glyph.0);
            line.width += f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale;
        }
        Ok(line)
    }

    /// Puts what the lines need of the font into the document.
    pub(crate) fn embed(&self, lines: &[Line], update: &mut Update<'_, '_>) -> Result<Embedded, Failure> {
        let face = self.face()?;
        let used = used(lines);
        let all: Vec<u16> = used.keys().copied().collect();
        let glyphs = GlyphRemapper::new_from_glyphs_sorted(&all);
        let subset = subsetter::subset(&self.bytes, self.index, &glyphs)
            .map_err(|error| Error::Font(error.to_string()))?;
        let name = name(&face, &all);
        let descriptor = descriptor(&face, &name, &subset, glyphs.num_gids(), update)?;
        let descendant = update.allocate()?;
        update.set(descendant, &descendant_font(&face, &name, descriptor, &all, &glyphs));
        let unicode = update.allocate()?;
        compressed(unicode, Dictionary::new(), to_unicode(&used, &glyphs).as_bytes(), update)?;
        let mut font = Dictionary::new();
        font.set("Type", Object::name("Font"));
        font.set("Subtype", Object::name("Type0"));
        font.set("BaseFont", Object::name(&name));
        font.set("Encoding", Object::name("Identity-H"));
        font.set("DescendantFonts", Object::Array(vec![Object::Reference(descendant)]));
        font.set("ToUnicode", Object::Reference(unicode));
        let id = update.allocate()?;
        update.set(id, &Object::Dictionary(font));
        Ok(Embedded { id, glyphs })
    }
}

/// What may go wrong while drawing: the mark's own reasons, or the document's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Mark(#[from] Error),
    #[error(transparent)]
    Document(#[from] hsign_pdf::Error),
}

impl Embedded {
    /// The line as the hexadecimal string that shows it.
    pub(crate) fn string(&self, line: &Line) -> String {
        let codes = line.glyphs.iter().map(|glyph| self.glyphs.get(*glyph).unwrap_or(0));
        codes.map(|code| format!("{code:04x}")).collect()
    }
}

/// The glyphs with one character each that they stand for.
fn used(lines: &[Line]) -> BTreeMap<u16, char> {
    let pairs = lines.iter().flat_map(|line| line.glyphs.iter().copied().zip(line.text.chars()));
    pairs.collect()
}

/// A subset's name has a tag of six capitals in front (ISO 32000-2, 9.9.2): here from the glyphs, so that the same
/// text gives the same bytes.
fn name(face: &Face<'_>, glyphs: &[u16]) -> String {
    let mut hash = glyphs
        .iter()
        .fold(0x811c_9dc5_u32, |hash, glyph| (hash ^ u32::from(*glyph)).wrapping_mul(0x0100_0193));
    let mut tag = String::new();
    for _ in 0..6 {
        tag.push(char::from(b'A' + u8::try_from(hash % 26).unwrap_or(0)));
        hash /= 26;
    }
    let names = face.names().into_iter().filter(|name| name.name_id == ttf_parser::name_id::POST_SCRIPT_NAME);
    let base = names.filter_map(|name| name.to_string()).next().unwrap_or_default();
    let base: String = base.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("{tag}+{}", if base.is_empty() { "Font" } else { &base })
}

/// CFF outlines are embedded as bare CFF, TrueType outlines as the subset font (ISO 32000-2, Table 124).
fn descriptor(
    face: &Face<'_>,
    name: &str,
    subset: &[u8],
    glyphs: u16,
    update: &mut Update<'_, '_>,
) -> Result<ObjectId, Failure> {
    let file = update.allocate()?;
    let cff = RawFace::parse(subset, 0).ok().and_then(|raw| raw.table(Tag::from_bytes(b"CFF ")));
    let mut dictionary = Dictionary::new();
    let key = if let Some(cff) = cff {
        dictionary.set("Subtype", Object::name("CIDFontType0C"));
        compressed(file, dictionary, cff, update)?;
        "FontFile3"
    } else {
        dictionary.set("Length1", Object::Integer(i64::try_from(subset.len()).unwrap_or(i64::MAX)));
        compressed(file, dictionary, subset, update)?;
        "FontFile2"
    };
    let unit = 1000.0 / f64::from(face.units_per_em());
    let scaled = |value: i16| f64::from(value) * unit;
    let bounds = face.global_bounding_box();
    let mut descriptor = Dictionary::new();
    descriptor.set("Type", Object::name("FontDescriptor"));
    descriptor.set("FontName", Object::name(name));
    // Symbolic: the codes are glyph numbers (ISO 32000-2, Table 121).
    descriptor.set("Flags", Object::Integer(4));
    let corners = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(scaled);
    descriptor.set("FontBBox", array(&corners));
    descriptor.set("ItalicAngle", Object::real(f64::from(face.italic_angle())));
    descriptor.set("Ascent", Object::real(scaled(face.ascender())));
    descriptor.set("Descent", Object::real(scaled(face.descender())));
    descriptor.set("CapHeight", Object::real(scaled(face.capital_height().unwrap_or(face.ascender()))));
    descriptor.set("StemV", Object::Integer(80));
    descriptor.set(key, Object::Reference(file));
    // ISO 19005-1, 6.3.5: which glyphs a subset has; later parts don't ask.
    if update.document().newest().archival_part() == Some(1) {
        let set = update.allocate()?;
        compressed(set, Dictionary::new(), &glyph_set(glyphs), update)?;
        descriptor.set("CIDSet", Object::Reference(set));
    }
    let id = update.allocate()?;
    update.set(id, &Object::Dictionary(descriptor));
    Ok(id)
}

/// One bit for each of the first `count` glyphs, the first in the highest place (ISO 32000-1, Table 124).
fn glyph_set(count: u16) -> Vec<u8> {
    let mut set = vec![0xFF; usize::from(count / 8)];
    if !count.is_multiple_of(8) {
        set.push(!(0xFF >> (count % 8)));
    }
    set
}

fn descendant_font(
    face: &Face<'_>,
    name: &str,
    descriptor: ObjectId,
    used: &[u16],
    glyphs: &GlyphRemapper,
) -> Object {
    let is_cff = face.tables().cff.is_some();
    let mut font = Dictionary::new();
    font.set("Type", Object::name("Font"));
    font.set("Subtype", Object::name(if is_cff { "CIDFontType0" } else { "CIDFontType2" }));
    font.set("BaseFont", Object::name(name));
    let mut system = Dictionary::new();
    for (key, value) in [("Registry", "Adobe"), ("Ordering", "Identity")] {
        system.set(key, Object::String(PdfString::literal(value)));
    }
    system.set("Supplement", Object::Integer(0));
    font.set("CIDSystemInfo", Object::Dictionary(system));
    font.set("FontDescriptor", Object::Reference(descriptor));
    font.set("DW", Object::Integer(1000));
    let unit = 1000.0 / f64::from(face.units_per_em());
    let mut widths = Vec::new();
    for glyph in used {
        let advance = f64::from(face.glyph_hor_advance(GlyphId(*glyph)).unwrap_or(0)) * unit;
        widths.push(Object::Integer(i64::from(glyphs.get(*glyph).unwrap_or(0))));
        widths.push(Object::Array(vec![Object::real(advance)]));
    }
    font.set("W", Object::Array(widths));
    if !is_cff {
        font.set("CIDToGIDMap", Object::name("Identity"));
    }
    Object::Dictionary(font)
}

/// The CMap that lets readers copy and search the text (ISO 32000-2, 9.10.3).
fn to_unicode(used: &BTreeMap<u16, char>, glyphs: &GlyphRemapper) -> String {
    let mut map = String::from(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
         /CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n\
         /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
         1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n",
    );
    let rows: Vec<_> =
        used.iter().map(|(glyph, character)| (glyphs.get(*glyph).unwrap_or(0), *character)).collect();
    // At most a hundred rows a block.
    for block in rows.chunks(100) {
        map.push_str(&format!("{} beginbfchar\n", block.len()));
        for (code, character) in block {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units);
            let text: String = units.iter().map(|unit| format!("{unit:04x}")).collect();
            map.push_str(&format!("<{code:04x}> <{text}>\n"));
        }
        map.push_str("endbfchar\n");
    }
    map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    map
}

/// Sets a stream, deflated.
pub(crate) fn compressed(
    id: ObjectId,
    mut dictionary: Dictionary,
    data: &[u8],
    update: &mut Update<'_, '_>,
) -> Result<(), hsign_pdf::Error> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data)?;
    dictionary.set("Filter", Object::name("FlateDecode"));
    update.set_stream(id, &dictionary, &encoder.finish()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::glyph_set;

    #[test]
    fn iso_32000_1_table_124_the_first_glyph_is_the_highest_bit() {
        assert_eq!(glyph_set(3), [0b1110_0000]);
        assert_eq!(glyph_set(8), [0xFF]);
        assert_eq!(glyph_set(10), [0xFF, 0b1100_0000]);
    }
}

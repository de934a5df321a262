//! Where text stands on a page, by its content streams (ISO 32000-2, 8 and 9): what an overlay could hide.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use hsign_core::Budget;

use super::fonts::Font;
use super::geometry::{Area, Matrix};
use super::view::View;
use crate::content_stream::{DEEPEST, LARGEST_CONTENT, MOST_STATES, Operators};
use crate::error::{Error, Result};
use crate::object::{Dictionary, Object};

/// Operators of one document: some hundreds of dense pages.
pub(super) const MOST_OPERATORS: u64 = 5_000_000;
/// Pieces of text on one page.
const MOST_AREAS: usize = 200_000;
/// Height above and below the base line that counts as covered, in parts of the font size.
const ASCENT: f64 = 0.7;
const DESCENT: f64 = -0.15;

/// The text of a page.
#[derive(Debug, Default)]
pub(super) struct TextLayer {
    pub(super) areas: Vec<Area>,
    /// Why there may be text elsewhere, too.
    pub(super) undetermined: Option<String>,
    /// Every object that was looked at.
    pub(super) used: BTreeSet<u32>,
}

/// Reads a page. What can't be read is told, not an error.
pub(super) fn of_page(view: View<'_, '_, '_>, page: &Dictionary, budget: &mut Budget) -> Result<TextLayer> {
    let mut reader = Reader { view, budget, layer: TextLayer::default(), fonts: HashMap::new() };
    match reader.page(page) {
        Err(error @ Error::Source(_)) => return Err(error),
        Err(error) => reader.layer.undetermined = Some(error.to_string()),
        Ok(()) => {}
    }
    Ok(reader.layer)
}

struct Reader<'b, 'a, 'd, 's> {
    view: View<'a, 'd, 's>,
    budget: &'b mut Budget,
    layer: TextLayer,
    fonts: HashMap<u32, Rc<Font>>,
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    character_space: f64,
    word_space: f64,
    scale: f64,
    leading: f64,
    rise: f64,
    mode: i64,
}

impl State {
    fn new(matrix: Matrix) -> Self {
        Self {
            matrix,
            font: None,
            size: 0.0,
            character_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0,
        }
    }
}

/// One content stream while it is read.
struct Stream {
    state: State,
    saved: Vec<State>,
    text: Matrix,
    line: Matrix,
    operands: Vec<Object>,
    depth: u32,
}

impl Reader<'_, '_, '_, '_> {
    fn page(&mut self, page: &Dictionary) -> Result<()> {
        self.note(page, "Contents");
        self.note(page, "Resources");
        let resources = match self.view.snapshot.inherited(page, "Resources")? {
            Object::Dictionary(resources) => resources,
            _ => Dictionary::new(),
        };
        let parts = match self.view.value(page, "Contents")? {
            Object::Null => return Ok(()),
            Object::Array(parts) => parts,
            single => vec![single],
        };
        let mut content = Vec::new();
        for part in &parts {
            self.note_reference(part);
            let Object::Stream(stream) = self.view.resolve(part)? else {
                return Err(Error::Structure("page content that is no stream"));
            };
            let left = LARGEST_CONTENT.saturating_sub(content.len() as u64);
            content.extend(self.view.snapshot.stream_data(&stream, left)?);
            content.push(b'\n');
        }
        self.content(&content, &resources, State::new(Matrix::IDENTITY), 0)
    }

    fn note(&mut self, dictionary: &Dictionary, key: &str) {
        if let Some(value) = dictionary.get(key) {
            self.note_reference(value);
        }
    }

    fn note_reference(&mut self, object: &Object) {
        self.layer.used.extend(object.as_reference().map(|id| id.number));
    }

    fn content(&mut self, bytes: &[u8], resources: &Dictionary, state: State, depth: u32) -> Result<()> {
        let mut stream = Stream {
            state,
            saved: Vec::new(),
            text: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
            operands: Vec::new(),
            depth,
        };
        let mut operators = Operators::of(bytes);
        while let Some(word) = operators.next(&mut stream.operands, self.budget)? {
            self.operator(&word, &mut stream, resources)?;
        }
        Ok(())
    }

    fn operator(&mut self, word: &[u8], stream: &mut Stream, resources: &Dictionary) -> Result<()> {
        let number = |index: usize| stream.operands.get(index).and_then(Object::as_number).unwrap_or(0.0);
        match word {
            b"q" if stream.saved.len() < MOST_STATES => stream.saved.push(stream.state.clone()),
            b"q" => return Err(Error::Structure("too many saved graphics states")),
            b"Q" => {
                if let Some(state) = stream.saved.pop() {
                    stream.state = state;
                }
            }
            b"cm" => stream.state.matrix = stream.matrix_operand()?.then(&stream.state.matrix),
            b"BT" => {
                stream.text = Matrix::IDENTITY;
                stream.line = Matrix::IDENTITY;
            }
            b"Tc" => stream.state.character_space = number(0),
            b"Tw" => stream.state.word_space = number(0),
            b"Tz" => stream.state.scale = number(0) / 100.0,
            b"TL" => stream.state.leading = number(0),
            b"Ts" => stream.state.rise = number(0),
            b"Tr" => {
                stream.state.mode = stream.operands.first().and_then(Object::as_integer).unwrap_or(0);
            }
            b"Tf" => {
                stream.state.size = number(1);
                stream.state.font = Some(self.font(stream.operands.first(), resources)?);
            }
            b"gs" => self.graphics_state(stream, resources)?,
            b"Td" => stream.next_line(number(0), number(1)),
            b"TD" => {
                stream.state.leading = -number(1);
                stream.next_line(number(0), number(1));
            }
            b"Tm" => {
                stream.line = stream.matrix_operand()?;
                stream.text = stream.line;
            }
            b"T*" => stream.next_line(0.0, -stream.state.leading),
            b"Tj" => self.show_operand(stream, 0)?,
            b"'" => {
                stream.next_line(0.0, -stream.state.leading);
                self.show_operand(stream, 0)?;
            }
            b"\"" => {
                stream.state.word_space = number(0);
                stream.state.character_space = number(1);
                stream.next_line(0.0, -stream.state.leading);
                self.show_operand(stream, 2)?;
            }
            b"TJ" => self.show_array(stream)?,
            b"Do" => self.external(stream, resources)?,
            _ => {}
        }
        Ok(())
    }

    /// /Font of a graphics state parameter dictionary.
    fn graphics_state(&mut self, stream: &mut Stream, resources: &Dictionary) -> Result<()> {
        let Some(found) = self.resource(stream.operands.first(), resources, "ExtGState")? else {
            return Ok(());
        };
        let Object::Dictionary(found) = found else { return Ok(()) };
        if let [font, size] = self.view.array(&found, "Font")?.as_slice() {
            stream.state.size = self.view.resolve(size)?.as_number().unwrap_or(0.0);
            stream.state.font = Some(self.read_font(Some(font))?);
        }
        Ok(())
    }

    fn resource(
        &mut self,
        name: Option<&Object>,
        resources: &Dictionary,
        category: &str,
    ) -> Result<Option<Object>> {
        let Some(name) = name.and_then(Object::as_name) else { return Ok(None) };
        self.note(resources, category);
        let category = self.view.dictionary(resources, category)?;
        let Some(value) = category.get_str(name) else { return Ok(None) };
        self.note_reference(value);
        Ok(Some(self.view.resolve(value)?))
    }

    fn font(&mut self, name: Option<&Object>, resources: &Dictionary) -> Result<Rc<Font>> {
        let Some(name) = name.and_then(Object::as_name) else { return Ok(Rc::new(Font::Unknown)) };
        self.note(resources, "Font");
        let fonts = self.view.dictionary(resources, "Font")?;
        self.read_font(fonts.get_str(name))
    }

    fn read_font(&mut self, font: Option<&Object>) -> Result<Rc<Font>> {
        let Some(font) = font else { return Ok(Rc::new(Font::Unknown)) };
        let id = font.as_reference();
        if let Some(known) = id.and_then(|id| self.fonts.get(&id.number)) {
            return Ok(Rc::clone(known));
        }
        self.note_reference(font);
        let read = match self.view.resolve(font)? {
            Object::Dictionary(font) => Font::read(&self.view, &font)?,
            _ => Font::Unknown,
        };
        let read = Rc::new(read);
        if let Some(id) = id {
            self.fonts.insert(id.number, Rc::clone(&read));
        }
        Ok(read)
    }

    fn show_operand(&mut self, stream: &mut Stream, index: usize) -> Result<()> {
        let Some(Object::String(string)) = stream.operands.get(index).cloned() else { return Ok(()) };
        self.show(stream, &string.bytes)
    }

    fn show_array(&mut self, stream: &mut Stream) -> Result<()> {
        let Some(Object::Array(parts)) = stream.operands.first().cloned() else { return Ok(()) };
        self.budget.spend(parts.len() as u64)?;
        for part in parts {
            match part {
                Object::String(string) => self.show(stream, &string.bytes)?,
                other => {
                    let shift = other.as_number().unwrap_or(0.0) / 1000.0 * stream.state.size;
                    stream.advance(-shift);
                }
            }
        }
        Ok(())
    }

    fn show(&mut self, stream: &mut Stream, bytes: &[u8]) -> Result<()> {
        let font = stream.state.font.clone().unwrap_or_else(|| Rc::new(Font::Unknown));
        let state = &stream.state;
        let measured = font.measure(bytes);
        #[allow(clippy::cast_precision_loss)]
        let spacing =
            measured.characters as f64 * state.character_space + measured.spaces as f64 * state.word_space;
        let size = state.size;
        let whole = stream.text.then(&state.matrix);
        let area = if font.is_vertical() {
            #[allow(clippy::cast_precision_loss)]
            let length = measured.characters as f64 * size.abs() + spacing;
            whole.area(-size / 2.0, state.rise - length, size / 2.0, state.rise + size * 0.1)
        } else {
            let width = measured.width / 1000.0 * size + spacing;
            let width = width * state.scale;
            whole.area(0.0, state.rise + size * DESCENT, width, state.rise + size * ASCENT)
        };
        // ISO 32000-2, 9.3.6: mode 3 paints nothing; scanners put recognised text under the picture that way.
        let shows = state.mode != 3 && !bytes.is_empty() && !font.is_rule(bytes);
        if shows {
            if area.0.iter().any(|number| !number.is_finite()) || self.layer.areas.len() >= MOST_AREAS {
                return Err(Error::Structure("text whose place can't be told"));
            }
            self.layer.areas.push(area);
        }
        stream.advance_by(&font, &measured.width, spacing, measured.characters);
        Ok(())
    }

    /// A form XObject; images hold no text.
    fn external(&mut self, stream: &Stream, resources: &Dictionary) -> Result<()> {
        let name = stream.operands.first();
        let Some(Object::Stream(form)) = self.resource(name, resources, "XObject")? else { return Ok(()) };
        if !form.dictionary.get("Subtype").is_some_and(|kind| kind.is_name("Form")) {
            return Ok(());
        }
        if stream.depth >= DEEPEST {
            return Err(Error::Structure("forms within forms too deeply"));
        }
        self.budget.spend(16)?;
        let bytes = self.view.snapshot.stream_data(&form, LARGEST_CONTENT)?;
        let own = match self.view.value(&form.dictionary, "Resources")? {
            Object::Dictionary(own) => own,
            _ => resources.clone(),
        };
        self.note(&form.dictionary, "Resources");
        let mut state = stream.state.clone();
        if let Some(matrix) = numbers(&self.view.array(&form.dictionary, "Matrix")?) {
            state.matrix = Matrix::new(matrix).then(&state.matrix);
        }
        self.content(&bytes, &own, state, stream.depth + 1)
    }
}

impl Stream {
    fn matrix_operand(&self) -> Result<Matrix> {
        numbers(&self.operands).map(Matrix::new).ok_or(Error::Structure("a matrix without six numbers"))
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line = Matrix::translation(x, y).then(&self.line);
        self.text = self.line;
    }

    /// Moves on by a distance in unscaled text space.
    fn advance(&mut self, distance: f64) {
        let vertical = self.state.font.as_ref().is_some_and(|font| font.is_vertical());
        let (x, y) = if vertical { (0.0, distance) } else { (distance * self.state.scale, 0.0) };
        self.text = Matrix::translation(x, y).then(&self.text);
    }

    fn advance_by(&mut self, font: &Font, width: &f64, spacing: f64, characters: usize) {
        #[allow(clippy::cast_precision_loss)]
        let distance = if font.is_vertical() {
            -(characters as f64 * self.state.size) - spacing
        } else {
            width / 1000.0 * self.state.size + spacing
        };
        self.advance(distance);
    }
}

fn numbers(objects: &[Object]) -> Option<[f64; 6]> {
    let numbers: Vec<f64> = objects.iter().filter_map(Object::as_number).collect();
    <[f64; 6]>::try_from(numbers).ok()
}

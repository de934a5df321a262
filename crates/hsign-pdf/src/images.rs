//! Images that a page shows, and how large (ISO 32000-2, 8.9): no pixel is decoded.

use hsign_core::Budget;

use crate::changes::geometry::Matrix;
use crate::content_stream::{DEEPEST, LARGEST_CONTENT, MOST_STATES, Operators};
use crate::document::Snapshot;
use crate::error::{Error, Result};
use crate::object::{Dictionary, Object, ObjectId, Stream};

/// An image where it is drawn.
#[derive(Clone, Debug)]
pub struct DrawnImage {
    /// Length of its two sides on the page, in units of user space.
    pub size: (f64, f64),
    /// The image XObject.
    pub stream: Stream,
}

impl Snapshot<'_, '_> {
    /// Visits the pages in order until one gives a value.
    ///
    /// # Errors
    /// When the page tree is damaged or loops.
    pub fn visit_pages<T>(&self, visit: impl FnMut(ObjectId, Dictionary) -> Option<T>) -> Result<Option<T>> {
        self.walk_pages(visit)
    }

    /// The image XObjects that a page draws, those inside form XObjects too. Inline images are passed over.
    ///
    /// # Errors
    /// When the page's content can't be read, or `budget` (operators) runs out.
    pub fn page_images(&self, page: &Dictionary, budget: &mut Budget) -> Result<Vec<DrawnImage>> {
        let mut content = Vec::new();
        let parts = match self.value(page, "Contents")? {
            Object::Null => return Ok(Vec::new()),
            Object::Array(parts) => parts,
            single => vec![single],
        };
        for part in &parts {
            let Object::Stream(stream) = self.resolve(part)? else {
                return Err(Error::Structure("page content that is no stream"));
            };
            let left = LARGEST_CONTENT.saturating_sub(content.len() as u64);
            content.extend(self.stream_data(&stream, left)?);
            content.push(b'\n');
        }
        let resources = dictionary(self.inherited(page, "Resources")?);
        let mut walk = Walk { snapshot: *self, budget, found: Vec::new() };
        walk.content(&content, &resources, Matrix::IDENTITY, 0)?;
        Ok(walk.found)
    }
}

fn dictionary(object: Object) -> Dictionary {
    match object {
        Object::Dictionary(found) => found,
        _ => Dictionary::new(),
    }
}

struct Walk<'b, 'd, 's> {
    snapshot: Snapshot<'d, 's>,
    budget: &'b mut Budget,
    found: Vec<DrawnImage>,
}

impl Walk<'_, '_, '_> {
    fn content(&mut self, bytes: &[u8], resources: &Dictionary, matrix: Matrix, depth: u32) -> Result<()> {
        let (mut matrix, mut saved, mut operands) = (matrix, Vec::new(), Vec::new());
        let mut operators = Operators::of(bytes);
        while let Some(word) = operators.next(&mut operands, self.budget)? {
            match word.as_slice() {
                b"q" if saved.len() < MOST_STATES => saved.push(matrix),
                b"q" => return Err(Error::Structure("too many saved graphics states")),
                b"Q" => matrix = saved.pop().unwrap_or(matrix),
                b"cm" => matrix = Matrix::of(&operands).map_or(matrix, |next| next.then(&matrix)),
                b"Do" => self.external(operands.first(), resources, &matrix, depth)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn external(
        &mut self,
        name: Option<&Object>,
        resources: &Dictionary,
        matrix: &Matrix,
        depth: u32,
    ) -> Result<()> {
        let Some(name) = name.and_then(Object::as_name) else { return Ok(()) };
        let category = dictionary(self.snapshot.value(resources, "XObject")?);
        let Some(value) = category.get_str(name) else { return Ok(()) };
        let Object::Stream(stream) = self.snapshot.resolve(value)? else { return Ok(()) };
        let kind = self.snapshot.value(&stream.dictionary, "Subtype")?;
        if kind.is_name("Image") {
            self.found.push(DrawnImage { size: matrix.sides(), stream });
        } else if kind.is_name("Form") && depth < DEEPEST {
            let own = self.snapshot.value(&stream.dictionary, "Matrix")?;
            let own = own.as_array().and_then(Matrix::of).unwrap_or(Matrix::IDENTITY);
            let resources = match self.snapshot.value(&stream.dictionary, "Resources")? {
                Object::Dictionary(own) => own,
                _ => resources.clone(),
            };
            let content = self.snapshot.stream_data(&stream, LARGEST_CONTENT)?;
            self.content(&content, &resources, own.then(matrix), depth + 1)?;
        }
        Ok(())
    }
}

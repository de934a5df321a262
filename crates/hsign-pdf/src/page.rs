//! The page tree (ISO 32000-2, 7.7.3).

use std::collections::HashSet;

use crate::document::Snapshot;
use crate::error::{Error, Result};
use crate::object::{Dictionary, Object, ObjectId};

/// Nodes of one page tree: well above any document seen, below what could be used to stall.
const MOST_NODES: usize = 2_000_000;

/// Parents of one page or field: far more than any tree is deep.
const DEEPEST: u32 = 256;

/// Which page is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageNumber {
    /// The page with this number, counted from 1.
    Number(usize),
    /// The last page.
    Last,
}

/// A rectangle in user space units: left, bottom, right, top.
pub type Rectangle = [f64; 4];

/// How a page is shown (ISO 32000-2, Table 31; inherited entries resolved).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PageGeometry {
    /// What a viewer shows of it: /CropBox within /MediaBox.
    pub shown: Rectangle,
    /// Clockwise rotation when shown: 0, 90, 180 or 270 degrees.
    pub rotation: u16,
    /// Size of a user space unit in points.
    pub user_unit: f64,
}

/// The nearest value of a key in a page or field or those above it; null if none has it.
pub(crate) fn nearest(
    node: &Dictionary,
    key: &str,
    value: impl Fn(&Dictionary, &str) -> Result<Object>,
) -> Result<Object> {
    let mut above;
    let mut node = node;
    for _ in 0..DEEPEST {
        let found = value(node, key)?;
        if found != Object::Null {
            return Ok(found);
        }
        above = value(node, "Parent")?;
        match &above {
            Object::Dictionary(parent) => node = parent,
            _ => return Ok(Object::Null),
        }
    }
    Err(Error::Structure("pages or fields above each other form a loop"))
}

impl Snapshot<'_, '_> {
    /// A page and its id; `None` when there are fewer.
    ///
    /// # Errors
    /// When the page tree is damaged or loops.
    pub fn page(&self, which: PageNumber) -> Result<Option<(ObjectId, Dictionary)>> {
        let mut count = 0;
        let mut last = None;
        let found = self.walk_pages(|id, page| {
            count += 1;
            match which {
                PageNumber::Number(number) => (number == count).then_some((id, page)),
                PageNumber::Last => {
                    last = Some((id, page));
                    None
                }
            }
        })?;
        Ok(found.or(last))
    }

    /// How a page is shown. A missing or unusable /MediaBox counts as the size of a letter, as viewers have it.
    ///
    /// # Errors
    /// When an entry can't be read or the page's parents form a loop.
    pub fn page_geometry(&self, page: &Dictionary) -> Result<PageGeometry> {
        const LETTER: Rectangle = [0.0, 0.0, 612.0, 792.0];
        let media = self.rectangle(&self.inherited(page, "MediaBox")?)?.unwrap_or(LETTER);
        let crop = self.rectangle(&self.inherited(page, "CropBox")?)?;
        let shown = crop.and_then(|crop| intersection(crop, media)).unwrap_or(media);
        let degrees = self.inherited(page, "Rotate")?.as_integer().unwrap_or(0).rem_euclid(360);
        let rotation = match degrees {
            90 => 90,
            180 => 180,
            270 => 270,
            _ => 0,
        };
        let user_unit = self.value(page, "UserUnit")?.as_number().filter(|unit| *unit > 0.0).unwrap_or(1.0);
        Ok(PageGeometry { shown, rotation, user_unit })
    }

    /// The value of an inheritable entry (ISO 32000-2, 7.7.3.4); null when no parent has it.
    ///
    /// # Errors
    /// When a parent can't be read or they form a loop.
    pub fn inherited(&self, page: &Dictionary, key: &str) -> Result<Object> {
        nearest(page, key, |node, key| self.value(node, key))
    }

    /// Four numbers as a rectangle with its corners in order; `None` when they enclose nothing.
    pub(crate) fn rectangle(&self, object: &Object) -> Result<Option<Rectangle>> {
        let Some(elements) = object.as_array() else { return Ok(None) };
        let mut numbers = Vec::with_capacity(4);
        for element in elements.iter().take(5) {
            numbers.extend(self.resolve(element)?.as_number());
        }
        let &[a, b, c, d] = numbers.as_slice() else { return Ok(None) };
        let rectangle = [a.min(c), b.min(d), a.max(c), b.max(d)];
        let usable = rectangle.iter().all(|number| number.is_finite()) && a != c && b != d;
        Ok(usable.then_some(rectangle))
    }

    /// The first page and its id.
    ///
    /// # Errors
    /// When the page tree is damaged, loops, or holds a page that isn't an indirect object.
    pub fn first_page(&self) -> Result<(ObjectId, Dictionary)> {
        self.walk_pages(|id, page| Some((id, page)))?.ok_or(Error::Structure("the document has no page"))
    }

    /// Number of pages, counted, not taken from `/Count`.
    ///
    /// # Errors
    /// When the page tree is damaged or loops.
    pub fn page_count(&self) -> Result<usize> {
        let mut count = 0;
        self.walk_pages(|_, _| {
            count += 1;
            None::<()>
        })?;
        Ok(count)
    }

    /// Visits the pages in order until one gives a value.
    pub(crate) fn walk_pages<T>(
        &self,
        mut visit: impl FnMut(ObjectId, Dictionary) -> Option<T>,
    ) -> Result<Option<T>> {
        let pages = self.catalog()?.get("Pages").and_then(Object::as_reference);
        let mut stack = vec![pages.ok_or(Error::Structure("the catalog has no /Pages reference"))?];
        let mut seen = HashSet::new();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                return Err(Error::Structure("the page tree forms a loop"));
            }
            if seen.len() > MOST_NODES {
                let budget =
                    hsign_core::BudgetExhausted { purpose: "page tree nodes", limit: MOST_NODES as u64 };
                return Err(budget.into());
            }
            let Object::Dictionary(node) = self.get(id)? else {
                return Err(Error::Object { object: id.number, what: "page tree node expected" });
            };
            let is_page = node.get("Type").is_some_and(|kind| kind.is_name("Page"));
            match self.value(&node, "Kids")? {
                Object::Array(kids) if !is_page => {
                    for kid in kids.iter().rev() {
                        let kid = kid.as_reference();
                        stack.push(kid.ok_or(Error::Structure("a page is not an indirect object"))?);
                    }
                }
                _ => {
                    if let Some(value) = visit(id, node) {
                        return Ok(Some(value));
                    }
                }
            }
        }
        Ok(None)
    }
}

fn intersection(a: Rectangle, b: Rectangle) -> Option<Rectangle> {
    let both = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
    (both[0] < both[2] && both[1] < both[3]).then_some(both)
}

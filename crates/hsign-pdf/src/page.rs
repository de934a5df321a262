//! The page tree (ISO 32000-2, 7.7.3).

use std::collections::HashSet;

use crate::document::Snapshot;
use crate::error::{Error, Result};
use crate::object::{Dictionary, Object, ObjectId};

/// Nodes of one page tree: well above any document seen, below what could be used to stall.
const MOST_NODES: usize = 2_000_000;

impl Snapshot<'_, '_> {
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
    fn walk_pages<T>(&self, mut visit: impl FnMut(ObjectId, Dictionary) -> Option<T>) -> Result<Option<T>> {
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

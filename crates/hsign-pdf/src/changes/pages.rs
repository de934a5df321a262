//! Pages by number, and the text on them, remembered as long as nothing that they use is touched.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use hsign_core::Budget;

use super::text::{self, TextLayer};
use super::view::View;
use crate::document::Document;
use crate::error::Result;
use crate::object::{Dictionary, Object};

/// Objects looked at to find the page that a changed object belongs to.
const MOST_SEARCHED: u64 = 50_000;

/// The pages of one revision.
#[derive(Debug, Default)]
pub(super) struct PageNumbers {
    /// Page number, counted from 1, by object number.
    pub(super) by_object: HashMap<u32, u32>,
    pub(super) count: u32,
    /// The nodes above the pages.
    nodes: Vec<u32>,
}

/// What is remembered of pages, each with the revision it was read in.
pub(super) struct Pages {
    numbers: RefCell<Option<(usize, Rc<PageNumbers>)>>,
    text: RefCell<HashMap<u32, (usize, Rc<TextLayer>)>>,
    operators: RefCell<Budget>,
    pub(super) search: RefCell<Budget>,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            numbers: RefCell::default(),
            text: RefCell::default(),
            operators: RefCell::new(Budget::new("content stream operators", text::MOST_OPERATORS)),
            search: RefCell::new(Budget::new("objects searched for their page", MOST_SEARCHED)),
        }
    }
}

/// Whether one of these revisions (from exclusive, to inclusive) mentions one of the objects.
fn touched(document: &Document<'_>, from: usize, to: usize, mut objects: impl Iterator<Item = u32>) -> bool {
    let revisions = document.revisions().get(from + 1..=to).unwrap_or_default();
    objects.any(|number| revisions.iter().any(|revision| revision.entry(number).is_some()))
}

impl Pages {
    pub(super) fn numbers(&self, view: View<'_, '_, '_>) -> Result<Rc<PageNumbers>> {
        let (document, revision) = (view.snapshot.document, view.snapshot.revision);
        let root = view.snapshot.root()?.number;
        if let Some((read, known)) = &*self.numbers.borrow()
            && *read <= revision
            && !touched(document, *read, revision, known.nodes.iter().copied())
            && !self.moved(view, *read, revision, root)?
        {
            return Ok(Rc::clone(known));
        }
        let fresh = Rc::new(read_numbers(view)?);
        *self.numbers.borrow_mut() = Some((revision, Rc::clone(&fresh)));
        Ok(fresh)
    }

    /// Whether the catalog leads to another page tree.
    fn moved(&self, view: View<'_, '_, '_>, from: usize, to: usize, root: u32) -> Result<bool> {
        if !touched(view.snapshot.document, from, to, std::iter::once(root)) {
            return Ok(false);
        }
        let then = View { snapshot: view.snapshot.document.at(from), shared: view.shared };
        let (before, after) = (then.get(then.snapshot.root()?)?, view.get(view.snapshot.root()?)?);
        let (Object::Dictionary(before), Object::Dictionary(after)) = (&*before, &*after) else {
            return Ok(true);
        };
        Ok(before.get("Pages") != after.get("Pages"))
    }

    /// The text of a page in this revision.
    pub(super) fn text(&self, view: View<'_, '_, '_>, page: u32) -> Result<Rc<TextLayer>> {
        let (document, revision) = (view.snapshot.document, view.snapshot.revision);
        let object = view.number(page)?;
        let Object::Dictionary(dictionary) = &*object else {
            return Ok(Rc::new(TextLayer {
                undetermined: Some("the page can't be read".to_owned()),
                ..TextLayer::default()
            }));
        };
        if let Some((read, known)) = self.text.borrow().get(&page)
            && *read <= revision
            && !touched(document, *read, revision, known.used.iter().copied())
            && same_sources(document, *read, view, page, dictionary)?
        {
            return Ok(Rc::clone(known));
        }
        let fresh = Rc::new(text::of_page(view, dictionary, &mut self.operators.borrow_mut())?);
        self.text.borrow_mut().insert(page, (revision, Rc::clone(&fresh)));
        Ok(fresh)
    }
}

/// Whether the page names the same content and resources as when its text was read.
fn same_sources(
    document: &Document<'_>,
    read: usize,
    view: View<'_, '_, '_>,
    page: u32,
    now: &Dictionary,
) -> Result<bool> {
    let revisions = document.revisions().get(read + 1..=view.snapshot.revision).unwrap_or_default();
    if revisions.iter().all(|revision| revision.entry(page).is_none()) {
        return Ok(true);
    }
    let then = View { snapshot: document.at(read), shared: view.shared };
    Ok(match &*then.number(page)? {
        Object::Dictionary(then) => {
            ["Contents", "Resources", "Parent"].iter().all(|key| then.get(key) == now.get(key))
        }
        _ => false,
    })
}

fn read_numbers(view: View<'_, '_, '_>) -> Result<PageNumbers> {
    let mut pages = PageNumbers::default();
    let mut nodes = BTreeSet::new();
    view.snapshot.walk_pages(|id, page| {
        pages.count += 1;
        pages.by_object.entry(id.number).or_insert(pages.count);
        nodes.extend(page.get("Parent").and_then(Object::as_reference).map(|parent| parent.number));
        None::<()>
    })?;
    pages.nodes = nodes.into_iter().collect();
    Ok(pages)
}

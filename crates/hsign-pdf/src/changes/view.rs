//! One revision, read through what is remembered of its objects.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use hsign_core::Budget;

use crate::document::Snapshot;
use crate::error::{Error, Result};
use crate::field;
use crate::object::{Dictionary, Object, ObjectId};
use crate::page::nearest;
use crate::xref::Entry;

/// Objects kept parsed: form, pages and signatures of documents signed a hundred times.
const MOST_KEPT: usize = 20_000;
/// References that lead to references, and fields above fields.
const DEEPEST: u32 = 32;
/// Objects looked at in all comparisons of a document: a thousand signatures, each followed by all the others.
const MOST_COMPARED: u64 = 5_000_000;

/// An object as it stands at one place: number, entry, and the entry of the stream it is in.
type Place = (ObjectId, Option<Entry>, Option<Entry>);

/// What all comparisons of a document share. Depends on the objects' own bytes only.
pub(super) struct Shared {
    objects: RefCell<HashMap<Place, Rc<Object>>>,
    budget: RefCell<Budget>,
}

impl Default for Shared {
    fn default() -> Self {
        let budget = RefCell::new(Budget::new("compared objects", MOST_COMPARED));
        Self { objects: RefCell::default(), budget }
    }
}

impl Shared {
    pub(super) fn spend(&self, units: usize) -> Result<()> {
        Ok(self.budget.borrow_mut().spend(units as u64)?)
    }
}

/// A revision.
#[derive(Clone, Copy)]
pub(super) struct View<'a, 'd, 's> {
    pub(super) snapshot: Snapshot<'d, 's>,
    pub(super) shared: &'a Shared,
}

impl View<'_, '_, '_> {
    pub(super) fn get(&self, id: ObjectId) -> Result<Rc<Object>> {
        let entry = self.snapshot.entry(id.number);
        let container = match entry {
            Some(Entry::Within { stream, .. }) => self.snapshot.entry(stream),
            _ => None,
        };
        let place = (id, entry, container);
        if let Some(known) = self.shared.objects.borrow().get(&place) {
            return Ok(Rc::clone(known));
        }
        self.shared.spend(1)?;
        let object = Rc::new(self.snapshot.get(id)?);
        let mut objects = self.shared.objects.borrow_mut();
        if objects.len() >= MOST_KEPT {
            objects.clear();
        }
        objects.insert(place, Rc::clone(&object));
        Ok(object)
    }

    /// The id under which a number is in use.
    pub(super) fn id(&self, number: u32) -> Option<ObjectId> {
        match self.snapshot.entry(number)? {
            Entry::Free => None,
            Entry::At { generation, .. } => Some(ObjectId::new(number, generation)),
            Entry::Within { .. } => Some(ObjectId::new(number, 0)),
        }
    }

    /// The object with that number; null if there is none.
    pub(super) fn number(&self, number: u32) -> Result<Rc<Object>> {
        self.id(number).map_or_else(|| Ok(Rc::new(Object::Null)), |id| self.get(id))
    }

    pub(super) fn is_in_use(&self, number: u32) -> bool {
        self.snapshot.is_in_use(number)
    }

    /// The object itself, references followed.
    pub(super) fn resolve(&self, object: &Object) -> Result<Object> {
        Ok(Rc::unwrap_or_clone(self.resolved(object)?))
    }

    /// The same without a copy of what a reference leads to: a signature is long, and met with every later revision.
    pub(super) fn resolved(&self, object: &Object) -> Result<Rc<Object>> {
        let Object::Reference(id) = object else { return Ok(Rc::new(object.clone())) };
        let mut found = self.get(*id)?;
        for _ in 1..DEEPEST {
            match *found {
                Object::Reference(id) => found = self.get(id)?,
                _ => return Ok(found),
            }
        }
        Err(Error::Structure("references form a loop"))
    }

    /// A dictionary's value, references followed; null if absent.
    pub(super) fn value(&self, dictionary: &Dictionary, key: &str) -> Result<Object> {
        dictionary.get(key).map_or(Ok(Object::Null), |value| self.resolve(value))
    }

    /// The value as a dictionary; empty for anything else.
    pub(super) fn dictionary(&self, dictionary: &Dictionary, key: &str) -> Result<Dictionary> {
        Ok(match self.value(dictionary, key)? {
            Object::Dictionary(found) => found,
            _ => Dictionary::new(),
        })
    }

    /// The value as an array; empty for anything else.
    pub(super) fn array(&self, dictionary: &Dictionary, key: &str) -> Result<Vec<Object>> {
        Ok(match self.value(dictionary, key)? {
            Object::Array(found) => found,
            _ => Vec::new(),
        })
    }

    /// The nearest value of a key in the field or those above it (ISO 32000-2, 12.7.4).
    pub(super) fn inherited_by_field(&self, field: &Dictionary, key: &str) -> Result<Object> {
        nearest(field, key, |node, key| self.value(node, key))
    }

    /// What a field names as the one above it.
    pub(super) fn parent(&self, field: &Dictionary) -> Result<Option<Rc<Object>>> {
        field.get("Parent").map(|parent| self.resolved(parent)).transpose()
    }

    /// /FT of a field or its parents.
    pub(super) fn field_type(&self, field: &Dictionary) -> Result<Option<Vec<u8>>> {
        Ok(self.inherited_by_field(field, "FT")?.as_name().map(<[u8]>::to_vec))
    }

    /// The fully qualified name of a field or widget.
    pub(super) fn field_name(&self, field: &Dictionary) -> Result<String> {
        let mut names = Vec::new();
        let mut above;
        let mut node = field;
        for _ in 0..DEEPEST {
            names.extend(field::name(self.snapshot, node));
            above = self.parent(node)?;
            match above.as_deref() {
                Some(Object::Dictionary(parent)) => node = parent,
                _ => break,
            }
        }
        names.reverse();
        Ok(names.join("."))
    }
}

/// Whether a dictionary is a widget or a field, by what it says of itself.
pub(super) fn is_field(dictionary: &Dictionary) -> bool {
    let is_widget = dictionary.get("Subtype").is_some_and(|kind| kind.is_name("Widget"));
    let is_tree = dictionary.get("Kids").is_some()
        && dictionary.get("T").is_some()
        && dictionary.get("Count").is_none()
        && !dictionary.get("Type").is_some_and(|kind| kind.is_name("Pages"));
    is_widget || dictionary.get("FT").is_some() || is_tree
}

/// Whether a dictionary is a page.
pub(super) fn is_page(dictionary: &Dictionary) -> bool {
    dictionary.get("Type").is_some_and(|kind| kind.is_name("Page"))
}

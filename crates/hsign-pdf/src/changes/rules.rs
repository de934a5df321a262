//! The changes that adding signatures, document time stamps and validation data makes, and no others.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use super::references::References;
use crate::document::Snapshot;
use crate::error::Result;
use crate::object::{Dictionary, Object, ObjectId};
use crate::signature::looks_like_signature;
use crate::xref::Entry;

/// Keys of the catalog that may change; how is checked for each.
const CATALOG_KEYS: [&str; 3] = ["AcroForm", "DSS", "Extensions"];
/// What a new, invisible signature field may consist of: nothing that acts or shows.
const FIELD_KEYS: [&str; 14] =
    ["Type", "Subtype", "FT", "T", "TU", "V", "Rect", "F", "P", "Ff", "Lock", "SV", "AP", "DA"];
/// What a writer tells of itself in the information dictionary; no other entry of it may change.
const WRITER_KEYS: [&str; 2] = ["Producer", "ModDate"];
/// The arrays of the document security store (EN 319 142-1).
const DSS_ARRAYS: [&str; 3] = ["Certs", "CRLs", "OCSPs"];

/// An object as it stands at one place.
type Place = (ObjectId, Option<Entry>);

/// What was found out about fields and signatures, so that the fifty-first signature doesn't have every pair
/// of revisions read all others again. Depends on the objects' own bytes only.
#[derive(Default)]
pub(crate) struct Memory {
    /// `None` for what is not acceptable as a new field.
    fields: RefCell<HashMap<Place, Option<NewField>>>,
    signatures: RefCell<HashMap<Place, bool>>,
}

/// A field that shows and does nothing.
#[derive(Clone, Copy)]
struct NewField {
    value: Option<ObjectId>,
}

/// The signed revision and a later one.
pub(crate) struct Comparison<'a, 'd, 's> {
    old: Snapshot<'d, 's>,
    new: Snapshot<'d, 's>,
    references: &'a References,
    memory: &'a Memory,
    root: ObjectId,
    catalog: Dictionary,
}

impl<'a, 'd, 's> Comparison<'a, 'd, 's> {
    pub(crate) fn new(
        old: Snapshot<'d, 's>,
        new: Snapshot<'d, 's>,
        references: &'a References,
        memory: &'a Memory,
    ) -> Result<Self> {
        Ok(Self { old, new, references, memory, root: old.root()?, catalog: old.catalog()? })
    }

    /// Whether what the later revision does to this object number is harmless.
    pub(crate) fn explains(&self, number: u32, entry: Entry) -> Result<bool> {
        if entry == Entry::Free {
            return Ok(!self.old.is_in_use(number));
        }
        if !self.old.is_in_use(number) {
            // A reference to an object that isn't there shows nothing until somebody provides it.
            return Ok(self.references.up_to(self.old.revision, number).next().is_none());
        }
        if self.old.entry(number) == Some(entry) {
            return Ok(true);
        }
        let (Some(before), Some(after)) = (id(self.old, number), id(self.new, number)) else {
            return Ok(false);
        };
        if before != after {
            return Ok(false);
        }
        let (before, after) = (self.old.get(before)?, self.new.get(after)?);
        if self.same(&before, &after)? {
            return Ok(true);
        }
        match (&before, &after) {
            (Object::Dictionary(before), Object::Dictionary(after)) => self.dictionary(number, before, after),
            (Object::Array(before), Object::Array(after)) => self.array(number, before, after),
            _ => Ok(false),
        }
    }

    /// The same object written again.
    fn same(&self, before: &Object, after: &Object) -> Result<bool> {
        match (before, after) {
            (Object::Stream(a), Object::Stream(b)) => Ok(a.dictionary == b.dictionary
                && self.old.raw_stream_data(a)? == self.new.raw_stream_data(b)?),
            _ => Ok(before == after),
        }
    }

    fn dictionary(&self, number: u32, before: &Dictionary, after: &Dictionary) -> Result<bool> {
        if after.duplicate_key().is_some() {
            return Ok(false);
        }
        if number == self.root.number {
            return self.catalog(before, after);
        }
        if self.is_only(number, self.in_catalog("AcroForm")) {
            return self.form(before, after);
        }
        if self.is_only(number, self.in_catalog("DSS")) {
            return self.security_store(before, after);
        }
        if self.is_only(number, self.within("DSS", "VRI")) {
            return Ok(validation_information(before, after));
        }
        if self.is_only(number, self.in_catalog("Extensions")) {
            return Ok(true);
        }
        if self.is_only_information(number) {
            return Ok(same_but_writer(before, after));
        }
        if before.get("Type").is_some_and(|kind| kind.is_name("Page")) {
            return self.page(before, after);
        }
        self.signed_field(before, after)
    }

    fn array(&self, number: u32, before: &[Object], after: &[Object]) -> Result<bool> {
        if self.is_only(number, self.within("AcroForm", "Fields")) || self.is_only_annotations(number)? {
            return self.fields_added(before, after);
        }
        for key in DSS_ARRAYS {
            if self.is_only(number, self.within("DSS", key)) {
                return self.streams_added(before, after);
            }
        }
        Ok(false)
    }

    /// Whether the signed revisions refer to the object from this place and nowhere else.
    fn is_only(&self, number: u32, place: Option<(u32, String)>) -> bool {
        let mut referrers = self.references.up_to(self.old.revision, number).peekable();
        let Some((holder, path)) = place else { return false };
        referrers.peek().is_some() && referrers.all(|found| found.holder == holder && found.path == path)
    }

    /// Whether the trailer names the object as /Info and no signed object refers to it.
    fn is_only_information(&self, number: u32) -> bool {
        let named = self.old.trailer().get("Info").and_then(Object::as_reference);
        named.is_some_and(|id| id.number == number)
            && self.references.up_to(self.old.revision, number).next().is_none()
    }

    /// The place of a key in the catalog.
    fn in_catalog(&self, key: &str) -> Option<(u32, String)> {
        Some((self.root.number, key.to_owned()))
    }

    /// The place of `key` in the dictionary that the catalog has under `parent`, direct or not.
    fn within(&self, parent: &str, key: &str) -> Option<(u32, String)> {
        match self.catalog.get(parent)? {
            Object::Reference(id) => Some((id.number, key.to_owned())),
            _ => self.in_catalog(&format!("{parent}/{key}")),
        }
    }

    /// Whether the object is the /Annots array of pages and nothing else.
    fn is_only_annotations(&self, number: u32) -> Result<bool> {
        let mut any = false;
        for referrer in self.references.up_to(self.old.revision, number) {
            let Some(id) = id(self.old, referrer.holder) else { return Ok(false) };
            let page = self.old.get(id)?;
            let is_page = matches!(&page, Object::Dictionary(page)
                if page.get("Type").is_some_and(|kind| kind.is_name("Page")));
            if referrer.path != "Annots" || !is_page {
                return Ok(false);
            }
            any = true;
        }
        Ok(any)
    }

    fn catalog(&self, before: &Dictionary, after: &Dictionary) -> Result<bool> {
        if !before.equal_except(after, &CATALOG_KEYS) {
            return Ok(false);
        }
        let form = self.pair(before, after, "AcroForm")?;
        let store = self.pair(before, after, "DSS")?;
        Ok(form.map_or(Ok(true), |(before, after)| self.form(&before, &after))?
            && store.map_or(Ok(true), |(before, after)| self.security_store(&before, &after))?
            && (before.get("Extensions").is_none() || after.get("Extensions").is_some()))
    }

    /// The dictionaries under a key, where the key's value differs.
    fn pair(
        &self,
        before: &Dictionary,
        after: &Dictionary,
        key: &str,
    ) -> Result<Option<(Dictionary, Dictionary)>> {
        if before.get(key) == after.get(key) {
            return Ok(None);
        }
        let old = self.old.value(before, key)?.as_dictionary().cloned().unwrap_or_default();
        let mut new = Dictionary::new();
        match self.new.value(after, key)? {
            Object::Dictionary(found) if found.duplicate_key().is_none() => new = found,
            // No rule accepts this key, so what was taken out is never explained.
            _ => new.set("removed", Object::Boolean(true)),
        }
        Ok(Some((old, new)))
    }

    fn form(&self, before: &Dictionary, after: &Dictionary) -> Result<bool> {
        if !before.equal_except(after, &["Fields", "SigFlags"]) {
            return Ok(false);
        }
        let flags = |form: &Dictionary| form.get("SigFlags").and_then(Object::as_integer).unwrap_or(0);
        if flags(before) & !flags(after) != 0 {
            return Ok(false);
        }
        self.arrays(before, after, "Fields", Self::fields_added)
    }

    fn page(&self, before: &Dictionary, after: &Dictionary) -> Result<bool> {
        Ok(before.equal_except(after, &["Annots"])
            && self.arrays(before, after, "Annots", Self::fields_added)?)
    }

    /// Compares the arrays under a key. One that stays the same object is compared as that object.
    fn arrays(
        &self,
        before: &Dictionary,
        after: &Dictionary,
        key: &str,
        rule: fn(&Self, &[Object], &[Object]) -> Result<bool>,
    ) -> Result<bool> {
        if before.get(key) == after.get(key) && matches!(before.get(key), None | Some(Object::Reference(_))) {
            return Ok(true);
        }
        match (self.old.value(before, key)?, self.new.value(after, key)?) {
            (Object::Null, Object::Array(after)) => rule(self, &[], &after),
            (Object::Array(before), Object::Array(after)) => rule(self, &before, &after),
            _ => Ok(false),
        }
    }

    /// Everything that was there, then new signature fields.
    fn fields_added(&self, before: &[Object], after: &[Object]) -> Result<bool> {
        let Some(added) = after.strip_prefix(before) else { return Ok(false) };
        for field in added {
            if !self.is_new_field(field)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// An invisible signature field that the signed revision didn't have, signed or not.
    fn is_new_field(&self, field: &Object) -> Result<bool> {
        let Some(id) = field.as_reference().filter(|id| !self.old.is_in_use(id.number)) else {
            return Ok(false);
        };
        let place = (id, self.new.entry(id.number));
        let known = self.memory.fields.borrow().get(&place).copied();
        let field = match known {
            Some(known) => known,
            None => {
                let field = acceptable(&self.new.get(id)?);
                self.memory.fields.borrow_mut().insert(place, field);
                field
            }
        };
        match field {
            Some(NewField { value: Some(value) }) => self.is_new_signature(value),
            Some(NewField { value: None }) => Ok(true),
            None => Ok(false),
        }
    }

    /// A signature in an object that the signed revision didn't have.
    fn is_new_signature(&self, id: ObjectId) -> Result<bool> {
        if self.old.is_in_use(id.number) {
            return Ok(false);
        }
        let place = (id, self.new.entry(id.number));
        if let Some(known) = self.memory.signatures.borrow().get(&place) {
            return Ok(*known);
        }
        let value = self.new.get(id)?;
        let is_signature = matches!(value, Object::Dictionary(value) if looks_like_signature(&value));
        self.memory.signatures.borrow_mut().insert(place, is_signature);
        Ok(is_signature)
    }

    /// An empty, invisible signature field was signed.
    fn signed_field(&self, before: &Dictionary, after: &Dictionary) -> Result<bool> {
        Ok(before.get("FT").is_some_and(|kind| kind.is_name("Sig"))
            && before.get("V").is_none()
            && before.equal_except(after, &["V", "AP"])
            && is_invisible(after)
            && match after.get("V").and_then(Object::as_reference) {
                Some(value) => self.is_new_signature(value)?,
                None => false,
            })
    }

    fn security_store(&self, before: &Dictionary, after: &Dictionary) -> Result<bool> {
        let allowed =
            |key: &[u8]| key == b"Type" || key == b"VRI" || DSS_ARRAYS.iter().any(|k| k.as_bytes() == key);
        if !after.keys().all(allowed) || !before.keys().all(allowed) {
            return Ok(false);
        }
        for key in DSS_ARRAYS {
            if !self.arrays(before, after, key, Self::streams_added)? {
                return Ok(false);
            }
        }
        Ok(match (self.old.value(before, "VRI")?, self.new.value(after, "VRI")?) {
            (Object::Null, Object::Null | Object::Dictionary(_)) => true,
            (Object::Dictionary(before), Object::Dictionary(after)) => {
                validation_information(&before, &after)
            }
            _ => false,
        })
    }

    /// Nothing was taken out, and what came are streams.
    fn streams_added(&self, before: &[Object], after: &[Object]) -> Result<bool> {
        let ids = |array: &[Object]| -> Option<BTreeSet<ObjectId>> {
            array.iter().map(Object::as_reference).collect()
        };
        let (Some(before), Some(after)) = (ids(before), ids(after)) else { return Ok(false) };
        if !before.is_subset(&after) {
            return Ok(false);
        }
        for id in after.difference(&before).copied() {
            if !matches!(self.new.get(id)?, Object::Stream(_)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Producer and date may come or change, as strings that stand there themselves.
fn same_but_writer(before: &Dictionary, after: &Dictionary) -> bool {
    before.equal_except(after, &WRITER_KEYS)
        && WRITER_KEYS.iter().all(|key| match after.get(key) {
            Some(value) => matches!(value, Object::String(_)),
            None => before.get(key).is_none(),
        })
}

/// An invisible signature field with nothing unusual about it.
fn acceptable(field: &Object) -> Option<NewField> {
    let Object::Dictionary(field) = field else { return None };
    let value = match field.get("V") {
        None => None,
        Some(value) => Some(value.as_reference()?),
    };
    let plain = field.keys().all(|key| FIELD_KEYS.iter().any(|allowed| allowed.as_bytes() == key))
        && field.duplicate_key().is_none()
        && field.get("FT").is_some_and(|kind| kind.is_name("Sig"))
        && is_invisible(field);
    plain.then_some(NewField { value })
}

/// Without area. Only direct numbers count: an object in their place could change later.
fn is_invisible(field: &Dictionary) -> bool {
    let corners = field.get("Rect").and_then(Object::as_array).unwrap_or_default();
    let corners: Vec<f64> = corners.iter().filter_map(Object::as_number).collect();
    match corners.as_slice() {
        [left, bottom, right, top] => {
            (left - right).abs() < f64::EPSILON || (bottom - top).abs() < f64::EPSILON
        }
        _ => false,
    }
}

/// Entries of /VRI may come, none may change.
fn validation_information(before: &Dictionary, after: &Dictionary) -> bool {
    after.duplicate_key().is_none() && before.is_within(after)
}

fn id(snapshot: Snapshot<'_, '_>, number: u32) -> Option<ObjectId> {
    match snapshot.entry(number)? {
        Entry::Free => None,
        Entry::At { generation, .. } => Some(ObjectId::new(number, generation)),
        Entry::Within { .. } => Some(ObjectId::new(number, 0)),
    }
}

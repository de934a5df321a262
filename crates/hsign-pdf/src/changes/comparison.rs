//! The signed revision beside a later one, object by object: each object that the later one touches is explained by
//! a rule, or told.
//!
//! What the signed revision doesn't have can only be seen through objects that it has. Of these, one may change in the
//! ways of the place where it is used, and only if it is used nowhere else: an array or stream with a second role in
//! the signed revision is never explained.

use hsign_core::facts::{Change, ChangeKind};

use super::found::{Details, Found, change};
use super::pages::Pages;
use super::references::References;
use super::view::{Shared, View, is_field, is_page};
use crate::document::Document;
use crate::error::{Error, Result};
use crate::object::{Dictionary, Object, ObjectId};
use crate::signature::looks_like_signature;
use crate::xref::Entry;

/// The arrays of the document security store (EN 319 142-1).
pub(super) const DSS_ARRAYS: [&str; 3] = ["Certs", "CRLs", "OCSPs"];

/// An array as it was and as it is; gone or of another type now.
type BeforeAndAfter = (Vec<Object>, Option<Vec<Object>>);

/// The signed revision and a later one.
pub(super) struct Comparison<'a, 'd, 's> {
    pub(super) old: View<'a, 'd, 's>,
    pub(super) new: View<'a, 'd, 's>,
    pub(super) references: &'a References,
    pub(super) pages: &'a Pages,
    root: ObjectId,
    catalog: Dictionary,
}

impl<'a, 'd, 's> Comparison<'a, 'd, 's> {
    pub(super) fn new(
        document: &'d Document<'s>,
        signed: usize,
        later: usize,
        shared: &'a Shared,
        references: &'a References,
        pages: &'a Pages,
    ) -> Result<Self> {
        let old = View { snapshot: document.at(signed), shared };
        let new = View { snapshot: document.at(later), shared };
        let root = old.snapshot.root()?;
        let catalog = match &*old.get(root)? {
            Object::Dictionary(catalog) => catalog.clone(),
            _ => return Err(Error::Structure("the document catalog is not a dictionary")),
        };
        Ok(Self { old, new, references, pages, root, catalog })
    }

    /// Finds what the later revision does to this object.
    pub(super) fn object(&self, number: u32, entry: Entry, found: &mut Found) -> Result<()> {
        let old_use = self.old.is_in_use(number);
        if entry == Entry::Free {
            if old_use {
                self.removed(number, found)?;
            }
            return Ok(());
        }
        if !old_use {
            // A reference to an object that isn't there shows nothing until somebody provides it.
            if self.references.has(self.old.snapshot.revision, number) {
                found.add(change(ChangeKind::MissingObjectSupplied).object(number));
            }
            return Ok(());
        }
        if self.old.snapshot.entry(number) == Some(entry) {
            return Ok(());
        }
        let (Some(before), Some(after)) = (self.old.id(number), self.new.id(number)) else { return Ok(()) };
        if before != after {
            found.add(self.unexplained(number)?);
            return Ok(());
        }
        let (before, after) = (self.old.get(before)?, self.new.get(after)?);
        if self.same(&before, &after)? || self.rules(number, &before, &after, found)? {
            return Ok(());
        }
        if self.is_unused(number, &before) {
            found.add(change(ChangeKind::UnusedObjectChanged).object(number));
        } else {
            found.add(self.unexplained(number)?);
        }
        Ok(())
    }

    /// Whether no signed object refers to it, and nothing else finds it.
    fn is_unused(&self, number: u32, before: &Object) -> bool {
        let trailer = self.old.snapshot.trailer();
        let named = |key: &str| trailer.get(key).and_then(Object::as_reference).map(|id| id.number);
        let is_found_otherwise = match before {
            Object::Stream(stream) => {
                stream.dictionary.get("Type").is_some_and(|kind| kind.is_name("ObjStm"))
            }
            Object::Dictionary(dictionary) => looks_like_signature(dictionary) || is_field(dictionary),
            _ => false,
        };
        number != self.root.number
            && ["Info", "Encrypt", "Root"].iter().all(|key| named(key) != Some(number))
            && !is_found_otherwise
            && !self.references.has(self.old.snapshot.revision, number)
    }

    fn removed(&self, number: u32, found: &mut Found) -> Result<()> {
        let before = self.old.number(number)?;
        if self.is_unused(number, &before) {
            found.add(change(ChangeKind::UnusedObjectChanged).object(number));
            return Ok(());
        }
        let mut told = self.unexplained(number)?;
        if matches!(told.kind, ChangeKind::ObjectChanged) {
            told.kind = ChangeKind::ObjectRemoved;
        }
        found.add(told);
        Ok(())
    }

    /// The same object written again.
    fn same(&self, before: &Object, after: &Object) -> Result<bool> {
        match (before, after) {
            (Object::Stream(a), Object::Stream(b)) => Ok(a.dictionary == b.dictionary
                && self.old.snapshot.raw_stream_data(a)? == self.new.snapshot.raw_stream_data(b)?),
            _ => Ok(before == after),
        }
    }

    /// Whether a rule speaks of the object; what the rule found is in `found` then.
    fn rules(&self, number: u32, before: &Object, after: &Object, found: &mut Found) -> Result<bool> {
        match (before, after) {
            (Object::Dictionary(before), Object::Dictionary(after)) => {
                self.dictionary(number, before, after, found)
            }
            (Object::Array(before), Object::Array(after)) => self.array(number, before, after, found),
            _ if self.is_only(number, self.in_catalog("Metadata").as_ref()) => {
                Ok(self.metadata(before, after, found))
            }
            _ => Ok(self.field_value(number, after, found)? || self.appearance(number, after, found)?),
        }
    }

    fn dictionary(
        &self,
        number: u32,
        before: &Dictionary,
        after: &Dictionary,
        found: &mut Found,
    ) -> Result<bool> {
        // With a key said twice readers see different things.
        if after.duplicate_key().is_some() {
            return Ok(false);
        }
        if number == self.root.number {
            self.catalog_changed(before, after, found)?;
            return Ok(true);
        }
        for (key, rule) in Self::PARTS {
            if self.is_only(number, self.in_catalog(key).as_ref()) {
                rule(self, before, after, found)?;
                return Ok(true);
            }
        }
        if self.is_only(number, self.within("DSS", "VRI").as_ref()) {
            found.add(change(validation_information(before, after)));
            return Ok(true);
        }
        if self.is_only_information(number) {
            Self::information(before, after, found);
            return Ok(true);
        }
        if is_page(before) {
            self.page(number, before, after, found)?;
            return Ok(true);
        }
        if is_field(before) {
            return self.field(number, before, after, found);
        }
        self.appearance(number, &Object::Dictionary(after.clone()), found)
    }

    fn array(&self, number: u32, before: &[Object], after: &[Object], found: &mut Found) -> Result<bool> {
        if self.is_only(number, self.within("AcroForm", "Fields").as_ref()) {
            self.fields_listed(before, after, found)?;
            return Ok(true);
        }
        if let Some(page) = self.only_annotations(number)? {
            self.annotations(page, before, after, found)?;
            return Ok(true);
        }
        for key in DSS_ARRAYS {
            if self.is_only(number, self.within("DSS", key).as_ref()) {
                let kind = self.streams_added(before, after)?;
                found.add(change(kind));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the signed revisions refer to the object from this place and nowhere else.
    pub(super) fn is_only(&self, number: u32, place: Option<&(u32, String)>) -> bool {
        let Some((holder, path)) = place else { return false };
        let mut referrers = self.references.up_to(self.old.snapshot.revision, number).peekable();
        referrers.peek().is_some() && referrers.all(|found| found.holder == *holder && found.path == *path)
    }

    /// Whether the trailer names the object as /Info and no signed object refers to it.
    fn is_only_information(&self, number: u32) -> bool {
        let named = self.old.snapshot.trailer().get("Info").and_then(Object::as_reference);
        named.is_some_and(|id| id.number == number)
            && !self.references.has(self.old.snapshot.revision, number)
    }

    /// The place of a key in the catalog.
    pub(super) fn in_catalog(&self, key: &str) -> Option<(u32, String)> {
        Some((self.root.number, key.to_owned()))
    }

    /// The place of `key` in the dictionary that the catalog has under `parent`, direct or not.
    pub(super) fn within(&self, parent: &str, key: &str) -> Option<(u32, String)> {
        match self.catalog.get(parent)? {
            Object::Reference(id) => Some((id.number, key.to_owned())),
            _ => self.in_catalog(&format!("{parent}/{key}")),
        }
    }

    /// The page whose /Annots array this is, if it is nothing else.
    fn only_annotations(&self, number: u32) -> Result<Option<u32>> {
        let mut page = None;
        for referrer in self.references.up_to(self.old.snapshot.revision, number) {
            let holder = self.old.number(referrer.holder)?;
            let is_page = matches!(&*holder, Object::Dictionary(holder) if is_page(holder));
            if referrer.path != "Annots" || !is_page || page.is_some_and(|page| page != referrer.holder) {
                return Ok(None);
            }
            page = Some(referrer.holder);
        }
        Ok(page)
    }

    /// Compares the arrays under a key of two dictionaries; `None` where nothing is to be compared: one that stays the
    /// same object is compared as that object.
    pub(super) fn arrays(
        &self,
        before: &Dictionary,
        after: &Dictionary,
        key: &str,
    ) -> Result<Option<BeforeAndAfter>> {
        if before.get(key) == after.get(key) && matches!(before.get(key), None | Some(Object::Reference(_))) {
            return Ok(None);
        }
        let old = self.old.array(before, key)?;
        Ok(Some(match self.new.value(after, key)? {
            Object::Array(after) => (old, Some(after)),
            _ => (old, None),
        }))
    }

    /// A change that no rule explains, in the words of what the object is.
    pub(super) fn unexplained(&self, number: u32) -> Result<Change> {
        let before = self.old.number(number)?;
        if matches!(&*before, Object::Dictionary(node) if node.get("Type").is_some_and(|kind| kind.is_name("Pages")))
        {
            return Ok(self.pages_counted()?.object(number));
        }
        let (kind, page) = self.what_it_is(number, &before)?;
        let told = change(kind).object(number).page(page);
        Ok(match &*before {
            Object::Dictionary(field) if is_field(field) => told.field(&self.old.field_name(field)?),
            Object::Dictionary(annotation) => match annotation.get("Subtype").and_then(Object::as_name) {
                Some(subtype) => told.with("subtype", String::from_utf8_lossy(subtype)),
                None => told,
            },
            _ => told,
        })
    }

    fn what_it_is(&self, number: u32, before: &Object) -> Result<(ChangeKind, Option<u32>)> {
        if let Object::Dictionary(dictionary) = before {
            let is = |key: &str, name: &str| dictionary.get(key).is_some_and(|value| value.is_name(name));
            if looks_like_signature(dictionary) {
                return Ok((ChangeKind::SignatureChanged, None));
            }
            if is_page(dictionary) {
                return Ok((ChangeKind::PageChanged, self.page_number(number)?));
            }
            if is_field(dictionary) {
                return Ok((ChangeKind::FormFieldChanged, self.page_of_annotation(number, dictionary)?));
            }
            if is("Type", "Annot")
                || (dictionary.get("Subtype").is_some() && dictionary.get("Rect").is_some())
            {
                return Ok((ChangeKind::AnnotationChanged, self.page_of_annotation(number, dictionary)?));
            }
            if is("S", "JavaScript") || is("S", "Launch") || is("S", "URI") || is("Type", "Action") {
                return Ok((ChangeKind::ActionChanged, None));
            }
            if is("Type", "OCG") || is("Type", "OCMD") {
                return Ok((ChangeKind::OptionalContentChanged, None));
            }
        }
        let referrers = self.references.up_to(self.old.snapshot.revision, number);
        for referrer in referrers {
            let key = referrer.path.split('/').next().unwrap_or_default();
            let kind = match key {
                "Contents" => ChangeKind::PageContentChanged,
                "JS" | "OpenAction" | "AA" => return Ok((ChangeKind::ActionChanged, None)),
                "XFA" => return Ok((ChangeKind::XfaChanged, None)),
                "OCProperties" => return Ok((ChangeKind::OptionalContentChanged, None)),
                _ => continue,
            };
            let page = self.page_number(referrer.holder)?;
            if page.is_some() {
                return Ok((kind, page));
            }
        }
        Ok(match self.page_that_uses(number)? {
            Some((page, "Contents")) => (ChangeKind::PageContentChanged, Some(page)),
            Some((page, "Annots")) => (ChangeKind::AnnotationChanged, Some(page)),
            Some((page, _)) => (ChangeKind::PageResourceChanged, Some(page)),
            None => (ChangeKind::ObjectChanged, None),
        })
    }

    pub(super) fn page_number(&self, object: u32) -> Result<Option<u32>> {
        Ok(self.pages.numbers(self.old)?.by_object.get(&object).copied())
    }

    /// How many pages there were and are.
    pub(super) fn pages_counted(&self) -> Result<Change> {
        let before = self.old.snapshot.page_count()?;
        let after = self.new.snapshot.page_count().unwrap_or(0);
        let kind = match before.cmp(&after) {
            std::cmp::Ordering::Less => ChangeKind::PageAdded,
            std::cmp::Ordering::Greater => ChangeKind::PageRemoved,
            std::cmp::Ordering::Equal => ChangeKind::PagesRearranged,
        };
        Ok(change(kind).with("before", before).with("after", after))
    }

    /// The first page from which the object can be reached, and the key of the page that leads there. Searched as far
    /// as the budget goes: only words depend on it.
    fn page_that_uses(&self, number: u32) -> Result<Option<(u32, &'static str)>> {
        let numbers = self.pages.numbers(self.old)?;
        let mut pages: Vec<(u32, u32)> =
            numbers.by_object.iter().map(|(object, page)| (*page, *object)).collect();
        pages.sort_unstable();
        for (page, object) in pages {
            let Object::Dictionary(dictionary) = &*self.old.number(object)? else { continue };
            for key in ["Contents", "Resources", "Annots"] {
                let start = self.old.snapshot.inherited(dictionary, key).unwrap_or(Object::Null);
                let direct = dictionary.get(key).and_then(Object::as_reference);
                let is_it = direct.is_some_and(|id| id.number == number);
                match if is_it { Ok(true) } else { self.reaches(&start, number) } {
                    Ok(true) => return Ok(Some((page, key))),
                    Ok(false) => {}
                    Err(Error::Budget(_)) => return Ok(None),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(None)
    }

    fn reaches(&self, start: &Object, number: u32) -> Result<bool> {
        let mut seen = std::collections::HashSet::new();
        let mut stack = vec![start.clone()];
        while let Some(object) = stack.pop() {
            match object {
                Object::Reference(id) if id.number == number => return Ok(true),
                Object::Reference(id) if seen.insert(id) => {
                    self.pages.search.borrow_mut().spend(1)?;
                    stack.push((*self.old.get(id)?).clone());
                }
                Object::Array(elements) => stack.extend(elements),
                Object::Dictionary(dictionary) => stack.extend(below(&dictionary)),
                Object::Stream(stream) => stack.extend(below(&stream.dictionary)),
                _ => {}
            }
        }
        Ok(false)
    }
}

/// Values of a dictionary, but for those that lead back up.
fn below(dictionary: &Dictionary) -> impl Iterator<Item = Object> + '_ {
    let down = |key: &[u8]| !matches!(key, b"Parent" | b"P" | b"Dest" | b"A");
    dictionary.entries().iter().filter(move |entry| down(&entry.key)).map(|entry| entry.value.clone())
}

/// Entries of /VRI may come, none may change.
pub(super) fn validation_information(before: &Dictionary, after: &Dictionary) -> ChangeKind {
    if after.duplicate_key().is_none() && before.is_within(after) {
        ChangeKind::ValidationDataAdded
    } else {
        ChangeKind::ValidationDataChanged
    }
}

//! What a page shows besides its content, and what it is laid over.

use hsign_core::facts::ChangeKind;

use super::catalog::differing;
use super::comparison::Comparison;
use super::form::{Members, flags, numbered};
use super::found::{Details, Found, change};
use super::geometry::Area;
use super::view::{View, is_field};
use crate::error::Result;
use crate::object::{Dictionary, Object};

/// Annotation flags (ISO 32000-2, 12.5.3).
const HIDDEN: i64 = 1 << 1;
const PRINT: i64 = 1 << 2;
const NO_ZOOM: i64 = 1 << 3;
const NO_ROTATE: i64 = 1 << 4;
const NO_VIEW: i64 = 1 << 5;

/// Where something shows.
pub(super) enum Shown {
    /// Nowhere.
    Nothing,
    /// Within this rectangle.
    Within(Area),
    /// Perhaps anywhere.
    Undetermined(&'static str),
}

impl Shown {
    pub(super) fn position(&self) -> Option<[i32; 4]> {
        match self {
            Self::Within(area) => Some(area.rounded()),
            _ => None,
        }
    }
}

impl Comparison<'_, '_, '_> {
    /// A page may get annotations; nothing else of it changes.
    pub(super) fn page(
        &self,
        number: u32,
        before: &Dictionary,
        after: &Dictionary,
        found: &mut Found,
    ) -> Result<()> {
        let page = self.page_number(number)?;
        let mut others = Vec::new();
        for key in differing(before, after) {
            let kind = match key.as_str() {
                "Annots" => continue,
                "Tabs" if before.get("Tabs").is_none() => continue,
                "Contents" => ChangeKind::PageContentChanged,
                "Resources" => ChangeKind::PageResourceChanged,
                "AA" => ChangeKind::ActionChanged,
                _ => {
                    others.push(key);
                    continue;
                }
            };
            found.add(change(kind).object(number).page(page));
        }
        if !others.is_empty() {
            let told = change(ChangeKind::PageChanged).object(number).page(page);
            found.add(told.with("entries", others.join(", ")));
        }
        match self.arrays(before, after, "Annots")? {
            Some((before, after)) => self.annotations(number, &before, &after.unwrap_or_default(), found),
            None => Ok(()),
        }
    }

    /// The /Annots of a page: all that was there in the same order, and more.
    pub(super) fn annotations(
        &self,
        page: u32,
        before: &[Object],
        after: &[Object],
        found: &mut Found,
    ) -> Result<()> {
        let (was, is) = (Members::of(before), Members::of(after));
        for removed in before.iter().filter(|annotation| !is.has(annotation)) {
            let Object::Dictionary(annotation) = self.old.resolve(removed)? else { continue };
            let kind = if is_field(&annotation) {
                ChangeKind::FormFieldRemoved
            } else {
                ChangeKind::AnnotationRemoved
            };
            let told = change(kind).page(self.page_number(page)?).field(&self.old.field_name(&annotation)?);
            found.add(numbered(with_subtype(told, &annotation), removed));
        }
        let kept = after.iter().filter(|annotation| was.has(annotation));
        let expected = before.iter().filter(|annotation| is.has(annotation));
        if !kept.eq(expected) {
            // What lies over what has changed.
            found.add(change(ChangeKind::AnnotationChanged).page(self.page_number(page)?));
        }
        for added in after.iter().filter(|annotation| !was.has(annotation)) {
            if !self.is_known(added, found) {
                self.added_annotation(page, added, found)?;
            }
        }
        Ok(())
    }

    /// An annotation that the signed page didn't have.
    pub(super) fn added_annotation(&self, page: u32, object: &Object, found: &mut Found) -> Result<()> {
        let seen = self.new.resolved(object)?;
        let Object::Dictionary(seen) = &*seen else { return Ok(()) };
        let mut owned: Dictionary;
        let annotation = match self.owner_of(object, seen)? {
            Some(owner) => {
                owned = seen.clone();
                owned.set("Parent", owner);
                &owned
            }
            None => seen,
        };
        let is_widget = annotation.get("Subtype").is_some_and(|kind| kind.is_name("Widget"));
        let is_new = object.as_reference().is_none_or(|id| !self.old.is_in_use(id.number));
        let name = self.new.field_name(annotation)?;
        if is_new && is_widget && self.new.field_type(annotation)?.as_deref() == Some(b"Sig") {
            return self.new_signature_field(object, annotation, Some(page), found);
        }
        found.watch(object, annotation, page);
        let kind =
            if is_field(annotation) { ChangeKind::FormFieldAdded } else { ChangeKind::AnnotationAdded };
        let area = self.shown_area(self.new, annotation, page)?;
        let told = change(kind).page(self.page_number(page)?).field(&name);
        let mut told = numbered(with_subtype(told, annotation), object);
        told.position = area.position();
        found.add(told);
        if annotation.get("AA").is_some() || self.acts(annotation)? {
            found.add(numbered(change(ChangeKind::ActionChanged).page(self.page_number(page)?), object));
        }
        self.overlay(page, &area, object, &name, found)
    }

    /// The new field that lists a widget among its /Kids although the widget doesn't name it.
    fn owner_of(&self, widget: &Object, annotation: &Dictionary) -> Result<Option<Object>> {
        if annotation.get("Parent").is_some() || annotation.get("FT").is_some() {
            return Ok(None);
        }
        let form = self.new.dictionary(&self.new.snapshot.catalog()?, "AcroForm")?;
        let fields = self.new.array(&form, "Fields")?;
        let is_new = |field: &&Object| field.as_reference().is_some_and(|id| !self.old.is_in_use(id.number));
        for field in fields.iter().filter(is_new) {
            if let Object::Dictionary(dictionary) = self.new.resolve(field)?
                && self.new.array(&dictionary, "Kids")?.contains(widget)
            {
                return Ok(Some(field.clone()));
            }
        }
        Ok(None)
    }

    /// Whether a click does more than lead to a place in the document.
    fn acts(&self, annotation: &Dictionary) -> Result<bool> {
        let action = self.new.dictionary(annotation, "A")?;
        let kind = self.new.value(&action, "S")?;
        Ok(kind.as_name().is_some_and(|kind| kind != b"GoTo" && kind != b"URI"))
    }

    /// Where an annotation shows. Its appearance is fitted into /Rect and clipped (ISO 32000-2, 12.5.5).
    pub(super) fn shown_area(
        &self,
        view: View<'_, '_, '_>,
        annotation: &Dictionary,
        page: u32,
    ) -> Result<Shown> {
        let flags = flags(view, annotation)?;
        if flags & HIDDEN != 0 || (flags & NO_VIEW != 0 && flags & PRINT == 0) {
            return Ok(Shown::Nothing);
        }
        let mut numbers = Vec::new();
        for number in view.array(annotation, "Rect")? {
            numbers.extend(view.resolve(&number)?.as_number());
        }
        let &[a, b, c, d] = numbers.as_slice() else {
            return Ok(Shown::Undetermined("no usable rectangle"));
        };
        let area = Area::around(&[(a, b), (c, d)]);
        if !area.0.iter().all(|number| number.is_finite()) {
            return Ok(Shown::Undetermined("no usable rectangle"));
        }
        if area.is_empty() {
            return Ok(Shown::Nothing);
        }
        let is_note = annotation.get("Subtype").is_some_and(|kind| kind.is_name("Text"));
        if flags & NO_ZOOM != 0 && !is_note {
            return Ok(Shown::Undetermined("it keeps its size when the page is zoomed"));
        }
        if flags & NO_ROTATE != 0 && !is_note && self.is_rotated(page)? {
            return Ok(Shown::Undetermined("it doesn't turn with the page"));
        }
        Ok(Shown::Within(area))
    }

    fn is_rotated(&self, page: u32) -> Result<bool> {
        Ok(match &*self.old.number(page)? {
            Object::Dictionary(page) => self.old.snapshot.page_geometry(page)?.rotation != 0,
            _ => true,
        })
    }

    /// Tells what of the signed page lies under something that shows.
    pub(super) fn overlay(
        &self,
        page: u32,
        shown: &Shown,
        object: &Object,
        name: &str,
        found: &mut Found,
    ) -> Result<()> {
        let number = self.page_number(page)?;
        let told = |kind: ChangeKind| {
            let mut told = numbered(change(kind).page(number), object);
            told.position = shown.position();
            if name.is_empty() { told } else { told.with("by", name) }
        };
        let area = match shown {
            Shown::Nothing => return Ok(()),
            Shown::Undetermined(reason) => {
                found.add(told(ChangeKind::OverlayUndetermined).with("reason", reason));
                return Ok(());
            }
            Shown::Within(area) => area,
        };
        let text = self.pages.text(self.old, page)?;
        self.old.shared.spend(1 + text.areas.len() / 64)?;
        if text.areas.iter().any(|signed| signed.overlaps(area)) {
            found.add(told(ChangeKind::SignedTextCovered));
        } else if let Some(reason) = &text.undetermined {
            found.add(told(ChangeKind::OverlayUndetermined).with("reason", reason));
        }
        let page_object = self.old.number(page)?;
        let Object::Dictionary(dictionary) = &*page_object else { return Ok(()) };
        for signed in self.old.array(dictionary, "Annots")? {
            let itself =
                signed.as_reference().map(|id| id.number) == object.as_reference().map(|id| id.number);
            let Object::Dictionary(annotation) = self.old.resolve(&signed)? else { continue };
            let covered = self.old.field_name(&annotation)?;
            let hides_nothing =
                annotation.get("Subtype").is_some_and(|kind| kind.is_name("Link") || kind.is_name("Popup"));
            if itself || hides_nothing || (!name.is_empty() && covered == name) {
                continue;
            }
            let Shown::Within(below) = self.shown_area(self.old, &annotation, page)? else { continue };
            if below.overlaps(area) && is_field(&annotation) {
                found.add(told(ChangeKind::SignedFieldCovered).with("covered", covered));
            } else if below.overlaps(area) {
                found.add(told(ChangeKind::SignedAnnotationCovered));
            }
        }
        Ok(())
    }

    /// The page object that shows an annotation in the signed revision.
    pub(super) fn page_object_of(&self, number: u32, annotation: &Dictionary) -> Result<Option<u32>> {
        let holds = |page: u32| -> Result<bool> {
            let page = self.old.number(page)?;
            let Object::Dictionary(page) = &*page else { return Ok(false) };
            let annotations = self.old.array(page, "Annots")?;
            Ok(annotations.iter().any(|one| one.as_reference().is_some_and(|id| id.number == number)))
        };
        if let Some(page) = annotation.get("P").and_then(Object::as_reference)
            && holds(page.number)?
        {
            return Ok(Some(page.number));
        }
        let numbers = self.pages.numbers(self.old)?;
        let mut pages: Vec<(u32, u32)> =
            numbers.by_object.iter().map(|(object, page)| (*page, *object)).collect();
        pages.sort_unstable();
        for (_, page) in pages {
            self.old.shared.spend(1)?;
            if holds(page)? {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// The number of that page.
    pub(super) fn page_of_annotation(&self, number: u32, annotation: &Dictionary) -> Result<Option<u32>> {
        match self.page_object_of(number, annotation)? {
            Some(page) => self.page_number(page),
            None => Ok(None),
        }
    }
}

fn with_subtype(told: hsign_core::facts::Change, annotation: &Dictionary) -> hsign_core::facts::Change {
    match annotation.get("Subtype").and_then(Object::as_name) {
        Some(subtype) if subtype != b"Widget" => told.with("subtype", String::from_utf8_lossy(subtype)),
        _ => told,
    }
}

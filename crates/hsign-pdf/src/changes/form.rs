//! Fields that were filled, signed or added.

use std::collections::BTreeSet;

use hsign_core::facts::{Change, ChangeKind};

use super::catalog::differing;
use super::comparison::Comparison;
use super::found::{Details, Found, change};
use super::view::{View, is_field, is_page};
use crate::error::Result;
use crate::object::{Dictionary, Object, ObjectId};
use crate::signature::looks_like_signature;

/// What a new signature field may consist of: nothing that acts.
const FIELD_KEYS: [&str; 23] = [
    "Type", "Subtype", "FT", "T", "TU", "TM", "V", "Rect", "F", "P", "Ff", "Lock", "SV", "AP", "AS", "DA",
    "DR", "MK", "BS", "Border", "Parent", "M", "NM",
];
/// What filling a field may change in it.
const FILLING_KEYS: [&str; 11] = ["V", "AP", "AS", "RV", "I", "M", "F", "Ff", "DA", "Q", "Kids"];
/// What signing an empty field may change in it.
const SIGNING_KEYS: [&str; 6] = ["V", "AP", "AS", "F", "M", "MK"];
/// Keys under which other objects may refer to a field without giving it a second role.
const POINTERS: [&str; 12] =
    ["Fields", "Kids", "Annots", "Parent", "P", "Popup", "IRT", "Obj", "CO", "T", "Annot", "Data"];
/// Fields below new fields.
const DEEPEST: u32 = 16;
/// Set by a form that is closed.
const READ_ONLY: i64 = 1;

impl Comparison<'_, '_, '_> {
    /// /Fields or the /Kids of a field: all that was there, and further signature fields.
    pub(super) fn fields_listed(&self, before: &[Object], after: &[Object], found: &mut Found) -> Result<()> {
        let (was, is) = (Members::of(before), Members::of(after));
        for removed in before.iter().filter(|field| !is.has(field)) {
            let Object::Dictionary(field) = self.old.resolve(removed)? else { continue };
            let told = change(ChangeKind::FormFieldRemoved).field(&self.old.field_name(&field)?);
            found.add(numbered(told, removed));
        }
        for added in after.iter().filter(|field| !was.has(field)) {
            if !found.listed.insert(added.as_reference()) && !self.is_touched(added) {
                continue;
            }
            self.added_field(added, 0, found)?;
        }
        Ok(())
    }

    fn added_field(&self, object: &Object, depth: u32, found: &mut Found) -> Result<()> {
        let field = self.new.resolved(object)?;
        let Object::Dictionary(field) = &*field else { return Ok(()) };
        let is_new = object.as_reference().is_some_and(|id| !self.old.is_in_use(id.number));
        if !is_new || depth > DEEPEST {
            let told = change(ChangeKind::FormFieldAdded).field(&self.new.field_name(field)?);
            found.add(numbered(told, object));
            return Ok(());
        }
        let is_signature = self.new.field_type(field)?.as_deref() == Some(b"Sig");
        let kids = self.new.array(field, "Kids")?;
        if is_signature && (kids.is_empty() || field.get("V").is_some()) {
            return self.new_signature_field(object, field, None, found);
        }
        if kids.is_empty()
            || field.keys().any(|key| !matches!(key, b"Kids" | b"T" | b"TU" | b"FT" | b"Ff" | b"Parent"))
        {
            let told = change(ChangeKind::FormFieldAdded).field(&self.new.field_name(field)?);
            found.add(numbered(told, object));
            return Ok(());
        }
        kids.iter().try_for_each(|kid| self.added_field(kid, depth + 1, found))
    }

    /// A signature field or its widget that the signed revision didn't have, signed or not.
    pub(super) fn new_signature_field(
        &self,
        object: &Object,
        field: &Dictionary,
        page: Option<u32>,
        found: &mut Found,
    ) -> Result<()> {
        let name = self.new.field_name(field)?;
        let unusual: Vec<String> = field
            .keys()
            .filter(|key| !FIELD_KEYS.iter().any(|allowed| allowed.as_bytes() == *key) && *key != b"Kids")
            .map(|key| String::from_utf8_lossy(key).into_owned())
            .collect();
        let acts = unusual.iter().any(|key| key == "A" || key == "AA");
        let kind = match self.new_value(field)? {
            _ if acts => ChangeKind::ActionChanged,
            _ if !unusual.is_empty() || field.duplicate_key().is_some() => ChangeKind::FormFieldAdded,
            Some(kind) => kind,
            None => ChangeKind::FormFieldAdded,
        };
        let mut told = numbered(change(kind).field(&name).with("new_field", true), object);
        if let Some(page) = page {
            told = told.page(self.page_number(page)?);
            found.watch(object, field, page);
            let area = self.shown_area(self.new, field, page)?;
            told.position = area.position();
            found.add(told);
            return self.overlay(page, &area, object, &name, found);
        }
        found.add(told);
        Ok(())
    }

    /// What a signature field's value is; `None` for something that isn't a new signature.
    fn new_value(&self, field: &Dictionary) -> Result<Option<ChangeKind>> {
        let mut above;
        let mut node = field;
        let mut value = None;
        for _ in 0..DEEPEST {
            value = node.get("V").cloned();
            above = self.new.parent(node)?;
            match above.as_deref() {
                Some(Object::Dictionary(parent)) if value.is_none() => node = parent,
                _ => break,
            }
        }
        let Some(value) = value else { return Ok(Some(ChangeKind::SignatureFieldAdded)) };
        if value.as_reference().is_some_and(|id| self.old.is_in_use(id.number)) {
            return Ok(None);
        }
        Ok(match &*self.new.resolved(&value)? {
            Object::Dictionary(value) if looks_like_signature(value) => Some(self.kind_of_signature(value)?),
            _ => None,
        })
    }

    fn kind_of_signature(&self, value: &Dictionary) -> Result<ChangeKind> {
        let sub_filter = self.new.value(value, "SubFilter")?;
        if sub_filter.is_name("ETSI.RFC3161") {
            return Ok(ChangeKind::DocumentTimeStampAdded);
        }
        for reference in self.new.array(value, "Reference")? {
            if let Object::Dictionary(reference) = self.new.resolve(&reference)?
                && self.new.value(&reference, "TransformMethod")?.is_name("DocMDP")
            {
                return Ok(ChangeKind::CertificationAdded);
            }
        }
        Ok(ChangeKind::SignatureAdded)
    }

    /// A field or widget of the signed revision. `false` if it has a second role or changed in other ways.
    pub(super) fn field(
        &self,
        number: u32,
        before: &Dictionary,
        after: &Dictionary,
        found: &mut Found,
    ) -> Result<bool> {
        if !self.is_pointed_to_only(number)? {
            return Ok(false);
        }
        let keys = differing(before, after);
        if keys.iter().any(|key| key == "AP") && self.shares_appearance(before)? {
            self.filled(number, ChangeKind::AppearanceReplaced, found)?;
        }
        if keys.iter().any(|key| key == "A" || key == "AA") {
            let told = change(ChangeKind::ActionChanged).object(number);
            found.add(told.field(&self.old.field_name(before)?));
            return Ok(true);
        }
        if self.old.field_type(before)?.as_deref() == Some(b"Sig") {
            return self.signature_field(number, before, after, &keys, found);
        }
        if keys.iter().any(|key| !FILLING_KEYS.contains(&key.as_str())) || !only_closed(before, after) {
            return Ok(false);
        }
        if keys.iter().any(|key| key == "Kids")
            && let Some((before, after)) = self.arrays(before, after, "Kids")?
        {
            self.fields_listed(&before, &after.unwrap_or_default(), found)?;
        }
        let has = |names: &[&str]| keys.iter().any(|key| names.contains(&key.as_str()));
        let kind = if self.value_changed(before, after)? {
            ChangeKind::FormFieldFilled
        } else if has(&["AP", "DA", "Q", "RV", "I"]) {
            ChangeKind::AppearanceReplaced
        } else if has(&["F"]) {
            ChangeKind::FormFieldChanged
        } else if has(&["Ff"]) {
            ChangeKind::FormFieldLocked
        } else {
            return Ok(true);
        };
        self.filled(number, kind, found)?;
        Ok(true)
    }

    fn signature_field(
        &self,
        number: u32,
        before: &Dictionary,
        after: &Dictionary,
        keys: &[String],
        found: &mut Found,
    ) -> Result<bool> {
        let name = self.old.field_name(before)?;
        if self.old.inherited_by_field(before, "V")? != Object::Null {
            found.add(change(ChangeKind::SignatureChanged).object(number).field(&name));
            return Ok(true);
        }
        let allowed = keys.iter().all(|key| SIGNING_KEYS.contains(&key.as_str()));
        let kind = match self.new_value(after)? {
            Some(kind) if allowed && kind != ChangeKind::SignatureFieldAdded => kind,
            _ => return Ok(false),
        };
        let mut told = change(kind).object(number).field(&name);
        if let Some(page) = self.page_object_of(number, before)? {
            let area = self.shown_area(self.new, after, page)?;
            told = told.page(self.page_number(page)?);
            told.position = area.position();
            found.add(told);
            self.overlay(page, &area, &Object::Reference(crate::ObjectId::new(number, 0)), &name, found)?;
            return Ok(true);
        }
        found.add(told);
        Ok(true)
    }

    /// A widget whose value or looks changed: told, and what lies under it looked at.
    fn filled(&self, number: u32, kind: ChangeKind, found: &mut Found) -> Result<()> {
        let object = self.new.number(number)?;
        let Object::Dictionary(field) = &*object else { return Ok(()) };
        let name = self.old.field_name(field)?;
        let mut told = change(kind).object(number).field(&name);
        let Some(page) = self.page_object_of(number, field)? else {
            found.add(told);
            return Ok(());
        };
        let area = self.shown_area(self.new, field, page)?;
        told = told.page(self.page_number(page)?);
        told.position = area.position();
        found.add(told);
        self.overlay(page, &area, &Object::Reference(crate::ObjectId::new(number, 0)), &name, found)
    }

    /// Whether the value, own or inherited, or the state that shows is another one.
    fn value_changed(&self, before: &Dictionary, after: &Dictionary) -> Result<bool> {
        Ok(self.old.inherited_by_field(before, "V")? != self.new.inherited_by_field(after, "V")?
            || before.get("AS") != after.get("AS"))
    }

    /// Whether every reference to a field is one under which nothing of what may change plays a role.
    fn is_pointed_to_only(&self, number: u32) -> Result<bool> {
        for referrer in self.references.up_to(self.old.snapshot.revision, number) {
            // An array of its own: of fields, of annotations; what may change of a field plays no role in others either.
            if referrer.path.is_empty() {
                continue;
            }
            if !POINTERS.contains(&referrer.key()) {
                return Ok(false);
            }
            // The children of a page tree node are pages.
            if referrer.key() == "Kids" {
                let holder = self.old.number(referrer.holder)?;
                if !matches!(&*holder, Object::Dictionary(holder) if is_field(holder)) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// An object that is the value of fields and nothing else.
    pub(super) fn field_value(&self, number: u32, after: &Object, found: &mut Found) -> Result<bool> {
        if !matches!(after, Object::String(_) | Object::Name(_) | Object::Null) {
            return Ok(false);
        }
        let mut holders = Vec::new();
        for referrer in self.references.up_to(self.old.snapshot.revision, number) {
            let holder = self.old.number(referrer.holder)?;
            let fillable = match &*holder {
                Object::Dictionary(holder) if is_field(holder) => {
                    self.old.field_type(holder)?.is_some_and(|kind| kind != b"Sig")
                }
                _ => false,
            };
            if referrer.path != "V" || !fillable {
                return Ok(false);
            }
            holders.push(referrer.holder);
        }
        for holder in &holders {
            self.filled(*holder, ChangeKind::FormFieldFilled, found)?;
        }
        Ok(!holders.is_empty())
    }

    /// An appearance, or a dictionary of them, that belongs to widgets and nothing else.
    pub(super) fn appearance(&self, number: u32, after: &Object, found: &mut Found) -> Result<bool> {
        if !matches!(after, Object::Stream(_) | Object::Dictionary(_)) {
            return Ok(false);
        }
        let Some(widgets) = self.widgets_of(number, 0)? else { return Ok(false) };
        for widget in widgets {
            let (before, after) = (self.old.number(widget)?, self.new.number(widget)?);
            let (Object::Dictionary(before), Object::Dictionary(after)) = (&*before, &*after) else {
                return Ok(false);
            };
            let is_signature = self.old.field_type(before)?.as_deref() == Some(b"Sig");
            // Signing an empty field may draw into the appearance that it has; the field itself is told as signed.
            let is_signed_now = is_signature
                && self.old.inherited_by_field(before, "V")? == Object::Null
                && self.new.inherited_by_field(after, "V")? != Object::Null;
            if is_signed_now {
                continue;
            }
            let kind = if !is_signature && self.value_changed(before, after)? {
                ChangeKind::FormFieldFilled
            } else {
                ChangeKind::AppearanceReplaced
            };
            self.filled(widget, kind, found)?;
        }
        Ok(true)
    }

    /// Whether the appearance that a widget had serves something else, too.
    fn shares_appearance(&self, before: &Dictionary) -> Result<bool> {
        let mut parts: Vec<Object> = before.get("AP").cloned().into_iter().collect();
        while let Some(part) = parts.pop() {
            match part {
                Object::Reference(id) if self.widgets_of(id.number, 0)?.is_none() => return Ok(true),
                Object::Dictionary(states) => {
                    parts.extend(states.entries().iter().map(|entry| entry.value.clone()));
                }
                _ => {}
            }
        }
        Ok(false)
    }

    /// The widgets whose /AP leads to the object; `None` if something else does, too.
    fn widgets_of(&self, number: u32, depth: u32) -> Result<Option<Vec<u32>>> {
        let mut widgets = Vec::new();
        for referrer in self.references.up_to(self.old.snapshot.revision, number) {
            let holder = self.old.number(referrer.holder)?;
            let Object::Dictionary(dictionary) = &*holder else { return Ok(None) };
            let steps: Vec<&str> = referrer.path.split('/').collect();
            let above = match steps.as_slice() {
                ["AP"] | ["AP", _] | ["AP", _, _] if is_field(dictionary) => Some(vec![referrer.holder]),
                [_] | [_, _] if depth < 2 && !is_page(dictionary) && !is_field(dictionary) => {
                    self.widgets_of(referrer.holder, depth + 1)?
                }
                _ => None,
            };
            let Some(above) = above else { return Ok(None) };
            widgets.extend(above);
        }
        Ok((!widgets.is_empty()).then_some(widgets))
    }

    fn touched(&self) -> &[(u32, crate::xref::Entry)] {
        let document = self.new.snapshot.document;
        document.revisions().get(self.new.snapshot.revision).map(crate::Revision::entries).unwrap_or_default()
    }

    /// Whether a new field or annotation was looked at already and this revision leaves it as it is.
    pub(super) fn is_known(&self, object: &Object, found: &mut Found) -> bool {
        let Some(id) = object.as_reference() else { return false };
        !found.known.insert(id.number) && !self.is_touched(object)
    }

    fn is_touched(&self, object: &Object) -> bool {
        let Some(id) = object.as_reference() else { return true };
        self.touched().binary_search_by_key(&id.number, |(number, _)| *number).is_ok()
    }

    /// What earlier revisions added and this one touches, with its page.
    pub(super) fn watched(&self, found: &Found) -> BTreeSet<(u32, u32)> {
        self.touched().iter().filter_map(|(number, _)| found.watched.get(number).copied()).collect()
    }

    /// Looks at it again.
    pub(super) fn look_again(&self, again: BTreeSet<(u32, u32)>, found: &mut Found) -> Result<()> {
        for (number, page) in again {
            found.known.remove(&number);
            if let Some(id) = self.new.id(number) {
                self.added_annotation(page, &Object::Reference(id), found)?;
            }
        }
        Ok(())
    }
}

/// The elements of an array, to be found quickly.
pub(super) struct Members<'a> {
    /// Sorted; mostly they come in order.
    references: Vec<ObjectId>,
    others: Vec<&'a Object>,
}

impl<'a> Members<'a> {
    pub(super) fn of(array: &'a [Object]) -> Self {
        let mut references: Vec<ObjectId> = array.iter().filter_map(Object::as_reference).collect();
        references.sort_unstable();
        Self { references, others: array.iter().filter(|element| element.as_reference().is_none()).collect() }
    }

    pub(super) fn has(&self, element: &Object) -> bool {
        match element.as_reference() {
            Some(id) => self.references.binary_search(&id).is_ok(),
            None => self.others.contains(&element),
        }
    }
}

fn only_closed(before: &Dictionary, after: &Dictionary) -> bool {
    let flags = |field: &Dictionary| field.get("Ff").and_then(Object::as_integer).unwrap_or(0);
    flags(before) == flags(after) || flags(before) | READ_ONLY == flags(after)
}

pub(super) fn numbered(told: Change, object: &Object) -> Change {
    match object.as_reference() {
        Some(id) => told.object(id.number),
        None => told,
    }
}

/// Whether a field shows in a revision.
pub(super) fn flags(view: View<'_, '_, '_>, annotation: &Dictionary) -> Result<i64> {
    Ok(view.value(annotation, "F")?.as_integer().unwrap_or(0))
}

//! Catalog, form, security store and what the file says of itself: what may come to them later.

use std::collections::BTreeSet;

use hsign_core::facts::ChangeKind;

use super::comparison::{Comparison, DSS_ARRAYS, validation_information};
use super::found::{Details, Found, change};
use crate::error::Result;
use crate::object::{Dictionary, Object, ObjectId};
use crate::signature::looks_like_signature;

/// What a writer tells of itself in the information dictionary; no other entry of it may change.
const WRITER_KEYS: [&str; 4] = ["Producer", "ModDate", "Creator", "CreationDate"];
/// XMP packets looked at.
const LARGEST_METADATA: u64 = 4 << 20;

type Rule<'a, 'd, 's> = fn(&Comparison<'a, 'd, 's>, &Dictionary, &Dictionary, &mut Found) -> Result<()>;

impl<'a, 'd, 's> Comparison<'a, 'd, 's> {
    /// Dictionaries of the catalog that may change, direct or as objects of their own.
    pub(super) const PARTS: [(&'static str, Rule<'a, 'd, 's>); 4] = [
        ("AcroForm", Self::form),
        ("DSS", Self::security_store),
        ("Extensions", Self::extensions),
        ("Perms", Self::permissions),
    ];

    pub(super) fn catalog_changed(
        &self,
        before: &Dictionary,
        after: &Dictionary,
        found: &mut Found,
    ) -> Result<()> {
        for (key, rule) in Self::PARTS {
            if before.get(key) == after.get(key) {
                continue;
            }
            let (old, new) = (self.old.value(before, key)?, self.new.value(after, key)?);
            let none = Dictionary::new();
            let old = old.as_dictionary().unwrap_or(&none);
            match new {
                Object::Dictionary(new) if new.duplicate_key().is_none() => rule(self, old, &new, found)?,
                _ => found.add(change(ChangeKind::CatalogChanged).with("entries", key)),
            }
        }
        let mut others = Vec::new();
        for key in differing(before, after) {
            match key.as_str() {
                "AcroForm" | "DSS" | "Extensions" | "Perms" => {}
                "Version" if matches!(after.get("Version"), Some(Object::Name(_))) => {
                    found.add(change(ChangeKind::DocumentVersionChanged));
                }
                "Metadata" => {
                    let new = self.new.value(after, "Metadata")?;
                    let is_new = after.get("Metadata").and_then(Object::as_reference);
                    let is_new = is_new.is_some_and(|id| !self.old.is_in_use(id.number));
                    if !(is_new && self.metadata(&Object::Null, &new, found)) {
                        others.push(key);
                    }
                }
                "Pages" => found.add(self.pages_counted()?),
                "Names" if !self.scripts_changed(before, after)? => others.push(key),
                "OpenAction" | "AA" | "Names" => found.add(change(ChangeKind::ActionChanged)),
                "OCProperties" => found.add(change(ChangeKind::OptionalContentChanged)),
                _ => others.push(key),
            }
        }
        if !others.is_empty() {
            found.add(change(ChangeKind::CatalogChanged).with("entries", others.join(", ")));
        }
        Ok(())
    }

    /// Whether the scripts that run on opening are others.
    fn scripts_changed(&self, before: &Dictionary, after: &Dictionary) -> Result<bool> {
        let old = self.old.dictionary(before, "Names")?;
        let new = self.new.dictionary(after, "Names")?;
        Ok(old.get("JavaScript") != new.get("JavaScript"))
    }

    fn extensions(&self, _: &Dictionary, _: &Dictionary, found: &mut Found) -> Result<()> {
        found.add(change(ChangeKind::DocumentVersionChanged));
        Ok(())
    }

    /// A certification that comes later is a signature of its own; one that was there stays.
    fn permissions(&self, before: &Dictionary, after: &Dictionary, found: &mut Found) -> Result<()> {
        let added = differing(before, after);
        let is_new_signature = |key: &String| -> Result<bool> {
            let Some(id) = after.get(key).and_then(Object::as_reference) else { return Ok(false) };
            let is_new = before.get(key).is_none() && !self.old.is_in_use(id.number);
            Ok(is_new
                && matches!(&*self.new.get(id)?, Object::Dictionary(value) if looks_like_signature(value)))
        };
        for key in &added {
            if !is_new_signature(key)? {
                found.add(change(ChangeKind::CatalogChanged).with("entries", format!("Perms/{key}")));
            }
        }
        Ok(())
    }

    fn form(&self, before: &Dictionary, after: &Dictionary, found: &mut Found) -> Result<()> {
        let mut others = Vec::new();
        for key in differing(before, after) {
            match key.as_str() {
                "Fields" => {}
                "SigFlags" if flags(before) & !flags(after) == 0 => {}
                "XFA" => found.add(change(ChangeKind::XfaChanged)),
                "DR" if self.resources_added(before, after)? => {
                    found.add(change(ChangeKind::FormSettingsChanged));
                }
                "DA" | "Q" if before.get(&key).is_none() && !self.has_filled_fields()? => {
                    found.add(change(ChangeKind::FormSettingsChanged));
                }
                "NeedAppearances" if self.may_need_appearances(after)? => {
                    found.add(change(ChangeKind::FormSettingsChanged));
                }
                _ => others.push(key),
            }
        }
        if !others.is_empty() {
            found.add(change(ChangeKind::FormChanged).with("entries", others.join(", ")));
        }
        match self.arrays(before, after, "Fields")? {
            Some((before, Some(after))) => self.fields_listed(&before, &after, found),
            Some((before, None)) => self.fields_listed(&before, &[], found),
            None => Ok(()),
        }
    }

    /// Having viewers draw the fields anew shows nothing else as long as none is filled.
    fn may_need_appearances(&self, after: &Dictionary) -> Result<bool> {
        let wanted = self.new.value(after, "NeedAppearances")? == Object::Boolean(true);
        Ok(!wanted || !self.has_filled_fields()?)
    }

    /// Whether a field other than a signature has a value in the signed revision.
    fn has_filled_fields(&self) -> Result<bool> {
        let form = crate::field::form(self.old.snapshot)?;
        Ok(form.fields.iter().any(|field| !field.is_signature && field.value.is_some()))
    }

    /// Names may come to the form's resources; none changes what it stands for.
    fn resources_added(&self, before: &Dictionary, after: &Dictionary) -> Result<bool> {
        let (old, new) = (self.old.dictionary(before, "DR")?, self.new.dictionary(after, "DR")?);
        for entry in old.entries() {
            let Some(now) = new.get_str(&entry.key) else { return Ok(false) };
            if *now == entry.value {
                continue;
            }
            match (self.old.resolve(&entry.value)?, self.new.resolve(now)?) {
                (Object::Dictionary(before), Object::Dictionary(after))
                    if after.duplicate_key().is_none() && before.is_within(&after) => {}
                (Object::Array(before), Object::Array(after)) if before == after => {}
                _ => return Ok(false),
            }
        }
        Ok(new.duplicate_key().is_none())
    }

    fn security_store(&self, before: &Dictionary, after: &Dictionary, found: &mut Found) -> Result<()> {
        let allowed =
            |key: &[u8]| key == b"Type" || key == b"VRI" || DSS_ARRAYS.iter().any(|k| k.as_bytes() == key);
        if !after.keys().all(allowed) || !before.keys().all(allowed) {
            found.add(change(ChangeKind::ValidationDataChanged));
            return Ok(());
        }
        for key in DSS_ARRAYS {
            match self.arrays(before, after, key)? {
                Some((before, Some(after))) => found.add(change(self.streams_added(&before, &after)?)),
                Some((before, None)) if !before.is_empty() => {
                    found.add(change(ChangeKind::ValidationDataChanged));
                }
                _ => {}
            }
        }
        if before.get("VRI") == after.get("VRI") && !matches!(before.get("VRI"), Some(Object::Dictionary(_)))
        {
            return Ok(());
        }
        let kind = match (self.old.value(before, "VRI")?, self.new.value(after, "VRI")?) {
            (Object::Null, Object::Null) => return Ok(()),
            (Object::Null, Object::Dictionary(_)) => ChangeKind::ValidationDataAdded,
            (Object::Dictionary(before), Object::Dictionary(after)) => {
                validation_information(&before, &after)
            }
            _ => ChangeKind::ValidationDataChanged,
        };
        found.add(change(kind));
        Ok(())
    }

    /// Nothing was taken out, and what came are streams.
    pub(super) fn streams_added(&self, before: &[Object], after: &[Object]) -> Result<ChangeKind> {
        let ids = |array: &[Object]| -> Option<BTreeSet<ObjectId>> {
            array.iter().map(Object::as_reference).collect()
        };
        let (Some(before), Some(after)) = (ids(before), ids(after)) else {
            return Ok(ChangeKind::ValidationDataChanged);
        };
        if !before.is_subset(&after) {
            return Ok(ChangeKind::ValidationDataChanged);
        }
        for id in after.difference(&before).copied() {
            if !matches!(&*self.new.get(id)?, Object::Stream(_)) {
                return Ok(ChangeKind::ValidationDataChanged);
            }
        }
        Ok(ChangeKind::ValidationDataAdded)
    }

    /// An XMP packet in place of another, or where none was.
    pub(super) fn metadata(&self, before: &Object, after: &Object, found: &mut Found) -> bool {
        let is_metadata =
            |dictionary: &Dictionary| dictionary.get("Type").is_some_and(|kind| kind.is_name("Metadata"));
        let was = match before {
            Object::Null => true,
            Object::Stream(stream) => is_metadata(&stream.dictionary),
            _ => false,
        };
        let Object::Stream(stream) = after else { return false };
        let packet = self.new.snapshot.stream_data(stream, LARGEST_METADATA).unwrap_or_default();
        let is_xmp = memchr::memmem::find(&packet, b"xmpmeta").is_some();
        let explained = was && is_metadata(&stream.dictionary) && is_xmp;
        if explained {
            found.add(change(ChangeKind::MetadataChanged).with("entries", "XMP"));
        }
        explained
    }

    /// Producer and dates may come or change, as strings that stand there themselves.
    pub(super) fn information(before: &Dictionary, after: &Dictionary, found: &mut Found) {
        let keys = differing(before, after);
        if keys.is_empty() {
            return;
        }
        let by_writer = |key: &String| {
            WRITER_KEYS.contains(&key.as_str())
                && after.get(key).is_none_or(|value| matches!(value, Object::String(_)))
        };
        let mut told = change(ChangeKind::MetadataChanged).with("entries", keys.join(", "));
        if !keys.iter().all(by_writer) || after.duplicate_key().is_some() {
            told.verdict = hsign_core::facts::ModificationVerdict::Suspicious;
        }
        found.add(told);
    }

    /// Objects from /Size on are missing for readers that go by the letter (ISO 32000-2, 7.5.5): another /Size must
    /// neither hide a signed object nor show one that was hidden.
    fn other_objects_count(&self) -> bool {
        let (old, new) = (size(self.old.snapshot.trailer()), size(self.new.snapshot.trailer()));
        let (Some(old), Some(new)) = (old, new) else { return false };
        let signed = self.old.snapshot.document.revisions().get(..=self.old.snapshot.revision);
        let mut entries = signed.unwrap_or_default().iter().flat_map(|revision| revision.entries());
        let between = old.min(new)..old.max(new);
        !between.is_empty()
            && entries.any(|(number, _)| between.contains(number) && self.old.is_in_use(*number))
    }

    /// /Root and the first part of /ID stay, /Encrypt doesn't come, /Size leaves every object where it was, another
    /// /Info tells of the writer only.
    pub(super) fn trailer(&self, found: &mut Found) -> Result<()> {
        let (old, new) = (self.old.snapshot.trailer(), self.new.snapshot.trailer());
        let first_id =
            |trailer: &Dictionary| -> Option<Object> { trailer.get("ID")?.as_array()?.first().cloned() };
        let mut others: Vec<&str> =
            ["Root", "Encrypt"].into_iter().filter(|key| old.get(key) != new.get(key)).collect();
        if first_id(old).is_some() && first_id(old) != first_id(new) {
            others.push("ID");
        }
        if self.other_objects_count() {
            others.push("Size");
        }
        if !others.is_empty() {
            found.add(change(ChangeKind::TrailerChanged).with("entries", others.join(", ")));
        }
        if old.get("Info") != new.get("Info") && new.get("Info").is_some() {
            let before = self.old.dictionary(old, "Info")?;
            let after = self.new.dictionary(new, "Info")?;
            Self::information(&before, &after, found);
        }
        Ok(())
    }
}

/// /Size of a trailer, where it is one.
fn size(trailer: &Dictionary) -> Option<u32> {
    trailer.get("Size").and_then(Object::as_integer).and_then(|size| u32::try_from(size).ok())
}

fn flags(form: &Dictionary) -> i64 {
    form.get("SigFlags").and_then(Object::as_integer).unwrap_or(0)
}

/// Keys whose values differ, in their order.
pub(super) fn differing(before: &Dictionary, after: &Dictionary) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for entry in before.entries().iter().chain(after.entries()) {
        if before.get_str(&entry.key) != after.get_str(&entry.key) {
            keys.insert(String::from_utf8_lossy(&entry.key).into_owned());
        }
    }
    keys.into_iter().collect()
}

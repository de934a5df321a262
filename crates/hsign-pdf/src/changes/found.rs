//! What was found, and what the signature itself says of it: certification levels and locked fields (ISO 32000-2,
//! 12.8.2.2 and 12.8.2.4).

use std::collections::{BTreeMap, HashMap, HashSet};

use hsign_core::facts::{Change, ChangeKind, ModificationVerdict};

use crate::object::{Dictionary, Object, ObjectId};
use crate::signature::{Lock, SignatureDictionary, SignatureField, SignatureReference};

/// Changes listed for one signature; more of them say nothing new.
const MOST_LISTED: usize = 200;

/// The changes after one signature.
#[derive(Default)]
pub(super) struct Found {
    pub(super) changes: Vec<Change>,
    /// Revision that is looked at; 1 is the first later one.
    pub(super) revision: u32,
    /// Annotations that were added, and the page they are on, by the numbers of the objects that make them:
    /// further revisions may change these.
    pub(super) watched: HashMap<u32, (u32, u32)>,
    /// Fields and annotations that were looked at; again only when they are touched.
    pub(super) known: HashSet<u32>,
    /// The same for the lists of fields.
    pub(super) listed: HashSet<Option<ObjectId>>,
}

impl Found {
    /// Takes note of a change; the same kind at the same object counts once.
    pub(super) fn add(&mut self, change: Change) {
        let change = Change { revision: self.revision, ..change };
        let known = self.changes.iter_mut().find(|known| {
            known.kind == change.kind
                && known.object == change.object
                && known.verdict >= change.verdict
                && (known.page == change.page || known.page.is_none() || change.page.is_none())
        });
        if let Some(known) = known {
            known.page = known.page.or(change.page);
            known.position = known.position.or(change.position);
            return;
        }
        let grave = change.verdict > ModificationVerdict::Permitted;
        if self.changes.len() < MOST_LISTED || (grave && !self.has_grave()) {
            self.changes.push(change);
        }
    }

    /// Has an added annotation looked at again when a further revision touches it.
    pub(super) fn watch(&mut self, object: &Object, parts: &Dictionary, page: u32) {
        let Some(id) = object.as_reference() else { return };
        let parts = parts.entries().iter().filter(|entry| !matches!(entry.key.as_slice(), b"P" | b"Parent"));
        let parts = parts.filter_map(|entry| entry.value.as_reference());
        self.watched.extend(parts.map(|part| (part.number, (id.number, page))));
        self.watched.insert(id.number, (id.number, page));
    }

    fn has_grave(&self) -> bool {
        self.changes.iter().any(|change| change.verdict > ModificationVerdict::Permitted)
    }
}

/// A change with what the rules say of its kind where the signature says nothing.
pub(super) fn change(kind: ChangeKind) -> Change {
    use ChangeKind as K;
    let harmless = matches!(
        kind,
        K::SignatureAdded
            | K::CertificationAdded
            | K::DocumentTimeStampAdded
            | K::SignatureFieldAdded
            | K::ValidationDataAdded
            | K::FormFieldFilled
            | K::FormFieldLocked
            | K::FormSettingsChanged
            | K::MetadataChanged
            | K::DocumentVersionChanged
            | K::UnusedObjectChanged
    );
    let verdict = if harmless { ModificationVerdict::Permitted } else { ModificationVerdict::Suspicious };
    let values = BTreeMap::new();
    Change { kind, verdict, revision: 0, page: None, position: None, object: None, values }
}

/// Parts of a change that are set one by one.
pub(super) trait Details: Sized {
    fn object(self, number: u32) -> Self;
    fn page(self, page: Option<u32>) -> Self;
    fn with(self, name: &str, value: impl ToString) -> Self;
    /// The field's name, if it has one.
    fn field(self, name: &str) -> Self;
}

impl Details for Change {
    fn object(mut self, number: u32) -> Self {
        self.object = Some(number);
        self
    }

    fn page(mut self, page: Option<u32>) -> Self {
        self.page = page;
        self
    }

    fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }

    fn field(self, name: &str) -> Self {
        if name.is_empty() { self } else { self.with("field", name) }
    }
}

/// What a signature permits from then on.
pub(super) struct Permissions<'a> {
    level: Option<i64>,
    locks: Vec<&'a Lock>,
}

impl<'a> Permissions<'a> {
    pub(super) fn of(field: &'a SignatureField, signature: &'a SignatureDictionary) -> Self {
        let mut levels = Vec::new();
        let mut locks: Vec<&Lock> = field.lock.iter().collect();
        for reference in &signature.references {
            match reference {
                SignatureReference::DocMdp(level) => levels.push(*level),
                SignatureReference::FieldMdp(lock) => locks.push(lock),
                SignatureReference::Other(_) => {}
            }
        }
        levels.extend(locks.iter().filter_map(|lock| lock.permission));
        Self { level: levels.into_iter().min(), locks }
    }

    /// Raises what the signature rules out to forbidden; at level 3 further annotations are what it permits.
    pub(super) fn judge(&self, changes: &mut [Change]) {
        for change in changes {
            if let Some(level) = self.level
                && level < needed(change.kind)
            {
                change.verdict = ModificationVerdict::Forbidden;
                change.values.insert("rule".to_owned(), format!("DocMDP P={level}"));
            } else if self.level == Some(3) && change.kind == ChangeKind::AnnotationAdded {
                change.verdict = ModificationVerdict::Permitted;
            }
            if self.is_locked(change) {
                change.verdict = ModificationVerdict::Forbidden;
                change.values.insert("rule".to_owned(), "FieldMDP".to_owned());
            }
        }
    }

    fn is_locked(&self, change: &Change) -> bool {
        use ChangeKind as K;
        let touches_field = matches!(
            change.kind,
            K::FormFieldFilled
                | K::FormFieldChanged
                | K::FormFieldRemoved
                | K::AppearanceReplaced
                | K::SignatureChanged
                | K::SignatureAdded
                | K::CertificationAdded
        );
        // A signature in a field that is new can't be one that was locked.
        let existed = !change.values.contains_key("new_field");
        let name = change.values.get("field");
        touches_field && existed && name.is_some_and(|name| self.locks.iter().any(|lock| lock.covers(name)))
    }
}

/// The certification level that a kind of change needs; 4 is what no level permits (ISO 32000-2, Table 257, which
/// excepts document time stamps and validation data from every level).
fn needed(kind: ChangeKind) -> i64 {
    use ChangeKind as K;
    match kind {
        K::DocumentTimeStampAdded
        | K::ValidationDataAdded
        | K::MetadataChanged
        | K::DocumentVersionChanged
        | K::UnusedObjectChanged
        | K::TrailingBytes
        | K::NotComparable => 1,
        K::SignatureAdded
        | K::CertificationAdded
        | K::SignatureFieldAdded
        | K::FormFieldFilled
        | K::FormFieldLocked
        | K::FormSettingsChanged
        | K::AppearanceReplaced
        | K::SignedTextCovered
        | K::SignedFieldCovered
        | K::SignedAnnotationCovered
        | K::OverlayUndetermined => 2,
        K::AnnotationAdded | K::AnnotationChanged | K::AnnotationRemoved => 3,
        _ => 4,
    }
}

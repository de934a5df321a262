//! Where signatures can hide.

use std::collections::HashSet;

use hsign_core::{Budget, Finding};

use super::dictionary::{self, Place, looks_like_signature};
use super::{SignatureField, SignatureFields};
use crate::document::{Document, Snapshot};
use crate::error::{Error, Result};
use crate::field::{self, Field, Form};
use crate::object::{Dictionary, Object, ObjectId};
use crate::xref::Entry;

/// Fields of all revisions together: a thousand revisions with a thousand fields each.
const MOST_EARLIER_FIELDS: u64 = 1_000_000;

pub(crate) fn all(document: &Document<'_>) -> Result<SignatureFields> {
    let newest = document.newest();
    let form = field::form(newest)?;
    let mut found = SignatureFields { fields: Vec::new(), findings: form.findings.clone() };
    let mut known = HashSet::new();
    for field in form.fields.iter().filter(|field| is_signature(newest, field)) {
        known.extend(place(field));
        found.fields.push(signature_field(document, newest, field));
    }
    found.fields.extend(removed(document, &mut known)?);
    found.fields.extend(certification(newest, &mut known));
    if let Some(id) = permission(newest, "UR3") {
        // A reader vendor's permission to use its features, not a statement by anybody about the document.
        known.insert(Place::Object(id.number));
        found.findings.push(Finding::info("usage-rights-signature").with("object", id.number));
    }
    found.fields.extend(outside_form(document, &form, &mut known));
    Ok(found)
}

/// A field of type Sig, or one of another type whose value is a signature nevertheless.
fn is_signature(snapshot: Snapshot<'_, '_>, field: &Field) -> bool {
    field.is_signature
        || field.value.as_ref().is_some_and(|value| {
            matches!(snapshot.resolve(value), Ok(Object::Dictionary(value)) if looks_like_signature(&value))
        })
}

fn place(field: &Field) -> Option<Place> {
    match (&field.value, field.value_holder) {
        (Some(Object::Reference(id)), _) => Some(Place::Object(id.number)),
        (Some(_), Some(holder)) => Some(Place::ValueOf(holder.number)),
        _ => None,
    }
}

fn signature_field(document: &Document<'_>, snapshot: Snapshot<'_, '_>, field: &Field) -> SignatureField {
    let mut findings = Vec::new();
    if !field.is_signature {
        findings.push(Finding::error("signature-in-other-field").clause("ISO 32000-2 §12.7.5.5"));
    }
    let value = match place(field) {
        Some(place) => read(document, snapshot.revision, place, &mut findings),
        None if field.value.is_some() => {
            // The field itself stands in an array: there is no object to take revisions of.
            findings.push(unreadable("the field is not an indirect object"));
            None
        }
        None => None,
    };
    let lock = match snapshot.value(&field.dictionary, "Lock") {
        Ok(Object::Dictionary(lock)) => Some(dictionary::lock(snapshot, &lock)),
        _ => None,
    };
    SignatureField {
        name: field.name.clone(),
        object: field.id,
        signed: field.value.is_some(),
        value,
        lock,
        findings,
    }
}

fn read(
    document: &Document<'_>,
    revision: usize,
    place: Place,
    findings: &mut Vec<Finding>,
) -> Option<super::SignatureDictionary> {
    match dictionary::read(document, revision, place) {
        Ok(signature) => Some(signature),
        Err(reason) => {
            findings.push(unreadable(&reason));
            None
        }
    }
}

fn unreadable(reason: &str) -> Finding {
    Finding::error("signature-value-unreadable").clause("ISO 32000-2 §12.8.1").with("reason", reason)
}

/// Signatures that the form of an earlier revision had and the newest one has not.
fn removed(document: &Document<'_>, known: &mut HashSet<Place>) -> Result<Vec<SignatureField>> {
    let mut gone = Vec::new();
    let mut budget = Budget::new("form fields of earlier revisions", MOST_EARLIER_FIELDS);
    for revision in 0..document.revisions().len().saturating_sub(1) {
        let snapshot = document.at(revision);
        // An earlier revision may be incomplete (a linearised file's first part); what it lacks isn't lost.
        let form = match field::form_within(snapshot, &mut budget) {
            Err(error @ Error::Budget(_)) => return Err(error),
            Err(_) => continue,
            Ok(form) => form,
        };
        for field in form.fields.iter().filter(|field| is_signature(snapshot, field)) {
            if !place(field).is_some_and(|place| known.insert(place)) {
                continue;
            }
            let mut field = signature_field(document, snapshot, field);
            field.findings.push(Finding::error("signature-removed-later").with("field", &field.name));
            gone.push(field);
        }
    }
    Ok(gone)
}

/// A certification signature that only the catalog's /Perms leads to.
fn certification(snapshot: Snapshot<'_, '_>, known: &mut HashSet<Place>) -> Option<SignatureField> {
    let id = permission(snapshot, "DocMDP")?;
    known.insert(Place::Object(id.number)).then(|| without_field(snapshot.document, snapshot.revision, id))
}

/// A signature in the permissions dictionary (ISO 32000-2, 12.8.4).
fn permission(snapshot: Snapshot<'_, '_>, key: &str) -> Option<ObjectId> {
    snapshot.value(&snapshot.catalog().ok()?, "Perms").ok()?.as_dictionary()?.get(key)?.as_reference()
}

fn without_field(document: &Document<'_>, revision: usize, id: ObjectId) -> SignatureField {
    let mut findings = vec![Finding::error("signature-without-field").with("object", id.number)];
    let value = read(document, revision, Place::Object(id.number), &mut findings);
    SignatureField {
        name: format!("object {}", id.number),
        object: None,
        signed: true,
        value,
        lock: None,
        findings,
    }
}

/// Every object that is a signature field or a signature and that the form doesn't lead to: taking it out of
/// the form must not turn a signed document into one that never was.
fn outside_form(document: &Document<'_>, form: &Form, known: &mut HashSet<Place>) -> Vec<SignatureField> {
    let snapshot = document.newest();
    let mut numbers: Vec<u32> = document
        .revisions()
        .iter()
        .flat_map(|revision| revision.entries().iter().map(|(number, _)| *number))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let dictionaries: Vec<(ObjectId, Dictionary)> = numbers
        .into_iter()
        .filter_map(|number| {
            let generation = match snapshot.entry(number)? {
                Entry::Free => return None,
                Entry::At { generation, .. } => generation,
                Entry::Within { .. } => 0,
            };
            let id = ObjectId::new(number, generation);
            match snapshot.get(id).ok()? {
                Object::Dictionary(dictionary) if is_relevant(&dictionary) => Some((id, dictionary)),
                _ => None,
            }
        })
        .collect();
    let mut found = Vec::new();
    for (id, dictionary) in &dictionaries {
        if !is_signature_field(dictionary) || form.visited.contains(id) {
            continue;
        }
        let field = Field {
            name: field::name(snapshot, dictionary).unwrap_or_else(|| format!("object {}", id.number)),
            id: Some(*id),
            is_signature: true,
            value: dictionary.get("V").cloned(),
            value_holder: Some(*id),
            dictionary: dictionary.clone(),
        };
        // One that an earlier form listed is known already.
        if place(&field).is_none_or(|place| known.insert(place)) {
            let mut field = signature_field(document, snapshot, &field);
            field.findings.push(Finding::error("signature-field-outside-form").with("field", &field.name));
            found.push(field);
        }
    }
    for (id, dictionary) in &dictionaries {
        if looks_like_signature(dictionary) && known.insert(Place::Object(id.number)) {
            found.push(without_field(document, snapshot.revision, *id));
        }
    }
    found
}

fn is_relevant(dictionary: &Dictionary) -> bool {
    looks_like_signature(dictionary) || is_signature_field(dictionary)
}

/// A field, not merely a widget that repeats its field's type.
fn is_signature_field(dictionary: &Dictionary) -> bool {
    dictionary.get("FT").is_some_and(|kind| kind.is_name("Sig"))
        && (dictionary.get("T").is_some() || dictionary.get("V").is_some())
}

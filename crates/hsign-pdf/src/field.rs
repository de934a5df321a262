//! The fields of the interactive form (ISO 32000-2, 12.7), walked from `/AcroForm`.

use std::collections::HashSet;

use hsign_core::{Budget, Finding};

use crate::document::Snapshot;
use crate::error::Result;
use crate::object::{Dictionary, Object, ObjectId};
use crate::text;

/// Fields of one form.
const MOST_FIELDS: u64 = 200_000;
/// Levels of the field tree.
const DEEPEST: usize = 64;

/// A terminal field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Partial names joined by full stops.
    pub(crate) name: String,
    /// Its id, and its bytes' owner; `None` if it stands directly in `/Fields`.
    pub(crate) id: Option<ObjectId>,
    pub(crate) dictionary: Dictionary,
    pub(crate) is_signature: bool,
    /// `/V`, possibly inherited, not resolved.
    pub(crate) value: Option<Object>,
    /// The object whose dictionary holds that `/V`.
    pub(crate) value_holder: Option<ObjectId>,
}

#[derive(Debug, Default)]
pub(crate) struct Form {
    pub(crate) fields: Vec<Field>,
    pub(crate) findings: Vec<Finding>,
    /// Every object of the field tree.
    pub(crate) visited: HashSet<ObjectId>,
}

#[derive(Clone, Default)]
struct Inherited {
    name: String,
    kind: Option<Vec<u8>>,
    value: Option<(Object, Option<ObjectId>)>,
    depth: usize,
}

/// Every terminal field in document order. What can't be read is named in the findings.
pub(crate) fn form(snapshot: Snapshot<'_, '_>) -> Result<Form> {
    form_within(snapshot, &mut Budget::new("form fields", MOST_FIELDS))
}

/// The same, for forms that share a budget.
pub(crate) fn form_within(snapshot: Snapshot<'_, '_>, budget: &mut Budget) -> Result<Form> {
    let mut form = Form::default();
    let acro_form = match snapshot.value(&snapshot.catalog()?, "AcroForm") {
        Ok(Object::Dictionary(dictionary)) => dictionary,
        Ok(Object::Null) => return Ok(form),
        other => {
            form.findings.push(unreadable("AcroForm", other.err()));
            return Ok(form);
        }
    };
    let roots = match snapshot.value(&acro_form, "Fields") {
        Ok(Object::Array(fields)) => fields,
        Ok(Object::Null) => Vec::new(),
        other => {
            form.findings.push(unreadable("Fields", other.err()));
            return Ok(form);
        }
    };
    let mut stack: Vec<(Object, Inherited)> =
        roots.into_iter().rev().map(|field| (field, Inherited::default())).collect();
    while let Some((node, inherited)) = stack.pop() {
        budget.spend(1)?;
        let id = node.as_reference();
        if id.is_some_and(|id| !form.visited.insert(id)) || inherited.depth > DEEPEST {
            form.findings.push(Finding::warning("form-field-loop").with("field", &inherited.name));
            continue;
        }
        match snapshot.resolve(&node) {
            Ok(Object::Dictionary(dictionary)) => {
                let children = visit(snapshot, &mut form, id, dictionary, inherited);
                stack.extend(children.into_iter().rev());
            }
            // A deleted field that is still listed.
            Ok(Object::Null) => {}
            other => form.findings.push(unreadable(&describe(id, &inherited.name), other.err())),
        }
    }
    Ok(form)
}

fn describe(id: Option<ObjectId>, parent: &str) -> String {
    match id {
        Some(id) => format!("object {}", id.number),
        None => format!("a field below \"{parent}\""),
    }
}

fn unreadable(what: &str, error: Option<crate::error::Error>) -> Finding {
    let reason = error.map_or_else(|| "not of the type it should have".to_owned(), |error| error.to_string());
    Finding::error("form-field-unreadable").with("field", what).with("reason", reason)
}

/// Takes note of a field, or gives the fields below it.
fn visit(
    snapshot: Snapshot<'_, '_>,
    form: &mut Form,
    id: Option<ObjectId>,
    dictionary: Dictionary,
    inherited: Inherited,
) -> Vec<(Object, Inherited)> {
    let own_name = name(snapshot, &dictionary);
    let mut here = Inherited { depth: inherited.depth + 1, ..inherited };
    here.name = match (here.name.as_str(), own_name) {
        (_, None) => here.name,
        ("", Some(own)) => own,
        (parent, Some(own)) => format!("{parent}.{own}"),
    };
    if let Ok(Object::Name(kind)) = snapshot.value(&dictionary, "FT") {
        here.kind = Some(kind);
    }
    if let Some(value) = dictionary.get("V") {
        here.value = Some((value.clone(), id));
    }
    let kids = match snapshot.value(&dictionary, "Kids") {
        Ok(Object::Array(kids)) => kids,
        _ => Vec::new(),
    };
    // ISO 32000-2, 12.7.4.2: a child without /T is a widget of this field, unless it has a value of its own.
    let (fields, widgets): (Vec<Object>, Vec<Object>) =
        kids.into_iter().partition(|kid| is_field(snapshot, kid));
    if fields.is_empty() || !widgets.is_empty() {
        let is_signature = here.kind.as_deref() == Some(b"Sig");
        let (value, value_holder) =
            here.value.clone().map_or((None, None), |(value, holder)| (Some(value), holder));
        form.fields.push(Field {
            name: here.name.clone(),
            id,
            dictionary,
            is_signature,
            value,
            value_holder,
        });
    }
    fields.into_iter().map(|field| (field, here.clone())).collect()
}

fn is_field(snapshot: Snapshot<'_, '_>, kid: &Object) -> bool {
    match snapshot.resolve(kid) {
        Ok(Object::Dictionary(kid)) => kid.get("T").is_some() || kid.get("V").is_some(),
        Ok(Object::Null) => false,
        // Unreadable ones go on the stack, where they are reported.
        _ => true,
    }
}

pub(crate) fn name(snapshot: Snapshot<'_, '_>, dictionary: &Dictionary) -> Option<String> {
    match snapshot.value(dictionary, "T") {
        Ok(Object::String(name)) => Some(text::decode(&name.bytes)),
        _ => None,
    }
}

//! Where a new or an existing empty signature field is attached.

use super::signature::SubFilter;
use super::visible::{Place, Visible, appearance, nothing, numbers, spot, spot_of_field};
use super::writer::Update;
use crate::document::Snapshot;
use crate::error::{Error, Refusal, Result};
use crate::field::{self, Form};
use crate::object::{Dictionary, Object, ObjectId, PdfString};
use crate::signature::{Lock, SignatureField, SignatureReference, signature_fields};
use crate::text;

/// /SigFlags: signatures exist, append only (ISO 32000-2, Table 225).
const SIG_FLAGS: i64 = 3;

/// The field to be signed.
pub(crate) enum Target {
    /// A new one of that name.
    New(String),
    /// An existing, empty one.
    Existing { name: String, id: ObjectId, dictionary: Box<Dictionary> },
}

impl Target {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::New(name) | Self::Existing { name, .. } => name,
        }
    }
}

/// Finds the field by its name, or a free name, and checks that signing it is permitted.
pub(crate) fn target(
    snapshot: Snapshot<'_, '_>,
    form: &Form,
    wanted: Option<&str>,
    sub_filter: SubFilter,
) -> Result<Target> {
    if !form.findings.is_empty() {
        return Err(Refusal::Structure("the form has fields that can't be read").into());
    }
    let target = match wanted {
        None => Target::New(free_name(form)),
        Some(name) => match form.fields.iter().find(|field| field.name == name) {
            Some(found) => existing(snapshot, found)?,
            None if name.is_empty() || name.contains('.') => return Err(Error::FieldName),
            None if is_parent(form, name) => return Err(Error::NotASignatureField),
            None => Target::New(name.to_owned()),
        },
    };
    if is_signed(form) || snapshot.catalog()?.get("Perms").is_some() {
        let signed = signature_fields(snapshot.document)?;
        for field in &signed.fields {
            // Locks are about fields and their values: the new field of a document time stamp is none of these.
            let is_field = !matches!((&target, sub_filter), (Target::New(_), SubFilter::EtsiRfc3161));
            check_permission(field, Some(target.name()).filter(|_| is_field))?;
        }
    }
    Ok(target)
}

/// Whether some signature field has a value.
pub(crate) fn is_signed(form: &Form) -> bool {
    form.fields.iter().any(|field| field.is_signature && field.value.is_some())
}

fn is_parent(form: &Form, name: &str) -> bool {
    form.fields.iter().any(|field| field.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

fn free_name(form: &Form) -> String {
    let mut number = 1_u32;
    loop {
        let name = format!("Signature{number}");
        if !is_parent(form, &name) && form.fields.iter().all(|field| field.name != name) {
            return name;
        }
        number += 1;
    }
}

fn existing(snapshot: Snapshot<'_, '_>, found: &field::Field) -> Result<Target> {
    if !found.is_signature {
        return Err(Error::NotASignatureField);
    }
    if found.value.as_ref().is_some_and(|value| !matches!(snapshot.resolve(value), Ok(Object::Null))) {
        return Err(Error::AlreadySigned);
    }
    let id = found.id.ok_or(Refusal::Structure("the field is not an indirect object"))?;
    if let Object::Dictionary(seed) = snapshot.value(&found.dictionary, "SV")?
        && snapshot.value(&seed, "Ff")?.as_integer().is_some_and(|flags| flags != 0)
    {
        return Err(Refusal::SeedValues.into());
    }
    let dictionary = Box::new(found.dictionary.clone());
    Ok(Target::Existing { name: found.name.clone(), id, dictionary })
}

fn check_permission(field: &SignatureField, name: Option<&str>) -> Result<()> {
    let Some(signature) = &field.value else { return Ok(()) };
    let locks = |lock: &Lock| name.is_some_and(|name| lock.covers(name));
    let mut certified = false;
    let mut locked = field.lock.as_ref().is_some_and(locks);
    certified |= field.lock.as_ref().is_some_and(|lock| lock.permission == Some(1));
    for reference in &signature.references {
        match reference {
            SignatureReference::DocMdp(level) => certified |= *level <= 1,
            SignatureReference::FieldMdp(lock) => {
                locked |= locks(lock);
                certified |= lock.permission == Some(1);
            }
            SignatureReference::Other(_) => {}
        }
    }
    let field = field.name.clone();
    if certified {
        Err(Refusal::CertifiedNoChanges { field }.into())
    } else if locked {
        Err(Refusal::FieldLocked { field }.into())
    } else {
        Ok(())
    }
}

/// Puts the field with its value into the update; gives the id of the field.
pub(crate) fn attach(
    update: &mut Update<'_, '_>,
    target: &Target,
    value: ObjectId,
    visible: Option<&Visible<'_>>,
) -> Result<ObjectId> {
    let snapshot = update.document().newest();
    match target {
        Target::Existing { id, dictionary, .. } => {
            let mut field = dictionary.as_ref().clone();
            field.set("V", Object::Reference(value));
            if let Some(visible) = visible {
                if visible.place != Place::Field {
                    return Err(Error::FieldHasItsPlace);
                }
                let spot = spot_of_field(snapshot, &field)?;
                field.set("AP", appearance(&spot, visible.appearance, update)?);
            }
            update.set(*id, &Object::Dictionary(field));
            add_to_form(update, snapshot, None)?;
            Ok(*id)
        }
        Target::New(name) => {
            let id = update.allocate()?;
            let (page_id, page, widget) = match visible {
                None => {
                    let (page_id, page) = snapshot.first_page()?;
                    let mut widget = widget(name, page_id, value);
                    // ISO 19005-1, 6.9: every field has an appearance, even one that isn't seen.
                    if snapshot.archival_part() == Some(1) {
                        widget.set("AP", nothing(update)?);
                    }
                    (page_id, page, widget)
                }
                Some(visible) => {
                    let Place::Page { page, area } = visible.place else { return Err(Error::InvisibleField) };
                    let spot = spot(snapshot, page, area)?;
                    let mut widget = widget(name, spot.page_id, value);
                    widget.set("Rect", numbers(&spot.rectangle));
                    widget.set("AP", appearance(&spot, visible.appearance, update)?);
                    (spot.page_id, spot.page, widget)
                }
            };
            update.set(id, &Object::Dictionary(widget));
            add_to_page(update, snapshot, page_id, page, id)?;
            add_to_form(update, snapshot, Some(id))?;
            Ok(id)
        }
    }
}

/// Field and invisible widget in one dictionary; the flags are Print and Locked (ISO 32000-2, Table 167).
fn widget(name: &str, page: ObjectId, value: ObjectId) -> Dictionary {
    let mut widget = Dictionary::new();
    widget.set("Type", Object::name("Annot"));
    widget.set("Subtype", Object::name("Widget"));
    widget.set("FT", Object::name("Sig"));
    widget.set("T", Object::String(PdfString::literal(text::encode(name))));
    widget.set("V", Object::Reference(value));
    widget.set("Rect", Object::Array(vec![Object::Integer(0); 4]));
    widget.set("F", Object::Integer(132));
    widget.set("P", Object::Reference(page));
    widget
}

fn add_to_page(
    update: &mut Update<'_, '_>,
    snapshot: Snapshot<'_, '_>,
    id: ObjectId,
    page: Dictionary,
    widget: ObjectId,
) -> Result<()> {
    refuse_ambiguous(&page)?;
    let (owner, annotations) = array(snapshot, &page, "Annots")?;
    let annotations = with(annotations, widget);
    match owner {
        Some(owner) => update.set(owner, &annotations),
        None => {
            let mut page = page;
            page.set("Annots", annotations);
            update.set(id, &Object::Dictionary(page));
        }
    }
    Ok(())
}

/// Adds the field to /Fields where it is new, and sets /SigFlags; changes the innermost object that suffices.
fn add_to_form(
    update: &mut Update<'_, '_>,
    snapshot: Snapshot<'_, '_>,
    field: Option<ObjectId>,
) -> Result<()> {
    let mut catalog = snapshot.catalog()?;
    refuse_ambiguous(&catalog)?;
    let owner = match catalog.get("AcroForm") {
        Some(Object::Reference(id)) => Some(*id),
        _ => None,
    };
    let mut form = match snapshot.value(&catalog, "AcroForm")? {
        Object::Dictionary(form) => form,
        Object::Null => Dictionary::new(),
        _ => return Err(Refusal::Structure("/AcroForm is not a dictionary").into()),
    };
    refuse_ambiguous(&form)?;
    let flags = snapshot.value(&form, "SigFlags")?.as_integer().unwrap_or(0);
    let mut changed = flags & SIG_FLAGS != SIG_FLAGS;
    if let Some(field) = field {
        let (fields_owner, fields) = array(snapshot, &form, "Fields")?;
        let fields = with(fields, field);
        if let Some(owner) = fields_owner {
            update.set(owner, &fields);
        } else {
            form.set("Fields", fields);
            changed = true;
        }
    }
    if !changed {
        return Ok(());
    }
    form.set("SigFlags", Object::Integer(flags | SIG_FLAGS));
    match owner.filter(|owner| snapshot.is_in_use(owner.number)) {
        Some(owner) => update.set(owner, &Object::Dictionary(form)),
        None => {
            catalog.set("AcroForm", Object::Dictionary(form));
            update.set(snapshot.root()?, &Object::Dictionary(catalog));
        }
    }
    Ok(())
}

/// The array under a key, and the object that holds it if it is one of its own.
fn array(
    snapshot: Snapshot<'_, '_>,
    dictionary: &Dictionary,
    key: &str,
) -> Result<(Option<ObjectId>, Vec<Object>)> {
    let owner = dictionary.get(key).and_then(Object::as_reference);
    match snapshot.value(dictionary, key)? {
        Object::Array(elements) => Ok((owner, elements)),
        Object::Null => Ok((None, Vec::new())),
        _ => Err(Refusal::Structure("/Annots or /Fields is not an array").into()),
    }
}

fn with(mut elements: Vec<Object>, id: ObjectId) -> Object {
    elements.push(Object::Reference(id));
    Object::Array(elements)
}

/// A dictionary with a key given twice shows different things to different readers; signing would seal that.
fn refuse_ambiguous(dictionary: &Dictionary) -> Result<()> {
    match dictionary.duplicate_key() {
        None => Ok(()),
        Some(_) => Err(Refusal::Structure("a dictionary that must be extended repeats a key").into()),
    }
}

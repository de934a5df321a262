//! The document security store (EN 319 142-1): certificates, CRLs and OCSP responses as streams under the catalog's
//! /DSS. Nothing that is there is replaced; what is there already is not written a second time.

use std::collections::BTreeMap;

use super::writer::Update;
use crate::document::{Document, Snapshot};
use crate::error::{Refusal, Result};
use crate::object::{Dictionary, Object, ObjectId};

/// Bytes of the streams already there that are compared with what is to be added: a store of a few national CRLs.
const MOST_COMPARED: u64 = 256 << 20;

/// What to add to the store, each piece as its DER bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ValidationData<'a> {
    /// For /Certs.
    pub certificates: &'a [&'a [u8]],
    /// For /CRLs.
    pub crls: &'a [&'a [u8]],
    /// For /OCSPs.
    pub ocsp_responses: &'a [&'a [u8]],
}

impl<'a> ValidationData<'a> {
    fn lists(&self) -> [(&'static str, &'a [&'a [u8]]); 3] {
        [("Certs", self.certificates), ("CRLs", self.crls), ("OCSPs", self.ocsp_responses)]
    }
}

/// The incremental update that adds what the store doesn't hold yet; `None` if it holds everything. No /VRI is
/// written: readers find what they need by content (it is optional in EN 319 142-1).
///
/// # Errors
/// [`crate::Error::Refused`] where the document can't be extended safely; other errors where it can't be read.
pub fn add_validation_data(document: &Document<'_>, data: &ValidationData<'_>) -> Result<Option<Vec<u8>>> {
    let snapshot = document.newest();
    let mut update = Update::new(document)?;
    let catalog = snapshot.catalog()?;
    let mut store = match snapshot.value(&catalog, "DSS")? {
        Object::Dictionary(store) => store,
        Object::Null => Dictionary::new(),
        _ => return Err(Refusal::Structure("/DSS is not a dictionary").into()),
    };
    if store.duplicate_key().is_some() || catalog.duplicate_key().is_some() {
        return Err(Refusal::Structure("a dictionary that must be extended repeats a key").into());
    }
    let mut streams = Streams::of(snapshot, &store);
    let (mut changed, mut any) = (false, false);
    for (key, pieces) in data.lists() {
        let (owner, mut elements) = list(snapshot, &store, key)?;
        let before = elements.len();
        for piece in pieces {
            let id = match streams.find(piece) {
                Some(id) => id,
                None => streams.add(&mut update, piece)?,
            };
            if !elements.iter().any(|element| element.as_reference() == Some(id)) {
                elements.push(Object::Reference(id));
            }
        }
        if elements.len() == before {
            continue;
        }
        any = true;
        match owner {
            Some(owner) => update.set(owner, &Object::Array(elements)),
            None => {
                store.set(key, Object::Array(elements));
                changed = true;
            }
        }
    }
    if !any {
        return Ok(None);
    }
    if changed {
        put_store(&mut update, snapshot, catalog, store)?;
    }
    Ok(Some(update.finish()?.bytes))
}

/// The store goes where it is; a new one becomes an object of its own, so that the catalog need not change again.
fn put_store(
    update: &mut Update<'_, '_>,
    snapshot: Snapshot<'_, '_>,
    mut catalog: Dictionary,
    mut store: Dictionary,
) -> Result<()> {
    let owner = catalog.get("DSS").and_then(Object::as_reference);
    if let Some(owner) = owner.filter(|owner| snapshot.is_in_use(owner.number)) {
        update.set(owner, &Object::Dictionary(store));
        return Ok(());
    }
    if catalog.get("DSS").is_some_and(|value| value.as_dictionary().is_some()) {
        catalog.set("DSS", Object::Dictionary(store));
    } else {
        let id = update.allocate()?;
        store.set("Type", Object::name("DSS"));
        update.set(id, &Object::Dictionary(store));
        catalog.set("DSS", Object::Reference(id));
    }
    update.set(snapshot.root()?, &Object::Dictionary(catalog));
    Ok(())
}

/// The array under a key, and the object that holds it if it is one of its own.
fn list(
    snapshot: Snapshot<'_, '_>,
    store: &Dictionary,
    key: &str,
) -> Result<(Option<ObjectId>, Vec<Object>)> {
    let owner = store.get(key).and_then(Object::as_reference);
    match snapshot.value(store, key)? {
        Object::Array(elements) => Ok((owner, elements)),
        Object::Null => Ok((None, Vec::new())),
        _ => Err(Refusal::Structure("a list of /DSS is not an array").into()),
    }
}

/// The streams of the store by their decoded bytes.
struct Streams(BTreeMap<Vec<u8>, ObjectId>);

impl Streams {
    /// What can't be read is not re-used; that it is there harms nobody.
    fn of(snapshot: Snapshot<'_, '_>, store: &Dictionary) -> Self {
        let mut streams = BTreeMap::new();
        let mut left = MOST_COMPARED;
        for key in ["Certs", "CRLs", "OCSPs"] {
            let Ok((_, elements)) = list(snapshot, store, key) else { continue };
            for id in elements.iter().filter_map(Object::as_reference) {
                let Ok(Object::Stream(stream)) = snapshot.get(id) else { continue };
                let Ok(bytes) = snapshot.stream_data(&stream, left) else { continue };
                left = left.saturating_sub(bytes.len() as u64);
                streams.entry(bytes).or_insert(id);
            }
        }
        Self(streams)
    }

    fn find(&self, bytes: &[u8]) -> Option<ObjectId> {
        self.0.get(bytes).copied()
    }

    fn add(&mut self, update: &mut Update<'_, '_>, bytes: &[u8]) -> Result<ObjectId> {
        let id = update.allocate()?;
        update.set_stream(id, &Dictionary::new(), bytes);
        self.0.insert(bytes.to_vec(), id);
        Ok(id)
    }
}

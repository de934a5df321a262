//! Who refers to the objects that later revisions touch.

use std::collections::{HashMap, HashSet};

use hsign_core::Budget;

use crate::document::Document;
use crate::error::Result;
use crate::object::{Dictionary, Object, ObjectId};
use crate::xref::Entry;

/// References kept: enough for a thousand renewals of a document with a thousand signatures.
const MOST: u64 = 2_000_000;

/// One reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Referrer {
    /// The revision that wrote it.
    pub(crate) revision: usize,
    /// The object it stands in.
    pub(crate) holder: u32,
    /// The keys that lead to it, joined by `/`; positions in arrays are left out.
    pub(crate) path: String,
}

#[derive(Debug, Default)]
pub(crate) struct References {
    by_target: HashMap<u32, Vec<Referrer>>,
}

impl References {
    /// Looks through every definition of every object, superseded ones too.
    pub(crate) fn collect(document: &Document<'_>) -> Result<Self> {
        let later = document.revisions().get(1..).unwrap_or_default();
        let touched: HashSet<u32> =
            later.iter().flat_map(|revision| revision.entries().iter().map(|(number, _)| *number)).collect();
        let mut references = Self::default();
        if touched.is_empty() {
            return Ok(references);
        }
        let mut budget = Budget::new("references to changed objects", MOST);
        for (index, revision) in document.revisions().iter().enumerate() {
            let snapshot = document.at(index);
            for (number, entry) in revision.entries() {
                let id = match entry {
                    Entry::Free => continue,
                    Entry::At { generation, .. } => ObjectId::new(*number, *generation),
                    Entry::Within { .. } => ObjectId::new(*number, 0),
                };
                let object = snapshot.get(id)?;
                let mut found = Vec::new();
                walk(&object, &mut String::new(), &mut |target, path| {
                    if touched.contains(&target) {
                        found.push((target, path.to_owned()));
                    }
                });
                budget.spend(found.len() as u64)?;
                for (target, path) in found {
                    let referrer = Referrer { revision: index, holder: *number, path };
                    references.by_target.entry(target).or_default().push(referrer);
                }
            }
        }
        Ok(references)
    }

    /// References to an object that stand in the revisions up to this one.
    pub(crate) fn up_to(&self, revision: usize, target: u32) -> impl Iterator<Item = &Referrer> {
        let all = self.by_target.get(&target).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(move |referrer| referrer.revision <= revision)
    }
}

fn walk(object: &Object, path: &mut String, found: &mut impl FnMut(u32, &str)) {
    match object {
        Object::Reference(id) => found(id.number, path),
        Object::Array(elements) => elements.iter().for_each(|element| walk(element, path, found)),
        Object::Dictionary(dictionary) => entries(dictionary, path, found),
        Object::Stream(stream) => entries(&stream.dictionary, path, found),
        _ => {}
    }
}

fn entries(dictionary: &Dictionary, path: &mut String, found: &mut impl FnMut(u32, &str)) {
    for entry in dictionary.entries() {
        let length = path.len();
        if length > 0 {
            path.push('/');
        }
        path.push_str(&String::from_utf8_lossy(&entry.key));
        walk(&entry.value, path, found);
        path.truncate(length);
    }
}

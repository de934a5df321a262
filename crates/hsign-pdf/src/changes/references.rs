//! Who refers to the objects that later revisions touch.

use std::collections::{HashMap, HashSet};

use hsign_core::Budget;

use crate::document::Document;
use crate::error::Result;
use crate::object::{Dictionary, Object, ObjectId};
use crate::xref::Entry;

/// References kept: enough for a thousand renewals of a document with a thousand signatures.
const MOST: u64 = 2_000_000;
/// Steps up from an appearance stream to the widget: stream, states, appearance dictionary.
const STEPS: u32 = 2;

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

impl Referrer {
    /// The last key.
    pub(crate) fn key(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

fn id_of(number: u32, entry: Entry) -> Option<ObjectId> {
    match entry {
        Entry::Free => None,
        Entry::At { generation, .. } => Some(ObjectId::new(number, generation)),
        Entry::Within { .. } => Some(ObjectId::new(number, 0)),
    }
}

#[derive(Debug, Default)]
pub(crate) struct References {
    by_target: HashMap<u32, Vec<Referrer>>,
}

impl References {
    /// Looks through every definition of every object, superseded ones too.
    pub(crate) fn collect(document: &Document<'_>) -> Result<Self> {
        let later = document.revisions().get(1..).unwrap_or_default();
        let mut wanted: HashSet<u32> =
            later.iter().flat_map(|revision| revision.entries().iter().map(|(number, _)| *number)).collect();
        let mut references = Self::default();
        let mut budget = Budget::new("references to changed objects", MOST);
        let mut known = HashSet::new();
        for step in 0..=STEPS {
            let first = step == 0 && !later.is_empty();
            if wanted.is_empty() && !first {
                break;
            }
            let appearances = references.look(document, &wanted, first, &mut budget)?;
            known.extend(wanted.iter().copied());
            wanted = references.above_appearances(&wanted, &known);
            wanted.extend(appearances.difference(&known));
        }
        Ok(references)
    }

    /// Finds the references to the wanted objects; gives what these themselves have as appearances, which may serve
    /// elsewhere, too. The first time all streams have to end: what the signed revision leaves open, a later one could
    /// end as it likes, even one that lists nothing.
    fn look(
        &mut self,
        document: &Document<'_>,
        wanted: &HashSet<u32>,
        first: bool,
        budget: &mut Budget,
    ) -> Result<HashSet<u32>> {
        let mut appearances = HashSet::new();
        for (index, revision) in document.revisions().iter().enumerate() {
            let snapshot = document.at(index);
            for (number, entry) in revision.entries() {
                let Some(id) = id_of(*number, *entry) else { continue };
                let object = snapshot.get(id)?;
                if let (true, Object::Stream(stream)) = (first, &object) {
                    snapshot.stream_span(stream)?;
                }
                // A trailer in another form.
                if matches!(&object, Object::Stream(stream) if is_section(&stream.dictionary)) {
                    continue;
                }
                let mut found = Vec::new();
                walk(&object, &mut String::new(), &mut |target, path| {
                    if path.starts_with("AP") && wanted.contains(number) {
                        appearances.insert(target);
                    }
                    if wanted.contains(&target) {
                        found.push((target, path.to_owned()));
                    }
                });
                budget.spend(found.len() as u64)?;
                for (target, path) in found {
                    let referrer = Referrer { revision: index, holder: *number, path };
                    self.by_target.entry(target).or_default().push(referrer);
                }
            }
        }
        Ok(appearances)
    }

    /// Holders that may be appearance dictionaries, or the states in one: what refers to these counts, too.
    fn above_appearances(&self, targets: &HashSet<u32>, known: &HashSet<u32>) -> HashSet<u32> {
        let referrers = targets.iter().filter_map(|target| self.by_target.get(target)).flatten();
        let single = referrers.filter(|referrer| !referrer.path.contains('/'));
        let above = single.filter(|referrer| {
            !matches!(
                referrer.path.as_str(),
                "Parent"
                    | "P"
                    | "Pg"
                    | "Obj"
                    | "Pages"
                    | "Kids"
                    | "Annots"
                    | "AcroForm"
                    | "Fields"
                    | "V"
                    | "Lock"
                    | "SV"
                    | "DSS"
                    | "VRI"
                    | "Certs"
                    | "CRLs"
                    | "OCSPs"
                    | "Extensions"
                    | "Metadata"
                    | "Perms"
                    | "Contents"
                    | "Length"
            )
        });
        above.map(|referrer| referrer.holder).filter(|holder| !known.contains(holder)).collect()
    }

    /// References to an object that stand in the revisions up to this one.
    pub(crate) fn up_to(&self, revision: usize, target: u32) -> impl Iterator<Item = &Referrer> {
        let all = self.by_target.get(&target).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(move |referrer| referrer.revision <= revision)
    }

    /// Whether an object of these revisions refers to it.
    pub(crate) fn has(&self, revision: usize, target: u32) -> bool {
        self.up_to(revision, target).next().is_some()
    }
}

fn is_section(dictionary: &Dictionary) -> bool {
    dictionary.get("Type").is_some_and(|kind| kind.is_name("XRef"))
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

//! Which files are covered by what, and which by nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use hsign_core::Finding;
use hsign_core::facts::{Coverage, EvidenceRecordFacts, FileCoverage, FileFacts};

use super::covered::{State, state};
use super::{Found, Reading};
use crate::Error;
use crate::container::{META_INF, MIMETYPE};

const CLAUSE: &str = "EN 319 162-1";
/// Names told one by one in findings; the listing has all.
const NAMES_TOLD: usize = 20;

pub(super) fn coverage(reading: &Reading<'_, '_>, found: &mut Found) -> Result<Vec<FileFacts>, Error> {
    let mut listing = Listing::of(reading);
    for (place, name, intact) in &found.signed_files {
        if let Some(signature) = found.signatures.get(*place) {
            listing.add(name, &signature.id, *intact);
        }
    }
    let signed = listing.clone();
    let stamps = found.timestamps.iter().map(|stamp| {
        let imprint = stamp.read.as_ref().and_then(|read| read.imprint.holds());
        (stamp.id.clone(), imprint)
    });
    let records = found.records.iter().map(|record| (record.id.clone(), shown(record)));
    for (id, of_single) in stamps.chain(records).collect::<Vec<_>>() {
        match reading.manifests_of(&id).as_slice() {
            [manifest] => {
                for object in &manifest.objects {
                    let intact = match state(reading, object)? {
                        State::Intact => Some(true),
                        State::Changed => Some(false),
                        State::Missing => None,
                    };
                    listing.add(object.shown(), &id, intact);
                }
            }
            [] => {
                if let Some(name) = reading.single_object() {
                    listing.add(name, &id, of_single);
                }
            }
            _ => {}
        }
    }
    let mut covered: HashMap<usize, HashSet<&str>> = HashMap::new();
    for (place, name, _) in &found.signed_files {
        covered.entry(*place).or_default().insert(name);
    }
    for (place, signature) in found.signatures.iter_mut().enumerate() {
        if signature.coverage == Coverage::Signature {
            continue;
        }
        let open = signed.left_out(covered.get(&place).unwrap_or(&HashSet::new()));
        signature.coverage = if open.is_empty() { Coverage::WholeDocument } else { Coverage::Partial };
        for name in open.iter().filter(|_| signature.signed.is_some()) {
            let finding = Finding::warning("asic-file-not-covered").clause(CLAUSE);
            signature.findings.push(finding.with("entry", name));
        }
    }
    if !found.signatures.is_empty() {
        let by_nobody =
            signed.files.iter().filter(|file| file.length.is_some() && file.covered_by.is_empty());
        let by_nobody: Vec<_> = by_nobody.map(|file| file.name.clone()).collect();
        for name in by_nobody.iter().take(NAMES_TOLD) {
            found.findings.push(Finding::error("asic-unsigned-entry").clause(CLAUSE).with("entry", name));
        }
    }
    Ok(listing.files)
}

/// Whether the first tree of a record shows what the record is about.
pub(super) fn shown(record: &EvidenceRecordFacts) -> Option<bool> {
    let first = record.chains.first()?.timestamps.first()?;
    let found: Option<Vec<bool>> = first.shows.iter().map(|shown| shown.found).collect();
    found.filter(|found| !found.is_empty()).map(|found| found.iter().all(|found| *found))
}

#[derive(Clone)]
struct Listing {
    files: Vec<FileFacts>,
    index: HashMap<String, usize>,
}

impl Listing {
    fn of(reading: &Reading<'_, '_>) -> Self {
        let lengths: BTreeMap<&str, u64> =
            reading.container.data_objects().map(|entry| (entry.name.as_str(), entry.size)).collect();
        let mut listing = Self { files: Vec::new(), index: HashMap::new() };
        for name in &reading.objects {
            if !listing.index.contains_key(name) {
                listing.push(name, lengths.get(name.as_str()).copied());
            }
        }
        listing
    }

    fn push(&mut self, name: &str, length: Option<u64>) -> usize {
        let index = self.files.len();
        self.files.push(FileFacts { name: name.to_owned(), length, covered_by: Vec::new() });
        self.index.insert(name.to_owned(), index);
        index
    }

    fn add(&mut self, name: &str, by: &str, intact: Option<bool>) {
        if name == MIMETYPE || name.starts_with(META_INF) {
            return;
        }
        let index = match self.index.get(name) {
            Some(index) => *index,
            None => self.push(name, None),
        };
        if let Some(file) = self.files.get_mut(index) {
            file.covered_by.push(FileCoverage { by: by.to_owned(), intact });
        }
    }

    /// Files that a signature leaves out, the first of them: those in the container that it doesn't name, and those that
    /// it names that aren't at hand.
    fn left_out(&self, covered: &HashSet<&str>) -> Vec<String> {
        let open =
            self.files.iter().filter(|file| covered.contains(file.name.as_str()) != file.length.is_some());
        open.take(NAMES_TOLD).map(|file| file.name.clone()).collect()
    }
}

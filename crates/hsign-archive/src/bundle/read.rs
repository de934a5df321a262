//! Reading a bundle, and telling which of its files is damaged.

use std::collections::{BTreeMap, BTreeSet};

use hsign_core::hex;

use super::Bundle;
use super::manifest::{DOCUMENTS, Manifest, NAME, parse_table};
use super::seal::leaves_name;
use super::step::{
    Over, Step, StepKind, StepManifest, check, follows, manifest_name, named_by_content, parse_digest_lines,
    path_of, place_of,
};

/// What reading the files of a bundle gave.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The bundle, with the steps of each track up to the first one that is damaged. `None` when what the trees are
    /// made of is damaged.
    pub bundle: Option<Bundle>,
    /// Files that are not what they should be.
    pub damage: Vec<PartDamage>,
    /// Files that nothing refers to: what a worker left that lost a race or its power. They do no harm.
    pub unused: Vec<String>,
}

/// A file of a bundle that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartDamage {
    /// Its name.
    pub part: String,
    /// What is wrong.
    pub problem: PartProblem,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartProblem {
    /// It isn't there.
    Missing,
    /// Its octets are others than those that were written.
    Changed,
    /// What it says doesn't follow from the other files.
    Contradicts(&'static str),
    /// A file that it rests on is damaged.
    Unchecked,
    /// No bundle has a file of this name.
    Unknown,
}

/// Reads the files of the bundle that should be `id`; every file is looked at, whatever is wrong with others.
#[must_use]
pub fn read(id: &str, files: &BTreeMap<String, Vec<u8>>) -> Reading {
    let mut reader =
        Reader { id, files, damage: BTreeSet::new(), used: BTreeSet::new(), broken: BTreeSet::new() };
    let bundle = reader.sealed();
    let bundle = bundle.map(|bundle| reader.with_steps(bundle));
    let unused = reader.rest(bundle.is_some());
    Reading { bundle, damage: reader.damage.into_iter().collect(), unused }
}

/// Reads the time stamps of a bundle alone, from `bundle.json` and the files of its steps: what a renewal of time stamps
/// goes on from, however many documents there are. Documents, their table and leaves are not looked at, so that the
/// bundle has none, and the damage is that of what was read.
#[must_use]
pub fn read_evidence(id: &str, files: &BTreeMap<String, Vec<u8>>) -> Reading {
    let mut reader =
        Reader { id, files, damage: BTreeSet::new(), used: BTreeSet::new(), broken: BTreeSet::new() };
    let manifest = reader.manifest();
    let bundle = manifest.map(|manifest| Bundle {
        id: id.to_owned(),
        manifest,
        documents: Vec::new(),
        steps: BTreeMap::new(),
    });
    let bundle = bundle.map(|bundle| reader.with_steps(bundle));
    Reading { bundle, damage: reader.damage.into_iter().collect(), unused: Vec::new() }
}

/// Whether [`read_evidence`] looks at a file of this name.
#[must_use]
pub fn is_evidence(name: &str) -> bool {
    name == NAME || name.starts_with("step.") || name.starts_with("data.")
}

struct Reader<'a> {
    id: &'a str,
    files: &'a BTreeMap<String, Vec<u8>>,
    damage: BTreeSet<PartDamage>,
    used: BTreeSet<String>,
    /// Tracks that are not read to their end.
    broken: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    fn wrong(&mut self, part: &str, problem: PartProblem) {
        self.damage.insert(PartDamage { part: part.to_owned(), problem });
    }

    fn file(&mut self, name: &str) -> Option<&'a [u8]> {
        self.used.insert(name.to_owned());
        let bytes = self.files.get(name);
        if bytes.is_none() {
            self.wrong(name, PartProblem::Missing);
        }
        bytes.map(Vec::as_slice)
    }

    fn manifest(&mut self) -> Option<Manifest> {
        let bytes = self.file(NAME)?;
        if hex(&hsign_crypto::sha256(bytes)) != self.id {
            self.wrong(NAME, PartProblem::Changed);
            return None;
        }
        let Ok(manifest) = Manifest::parse(bytes) else {
            self.wrong(NAME, PartProblem::Contradicts("it can't be read"));
            return None;
        };
        Some(manifest)
    }

    /// What is written once.
    fn sealed(&mut self) -> Option<Bundle> {
        let manifest = self.manifest()?;
        for part in &manifest.parts {
            let bytes = self.file(&part.name);
            if bytes.is_some_and(|bytes| !part.is(bytes)) {
                self.wrong(&part.name, PartProblem::Changed);
            }
        }
        if self.damage.iter().any(|damage| damage.part == DOCUMENTS) {
            return None;
        }
        self.checked(manifest)
    }

    /// The table gives the leaves, and they the roots.
    fn checked(&mut self, manifest: Manifest) -> Option<Bundle> {
        let Ok(documents) = parse_table(self.file(DOCUMENTS)?) else {
            self.wrong(DOCUMENTS, PartProblem::Contradicts("it can't be read"));
            return None;
        };
        let bundle = Bundle { id: self.id.to_owned(), manifest, documents, steps: BTreeMap::new() };
        let about = |document: &crate::Document| {
            document.class() == bundle.manifest.class
                && document.retention().month() == bundle.manifest.retention
        };
        let counted = bundle.documents.len() as u64 == bundle.manifest.documents;
        if !counted || !bundle.documents.iter().all(about) {
            self.wrong(DOCUMENTS, PartProblem::Contradicts("bundle.json says otherwise"));
            return None;
        }
        for track in &bundle.manifest.tracks {
            let Ok(tree) = bundle.first_tree(track.algorithm) else {
                self.wrong(DOCUMENTS, PartProblem::Contradicts("a document lacks a digest"));
                return None;
            };
            if tree.root().value.0 != track.root.0 || tree.leaves() as u64 != track.leaves {
                self.wrong(NAME, PartProblem::Contradicts("the documents give another root"));
                return None;
            }
            let name = leaves_name(&tree);
            let same = self.file(&name) == Some(tree.sorted_leaves());
            if !same && self.damage.iter().all(|damage| damage.part != name) {
                self.wrong(&name, PartProblem::Contradicts("the documents give other leaves"));
            }
        }
        Some(bundle)
    }

    fn with_steps(&mut self, mut bundle: Bundle) -> Bundle {
        let tracks: Vec<String> = bundle.manifest.tracks.iter().map(|track| track.name.clone()).collect();
        for track in tracks {
            while let Some(name) = self.next_name(&bundle, &track) {
                let Some(step) = self.step(&bundle, &name) else {
                    self.broken.insert(track.clone());
                    break;
                };
                bundle.steps.entry(track.clone()).or_default().push(step);
            }
            self.notice_gap(&bundle, &track);
        }
        bundle
    }

    /// Steps behind a place that has none.
    fn notice_gap(&mut self, bundle: &Bundle, track: &str) {
        let of_track = |name: &String| place_of(name).is_some_and(|(of, _)| of == track);
        let further = self.files.keys().any(|name| of_track(name) && !self.used.contains(name));
        if further && !self.broken.contains(track) {
            let (chain, number) = bundle.last_step(track).map_or((1, 0), Step::place);
            self.wrong(&manifest_name(track, (chain, number.saturating_add(1))), PartProblem::Missing);
            self.broken.insert(track.to_owned());
        }
    }

    /// The manifest of the step after the last one of a track.
    fn next_name(&self, bundle: &Bundle, track: &str) -> Option<String> {
        let last = bundle.last_step(track).map(Step::place);
        let (chain, number) = last.unwrap_or((1, 0));
        let same_chain = Some((chain, number.saturating_add(1)));
        let next_chain = last.map(|(chain, _)| (chain.saturating_add(1), 1));
        let names = [same_chain, next_chain].into_iter().flatten().map(|place| manifest_name(track, place));
        names.into_iter().find(|name| self.files.contains_key(name))
    }

    fn step(&mut self, bundle: &Bundle, name: &str) -> Option<Step> {
        let manifest = match StepManifest::parse(self.file(name)?) {
            Ok(manifest) if manifest_name(&manifest.track, (manifest.chain, manifest.number)) == name => {
                manifest
            }
            Ok(_) => return self.refuse(name, "its name is another"),
            Err(reason) => return self.refuse(name, reason),
        };
        let token = self.data(name, &manifest.token)?.to_vec();
        let kind = match &manifest.over {
            Over::Documents => StepKind::Initial,
            Over::Timestamps { path } => StepKind::Timestamp { path: path_of(path) },
            Over::DocumentsAgain { leaves, digests } => {
                let (leaves, digests) = (self.data(name, leaves), self.data(name, digests));
                let algorithm = manifest.algorithm();
                let leaves = leaves?.chunks(algorithm.length()).map(<[u8]>::to_vec).collect();
                match parse_digest_lines(digests?, algorithm) {
                    Ok(digests) => StepKind::Tree { leaves, digests },
                    Err(reason) => return self.refuse(name, reason),
                }
            }
        };
        let before = match &manifest.before {
            Some(before) => Some(self.data(name, before)?.to_vec()),
            None => None,
        };
        let step = Step { manifest, kind, before, token };
        let last = bundle.last_step(step.track());
        if let Some(missing) = last.filter(|last| !follows(Some(last), &step)).map(Step::place) {
            // The token before is whole, and none that is known: the step that brought it is lost.
            let missing = manifest_name(step.track(), (missing.0, missing.1.saturating_add(1)));
            if step.before.is_some() && !self.files.contains_key(&missing) {
                self.wrong(&missing, PartProblem::Missing);
                self.wrong(name, PartProblem::Unchecked);
                return None;
            }
        }
        match check(bundle, &step) {
            Ok(()) => Some(step),
            Err(reason) => self.refuse(name, reason),
        }
    }

    fn refuse(&mut self, name: &str, reason: &'static str) -> Option<Step> {
        self.wrong(name, PartProblem::Contradicts(reason));
        None
    }

    /// A step's file. Where there is none of that name, either it is lost or the manifest names a wrong one.
    fn data(&mut self, manifest: &str, name: &str) -> Option<&'a [u8]> {
        let Some(bytes) = self.files.get(name) else {
            self.wrong(manifest, PartProblem::Contradicts("a file that it names isn't there"));
            return None;
        };
        self.used.insert(name.to_owned());
        match named_by_content(name, bytes) {
            Some(true) => Some(bytes.as_slice()),
            Some(false) => {
                self.wrong(name, PartProblem::Changed);
                None
            }
            None => {
                self.wrong(manifest, PartProblem::Contradicts("it names a file that is none of a step"));
                None
            }
        }
    }

    /// What no reading has come to.
    fn rest(&mut self, readable: bool) -> Vec<String> {
        let mut unused = Vec::new();
        let rest: Vec<&String> = self.files.keys().filter(|name| !self.used.contains(*name)).collect();
        for name in rest {
            let content = self.files.get(name).and_then(|bytes| named_by_content(name, bytes));
            match content {
                Some(false) => self.wrong(name, PartProblem::Changed),
                Some(true) if readable && !self.is_of_broken_track(name) => unused.push(name.clone()),
                Some(true) => {}
                None if place_of(name).is_some() || !readable => self.wrong(name, PartProblem::Unchecked),
                None => self.wrong(name, PartProblem::Unknown),
            }
        }
        unused
    }

    /// Whether a step's data belong to a track that isn't read to its end, so that a step may refer to them.
    fn is_of_broken_track(&self, name: &str) -> bool {
        name.split('.').nth(1).is_some_and(|track| self.broken.contains(track))
    }
}

//! Steps: each time stamp of a bundle, with what leads to its imprint.
//!
//! A step's manifest is named by its place, so that a store that never replaces a file takes one step for a place and
//! no second one; its other files are named by their content. All that a manifest says follows from other files, so
//! that a changed octet of it doesn't go unseen.

use std::collections::BTreeMap;

use hsign_core::{Budget, Digest, DigestAlgorithm, Time, hex};
use hsign_ers::{HashTree, ReducedTree};
use hsign_tsp::Token;
use serde::{Deserialize, Serialize};

use super::manifest::json_line;
use super::{Bundle, BundleFile};
use crate::batch::MOST_DOCUMENTS;
use crate::hex::Hex;
use crate::{Error, Track};

pub(super) const FORMAT: &str = "hsign.archive-step/1";
/// Lists above the first: a tree over 2⁶⁴ bundles has no more.
const HIGHEST_PATH: usize = 64;
/// Octets of a step's manifest: sixty-four siblings take ten thousand.
const LONGEST: usize = 1 << 20;

/// A time stamp of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub(super) manifest: StepManifest,
    pub(super) kind: StepKind,
    pub(super) before: Option<Vec<u8>>,
    pub(super) token: Vec<u8>,
}

/// What leads to the imprint of a step's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The tree over the documents (RFC 4998 §4.2).
    Initial,
    /// A tree over the time stamps of many bundles (RFC 4998 §5.2): the siblings from this bundle's place up.
    Timestamp {
        /// The lists above the first, which is the digests of all tokens of the chain.
        path: ReducedTree,
    },
    /// A new tree over the documents, under another hash function (RFC 4998 §5.2).
    Tree {
        /// The sorted leaves.
        leaves: Vec<Vec<u8>>,
        /// The digests of the documents that were still there, by their place in the table.
        digests: BTreeMap<usize, Digest>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepManifest {
    format: String,
    bundle: String,
    pub(super) track: String,
    pub(super) chain: u32,
    pub(super) number: u32,
    algorithm: DigestAlgorithm,
    root: Hex,
    gen_time: Time,
    pub(super) token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<String>,
    pub(super) over: Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) enum Over {
    Documents,
    Timestamps { path: Vec<Vec<Hex>> },
    DocumentsAgain { leaves: String, digests: String },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DigestLine {
    document: usize,
    digest: Hex,
}

/// A step that isn't in a store yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStep {
    step: Step,
    files: Vec<BundleFile>,
}

impl Step {
    /// The line of evidence.
    #[must_use]
    pub fn track(&self) -> &str {
        &self.manifest.track
    }

    /// Its chain and its place in it, both from 1 (RFC 4998 §5.1).
    #[must_use]
    pub fn place(&self) -> (u32, u32) {
        (self.manifest.chain, self.manifest.number)
    }

    /// The hash function of its chain.
    #[must_use]
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.manifest.algorithm
    }

    /// What the token says about when it was made.
    #[must_use]
    pub fn gen_time(&self) -> Time {
        self.manifest.gen_time
    }

    /// What leads to its imprint.
    #[must_use]
    pub fn kind(&self) -> &StepKind {
        &self.kind
    }

    /// The token before, as this step covers it: with what was added to verify it.
    #[must_use]
    pub fn before(&self) -> Option<&[u8]> {
        self.before.as_deref()
    }

    /// The time stamp as it came; [`Step::before`] of the next step has it as it was covered.
    #[must_use]
    pub fn token(&self) -> &[u8] {
        &self.token
    }
}

impl NewStep {
    pub(crate) fn make(
        bundle: &Bundle,
        track: &str,
        kind: StepKind,
        before: Option<&[u8]>,
        token: &[u8],
    ) -> Result<Self, Error> {
        let place = next_place(bundle.last_step(track), &kind).map_err(Error::Stamp)?;
        let read = Token::parse(token).map_err(|_| Error::Stamp("it can't be read"))?;
        let root = read.info().imprint().ok_or(Error::Stamp("its algorithm is not known"))?;
        let name = |bytes: &[u8], ending: &str| content_name(track, place, bytes, ending);
        let mut files = vec![BundleFile { name: name(token, "tst"), bytes: token.to_vec() }];
        if let Some(before) = before {
            files.push(BundleFile { name: name(before, "before.tst"), bytes: before.to_vec() });
        }
        let over = match &kind {
            StepKind::Initial => Over::Documents,
            StepKind::Timestamp { path } => {
                Over::Timestamps { path: path.iter().map(|list| hexes(list)).collect() }
            }
            StepKind::Tree { leaves, digests } => {
                let (leaves, digests) = (leaves.concat(), digest_lines(digests)?);
                let names = (name(&leaves, "leaves.bin"), name(&digests, "digests.jsonl"));
                files.push(BundleFile { name: names.0.clone(), bytes: leaves });
                files.push(BundleFile { name: names.1.clone(), bytes: digests });
                Over::DocumentsAgain { leaves: names.0, digests: names.1 }
            }
        };
        let manifest = StepManifest {
            format: FORMAT.to_owned(),
            bundle: bundle.id.clone(),
            track: track.to_owned(),
            chain: place.0,
            number: place.1,
            algorithm: root.algorithm,
            root: Hex(root.value.0),
            gen_time: read.info().gen_time.0,
            token: name(token, "tst"),
            before: before.map(|before| name(before, "before.tst")),
            over,
        };
        files.push(BundleFile { name: manifest_name(track, place), bytes: json_line(&manifest)? });
        let step = Step { manifest, kind, before: before.map(<[u8]>::to_vec), token: token.to_vec() };
        check(bundle, &step).map_err(Error::Stamp)?;
        Ok(Self { step, files })
    }

    /// The step.
    #[must_use]
    pub fn step(&self) -> &Step {
        &self.step
    }

    /// Its files in the order in which they have to be written: the last one publishes the step.
    #[must_use]
    pub fn files(&self) -> &[BundleFile] {
        &self.files
    }
}

impl StepManifest {
    pub(super) fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Takes the one form in which manifests are written.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        if bytes.len() > LONGEST {
            return Err("it is too long");
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|_| "it can't be read")?;
        if manifest.format != FORMAT {
            return Err("another format, or a newer version of this one");
        }
        let same = json_line(&manifest).is_ok_and(|written| written == bytes);
        if same { Ok(manifest) } else { Err("it is not written as it should be") }
    }
}

/// Whether a step follows from the bundle and from the steps before it.
pub(super) fn check(bundle: &Bundle, step: &Step) -> Result<(), &'static str> {
    let manifest = &step.manifest;
    let track = bundle.tracks().find(|track| track.name == manifest.track).ok_or("there is no such track")?;
    let last = bundle.last_step(&track.name);
    if manifest.bundle != bundle.id {
        return Err("it belongs to another bundle");
    }
    if (manifest.chain, manifest.number) != next_place(last, &step.kind)? {
        return Err("another place in the track is next");
    }
    let token = Token::parse(&step.token).map_err(|_| "the token can't be read")?;
    let root = manifest.root.digest(manifest.algorithm).ok_or("the root has another length")?;
    if token.info().imprint().as_ref() != Some(&root) {
        return Err("the token is over something else");
    }
    if token.info().gen_time.0 != manifest.gen_time {
        return Err("the token has another time");
    }
    if !follows(last, step) {
        return Err(OTHER_TOKEN);
    }
    if last.is_some_and(|last| last.gen_time() > manifest.gen_time) {
        return Err("it is older than the one before it");
    }
    if computed_root(bundle, &track, step)? == root { Ok(()) } else { Err("the tree has another root") }
}

fn computed_root(bundle: &Bundle, track: &Track, step: &Step) -> Result<Digest, &'static str> {
    let algorithm = step.manifest.algorithm;
    match &step.kind {
        StepKind::Initial if algorithm != track.algorithm => Err("a track begins with its own algorithm"),
        StepKind::Initial => bundle.root(&track.name).ok_or("there is no such track"),
        StepKind::Timestamp { path } => {
            if bundle.last_step(&track.name).map(Step::algorithm) != Some(algorithm) {
                return Err("a chain has one digest algorithm (RFC 4998 §5.1)");
            }
            if path.len() > HIGHEST_PATH || path.iter().any(|list| list.len() != 1) {
                return Err("the path is none that is written here");
            }
            let first = chain_digests(bundle.steps(&track.name), step.before(), algorithm)?;
            hsign_ers::root(&[&[first], path.as_slice()].concat(), algorithm).ok_or("no root")
        }
        StepKind::Tree { leaves, digests } => {
            let fits = |(place, digest): (&usize, &Digest)| {
                (*place as u64) < bundle.manifest.documents
                    && digest.algorithm == algorithm
                    && digest.value.0.len() == algorithm.length()
            };
            if digests.is_empty() || !digests.iter().all(fits) || !leaves.is_sorted_by(|one, next| one < next)
            {
                return Err("digests or leaves don't fit the bundle");
            }
            HashTree::over_leaves(leaves, algorithm).map(|tree| tree.root()).map_err(|_| "no tree")
        }
    }
}

fn next_place(last: Option<&Step>, kind: &StepKind) -> Result<(u32, u32), &'static str> {
    match (kind, last.map(Step::place)) {
        (StepKind::Initial, None) => Ok((1, 1)),
        (StepKind::Timestamp { .. }, Some((chain, number))) => Ok((chain, number.saturating_add(1))),
        (StepKind::Tree { .. }, Some((chain, _))) => Ok((chain.saturating_add(1), 1)),
        _ => Err("another kind of step is next"),
    }
}

/// Why a step isn't taken that goes on from another time stamp than the last one.
pub(super) const OTHER_TOKEN: &str = "it goes on from another time stamp";

/// Whether the token before is the last step's, but for certificates and revocation data that were added to it.
pub(super) fn follows(last: Option<&Step>, step: &Step) -> bool {
    match (last, &step.before) {
        (None, None) => true,
        (Some(last), Some(before)) => is_same_token(&last.token, before),
        _ => false,
    }
}

fn is_same_token(one: &[u8], other: &[u8]) -> bool {
    let (Ok(one), Ok(other)) = (Token::parse(one), Token::parse(other)) else { return false };
    let signers = |token: &Token| -> Vec<Vec<u8>> {
        token.signed_data().signers().iter().map(|signer| signer.bytes().to_vec()).collect()
    };
    one.signed_data().content() == other.signed_data().content() && signers(&one) == signers(&other)
}

/// What stands for the time stamps of the last chain of `steps` in a renewal: the digest of each as it is covered,
/// sorted; `last` is the form of the last one.
pub(crate) fn chain_digests(
    steps: &[Step],
    last: Option<&[u8]>,
    algorithm: DigestAlgorithm,
) -> Result<Vec<Vec<u8>>, &'static str> {
    let chain = steps.last().map(|step| step.manifest.chain);
    let mut digests = (0..steps.len())
        .filter(|place| steps.get(*place).map(|step| step.manifest.chain) == chain)
        .filter_map(|place| covered_form(steps, place, last))
        .map(|token| hsign_crypto::digest(algorithm, token).map(|digest| digest.value.0))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "the digest algorithm is not offered")?;
    digests.sort_unstable();
    digests.dedup();
    Ok(digests)
}

/// The token of a step in the form in which the next one covers it; of the last one `last`, else as it came.
pub(crate) fn covered_form<'s>(steps: &'s [Step], place: usize, last: Option<&'s [u8]>) -> Option<&'s [u8]> {
    let own = steps.get(place)?;
    match steps.get(place + 1) {
        Some(next) => next.before(),
        None => last.or(Some(&own.token)),
    }
}

pub(super) fn manifest_name(track: &str, (chain, number): (u32, u32)) -> String {
    format!("step.{track}.{chain}.{number}.json")
}

/// The track and place that a manifest's name tells.
pub(super) fn place_of(name: &str) -> Option<(&str, (u32, u32))> {
    let mut words = name.strip_prefix("step.")?.strip_suffix(".json")?.split('.');
    let (track, chain, number) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    (words.next().is_none() && manifest_name(track, (chain, number)) == name)
        .then_some((track, (chain, number)))
}

pub(super) fn content_name(track: &str, place: (u32, u32), bytes: &[u8], ending: &str) -> String {
    let (chain, number) = place;
    format!("data.{track}.{chain}.{number}.{}.{ending}", hex(&hsign_crypto::sha256(bytes)))
}

/// Whether a name is one that a step's data have, and if so whether it is the one of this content.
pub(super) fn named_by_content(name: &str, bytes: &[u8]) -> Option<bool> {
    let digest = name.strip_prefix("data.")?.split('.').nth(3)?;
    Some(digest == hex(&hsign_crypto::sha256(bytes)))
}

fn hexes(list: &[Vec<u8>]) -> Vec<Hex> {
    list.iter().cloned().map(Hex).collect()
}

pub(super) fn path_of(path: &[Vec<Hex>]) -> ReducedTree {
    path.iter().map(|list| list.iter().map(|hash| hash.0.clone()).collect()).collect()
}

fn digest_lines(digests: &BTreeMap<usize, Digest>) -> Result<Vec<u8>, Error> {
    let mut lines = Vec::new();
    for (document, digest) in digests {
        lines.extend(json_line(&DigestLine { document: *document, digest: Hex(digest.value.0.clone()) })?);
    }
    Ok(lines)
}

pub(super) fn parse_digest_lines(
    bytes: &[u8],
    algorithm: DigestAlgorithm,
) -> Result<BTreeMap<usize, Digest>, &'static str> {
    let mut budget = Budget::new("digests of a step", MOST_DOCUMENTS as u64);
    let mut digests = BTreeMap::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        budget.spend(1).map_err(|_| "too many digests")?;
        let line: DigestLine = serde_json::from_slice(line).map_err(|_| "a digest can't be read")?;
        let digest = line.digest.digest(algorithm).ok_or("a digest has another length")?;
        if digests.insert(line.document, digest).is_some() {
            return Err("a document's digest stands there twice");
        }
    }
    Ok(digests)
}

//! Bundles: a batch as immutable files that tell and prove everything without a database.
//!
//! `bundle.json`, the table of documents, the leaves of the trees, and texts for people are written once; the bundle's
//! name is the SHA-256 of `bundle.json`, which holds the digests of the others. Each time stamp adds files. What holds
//! the digest of what is written in `docs/reference/bundle-format.md`.

mod manifest;
mod read;
mod seal;
mod step;

use std::collections::BTreeMap;

use hsign_core::{Digest, DigestAlgorithm, Time};
use hsign_ers::HashTree;

pub use read::{PartDamage, PartProblem, Reading, is_evidence, read, read_evidence};
pub use seal::{Sealed, seal};
pub use step::{NewStep, Step, StepKind};
pub(crate) use step::{chain_digests, covered_form};

use crate::{Document, Error, Track};
use manifest::Manifest;

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleFile {
    /// Its name in the bundle's folder.
    pub name: String,
    /// Its octets.
    pub bytes: Vec<u8>,
}

/// A bundle whose parts were all checked against each other.
#[derive(Clone, Debug)]
pub struct Bundle {
    id: String,
    manifest: Manifest,
    documents: Vec<Document>,
    steps: BTreeMap<String, Vec<Step>>,
}

impl Bundle {
    /// Its name: the SHA-256 of `bundle.json` in hexadecimal.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The class of its documents.
    #[must_use]
    pub fn class(&self) -> &str {
        &self.manifest.class
    }

    /// The month in which the retention of its documents ends, or `open`.
    #[must_use]
    pub fn retention(&self) -> &str {
        &self.manifest.retention
    }

    /// How many documents it has, also where it was read without them.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.manifest.documents
    }

    /// Its documents, by key.
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Where the document with this key stands among [`Bundle::documents`].
    #[must_use]
    pub fn position(&self, key: &str) -> Option<usize> {
        self.documents.binary_search_by(|document| document.key().cmp(key)).ok()
    }

    /// Its lines of evidence.
    pub fn tracks(&self) -> impl Iterator<Item = Track> + '_ {
        self.manifest
            .tracks
            .iter()
            .map(|track| Track { name: track.name.clone(), algorithm: track.algorithm })
    }

    /// What the first time stamp of a track has to be over.
    #[must_use]
    pub fn root(&self, track: &str) -> Option<Digest> {
        let track = self.manifest.track(track)?;
        track.root.digest(track.algorithm)
    }

    /// The time stamps of a track, oldest first.
    #[must_use]
    pub fn steps(&self, track: &str) -> &[Step] {
        self.steps.get(track).map_or(&[], Vec::as_slice)
    }

    /// The first step of a track: `token` is over [`Bundle::root`].
    ///
    /// # Errors
    /// When there is no such track, it has its first step, or the token is over something else.
    pub fn first_step(&self, track: &str, token: &[u8]) -> Result<NewStep, Error> {
        NewStep::make(self, track, StepKind::Initial, None, token)
    }

    /// Goes on with a step that was made for this bundle.
    ///
    /// # Errors
    /// When it doesn't continue what is there.
    pub fn add(&mut self, new: &NewStep) -> Result<(), Error> {
        step::check(self, new.step()).map_err(Error::Stamp)?;
        self.steps.entry(new.step().track().to_owned()).or_default().push(new.step().clone());
        Ok(())
    }

    /// The tree that the first time stamp of a track with this algorithm is over.
    pub(crate) fn first_tree(&self, algorithm: DigestAlgorithm) -> Result<HashTree, Error> {
        let mut leaves = Vec::with_capacity(self.documents.len().saturating_mul(algorithm.length()));
        for document in &self.documents {
            leaves.extend_from_slice(
                document.octets(algorithm).ok_or(Error::Batch("a document lacks a digest"))?,
            );
        }
        Ok(HashTree::over_concatenated(&leaves, algorithm)?)
    }

    /// The last step of a track: what renewals go on from.
    #[must_use]
    pub fn last_step(&self, track: &str) -> Option<&Step> {
        self.steps(track).last()
    }

    /// Since when a track proves that the documents existed.
    #[must_use]
    pub fn proven_since(&self, track: &str) -> Option<Time> {
        self.steps(track).first().map(Step::gen_time)
    }
}

/// The short form of an algorithm's name in files, as in their JSON: `sha256`, `sha3-512`.
pub(crate) fn label(algorithm: DigestAlgorithm) -> String {
    algorithm.name().to_ascii_lowercase().replace("sha-", "sha")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_have_one_name_in_files_and_in_their_json() {
        for algorithm in DigestAlgorithm::ALL {
            assert_eq!(serde_json::to_value(algorithm).unwrap(), label(algorithm));
        }
    }
}

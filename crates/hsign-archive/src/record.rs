//! Evidence records of single documents, assembled from a bundle when somebody asks (RFC 4998).

use std::collections::BTreeMap;

use hsign_core::Digest;
use hsign_ers::{
    Group, HashTree, Record, ReducedTree, initial, tree_renewal, with_renewed_timestamp, with_renewed_tree,
};

use crate::Error;
use crate::bundle::{Bundle, Step, StepKind, chain_digests, covered_form};

/// Makes the records of one track of a bundle; its trees are built once.
#[derive(Debug)]
pub struct Recorder<'b> {
    bundle: &'b Bundle,
    steps: &'b [Step],
    trees: BTreeMap<usize, HashTree>,
    last: Option<&'b [u8]>,
}

impl<'b> Recorder<'b> {
    /// For the time stamps that the track has now.
    ///
    /// # Errors
    /// When it has none, or a tree can't be built.
    pub fn new(bundle: &'b Bundle, track: &str) -> Result<Self, Error> {
        Self::with_last(bundle, track, None)
    }

    /// With another form of the last token: the one with all inside that its validation needs. Nothing covers it yet.
    ///
    /// # Errors
    /// As [`Recorder::new`].
    pub fn with_last(bundle: &'b Bundle, track: &str, last: Option<&'b [u8]>) -> Result<Self, Error> {
        let steps = bundle.steps(track);
        if steps.is_empty() {
            return Err(Error::Bundle("the track has no time stamp yet"));
        }
        let mut trees = BTreeMap::new();
        for (place, step) in steps.iter().enumerate() {
            let tree = match step.kind() {
                StepKind::Initial => bundle.first_tree(step.algorithm())?,
                StepKind::Tree { leaves, .. } => HashTree::over_leaves(leaves, step.algorithm())?,
                StepKind::Timestamp { .. } => continue,
            };
            trees.insert(place, tree);
        }
        Ok(Self { bundle, steps, trees, last })
    }

    /// The evidence record, DER, of the document at this place of the table.
    ///
    /// # Errors
    /// When there is no such document, it was left out by a renewal of the tree, or a tree doesn't hold it.
    pub fn record(&self, document: usize) -> Result<Vec<u8>, Error> {
        let mut record = Vec::new();
        for (place, step) in self.steps.iter().enumerate() {
            let token =
                covered_form(self.steps, place, self.last).ok_or(Error::Bundle("a token is missing"))?;
            record = match step.kind() {
                StepKind::Initial => initial(&self.first_path(place, step, document)?, token)?,
                StepKind::Timestamp { path } => {
                    let earlier = self.steps.get(..place).unwrap_or_default();
                    let first =
                        chain_digests(earlier, step.before(), step.algorithm()).map_err(Error::Bundle)?;
                    let tree = [&[first], path.as_slice()].concat();
                    with_renewed_timestamp(&Record::parse(&record)?, &tree, token)?
                }
                StepKind::Tree { digests, .. } => {
                    let gone = Error::Bundle("the document was left out when the tree was renewed");
                    let digest = digests.get(&document).ok_or(gone)?;
                    let earlier = Record::parse(&record)?;
                    let tree = self.path(place, &tree_renewal(&earlier, digest)?)?;
                    with_renewed_tree(&earlier, &tree, token)?
                }
            };
        }
        Ok(record)
    }

    fn first_path(&self, place: usize, step: &Step, document: usize) -> Result<ReducedTree, Error> {
        let document =
            self.bundle.documents().get(document).ok_or(Error::Bundle("there is no such document"))?;
        let digest = document.digest(step.algorithm()).ok_or(Error::Bundle("a document lacks a digest"))?;
        self.path(place, &digest)
    }

    fn path(&self, place: usize, leaf: &Digest) -> Result<ReducedTree, Error> {
        let group = Group::new(std::slice::from_ref(leaf))?;
        let tree = self.trees.get(&place).and_then(|tree| tree.reduced(&group));
        tree.ok_or(Error::Bundle("the tree doesn't hold the document"))
    }
}

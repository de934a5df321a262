//! Renewals: one time stamp for the tokens of many bundles, and a new tree where a hash function ends.

use std::collections::{BTreeMap, BTreeSet};

use hsign_core::{Digest, DigestAlgorithm};
use hsign_ers::{Group, HashTree, Record, tree_renewal};

use crate::Error;
use crate::bundle::{Bundle, NewStep, StepKind, chain_digests};
use crate::record::Recorder;

/// One tree over the time stamps of many bundles (RFC 4998 §5.2): documents are not read.
#[derive(Debug)]
pub struct TimestampRenewal {
    track: String,
    tree: HashTree,
    bundles: BTreeSet<String>,
}

/// A bundle whose last time stamp is to be covered.
#[derive(Clone, Debug)]
pub struct ToRenew<'b> {
    /// The bundle.
    pub bundle: &'b Bundle,
    /// The token of its last step with what verifies it now (certificates, revocation data) in its SignedData: nothing
    /// can be added once something covers it, and what is covered is proven to have existed then.
    pub token: Vec<u8>,
}

/// What stands for a bundle in the tree over time stamps.
#[derive(Clone, Debug)]
pub struct Member {
    bundle: String,
    algorithm: DigestAlgorithm,
    group: Group,
}

impl Member {
    /// The bundle's last chain in this track; neither the bundle nor its token is needed until the time stamp is there.
    ///
    /// # Errors
    /// When it has no time stamp in this track.
    pub fn of(ToRenew { bundle, token }: ToRenew<'_>, track: &str) -> Result<Self, Error> {
        let last = bundle.last_step(track).ok_or(Error::Batch("a bundle has no time stamp in this track"))?;
        let algorithm = last.algorithm();
        let group = group(bundle, track, &token, algorithm)?;
        Ok(Self { bundle: bundle.id().to_owned(), algorithm, group })
    }
}

impl TimestampRenewal {
    /// Over the last chain of this track in each of the bundles.
    ///
    /// # Errors
    /// As [`Member::of`] and [`TimestampRenewal::of`].
    pub fn over<'b>(bundles: impl IntoIterator<Item = ToRenew<'b>>, track: &str) -> Result<Self, Error> {
        let members = bundles.into_iter().map(|bundle| Member::of(bundle, track));
        Self::of(members.collect::<Result<_, _>>()?, track)
    }

    /// Over these members.
    ///
    /// # Errors
    /// When there is none, or their hash functions differ: each function wants a renewal of its own.
    pub fn of(members: Vec<Member>, track: &str) -> Result<Self, Error> {
        let algorithm = members.first().ok_or(Error::Batch("no bundle to renew"))?.algorithm;
        if members.iter().any(|member| member.algorithm != algorithm) {
            return Err(Error::Batch("time stamps under different hash functions"));
        }
        let (bundles, groups): (BTreeSet<_>, Vec<_>) =
            members.into_iter().map(|member| (member.bundle, member.group)).unzip();
        let tree = HashTree::over(&groups, algorithm)?;
        Ok(Self { track: track.to_owned(), tree, bundles })
    }

    /// The bundles that it is over.
    pub fn bundles(&self) -> impl Iterator<Item = &str> {
        self.bundles.iter().map(String::as_str)
    }

    /// What the time stamp has to be over.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The step of one of the bundles, with its last token in the form in which the tree is over it.
    ///
    /// # Errors
    /// When the bundle wasn't among them or has gone on since, or the token is over something else.
    pub fn step(
        &self,
        ToRenew { bundle, token: before }: ToRenew<'_>,
        token: &[u8],
    ) -> Result<NewStep, Error> {
        let outside = || Error::Stamp("the bundle is not in the tree");
        if !self.bundles.contains(bundle.id()) {
            return Err(outside());
        }
        let group = group(bundle, &self.track, &before, self.tree.algorithm())?;
        let path = self.tree.reduced(&group).ok_or_else(outside)?.into_iter().skip(1).collect();
        NewStep::make(bundle, &self.track, StepKind::Timestamp { path }, Some(&before), token)
    }
}

fn group(bundle: &Bundle, track: &str, token: &[u8], algorithm: DigestAlgorithm) -> Result<Group, Error> {
    let digests = chain_digests(bundle.steps(track), Some(token), algorithm).map_err(Error::Bundle)?;
    let digests: Vec<Digest> = digests.into_iter().map(|value| Digest::new(algorithm, value)).collect();
    Ok(Group::new(&digests)?)
}

/// A new tree over the documents of a bundle under another hash function, which binds each to its evidence so far
/// (RFC 4998 §5.2). Documents that are gone are left out.
#[derive(Debug)]
pub struct TreeRenewal {
    track: String,
    tree: HashTree,
    digests: BTreeMap<usize, Digest>,
    before: Vec<u8>,
}

impl TreeRenewal {
    /// With these digests of the documents, by their place in the table, read from the documents now or known before.
    ///
    /// # Errors
    /// When there are none, their hash functions differ, or a record can't be made.
    pub fn over(renewed: ToRenew<'_>, track: &str, digests: BTreeMap<usize, Digest>) -> Result<Self, Error> {
        let ToRenew { bundle, token } = renewed;
        let first = digests.values().next().ok_or(Error::Batch("no document to renew"))?;
        let algorithm = first.algorithm;
        if digests.values().any(|digest| digest.algorithm != algorithm) {
            return Err(Error::Batch("digests under different hash functions"));
        }
        let recorder = Recorder::with_last(bundle, track, Some(&token))?;
        let mut leaves = Vec::with_capacity(digests.len());
        for (document, digest) in &digests {
            let earlier = Record::parse(&recorder.record(*document)?)?;
            leaves.push(tree_renewal(&earlier, digest)?.value.0);
        }
        let tree = HashTree::over_leaves(&leaves, algorithm)?;
        Ok(Self { track: track.to_owned(), tree, digests, before: token })
    }

    /// What the time stamp has to be over.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The step of the bundle.
    ///
    /// # Errors
    /// When the bundle has gone on since, or the token is over something else.
    pub fn step(&self, bundle: &Bundle, token: &[u8]) -> Result<NewStep, Error> {
        let leaves = self.tree.sorted_leaves().chunks(self.tree.algorithm().length());
        let kind =
            StepKind::Tree { leaves: leaves.map(<[u8]>::to_vec).collect(), digests: self.digests.clone() };
        NewStep::make(bundle, &self.track, kind, Some(&self.before), token)
    }
}

/// The digests under `algorithm` that a bundle's table has already, by place: with a second digest from the beginning
/// no document has to be read when the first one's function ends.
#[must_use]
pub fn known_digests(bundle: &Bundle, algorithm: DigestAlgorithm) -> BTreeMap<usize, Digest> {
    let digests = bundle.documents().iter().enumerate();
    digests.filter_map(|(place, document)| Some((place, document.digest(algorithm)?))).collect()
}

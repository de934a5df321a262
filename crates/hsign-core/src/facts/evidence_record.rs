//! Evidence records (RFC 4998): time stamps over hash trees, renewed in chains.

use serde::{Deserialize, Serialize};

use super::{Covered, EvidenceFacts, TimestampFacts};
use crate::{Digest, DigestAlgorithm, Finding};

/// One evidence record, the trees already folded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRecordFacts {
    /// Name within the document.
    pub id: String,
    /// What it protects; each object stands in the initial archive time stamp of the record too.
    pub covers: Vec<Covered>,
    /// The chains, oldest first; a new one begins with each renewal of the hash tree (RFC 4998 §5.2).
    pub chains: Vec<ArchiveTimestampChain>,
    /// Certificates and revocation data that travel in the record outside its tokens (cryptoInfos).
    #[serde(default)]
    pub evidence: EvidenceFacts,
    /// What was noticed; those of severity error make the record useless.
    pub findings: Vec<Finding>,
}

/// Archive time stamps under one hash function, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveTimestampChain {
    /// The function, `None` when its identifier is unknown.
    pub digest_algorithm: Option<DigestAlgorithm>,
    /// The time stamps.
    pub timestamps: Vec<ArchiveTimestampFacts>,
}

/// One archive time stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveTimestampFacts {
    /// The token. Its imprint's `expected` is what the token says and `actual` the root to which the reduced
    /// hash tree folds; `None` where there is no tree and the data aren't at hand either.
    pub timestamp: TimestampFacts,
    /// What the first group of the tree has to hold: the protected objects in the initial time stamp, the previous
    /// token after a renewal of the time stamp, objects joined with the earlier chains after one of the tree.
    pub shows: Vec<ShownObject>,
}

/// An object that a reduced hash tree has to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownObject {
    /// The object.
    pub object: Covered,
    /// The digest looked for; `None` when the object isn't at hand.
    pub digest: Option<Digest>,
    /// Whether the first group holds it; `None` when there was nothing to look for.
    pub found: Option<bool>,
}

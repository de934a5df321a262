use hsign_core::facts::Covered;
use hsign_core::{Digest, DigestAlgorithm};

/// An object that a record should protect, with its digests.
#[derive(Clone, Debug)]
pub struct ProtectedObject {
    /// Which object.
    pub covered: Covered,
    /// Its digests under the algorithms of [`Record::wanted_digests`](crate::Record::wanted_digests); one that is missing stays open.
    pub digests: Vec<Digest>,
}

impl ProtectedObject {
    pub(crate) fn digest(&self, algorithm: DigestAlgorithm) -> Option<&Digest> {
        self.digests.iter().find(|digest| digest.algorithm == algorithm)
    }
}

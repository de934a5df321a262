//! What the first list of a renewed archive time stamp has to hold (RFC 4998 §5.2).

use hsign_core::facts::Covered;
use hsign_core::{Digest, DigestAlgorithm};

use crate::object::ProtectedObject;
use crate::tree::hash;

/// Something to be found in a first list, in the forms in which makers of records write it.
pub(crate) struct Wanted {
    pub(crate) object: Covered,
    /// The form the RFC's text gives first, then those that only some tools write; `None` without the data.
    pub(crate) forms: Vec<(Form, Digest)>,
}

/// How a digest came to be what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As RFC 4998's text says.
    AsSpecified,
    /// The digest hashed once more: some tools treat a single object as a group of one.
    HashedTwice,
    /// Object and earlier sequence sorted before they are joined (figure 4 of RFC 4998, and RFC 6283).
    Sorted,
}

/// The initial archive time stamp shows the objects' digests.
pub(crate) fn initial(objects: &[ProtectedObject], algorithm: DigestAlgorithm) -> Vec<Wanted> {
    let wanted = |object: &ProtectedObject| {
        let mut forms = Vec::new();
        if let Some(digest) = object.digest(algorithm) {
            forms.push((Form::AsSpecified, digest.clone()));
            forms.extend(
                of(hash(digest.value.as_slice(), algorithm), algorithm)
                    .map(|twice| (Form::HashedTwice, twice)),
            );
        }
        Wanted { object: object.covered.clone(), forms }
    };
    objects.iter().map(wanted).collect()
}

/// After a renewal of the time stamp: the previous token's octets.
pub(crate) fn of_timestamp(previous: &str, token: &[u8], algorithm: DigestAlgorithm) -> Wanted {
    let digest = of(hash(token, algorithm), algorithm);
    Wanted {
        object: Covered::Timestamp { timestamp: previous.to_owned() },
        forms: digest.map(|digest| (Form::AsSpecified, digest)).into_iter().collect(),
    }
}

/// After a renewal of the tree: each object's digest joined with that of all earlier chains, the object's first.
pub(crate) fn of_tree(
    objects: &[ProtectedObject],
    earlier: &[u8],
    algorithm: DigestAlgorithm,
) -> Vec<Wanted> {
    let sequence = hash(earlier, algorithm);
    let wanted = |object: &ProtectedObject| {
        let mut forms = Vec::new();
        if let (Some(digest), Some(sequence)) = (object.digest(algorithm), &sequence) {
            let positional = [digest.value.as_slice(), sequence.as_slice()].concat();
            forms.extend(of(hash(&positional, algorithm), algorithm).map(|one| (Form::AsSpecified, one)));
            if sequence.as_slice() < digest.value.as_slice() {
                let sorted = [sequence.as_slice(), digest.value.as_slice()].concat();
                forms.extend(of(hash(&sorted, algorithm), algorithm).map(|one| (Form::Sorted, one)));
            }
        }
        Wanted { object: object.covered.clone(), forms }
    };
    objects.iter().map(wanted).collect()
}

fn of(value: Option<Vec<u8>>, algorithm: DigestAlgorithm) -> Option<Digest> {
    value.map(|value| Digest::new(algorithm, value))
}

//! Reduced hash trees (RFC 4998 §4.2, §4.3).

use hsign_core::{Digest, DigestAlgorithm};

/// The root to which a reduced tree folds: each list with the value so far joins, sorted as unsigned octets,
/// concatenated and hashed. A first list with one hash is that hash itself. `None` for an empty tree, and where the
/// algorithm isn't offered.
#[must_use]
pub fn root(tree: &[Vec<Vec<u8>>], algorithm: DigestAlgorithm) -> Option<Digest> {
    let (first, others) = tree.split_first()?;
    folded(joined(first.clone(), algorithm)?, others, algorithm)
}

/// The root of a tool that hashes a first list of one hash all the same; `None` for other lists.
pub(crate) fn root_over_hashed_single(tree: &[Vec<Vec<u8>>], algorithm: DigestAlgorithm) -> Option<Digest> {
    let (first, others) = tree.split_first()?;
    let [single] = first.as_slice() else { return None };
    folded(hash(single, algorithm)?, others, algorithm)
}

fn folded(mut value: Vec<u8>, others: &[Vec<Vec<u8>>], algorithm: DigestAlgorithm) -> Option<Digest> {
    for list in others {
        let mut members = list.clone();
        members.push(value);
        value = joined(members, algorithm)?;
    }
    Some(Digest::new(algorithm, value))
}

/// The hash over sorted members; a single one stands for itself.
pub(crate) fn joined(mut members: Vec<Vec<u8>>, algorithm: DigestAlgorithm) -> Option<Vec<u8>> {
    if let [_] = members.as_slice() {
        return members.pop();
    }
    members.sort_unstable();
    hash(&members.concat(), algorithm)
}

pub(crate) fn hash(bytes: &[u8], algorithm: DigestAlgorithm) -> Option<Vec<u8>> {
    hsign_crypto::digest(algorithm, bytes).ok().map(|digest| digest.value.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

    fn h(bytes: &[u8]) -> Vec<u8> {
        hash(bytes, SHA256).unwrap()
    }

    #[test]
    fn rfc_4998_4_2_1_a_group_of_one_is_not_hashed_again() {
        let leaf = h(b"document");
        assert_eq!(root(&[vec![leaf.clone()]], SHA256).unwrap().value.0, leaf);
    }

    #[test]
    fn rfc_4998_4_2_2_members_are_sorted_as_unsigned_octets() {
        let (low, high) = (vec![0x7f; 32], vec![0x80; 32]);
        let expected = h(&[low.clone(), high.clone()].concat());
        assert_eq!(root(&[vec![high, low]], SHA256).unwrap().value.0, expected);
    }

    #[test]
    fn rfc_4998_4_3_each_list_joins_the_value_so_far() {
        let leaves = [h(b"a"), h(b"b"), h(b"c")];
        let mut pair = [leaves[0].clone(), leaves[1].clone()];
        pair.sort_unstable();
        let mut upper = [h(&pair.concat()), leaves[2].clone()];
        upper.sort_unstable();
        let tree = [vec![leaves[0].clone(), leaves[1].clone()], vec![leaves[2].clone()]];
        assert_eq!(root(&tree, SHA256).unwrap().value.0, h(&upper.concat()));
    }
}

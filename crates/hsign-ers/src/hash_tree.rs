//! Hash trees over many objects (RFC 4998 §4.2), in the shape that every verifier we know reads the same way: binary,
//! leaves sorted and each there once, an odd last node carried up as it is.

use hsign_core::{BudgetExhausted, Digest, DigestAlgorithm};
use hsign_crypto::{digest, sha256};

use crate::Error;
use crate::tree::joined;

/// A tree has to fit in memory: 2³⁰ bytes of leaves under SHA-256.
const MOST_LEAVES: usize = 1 << 25;

/// Objects that belong together: each digest stands in the first list of the record (RFC 4998 §4.2, step 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    members: Vec<Vec<u8>>,
}

/// The way from a group to the root: lists of digests (RFC 4998 §4.1, reducedHashtree).
pub type ReducedTree = Vec<Vec<Vec<u8>>>;

/// A tree over groups of one digest algorithm.
#[derive(Clone, Debug)]
pub struct HashTree {
    algorithm: DigestAlgorithm,
    /// Level by level, the leaves first; the digests of a level one after the other.
    levels: Vec<Vec<u8>>,
}

impl Group {
    /// Of these digests, in any order; one that comes twice counts once.
    ///
    /// # Errors
    /// When there is none, or their algorithms differ.
    pub fn new(digests: &[Digest]) -> Result<Self, Error> {
        let first = digests.first().ok_or(Error::Build("a group without members"))?;
        if digests.iter().any(|digest| digest.algorithm != first.algorithm) {
            return Err(Error::Build("digests of different algorithms in one group"));
        }
        let mut members: Vec<_> = digests.iter().map(|digest| digest.value.0.clone()).collect();
        members.sort_unstable();
        members.dedup();
        Ok(Self { members })
    }

    /// What stands for the group in the tree: its only digest, else the digest of all of them.
    fn leaf(&self, algorithm: DigestAlgorithm) -> Result<Vec<u8>, Error> {
        let leaf = joined(self.members.clone(), algorithm);
        leaf.filter(|leaf| leaf.len() == algorithm.length()).ok_or(Error::Build("a digest of another length"))
    }
}

impl HashTree {
    /// Over these groups.
    ///
    /// # Errors
    /// When there is none, one has digests of another algorithm, or there are more than fit.
    pub fn over(groups: &[Group], algorithm: DigestAlgorithm) -> Result<Self, Error> {
        let leaves = groups.iter().map(|group| group.leaf(algorithm)).collect::<Result<Vec<_>, _>>()?;
        Self::over_leaves(&leaves, algorithm)
    }

    /// Over leaves that were computed before, such as the digests of single objects.
    ///
    /// # Errors
    /// As [`HashTree::over`].
    pub fn over_leaves(leaves: &[Vec<u8>], algorithm: DigestAlgorithm) -> Result<Self, Error> {
        if leaves.iter().any(|leaf| leaf.len() != algorithm.length()) {
            return Err(Error::Build("digests of another length"));
        }
        Self::over_concatenated(&leaves.concat(), algorithm)
    }

    /// Over leaves that stand one after the other.
    ///
    /// # Errors
    /// As [`HashTree::over`].
    pub fn over_concatenated(leaves: &[u8], algorithm: DigestAlgorithm) -> Result<Self, Error> {
        let length = algorithm.length();
        if leaves.len() / length > MOST_LEAVES {
            return Err(Error::Budget(BudgetExhausted {
                purpose: "leaves of a hash tree",
                limit: MOST_LEAVES as u64,
            }));
        }
        if leaves.is_empty() || !leaves.len().is_multiple_of(length) {
            return Err(Error::Build("no leaves, or digests of another length"));
        }
        let mut levels = vec![sorted(leaves, length)];
        while let Some(below) = levels.last().filter(|level| level.len() > algorithm.length()) {
            let above = level_above(below, algorithm)?;
            levels.push(above);
        }
        Ok(Self { algorithm, levels })
    }

    /// The hash function.
    #[must_use]
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// How many leaves there are.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.levels.first().map_or(0, |leaves| leaves.len() / self.algorithm.length())
    }

    /// The leaves, sorted, one after the other.
    #[must_use]
    pub fn sorted_leaves(&self) -> &[u8] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// What the time stamp has to be over.
    #[must_use]
    pub fn root(&self) -> Digest {
        Digest::new(self.algorithm, self.levels.last().cloned().unwrap_or_default())
    }

    /// The way from `group` to the root; `None` for a group that isn't in the tree.
    #[must_use]
    pub fn reduced(&self, group: &Group) -> Option<ReducedTree> {
        let mut tree = vec![group.members.clone()];
        let mut place = self.place(&group.leaf(self.algorithm).ok()?)?;
        for level in &self.levels {
            // The odd last node has no sibling, and goes up as it is.
            if let Some(sibling) = self.node(level, place ^ 1) {
                tree.push(vec![sibling.to_vec()]);
            }
            place /= 2;
        }
        Some(tree)
    }

    fn node<'t>(&self, level: &'t [u8], place: usize) -> Option<&'t [u8]> {
        level.chunks_exact(self.algorithm.length()).nth(place)
    }

    /// By halving: the leaves are sorted.
    fn place(&self, leaf: &[u8]) -> Option<usize> {
        let leaves = self.levels.first()?;
        let (mut low, mut high) = (0, self.leaves());
        while low < high {
            let middle = low.midpoint(high);
            match self.node(leaves, middle)?.cmp(leaf) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

/// One after the other, each once, as unsigned octets.
fn sorted(leaves: &[u8], length: usize) -> Vec<u8> {
    match length {
        32 => sorted_arrays::<32>(leaves),
        48 => sorted_arrays::<48>(leaves),
        64 => sorted_arrays::<64>(leaves),
        _ => {
            let mut leaves: Vec<&[u8]> = leaves.chunks_exact(length).collect();
            leaves.sort_unstable();
            leaves.dedup();
            leaves.concat()
        }
    }
}

/// Digests are spread evenly: where there are many, each goes at once to where its first sixteen bits belong, and what is
/// left to be put in order there is a few. Whoever chooses documents so that they aren't spread has them sorted as
/// anything else is.
fn sorted_arrays<const LENGTH: usize>(leaves: &[u8]) -> Vec<u8> {
    const FEW: usize = 1 << 10;
    let (leaves, _) = leaves.as_chunks::<LENGTH>();
    let mut sorted = if leaves.len() < FEW { leaves.to_vec() } else { spread(leaves) };
    if leaves.len() < FEW {
        sorted.sort_unstable();
    } else {
        for same in sorted.chunk_by_mut(|one, next| first_bits(one) == first_bits(next)) {
            if same.len() > 1 {
                same.sort_unstable();
            }
        }
    }
    sorted.dedup();
    sorted.into_flattened()
}

/// By their first sixteen bits, those with the same ones in the order in which they came.
fn spread<const LENGTH: usize>(leaves: &[[u8; LENGTH]]) -> Vec<[u8; LENGTH]> {
    let mut places = vec![0_usize; 1 << 16];
    for leaf in leaves {
        if let Some(count) = places.get_mut(first_bits(leaf)) {
            *count += 1;
        }
    }
    let mut before = 0;
    for place in &mut places {
        let count = std::mem::replace(place, before);
        before += count;
    }
    let mut spread = vec![[0; LENGTH]; leaves.len()];
    for leaf in leaves {
        if let Some(place) = places.get_mut(first_bits(leaf)) {
            if let Some(there) = spread.get_mut(*place) {
                *there = *leaf;
            }
            *place += 1;
        }
    }
    spread
}

fn first_bits(digest: &[u8]) -> usize {
    digest.first_chunk().map_or(0, |octets| usize::from(u16::from_be_bytes(*octets)))
}

fn level_above(below: &[u8], algorithm: DigestAlgorithm) -> Result<Vec<u8>, Error> {
    let length = algorithm.length();
    let mut above = Vec::with_capacity(below.len().div_ceil(2) + length);
    let mut children = Vec::with_capacity(2 * length);
    for pair in below.chunks(2 * length) {
        match pair.split_at_checked(length) {
            Some((left, right)) if !right.is_empty() => {
                // Sorted, joined and hashed (RFC 4998 §4.2, step 4).
                let (low, high) = if left <= right { (left, right) } else { (right, left) };
                children.clear();
                children.extend_from_slice(low);
                children.extend_from_slice(high);
                push_hash(&mut above, &children, algorithm)?;
            }
            _ => above.extend_from_slice(pair),
        }
    }
    Ok(above)
}

fn push_hash(above: &mut Vec<u8>, children: &[u8], algorithm: DigestAlgorithm) -> Result<(), Error> {
    if algorithm == DigestAlgorithm::Sha256 {
        above.extend_from_slice(&sha256(children));
    } else {
        above.extend(digest(algorithm, children)?.value.0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4998_4_2_leaves_are_sorted_as_unsigned_octets_and_each_stands_there_once() {
        for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
            // The first eight octets decide between some and not between others; no octet is read as signed.
            let leaf = |first: u8, last: u8| {
                let mut leaf = vec![first; algorithm.length()];
                *leaf.last_mut().unwrap() = last;
                leaf
            };
            let leaves = vec![leaf(0x80, 1), leaf(0x7f, 0xff), leaf(0x80, 0), leaf(0, 9), leaf(0x80, 1)];
            let tree = HashTree::over_leaves(&leaves, algorithm).unwrap();
            let expected = [leaf(0, 9), leaf(0x7f, 0xff), leaf(0x80, 0), leaf(0x80, 1)].concat();
            assert_eq!(tree.sorted_leaves(), expected, "{algorithm}");
            assert_eq!(tree.leaves(), 4);
        }
    }

    #[test]
    fn many_leaves_are_sorted_as_few_are_however_they_begin() {
        let digests = |number: u32| sha256(&number.to_be_bytes()).to_vec();
        let alike = |number: u32| [&[7; 28], &number.wrapping_mul(2_654_435_761).to_be_bytes()[..]].concat();
        for leaf in [digests as fn(u32) -> Vec<u8>, alike] {
            let leaves: Vec<Vec<u8>> = (0..5000).chain(0..10).map(leaf).collect();
            let tree = HashTree::over_leaves(&leaves, DigestAlgorithm::Sha256).unwrap();
            let mut expected = leaves.clone();
            expected.sort();
            expected.dedup();
            assert_eq!(tree.sorted_leaves(), expected.concat());
        }
    }
}

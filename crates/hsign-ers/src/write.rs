//! Writing records, and renewing them (RFC 4998 §4.2, §5.2), in a narrow profile that the verifiers we know agree on: no
//! attributes, no cryptoInfos, the tree's algorithm that of the imprint, renewals over all earlier time stamps of the chain.

use hsign_asn1::encode;
use hsign_core::{Digest, DigestAlgorithm};
use hsign_x509::digest_algorithm_to_der;

use crate::hash_tree::{Group, ReducedTree};
use crate::record::Record;
use crate::tree::hash;
use crate::{Error, record};

/// The first archive time stamp of a record: `tree` leads from the objects to the imprint of `token`.
///
/// # Errors
/// When the token can't be read or stamps something else.
pub fn initial(tree: &ReducedTree, token: &[u8]) -> Result<Vec<u8>, Error> {
    let algorithm = imprint_algorithm(token)?;
    let timestamp = archive_timestamp(tree, token, algorithm)?;
    Ok(whole(&[algorithm], &[encode::sequence(&[&timestamp])]))
}

/// What a renewal of the time stamp has to cover (RFC 4998 §5.2): every token of the last chain. The text asks for the
/// last one only; with all of them also those verifiers agree that look for all.
///
/// # Errors
/// When the chain's algorithm isn't known.
pub fn timestamp_renewal(record: &Record) -> Result<Group, Error> {
    let chain = record.chains().last().ok_or(Error::Empty("it has no archive time stamp"))?;
    let algorithm = chain.digest_algorithm().ok_or(Error::Build("the chain's algorithm is not known"))?;
    let tokens = chain.timestamps().iter().map(|timestamp| digest(timestamp.token(), algorithm));
    Group::new(&tokens.collect::<Result<Vec<_>, _>>()?)
}

/// The record with a further archive time stamp in its last chain; `tree` leads from [`timestamp_renewal`] to the
/// imprint of `token`. Everything before stays octet by octet.
///
/// # Errors
/// When the token can't be read, stamps something else, or under another algorithm than the chain's.
pub fn with_renewed_timestamp(record: &Record, tree: &ReducedTree, token: &[u8]) -> Result<Vec<u8>, Error> {
    let (last, earlier) = record.chains().split_last().ok_or(Error::Empty("it has no archive time stamp"))?;
    let algorithm = imprint_algorithm(token)?;
    if last.digest_algorithm() != Some(algorithm) {
        return Err(Error::Build("a chain has one digest algorithm (RFC 4998 §5.1)"));
    }
    let timestamp = archive_timestamp(tree, token, algorithm)?;
    let mut chains: Vec<Vec<u8>> = earlier.iter().map(|chain| chain.bytes().to_vec()).collect();
    chains.push(encode::sequence(&[last.contents()?.as_slice(), &timestamp]));
    Ok(whole(&algorithms(record, algorithm)?, &chains))
}

/// What stands for an object in the tree of a new chain (RFC 4998 §5.2): its digest under the new algorithm joined with
/// that of all chains so far, in this order.
///
/// # Errors
/// When the algorithm can't be computed.
pub fn tree_renewal(record: &Record, object: &Digest) -> Result<Digest, Error> {
    let algorithm = object.algorithm;
    let earlier = digest(&record.sequence_of_first(record.chains().len()), algorithm)?;
    digest(&[object.value.as_slice(), earlier.value.as_slice()].concat(), algorithm)
}

/// The record with a new chain; `tree` leads from the objects' [`tree_renewal`] to the imprint of `token`.
///
/// # Errors
/// When the token can't be read or stamps something else.
pub fn with_renewed_tree(record: &Record, tree: &ReducedTree, token: &[u8]) -> Result<Vec<u8>, Error> {
    let algorithm = imprint_algorithm(token)?;
    // Written out even for a lone object: in a container EU DSS doesn't find the joined digest without it.
    let timestamp = with_tree(tree, token, algorithm)?;
    let mut chains: Vec<Vec<u8>> = record.chains().iter().map(|chain| chain.bytes().to_vec()).collect();
    chains.push(encode::sequence(&[&timestamp]));
    Ok(whole(&algorithms(record, algorithm)?, &chains))
}

fn digest(bytes: &[u8], algorithm: DigestAlgorithm) -> Result<Digest, Error> {
    let value = hash(bytes, algorithm).ok_or(Error::Build("the digest algorithm is not offered"))?;
    Ok(Digest::new(algorithm, value))
}

fn imprint_algorithm(token: &[u8]) -> Result<DigestAlgorithm, Error> {
    let token = hsign_tsp::Token::parse(token).map_err(|_| Error::Build("the time stamp can't be read"))?;
    let imprint = token.info().imprint().ok_or(Error::Build("the time stamp's algorithm is not known"))?;
    Ok(imprint.algorithm)
}

/// One ArchiveTimeStamp (RFC 4998 §4.1). The tree is left out where it is one digest: then the token stamps that.
fn archive_timestamp(tree: &ReducedTree, token: &[u8], algorithm: DigestAlgorithm) -> Result<Vec<u8>, Error> {
    let timestamp = with_tree(tree, token, algorithm)?;
    let is_one = matches!(&tree[..], [only] if only.len() == 1);
    Ok(if is_one { encode::sequence(&[token]) } else { timestamp })
}

fn with_tree(tree: &ReducedTree, token: &[u8], algorithm: DigestAlgorithm) -> Result<Vec<u8>, Error> {
    let stamped = record::imprint(token);
    if crate::tree::root(tree, algorithm).is_none_or(|root| stamped != Some(root)) {
        return Err(Error::Build("the time stamp is over something else"));
    }
    let lists: Vec<Vec<u8>> = tree
        .iter()
        .map(|list| {
            let hashes: Vec<Vec<u8>> = list.iter().map(|hash| encode::octet_string(hash)).collect();
            encode::sequence(&hashes.iter().map(Vec::as_slice).collect::<Vec<_>>())
        })
        .collect();
    Ok(encode::sequence(&[&encode::implicit_constructed(2, &lists.concat()), token]))
}

/// Those of the record, and the new one.
fn algorithms(record: &Record, new: DigestAlgorithm) -> Result<Vec<DigestAlgorithm>, Error> {
    let known: Option<Vec<_>> = record.digest_algorithms().iter().map(|(_, algorithm)| *algorithm).collect();
    let mut all = known.ok_or(Error::Build("the record lists an algorithm that is not known"))?;
    all.extend(record.wanted_digests());
    all.push(new);
    let mut seen = Vec::new();
    all.retain(|algorithm| {
        !seen.contains(algorithm) && {
            seen.push(*algorithm);
            true
        }
    });
    Ok(all)
}

/// EvidenceRecord (RFC 4998 §3.1).
fn whole(algorithms: &[DigestAlgorithm], chains: &[Vec<u8>]) -> Vec<u8> {
    let identifiers: Vec<Vec<u8>> = algorithms.iter().map(|one| digest_algorithm_to_der(*one)).collect();
    let identifiers = encode::sequence(&identifiers.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let sequence = encode::sequence(&chains.iter().map(Vec::as_slice).collect::<Vec<_>>());
    encode::sequence(&[&encode::integer(1), &identifiers, &sequence])
}

//! Documents that nobody wrote: all of one follows from its number.

use hsign_archive::{BatchKey, Document, RetentionEnd, Track};
use hsign_core::{Digest, DigestAlgorithm};
use hsign_crypto::sha256;

use crate::Failure;

const CLASS: &str = "chart";
/// Octets that each would have.
const SIZE: u64 = 100_000;

/// The documents of a batch, in the order of their keys.
pub(crate) fn of_batch(batch: u64, leaves: u64) -> Result<Vec<Document>, Failure> {
    (0..leaves).map(|leaf| document(batch, leaf, leaves)).collect()
}

/// The key of one.
pub(crate) fn key(batch: u64, leaf: u64) -> String {
    format!("{batch:08}/{leaf:05}")
}

/// The number of the batch in which a table of documents begins with this line.
pub(crate) fn batch_of(table: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(table.get(..64)?).ok()?;
    text.split_once("{\"key\":\"")?.1.split_once('/')?.0.parse().ok()
}

/// What the documents of all batches share.
pub(crate) fn batch_key(document: &Document, tracks: &[Track]) -> Result<BatchKey, Failure> {
    Ok(BatchKey::of(document, tracks)?)
}

fn document(batch: u64, leaf: u64, leaves: u64) -> Result<Document, Failure> {
    let number = batch * leaves + leaf;
    let digest = Digest::new(DigestAlgorithm::Sha256, sha256(&number.to_be_bytes()).as_slice());
    let end = RetentionEnd::Until("2046-04-30".parse().map_err(|error| format!("{error:?}"))?);
    let document = Document::new(&key(batch, leaf), SIZE, &[digest], CLASS, end)?;
    Ok(document.at(&format!("s3://nowhere/{number}"))?)
}

//! What an archive does most of: hashing files, and hash trees over their digests.

use std::path::{Path, PathBuf};

use hsign_core::DigestAlgorithm;
use hsign_ers::HashTree;
use openssl::sha::Sha256;
use serde_json::{Value, json};

use crate::{Failure, limit};

const BOTH: [DigestAlgorithm; 2] = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512];

/// The files of a folder, in the order of their names.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    files.sort_unstable();
    Ok(files)
}

/// Opens, reads and hashes each, shared among so many threads.
pub(crate) fn pass(files: &[PathBuf], threads: usize, digests: usize) -> Result<Value, Failure> {
    let algorithms = if digests > 1 { &BOTH[..] } else { &BOTH[..1] };
    let part = |files: &[PathBuf]| {
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        limit::pass_of(&files, algorithms)
            .map(|done| done.get("work").and_then(Value::as_u64).unwrap_or_default())
            .map_err(|error| error.to_string())
    };
    let size = files.len().div_ceil(threads.max(1)).max(1);
    let parts: Result<Vec<u64>, String> = std::thread::scope(|scope| {
        let workers: Vec<_> = files.chunks(size).map(|files| scope.spawn(move || part(files))).collect();
        workers.into_iter().map(|worker| worker.join().map_err(|_| "a thread ended")?).collect()
    });
    let bytes: u64 = parts?.iter().sum();
    Ok(json!({ "work": bytes, "files": files.len() }))
}

/// Digests as documents have them: in no order.
pub(crate) fn leaves(count: u32) -> Vec<u8> {
    (0..count).flat_map(|number| sha256(&number.to_be_bytes())).collect()
}

/// The tree of an evidence record, up to its root.
pub(crate) fn over(leaves: &[u8]) -> Result<Value, Failure> {
    let count = leaves.len() / 32;
    let root = HashTree::over_concatenated(leaves, DigestAlgorithm::Sha256)?.root();
    Ok(json!({ "work": count, "root": root.hex() }))
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut state = Sha256::new();
    state.update(bytes);
    state.finish()
}

/// The hashes of its nodes: of two digests each, one fewer than there are leaves.
pub(crate) fn nodes_alone(leaves: &[u8]) -> Result<Value, Failure> {
    let mut last = [0; 32];
    let mut node = [0; 64];
    let (leaves, _) = leaves.as_chunks::<32>();
    let nodes = leaves.len().saturating_sub(1);
    for leaf in leaves.iter().skip(1) {
        node[..32].copy_from_slice(&last);
        node[32..].copy_from_slice(leaf);
        last = sha256(&node);
    }
    Ok(json!({ "work": nodes, "last": last.first() }))
}

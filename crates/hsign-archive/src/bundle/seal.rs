//! A batch becomes a bundle: everything but time stamps.

use std::collections::BTreeMap;

use hsign_core::hex;
use hsign_ers::HashTree;

use super::manifest::{DOCUMENTS, FORMAT, Manifest, NAME, PROFILE, Part, TrackRoot, table};
use super::{Bundle, BundleFile, label};
use crate::batch::{BatchKey, MOST_DOCUMENTS};
use crate::hex::Hex;
use crate::{Batch, Error};

const TEXTS: [(&str, &str); 3] = [
    ("README.en.txt", include_str!("../../data/bundle/README.en.txt")),
    ("README.ja.txt", include_str!("../../data/bundle/README.ja.txt")),
    ("verify.py", include_str!("../../data/bundle/verify.py")),
];

/// A new bundle and the files that it is.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The bundle, without time stamps.
    pub bundle: Bundle,
    /// Its files, in the order in which they should be written: `bundle.json`, which makes it a bundle, comes last.
    pub files: Vec<BundleFile>,
}

/// Makes the bundle of a batch. The same documents give the same bundle, whatever the order of their coming.
///
/// # Errors
/// When there are no documents or too many, two have the same key, or one doesn't belong to the batch.
pub fn seal(batch: &Batch) -> Result<Sealed, Error> {
    let mut documents = batch.documents.clone();
    documents.sort_by(|one, other| one.key().cmp(other.key()));
    if documents.is_empty() || documents.len() > MOST_DOCUMENTS {
        return Err(Error::Batch("no documents, or too many"));
    }
    if !documents.is_sorted_by(|one, next| one.key() < next.key()) {
        return Err(Error::Batch("two documents of one key"));
    }
    for document in &documents {
        if BatchKey::of(document, &batch.key.tracks)? != batch.key {
            return Err(Error::Batch("a document that belongs to another batch"));
        }
    }
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        profile: PROFILE.to_owned(),
        class: batch.key.class.clone(),
        retention: batch.key.retention.clone(),
        documents: documents.len() as u64,
        tracks: Vec::new(),
        parts: Vec::new(),
    };
    with_parts(Bundle { id: String::new(), manifest, documents, steps: BTreeMap::new() }, batch)
}

fn with_parts(mut bundle: Bundle, batch: &Batch) -> Result<Sealed, Error> {
    let mut files = vec![BundleFile { name: DOCUMENTS.to_owned(), bytes: table(&bundle.documents)? }];
    for track in &batch.key.tracks {
        let tree = bundle.first_tree(track.algorithm)?;
        bundle.manifest.tracks.push(TrackRoot {
            name: track.name.clone(),
            algorithm: track.algorithm,
            leaves: tree.leaves() as u64,
            root: Hex(tree.root().value.0),
        });
        let name = leaves_name(&tree);
        if files.iter().all(|file| file.name != name) {
            files.push(BundleFile { name, bytes: tree.sorted_leaves().to_vec() });
        }
    }
    let texts = TEXTS.map(|(name, text)| BundleFile { name: name.to_owned(), bytes: text.into() });
    files.extend(texts);
    bundle.manifest.parts = files.iter().map(|file| Part::of(&file.name, &file.bytes)).collect();
    let bytes = bundle.manifest.to_bytes()?;
    bundle.id = hex(&hsign_crypto::sha256(&bytes));
    files.push(BundleFile { name: NAME.to_owned(), bytes });
    Ok(Sealed { bundle, files })
}

pub(super) fn leaves_name(tree: &HashTree) -> String {
    format!("leaves-{}.bin", label(tree.algorithm()))
}

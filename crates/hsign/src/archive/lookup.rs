//! Documents by key: from the index, or where that keeps no rows of them from the bundles' own tables.

use hsign_archive::{Bundle, Document};
use hsign_archive_store::{DocumentRow, DocumentState, Index};
use hsign_core::Finding;

use super::Archive;
use crate::Error;

impl Archive {
    /// What is known of a document now.
    ///
    /// # Errors
    /// When there is none, or a store or the index fails.
    pub(super) fn row(&self, index: &mut Index, key: &str) -> Result<DocumentRow, Error> {
        self.rows(index, &[key])?.pop().ok_or_else(|| unknown(key))
    }

    /// What is known of those of these documents that are there, by key.
    pub(super) fn rows(&self, index: &mut Index, keys: &[&str]) -> Result<Vec<DocumentRow>, Error> {
        let mut rows = index.documents_by_key(keys)?;
        if index.keeps_documents() {
            return Ok(rows);
        }
        let without = |key: &&&str| rows.binary_search_by(|row| row.key.as_str().cmp(**key)).is_err();
        let rest: Vec<&str> = keys.iter().filter(without).copied().collect();
        for (bundle, keys) in index.bundles_for_keys(&rest)? {
            rows.extend(index.sealed_documents(&self.whole(&bundle)?, &keys)?);
        }
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(rows)
    }

    /// The bundle of a document and its place there.
    pub(super) fn place_of(&self, index: &mut Index, key: &str) -> Result<(String, usize), Error> {
        place_of(&self.row(index, key)?)
    }

    /// Documents of one bundle with the places where they are now.
    pub(super) fn moved(&self, index: &mut Index, documents: &[&Document]) -> Result<Vec<Document>, Error> {
        let keys: Vec<&str> = documents.iter().map(|document| document.key()).collect();
        let moved = index.located(&keys)?;
        documents.iter().map(|document| with_places(document, moved.get(document.key()))).collect()
    }
}

/// A document with the places where it is now, if they are others than its own.
fn with_places(document: &Document, moved: Option<&Vec<String>>) -> Result<Document, Error> {
    moved.map_or_else(|| Ok(document.clone()), |locations| Ok(document.located(locations)?))
}

/// The bundle that a row names, and the place there.
pub(super) fn place_of(row: &DocumentRow) -> Result<(String, usize), Error> {
    match &row.state {
        DocumentState::Sealed { bundle, place } => {
            Ok((bundle.clone(), usize::try_from(*place).unwrap_or(usize::MAX)))
        }
        DocumentState::Waiting(_) => {
            Err(Error::ArchiveRefused(Finding::error("archive-document-waits").with("key", &row.key)))
        }
        DocumentState::Deleted { .. } => Err(unknown(&row.key)),
    }
}

/// A document of a bundle, with the places where it is now.
pub(super) fn document_at(row: &DocumentRow, bundle: &Bundle, place: usize) -> Result<Document, Error> {
    let document = bundle.documents().get(place).ok_or_else(|| unknown(&row.key))?;
    with_places(document, row.moved.as_ref())
}

/// The archive has no document of this key, or no longer.
pub(super) fn unknown(key: &str) -> Error {
    Error::ArchiveRefused(Finding::error("archive-no-such-document").with("key", key))
}

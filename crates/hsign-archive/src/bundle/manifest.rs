//! `bundle.json` and the table of documents, in the one form in which they are written.

use hsign_core::{Budget, DigestAlgorithm};
use serde::{Deserialize, Serialize};

use crate::batch::{MOST_DOCUMENTS, check_tracks};
use crate::hex::Hex;
use crate::{Document, Error, Track};

pub(super) const NAME: &str = "bundle.json";
pub(super) const DOCUMENTS: &str = "documents.jsonl";
pub(super) const FORMAT: &str = "hsign.archive-bundle/1";
/// How the trees are built: binary, leaves sorted and each once, an odd last node carried up (RFC 4998 §4.2).
pub(super) const PROFILE: &str = "rfc4998-binary-sorted";
/// Parts that a manifest may list; a bundle has five to a dozen.
const MOST_PARTS: usize = 64;
/// Octets of a manifest.
const LONGEST: usize = 1 << 20;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: String,
    pub(super) profile: String,
    pub(super) class: String,
    pub(super) retention: String,
    pub(super) documents: u64,
    pub(super) tracks: Vec<TrackRoot>,
    pub(super) parts: Vec<Part>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrackRoot {
    pub(super) name: String,
    pub(super) algorithm: DigestAlgorithm,
    pub(super) leaves: u64,
    pub(super) root: Hex,
}

/// A file that stays as it is from the beginning.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) length: u64,
    pub(super) sha256: Hex,
}

impl Part {
    pub(super) fn of(name: &str, bytes: &[u8]) -> Self {
        let sha256 = Hex(hsign_crypto::sha256(bytes).to_vec());
        Self { name: name.to_owned(), length: bytes.len() as u64, sha256 }
    }

    pub(super) fn is(&self, bytes: &[u8]) -> bool {
        self.length == bytes.len() as u64 && self.sha256.0 == hsign_crypto::sha256(bytes)
    }
}

impl Manifest {
    pub(super) fn track(&self, name: &str) -> Option<&TrackRoot> {
        self.tracks.iter().find(|track| track.name == name)
    }

    /// One line, so that people find it whole in a log.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        json_line(self)
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > LONGEST {
            return Err(Error::Bundle("bundle.json is too long"));
        }
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|_| Error::Bundle("bundle.json can't be read"))?;
        if manifest.format != FORMAT || manifest.profile != PROFILE {
            return Err(Error::Bundle("another format, or a newer version of this one"));
        }
        if manifest.parts.len() > MOST_PARTS || manifest.tracks.len() > MOST_PARTS {
            return Err(Error::Bundle("bundle.json lists too much"));
        }
        let tracks: Vec<Track> = manifest
            .tracks
            .iter()
            .map(|track| Track { name: track.name.clone(), algorithm: track.algorithm })
            .collect();
        check_tracks(&tracks)?;
        Ok(manifest)
    }
}

/// The table: a line per document, by key.
pub(super) fn table(documents: &[Document]) -> Result<Vec<u8>, Error> {
    let mut table = Vec::new();
    for document in documents {
        table.extend(json_line(document)?);
    }
    Ok(table)
}

pub(super) fn parse_table(bytes: &[u8]) -> Result<Vec<Document>, Error> {
    let mut budget = Budget::new("documents of a bundle", MOST_DOCUMENTS as u64);
    let mut documents: Vec<Document> = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        budget.spend(1)?;
        let document: Document =
            serde_json::from_slice(line).map_err(|_| Error::Bundle("a document's line can't be read"))?;
        document.check()?;
        if documents.last().is_some_and(|last| last.key() >= document.key()) {
            return Err(Error::Bundle("documents are not in the order of their keys"));
        }
        documents.push(document);
    }
    Ok(documents)
}

pub(super) fn json_line(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut line = serde_json::to_vec(value).map_err(|_| Error::Batch("it can't be written as JSON"))?;
    line.push(b'\n');
    Ok(line)
}

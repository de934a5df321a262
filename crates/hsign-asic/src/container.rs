//! A container as the ZIP file it is, with the digests of its files.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use hsign_core::{Budget, Digest, DigestAlgorithm, Finding, Source, read_range};
use hsign_crypto::Hasher;

use crate::Error;
use crate::zip::{Archive, Entry, Unpacked, unpack};

/// A signature file brings CRLs of some megabytes at most.
const LARGEST_METADATA: u64 = 64 << 20;
const ALL_METADATA: u64 = 512 << 20;

pub(crate) const META_INF: &str = "META-INF/";
pub(crate) const MIMETYPE: &str = "mimetype";

/// Digests by entry name, kept while the entries' bytes stay as they are.
pub(crate) type Known = HashMap<String, Vec<Digest>>;

pub(crate) struct Container<'s> {
    source: &'s dyn Source,
    pub(crate) archive: Archive,
    known: RefCell<Known>,
    wanted: RefCell<HashMap<String, BTreeSet<DigestAlgorithm>>>,
    damaged: RefCell<BTreeSet<String>>,
    metadata: RefCell<Budget>,
}

impl<'s> Container<'s> {
    pub(crate) fn open(source: &'s dyn Source, known: Known) -> Result<Self, Error> {
        Ok(Self {
            source,
            archive: Archive::open(source)?,
            known: RefCell::new(known),
            wanted: RefCell::default(),
            damaged: RefCell::default(),
            metadata: RefCell::new(Budget::new("bytes of signatures and manifests", ALL_METADATA)),
        })
    }

    /// The files that signatures are about, in the order of the directory.
    pub(crate) fn data_objects(&self) -> impl Iterator<Item = &Entry> {
        self.archive.entries.iter().filter(|entry| is_data_object(entry))
    }

    /// Entries about the container, in the order of the directory.
    pub(crate) fn metadata(&self) -> impl Iterator<Item = &Entry> {
        self.archive.entries.iter().filter(|entry| entry.name.starts_with(META_INF) && !entry.is_folder())
    }

    /// The contents of a small entry; `None` where tools would unpack different ones, or it is damaged.
    pub(crate) fn bytes(&self, entry: &Entry) -> Result<Option<Vec<u8>>, Error> {
        if !entry.is_sound {
            return Ok(None);
        }
        Budget::new("bytes of a signature or manifest", LARGEST_METADATA).spend(entry.size)?;
        self.metadata.borrow_mut().spend(entry.size)?;
        let mut bytes = Vec::new();
        let complete = unpack(self.source, entry, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        if !complete {
            self.damaged.borrow_mut().insert(entry.name.clone());
        }
        Ok(complete.then_some(bytes))
    }

    /// Where in the file a PDF reader would see the start of one: within the first 1,024 octets (ISO 32000-2 §7.5.2).
    pub(crate) fn pdf_header(&self) -> Option<u64> {
        let head = read_range(self.source, 0, self.source.length().min(1_024)).ok()?;
        memchr::memmem::find(&head, b"%PDF-").map(|at| at as u64)
    }

    /// A file as a source; `None` where there is none that every tool unpacks alike.
    pub(crate) fn unpacked(&self, name: &str) -> Option<Unpacked<'s>> {
        self.archive.find(name).map(|entry| Unpacked::new(self.source, entry))
    }

    /// Says that a digest will be asked for, so that one pass gives all.
    pub(crate) fn want(&self, name: &str, algorithm: DigestAlgorithm) {
        self.wanted.borrow_mut().entry(name.to_owned()).or_default().insert(algorithm);
    }

    /// The digest of a file; `None` where there is no such file that every tool unpacks alike.
    pub(crate) fn digest(&self, name: &str, algorithm: DigestAlgorithm) -> Result<Option<Digest>, Error> {
        let known = |all: &Known| {
            all.get(name).and_then(|known| known.iter().find(|digest| digest.algorithm == algorithm).cloned())
        };
        if let Some(digest) = known(&self.known.borrow()) {
            return Ok(Some(digest));
        }
        let Some(entry) = self.archive.find(name) else { return Ok(None) };
        if self.damaged.borrow().contains(name) {
            return Ok(None);
        }
        self.want(name, algorithm);
        let wanted = self.wanted.borrow_mut().remove(name).unwrap_or_default();
        let Some(digests) = self.digests(entry, &wanted)? else {
            self.damaged.borrow_mut().insert(name.to_owned());
            return Ok(None);
        };
        self.known.borrow_mut().entry(name.to_owned()).or_default().extend(digests);
        Ok(known(&self.known.borrow()))
    }

    fn digests(
        &self,
        entry: &Entry,
        wanted: &BTreeSet<DigestAlgorithm>,
    ) -> Result<Option<Vec<Digest>>, Error> {
        let mut hashers =
            wanted.iter().map(|algorithm| Hasher::new(*algorithm)).collect::<Result<Vec<_>, _>>()?;
        let complete = unpack(self.source, entry, &mut |piece| {
            for hasher in &mut hashers {
                hasher.update(piece)?;
            }
            Ok(())
        })?;
        let digests = hashers.into_iter().map(Hasher::finish).collect::<Result<Vec<_>, _>>()?;
        Ok(complete.then_some(digests))
    }

    /// The structure's faults, and entries that turned out to be damaged.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let damaged = self.damaged.borrow();
        let damaged = damaged.iter().map(|name| Finding::error("zip-entry-damaged").with("entry", name));
        self.archive.findings.iter().cloned().chain(damaged).collect()
    }

    pub(crate) fn into_known(self) -> Known {
        self.known.into_inner()
    }
}

pub(crate) fn is_data_object(entry: &Entry) -> bool {
    entry.name != MIMETYPE && !entry.name.starts_with(META_INF) && !entry.is_folder()
}

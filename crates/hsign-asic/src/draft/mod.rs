//! Containers in the making: new ones, and existing ones with something added.

mod archive;
mod cades;
mod evidence_record;
mod extend;
mod records;
mod xades;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Write};

use hsign_core::facts::DocumentFacts;
use hsign_core::{Digest, DigestAlgorithm, Source, Time, read_windows};
use hsign_crypto::Hasher;

pub use cades::PreparedCades;
pub use records::extract;

use crate::container::{Container, Known, META_INF, MIMETYPE};
use crate::facts::read;
use crate::zip::objection;
use crate::{ContainerType, Error, Pieces};
use archive::Pending;
use records::{Record, assemble};

/// A file to be put into a container.
#[derive(Clone, Copy)]
pub struct DataObject<'s> {
    /// Its name inside, with `/` between folders.
    pub name: &'s str,
    /// Its bytes; they stay where they are.
    pub source: &'s dyn Source,
    /// Its media type, where known.
    pub media_type: Option<&'s str>,
}

/// A container with what is to be added to it, nothing written yet. As a [`Source`] it is the container as it would be
/// now, made of the inputs' own bytes and of new ones; the files are hashed once, whatever is added.
pub struct Draft<'s> {
    kind: ContainerType,
    modified: Time,
    records: Vec<Record<'s>>,
    media_types: Vec<(String, String)>,
    known: RefCell<Known>,
    pieces: Pieces<'s>,
    pending: Option<Pending>,
}

impl<'s> Draft<'s> {
    /// A container of these files with nothing signed yet. `modified` is the time that its entries bear; `algorithms` are
    /// those that signatures and time stamps to come will use.
    ///
    /// # Errors
    /// When a name can't stand in a container, two are the same, ASiC-S is not about one file, or a file can't be read.
    pub fn create(
        objects: &[DataObject<'s>],
        kind: ContainerType,
        modified: Time,
        algorithms: &[DigestAlgorithm],
    ) -> Result<Self, Error> {
        match (kind, objects.len()) {
            (_, 0) => return Err(Error::Unfit("a container needs a file")),
            (ContainerType::AsicS, 2..) => return Err(Error::Unfit("ASiC-S is about one file")),
            _ => {}
        }
        let media_type = kind.media_type().as_bytes().to_vec();
        let mut records = vec![Record::of_bytes(MIMETYPE, media_type, modified)?];
        let mut known = Known::new();
        for object in objects {
            check_name(object.name, &known)?;
            let (crc, digests) = one_pass(object.source, algorithms)?;
            known.insert(object.name.to_owned(), digests);
            records.push(Record::of_source(object, crc, modified)?);
        }
        let media_type =
            |object: &DataObject<'_>| Some((object.name.to_owned(), object.media_type?.to_owned()));
        let media_types = objects.iter().filter_map(media_type).collect();
        let pieces = assemble(&records)?;
        // Two names that only some file systems tell apart show in the structure's own check.
        let twins = Container::open(&pieces, Known::new())?.findings();
        if !twins.is_empty() {
            return Err(Error::Unfit("two files have names that file systems take for the same"));
        }
        Ok(Self { kind, modified, records, media_types, known: RefCell::new(known), pieces, pending: None })
    }

    /// An existing container, to which something is to be added. Entries that aren't replaced keep every byte.
    ///
    /// # Errors
    /// When it can't be read, or different tools would see different containers.
    pub fn open(source: &'s dyn Source, modified: Time) -> Result<Self, Error> {
        let container = Container::open(source, Known::new())?;
        if !container.findings().is_empty() {
            return Err(Error::Zip("different tools would see different files in it"));
        }
        let mut records = Vec::new();
        for entry in &container.archive.entries {
            records.push(Record::of_entry(source, entry));
        }
        let kind = container_type(&container)?;
        let pieces = assemble(&records)?;
        Ok(Self {
            kind,
            modified,
            records,
            media_types: Vec::new(),
            known: RefCell::new(container.into_known()),
            pieces,
            pending: None,
        })
    }

    /// The kind of container.
    #[must_use]
    pub fn kind(&self) -> ContainerType {
        self.kind
    }

    /// The facts as they are now, without hashing the files again and without the digest of the whole. What is to be
    /// relied on is read afresh by [`crate::read_facts`].
    ///
    /// # Errors
    /// As [`crate::read_facts`].
    pub fn facts(&self) -> Result<DocumentFacts, Error> {
        let (facts, known) = read(self, self.known.borrow().clone())?;
        *self.known.borrow_mut() = known;
        Ok(facts)
    }

    /// Writes the container as it is now.
    ///
    /// # Errors
    /// When the inputs can't be read or `sink` fails.
    pub fn write_to(&self, sink: &mut dyn Write) -> io::Result<()> {
        self.pieces.write_to(sink)
    }

    /// The container as it is now, made of ranges of the inputs and of new bytes.
    #[must_use]
    pub fn into_pieces(self) -> Pieces<'s> {
        self.pieces
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.records.iter().any(|record| record.name == name)
    }

    /// The first name of this pattern that is free: `{before}001{after}`, and so on.
    pub(crate) fn free_name(&self, before: &str, after: &str) -> String {
        let mut number = 1;
        loop {
            let name = format!("{META_INF}{before}{number:03}{after}");
            if !self.has(&name) {
                return name;
            }
            number += 1;
        }
    }

    /// Puts an entry in, in the place of one of that name, else at the end.
    pub(crate) fn set(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let record = Record::of_bytes(name, bytes, self.modified)?;
        match self.records.iter_mut().find(|record| record.name == name) {
            Some(place) => *place = record,
            None => self.records.push(record),
        }
        self.known.borrow_mut().remove(name);
        self.pieces = assemble(&self.records)?;
        Ok(())
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.records.retain(|record| record.name != name);
        self.known.borrow_mut().remove(name);
    }

    /// The bytes of a small entry.
    pub(crate) fn bytes_of(&self, name: &str) -> Result<Vec<u8>, Error> {
        let container = Container::open(self, Known::new())?;
        let entry = container.archive.find(name).ok_or_else(|| Error::NoSuchFile(name.to_owned()))?;
        container.bytes(entry)?.ok_or_else(|| Error::NoSuchFile(name.to_owned()))
    }

    /// The digests of entries, those that are known without reading them.
    pub(crate) fn digests_of(
        &self,
        names: Vec<String>,
        algorithm: DigestAlgorithm,
    ) -> Result<Vec<(String, Digest)>, Error> {
        let container = Container::open(self, self.known.borrow().clone())?;
        let mut digests = Vec::with_capacity(names.len());
        for name in names {
            let digest = container.digest(&name, algorithm)?;
            let digest = digest.ok_or_else(|| Error::NoSuchFile(name.clone()))?;
            digests.push((name, digest));
        }
        *self.known.borrow_mut() = container.into_known();
        Ok(digests)
    }

    pub(crate) fn data_objects(&self) -> Vec<String> {
        let is_object = |record: &&Record<'_>| {
            record.name != MIMETYPE && !record.name.starts_with(META_INF) && !record.name.ends_with('/')
        };
        self.records.iter().filter(is_object).map(|record| record.name.clone()).collect()
    }

    /// The media types that are known, by the files' names.
    pub(crate) fn media_types(&self) -> HashMap<&str, &str> {
        self.media_types.iter().map(|(name, media_type)| (name.as_str(), media_type.as_str())).collect()
    }
}

impl Source for Draft<'_> {
    fn length(&self) -> u64 {
        self.pieces.length()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.pieces.read_exact_at(offset, buffer)
    }
}

fn container_type(container: &Container<'_>) -> Result<ContainerType, Error> {
    let mimetype = container.archive.find(MIMETYPE);
    let bytes = match mimetype {
        Some(entry) => container.bytes(entry)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let text = String::from_utf8_lossy(&bytes);
    ContainerType::of_media_type(text.trim())
        .ok_or(Error::Unfit("the container says of no known kind that it is it"))
}

fn check_name(name: &str, known: &Known) -> Result<(), Error> {
    let reserved = name == MIMETYPE || name.to_ascii_uppercase().starts_with(META_INF);
    let reason = match objection(name) {
        Some(reason) => reason,
        None if reserved => "reserved",
        None if name.ends_with('/') => "a folder",
        None if known.contains_key(name) => "there twice",
        None if name.len() > 0xffff => "too long",
        None => return Ok(()),
    };
    Err(Error::Name { name: name.to_owned(), reason })
}

/// Checksum and digests of a file.
fn one_pass(source: &dyn Source, algorithms: &[DigestAlgorithm]) -> Result<(u32, Vec<Digest>), Error> {
    let mut crc = flate2::Crc::new();
    let mut hashers =
        algorithms.iter().map(|algorithm| Hasher::new(*algorithm)).collect::<Result<Vec<_>, _>>()?;
    read_windows(source, 0..source.length(), |window| {
        crc.update(window);
        hashers.iter_mut().try_for_each(|hasher| hasher.update(window)).map_err(Error::from)
    })?;
    Ok((crc.sum(), hashers.into_iter().map(Hasher::finish).collect::<Result<_, _>>()?))
}

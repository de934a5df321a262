//! The entries of a container in the making, and the file they make.

use std::rc::Rc;

use hsign_core::{Source, Time};

use super::DataObject;
use crate::container::{Container, Known, META_INF, MIMETYPE};
use crate::zip::{Entry, NewEntry, central_directory};
use crate::{Error, Pieces};

/// One entry: its header in the directory and what stands before that.
#[derive(Clone)]
pub(super) struct Record<'s> {
    pub(super) name: String,
    central: Vec<u8>,
    body: Body<'s>,
}

#[derive(Clone)]
enum Body<'s> {
    /// As it stands in an existing container, from the local header on.
    Existing {
        source: &'s dyn Source,
        start: u64,
        end: u64,
    },
    /// A file of its own behind a new header.
    File {
        header: Rc<[u8]>,
        source: &'s dyn Source,
    },
    New {
        header: Rc<[u8]>,
        bytes: Rc<[u8]>,
    },
}

impl<'s> Record<'s> {
    pub(super) fn of_entry(source: &'s dyn Source, entry: &Entry) -> Self {
        let body = Body::Existing { source, start: entry.start, end: entry.end };
        Self { name: entry.name.clone(), central: entry.central.clone(), body }
    }

    pub(super) fn of_source(object: &DataObject<'s>, crc: u32, modified: Time) -> Result<Self, Error> {
        let new = NewEntry { name: object.name, crc, size: object.source.length(), modified };
        let body = Body::File { header: new.local().into(), source: object.source };
        Ok(Self { name: object.name.to_owned(), central: new.central(), body })
    }

    pub(super) fn of_bytes(name: &str, bytes: Vec<u8>, modified: Time) -> Result<Self, Error> {
        let mut crc = flate2::Crc::new();
        crc.update(&bytes);
        let new = NewEntry { name, crc: crc.sum(), size: bytes.len() as u64, modified };
        let body = Body::New { header: new.local().into(), bytes: bytes.into() };
        Ok(Self { name: name.to_owned(), central: new.central(), body })
    }
}

/// The file that the entries make, in their order.
pub(super) fn assemble<'s>(records: &[Record<'s>]) -> Result<Pieces<'s>, Error> {
    let mut pieces = Pieces::default();
    let mut directory = Vec::with_capacity(records.len());
    for record in records {
        directory.push((record.central.clone(), pieces.length()));
        match &record.body {
            Body::Existing { source, start, end } => pieces.push_part(*source, *start, end - start),
            Body::File { header, source } => {
                pieces.push(header.clone());
                pieces.push_part(*source, 0, source.length());
            }
            Body::New { header, bytes } => {
                pieces.push(header.clone());
                pieces.push(bytes.clone());
            }
        }
    }
    let directory = central_directory(&directory, pieces.length());
    pieces.push(directory.into());
    Ok(pieces)
}

/// The container with only these of its files: signatures, manifests and stamps stay as they are, so that each of the
/// files is still proven by what covers it.
///
/// # Errors
/// When the container can't be read or has no such file.
pub fn extract<'s>(source: &'s dyn Source, names: &[&str]) -> Result<Pieces<'s>, Error> {
    let container = Container::open(source, Known::new())?;
    if !container.findings().is_empty() {
        return Err(Error::Zip("different tools would see different files in it"));
    }
    let entries = &container.archive.entries;
    if let Some(missing) = names.iter().find(|name| container.archive.find(name).is_none()) {
        return Err(Error::NoSuchFile((*missing).to_owned()));
    }
    let stays = |entry: &&Entry| {
        entry.name == MIMETYPE || entry.name.starts_with(META_INF) || names.contains(&entry.name.as_str())
    };
    let records: Vec<_> = entries.iter().filter(stays).map(|entry| Record::of_entry(source, entry)).collect();
    assemble(&records)
}

//! A document in a bucket, read piece by piece.

use std::io;
use std::sync::{Mutex, PoisonError};

use hsign_core::Source;
use object_store::path::Path;

use super::bucket::Bucket;
use crate::Error;

/// Octets asked for at once: readers go forward in small steps, and every request costs a round trip.
const WINDOW: u64 = 4 << 20;

/// A document in a bucket. It is one version from the first to the last octet: when it is replaced while it is read, that
/// is an error.
#[derive(Debug)]
pub struct ObjectSource {
    bucket: Bucket,
    path: Path,
    length: u64,
    tag: Option<String>,
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl ObjectSource {
    pub(super) fn open(bucket: Bucket, path: Path) -> Result<Self, Error> {
        let missing = || Error::Io(io::ErrorKind::NotFound.into());
        let (length, tag) = bucket.head(&path)?.ok_or_else(missing)?;
        Ok(Self { bucket, path, length, tag, window: Mutex::default() })
    }

    fn fetch(&self, start: u64, length: u64) -> io::Result<Vec<u8>> {
        let end = start.saturating_add(length);
        let range = self.bucket.range(&self.path, start..end, self.tag.as_deref());
        // No kind of I/O error of a file: the party is remote.
        let range = range.map_err(|error| io::Error::new(io::ErrorKind::ConnectionAborted, error))?;
        let range = range.ok_or(io::ErrorKind::NotFound)?;
        let whole = range.bytes.len() as u64 == length;
        if !whole || range.length != self.length || range.tag != self.tag {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(range.bytes)
    }
}

impl Source for ObjectSource {
    fn length(&self) -> u64 {
        self.length
    }

    fn is_unchanged(&self) -> bool {
        let now = self.bucket.head(&self.path);
        now.is_ok_and(|now| now.is_some_and(|now| now == (self.length, self.tag.clone())))
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let wanted = buffer.len() as u64;
        let end = offset.checked_add(wanted).filter(|end| *end <= self.length);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        if wanted >= WINDOW {
            buffer.copy_from_slice(&self.fetch(offset, wanted)?);
            return Ok(());
        }
        if wanted == 0 {
            return Ok(());
        }
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let there = window.start.saturating_add(window.bytes.len() as u64);
        if offset < window.start || end > there {
            let length = WINDOW.min(self.length.saturating_sub(offset));
            *window = Window { start: offset, bytes: self.fetch(offset, length)? };
        }
        let skip = usize::try_from(offset.saturating_sub(window.start)).unwrap_or(usize::MAX);
        let part = window.bytes.get(skip..).and_then(|rest| rest.get(..buffer.len()));
        buffer.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

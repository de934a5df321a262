//! Tokens that are needed again soon, and are too many to be kept in memory: in a file that nobody else sees and that goes
//! with its user.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::Error;

pub(super) struct Spool(Mutex<Inner>);

struct Inner {
    path: PathBuf,
    file: File,
    end: u64,
    places: BTreeMap<[u8; 32], (u64, usize)>,
}

impl Spool {
    pub(super) fn new() -> Result<Self, Error> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let folder = std::env::temp_dir();
        let mut new = File::options();
        new.read(true).write(true).create_new(true);
        // Of a process with our number that was killed a file may have stayed.
        let (path, file) = loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("hsign-archive-{}.{number}", std::process::id()));
            match new.open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => break (path, opened.map_err(Error::Read)?),
            }
        };
        // Where names can go before their files do, nothing is left of a process that is killed.
        if cfg!(unix) {
            fs::remove_file(&path).map_err(Error::Read)?;
        }
        Ok(Self(Mutex::new(Inner { path, file, end: 0, places: BTreeMap::new() })))
    }

    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = inner.end;
        inner.file.seek(SeekFrom::Start(end)).map_err(Error::Read)?;
        inner.file.write_all(bytes).map_err(Error::Read)?;
        inner.places.insert(hsign_crypto::sha256(name.as_bytes()), (end, bytes.len()));
        inner.end = end.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// Empty where nothing was put under this name.
    pub(super) fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = inner.places.get(&hsign_crypto::sha256(name.as_bytes())).copied();
        let Some((start, length)) = place else { return Ok(Vec::new()) };
        let mut bytes = vec![0; length];
        inner.file.seek(SeekFrom::Start(start)).map_err(Error::Read)?;
        inner.file.read_exact(&mut bytes).map_err(Error::Read)?;
        Ok(bytes)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_comes_back_by_its_name() {
        let spool = Spool::new().unwrap();
        spool.put("a", b"one").unwrap();
        spool.put("b", b"").unwrap();
        spool.put("c", b"three").unwrap();
        let all = ["c", "a", "b", "d"].map(|name| spool.get(name).unwrap());
        assert_eq!(all, [b"three".to_vec(), b"one".to_vec(), Vec::new(), Vec::new()]);
    }
}

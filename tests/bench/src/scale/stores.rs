//! A store that keeps everything of a bundle but its documents' table and leaves, and the texts for people: these are made
//! anew whenever they are read. What it has to know for that is which bundle is which batch.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hsign_archive::{Batch, Track, seal};
use hsign_archive_store::{Error, Put, Store};

use crate::{Failure, documents};

const TABLE: &str = "documents.jsonl";
/// What isn't kept.
const MADE: [&str; 5] = [TABLE, "leaves-sha256.bin", "README.en.txt", "README.ja.txt", "verify.py"];

/// What isn't kept of the bundle that was asked for last.
type Last = Option<(String, Made)>;

/// Files by name.
type Made = Arc<BTreeMap<String, Vec<u8>>>;

pub(crate) struct Virtual {
    inner: Arc<dyn Store>,
    leaves: u64,
    tracks: Vec<Track>,
    numbers: Arc<Numbers>,
    last: Mutex<Last>,
}

/// Which bundle is which batch: 40 octets for 65,536 documents.
pub(crate) struct Numbers {
    known: RwLock<BTreeMap<[u8; 32], u64>>,
    file: PathBuf,
}

impl Numbers {
    /// What all planters have written down.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(folder)?;
        let mut known = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            for line in fs::read_to_string(entry?.path())?.lines() {
                let (id, number) = line.split_once(' ').ok_or("a line without a number")?;
                known.insert(hsign_crypto::sha256(id.as_bytes()), number.parse()?);
            }
        }
        let file = folder.join(format!("{}.txt", std::process::id()));
        Ok(Self { known: RwLock::new(known), file })
    }

    fn of(&self, id: &str) -> Option<u64> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&hsign_crypto::sha256(id.as_bytes())).copied()
    }

    fn know(&self, id: &str, number: u64) -> std::io::Result<()> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.insert(hsign_crypto::sha256(id.as_bytes()), number).is_none() {
            let mut file = fs::File::options().create(true).append(true).open(&self.file)?;
            writeln!(file, "{id} {number}")?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Virtual {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Virtual").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Virtual {
    pub(crate) fn over(inner: Arc<dyn Store>, leaves: u64, tracks: &[Track], numbers: &Arc<Numbers>) -> Self {
        let (tracks, numbers) = (tracks.to_vec(), Arc::clone(numbers));
        Self { inner, leaves, tracks, numbers, last: Mutex::default() }
    }

    /// What isn't kept of a bundle.
    fn made(&self, id: &str) -> Result<Option<Made>, Error> {
        if let Some((last, files)) = &*self.last.lock().unwrap_or_else(PoisonError::into_inner)
            && last == id
        {
            return Ok(Some(Arc::clone(files)));
        }
        let Some(number) = self.numbers.of(id) else { return Ok(None) };
        let files = self.anew(number).map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?;
        let files = Arc::new(files);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((id.to_owned(), Arc::clone(&files)));
        Ok(Some(files))
    }

    fn anew(&self, number: u64) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
        let documents = documents::of_batch(number, self.leaves)?;
        let key = documents::batch_key(documents.first().ok_or("no documents")?, &self.tracks)?;
        let sealed = seal(&Batch { key, documents })?;
        let made = sealed.files.into_iter().filter(|file| MADE.contains(&file.name.as_str()));
        Ok(made.map(|file| (file.name, file.bytes)).collect())
    }
}

/// The bundle and the file of a name that isn't kept.
fn not_kept(name: &str) -> Option<(&str, &str)> {
    let (id, file) = name.strip_prefix("bundles/")?.split_once('/')?;
    MADE.contains(&file).then_some((id, file))
}

impl Store for Virtual {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<Put, Error> {
        match not_kept(name) {
            None => self.inner.put_new(name, bytes),
            Some((id, TABLE)) => {
                let number = documents::batch_of(bytes).ok_or(Error::Name)?;
                self.numbers.know(id, number)?;
                Ok(Put::Created)
            }
            Some(_) => Ok(Put::Created),
        }
    }

    fn put_together(&self, files: &[(String, &[u8])]) -> Result<Vec<Put>, Error> {
        let kept: Vec<(String, &[u8])> =
            files.iter().filter(|(name, _)| not_kept(name).is_none()).cloned().collect();
        let mut outcomes = self.inner.put_together(&kept)?;
        for (name, bytes) in files.iter().filter(|(name, _)| not_kept(name).is_some()) {
            outcomes.push(self.put_new(name, bytes)?);
        }
        Ok(outcomes)
    }

    fn has(&self, name: &str) -> Result<bool, Error> {
        self.inner.has(name)
    }

    fn get(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some((id, file)) = not_kept(name) else { return self.inner.get(name, limit) };
        Ok(self.made(id)?.and_then(|files| files.get(file).cloned()))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut names = self.inner.list(prefix)?;
        let bundle = prefix.strip_prefix("bundles/").and_then(|rest| rest.strip_suffix('/'));
        if let Some(id) = bundle.filter(|id| self.numbers.of(id).is_some()) {
            names.extend(MADE.map(|file| format!("bundles/{id}/{file}")));
            names.sort_unstable();
        }
        Ok(names)
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        self.inner.remove(name)
    }

    fn set_aside(&self, name: &str) -> Result<(), Error> {
        self.inner.set_aside(name)
    }
}

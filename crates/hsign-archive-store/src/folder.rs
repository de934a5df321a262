//! A folder as a store.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hsign_archive::Checkpoints;
use hsign_core::Budget;

use crate::publish::{UNFINISHED, Unfinished, Ways};
use crate::store::{aside_names, check_name, parts};
use crate::{Error, Put, Store};

/// Folders below a store's.
const DEPTH: usize = 2;

/// A folder that keeps files: `bundles/ID/FILE`, `trail/FILE`.
#[derive(Clone)]
pub struct Folder {
    root: PathBuf,
    ways: Ways,
    checkpoints: Arc<dyn Checkpoints + Send + Sync>,
}

impl std::fmt::Debug for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Folder").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Folder {
    /// The folder, made where it isn't there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn create(root: &Path) -> Result<Self, Error> {
        fs::create_dir_all(root.join("bundles"))?;
        sync_folder(root)?;
        Self::open(root)
    }

    /// A folder that was made before; an empty mount point is none.
    ///
    /// # Errors
    /// When it isn't there.
    pub fn open(root: &Path) -> Result<Self, Error> {
        if !root.join("bundles").is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotFound).into());
        }
        Ok(Self { root: root.to_owned(), ways: Ways::default(), checkpoints: Arc::new(()) })
    }

    /// Tells these of every point at which a crash loses nothing.
    #[must_use]
    pub fn with_checkpoints(mut self, checkpoints: Arc<dyn Checkpoints + Send + Sync>) -> Self {
        self.checkpoints = checkpoints;
        self
    }

    #[cfg(test)]
    pub(crate) fn with_ways(mut self, ways: Ways) -> Self {
        self.ways = ways;
        self
    }

    fn path(&self, name: &str) -> Result<PathBuf, Error> {
        check_name(name)?;
        Ok(parts(name).iter().fold(self.root.clone(), |path, part| path.join(part)))
    }

    /// The folder of a file, made where it isn't there.
    fn parent(&self, place: &Path) -> Result<PathBuf, Error> {
        let folder = place.parent().ok_or(Error::Name)?.to_owned();
        if !folder.is_dir() {
            fs::create_dir_all(&folder)?;
            // From the root down, each may be new.
            let above: Vec<&Path> = folder.ancestors().skip(1).take(DEPTH).collect();
            for one in above.into_iter().rev().filter(|one| one.starts_with(&self.root)) {
                sync_folder(one)?;
            }
        }
        Ok(folder)
    }
}

impl Store for Folder {
    /// Written under another name, synchronised, then given its own, which fails if there is one. A file that an
    /// interrupted writer left isn't there.
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<Put, Error> {
        let put = self.put_together(&[(name.to_owned(), bytes)])?;
        put.first().copied().ok_or(Error::Name)
    }

    /// All are written before the first one is waited for, and the folder is synchronised once.
    fn put_together(&self, files: &[(String, &[u8])]) -> Result<Vec<Put>, Error> {
        let Some((first, _)) = files.first() else { return Ok(Vec::new()) };
        let folder = self.parent(&self.path(first)?)?;
        let mut begun = Vec::with_capacity(files.len());
        for (name, bytes) in files {
            let place = self.path(name)?;
            if place.parent() != Some(&*folder) {
                return Err(Error::Name);
            }
            let unfinished = match read_if_there(&place, bytes.len() as u64)? {
                Some(same) => Err(outcome(same.as_deref() == Some(*bytes))),
                None => Ok(Unfinished::write(&folder, bytes)?),
            };
            begun.push((place, *bytes, unfinished));
        }
        let mut written = Vec::with_capacity(begun.len());
        for (place, bytes, unfinished) in begun {
            let durable = match unfinished {
                Ok(unfinished) => Ok(unfinished.durable()?),
                Err(there) => Err(there),
            };
            written.push((place, bytes, durable));
        }
        self.checkpoints.reached("store-file-written");
        let mut outcomes = Vec::with_capacity(written.len());
        for (place, bytes, durable) in written {
            let put = match durable {
                Err(there) => there,
                Ok(durable) => match self.ways.publish(&self.root, durable, &place)? {
                    true => Put::Created,
                    false => {
                        let there = read_if_there(&place, bytes.len() as u64)?.flatten();
                        outcome(there.as_deref() == Some(bytes))
                    }
                },
            };
            outcomes.push(put);
        }
        self.checkpoints.reached("store-file-named");
        // Whoever put what was there may have lost its power before the folder was synchronised.
        sync_folder(&folder)?;
        self.checkpoints.reached("store-file-durable");
        Ok(outcomes)
    }

    fn has(&self, name: &str) -> Result<bool, Error> {
        Ok(self.path(name)?.try_exists()?)
    }

    fn get(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(bytes) = read_if_there(&self.path(name)?, limit)? else { return Ok(None) };
        match bytes {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(Error::too_long(limit)),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let (folder, _) = prefix.rsplit_once('/').ok_or(Error::Name)?;
        if parts(folder).iter().any(|part| part.is_empty() || part.starts_with('.')) {
            return Err(Error::Name);
        }
        let mut names = Vec::new();
        let mut budget = Budget::new("files of a store", MOST_FILES);
        collect(&self.root.join(folder), folder, DEPTH, &mut budget, &mut names)?;
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        Ok(names)
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        let place = self.path(name)?;
        match fs::remove_file(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
        let Some(folder) = place.parent() else { return Ok(()) };
        if !folder.is_dir() {
            return Ok(());
        }
        // The folder of a bundle goes with its last file, and with what interrupted writers left in it.
        if parts(name).len() > DEPTH && self.list(&format!("{}/", above(name)))?.is_empty() {
            fs::remove_dir_all(folder)?;
            return folder.parent().map_or(Ok(()), sync_folder);
        }
        sync_folder(folder)
    }

    fn set_aside(&self, name: &str) -> Result<(), Error> {
        let place = self.path(name)?;
        let mut free = None;
        for aside in aside_names(name)? {
            let path = self.path(&aside)?;
            if !path.exists() {
                free = Some(path);
                break;
            }
        }
        let aside = free.ok_or(Error::Name)?;
        let folder = self.parent(&aside)?;
        fs::rename(&place, &aside)?;
        sync_folder(&folder)?;
        self.checkpoints.reached("store-file-set-aside");
        place.parent().map_or(Ok(()), sync_folder)
    }
}

/// Files of a store: a hundred thousand bundles of some dozen files each, and their trail.
const MOST_FILES: u64 = 1 << 24;

fn collect(
    folder: &Path,
    name: &str,
    depth: usize,
    budget: &mut Budget,
    names: &mut Vec<String>,
) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        budget.spend(1)?;
        let entry = entry?;
        let part = entry.file_name().to_string_lossy().into_owned();
        if part.starts_with(UNFINISHED) {
            continue;
        }
        let full = format!("{name}/{part}");
        if entry.file_type()?.is_dir() {
            if depth > 1 {
                collect(&entry.path(), &full, depth.saturating_sub(1), budget, names)?;
            }
        } else {
            names.push(full);
        }
    }
    Ok(())
}

fn above(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(above, _)| above)
}

fn outcome(same: bool) -> Put {
    if same { Put::Same } else { Put::Taken }
}

/// The octets of a file; the inner `None` where there are more than allowed.
fn read_if_there(path: &Path, limit: u64) -> Result<Option<Option<Vec<u8>>>, Error> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    // One more than allowed, so that a file that grows is noticed too.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    let fits = bytes.len() as u64 <= limit;
    Ok(Some(fits.then_some(bytes)))
}

/// A name in a folder lasts only once the folder is synchronised.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    // Windows has no such thing, and keeps names without it.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

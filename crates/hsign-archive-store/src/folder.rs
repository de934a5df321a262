//! One folder: `bundles/ID/FILE`, and `damaged/ID/` for what a repair took away.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use hsign_archive::BundleFile;
use hsign_core::Budget;

use crate::Error;

/// The files of a bundle by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Octets of one bundle: the table of a million documents of a long line each, and their leaves.
const LARGEST_BUNDLE: u64 = 4 << 30;
/// What isn't a file of a bundle yet begins with this.
const UNFINISHED: &str = ".";

/// A folder that keeps bundles.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// What became of a file that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    Created,
    /// It was there, with these octets.
    Same,
    /// Other octets are there under its name, and stay.
    Taken,
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
        Ok(Self { root: root.to_owned() })
    }

    /// Puts a file that isn't there yet: written under another name, synchronised, then linked to its own, which fails
    /// if there is one. When this returns, a power cut loses nothing of it.
    ///
    /// # Errors
    /// What the file system says, and for names that aren't a bundle's and its file's.
    pub fn put(&self, bundle: &str, file: &BundleFile) -> Result<Put, Error> {
        let folder = self.bundle_folder(bundle)?;
        let place = folder.join(file_name(&file.name)?);
        if !folder.is_dir() {
            fs::create_dir_all(&folder)?;
            sync_folder(&self.root.join("bundles"))?;
        }
        if let Some(there) = read_if_there(&place)? {
            // Whoever put it may have lost its power before the folder was synchronised.
            sync_folder(&folder)?;
            return Ok(if there == file.bytes { Put::Same } else { Put::Taken });
        }
        let unfinished = Unfinished::write(&folder, &file.bytes)?;
        match fs::hard_link(&unfinished.0, &place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let same = read_if_there(&place)?.is_some_and(|there| there == file.bytes);
                Ok(if same { Put::Same } else { Put::Taken })
            }
            Err(error) => Err(error.into()),
            Ok(()) => {
                drop(unfinished);
                sync_folder(&folder)?;
                Ok(Put::Created)
            }
        }
    }

    /// The bundles that are there; one that isn't written to its end isn't among them.
    ///
    /// # Errors
    /// What the file system says.
    pub fn bundles(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root.join("bundles"))? {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            if is_id(&name) && self.bundle_folder(&name)?.join("bundle.json").is_file() {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The files of a bundle; none where there is no such bundle.
    ///
    /// # Errors
    /// What the file system says, and when there is more than any bundle has.
    pub fn read(&self, bundle: &str) -> Result<Files, Error> {
        let mut budget = Budget::new("octets of a bundle", LARGEST_BUNDLE);
        let folder = self.bundle_folder(bundle)?;
        let mut files = Files::new();
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(UNFINISHED) {
                continue;
            }
            let mut bytes = Vec::new();
            // One more than allowed, so that a file that grows is noticed too.
            let left = budget.left().saturating_add(1);
            File::open(entry.path())?.take(left).read_to_end(&mut bytes)?;
            budget.spend(bytes.len() as u64)?;
            files.insert(name, bytes);
        }
        Ok(files)
    }

    /// Moves a damaged file out of its bundle, where it can be looked at later.
    pub(crate) fn set_aside(&self, bundle: &str, name: &str) -> Result<(), Error> {
        let place = self.bundle_folder(bundle)?.join(file_name(name)?);
        let aside = self.root.join("damaged").join(bundle);
        fs::create_dir_all(&aside)?;
        let free =
            (0..u32::MAX).map(|number| aside.join(format!("{number}.{name}"))).find(|path| !path.exists());
        fs::rename(&place, free.ok_or(Error::Name)?)?;
        sync_folder(&aside)?;
        sync_folder(&self.bundle_folder(bundle)?)
    }

    fn bundle_folder(&self, bundle: &str) -> Result<PathBuf, Error> {
        if is_id(bundle) { Ok(self.root.join("bundles").join(bundle)) } else { Err(Error::Name) }
    }
}

/// A file that goes away unless something else holds on to what is in it.
struct Unfinished(PathBuf);

impl Unfinished {
    fn write(folder: &Path, bytes: &[u8]) -> Result<Self, Error> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let mut new = File::options();
        new.write(true).create_new(true);
        // A process of that number on another machine, or before a crash, may have taken a name.
        let (unfinished, mut file) = loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{UNFINISHED}{}.{number}", std::process::id()));
            match new.open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => break (Self(path), opened?),
            }
        };
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(unfinished)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What stays is passed over by readers.
        let _ = fs::remove_file(&self.0);
    }
}

fn is_id(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn file_name(name: &str) -> Result<&str, Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    let fits = !name.is_empty() && name.len() <= 255 && !name.starts_with('.') && name.bytes().all(plain);
    if fits { Ok(name) } else { Err(Error::Name) }
}

fn read_if_there(place: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => Ok(Some(read?)),
    }
}

/// What was created in a folder survives a power cut only once the folder itself is written; systems other than Unix
/// write it with the file and don't open folders.
fn sync_folder(folder: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

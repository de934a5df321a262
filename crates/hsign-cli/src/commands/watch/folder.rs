//! The drop folder on the disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use hsign::file::{Existing, put_in_place};
use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding};
use hsign_desk::{Folder, Place, Seen};

/// What is larger is no scan, and signing it in memory would hold up the machine.
const LARGEST: u64 = 512 << 20;

/// The folder, its sub-folders and its log.
pub(super) struct DiskFolder {
    root: PathBuf,
    originals: PathBuf,
}

impl DiskFolder {
    /// Makes the sub-folders that are missing.
    pub(super) fn open(root: &Path, originals: Option<&Path>) -> Result<Self, PortError> {
        let originals = originals.map_or_else(|| root.join("originals"), Path::to_owned);
        let folder = Self { root: root.to_owned(), originals };
        if !root.is_dir() {
            return Err(failed(root, &io::Error::from(io::ErrorKind::NotFound)));
        }
        for place in [Place::Signed, Place::Originals, Place::Aside] {
            let path = folder.place(place);
            fs::create_dir_all(&path).map_err(|error| failed(&path, &error))?;
        }
        let state = folder.state();
        fs::create_dir_all(&state).map_err(|error| failed(&state, &error))?;
        Ok(folder)
    }

    /// The right to work in the folder, as long as the value lives; `None`: somebody else has it.
    pub(super) fn lock(&self) -> Result<Option<File>, PortError> {
        let path = self.state().join("lock");
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(|error| failed(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(&path, &error)),
        }
    }

    pub(super) fn path(&self, place: Place, name: &str) -> PathBuf {
        self.place(place).join(name)
    }

    fn place(&self, place: Place) -> PathBuf {
        match place {
            Place::Drop => self.root.clone(),
            Place::Signed => self.root.join("signed"),
            Place::Originals => self.originals.clone(),
            Place::Aside => self.root.join("set-aside"),
        }
    }

    fn state(&self) -> PathBuf {
        self.root.join(".hsign")
    }

    fn log_path(&self) -> PathBuf {
        self.state().join("queue.jsonl")
    }

    fn seen(entry: &fs::DirEntry) -> io::Result<Option<Seen>> {
        let Ok(name) = entry.file_name().into_string() else { return Ok(None) };
        let metadata = entry.metadata()?;
        if !metadata.is_file() || is_passing(&name) || metadata.len() > LARGEST {
            return Ok(None);
        }
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let modified = i128::try_from(modified.as_nanos()).unwrap_or(i128::MAX);
        Ok(Some(Seen { name, bytes: metadata.len(), modified }))
    }
}

/// Names under which programs keep what isn't finished.
fn is_passing(name: &str) -> bool {
    let lower = name.to_lowercase();
    let unfinished = [".tmp", ".part", ".partial", ".crdownload", ".filepart", "~"];
    lower.starts_with('.') || lower.starts_with("~$") || unfinished.iter().any(|end| lower.ends_with(end))
}

fn failed(path: &Path, error: &io::Error) -> PortError {
    let finding = Finding::from_io(error).with("path", path.display());
    PortError::new(ErrorKind::of_io(error), format!("{}: {error}", path.display())).finding(finding)
}

impl Folder for DiskFolder {
    fn list(&self) -> Result<Vec<Seen>, PortError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(|error| failed(&self.root, &error))? {
            let seen = entry.and_then(|entry| Self::seen(&entry));
            match seen {
                Ok(seen) => files.extend(seen),
                // Taken away between listing and looking.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&self.root, &error)),
            }
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }

    fn read(&self, place: Place, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        let path = self.path(place, name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    fn exists(&self, place: Place, name: &str) -> Result<bool, PortError> {
        Ok(fs::symlink_metadata(self.path(place, name)).is_ok())
    }

    fn put(&self, place: Place, name: &str, bytes: &[u8], replace: bool) -> Result<bool, PortError> {
        let path = self.path(place, name);
        let existing = if replace { Existing::Replace } else { Existing::Keep };
        match put_in_place(&path, None, bytes, existing) {
            Ok(()) => Ok(true),
            Err(error) if !replace && error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    fn take_away(&self, name: &str, to: Place, new: &str) -> Result<bool, PortError> {
        let (from, target) = (self.path(Place::Drop, name), self.path(to, new));
        // A link refuses a name that somebody took meanwhile; where there are no links, the check before has to do.
        match fs::hard_link(&from, &target) {
            Ok(()) => fs::remove_file(&from).map(|()| true).map_err(|error| failed(&from, &error)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(_) => fs::rename(&from, &target).map(|()| true).map_err(|error| failed(&target, &error)),
        }
    }

    fn log(&self) -> Result<Vec<u8>, PortError> {
        let path = self.log_path();
        match fs::read(&path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    fn append(&self, line: &[u8], lasting: bool) -> Result<(), PortError> {
        let path = self.log_path();
        let appended = OpenOptions::new().create(true).append(true).open(&path).and_then(|mut file| {
            file.write_all(line)?;
            if lasting { file.sync_data() } else { Ok(()) }
        });
        appended.map_err(|error| failed(&path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::is_passing;

    #[test]
    fn unfinished_files_are_known_by_their_names() {
        for name in [".scan.pdf", "scan.pdf.part", "Scan.PDF.TMP", "~$letter.pdf", "scan.pdf~"] {
            assert!(is_passing(name), "{name}");
        }
        assert!(!is_passing("scan.pdf") && !is_passing("患者.tiff"));
    }
}

//! Files at the rim: read at any position, put in place only when whole.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use hsign_core::{Source, read_windows};

/// A file read by position. It is not mapped into memory: a file cut short under us is then an error, not a
/// crash.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    length: u64,
    /// When it was last written to, where the file system tells.
    modified: Option<SystemTime>,
}

impl FileSource {
    /// Opens the file and fixes its length.
    ///
    /// # Errors
    /// When it can't be opened or isn't a regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Self { length: metadata.len(), modified: metadata.modified().ok(), file })
    }
}

impl Source for FileSource {
    fn length(&self) -> u64 {
        self.length
    }

    #[cfg(unix)]
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        use std::os::unix::fs::FileExt as _;
        self.file.read_exact_at(buffer, offset)
    }

    fn is_unchanged(&self) -> bool {
        let then = (self.length, self.modified);
        let now = self.file.metadata().map(|now| (now.len(), now.modified().ok()));
        self.modified.is_some() && now.is_ok_and(|now| now == then)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        use std::os::windows::fs::FileExt as _;
        while !buffer.is_empty() {
            let count = self.file.seek_read(buffer, offset)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            offset += count as u64;
            buffer = buffer.get_mut(count..).unwrap_or_default();
        }
        Ok(())
    }
}

/// Whether an existing file may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is left alone and the write refused.
    Keep,
    /// It is replaced in one step.
    Replace,
}

/// The file whose bytes come first, and how long it was when it was read.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// Its length then.
    pub length: u64,
}

/// Writes `base` and then `tail` to `path` so that at no moment a half-written file stands there:
/// temporary file in the same folder, fsync, rename, fsync of the folder.
///
/// # Errors
/// When the file exists and may not be replaced, or the disk refuses.
pub fn put_in_place(path: &Path, base: Option<Base<'_>>, tail: &[u8], existing: Existing) -> io::Result<()> {
    put(path, base.map(|base| base.path), existing, &|file| fill(file, base, tail))
}

/// The same with bytes that are read from somewhere, in windows; `like` is the file whose permissions it gets.
///
/// # Errors
/// When the file exists and may not be replaced, the bytes can't be read, or the disk refuses.
pub fn put_source_in_place(
    path: &Path,
    source: &dyn Source,
    like: Option<&Path>,
    existing: Existing,
) -> io::Result<()> {
    put(path, like, existing, &|file| {
        copy(source, file)?;
        file.sync_all()
    })
}

/// Writes everything of a source.
///
/// # Errors
/// When one of the two fails.
pub fn copy(source: &dyn Source, out: &mut dyn io::Write) -> io::Result<()> {
    read_windows(source, 0..source.length(), |window| out.write_all(window))
}

fn put(
    path: &Path,
    like: Option<&Path>,
    existing: Existing,
    fill: &dyn Fn(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if existing == Existing::Keep && fs::symlink_metadata(path).is_ok() {
        return Err(already_exists());
    }
    let (temporary, mut file) = create_temporary(folder)?;
    let written = fill(&mut file)
        .and_then(|()| like.map_or(Ok(()), |like| keep_permissions(like, &temporary)))
        .and_then(|()| publish(&temporary, path, existing));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    unfinished().remove(&temporary);
    written?;
    sync_folder(folder)
}

/// Temporary files that exist at this moment.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what is half written and blocks further writing: for a program that is about to end because it was
/// interrupted, and for nothing else.
pub fn discard_unfinished() {
    let paths = unfinished();
    for path in paths.iter() {
        let _ = fs::remove_file(path);
    }
    // Held until the process ends, so that no other thread starts a new file meanwhile.
    std::mem::forget(paths);
}

fn already_exists() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "the output file exists; --force replaces it")
}

/// The name says nothing about the document: paths may hold patient names.
fn create_temporary(folder: &Path) -> io::Result<(PathBuf, File)> {
    let mut unfinished = unfinished();
    for attempt in 0..1000_u32 {
        let path = folder.join(format!(".hsign-{}-{attempt}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => {
                unfinished.insert(path.clone());
                return Ok((path, file));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no free name for a temporary file"))
}

fn fill(file: &mut File, base: Option<Base<'_>>, tail: &[u8]) -> io::Result<()> {
    if let Some(base) = base
        && io::copy(&mut File::open(base.path)?, file)? != base.length
    {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the input changed while it was being signed",
        ));
    }
    file.write_all(tail)?;
    file.sync_all()
}

fn keep_permissions(base: &Path, temporary: &Path) -> io::Result<()> {
    fs::set_permissions(temporary, fs::metadata(base)?.permissions())
}

/// A hard link refuses an existing target, a rename replaces it: between the check and this step somebody
/// else may have made the file. Where hard links don't exist, the earlier check has to do.
fn publish(temporary: &Path, path: &Path, existing: Existing) -> io::Result<()> {
    if existing == Existing::Keep {
        match fs::hard_link(temporary, path) {
            Ok(()) => return fs::remove_file(temporary),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(already_exists()),
            Err(_) => {}
        }
    }
    fs::rename(temporary, path)
}

#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows offers no fsync of a folder; the rename itself is journalled there.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_written_to_is_not_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("content");
        fs::write(&path, b"content").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let source = FileSource::open(&path).unwrap();
        assert!(source.is_unchanged());
        fs::write(&path, b"Content").unwrap();
        assert!(!source.is_unchanged(), "another time");
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(source.is_unchanged());
        file.set_len(3).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(!source.is_unchanged(), "another length");
    }

    #[test]
    fn an_existing_output_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.pdf");
        fs::write(&path, b"precious").unwrap();
        let error = put_in_place(&path, None, b"new", Existing::Keep).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        put_in_place(&path, None, b"new", Existing::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn the_original_is_a_prefix_of_the_output() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in.pdf"), folder.path().join("out.pdf"));
        fs::write(&input, b"original ").unwrap();
        let base = Base { path: &input, length: 9 };
        put_in_place(&output, Some(base), b"appended", Existing::Keep).unwrap();
        assert_eq!(fs::read(&output).unwrap(), b"original appended");
        assert_eq!(fs::read(&input).unwrap(), b"original ");
    }

    #[test]
    fn an_input_that_changed_meanwhile_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in.pdf"), folder.path().join("out.pdf"));
        fs::write(&input, b"shorter").unwrap();
        let base = Base { path: &input, length: 9 };
        assert!(put_in_place(&output, Some(base), b"appended", Existing::Keep).is_err());
        assert!(!output.exists());
    }
}

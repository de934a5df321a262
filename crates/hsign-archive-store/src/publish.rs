//! How a finished file gets its name, so that of several writers one wins and nobody sees half a file.
//!
//! A hard link fails where the name is taken, everywhere where there are hard links. Where there are none (exFAT, some
//! network shares) a rename that doesn't replace does the same; where there isn't that either, writers take a lock of
//! the operating system, which a crash gives back, look, and rename. All writers of a folder have the same file system
//! before them, and so go the same way.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Error;

/// What isn't a file of a store yet, or never will be, begins with this.
pub(crate) const UNFINISHED: &str = ".";
const LOCK: &str = ".lock";

/// The ways that may be gone, tried in this order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ways {
    link: Step,
    rename: Step,
}

/// One way: gives `unfinished` the name `place`, or fails with `AlreadyExists`.
type Step = fn(unfinished: &Path, place: &Path) -> io::Result<()>;

impl Default for Ways {
    fn default() -> Self {
        Self { link: |from, to| fs::hard_link(from, to), rename: rename_new }
    }
}

impl Ways {
    /// Gives the file its name; `false` where the name is taken.
    pub(crate) fn publish(&self, root: &Path, durable: Durable, place: &Path) -> Result<bool, Error> {
        let from = durable.0.0.as_path();
        let tried = match (self.link)(from, place) {
            Err(error) if is_not_offered(&error) => (self.rename)(from, place),
            linked => linked,
        };
        let named = match tried {
            Err(error) if is_not_offered(&error) => locked(root, from, place),
            named => named,
        };
        match named {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// What file systems say that know no such call. Linux says `EPERM` for a link on FAT, as it does for a folder in which
/// nobody may write: the last way then fails too, and with its words.
fn is_not_offered(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput
    )
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_new(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn locked(root: &Path, from: &Path, to: &Path) -> io::Result<()> {
    let lock = File::options().create(true).truncate(false).write(true).open(root.join(LOCK))?;
    lock.lock()?;
    if to.try_exists()? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

/// A file that is written, and may not be on the disk yet.
pub(crate) struct Unfinished(Passing, File);

/// A file that is on the disk, under a name of its own.
pub(crate) struct Durable(Passing);

/// A name that goes away; what is under it stays where it has another one.
struct Passing(PathBuf);

impl Unfinished {
    /// A file in this folder under a name of its own.
    pub(crate) fn write(folder: &Path, bytes: &[u8]) -> Result<Self, Error> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let mut new = File::options();
        new.write(true).create_new(true);
        // A process of that number on another machine, or before a crash, may have taken a name.
        let (unfinished, mut file) = loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{UNFINISHED}{}.{number}", std::process::id()));
            match new.open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => break (Passing(path), opened?),
            }
        };
        file.write_all(bytes)?;
        Ok(Self(unfinished, file))
    }

    /// Waits until a power cut loses nothing of it.
    pub(crate) fn durable(self) -> Result<Durable, Error> {
        let Self(unfinished, file) = self;
        file.sync_all()?;
        Ok(Durable(unfinished))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // Gone already where it was renamed. What stays is passed over by readers.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::{Folder, Put, Store};

    fn none(_: &Path, _: &Path) -> io::Result<()> {
        // EOPNOTSUPP on Linux, ENOTSUP on macOS: what a share without the call says.
        Err(io::Error::from_raw_os_error(if cfg!(target_vendor = "apple") { 45 } else { 95 }))
    }

    fn every_way() -> [Ways; 3] {
        let all = Ways::default();
        [all, Ways { link: none, ..all }, Ways { link: none, rename: none }]
    }

    fn folder(ways: Ways) -> (tempfile::TempDir, Folder) {
        let room = tempfile::tempdir().unwrap();
        let folder = Folder::create(room.path()).unwrap().with_ways(ways);
        (room, folder)
    }

    #[test]
    fn whichever_way_a_file_system_offers_a_name_is_given_once() {
        for ways in every_way() {
            let (room, folder) = folder(ways);
            let name = "trail/0000000001.jsonl";
            assert_eq!(folder.put_new(name, b"one").unwrap(), Put::Created);
            assert_eq!(folder.put_new(name, b"one").unwrap(), Put::Same);
            assert_eq!(folder.put_new(name, b"two").unwrap(), Put::Taken);
            assert_eq!(folder.get(name, 9).unwrap().unwrap(), b"one");
            assert_eq!(folder.list("trail/").unwrap(), [name]);
            let left = fs::read_dir(room.path().join("trail")).unwrap().count();
            assert_eq!(left, 1, "nothing unfinished is left behind");
        }
    }

    #[test]
    fn whichever_way_of_writers_at_the_same_time_one_wins() {
        for ways in every_way() {
            let (_room, folder) = folder(ways);
            for round in 0..20 {
                let name = format!("trail/{round}");
                let barrier = Barrier::new(4);
                let outcomes: Vec<Put> = thread::scope(|scope| {
                    let write = |writer: u8| {
                        let (folder, name, barrier) = (&folder, &name, &barrier);
                        scope.spawn(move || {
                            barrier.wait();
                            folder.put_new(name, &[writer]).unwrap()
                        })
                    };
                    let writers: Vec<_> = (0..4).map(write).collect();
                    writers.into_iter().map(|writer| writer.join().unwrap()).collect()
                });
                let winners = outcomes.iter().filter(|put| **put == Put::Created).count();
                assert_eq!((winners, outcomes.iter().filter(|put| **put == Put::Taken).count()), (1, 3));
            }
        }
    }

    #[test]
    fn what_file_systems_without_a_call_say_leads_to_the_next_way() {
        // EPERM (FAT), ENOSYS (FUSE), EOPNOTSUPP (SMB), EINVAL (a rename with flags).
        #[cfg(target_os = "linux")]
        for code in [1, 38, 95, 22] {
            assert!(is_not_offered(&io::Error::from_raw_os_error(code)), "{code}");
        }
        // ENOSPC, EEXIST, EIO.
        #[cfg(target_os = "linux")]
        for code in [28, 17, 5] {
            assert!(!is_not_offered(&io::Error::from_raw_os_error(code)), "{code}");
        }
        let full = |_: &Path, _: &Path| Err(io::Error::from(io::ErrorKind::StorageFull));
        let (_room, folder) = folder(Ways { link: full, ..Ways::default() });
        assert!(
            matches!(folder.put_new("trail/x", b"1"), Err(Error::Io(error)) if error.kind() == io::ErrorKind::StorageFull)
        );
        assert_eq!(folder.list("trail/").unwrap(), Vec::<String>::new());
    }
}

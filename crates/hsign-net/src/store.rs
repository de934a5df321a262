//! Answers kept on disk between runs: each under the digest of its content, and for each request a note of which one
//! came, when, and how long it is valid. Answers are signed by their issuers and judged by the core, so that a
//! store can only cost time, not trust.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hsign_core::{Finding, Time};
use hsign_crypto::sha256;

const HEADER: &str = "hsign-net cache 2";

/// A national CRL has some 100 KB to 10 MB, an answer of OCSP 2 KB: room for years of both.
const MAX_BYTES: u64 = 256 << 20;

/// One request each for some thousand CAs and signers.
const MAX_NOTES: usize = 4096;

/// The folder, and how much may be in it.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    max_bytes: u64,
    max_notes: usize,
}

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) bytes: Vec<u8>,
    /// How long ago it came.
    pub(crate) age: Duration,
    /// When it came.
    pub(crate) fetched: Option<Time>,
    /// nextUpdate or notAfter, where the answer has one.
    pub(crate) valid_until: Option<Time>,
}

impl Kept {
    /// Whether its own validity has ended.
    pub(crate) fn is_over(&self) -> bool {
        let now = i64::try_from(seconds_now()).unwrap_or(i64::MAX);
        self.valid_until.is_some_and(|until| until.unix_seconds() < now)
    }
}

/// The moment, for whoever asks later when an answer came.
pub(crate) fn time_now() -> Option<Time> {
    moment(seconds_now())
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn moment(seconds: u64) -> Option<Time> {
    Time::from_unix_seconds(i64::try_from(seconds).ok()?).ok()
}

/// What a note about a request says.
struct Note {
    content: String,
    fetched: u64,
    valid_until: Option<Time>,
}

impl Store {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, max_bytes: MAX_BYTES, max_notes: MAX_NOTES }
    }

    /// What came for this request, however old. An entry that is damaged is as good as none, and told.
    pub(crate) fn load(&self, key: &[u8]) -> Result<Option<Kept>, Finding> {
        let path = self.note(key);
        let Ok(text) = fs::read(&path) else { return Ok(None) };
        let note = Note::parse(&text, key).ok_or_else(|| damaged(&path))?;
        // Its content may have been thrown out for want of room.
        let Ok(bytes) = fs::read(self.content(&note.content)) else { return Ok(None) };
        if hexadecimal(&sha256(&bytes)) != note.content {
            return Err(damaged(&self.content(&note.content)));
        }
        let fetched = UNIX_EPOCH + Duration::from_secs(note.fetched);
        // An answer from the future is as good as none.
        let Ok(age) = SystemTime::now().duration_since(fetched) else { return Ok(None) };
        Ok(Some(Kept { bytes, age, fetched: moment(note.fetched), valid_until: note.valid_until }))
    }

    /// Keeps an answer. Several processes may do so at once: each file is written beside its place and renamed.
    pub(crate) fn save(&self, key: &[u8], bytes: &[u8], valid_until: Option<Time>) -> io::Result<()> {
        let content = hexadecimal(&sha256(bytes));
        put(&self.content(&content), bytes)?;
        put(&self.note(key), &Note { content, fetched: seconds_now(), valid_until }.text(key))?;
        keep_newest(&self.folder.join("requests"), usize::MAX, self.max_notes)?;
        keep_newest(
            &self.folder.join("answers"),
            usize::try_from(self.max_bytes).unwrap_or(usize::MAX),
            usize::MAX,
        )
    }

    fn note(&self, key: &[u8]) -> PathBuf {
        self.folder.join("requests").join(hexadecimal(&sha256(key)))
    }

    fn content(&self, digest: &str) -> PathBuf {
        self.folder.join("answers").join(digest)
    }
}

impl Note {
    fn text(&self, key: &[u8]) -> Vec<u8> {
        let until = self.valid_until.map_or("-".to_owned(), |time| time.unix_seconds().to_string());
        let head = format!("{HEADER}\n{}\n{}\n{until}\n", self.content, self.fetched);
        [head.as_bytes(), key].concat()
    }

    /// The request itself stands at the end: another one of the same name finds nothing.
    fn parse(text: &[u8], key: &[u8]) -> Option<Self> {
        let head = text.strip_suffix(key)?;
        let mut lines = std::str::from_utf8(head).ok()?.lines();
        if lines.next()? != HEADER {
            return None;
        }
        let content =
            lines.next().filter(|name| name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let fetched = lines.next()?.parse().ok()?;
        let valid_until = match lines.next()? {
            "-" => None,
            seconds => Some(Time::from_unix_seconds(seconds.parse().ok()?).ok()?),
        };
        lines.next().is_none().then(|| Self { content: content.to_owned(), fetched, valid_until })
    }
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let partial = path.with_extension(format!("{}-{number}.partial", std::process::id()));
    let written = fs::File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&partial, path)).inspect_err(|_| {
        let _ = fs::remove_file(&partial);
    })
}

/// Throws out the oldest files until the rest is small enough. Those that somebody else throws out meanwhile are
/// gone all the same.
fn keep_newest(folder: &Path, max_bytes: usize, max_files: usize) -> io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let about = entry.metadata().ok()?;
            Some((about.modified().ok()?, about.len(), entry.path()))
        })
        .collect();
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, length, _)| length).sum();
    let mut left = files.len();
    // The newest stays, however large.
    for (_, length, path) in files.iter().take(files.len().saturating_sub(1)) {
        if left <= max_files && usize::try_from(bytes).is_ok_and(|bytes| bytes <= max_bytes) {
            break;
        }
        let _ = fs::remove_file(path);
        bytes = bytes.saturating_sub(*length);
        left = left.saturating_sub(1);
    }
    Ok(())
}

fn damaged(path: &Path) -> Finding {
    Finding::warning("cache-entry-damaged").with("file", path.display())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("cache"));
        (folder, store)
    }

    #[test]
    fn the_same_answer_to_two_requests_is_kept_once() {
        let (_folder, store) = store();
        let until = Time::from_unix_seconds(4_000_000_000).unwrap();
        store.save(b"a", b"answer", Some(until)).unwrap();
        store.save(b"b", b"answer", None).unwrap();
        assert_eq!(fs::read_dir(store.folder.join("answers")).unwrap().count(), 1);
        let kept = store.load(b"a").unwrap().unwrap();
        assert_eq!((kept.bytes.as_slice(), kept.valid_until), (b"answer".as_slice(), Some(until)));
        assert!(!kept.is_over());
        assert_eq!(store.load(b"c"), Ok(None));
    }

    #[test]
    fn an_answer_is_over_when_its_own_validity_has_ended() {
        let (_folder, store) = store();
        store.save(b"a", b"answer", Some(Time::from_unix_seconds(1_000_000_000).unwrap())).unwrap();
        assert!(store.load(b"a").unwrap().unwrap().is_over());
    }

    #[test]
    fn a_damaged_entry_is_told_and_not_used() {
        let (_folder, store) = store();
        store.save(b"a", b"answer", None).unwrap();
        let answer = fs::read_dir(store.folder.join("answers")).unwrap().next().unwrap().unwrap().path();
        fs::write(&answer, b"anything").unwrap();
        assert_eq!(store.load(b"a").unwrap_err().code, "cache-entry-damaged");
        fs::write(store.note(b"a"), b"rubbish").unwrap();
        assert_eq!(store.load(b"a").unwrap_err().code, "cache-entry-damaged");
        store.save(b"a", b"answer", None).unwrap();
        assert_eq!(store.load(b"a").unwrap().unwrap().bytes, b"answer");
    }

    #[test]
    fn the_oldest_make_room() {
        let (_folder, mut store) = store();
        store.max_bytes = 25;
        store.max_notes = 3;
        for number in 0..5u8 {
            store.save(&[number], &[number; 10], None).unwrap();
            std::thread::sleep(Duration::from_millis(15));
        }
        let kept: Vec<u8> = (0..5).filter(|number| store.load(&[*number]).unwrap().is_some()).collect();
        assert_eq!(kept, [3, 4]);
        assert_eq!(fs::read_dir(store.folder.join("requests")).unwrap().count(), 3);
    }

    #[test]
    fn many_writers_at_once_leave_whole_answers() {
        let (_folder, store) = store();
        std::thread::scope(|scope| {
            for writer in 0..8u8 {
                let store = &store;
                scope.spawn(move || {
                    for round in 0..20u8 {
                        store.save(b"same", &vec![writer; 5_000 + usize::from(round)], None).unwrap();
                        let kept = store.load(b"same").unwrap().unwrap();
                        assert!(kept.bytes.iter().all(|byte| *byte == kept.bytes[0]));
                    }
                });
            }
        });
    }
}

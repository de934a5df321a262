//! A journal in a folder: `journal-000001.jsonl` and so on. Several processes may write it at the same time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hsign_core::journal::{Event, Journal};
use hsign_core::ports::{PortError, Randomness, Timestamper};
use hsign_core::{DigestAlgorithm, ErrorKind, Finding, Time, hex};
use hsign_journal::{Entry, Head, MAX_LINE, Note, Rotation, Tail, Who};

use crate::file::sync_folder;

/// An outage of the authorities doesn't make every command wait for them.
const RETRY_SECONDS: i64 = 600;

/// Writes a journal: appended, synced to the disk, one writer at a time.
pub struct FileJournal {
    folder: PathBuf,
    rotation: Rotation,
    who: Who,
    clock: Box<dyn Fn() -> Time + Send + Sync>,
    randomness: Box<dyn Randomness + Send + Sync>,
    /// What this process wrote last; saves reading it again.
    known: Mutex<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    number: u64,
    length: u64,
    head: Head,
    /// Time of the file's first entry.
    first: Time,
}

/// The newest file, ready for the next entry.
struct Current {
    number: u64,
    length: u64,
    tail: Tail,
    first: Option<Time>,
}

impl FileJournal {
    /// In this folder, which is made with the first entry.
    #[must_use]
    pub fn new(
        folder: &Path,
        rotation: Rotation,
        who: Who,
        clock: Box<dyn Fn() -> Time + Send + Sync>,
        randomness: Box<dyn Randomness + Send + Sync>,
    ) -> Self {
        Self { folder: folder.to_owned(), rotation, who, clock, randomness, known: Mutex::new(None) }
    }

    /// Puts a time stamp over the newest entry into the journal; gives the sequence of that entry. Others may go on
    /// writing meanwhile.
    ///
    /// # Errors
    /// When there is no entry, no authority gave a token, or the journal can't be written.
    pub fn stamp(&self, timestamper: &dyn Timestamper, digest: DigestAlgorithm) -> Result<u64, PortError> {
        let head = self.head()?;
        let imprint = hsign_crypto::digest(digest, &head.sha256)
            .map_err(|error| PortError::new(ErrorKind::Local, error.to_string()))?;
        match timestamper.stamp(&imprint) {
            Ok(token) => {
                let (sequence, head) = (head.sequence, hex(&head.sha256));
                self.append(Note::Stamp { sequence, head, token: token.into() })?;
                Ok(sequence)
            }
            Err(error) => {
                self.append(Note::StampFailed { code: error.first_finding().code })?;
                Err(error)
            }
        }
    }

    /// Whether the first stamp of the day (UTC) is still to be made: there are entries, and neither a stamp of today
    /// nor a failure a short while ago.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub fn stamp_is_due(&self) -> Result<bool, PortError> {
        let now = (self.clock)();
        let Some(newest) = self.files().map_err(|error| self.unwritable(&error))?.last().cloned() else {
            return Ok(false);
        };
        let mut due = true;
        let read = read_lines(&newest, &mut |line| {
            // Most lines are no stamps; those needn't be read.
            if memchr::memmem::find(line, b"\"kind\":\"stamp").is_none() {
                return;
            }
            let Some(entry) = Entry::parse(line) else { return };
            due &= match entry.note {
                Note::Stamp { .. } => !same_day(entry.time, now),
                Note::StampFailed { .. } => now.seconds_since(entry.time).abs() > RETRY_SECONDS,
                _ => true,
            };
        });
        read.map(|()| due).map_err(|error| self.unwritable(&error))
    }

    fn head(&self) -> Result<Head, PortError> {
        let _lock = self.lock()?;
        let current = self.current(self.known().clone()).map_err(|error| self.unwritable(&error))?;
        let head = current.and_then(|current| current.tail.head);
        head.ok_or_else(|| {
            PortError::new(ErrorKind::Unreadable, "the journal has no entry")
                .finding(Finding::error("journal-empty").with("path", self.folder.display()))
        })
    }

    /// The one process that writes. Held as long as the value lives.
    fn lock(&self) -> Result<File, PortError> {
        let locked = fs::create_dir_all(&self.folder).and_then(|()| {
            let path = self.folder.join("journal.lock");
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
            file.lock()?;
            Ok(file)
        });
        locked.map_err(|error| self.unwritable(&error))
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends an entry and waits until it is on the disk.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn append(&self, note: Note) -> Result<(), PortError> {
        // Threads of one process share the lock of the file.
        let mut known = self.known();
        let _lock = self.lock()?;
        let written = self.current(known.take()).and_then(|current| self.write(current, note));
        *known = Some(written.map_err(|error| self.unwritable(&error))?);
        Ok(())
    }

    fn files(&self) -> io::Result<Vec<PathBuf>> {
        match journal_files(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            files => files,
        }
    }

    fn current(&self, known: Option<Known>) -> io::Result<Option<Current>> {
        let files = self.files()?;
        let Some(path) = files.last() else { return Ok(None) };
        let number = number_of(path).unwrap_or(0);
        let length = fs::metadata(path)?.len();
        if let Some(known) = known.filter(|known| (known.number, known.length) == (number, length)) {
            let tail = Tail { head: Some(known.head), torn: Vec::new(), open: false };
            return Ok(Some(Current { number, length, tail, first: Some(known.first) }));
        }
        let mut tail = tail_of(path, length)?;
        // A file without an entry was just begun; what it goes on from stands in the one before.
        for earlier in files.iter().rev().skip(1) {
            if tail.head.is_some() {
                break;
            }
            tail.head = tail_of(earlier, fs::metadata(earlier)?.len())?.head;
        }
        Ok(Some(Current { number, length, tail, first: first_time(path)? }))
    }

    fn write(&self, current: Option<Current>, note: Note) -> io::Result<Known> {
        let now = (self.clock)();
        let fresh = Current { number: 1, length: 0, tail: Tail::default(), first: None };
        let mut current = current.unwrap_or(fresh);
        let mut notes = Vec::new();
        let clean = current.tail.torn.is_empty() && !current.tail.open;
        if current.tail.head.is_none() {
            notes.push(Note::Opened { journal: self.random_name()?, torn: Vec::new() });
        } else if clean && current.first.is_some_and(|first| self.rotation.due(current.length, first, now)) {
            current.number += 1;
            (current.length, current.first) = (0, None);
            notes.push(Note::Continued { file: current.number });
        }
        notes.push(note);
        let mut bytes = Vec::new();
        for note in notes {
            let line = current.tail.next_line(now, &self.who, note);
            let line =
                line.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the entry is too long"))?;
            bytes.extend(line.bytes);
            current.tail = Tail { head: Some(line.head), torn: Vec::new(), open: false };
        }
        let path = self.folder.join(format!("journal-{:06}.jsonl", current.number));
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        if current.length == 0 {
            sync_folder(&self.folder)?;
        }
        let length = current.length + bytes.len() as u64;
        let head = current.tail.head.unwrap_or(Head::NONE);
        Ok(Known { number: current.number, length, head, first: current.first.unwrap_or(now) })
    }

    fn random_name(&self) -> io::Result<String> {
        let mut name = [0; 16];
        self.randomness.fill(&mut name).map_err(|error| io::Error::other(error.message))?;
        Ok(hex(&name))
    }

    fn unwritable(&self, error: &io::Error) -> PortError {
        let finding = Finding::error("journal-not-writable")
            .clause("guideline 5.2 §6.5 C7")
            .with("path", self.folder.display())
            .with("reason", error);
        PortError::new(ErrorKind::Local, format!("the journal can't be written: {error}")).finding(finding)
    }
}

impl Journal for FileJournal {
    fn record(&self, event: &Event) -> Result<(), PortError> {
        self.append(Note::Event(Box::new(event.clone())))
    }
}

fn same_day(one: Time, other: Time) -> bool {
    one.unix_seconds().div_euclid(86_400) == other.unix_seconds().div_euclid(86_400)
}

/// The files of a journal, in order.
pub(crate) fn journal_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<(u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        files.extend(number_of(&path).map(|number| (number, path)));
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

fn number_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("journal-")?.strip_suffix(".jsonl")?.parse().ok()
}

fn tail_of(path: &Path, length: u64) -> io::Result<Tail> {
    // Room for an entry, one that was cut off, and one that was cut off while closing it.
    let start = length.saturating_sub(4 * MAX_LINE as u64);
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(length - start).read_to_end(&mut bytes)?;
    let tail = Tail::of(&bytes, start == 0);
    if tail.head.is_none() && start > 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the journal's end is damaged"));
    }
    Ok(tail)
}

fn first_time(path: &Path) -> io::Result<Option<Time>> {
    let mut line = Vec::new();
    BufReader::new(File::open(path)?).take(MAX_LINE as u64).read_until(b'\n', &mut line)?;
    Ok(Entry::parse(line.strip_suffix(b"\n").unwrap_or(&line)).map(|entry| entry.time))
}

/// Every line of a file without its line end, however long; of one that is longer than an entry may be, the start.
pub(crate) fn read_lines(path: &Path, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(MAX_LINE as u64 + 2).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let ended = line.last() == Some(&b'\n');
        if !ended && line.len() > MAX_LINE {
            reader.skip_until(b'\n')?;
        }
        take(line.strip_suffix(b"\n").unwrap_or(&line));
    }
}

//! The list of documents that wait to be completed: a line of JSON for each, beside nothing else. It only says where to
//! look; what a document lacks is always read from itself.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use hsign::file::{Existing, put_in_place};
use hsign_core::Time;
use hsign_core::facts::{Level, SignedMetadata};
use serde::{Deserialize, Serialize};

use crate::failure::Usage;

/// A document that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Since when.
    pub(crate) since: Time,
    /// The level it should reach; `None` for one that isn't signed at all.
    pub(crate) level: Option<Level>,
    /// What a detached signature belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<PathBuf>,
    /// The dates that were to be signed, where it isn't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) statement: Option<SignedMetadata>,
}

/// The list in its place.
pub(crate) struct PendingList {
    path: PathBuf,
}

impl PendingList {
    pub(crate) fn at(path: Option<PathBuf>) -> Result<Self> {
        match path {
            Some(path) => Ok(Self { path }),
            None => bail!(Usage::NoConfigurationPlace),
        }
    }

    /// Everything that waits.
    pub(crate) fn read(&self) -> Result<Vec<Waiting>> {
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        let text = std::fs::read_to_string(&self.path).with_context(|| self.path.display().to_string())?;
        let mut waiting = Vec::new();
        for line in text.split_inclusive('\n') {
            match serde_json::from_str(line) {
                Ok(one) => waiting.push(one),
                // The machine stopped while the line was written; its document was not written yet.
                Err(_) if !line.ends_with('\n') || line.trim().is_empty() => {}
                Err(error) => return Err(error).with_context(|| self.path.display().to_string()),
            }
        }
        Ok(waiting)
    }

    /// Adds a document before it is put in its place, so that a crash in between forgets nothing.
    pub(crate) fn add(&self, mut one: Waiting) -> Result<()> {
        one.path = std::path::absolute(&one.path)?;
        one.content = one.content.map(std::path::absolute).transpose()?;
        let _lock = self.lock()?;
        if self.read()?.iter().any(|known| known.path == one.path && known.level == one.level) {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path).with_context(|| self.path.display().to_string())?;
        // A line that a crash cut short is no line.
        let whole = whole_lines(&mut file)?;
        file.set_len(whole)?;
        file.write_all((serde_json::to_string(&one)? + "\n").as_bytes())?;
        Ok(file.sync_all()?)
    }

    /// Takes documents off.
    pub(crate) fn remove(&self, done: &[&Path]) -> Result<()> {
        if !self.path.exists() {
            return Ok(());
        }
        let done = done.iter().map(std::path::absolute).collect::<std::io::Result<Vec<_>>>()?;
        let _lock = self.lock()?;
        let waiting = self.read()?;
        let left: Vec<_> = waiting.iter().filter(|one| !done.contains(&one.path)).collect();
        if left.len() == waiting.len() {
            return Ok(());
        }
        let lines =
            left.iter().map(|one| Ok(serde_json::to_string(one)? + "\n")).collect::<Result<String>>()?;
        put_in_place(&self.path, None, lines.as_bytes(), Existing::Replace)
            .with_context(|| self.path.display().to_string())
    }

    /// Two runs at once change the list one after the other.
    fn lock(&self) -> Result<File> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        let path = self.path.with_extension("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.with_context(|| path.display().to_string())?;
        file.lock()?;
        Ok(file)
    }
}

/// Bytes up to the end of the last whole line.
fn whole_lines(file: &mut File) -> std::io::Result<u64> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(path: &str) -> Waiting {
        Waiting {
            path: path.into(),
            since: Time::from_unix_seconds(0).unwrap(),
            level: Some(Level::BLta),
            content: None,
            statement: None,
        }
    }

    #[test]
    fn what_is_added_stays_until_it_is_taken_off() {
        let folder = tempfile::tempdir().unwrap();
        let list = PendingList::at(Some(folder.path().join("state/pending.jsonl"))).unwrap();
        assert_eq!(list.read().unwrap(), []);
        for path in ["/a.pdf", "/b.pdf", "/a.pdf"] {
            list.add(waiting(path)).unwrap();
        }
        assert_eq!(list.read().unwrap(), [waiting("/a.pdf"), waiting("/b.pdf")]);
        list.remove(&[Path::new("/a.pdf")]).unwrap();
        assert_eq!(list.read().unwrap(), [waiting("/b.pdf")]);
    }

    #[test]
    fn a_line_cut_by_a_crash_costs_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pending.jsonl");
        let list = PendingList::at(Some(path.clone())).unwrap();
        list.add(waiting("/a.pdf")).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"path\":\"/b").unwrap();
        assert_eq!(list.read().unwrap(), [waiting("/a.pdf")]);
        list.add(waiting("/c.pdf")).unwrap();
        assert_eq!(list.read().unwrap(), [waiting("/a.pdf"), waiting("/c.pdf")]);
        std::fs::write(&path, "no list\n").unwrap();
        assert!(list.read().is_err(), "another file isn't taken for an empty list");
    }
}

//! What a store is: flat names, each written once.

use std::collections::BTreeMap;
use std::fmt::Debug;

use hsign_core::Budget;

use crate::Error;

/// The files of a bundle by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Octets of one bundle: the table of a million documents of a long line each, and their leaves.
const LARGEST_BUNDLE: u64 = 4 << 30;
/// The file without which there is no bundle.
pub(crate) const BUNDLE: &str = "bundle.json";

/// A place that keeps files: a folder, or a part of a bucket. Names are `bundles/ID/FILE` and `trail/FILE`; what a
/// repair took away lies under `damaged/ID/` and `damaged/trail/`.
///
/// The first store of an archive decides between writers, so [`Store::put_new`] must let one of them win whatever
/// happens at the same time.
pub trait Store: Debug + Send + Sync {
    /// Puts a file that isn't there yet. When this returns, a power cut loses nothing of it.
    ///
    /// # Errors
    /// When the store fails, and for what is no name in a store.
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<Put, Error>;

    /// Puts files of one folder that mean nothing without another one that comes later: their order among each other
    /// doesn't matter, and what it takes to make them durable is done for all together. What became of each.
    ///
    /// # Errors
    /// As [`Store::put_new`]; some of them may be there then.
    fn put_together(&self, files: &[(String, &[u8])]) -> Result<Vec<Put>, Error> {
        files.iter().map(|(name, bytes)| self.put_new(name, bytes)).collect()
    }

    /// Whether there is a file of this name.
    ///
    /// # Errors
    /// When the store fails.
    fn has(&self, name: &str) -> Result<bool, Error> {
        Ok(self.list(name)?.iter().any(|there| there == name))
    }

    /// A file; `None` where there is none.
    ///
    /// # Errors
    /// When the store fails, the file is longer than `limit`, or the name is none.
    fn get(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Error>;

    /// The names that begin so, in their order; `prefix` is a name, or ends with `/`.
    ///
    /// # Errors
    /// When the store fails.
    fn list(&self, prefix: &str) -> Result<Vec<String>, Error>;

    /// Takes a file away: for what the law wants to be gone. One that isn't there is no error.
    ///
    /// # Errors
    /// When the store fails, and for what is no name in a store.
    fn remove(&self, name: &str) -> Result<(), Error>;

    /// Moves a damaged file to `damaged/`, where it can be looked at later, so that its name is free.
    ///
    /// # Errors
    /// When the store fails, and for what is no name in a store.
    fn set_aside(&self, name: &str) -> Result<(), Error>;

    /// The bundles that are there; one that isn't written to its end isn't among them.
    ///
    /// # Errors
    /// When the store fails.
    fn bundles(&self) -> Result<Vec<String>, Error> {
        let names = self.list("bundles/")?;
        let id = |name: &String| match parts(name).as_slice() {
            ["bundles", id, BUNDLE] => Some((*id).to_owned()),
            _ => None,
        };
        Ok(names.iter().filter_map(id).collect())
    }

    /// The files of a bundle; none where there is no such bundle.
    ///
    /// # Errors
    /// When the store fails, and when there is more than any bundle has.
    fn bundle(&self, id: &str) -> Result<Files, Error> {
        if !is_id(id) {
            return Err(Error::Name);
        }
        let folder = format!("bundles/{id}/");
        let mut budget = Budget::new("octets of a bundle", LARGEST_BUNDLE);
        let mut files = Files::new();
        for name in self.list(&folder)? {
            let Some(file) = name.strip_prefix(&folder) else { continue };
            let bytes = match self.get(&name, budget.left()) {
                // What no bundle calls a file so is told by its name alone.
                Err(Error::Name) => Vec::new(),
                // What is taken away meanwhile isn't there.
                Ok(None) => continue,
                got => got?.unwrap_or_default(),
            };
            budget.spend(bytes.len() as u64)?;
            files.insert(file.to_owned(), bytes);
        }
        Ok(files)
    }
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

/// The parts of a name.
pub(crate) fn parts(name: &str) -> Vec<&str> {
    name.split('/').collect()
}

/// Refuses what is no name of a file in a store.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let fits = match parts(name).as_slice() {
        ["bundles", id, file] => is_id(id) && is_file(file),
        ["trail", file] => is_file(file),
        ["damaged", from, file] => (is_id(from) || *from == "trail") && is_file(file),
        _ => false,
    };
    if fits { Ok(()) } else { Err(Error::Name) }
}

/// The names under which a damaged file may be set aside, the first free one of which is taken.
pub(crate) fn aside_names(name: &str) -> Result<impl Iterator<Item = String>, Error> {
    check_name(name)?;
    let (from, file) = match parts(name).as_slice() {
        ["bundles", id, file] => ((*id).to_owned(), (*file).to_owned()),
        ["trail", file] => ("trail".to_owned(), (*file).to_owned()),
        _ => return Err(Error::Name),
    };
    Ok((0..u32::MAX).map(move |number| format!("damaged/{from}/{number}.{file}")))
}

pub(crate) fn is_id(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_file(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    !name.is_empty() && name.len() <= 255 && !name.starts_with('.') && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        let id = "0f".repeat(32);
        for name in [
            format!("bundles/{id}/bundle.json"),
            "trail/0000000001.jsonl".to_owned(),
            format!("damaged/{id}/0.x"),
        ] {
            assert!(check_name(&name).is_ok(), "{name}");
        }
        for name in [
            "",
            "trail",
            "trail/",
            "trail/../x",
            "trail/.x",
            "trail/a/b",
            "/trail/x",
            "bundles/x/y",
            "other/x",
            "trail/a\\b",
            "trail/a\0",
        ] {
            assert!(matches!(check_name(name), Err(Error::Name)), "{name}");
        }
        assert!(check_name(&format!("bundles/{id}/{}", "a".repeat(256))).is_err());
    }
}

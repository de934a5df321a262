//! Files with the names that signatures know them by.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use hsign::{Content, Finding};
use hsign_core::Source;
use hsign_core::facts::{Coverage, DocumentFacts, SignatureFacts};

use crate::failure::Usage;
use crate::{files, session};

/// Opened files, each name once.
pub(super) struct Beside {
    files: Vec<(String, Box<dyn Source>)>,
}

impl Beside {
    /// Files, and all in the folders named; a file in a folder is called by its path in there.
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self> {
        Self::found(&files::expand(paths, |_| true)?, paths)
    }

    /// Files that were found in what was given.
    pub(super) fn found(found: &[PathBuf], given: &[PathBuf]) -> Result<Self> {
        let named: Vec<(String, &PathBuf)> = found.iter().map(|path| (name(path, given), path)).collect();
        let mut taken = BTreeSet::new();
        if let Some((twice, _)) = named.iter().find(|(name, _)| !taken.insert(name.as_str())) {
            bail!(Usage::SameName { name: twice.clone() });
        }
        let open = |(name, path): (String, &PathBuf)| {
            Ok((name, files::open(path).with_context(|| path.display().to_string())?))
        };
        Ok(Self { files: named.into_iter().map(open).collect::<Result<_>>()? })
    }

    /// One that is open already.
    pub(super) fn of(path: &Path, source: Box<dyn Source>) -> Self {
        Self { files: vec![(name(path, &[]), source)] }
    }

    pub(super) fn contents(&self) -> Vec<Content<'_>> {
        self.files.iter().map(|(name, source)| Content { name, source: source.as_ref() }).collect()
    }
}

/// A file beside a detached signature that has its name: told, never used without being asked for.
pub(super) fn likely_content(signature: &Path, facts: &DocumentFacts) -> Option<Finding> {
    let open = |one: &SignatureFacts| {
        let references = one.signed.iter().flat_map(|signed| &signed.references);
        one.coverage == Coverage::External
            && references.into_iter().any(|reference| reference.actual.is_none())
    };
    if files::is_standard(signature) || !facts.signatures.iter().any(open) {
        return None;
    }
    let folder = signature.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_namesake = |path: &PathBuf| {
        path.is_file() && path.file_stem() == signature.file_stem() && files::is_unsigned(path)
    };
    let found = std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let first = found.filter(is_namesake).min()?;
    Some(
        Finding::warning("content-may-be-beside")
            .with("path", signature.with_file_name(first.file_name()?).display()),
    )
}

/// Within the folder that it came from, with slashes; else the file's own name.
fn name(path: &Path, given: &[PathBuf]) -> String {
    if files::is_standard(path) {
        return "content".to_owned();
    }
    let inside =
        given.iter().filter(|folder| folder.is_dir()).find_map(|folder| path.strip_prefix(folder).ok());
    match inside {
        Some(inside) => {
            let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            parts.join("/")
        }
        None => session::file_name(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_folder_are_called_by_their_place_in_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("image")).unwrap();
        for place in ["image/1.dcm", "letter.xml"] {
            std::fs::write(folder.path().join(place), place).unwrap();
        }
        let opened = Beside::open(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = opened.contents().iter().map(|content| content.name).collect();
        assert_eq!(names, ["image/1.dcm", "letter.xml"]);
        let single = Beside::open(&[folder.path().join("image/1.dcm")]).unwrap();
        assert_eq!(single.contents()[0].name, "1.dcm");
    }

    #[test]
    fn two_files_of_one_name_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for place in ["a", "b"] {
            std::fs::create_dir(folder.path().join(place)).unwrap();
            std::fs::write(folder.path().join(place).join("x.txt"), place).unwrap();
        }
        let paths = ["a/x.txt", "b/x.txt"].map(|place| folder.path().join(place));
        assert!(Beside::open(&paths).is_err());
    }
}

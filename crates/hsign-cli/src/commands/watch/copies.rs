//! What the reviewer looks at is what will be signed: a copy that nobody else can change, made from the content that
//! was listed. The file in the drop folder may be another one by the time a viewer opens it.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use hsign_desk::Id;

/// A folder for one reviewer's copies; they go with it.
#[derive(Default)]
pub(super) struct Copies {
    folder: Option<PathBuf>,
}

impl Copies {
    /// A copy of a content under its name.
    pub(super) fn put(&mut self, id: Id, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let own = match &self.folder {
            Some(folder) => folder.clone(),
            None => self.folder.insert(private_folder()?).clone(),
        };
        let place = own.join(id.to_string());
        fs::create_dir_all(&place)?;
        let path = place.join(Path::new(name).file_name().unwrap_or(name.as_ref()));
        fs::write(&path, bytes)?;
        Ok(path)
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Made new, so that nobody can have prepared it, and for this account only.
fn private_folder() -> io::Result<PathBuf> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let folder = std::env::temp_dir().join(format!("hsign-review-{}-{}", process::id(), since.as_nanos()));
    builder.create(&folder)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_the_reviewers_alone_and_go_with_the_screen() {
        let mut copies = Copies::default();
        let path = copies.put(Id::of(b"scan"), "scan.pdf", b"scan").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"scan");
        assert_eq!(path.file_name().unwrap(), "scan.pdf");
        let folder = copies.folder.clone().unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        }
        drop(copies);
        assert!(!folder.exists());
    }
}

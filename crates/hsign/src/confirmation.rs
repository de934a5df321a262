//! Files that were confirmed once don't change silently: their digest is kept beside them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use hsign_core::hex;
use hsign_crypto::sha256;

use crate::{Error, load};

/// Where the digest of a confirmed file is kept.
#[must_use]
pub fn confirmation_path(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".confirmed");
    PathBuf::from(name)
}

/// What to write there: a line that `sha256sum --check` understands.
#[must_use]
pub fn confirmation_text(file: &Path, contents: &[u8]) -> String {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{}  {name}\n", hex(&sha256(contents)))
}

/// Refuses a file that isn't as it was when it was confirmed. A file that never was is not refused: whoever
/// names it means it, and verdicts tell its digest.
///
/// # Errors
/// When it was changed, or the confirmation can't be read.
pub fn check_confirmation(file: &Path, contents: &[u8]) -> Result<(), Error> {
    let beside = confirmation_path(file);
    if !beside.exists() {
        return Ok(());
    }
    let text = load::read(&beside)?;
    let text = String::from_utf8_lossy(&text);
    let confirmed = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    let found = hex(&sha256(contents));
    if confirmed == found {
        return Ok(());
    }
    Err(Error::TrustChanged { path: file.to_owned(), confirmed, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmed_file_that_was_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trust.toml");
        std::fs::write(&file, "a").unwrap();
        assert!(check_confirmation(&file, b"a").is_ok(), "never confirmed");
        std::fs::write(confirmation_path(&file), confirmation_text(&file, b"a")).unwrap();
        assert!(check_confirmation(&file, b"a").is_ok());
        assert!(matches!(check_confirmation(&file, b"b"), Err(Error::TrustChanged { .. })));
        std::fs::write(confirmation_path(&file), "").unwrap();
        assert!(check_confirmation(&file, b"a").is_err(), "an emptied confirmation confirms nothing");
    }
}

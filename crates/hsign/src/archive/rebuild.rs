//! The index made anew from the stores: trail and bundles say everything that has to be known.

use std::path::Path;
use std::sync::Arc;

use hsign_archive_store::Index;
use hsign_core::Finding;
use hsign_net::SecretResolver;

use super::{Archive, Environment, Line, Summary};
use crate::Error;

/// Makes the index anew. A SQLite index takes the place of the one that is there once it is whole; that one is kept
/// beside as `.old`. In PostgreSQL the database has to be empty.
///
/// # Errors
/// When a store fails, the trail is damaged in all of them, or the database isn't empty.
pub fn rebuild_index(
    home: &Path,
    secrets: Arc<SecretResolver>,
    environment: &Environment<'_>,
) -> Result<Summary, Error> {
    let archive = Archive::open(home, secrets, Arc::clone(&environment.checkpoints))?;
    if archive.config.index_is_on_a_server() {
        let mut index = archive.index(environment)?;
        if index.head()?.segment > 0 {
            return Err(Error::ArchiveRefused(Finding::error("archive-index-not-empty")));
        }
        return archive.fill(&mut index, environment);
    }
    let place = home.join(&archive.config.index);
    let new = beside(&place, "new");
    for half in files_of(&new) {
        remove(&half)?;
    }
    let mut index =
        archive.prepared(Index::sqlite(&new)?)?.with_checkpoints(Arc::clone(&environment.checkpoints));
    let summary = archive.fill(&mut index, environment)?;
    environment.reached("rebuild-before-swap");
    // The last connection puts everything into the one file.
    drop(index);
    let failed = |source| Error::File { path: place.clone(), source };
    if place.exists() {
        for old in files_of(&beside(&place, "old")) {
            remove(&old)?;
        }
        for (from, to) in files_of(&place).into_iter().zip(files_of(&beside(&place, "old"))) {
            if from.exists() {
                std::fs::rename(&from, &to).map_err(failed)?;
            }
        }
    }
    std::fs::rename(&new, &place).map_err(failed)?;
    crate::file::sync_folder(home).map_err(failed)?;
    environment.reached("rebuild-after-swap");
    Ok(summary)
}

impl Archive {
    /// Everything into an empty index. What somebody has to look at is told.
    pub(super) fn fill(&self, index: &mut Index, environment: &Environment<'_>) -> Result<Summary, Error> {
        self.catch_up(index, environment)?;
        let counts = index.counts()?;
        let mut summary = Summary {
            objects: counts.waiting + counts.sealed,
            batches: counts.bundles,
            waiting: counts.waiting,
            set_aside: counts.set_aside,
            ..Summary::default()
        };
        for bundle in self.copies.bundles()? {
            if !index.has_bundle(&bundle)? {
                // Made by a worker that died before the trail told of it: its documents wait, or are in another one.
                let finding = Finding::info("archive-bundle-unused").with("bundle", &bundle);
                environment.tell(&Line::Alarm { finding });
            }
        }
        summary.failed = index.missing_bundles()?.len() as u64;
        Ok(summary)
    }
}

fn beside(path: &Path, ending: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// A SQLite database and what it may have beside it.
fn files_of(path: &Path) -> [std::path::PathBuf; 3] {
    let with = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        std::path::PathBuf::from(name)
    };
    [path.to_owned(), with("-wal"), with("-shm")]
}

fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::File { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

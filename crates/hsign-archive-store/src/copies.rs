//! The same files in several stores.

use std::sync::Arc;

use hsign_archive::{BundleFile, Checkpoints, PartDamage, PartProblem, Reading};

use crate::store::BUNDLE;
use crate::{Error, Files, Put, Store};

/// What may be done to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Files are added, damaged ones replaced, and those taken away that the law wants gone.
    Repair,
    /// Files are added; nothing can be taken away (write-once media).
    Add,
    /// It is only read.
    Read,
    /// It isn't there most of the time: only a repair adds to it what it lacks.
    Later,
}

/// One of the stores of an archive.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name in the configuration and in the trail.
    pub name: String,
    /// What may be done to it.
    pub access: Access,
    /// Where the files are.
    pub store: Arc<dyn Store>,
}

/// Stores that keep the same files. The first one to which files are added decides between writers.
#[derive(Clone)]
pub struct Copies {
    pub(crate) members: Vec<Member>,
    pub(crate) checkpoints: Arc<dyn Checkpoints + Send + Sync>,
}

/// What a repair did and left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// Files that were put back.
    pub restored: Vec<Restored>,
    /// Files that should be put back where nothing can be, or only be added.
    pub not_restored: Vec<Restored>,
    /// What no copy has whole.
    pub lost: Vec<PartDamage>,
}

/// A file of one of the copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The store's name.
    pub store: String,
    /// The file's name.
    pub part: String,
    /// The name of a store that had it whole.
    pub from: String,
}

impl Access {
    /// Whether files are added in the course of work.
    #[must_use]
    pub fn adds(self) -> bool {
        matches!(self, Self::Repair | Self::Add)
    }
}

impl std::fmt::Debug for Copies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copies").field("members", &self.members).finish_non_exhaustive()
    }
}

impl Copies {
    /// Of these stores.
    ///
    /// # Errors
    /// When files are added to none of them.
    pub fn new(members: Vec<Member>) -> Result<Self, Error> {
        if !members.iter().any(|member| member.access.adds()) {
            return Err(Error::NotWritable);
        }
        Ok(Self { members, checkpoints: Arc::new(()) })
    }

    /// Tells these of every point at which a crash loses nothing.
    #[must_use]
    pub fn with_checkpoints(mut self, checkpoints: Arc<dyn Checkpoints + Send + Sync>) -> Self {
        self.checkpoints = checkpoints;
        self
    }

    /// With each store seen through something.
    #[must_use]
    pub fn through(mut self, through: &dyn Fn(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        for member in &mut self.members {
            member.store = through(Arc::clone(&member.store));
        }
        self
    }

    /// The stores, in their order.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Puts files into every store that takes them. The last one, which publishes the others, is put into the first store
    /// when the others are everywhere, and a name that the first store has otherwise is `Taken` before it is written to
    /// another one.
    ///
    /// # Errors
    /// What a store says; what was put before stays, and putting the same again goes on from there.
    pub fn put(&self, bundle: &str, files: &[BundleFile]) -> Result<Put, Error> {
        let Some((last, others)) = files.split_last() else { return Ok(Put::Same) };
        let others: Vec<(String, &[u8])> =
            others.iter().map(|file| (name_of(bundle, &file.name), file.bytes.as_slice())).collect();
        let mut created = false;
        for member in self.members.iter().filter(|member| member.access.adds()) {
            let put = member.store.put_together(&others)?;
            if put.contains(&Put::Taken) {
                return Ok(Put::Taken);
            }
            created |= put.contains(&Put::Created);
            self.checkpoints.reached("store-copy-put");
        }
        let outcome = self.put_file(&name_of(bundle, &last.name), &last.bytes)?;
        if outcome == Put::Taken {
            return Ok(Put::Taken);
        }
        self.checkpoints.reached("store-bundle-files-put");
        Ok(if created { Put::Created } else { outcome })
    }

    pub(crate) fn put_file(&self, name: &str, bytes: &[u8]) -> Result<Put, Error> {
        let mut outcome = Put::Same;
        for member in self.members.iter().filter(|member| member.access.adds()) {
            match member.store.put_new(name, bytes)? {
                Put::Taken => return Ok(Put::Taken),
                Put::Created => outcome = Put::Created,
                Put::Same => {}
            }
            self.checkpoints.reached("store-copy-put");
        }
        Ok(outcome)
    }

    /// Bundles that any of the stores has.
    ///
    /// # Errors
    /// What a store says.
    pub fn bundles(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for member in &self.members {
            names.extend(member.store.bundles()?);
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// One file of a bundle as the first store has it that has it at all: for work that checks what it reads.
    ///
    /// # Errors
    /// What a store says, and when the file is longer than `limit`.
    pub fn file(&self, bundle: &str, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let name = name_of(bundle, name);
        for member in &self.members {
            if let Some(bytes) = member.store.get(&name, limit)? {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// What each of the stores has of a bundle: its name, and what its reading says.
    ///
    /// # Errors
    /// What a store says.
    pub fn check(&self, bundle: &str) -> Result<Vec<(String, Reading)>, Error> {
        let read = |member: &Member| {
            Ok((member.name.clone(), hsign_archive::read(bundle, &member.store.bundle(bundle)?)))
        };
        self.members.iter().map(read).collect()
    }

    /// The bundle as all copies together have it.
    ///
    /// # Errors
    /// What a store says.
    pub fn read(&self, bundle: &str) -> Result<Reading, Error> {
        Ok(hsign_archive::read(bundle, &merged(bundle, &self.all(bundle)?)))
    }

    /// Puts back what is missing or damaged in one store and whole in another. What a damaged file held is moved to the
    /// store's `damaged`. A copy is changed only where the whole bundle is undamaged with it.
    ///
    /// # Errors
    /// What a store says.
    pub fn repair(&self, bundle: &str) -> Result<Repair, Error> {
        let copies = self.all(bundle)?;
        let whole = merged(bundle, &copies);
        let reading = hsign_archive::read(bundle, &whole);
        let mut repair = Repair { lost: reading.damage, ..Repair::default() };
        if !repair.lost.is_empty() {
            return Ok(repair);
        }
        for (member, files) in self.members.iter().zip(&copies) {
            for (name, bytes) in whole.iter().filter(|(name, bytes)| files.get(*name) != Some(bytes)) {
                let from = self.members.iter().zip(&copies).find(|(_, files)| files.get(name) == Some(bytes));
                let from = from.map(|(member, _)| member.name.clone()).unwrap_or_default();
                let restored = Restored { store: member.name.clone(), part: name.clone(), from };
                let full = name_of(bundle, name);
                let done = self.put_back(member, &full, files.contains_key(name), bytes)?;
                if done { repair.restored.push(restored) } else { repair.not_restored.push(restored) }
            }
        }
        Ok(repair)
    }

    /// Whether the file is there again.
    pub(crate) fn put_back(
        &self,
        member: &Member,
        name: &str,
        there: bool,
        bytes: &[u8],
    ) -> Result<bool, Error> {
        if member.access == Access::Read || (there && member.access != Access::Repair) {
            return Ok(false);
        }
        if there {
            member.store.set_aside(name)?;
            self.checkpoints.reached("store-damaged-set-aside");
        }
        let put = member.store.put_new(name, bytes)?;
        self.checkpoints.reached("store-restored");
        Ok(put != Put::Taken)
    }

    /// Takes a bundle away, and what repairs have kept of it: when the retention of all its documents is over. Gives the
    /// names of the stores that still have it, since nothing can be taken from them.
    ///
    /// # Errors
    /// What a store says; the bundle is none any more from the first file on, and removing it again goes on from there.
    pub fn remove(&self, bundle: &str) -> Result<Vec<String>, Error> {
        let mut kept = Vec::new();
        for member in &self.members {
            if member.access == Access::Repair {
                self.remove_from(member, bundle)?;
            } else if !member.store.list(&format!("bundles/{bundle}/"))?.is_empty() {
                kept.push(member.name.clone());
            }
        }
        Ok(kept)
    }

    fn remove_from(&self, member: &Member, bundle: &str) -> Result<(), Error> {
        // First what makes it a bundle, so that no reader takes what is left for a damaged one.
        member.store.remove(&name_of(bundle, BUNDLE))?;
        self.checkpoints.reached("store-bundle-unmade");
        for folder in ["bundles", "damaged"] {
            for name in member.store.list(&format!("{folder}/{bundle}/"))? {
                member.store.remove(&name)?;
            }
        }
        self.checkpoints.reached("store-bundle-removed");
        Ok(())
    }

    fn all(&self, bundle: &str) -> Result<Vec<Files>, Error> {
        self.members.iter().map(|member| member.store.bundle(bundle)).collect()
    }
}

fn name_of(bundle: &str, file: &str) -> String {
    format!("bundles/{bundle}/{file}")
}

/// One set of files from all copies: whatever is blamed in it is taken from the next copy that has it otherwise.
fn merged(bundle: &str, copies: &[Files]) -> Files {
    let mut files = Files::new();
    for copy in copies {
        for (name, bytes) in copy {
            files.entry(name.clone()).or_insert_with(|| bytes.clone());
        }
    }
    for copy in copies.iter().skip(1) {
        // Behind a file that is put right the next one may be found.
        while let Some(name) = to_replace(bundle, &files, copy) {
            let Some(bytes) = copy.get(&name) else { break };
            files.insert(name, bytes.clone());
        }
    }
    files
}

/// A file that is blamed as it is and no longer with the octets that this copy has.
fn to_replace(bundle: &str, files: &Files, copy: &Files) -> Option<String> {
    let damage = hsign_archive::read(bundle, files).damage;
    let blamed = damage.iter().filter(|one| one.problem != PartProblem::Unchecked).map(|one| &one.part);
    let other = |name: &&String| copy.get(*name).is_some_and(|bytes| files.get(*name) != Some(bytes));
    let cures = |name: &&String| {
        let mut files = files.clone();
        files.extend(copy.get(*name).map(|bytes| ((*name).clone(), bytes.clone())));
        let left = hsign_archive::read(bundle, &files).damage;
        left.iter().all(|one| &one.part != *name)
    };
    blamed.filter(other).find(cures).cloned()
}

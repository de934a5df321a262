//! Bundles in several folders.

use hsign_archive::{BundleFile, PartDamage, PartProblem, Reading};

use crate::Error;
use crate::folder::{Files, Folder, Put};

/// What may be done to a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Files are added, and damaged ones replaced.
    Repair,
    /// Files are added; nothing can be taken away (write-once media).
    Add,
    /// It is only read.
    Read,
}

/// Folders that keep the same bundles. The first one to which files can be added decides between writers.
#[derive(Clone, Debug)]
pub struct Copies {
    folders: Vec<(Folder, Access)>,
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
    /// The folder's number.
    pub folder: usize,
    /// The file's name.
    pub part: String,
}

impl Copies {
    /// Of these folders.
    ///
    /// # Errors
    /// When files can be added to none of them.
    pub fn new(folders: Vec<(Folder, Access)>) -> Result<Self, Error> {
        if folders.iter().all(|(_, access)| *access == Access::Read) {
            return Err(Error::NotWritable);
        }
        Ok(Self { folders })
    }

    /// Puts files in their order into every folder that takes them. Each file is everywhere before the next one begins,
    /// and a name that the first folder has otherwise is `Taken` before anything of it is written to another one.
    ///
    /// # Errors
    /// What a file system says; what was put before stays, and putting the same again goes on from there.
    pub fn put(&self, bundle: &str, files: &[BundleFile]) -> Result<Put, Error> {
        let mut outcome = Put::Same;
        for file in files {
            for (folder, access) in &self.folders {
                if *access == Access::Read {
                    continue;
                }
                match folder.put(bundle, file)? {
                    Put::Taken => return Ok(Put::Taken),
                    Put::Created => outcome = Put::Created,
                    Put::Same => {}
                }
            }
        }
        Ok(outcome)
    }

    /// Bundles that any of the folders has.
    ///
    /// # Errors
    /// What a file system says.
    pub fn bundles(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for (folder, _) in &self.folders {
            names.extend(folder.bundles()?);
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// What each of the folders has of a bundle: its number, and what its reading says.
    ///
    /// # Errors
    /// What a file system says.
    pub fn check(&self, bundle: &str) -> Result<Vec<(usize, Reading)>, Error> {
        let each = self.folders.iter().enumerate();
        each.map(|(number, (folder, _))| Ok((number, hsign_archive::read(bundle, &folder.read(bundle)?))))
            .collect()
    }

    /// The bundle as all copies together have it.
    ///
    /// # Errors
    /// What a file system says.
    pub fn read(&self, bundle: &str) -> Result<Reading, Error> {
        Ok(hsign_archive::read(bundle, &merged(bundle, &self.all(bundle)?)))
    }

    /// Puts back what is missing or damaged in one folder and whole in another. What a damaged file held is moved to
    /// the folder's `damaged`. A copy is changed only where the whole bundle is undamaged with it.
    ///
    /// # Errors
    /// What a file system says.
    pub fn repair(&self, bundle: &str) -> Result<Repair, Error> {
        let copies = self.all(bundle)?;
        let whole = merged(bundle, &copies);
        let reading = hsign_archive::read(bundle, &whole);
        let mut repair = Repair { lost: reading.damage, ..Repair::default() };
        if !repair.lost.is_empty() {
            return Ok(repair);
        }
        for (number, ((folder, access), files)) in self.folders.iter().zip(&copies).enumerate() {
            for (name, bytes) in whole.iter().filter(|(name, bytes)| files.get(*name) != Some(bytes)) {
                let restored = Restored { folder: number, part: name.clone() };
                let there = files.contains_key(name);
                match access {
                    Access::Read => repair.not_restored.push(restored),
                    Access::Add if there => repair.not_restored.push(restored),
                    Access::Add | Access::Repair => {
                        if there {
                            folder.set_aside(bundle, name)?;
                        }
                        folder.put(bundle, &BundleFile { name: name.clone(), bytes: bytes.clone() })?;
                        repair.restored.push(restored);
                    }
                }
            }
        }
        Ok(repair)
    }

    fn all(&self, bundle: &str) -> Result<Vec<Files>, Error> {
        self.folders.iter().map(|(folder, _)| folder.read(bundle)).collect()
    }
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

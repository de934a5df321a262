//! S3-like object stores.

mod bucket;
mod connect;
mod settings;
mod source;

use hsign_core::Budget;

pub use bucket::Bucket;
pub use settings::ObjectStoreSettings;
pub use source::ObjectSource;

use crate::store::{aside_names, check_name, parts};
use crate::{Access, Error, Put, Store};

/// Says that somebody made a store here, so that another bucket or prefix isn't taken for an empty one. It is also what
/// a server is tried with: it must refuse to create it a second time.
const MARK: &str = "hsign-archive-store.txt";
const MARK_TEXT: &[u8] =
    b"A store of an archive of hsign: bundles/ and trail/ beside this object belong to it.\n";
/// Objects of a store: a hundred thousand bundles of some dozen files each, and their trail.
const MOST_OBJECTS: u64 = 1 << 24;
/// Octets of a file that is set aside.
const LARGEST: u64 = 4 << 30;
/// How often creating an object is tried while others try the same.
const ATTEMPTS: usize = 5;

/// A part of a bucket as a store. Of several writers of one name the server lets one win (`If-None-Match: *`).
#[derive(Clone, Debug)]
pub struct ObjectStore {
    bucket: Bucket,
}

impl ObjectStore {
    /// Makes a store where there is none yet, and tries whether the server can decide between writers.
    ///
    /// # Errors
    /// When the settings make no sense, the server can't be reached, knows no such bucket, or replaces what it should only
    /// create.
    pub fn create(settings: &ObjectStoreSettings) -> Result<Self, Error> {
        let store = Self { bucket: Bucket::open(settings)? };
        store.bucket.create(MARK, MARK_TEXT)?;
        store.check_creates_once()?;
        Ok(store)
    }

    /// A store that was made before.
    ///
    /// # Errors
    /// As [`ObjectStore::create`], and when there is none.
    pub fn open(settings: &ObjectStoreSettings, access: Access) -> Result<Self, Error> {
        let store = Self { bucket: Bucket::open(settings)? };
        if store.bucket.get(MARK, 1 << 10)?.is_none() {
            return Err(Error::NoStore { store: store.bucket.address().to_owned() });
        }
        if access != Access::Read {
            store.check_creates_once()?;
        }
        Ok(store)
    }

    /// A server that doesn't know the condition would say that it created the object again.
    fn check_creates_once(&self) -> Result<(), Error> {
        match self.bucket.create(MARK, MARK_TEXT)? {
            true => Err(Error::Overwrites { store: self.bucket.address().to_owned() }),
            false => Ok(()),
        }
    }
}

impl Store for ObjectStore {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<Put, Error> {
        check_name(name)?;
        for _ in 0..ATTEMPTS {
            if self.bucket.create(name, bytes)? {
                return Ok(Put::Created);
            }
            match self.bucket.get(name, bytes.len() as u64) {
                Ok(Some(there)) if there == bytes => return Ok(Put::Same),
                Ok(Some(_)) | Err(Error::Budget(_)) => return Ok(Put::Taken),
                // While several create it, the server may refuse them all for the moment.
                Ok(None) => {}
                Err(error) => return Err(error),
            }
        }
        Err(self.bucket.failure("it refuses to create an object, and has none of that name"))
    }

    fn get(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        check_name(name)?;
        self.bucket.get(name, limit)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let (folder, rest) = prefix.rsplit_once('/').ok_or(Error::Name)?;
        if parts(folder).iter().any(|part| part.is_empty() || part.starts_with('.')) {
            return Err(Error::Name);
        }
        if !rest.is_empty() {
            let there = self.bucket.has(prefix)?;
            return Ok(if there { vec![prefix.to_owned()] } else { Vec::new() });
        }
        self.bucket.list(folder, &mut Budget::new("objects of a store", MOST_OBJECTS))
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        check_name(name)?;
        self.bucket.remove(name)
    }

    /// Object stores have no renaming: the copy is there before the name is free.
    fn set_aside(&self, name: &str) -> Result<(), Error> {
        let Some(bytes) = self.get(name, LARGEST)? else { return Ok(()) };
        for aside in aside_names(name)? {
            match self.put_new(&aside, &bytes)? {
                Put::Taken => {}
                Put::Created | Put::Same => return self.remove(name),
            }
        }
        Err(Error::Name)
    }
}

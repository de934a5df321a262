//! An archive's home folder: its configuration, its stores, its index.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hsign_archive::{Bundle, Checkpoints, Event, LastStamp, Step, StoreFacts};
use hsign_archive_store::{
    Access, Bucket, Copies, Folder, Index, Member, ObjectStore, ObjectStoreSettings, Store,
};
use hsign_core::{Finding, Secret, SecretReference};
use hsign_net::SecretResolver;

use super::config::{ArchiveConfig, BucketConfig, CONFIG_FILE, StoreAccess, StoreConfig, StoreTerms};
use super::documents::Places;
use super::{Environment, tokens};
use crate::Error;
use crate::file::{Existing, put_in_place};

/// Time stamps of which is remembered until when they hold.
const MOST_ENDS: usize = 4096;

type Listener = Arc<dyn Checkpoints + Send + Sync>;

/// An archive that was opened. Several processes, on several machines where the index is PostgreSQL, may have it open.
pub struct Archive {
    pub(super) home: PathBuf,
    pub(super) config: ArchiveConfig,
    pub(super) copies: Copies,
    pub(super) places: Places,
    pub(super) secrets: Arc<SecretResolver>,
    /// Until when time stamps hold that were judged already, by the SHA-256 of their tokens: one covers many bundles.
    pub(super) ends: Mutex<BTreeMap<[u8; 32], LastStamp>>,
    pub(super) trips: Arc<AtomicU64>,
}

/// Makes an archive in a folder: its configuration (see [`TEMPLATE`](super::TEMPLATE)), its stores, an empty index. Doing
/// it again with the same configuration goes on from where it was cut off.
///
/// # Errors
/// When the configuration contradicts itself, another one is there, or stores or index can't be made.
pub fn init(
    home: &Path,
    text: &str,
    secrets: Arc<SecretResolver>,
    environment: &Environment<'_>,
) -> Result<Archive, Error> {
    ArchiveConfig::parse(text)?;
    let path = home.join(CONFIG_FILE);
    let failed = |source| Error::File { path: path.clone(), source };
    std::fs::create_dir_all(home).map_err(failed)?;
    match std::fs::read_to_string(&path) {
        Ok(there) if there == text => {}
        Ok(_) => {
            let finding = Finding::error("archive-there").with("path", path.display());
            return Err(Error::ArchiveRefused(finding));
        }
        Err(_) => put_in_place(&path, None, text.as_bytes(), Existing::Keep).map_err(failed)?,
    }
    environment.reached("init-after-config");
    let config = ArchiveConfig::read(home)?;
    for store in &config.stores {
        open_store(home, store, secrets.as_ref(), &environment.checkpoints, true)?;
    }
    let archive = Archive::open(home, secrets, Arc::clone(&environment.checkpoints))?;
    let mut index = archive.index(environment)?;
    archive.record_stores(&mut index, environment)?;
    Ok(archive)
}

impl Archive {
    /// Opens an archive that was made before. Stores that can't be opened are an error: an archive that is only partly
    /// there takes nothing; those for `later` are left out.
    ///
    /// # Errors
    /// When the configuration or a store can't be read.
    pub fn open(home: &Path, secrets: Arc<SecretResolver>, checkpoints: Listener) -> Result<Self, Error> {
        let config = ArchiveConfig::read(home)?;
        let mut members = Vec::new();
        for store in &config.stores {
            match open_store(home, store, secrets.as_ref(), &checkpoints, false) {
                Ok(opened) => members.push(opened),
                Err(_) if store.terms.access == StoreAccess::Later => {}
                Err(error) => return Err(error),
            }
        }
        let copies = Copies::new(members)?.with_checkpoints(checkpoints);
        let places = places(home, &config, secrets.as_ref())?;
        Ok(Self {
            home: home.to_owned(),
            config,
            copies,
            places,
            secrets,
            ends: Mutex::default(),
            trips: Arc::default(),
        })
    }

    /// With its stores seen through something: a cache, say, or what makes files up when they are read.
    #[must_use]
    pub fn with_stores(mut self, through: &dyn Fn(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        self.copies = self.copies.through(through);
        self
    }

    /// How often work that is over waited for the index, since the archive was opened: round trips to a server,
    /// statements of a file.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &ArchiveConfig {
        &self.config
    }

    /// A connection to the index; each thread has its own.
    pub(super) fn index(&self, environment: &Environment<'_>) -> Result<Index, Error> {
        let index = open_index(&self.home, &self.config, self.secrets.as_ref())?;
        let index = self.prepared(index)?.counted_in(Arc::clone(&self.trips));
        Ok(index.with_checkpoints(Arc::clone(&environment.checkpoints)))
    }

    /// An index that keeps what the configuration wants kept. What it lacks already only a new one has again.
    pub(super) fn prepared(&self, mut index: Index) -> Result<Index, Error> {
        if self.config.keep_documents_in_bundles_only && index.keeps_documents() {
            index.keep_documents_in_bundles_only()?;
        }
        Ok(index)
    }

    /// The trail says which stores there are, and whose law reaches them, as often as that changes.
    pub(super) fn record_stores(
        &self,
        index: &mut Index,
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        let facts: Vec<StoreFacts> = self.config.stores.iter().map(facts_of).collect();
        self.record(index, environment, &mut |index| {
            let known = index.stores()?;
            Ok(if known == facts { Vec::new() } else { vec![Event::Stores { stores: facts.clone() }] })
        })
    }

    /// Threads for documents.
    pub(super) fn pool(&self, environment: &Environment<'_>) -> Result<rayon::ThreadPool, Error> {
        pool_of(environment.threads)
    }

    /// A bundle in which nothing that the trees are made of is damaged.
    pub(super) fn whole(&self, id: &str) -> Result<Bundle, Error> {
        let reading = self.copies.read(id)?;
        let lost = || Error::ArchiveRefused(Finding::error("archive-bundle-lost").with("bundle", id));
        reading.bundle.ok_or_else(lost)
    }

    /// The rows of a bundle and of its time stamps.
    pub(super) fn record_bundle(
        &self,
        index: &mut Index,
        bundle: &Bundle,
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        index.record_bundle(bundle, &|step| self.ends_of(step, environment))?;
        Ok(())
    }

    pub(super) fn ends_of(&self, step: &Step, environment: &Environment<'_>) -> LastStamp {
        let sha256 = hsign_crypto::sha256(step.token());
        let known = || self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ends) = known().get(&sha256) {
            return ends.clone();
        }
        let ends = tokens::ends_of_step(step, environment);
        self.know_ends(step.token(), &ends);
        ends
    }

    /// Until when a time stamp holds that was judged just now.
    pub(super) fn know_ends(&self, token: &[u8], ends: &LastStamp) {
        let mut known = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        // One covers many bundles, and soon none any more: what is asked for next is new.
        if known.len() >= MOST_ENDS {
            known.clear();
        }
        known.insert(hsign_crypto::sha256(token), ends.clone());
    }
}

/// So many threads.
pub(super) fn pool_of(threads: usize) -> Result<rayon::ThreadPool, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.clamp(1, 256)).build();
    pool.map_err(|error| Error::Read(std::io::Error::other(error)))
}

fn facts_of(store: &StoreConfig) -> StoreFacts {
    let StoreTerms { name, access, country, operator } = &store.terms;
    let access = match access {
        StoreAccess::Repair => "repair",
        StoreAccess::Add => "add",
        StoreAccess::Read => "read",
        StoreAccess::Later => "later",
    };
    StoreFacts {
        name: name.clone(),
        country: country.clone(),
        operator: operator.clone(),
        access: access.to_owned(),
    }
}

fn open_store(
    home: &Path,
    config: &StoreConfig,
    secrets: &SecretResolver,
    checkpoints: &Listener,
    create: bool,
) -> Result<Member, Error> {
    let StoreTerms { name, access, .. } = &config.terms;
    let access = match access {
        StoreAccess::Repair => Access::Repair,
        StoreAccess::Add => Access::Add,
        StoreAccess::Read => Access::Read,
        StoreAccess::Later => Access::Later,
    };
    let store: Arc<dyn Store> = if let Some(bucket) = config.bucket() {
        let settings = object_store_settings(home, bucket, secrets)?;
        Arc::new(if create { ObjectStore::create(&settings)? } else { ObjectStore::open(&settings, access)? })
    } else {
        let path = home.join(&config.place.url);
        let folder =
            if create && access != Access::Read { Folder::create(&path) } else { Folder::open(&path) };
        let lost = |source: hsign_archive_store::Error| Error::ArchiveStore { store: name.clone(), source };
        Arc::new(folder.map_err(lost)?.with_checkpoints(Arc::clone(checkpoints)))
    };
    Ok(Member { name: name.clone(), access, store })
}

/// Where documents may lie besides paths: the buckets for them, and those of the archive itself (its trail is a document
/// too).
fn places(home: &Path, config: &ArchiveConfig, secrets: &SecretResolver) -> Result<Places, Error> {
    let own = config.stores.iter().filter_map(StoreConfig::bucket);
    let buckets = config
        .buckets
        .iter()
        .chain(own)
        .map(|bucket| Ok(Bucket::open(&object_store_settings(home, bucket, secrets)?)?));
    Ok(Places::new(buckets.collect::<Result<_, Error>>()?))
}

fn object_store_settings(
    home: &Path,
    config: &BucketConfig,
    secrets: &SecretResolver,
) -> Result<ObjectStoreSettings, Error> {
    let secret = |reference: &Option<SecretReference>| -> Result<Secret, Error> {
        let lacks = || format!("{}: access_key and secret_key are needed", config.url);
        Ok(secrets(reference.as_ref().ok_or_else(|| Error::ArchiveConfig(lacks()))?)?)
    };
    let ca = config.ca_file.as_ref().map(|path| {
        let path = home.join(path);
        std::fs::read(&path).map_err(|source| Error::File { path, source })
    });
    let (access_key, secret_key) = (secret(&config.access_key)?, secret(&config.secret_key)?);
    let usual = ObjectStoreSettings::new(&config.url, access_key, secret_key);
    Ok(ObjectStoreSettings {
        endpoint: config.endpoint.clone(),
        region: config.region.clone().unwrap_or_else(|| usual.region.clone()),
        authorities: ca.transpose()?,
        allow_in_clear: config.allow_in_clear,
        ..usual
    })
}

pub(super) fn open_index(
    home: &Path,
    config: &ArchiveConfig,
    secrets: &SecretResolver,
) -> Result<Index, Error> {
    if !config.index_is_on_a_server() {
        return Ok(Index::sqlite(&home.join(&config.index))?);
    }
    let password = config.index_password.as_ref().map(secrets).transpose()?;
    Ok(Index::postgres(&config.index, password.as_ref())?)
}

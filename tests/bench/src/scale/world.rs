//! The times at which something happens, and what everybody knows then: written down by the server, read by workers.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hsign::archive::{Archive, Environment, HttpAuthorities, Line};
use hsign::crypto::SystemRandom;
use hsign::net::SecretResolver;
use hsign::pki::{Provenance, TrustRegistry};
use hsign::{Policy, Settings, Time};
use hsign_archive::Track;
use hsign_core::ports::{NoNetwork, PortError};
use hsign_core::{DigestAlgorithm, ErrorKind, SecretReference};
use hsign_testkit::{DAY, Seconds, YEAR};

use crate::Failure;
use crate::stores::{Numbers, Virtual};

/// September 2016: RSA-2048 and SHA-256 hold until the last time stamp here is judged.
pub(crate) const BEGINNING: Seconds = 1_790_000_000 - 10 * YEAR;
pub(crate) const STAMPED: Seconds = BEGINNING + DAY;
/// When the second generation of authorities begins.
pub(crate) const SECOND: Seconds = BEGINNING + 8 * YEAR;
/// Half a year before the first units end.
pub(crate) const RENEWAL: Seconds = BEGINNING + 10 * YEAR - 170 * DAY;
pub(crate) const AFTERWARDS: Seconds = RENEWAL + DAY;

pub(crate) const STORES: [&str; 2] = ["main", "second"];
/// Lines of evidence, each with an authority of its own.
pub(crate) const TRACKS: [&str; 2] = ["a", "b"];

pub(crate) fn tracks() -> Vec<Track> {
    TRACKS.map(|name| Track { name: name.to_owned(), algorithm: DigestAlgorithm::Sha256 }).to_vec()
}

/// The moment with this name.
pub(crate) fn moment(name: &str) -> Result<Seconds, Failure> {
    Ok(match name {
        "stamped" => STAMPED,
        "renewal" => RENEWAL,
        "afterwards" => AFTERWARDS,
        other => return Err(format!("nothing happens {other}").into()),
    })
}

pub(crate) fn root_path(folder: &Path, generation: usize) -> PathBuf {
    folder.join(format!("root-{generation}.cer"))
}

pub(crate) fn lists_folder(folder: &Path, now: Seconds) -> PathBuf {
    folder.join(format!("lists-{now}"))
}

pub(crate) fn settings(folder: &Path, now: Seconds) -> Result<Settings, Failure> {
    let root = |name: &str| std::fs::read(root_path(folder, name.parse().ok()?)).ok();
    let mut registry = String::new();
    for generation in 0..2_usize {
        let pin = hsign_core::hex(&hsign_crypto::sha256(&std::fs::read(root_path(folder, generation))?));
        registry += &format!(
            "[[service]]\nkind = \"tsa\"\nsubject = \"tsa\"\ncertificate = \"{generation}\"\nsha256 = \"{pin}\"\n"
        );
    }
    let mut settings = Settings::new(Policy::preset("etsi")?, TrustRegistry::parse_toml(&registry, &root)?);
    for entry in std::fs::read_dir(lists_folder(folder, now))? {
        settings.evidence.add(&std::fs::read(entry?.path())?, Provenance::Given)?;
    }
    Ok(settings)
}

/// Something done at one moment, and how many time stamps it told of.
pub(crate) fn at<T>(
    (folder, home): (&Path, &Path),
    now: Seconds,
    threads: usize,
    work: impl FnOnce(&Archive, &Environment<'_>) -> Result<T, hsign::Error>,
) -> Result<(T, u64), Failure> {
    let archive = open(home)?;
    let stamped = AtomicU64::new(0);
    let (settings, time) = (settings(folder, now)?, Time::from_unix_seconds(now)?);
    let authorities = HttpAuthorities::new(archive.config(), &no_secrets())?;
    let actor = format!("worker {}", std::process::id());
    let environment = Environment {
        settings: &settings,
        fetcher: &NoNetwork,
        authorities: &authorities,
        clock: &move || time,
        randomness: &SystemRandom,
        checkpoints: Arc::new(()),
        actor: &actor,
        threads,
        tell: &|line| {
            stamped.fetch_add(u64::from(matches!(line, Line::Stamped { .. })), Ordering::Relaxed);
        },
    };
    let done = work(&archive, &environment)?;
    Ok((done, stamped.load(Ordering::Relaxed)))
}

/// With its stores seen through what makes documents' tables anew.
pub(crate) fn open(home: &Path) -> Result<Archive, Failure> {
    let numbers = Arc::new(Numbers::read(&home.join("numbers"))?);
    let leaves = leaves(home)?;
    let archive = Archive::open(home, no_secrets(), Arc::new(()))?;
    Ok(archive.with_stores(&|store| Arc::new(Virtual::over(store, leaves, &tracks(), &numbers))))
}

pub(crate) fn leaves(home: &Path) -> Result<u64, Failure> {
    Ok(std::fs::read_to_string(home.join("leaves"))?.parse()?)
}

pub(crate) fn no_secrets() -> Arc<SecretResolver> {
    Arc::new(|_: &SecretReference| Err(PortError::new(ErrorKind::Usage, "no secrets here")))
}

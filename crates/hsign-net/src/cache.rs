//! What was fetched before. Answers are signed by their issuers and judged by the core, so a cache can
//! only cost time, not trust.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use hsign_core::ports::PortError;

/// A server that failed is left alone for so long, so that a folder of documents doesn't wait for it each time.
const FAILURE_STANDS: Duration = Duration::from_secs(60);
const HEADER: &[u8] = b"hsign-net cache 1\n";

type Outcome = Result<Arc<Vec<u8>>, PortError>;
type Slot = Arc<Mutex<Option<(Instant, Outcome)>>>;

#[derive(Default)]
pub(crate) struct Cache {
    slots: Mutex<HashMap<Vec<u8>, Slot>>,
    folder: Option<PathBuf>,
    max_age: Duration,
}

impl Cache {
    pub(crate) fn new(folder: Option<PathBuf>, max_age: Duration) -> Self {
        Self { slots: Mutex::default(), folder, max_age }
    }

    /// The kept answer, or that of `fetch`. Several threads asking for the same thing wait for one fetch.
    pub(crate) fn get(
        &self,
        key: &[u8],
        fetch: impl FnOnce() -> Result<Vec<u8>, PortError>,
    ) -> Result<Vec<u8>, PortError> {
        let slot = Arc::clone(
            self.slots.lock().unwrap_or_else(PoisonError::into_inner).entry(key.to_vec()).or_default(),
        );
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, outcome)) = slot.as_ref() {
            let stands = if outcome.is_ok() { self.max_age } else { FAILURE_STANDS };
            if at.elapsed() < stands {
                return outcome.clone().map(|bytes| bytes.to_vec());
            }
        }
        let file = self.folder.as_ref().map(|folder| folder.join(file_name(key)));
        if let Some(bytes) = file.as_deref().and_then(|file| load(file, key, self.max_age)) {
            return Ok(bytes);
        }
        let outcome = fetch();
        *slot = Some((Instant::now(), outcome.clone().map(Arc::new)));
        if let (Some(file), Ok(bytes)) = (&file, &outcome) {
            // A cache that can't be written costs the next run a fetch, nothing more.
            let _ = store(file, key, bytes);
        }
        outcome
    }
}

/// FNV-1a: only spreads names. The key itself stands in the file and is compared.
fn file_name(key: &[u8]) -> String {
    let hash = key.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}.cache")
}

fn head(key: &[u8]) -> Vec<u8> {
    let mut head = HEADER.to_vec();
    head.extend_from_slice(format!("{}\n", key.len()).as_bytes());
    head.extend_from_slice(key);
    head
}

fn load(file: &Path, key: &[u8], max_age: Duration) -> Option<Vec<u8>> {
    let written = fs::metadata(file).ok()?.modified().ok()?;
    // A file from the future is as good as none.
    let age = SystemTime::now().duration_since(written).ok()?;
    if age >= max_age {
        return None;
    }
    fs::read(file).ok()?.strip_prefix(head(key).as_slice()).map(<[u8]>::to_vec)
}

/// Written beside its place and renamed, so that no reader sees half of it.
fn store(file: &Path, key: &[u8], bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let partial = file.with_extension(format!("{}.partial", std::process::id()));
    let mut written = fs::File::create(&partial)?;
    written.write_all(&head(key))?;
    written.write_all(bytes)?;
    written.sync_all()?;
    fs::rename(&partial, file).inspect_err(|_| {
        let _ = fs::remove_file(&partial);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hsign_core::ErrorKind;

    const HOUR: Duration = Duration::from_secs(3600);

    fn refuse() -> Result<Vec<u8>, PortError> {
        Err(PortError::new(ErrorKind::Remote, "asked again"))
    }

    #[test]
    fn an_answer_is_fetched_once_per_run() {
        let cache = Cache::new(None, HOUR);
        assert_eq!(cache.get(b"a", || Ok(vec![1])).unwrap(), [1]);
        assert_eq!(cache.get(b"a", refuse).unwrap(), [1]);
        assert!(cache.get(b"b", refuse).is_err());
        // The failure stands: the server isn't asked again at once.
        assert!(cache.get(b"b", || Ok(vec![2])).is_err());
    }

    #[test]
    fn a_later_run_finds_it_in_the_folder_until_it_is_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let place = Some(folder.path().join("cache"));
        assert_eq!(Cache::new(place.clone(), HOUR).get(b"a", || Ok(vec![1])).unwrap(), [1]);
        assert_eq!(Cache::new(place.clone(), HOUR).get(b"a", refuse).unwrap(), [1]);
        assert!(Cache::new(place, Duration::ZERO).get(b"a", refuse).is_err());
    }

    #[test]
    fn a_file_that_belongs_to_another_address_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(file_name(b"http://a/"));
        store(&file, b"http://b/", &[1]).unwrap();
        assert_eq!(load(&file, b"http://b/", HOUR), Some(vec![1]));
        assert_eq!(load(&file, b"http://a/", HOUR), None);
    }
}

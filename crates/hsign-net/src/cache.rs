//! What was fetched before, in this run and, with a folder, in earlier ones.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hsign_core::ports::{Fetched, PortError};
use hsign_core::{ErrorKind, Finding, Time};

use crate::store::{Kept, Store, time_now};

/// A server that failed is left alone for so long, so that a folder of documents doesn't wait for it each time.
const FAILURE_STANDS: Duration = Duration::from_secs(60);

type Outcome = Result<Arc<Fetched>, PortError>;
type Slot = Arc<Mutex<Option<(Instant, Outcome)>>>;

#[derive(Default)]
pub(crate) struct Cache {
    slots: Mutex<HashMap<Vec<u8>, Slot>>,
    store: Option<Store>,
    max_age: Duration,
    remarks: Mutex<Vec<Finding>>,
}

impl Cache {
    pub(crate) fn new(folder: Option<PathBuf>, max_age: Duration) -> Self {
        Self { slots: Mutex::default(), store: folder.map(Store::new), max_age, remarks: Mutex::default() }
    }

    /// The kept answer, or that of `fetch`. Several threads asking for the same thing wait for one fetch.
    pub(crate) fn get(
        &self,
        key: &[u8],
        fetch: impl FnOnce() -> Result<Vec<u8>, PortError>,
    ) -> Result<Fetched, PortError> {
        let slot = Arc::clone(
            self.slots.lock().unwrap_or_else(PoisonError::into_inner).entry(key.to_vec()).or_default(),
        );
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, outcome)) = slot.as_ref() {
            let stands = if outcome.is_ok() { self.max_age } else { FAILURE_STANDS };
            if at.elapsed() < stands {
                return outcome.clone().map(Arc::unwrap_or_clone);
            }
        }
        let kept = self.kept(key);
        if let Some(kept) = kept.as_ref().filter(|kept| kept.age < self.max_age && !kept.is_over()) {
            return Ok(Fetched { bytes: kept.bytes.clone(), at: kept.fetched });
        }
        let outcome = fetch();
        if let (Some(store), Ok(bytes)) = (&self.store, &outcome) {
            // A cache that can't be written costs the next run a fetch, nothing more.
            let _ = store.save(key, bytes, valid_until(bytes));
        }
        let outcome =
            outcome.map(|bytes| Fetched { bytes, at: time_now() }).or_else(|error| self.instead(kept, error));
        *slot = Some((Instant::now(), outcome.clone().map(Arc::new)));
        outcome
    }

    /// What was noticed since the last call.
    pub(crate) fn remarks(&self) -> Vec<Finding> {
        std::mem::take(&mut *self.remarks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn remark(&self, finding: Finding) {
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner).push(finding);
    }

    fn kept(&self, key: &[u8]) -> Option<Kept> {
        match self.store.as_ref()?.load(key) {
            Ok(kept) => kept,
            Err(damaged) => {
                self.remark(damaged);
                None
            }
        }
    }

    /// When the other side fails, an older answer that is still valid by its own word will do, and that is told.
    fn instead(&self, kept: Option<Kept>, error: PortError) -> Result<Fetched, PortError> {
        let Some(kept) = kept
            .filter(|kept| error.kind == ErrorKind::Remote && kept.valid_until.is_some() && !kept.is_over())
        else {
            return Err(error);
        };
        let mut finding = Finding::warning("kept-answer-used").with("reason", &error.message);
        if let Some(until) = kept.valid_until {
            finding = finding.with("valid_until", until);
        }
        self.remark(finding);
        Ok(Fetched { bytes: kept.bytes, at: kept.fetched })
    }
}

/// nextUpdate of a CRL, the earliest of an OCSP response; certificates have no such word.
fn valid_until(bytes: &[u8]) -> Option<Time> {
    if let Ok(crl) = hsign_x509::Crl::from_der(bytes) {
        return crl.next_update();
    }
    let response = hsign_x509::OcspResponse::from_der(bytes).ok()?;
    response.responses().iter().filter_map(|single| single.next_update).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn refuse() -> Result<Vec<u8>, PortError> {
        Err(PortError::new(ErrorKind::Remote, "asked again"))
    }

    #[test]
    fn an_answer_is_fetched_once_per_run() {
        let cache = Cache::new(None, HOUR);
        assert_eq!(cache.get(b"a", || Ok(vec![1])).unwrap().bytes, [1]);
        assert_eq!(cache.get(b"a", refuse).unwrap().bytes, [1]);
        assert!(cache.get(b"b", refuse).is_err());
        // The failure stands: the server isn't asked again at once.
        assert!(cache.get(b"b", || Ok(vec![2])).is_err());
    }

    #[test]
    fn a_later_run_finds_it_in_the_folder_until_it_is_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let place = Some(folder.path().join("cache"));
        assert_eq!(Cache::new(place.clone(), HOUR).get(b"a", || Ok(vec![1])).unwrap().bytes, [1]);
        assert_eq!(Cache::new(place.clone(), HOUR).get(b"a", refuse).unwrap().bytes, [1]);
        assert!(Cache::new(place, Duration::ZERO).get(b"a", refuse).is_err());
    }
}

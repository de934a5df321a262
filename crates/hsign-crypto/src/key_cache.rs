use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use openssl::pkey::{PKey, Public};

/// Enough for every CA, TSA and responder of a batch beside thousands of signers; about 1 KB each.
const CAPACITY: usize = 4096;

/// Larger keys are decoded each time: a hostile file must not fill memory with them. An RSA key of 16384
/// bits, the largest OpenSSL verifies with, takes 2.1 KB.
const LARGEST_KEY: usize = 4096;

/// A key that was decoded, or why it can't be.
pub(crate) type Decoded = Result<PKey<Public>, String>;

/// Decoded keys by their SubjectPublicKeyInfo; the oldest leave first.
pub(crate) struct KeyCache(Mutex<Keys>);

struct Keys {
    known: BTreeMap<Arc<[u8]>, Decoded>,
    order: VecDeque<Arc<[u8]>>,
}

impl KeyCache {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Keys { known: BTreeMap::new(), order: VecDeque::new() }))
    }

    pub(crate) fn get_or_decode(&self, spki: &[u8], decode: impl Fn(&[u8]) -> Decoded) -> Decoded {
        if spki.len() > LARGEST_KEY {
            return decode(spki);
        }
        // A panic elsewhere leaves the map whole: each change is one insertion or removal.
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).known.get(spki) {
            return known.clone();
        }
        let decoded = decode(spki);
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name: Arc<[u8]> = spki.into();
        if keys.known.insert(Arc::clone(&name), decoded.clone()).is_none() {
            keys.order.push_back(name);
            if keys.order.len() > CAPACITY
                && let Some(oldest) = keys.order.pop_front()
            {
                keys.known.remove(&oldest);
            }
        }
        decoded
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let keys = self.0.lock().unwrap();
        assert_eq!(keys.known.len(), keys.order.len());
        keys.known.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_bounded() {
        let cache = KeyCache::new();
        for number in 0..CAPACITY + 10 {
            let _ = cache.get_or_decode(&number.to_be_bytes(), |_| Err("no key".to_owned()));
        }
        assert_eq!(cache.len(), CAPACITY);
        let _ = cache.get_or_decode(&vec![0; LARGEST_KEY + 1], |_| Err("no key".to_owned()));
        assert_eq!(cache.len(), CAPACITY);
    }

    #[test]
    fn what_is_known_is_not_decoded_again() {
        let cache = KeyCache::new();
        let _ = cache.get_or_decode(b"key", |_| Err("first".to_owned()));
        assert_eq!(cache.get_or_decode(b"key", |_| Err("second".to_owned())).unwrap_err(), "first");
    }
}

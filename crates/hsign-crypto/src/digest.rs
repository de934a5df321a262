use std::collections::BTreeMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use hsign_core::{Digest, DigestAlgorithm};
use openssl::hash::MessageDigest;
use openssl::md::Md;
use openssl::sha::Sha256;

use crate::Error;

pub(crate) fn message_digest(algorithm: DigestAlgorithm) -> Option<MessageDigest> {
    Some(match algorithm {
        DigestAlgorithm::Md5 => MessageDigest::md5(),
        DigestAlgorithm::Sha1 => MessageDigest::sha1(),
        DigestAlgorithm::Sha224 => MessageDigest::sha224(),
        DigestAlgorithm::Sha256 => MessageDigest::sha256(),
        DigestAlgorithm::Sha384 => MessageDigest::sha384(),
        DigestAlgorithm::Sha512 => MessageDigest::sha512(),
        DigestAlgorithm::Sha3_256 => MessageDigest::sha3_256(),
        DigestAlgorithm::Sha3_384 => MessageDigest::sha3_384(),
        DigestAlgorithm::Sha3_512 => MessageDigest::sha3_512(),
        _ => return None,
    })
}

/// Digest of `bytes`.
///
/// # Errors
/// When OpenSSL doesn't offer the function.
pub fn digest(algorithm: DigestAlgorithm, bytes: &[u8]) -> Result<Digest, Error> {
    if algorithm == DigestAlgorithm::Sha256 {
        return Ok(Digest::new(algorithm, sha256(bytes).as_slice()));
    }
    let mut hasher = Hasher::new(algorithm)?;
    hasher.update(bytes)?;
    hasher.finish()
}

/// SHA-256, the name by which certificates and documents are known here.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    if !by_default_provider() {
        return openssl::sha::sha256(bytes);
    }
    let mut state = Sha256::new();
    state.update(bytes);
    state.finish()
}

/// Whether SHA-256 is that of the default provider: then it is the function that can be called without looking for a
/// provider first, which takes several times as long as a small digest. Whoever wants the FIPS provider loads it before
/// anything else, and is refused once the default provider is active.
fn by_default_provider() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| Md::fetch(None, "SHA2-256", Some("provider=default")).is_ok())
}

/// A digest in the making. A clone goes on from the same point, so that digests of several prefixes of
/// one file need one pass.
#[derive(Clone)]
pub struct Hasher {
    algorithm: DigestAlgorithm,
    state: openssl::hash::Hasher,
}

impl Hasher {
    /// Over nothing yet.
    ///
    /// # Errors
    /// When OpenSSL doesn't offer the function.
    pub fn new(algorithm: DigestAlgorithm) -> Result<Self, Error> {
        /// A state over nothing of each function that was used: a copy of it needs no provider to be looked for.
        static BEGUN: RwLock<BTreeMap<DigestAlgorithm, openssl::hash::Hasher>> = RwLock::new(BTreeMap::new());
        if let Some(state) = BEGUN.read().unwrap_or_else(PoisonError::into_inner).get(&algorithm) {
            return Ok(Self { algorithm, state: state.clone() });
        }
        let function = message_digest(algorithm)
            .ok_or_else(|| Error::Digest { algorithm, message: "not known".to_owned() })?;
        let state = openssl::hash::Hasher::new(function).map_err(failed(algorithm))?;
        BEGUN.write().unwrap_or_else(PoisonError::into_inner).insert(algorithm, state.clone());
        Ok(Self { algorithm, state })
    }

    /// Its function.
    #[must_use]
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.state.update(bytes).map_err(failed(self.algorithm))
    }

    /// The digest of all bytes added.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn finish(mut self) -> Result<Digest, Error> {
        let value = self.state.finish().map_err(failed(self.algorithm))?;
        Ok(Digest::new(self.algorithm, &*value))
    }
}

fn failed(algorithm: DigestAlgorithm) -> impl Fn(openssl::error::ErrorStack) -> Error {
    move |stack| Error::Digest { algorithm, message: stack.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_gives_a_digest_of_its_length() {
        for algorithm in DigestAlgorithm::ALL {
            assert_eq!(digest(algorithm, b"abc").unwrap().value.0.len(), algorithm.length(), "{algorithm}");
        }
    }

    #[test]
    fn fips180_4_example_abc() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(DigestAlgorithm::Sha256, b"abc").unwrap().hex(), expected);
        assert_eq!(Digest::new(DigestAlgorithm::Sha256, &sha256(b"abc")[..]).hex(), expected);
    }

    #[test]
    fn a_begun_state_is_left_as_it_is() {
        for algorithm in DigestAlgorithm::ALL {
            let of = |bytes: &[u8]| {
                let mut hasher = Hasher::new(algorithm).unwrap();
                hasher.update(bytes).unwrap();
                hasher.finish().unwrap()
            };
            let first = of(b"one");
            of(b"another");
            assert_eq!(of(b"one"), first, "{algorithm}");
            assert_eq!(digest(algorithm, b"one").unwrap(), first, "{algorithm}");
        }
    }

    #[test]
    fn a_clone_goes_on_from_the_same_point() {
        let mut first = Hasher::new(DigestAlgorithm::Sha512).unwrap();
        first.update(b"one").unwrap();
        let mut second = first.clone();
        second.update(b"two").unwrap();
        assert_eq!(first.finish().unwrap(), digest(DigestAlgorithm::Sha512, b"one").unwrap());
        assert_eq!(second.finish().unwrap(), digest(DigestAlgorithm::Sha512, b"onetwo").unwrap());
    }
}

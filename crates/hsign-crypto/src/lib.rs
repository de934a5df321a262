//! Digests and signature verification on OpenSSL: whether bytes verify, never whether an algorithm is
//! acceptable.

mod digest;
mod ecdsa;
mod error;
mod key_cache;
mod random;
mod verifier;

pub use digest::{Hasher, digest, sha256};
pub use ecdsa::{ecdsa_value_from_der, ecdsa_value_to_der};
pub use error::Error;
pub use random::SystemRandom;
pub use verifier::OpensslVerifier;

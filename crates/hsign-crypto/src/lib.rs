//! Digests and signature verification on OpenSSL: whether bytes verify, never whether an algorithm is
//! acceptable.

mod aside;
mod digest;
mod ecdsa;
mod error;
mod hashed;
mod key_cache;
mod random;
mod remembering;
mod verifier;

pub use aside::HasherAside;
pub use digest::{Hasher, digest, sha256};
pub use ecdsa::{ecdsa_value_from_der, ecdsa_value_to_der};
pub use error::Error;
pub use hashed::Hashed;
pub use random::SystemRandom;
pub use remembering::RememberingVerifier;
pub use verifier::OpensslVerifier;

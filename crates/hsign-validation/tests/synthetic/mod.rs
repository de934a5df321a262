//! Certificates, CRLs, OCSP responses and signed objects made in microseconds: real DER, but a "signature" is the
//! digest of key and message, which [`ToyVerifier`] checks. So a test can judge thousands of lives.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc)]

mod certificate;
pub mod der;
mod key;
mod revocation;
mod signed;

pub use certificate::{CertificateSpec, Extension, name};
pub use key::{Key, ToyVerifier};
pub use revocation::{CrlEntry, CrlSpec, OcspSpec, OcspStatus};
pub use signed::{SignedSpec, hex, sha256_digest, signed, token};

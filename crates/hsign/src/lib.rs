//! Signs clinical documents with Japan's healthcare PKI (HPKI), stamps them, and verifies who signed and with
//! which health-profession qualification.
//!
//! The use cases are plain functions: [`sign`](fn@sign), [`verify`](fn@verify), [`timestamp`](fn@timestamp),
//! [`inspect`](fn@inspect), [`verify_certificate`]. Everything that decides is an argument: the time, the trust and the policy
//! ([`Settings`]), the network ([`hsign_core::ports::Fetcher`]), the key ([`hsign_core::ports::Signer`]), the
//! time-stamp authority ([`hsign_core::ports::Timestamper`]). Ready-made ones for files, cards and HTTP are in
//! [`load`], [`credential`] and [`net`].
//!
//! A failed check is a [`Finding`] with a stable code inside the verdict; an [`Error`] means that the work could
//! not be carried out.

pub mod file;
pub mod load;

mod certificate;
mod error;
mod format;
mod inspect;
mod settings;
mod sign;
mod timestamp;
mod verify;

pub use certificate::{
    CertificateRequest, CertificateRevocation, CertificateVerdict, RevocationDemand, StatusThen,
    verify_certificate,
};
pub use error::Error;
pub use format::{InputFormat, input_format};
pub use hsign_core::{Finding, Severity, Time, ValidationTime};
pub use hsign_pki::{Purpose, TrustRegistry};
pub use hsign_validation::{
    Conclusion, DocumentVerdict, Evidence, EvidenceError, Indication, Policy, PolicyError, SubIndication,
    shown_subject,
};
pub use inspect::{Inspection, inspect};
pub use settings::Settings;
pub use sign::{Clock, Metadata, SignRequest, Signed, sign};
pub use timestamp::{timestamp, timestamp_pdf};
pub use verify::{Verified, verify, verify_token};

/// Who signs: files, cards and tokens.
pub use hsign_credential as credential;
/// Digests, signature verification and randomness on OpenSSL.
pub use hsign_crypto as crypto;
/// Health professions and document classes.
pub use hsign_hpki as hpki;
/// Time-stamp authorities and revocation data over HTTP.
pub use hsign_net as net;
/// Certification paths, revocation and trust.
pub use hsign_pki as pki;
/// Verdicts as text and JSON.
pub use hsign_report as report;
/// Certificates.
pub use hsign_x509 as x509;

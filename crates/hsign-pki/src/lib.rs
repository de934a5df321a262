//! Certification paths by RFC 5280 at a given time, revocation, and anchors trusted from a date to a date.
//!
//! [`TrustRegistry`] says who is trusted, [`build_and_validate`] finds a path to one of its anchors and
//! judges it by a function per rule ([`Paths`] offers every path, one after the other),
//! [`revocation_of_path`] tells what the evidence says about each certificate of it. Nothing is fetched:
//! [`missing_revocation`] and [`missing_certificates`] say what a fetcher could bring. All times are
//! arguments.

pub mod algorithms;
mod anchor;
mod answers;
mod date;
mod error;
mod path;
mod revocation;
mod trust;

pub use anchor::Anchor;
pub use date::{first_moment, last_moment};
pub use error::Error;
pub use path::{
    ANY_EXTENDED_KEY_USAGE, ANY_POLICY, ExtendedKeyUsageDemand, OCSP_SIGNING, PathFailure, PathFailureKind,
    PathFailures, PathParameters, Paths, ProfileRules, TIME_STAMPING, ValidatedPath, ValidityModel,
    build_and_validate,
};
pub use revocation::{
    Freshness, FreshnessPolicy, Origin, Provenance, Provided, RevocationAnswer, RevocationEvidence,
    RevocationParameters, RevocationSource, RevocationSourceKind, RevocationStatus, missing_certificates,
    missing_revocation, revocation_of_path, revocation_status,
};
pub use trust::{
    Accreditation, CheckParameters, CheckedEntry, Confidence, Fitness, Purpose, TrustCheck, TrustEntry,
    TrustKind, TrustRegistry,
};

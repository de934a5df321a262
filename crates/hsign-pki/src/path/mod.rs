//! Certification paths: building with backtracking, and validation by RFC 5280 §6.1 at a given time.

mod build;
mod name_constraints;
mod names;
mod outcome;
mod parameters;
mod policy_graph;
mod profile;
mod rules;
mod search;
mod signatures;
mod validate;

pub use build::build_and_validate;
pub use outcome::{PathFailure, PathFailureKind, PathFailures, ValidatedPath};
pub use parameters::{
    ANY_EXTENDED_KEY_USAGE, ANY_POLICY, ExtendedKeyUsageDemand, OCSP_SIGNING, PathParameters, ProfileRules,
    TIME_STAMPING, ValidityModel,
};
pub use search::Paths;

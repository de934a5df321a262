//! Judgement by the building blocks of EN 319 102-1: facts and evidence in, verdict out.
//!
//! Built from an account of the standard, so that no conformity to it is claimed. There is no clock, file or
//! network here: [`judge`] depends on its arguments alone. What long-term material would decide (archive
//! time stamps as proofs of existence for past validation) ends as INDETERMINATE with its reason.

mod algorithm_constraints;
mod chain;
mod context;
mod cryptographic_verification;
mod document;
mod evidence;
mod format_checking;
mod indication;
mod material;
mod memo;
mod modifications;
mod names;
pub mod policy;
mod qualification;
mod signature;
mod signature_acceptance;
mod signer_checks;
mod signer_identification;
mod supporting_evidence;
mod timestamp_validation;
mod validation_with_time;
mod verdict;
mod x509_validation;

pub use context::Context;
pub use document::{judge, judge_and_missing, missing};
pub use evidence::{Evidence, EvidenceError};
pub use hsign_hpki::{Basis, Qualification, QualificationStatus, Role};
pub use hsign_pki::{Accreditation, Provenance};
pub use indication::{Conclusion, Indication, Integrity, SubIndication};
pub use memo::MemoisedVerifier;
pub use names::shown_subject;
pub use policy::{Policy, PolicyError};
pub use signer_checks::{Permission, SignerVerdict, signer_checks};
pub use supporting_evidence::{Open, Support, supporting_evidence};
pub use verdict::{
    CertificateSummary, Check, CheckKind, DocumentVerdict, RevocationState, RevocationVerdict,
    SignatureVerdict, TimestampVerdict, TsaSummary,
};

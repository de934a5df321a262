//! Judgement by the building blocks of EN 319 102-1: facts and evidence in, verdict out.
//!
//! Built from an account of the standard, so that no conformity to it is claimed. There is no clock, file or
//! network here: [`judge`] depends on its arguments alone. A signature goes through the blocks of basic validation, then
//! validation with time, then validation with archival data: proofs of existence from time stamps and evidence records,
//! past certificate validation with control-time sliding, past signature validation.

mod algorithm_constraints;
mod algorithm_explanation;
mod amendments;
mod chain;
mod context;
mod cryptographic_verification;
mod document;
mod engine;
mod evidence;
mod evidence_records;
mod format_checking;
mod indication;
mod material;
mod memo;
mod modifications;
mod names;
mod past;
mod plan;
mod poe;
pub mod policy;
mod qualification;
mod qualification_evidence;
mod readings;
mod scan_dates;
mod scan_limits;
mod signature;
mod signature_acceptance;
mod signer_checks;
mod signer_identification;
mod supporting_evidence;
mod timestamp_validation;
mod tsa_registration;
mod validation_context;
mod validation_with_time;
mod verdict;
mod x509_validation;

pub use algorithm_explanation::{
    AlgorithmPurpose, ExplainedObject, ExplainedUse, ObjectKind, explain_certificate, explain_document,
};
pub use context::Context;
pub use document::{judge, judge_and_missing, missing};
pub use evidence::{Evidence, EvidenceError};
pub use hsign_hpki::{Basis, Qualification, QualificationStatus, Role};
pub use hsign_pki::{Accreditation, Origin, Provenance};
pub use indication::{Conclusion, Indication, Integrity, SubIndication};
pub use names::shown_subject;
pub use plan::{Answer, Expiry, ExpiryKind, Outlook, Plan, plan};
pub use poe::{GivenProof, ProofOfExistence, ProofSource, ProvenObject};
pub use policy::{Policy, PolicyError};
pub use scan_dates::scan_dates;
pub use scan_limits::scan_findings;
pub use signer_checks::{Permission, SignerVerdict, signer_checks};
pub use supporting_evidence::{Open, Support, supporting_evidence};
pub use verdict::{
    AlgorithmEnd, CertificateSummary, Check, CheckKind, DocumentVerdict, EvidenceRecordVerdict,
    EvidenceVerdict, OriginalVerdict, ReferenceVerdict, RevocationState, RevocationVerdict, Signatory,
    SignatureVerdict, TimestampVerdict, TsaSummary,
};

//! Qualification-evidence records (guideline 5.2 §6.12): who checked a person's identity and qualification, how, and
//! for which certificate or signature that speaks. What is read here is only what the record says; whether an attester
//! of the registry signed it is the engine's question.

mod answer;
mod error;
mod record;
mod text;

pub use answer::qualify_by_evidence;
pub use error::RecordError;
pub use record::{
    Assessment, Audit, Binding, EvidencePerson, EvidenceRecord, IdentityCheck, IdentityMeans, Provider,
    QualificationCheck, Retention, RevocationStatement, SignatureKind, Way,
};

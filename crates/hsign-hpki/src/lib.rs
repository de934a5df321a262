//! Health professions: reads hcRole, knows the HPKI policies, and answers who signs with which qualification.
//!
//! Nothing here builds a path or looks at revocation: the caller says how that went, and [`qualify`]
//! answers with the certificate, the required roles and the profession table.

mod document_class;
mod error;
mod evidence;
mod kind;
mod profession;
mod qualification;
mod required_roles;

pub use document_class::{DocumentClass, DocumentClasses};
pub use error::Error;
pub use evidence::{
    Assessment, Audit, Binding, EvidencePerson, EvidenceRecord, IdentityCheck, IdentityMeans, Provider,
    QualificationCheck, RecordError, Retention, RevocationStatement, SignatureKind, Way, qualify_by_evidence,
};
pub use kind::{CertificateKind, HPKI_SIGNATURE_POLICIES, certificate_kind};
pub use profession::{CODING_SCHEME, Mark, Profession, ProfessionKind, ProfessionTable};
pub use qualification::{Basis, ChainState, Qualification, QualificationStatus, Role, qualify, roles_of};
pub use required_roles::RequiredRoles;

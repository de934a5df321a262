//! Revocation: CRLs by RFC 5280 §6.3, OCSP by RFC 6960, at a time and with where each word came from.

mod answer;
mod checker;
mod crl;
mod evidence;
mod needs;
mod ocsp;
mod scope;

pub use answer::{
    Freshness, FreshnessPolicy, RevocationAnswer, RevocationSource, RevocationSourceKind, RevocationStatus,
};
pub use checker::{RevocationParameters, revocation_of_path, revocation_status};
pub use evidence::{Provenance, Provided, RevocationEvidence};
pub use needs::{missing_certificates, missing_revocation};

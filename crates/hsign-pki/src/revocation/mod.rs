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
pub use evidence::{Origin, Provenance, Provided, RevocationEvidence};
pub use needs::{missing_certificates, missing_revocation};

/// How far thisUpdate may lie ahead of us: clocks differ, and an answer that was fetched for a judgement is made
/// after the time it is judged at was read. Data from further ahead are of no use (RFC 6960 §4.2.2.1).
const CLOCK_DIFFERENCE_SECONDS: i64 = 300;

fn is_from_future(time: hsign_core::Time, now: hsign_core::Time) -> bool {
    time > now.plus_seconds(CLOCK_DIFFERENCE_SECONDS)
}

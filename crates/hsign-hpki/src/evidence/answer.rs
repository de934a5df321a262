use hsign_x509::Certificate;

use crate::qualification::{Actor, judge};
use crate::{
    Basis, CODING_SCHEME, ChainState, ProfessionTable, Qualification, RequiredRoles, certificate_kind,
};

/// Answers for a certificate outside HPKI whose holder's roles an accepted record names. A certificate for logging in
/// or a test card stays one, whatever the record says; the texts are held against the same table as hcRole's.
#[must_use]
pub fn qualify_by_evidence(
    certificate: &Certificate,
    roles: &[String],
    chain: ChainState,
    required: &RequiredRoles,
    table: &ProfessionTable,
) -> Qualification {
    let actors: Vec<Actor> = roles.iter().map(|role| Actor::named(CODING_SCHEME, role)).collect();
    let basis = Some(Basis::QualificationEvidence);
    judge(certificate_kind(certificate), &actors, false, chain, required, table, basis)
}

//! The signer's profession, judged on what is known about the chain at the best signature time.

use hsign_core::{BestSignatureTime, Finding};
use hsign_hpki::{
    CertificateKind, ChainState, HPKI_SIGNATURE_POLICIES, Qualification, QualificationStatus, RequiredRoles,
    certificate_kind, qualify, qualify_by_evidence,
};
use hsign_pki::{TrustEntry, TrustKind, TrustRegistry};
use hsign_x509::Certificate;

use crate::chain::Chain;
use crate::policy::Demand;
use crate::qualification_evidence::Testimony;
use crate::{Conclusion, Context, Signatory, SubIndication};

/// Who signs, as of the best signature time: by the certificate itself, or by the records about its holder.
pub(crate) fn of_signer(
    signer: &Certificate,
    chain: Option<&Chain>,
    said: &Testimony,
    best: BestSignatureTime,
    context: &Context<'_>,
) -> Qualification {
    let state = |confirmed: bool| if confirmed { ChainState::Confirmed } else { ChainState::Open };
    let (required, table) = (&context.required(), context.professions);
    let mut answer = match &said.person {
        Some((_, roles)) => {
            let sound = chain.is_some_and(|chain| is_sound(chain, signer, said, best, context));
            qualify_by_evidence(signer, roles, state(sound), required, table)
        }
        None => {
            let confirmed = chain.is_some_and(|chain| vouches(chain, best, context));
            qualify(signer, state(confirmed), required, table)
        }
    };
    answer.findings.extend(said.findings.iter().cloned());
    answer
}

/// The person behind a provider's signature.
pub(crate) fn signatory(said: &Testimony) -> Option<Signatory> {
    let (name, _) = said.person.as_ref().filter(|_| said.witness)?;
    Some(Signatory { name: name.clone() })
}

/// The certificate that evidence speaks of has to be good by itself: a path to an anchor that held when it was signed,
/// nothing open about revocation. Of the public's certificates only a registered verifier can tell that.
fn is_sound(
    chain: &Chain,
    signer: &Certificate,
    said: &Testimony,
    best: BestSignatureTime,
    context: &Context<'_>,
) -> bool {
    let public = certificate_kind(signer) == CertificateKind::Jpki;
    if public && said.not_revoked_at.is_none() {
        return false;
    }
    let demand = if public { Demand::Reported } else { Demand::Required };
    let known = Chain { demand, ..chain.clone() };
    chain.path.anchor().entry().holds_at(best.0)
        && known.conclusion_at(best.0, context.policy.revocation()).is_passed()
}

/// A role counts on the word of the ministry's hierarchy alone: somebody above the person vouches, the path ends at
/// one of its anchors that held when it was signed, an HPKI signature policy holds all the way, and nothing is
/// open about revocation and validity. Any CA could write a profession into a certificate.
fn vouches(chain: &Chain, best: BestSignatureTime, context: &Context<'_>) -> bool {
    let entry = chain.path.anchor().entry();
    let hierarchy = is_of_ministry(entry, context.trust)
        && entry.holds_at(best.0)
        && !chain.path.below_anchor().is_empty();
    let policy = HPKI_SIGNATURE_POLICIES.iter().any(|oid| chain.path.policies().contains(*oid));
    let known = Chain { demand: Demand::Required, ..chain.clone() };
    hierarchy && policy && known.conclusion_at(best.0, context.policy.revocation()).is_passed()
}

/// A bare certificate may be the ministry's only where nothing else says which ones are: beside a registry that
/// names them it is somebody else's.
fn is_of_ministry(entry: &TrustEntry, trust: &TrustRegistry) -> bool {
    let hpki = |kind| matches!(kind, TrustKind::HpkiRoot | TrustKind::HpkiSignatureCa);
    let mut named = trust.entries().iter().filter(|entry| entry.confirmed && hpki(entry.kind)).peekable();
    match entry.kind {
        TrustKind::Bare => named.peek().is_none() || named.any(|named| named.sha256 == entry.sha256),
        kind => hpki(kind),
    }
}

/// What the policy makes of it.
pub(crate) fn acceptance(
    qualification: &Qualification,
    signer: &Certificate,
    context: &Context<'_>,
) -> (Conclusion, Option<Finding>) {
    if qualification.status == QualificationStatus::Qualified {
        return (Conclusion::Passed, None);
    }
    if is_listed(qualification.status, signer, &context.required(), context.listed_signers) {
        return (Conclusion::Passed, Some(Finding::info("signer-listed-by-institution")));
    }
    match context.policy.signer().qualification {
        Demand::Required => (
            Conclusion::Indeterminate(SubIndication::ChainConstraintsFailure),
            Some(not_qualified(Finding::error("signer-not-qualified"), qualification)),
        ),
        Demand::Reported => {
            (Conclusion::Passed, Some(not_qualified(Finding::warning("signer-not-qualified"), qualification)))
        }
    }
}

fn not_qualified(finding: Finding, qualification: &Qualification) -> Finding {
    let status = serde_name(qualification.status);
    finding.clause("guideline 5.2 §6.12").with("status", status)
}

/// Scans may be signed by somebody whom the institution lists; never with a test card or a login key.
fn is_listed(
    status: QualificationStatus,
    signer: &Certificate,
    required: &RequiredRoles,
    listed: &[[u8; 32]],
) -> bool {
    required.accept_listed_signers()
        && !matches!(status, QualificationStatus::AuthenticationCertificate | QualificationStatus::TestCard)
        && listed.contains(&signer.sha256())
}

/// The status as the reports spell it.
pub(crate) fn serde_name(status: QualificationStatus) -> &'static str {
    match status {
        QualificationStatus::AuthenticationCertificate => "authentication-certificate",
        QualificationStatus::TestCard => "test-card",
        QualificationStatus::Undetermined => "undetermined",
        QualificationStatus::NoRole => "no-role",
        QualificationStatus::UnrecognisedRole => "unrecognised-role",
        QualificationStatus::RoleMismatch => "role-mismatch",
        QualificationStatus::Qualified => "qualified",
    }
}

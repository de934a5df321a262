//! The same judgement before signing: is this certificate one to sign this document with, now?

use hsign_core::Finding;
use hsign_core::facts::QualificationEvidenceFacts;
use hsign_core::ports::Need;
use hsign_core::{BestSignatureTime, Time};
use hsign_hpki::{
    CertificateKind, ChainState, Qualification, QualificationStatus, certificate_kind, qualify,
    qualify_by_evidence,
};
use hsign_pki::RevocationStatus;
use hsign_x509::Certificate;
use serde::Serialize;

use crate::material::Material;
use crate::memo::MemoisedVerifier;
use crate::policy::{Demand, SoftwareKeys};
use crate::qualification_evidence::{Testimony, judge_records, testimony};
use crate::x509_validation::X509Validation;
use crate::{CertificateSummary, Conclusion, Context, RevocationVerdict, names, qualification, signature};

/// Whether to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Nothing stands against it.
    Granted,
    /// Trust, revocation or qualification is open; it may be signed, and that is told.
    GrantedWithOpenQuestions,
    /// The signature would be worthless, or the policy forbids it.
    Refused,
}

/// The answer for a signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignerVerdict {
    pub(crate) permission: Permission,
    pub(crate) conclusion: Conclusion,
    pub(crate) signer: CertificateSummary,
    pub(crate) qualification: Qualification,
    pub(crate) path: Vec<CertificateSummary>,
    pub(crate) revocation: Vec<RevocationVerdict>,
    pub(crate) findings: Vec<Finding>,
    #[serde(skip)]
    pub(crate) needs: Vec<Need>,
}

impl SignerVerdict {
    /// Whether to sign.
    #[must_use]
    pub fn permission(&self) -> Permission {
        self.permission
    }

    /// Path, revocation, validity and qualification together, as they would be judged now.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        self.conclusion
    }

    /// The certificate.
    #[must_use]
    pub fn signer(&self) -> &CertificateSummary {
        &self.signer
    }

    /// The profession.
    #[must_use]
    pub fn qualification(&self) -> &Qualification {
        &self.qualification
    }

    /// The path, anchor last; empty when none was found.
    #[must_use]
    pub fn path(&self) -> &[CertificateSummary] {
        &self.path
    }

    /// What is known about revocation.
    #[must_use]
    pub fn revocation(&self) -> &[RevocationVerdict] {
        &self.revocation
    }

    /// Why it is refused, and what else was noticed.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What the network may have to close open questions.
    #[must_use]
    pub fn needs(&self) -> &[Need] {
        &self.needs
    }
}

/// Judges a signer at `context.time`. `chain` are further certificates that the credential brought;
/// `in_software` tells that its key lives in a file.
#[must_use]
pub fn signer_checks(
    certificate: &Certificate,
    chain: &[Certificate],
    in_software: bool,
    records: &[QualificationEvidenceFacts],
    context: &Context<'_>,
) -> SignerVerdict {
    let verifier = MemoisedVerifier::new(context.verifier);
    let material = Material::of_certificate(certificate, chain, context);
    let x509 = signature::validate_certificate(certificate, &material, context, &verifier);
    let now = context.time.0;
    let (records, record_needs) = judge_records(records, context);
    let said = testimony(&records, certificate, None, now, now);
    let best = BestSignatureTime(now);
    let qualification = qualification::of_signer(certificate, x509.chain.as_ref(), &said, best, context);
    let (accepted, not_accepted) = qualification::acceptance(&qualification, certificate, context);
    let rules = [
        authentication(certificate),
        non_repudiation(certificate, context),
        validity(certificate, now),
        revocation(&x509, now),
        role(certificate, accepted, &said, context),
        software_key(certificate, in_software, context),
    ];
    let refusals: Vec<Finding> = rules.into_iter().flatten().collect();
    let conclusion = x509.overall().worst(accepted);
    let permission = if !refusals.is_empty() {
        Permission::Refused
    } else if conclusion.is_passed() {
        Permission::Granted
    } else {
        Permission::GrantedWithOpenQuestions
    };
    let mut findings = refusals;
    findings.extend(x509.findings);
    findings.extend(qualification.findings.iter().cloned());
    findings.extend(not_accepted);
    SignerVerdict {
        permission,
        conclusion,
        signer: names::summary(certificate),
        qualification,
        path: x509
            .chain
            .iter()
            .flat_map(|chain| chain.path.certificates().iter().map(names::summary))
            .collect(),
        revocation: x509.chain.as_ref().map(|chain| chain.verdicts()).unwrap_or_default(),
        findings: crate::timestamp_validation::without_repetition(findings),
        needs: x509.needs.into_iter().chain(record_needs).collect(),
    }
}

/// A key for logging in signs challenges that nobody reads: what it signs can't be an expression of will.
fn authentication(certificate: &Certificate) -> Option<Finding> {
    certificate_kind(certificate)
        .is_for_authentication()
        .then(|| Finding::error("signing-with-authentication-certificate").clause("HPKI certificate policy"))
}

/// Documents are signed with keys for contentCommitment. Where the policy only reports that, a general
/// signing key will do.
fn non_repudiation(certificate: &Certificate, context: &Context<'_>) -> Option<Finding> {
    let strict = context.policy.signer().non_repudiation == Demand::Required;
    let usage = certificate.key_usage().ok().flatten();
    let allowed = match usage {
        Some(usage) => usage.content_commitment() || (!strict && usage.digital_signature()),
        None => !strict,
    };
    (!allowed).then(|| Finding::error("key-usage-not-for-signing").clause("RFC 5280 §4.2.1.3"))
}

fn validity(certificate: &Certificate, now: Time) -> Option<Finding> {
    if now > certificate.not_after() {
        Some(Finding::error("certificate-expired").with("not_after", certificate.not_after()))
    } else if now < certificate.not_before() {
        Some(Finding::error("certificate-not-yet-valid").with("not_before", certificate.not_before()))
    } else {
        None
    }
}

fn revocation(x509: &X509Validation, now: Time) -> Option<Finding> {
    let statuses = &x509.chain.as_ref()?.statuses;
    statuses.iter().find_map(|status| match status.answer.status {
        RevocationStatus::Revoked { time, .. } if time <= now => Some(
            Finding::error("signing-with-revoked-certificate")
                .clause("RFC 5280 §6.3")
                .with("revoked_at", time)
                .with("subject", names::shown_subject(&status.certificate)),
        ),
        RevocationStatus::OnHold { time } if time <= now => Some(
            Finding::error("signing-with-suspended-certificate")
                .clause("RFC 5280 §6.3")
                .with("since", time)
                .with("subject", names::shown_subject(&status.certificate)),
        ),
        _ => None,
    })
}

/// The role is judged as if the chain were confirmed: a wrong profession is wrong whatever the trust.
fn role(
    certificate: &Certificate,
    accepted: Conclusion,
    said: &Testimony,
    context: &Context<'_>,
) -> Option<Finding> {
    let required = context.required();
    if accepted.is_passed() || !required.are_particular() {
        return None;
    }
    if context.policy.signer().qualification == Demand::Reported {
        return None;
    }
    let kind = certificate_kind(certificate);
    let (sure, table) = (ChainState::Confirmed, context.professions);
    let assumed = match &said.person {
        Some((_, roles)) => qualify_by_evidence(certificate, roles, sure, &required, table),
        None => qualify(certificate, sure, &required, table),
    };
    let roles_fit = match assumed.status {
        QualificationStatus::NoRole
        | QualificationStatus::UnrecognisedRole
        | QualificationStatus::RoleMismatch => false,
        QualificationStatus::TestCard => hsign_hpki::roles_of(certificate, context.professions)
            .is_some_and(|roles| required.are_met_by(&roles)),
        _ => true,
    };
    let told = kind != CertificateKind::Other || said.person.is_some();
    (!roles_fit && told).then(|| {
        let name = |role: &hsign_hpki::Role| match &role.ja {
            Some(ja) => format!("{ja} ({})", role.text),
            None => role.text.clone(),
        };
        let named = assumed.roles.iter().map(name).collect::<Vec<_>>().join(", ");
        Finding::error("role-forbidden-for-class")
            .with("required", required.describe(context.professions))
            .with("roles", named)
            .with("class", context.document_class.map_or("", |class| class.name.as_str()))
    })
}

fn software_key(certificate: &Certificate, in_software: bool, context: &Context<'_>) -> Option<Finding> {
    let refused = match context.policy.signing().software_keys {
        SoftwareKeys::Allowed => false,
        SoftwareKeys::ExceptHpki => certificate_kind(certificate) == CertificateKind::HpkiSignature,
        SoftwareKeys::Refused => true,
    };
    (in_software && refused).then(|| {
        Finding::error("software-key-refused")
            .clause("HPKI certificate policy")
            .with("policy", context.policy.name())
    })
}

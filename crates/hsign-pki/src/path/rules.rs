//! The rules of RFC 5280 §6.1, one function each. They say what failed; none of them ends the walk.

use hsign_core::ports::SignatureValidity;
use hsign_core::{Finding, Severity, Time};
use hsign_x509::{Certificate, Name, PolicyQualifier, extension_oid};

use super::name_constraints::NameViolation;
use super::{ANY_EXTENDED_KEY_USAGE, ExtendedKeyUsageDemand, PathFailureKind};
use crate::{Anchor, TrustKind};

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) kind: PathFailureKind,
    pub(super) finding: Finding,
}

pub(super) fn violation(kind: PathFailureKind, finding: Finding) -> Violation {
    Violation { kind, finding }
}

/// Names the certificate: by its digest, and a CA by its name too. A person's name is left to the report.
pub(super) fn about(finding: Finding, certificate: &Certificate, is_target: bool) -> Finding {
    let finding = finding.with("certificate", certificate.sha256_hex());
    if is_target {
        finding.with("position", "target")
    } else {
        finding.with("position", "ca").with("ca", certificate.subject())
    }
}

/// Extensions whose meaning is processed here, in the revocation check or by the caller (key usage,
/// subject directory attributes: qualification). Anything else must not be critical.
const PROCESSED: [&str; 13] = [
    extension_oid::SUBJECT_DIRECTORY_ATTRIBUTES,
    extension_oid::KEY_USAGE,
    extension_oid::SUBJECT_ALTERNATIVE_NAME,
    extension_oid::ISSUER_ALTERNATIVE_NAME,
    extension_oid::BASIC_CONSTRAINTS,
    extension_oid::NAME_CONSTRAINTS,
    extension_oid::CRL_DISTRIBUTION_POINTS,
    extension_oid::CERTIFICATE_POLICIES,
    extension_oid::POLICY_MAPPINGS,
    extension_oid::POLICY_CONSTRAINTS,
    extension_oid::EXTENDED_KEY_USAGE,
    extension_oid::INHIBIT_ANY_POLICY,
    extension_oid::OCSP_NOCHECK,
];

/// §4.2: "A certificate MUST NOT include more than one instance of a particular extension."
pub(super) fn repeated_extension(certificate: &Certificate, is_target: bool) -> Option<Violation> {
    let oid = certificate.repeated_extension()?;
    let finding = Finding::error("extension-repeated").clause("RFC 5280 §4.2").with("extension", oid);
    Some(violation(PathFailureKind::Form, about(finding, certificate, is_target)))
}

/// §6.1.3 (a)(1).
pub(super) fn signature(
    certificate: &Certificate,
    validity: &SignatureValidity,
    is_target: bool,
) -> Option<Violation> {
    let (kind, finding) = match validity {
        SignatureValidity::Valid => return None,
        SignatureValidity::Invalid => {
            (PathFailureKind::Signature, Finding::error("certificate-signature-invalid"))
        }
        SignatureValidity::Unsupported(reason) => (
            PathFailureKind::SignatureUnsupported,
            Finding::error("certificate-signature-unsupported").with("reason", reason),
        ),
    };
    let finding =
        finding.clause("RFC 5280 §6.1.3 (a)(1)").with("algorithm", certificate.signature_algorithm());
    Some(violation(kind, about(finding, certificate, is_target)))
}

/// What reading the certificate noticed and calls an error: the algorithm beside the signature differs from
/// the one inside it (§4.1.1.2), and whatever else can't be read over.
pub(super) fn reading_errors(certificate: &Certificate, is_target: bool) -> Vec<Violation> {
    certificate
        .oddities()
        .into_iter()
        .filter(|oddity| oddity.severity == Severity::Error)
        .map(|oddity| violation(PathFailureKind::Form, about(oddity, certificate, is_target)))
        .collect()
}

/// Encodings that were read although they aren't DER.
pub(super) fn oddities(certificate: &Certificate, is_target: bool) -> Vec<Finding> {
    certificate
        .oddities()
        .into_iter()
        .filter(|oddity| oddity.severity != Severity::Error)
        .map(|oddity| about(oddity, certificate, is_target))
        .collect()
}

/// §6.1.3 (a)(2) for a CA.
pub(super) fn validity(certificate: &Certificate, time: Time) -> Option<Violation> {
    out_of_period(certificate, time)
        .map(|finding| violation(PathFailureKind::Validity, about(finding, certificate, false)))
}

/// §6.1.3 (a)(2) for the target.
pub(super) fn target_validity(certificate: &Certificate, time: Time) -> Option<Violation> {
    out_of_period(certificate, time)
        .map(|finding| violation(PathFailureKind::TargetValidity, about(finding, certificate, true)))
}

fn out_of_period(certificate: &Certificate, time: Time) -> Option<Finding> {
    let (code, limit) = if time < certificate.not_before() {
        ("certificate-not-yet-valid", certificate.not_before())
    } else if time > certificate.not_after() {
        ("certificate-expired", certificate.not_after())
    } else {
        return None;
    };
    Some(Finding::error(code).clause("RFC 5280 §6.1.3 (a)(2)").with("time", time).with("limit", limit))
}

/// The registry trusts an anchor from a date to a date. (A time-stamp authority's dates speak of its
/// accreditation, which is another question.)
pub(super) fn anchor_period(anchor: &Anchor, time: Time) -> Option<Violation> {
    let entry = anchor.entry();
    if entry.kind == TrustKind::Tsa || entry.holds_at(time) {
        return None;
    }
    let mut finding =
        Finding::error("anchor-not-trusted-then").with("time", time).with("anchor", anchor.name());
    for (name, limit) in [("from", entry.from), ("to", entry.to)] {
        if let Some(limit) = limit {
            finding = finding.with(name, limit);
        }
    }
    Some(violation(PathFailureKind::AnchorPeriod, finding))
}

/// §6.1.3 (a)(4).
pub(super) fn name_chaining(certificate: &Certificate, issuer: &Name, is_target: bool) -> Option<Violation> {
    if certificate.issuer().matches(issuer) {
        return None;
    }
    let finding =
        Finding::error("name-chaining-failed").clause("RFC 5280 §6.1.3 (a)(4)").with("issuer", issuer);
    Some(violation(PathFailureKind::Signature, about(finding, certificate, is_target)))
}

/// §6.1.3 (b), (c).
pub(super) fn names(certificate: &Certificate, found: &NameViolation, is_target: bool) -> Violation {
    let mut finding = Finding::error(found.code()).clause("RFC 5280 §6.1.3 (b)(c)");
    if let Some(form) = found.form() {
        finding = finding.with("form", form.name());
    }
    violation(PathFailureKind::Constraints, about(finding, certificate, is_target))
}

/// §6.1.4 (k): only a version 3 certificate can say that it is a CA; for older ones no other means is
/// known here.
pub(super) fn is_ca(certificate: &Certificate) -> Option<Violation> {
    let finding = match certificate.basic_constraints() {
        Ok(Some(constraints)) if constraints.ca && certificate.version() == 3 => return None,
        Ok(_) => Finding::error("issuer-is-not-a-ca").clause("RFC 5280 §6.1.4 (k)"),
        Err(_) => return Some(undecodable(certificate, "basicConstraints", false)),
    };
    Some(violation(PathFailureKind::Form, about(finding, certificate, false)))
}

/// §6.1.4 (l).
pub(super) fn path_too_long(certificate: &Certificate) -> Violation {
    let finding = Finding::error("path-length-exceeded").clause("RFC 5280 §6.1.4 (l)");
    violation(PathFailureKind::Constraints, about(finding, certificate, false))
}

/// §6.1.4 (a).
pub(super) fn any_policy_mapped(certificate: &Certificate) -> Violation {
    let finding = Finding::error("any-policy-mapped").clause("RFC 5280 §6.1.4 (a)");
    violation(PathFailureKind::Constraints, about(finding, certificate, false))
}

/// §6.1.4 (n).
pub(super) fn may_sign_certificates(certificate: &Certificate) -> Option<Violation> {
    match certificate.key_usage() {
        Ok(Some(usage)) if !usage.key_cert_sign() => {
            let finding =
                Finding::error("key-usage-forbids-certificate-signing").clause("RFC 5280 §6.1.4 (n)");
            Some(violation(PathFailureKind::Form, about(finding, certificate, false)))
        }
        Ok(_) => None,
        Err(_) => Some(undecodable(certificate, "keyUsage", false)),
    }
}

/// §6.1.4 (o), §6.1.5 (f).
pub(super) fn critical_extensions(certificate: &Certificate, is_target: bool) -> Vec<Violation> {
    certificate
        .extensions()
        .iter()
        .filter(|extension| extension.critical && !PROCESSED.contains(&extension.oid.as_str()))
        .map(|extension| {
            let finding = Finding::error("critical-extension-unknown")
                .clause("RFC 5280 §6.1.4 (o), §6.1.5 (f)")
                .with("extension", &extension.oid);
            violation(PathFailureKind::Form, about(finding, certificate, is_target))
        })
        .collect()
}

/// §4.2.1.4: critical policies count only where every qualifier of theirs is understood.
pub(super) fn policy_qualifiers(certificate: &Certificate, is_target: bool) -> Option<Violation> {
    let known = [PolicyQualifier::CPS, PolicyQualifier::USER_NOTICE];
    certificate.extension(extension_oid::CERTIFICATE_POLICIES).filter(|extension| extension.critical)?;
    let policies = certificate.certificate_policies().ok().flatten()?;
    let mut qualifiers = policies.iter().flat_map(|policy| &policy.qualifiers);
    let unknown = qualifiers.find(|qualifier| !known.contains(&qualifier.oid.as_str()))?;
    let finding = Finding::error("policy-qualifier-unknown")
        .clause("RFC 5280 §4.2.1.4")
        .with("qualifier", &unknown.oid);
    Some(violation(PathFailureKind::Form, about(finding, certificate, is_target)))
}

/// An extension that decides and doesn't decode.
pub(super) fn undecodable(certificate: &Certificate, extension: &str, is_target: bool) -> Violation {
    let finding =
        Finding::error("extension-undecodable").clause("RFC 5280 §4.2").with("extension", extension);
    violation(PathFailureKind::Form, about(finding, certificate, is_target))
}

/// §4.2.1.12, and RFC 3161 §2.3 for time-stamp authorities.
pub(super) fn extended_key_usage_of_target(
    certificate: &Certificate,
    demand: &ExtendedKeyUsageDemand,
) -> Option<Violation> {
    let usage = match (demand, certificate.extended_key_usage()) {
        (ExtendedKeyUsageDemand::None, Ok(_)) => return None,
        (_, Err(_)) => return Some(undecodable(certificate, "extKeyUsage", true)),
        (_, Ok(usage)) => usage,
    };
    let (holds, clause, wanted) = match demand {
        ExtendedKeyUsageDemand::None => return None,
        ExtendedKeyUsageDemand::Allows(wanted) => {
            let holds = usage.as_ref().is_none_or(|usage| allows(&usage.purposes, wanted));
            (holds, "RFC 5280 §4.2.1.12", wanted.join(" "))
        }
        ExtendedKeyUsageDemand::OnlyCritical(wanted) => {
            let holds = usage
                .as_ref()
                .is_some_and(|usage| usage.critical && usage.purposes.iter().eq(std::iter::once(wanted)));
            (holds, "RFC 3161 §2.3", wanted.clone())
        }
    };
    if holds {
        return None;
    }
    let finding = Finding::error("extended-key-usage-forbids").clause(clause).with("wanted", wanted);
    Some(violation(PathFailureKind::Constraints, about(finding, certificate, true)))
}

/// A CA's own extended key usage limits what is issued below it: not in RFC 5280, but what every
/// implementation of the field does, and what CAs mean by it.
pub(super) fn extended_key_usage_of_ca(
    certificate: &Certificate,
    demand: &ExtendedKeyUsageDemand,
) -> Option<Violation> {
    let wanted = match demand {
        ExtendedKeyUsageDemand::None => return None,
        ExtendedKeyUsageDemand::Allows(wanted) => wanted.clone(),
        ExtendedKeyUsageDemand::OnlyCritical(wanted) => vec![wanted.clone()],
    };
    match certificate.extended_key_usage() {
        Ok(Some(usage)) if !allows(&usage.purposes, &wanted) => {
            let finding = Finding::error("extended-key-usage-forbids")
                .clause("RFC 5280 §4.2.1.12")
                .with("wanted", wanted.join(" "));
            Some(violation(PathFailureKind::Constraints, about(finding, certificate, false)))
        }
        Ok(_) => None,
        Err(_) => Some(undecodable(certificate, "extKeyUsage", false)),
    }
}

fn allows(purposes: &[String], wanted: &[String]) -> bool {
    purposes.iter().any(|purpose| purpose == ANY_EXTENDED_KEY_USAGE)
        || wanted.iter().all(|wanted| purposes.contains(wanted))
}

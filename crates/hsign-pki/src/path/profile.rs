//! Rules of the certificate profile (RFC 5280 §4) that path validation doesn't ask for. What they catch is
//! worth knowing and, for whoever wants it, worth refusing.

use hsign_core::Finding;
use hsign_x509::{Certificate, GeneralName, extension_oid};

use super::rules::about;

/// Extensions that conforming CAs must not mark critical.
const NEVER_CRITICAL: [(&str, &str, &str); 4] = [
    (extension_oid::SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier", "RFC 5280 §4.2.1.2"),
    (extension_oid::AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier", "RFC 5280 §4.2.1.1"),
    (extension_oid::AUTHORITY_INFORMATION_ACCESS, "authorityInfoAccess", "RFC 5280 §4.2.2.1"),
    (extension_oid::SUBJECT_DIRECTORY_ATTRIBUTES, "subjectDirectoryAttributes", "RFC 5280 §4.2.1.8"),
];

/// Extensions that conforming CAs must mark critical.
const ALWAYS_CRITICAL: [(&str, &str, &str); 3] = [
    (extension_oid::NAME_CONSTRAINTS, "nameConstraints", "RFC 5280 §4.2.1.10"),
    (extension_oid::POLICY_CONSTRAINTS, "policyConstraints", "RFC 5280 §4.2.1.11"),
    (extension_oid::INHIBIT_ANY_POLICY, "inhibitAnyPolicy", "RFC 5280 §4.2.1.14"),
];

/// A certificate below the anchor.
pub(super) fn certificate(certificate: &Certificate, issuer: &Certificate, is_target: bool) -> Vec<Finding> {
    let mut found = common(certificate);
    found.extend(serial_number(certificate));
    found.extend(alternative_names(certificate));
    let self_signed = certificate.public_key_info() == issuer.public_key_info();
    let no_key_identifier = certificate
        .authority_key_identifier()
        .map_or(true, |id| id.is_none_or(|id| id.key_identifier.is_none()));
    if no_key_identifier && !self_signed {
        found.push(missing("authorityKeyIdentifier", "RFC 5280 §4.2.1.1"));
    }
    if says_ca(certificate) {
        found.extend(ca(certificate));
    } else {
        found.extend(end_entity(certificate));
    }
    found.into_iter().map(|finding| about(finding, certificate, is_target)).collect()
}

/// The anchor, where its own extensions count.
pub(super) fn anchor(certificate: &Certificate) -> Vec<Finding> {
    let mut found = common(certificate);
    found.extend(ca(certificate));
    if certificate.basic_constraints().map_or(true, |constraints| constraints.is_none()) {
        found.push(missing("basicConstraints", "RFC 5280 §4.2.1.9"));
    }
    if !certificate.is_self_issued() && certificate.authority_key_identifier().is_ok_and(|id| id.is_none()) {
        found.push(missing("authorityKeyIdentifier", "RFC 5280 §4.2.1.1"));
    }
    found.into_iter().map(|finding| about(finding, certificate, false)).collect()
}

fn common(certificate: &Certificate) -> Vec<Finding> {
    let critical = |oid: &str| certificate.extension(oid).map(|extension| extension.critical);
    let mut found = Vec::new();
    for (oid, name, clause) in NEVER_CRITICAL {
        if critical(oid) == Some(true) {
            found.push(broken("must-not-be-critical", name, clause));
        }
    }
    for (oid, name, clause) in ALWAYS_CRITICAL {
        if critical(oid) == Some(false) {
            found.push(broken("must-be-critical", name, clause));
        }
    }
    found
}

fn ca(certificate: &Certificate) -> Vec<Finding> {
    let mut found = Vec::new();
    if certificate.subject_key_identifier().map_or(true, |id| id.is_none()) {
        found.push(missing("subjectKeyIdentifier", "RFC 5280 §4.2.1.2"));
    }
    if certificate.extension(extension_oid::BASIC_CONSTRAINTS).is_some_and(|extension| !extension.critical) {
        found.push(broken("must-be-critical", "basicConstraints", "RFC 5280 §4.2.1.9"));
    }
    if certificate.subject().is_empty() {
        found.push(broken("must-not-be-empty", "subject", "RFC 5280 §4.1.2.6"));
    }
    found
}

fn end_entity(certificate: &Certificate) -> Vec<Finding> {
    let mut found = Vec::new();
    if certificate.extension(extension_oid::NAME_CONSTRAINTS).is_some() {
        found.push(broken("only-in-ca-certificates", "nameConstraints", "RFC 5280 §4.2.1.10"));
    }
    if certificate.key_usage().is_ok_and(|usage| usage.is_some_and(|usage| usage.key_cert_sign())) {
        found.push(broken("only-in-ca-certificates", "keyCertSign", "RFC 5280 §4.2.1.3"));
    }
    found
}

/// §4.1.2.2: positive, at most 20 octets.
fn serial_number(certificate: &Certificate) -> Option<Finding> {
    let serial = certificate.serial();
    let negative = serial.first().is_some_and(|first| first & 0x80 != 0);
    let zero = serial.iter().all(|octet| *octet == 0);
    (negative || zero || serial.len() > 20)
        .then(|| broken("out-of-range", "serialNumber", "RFC 5280 §4.1.2.2"))
}

/// §4.2.1.6: decodable; critical when the subject is empty; addresses have four or sixteen octets.
fn alternative_names(certificate: &Certificate) -> Option<Finding> {
    let clause = "RFC 5280 §4.2.1.6";
    match certificate.subject_alternative_names() {
        Err(_) => Some(broken("undecodable", "subjectAltName", clause)),
        Ok(None) => certificate.subject().is_empty().then(|| missing("subjectAltName", "RFC 5280 §4.1.2.6")),
        Ok(Some(names)) => {
            let critical = certificate
                .extension(extension_oid::SUBJECT_ALTERNATIVE_NAME)
                .is_some_and(|extension| extension.critical);
            let odd_address = names
                .iter()
                .any(|name| matches!(name, GeneralName::Ip(octets) if !matches!(octets.len(), 4 | 16)));
            if odd_address {
                Some(broken("out-of-range", "iPAddress", clause))
            } else {
                (certificate.subject().is_empty() && !critical)
                    .then(|| broken("must-be-critical", "subjectAltName", clause))
            }
        }
    }
}

fn says_ca(certificate: &Certificate) -> bool {
    certificate.basic_constraints().is_ok_and(|constraints| constraints.is_some_and(|c| c.ca))
}

fn missing(element: &str, clause: &str) -> Finding {
    broken("missing", element, clause)
}

fn broken(rule: &str, element: &str, clause: &str) -> Finding {
    Finding::warning("certificate-profile").clause(clause).with("rule", rule).with("element", element)
}

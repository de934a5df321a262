//! What RFC 5652 §5.3 and §11 ask of a SignerInfo, one function a rule.

use std::collections::BTreeSet;

use hsign_asn1::{Tlv, der_violations};
use hsign_core::Finding;

use crate::oid::{
    ALGORITHM_PROTECTION, CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
};
use crate::{SignerInfo, ess, protection};

/// Without content type, for a countersignature.
pub(crate) fn all(info: &SignerInfo, signed: Option<&Tlv<'_>>, content_type: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match signed {
        Some(set) => {
            findings.extend(not_der(set));
            findings.extend(repeated(info));
            findings.extend(match content_type {
                Some(content_type) => content_type_attribute(info, content_type),
                None => content_type_of_countersignature(info),
            });
            findings.extend(message_digest(info));
            findings.extend(certificate_references(info));
        }
        None => findings.push(Finding::error("cms-no-signed-attributes").clause("RFC 5652 §5.3")),
    }
    findings.extend(digest_algorithm(info));
    findings
}

/// §5.3: signedAttrs must be DER even where the rest is BER. What was signed is what arrived; a verifier
/// that encodes anew before hashing comes to another digest.
fn not_der(set: &Tlv<'_>) -> Option<Finding> {
    // Under the SET tag (§5.4) the order of the members is looked at too.
    let mut octets = set.bytes.to_vec();
    if let Some(tag) = octets.first_mut() {
        *tag = 0x31;
    }
    let violations: BTreeSet<_> = match der_violations(&octets) {
        Ok(found) => found.into_iter().map(|(_, violation)| violation.name()).collect(),
        Err(_) => BTreeSet::from(["unreadable"]),
    };
    let reason = violations.into_iter().collect::<Vec<_>>().join(", ");
    (!reason.is_empty()).then(|| {
        Finding::warning("cms-signed-attributes-not-der").clause("RFC 5652 §5.3").with("reason", reason)
    })
}

/// §11: each of these may be there once, with one value.
fn repeated(info: &SignerInfo) -> Vec<Finding> {
    let single = [
        (CONTENT_TYPE, "content-type"),
        (MESSAGE_DIGEST, "message-digest"),
        (SIGNING_TIME, "signing-time"),
        (SIGNING_CERTIFICATE, "signing-certificate"),
        (SIGNING_CERTIFICATE_V2, "signing-certificate-v2"),
        (ALGORITHM_PROTECTION, "cms-algorithm-protection"),
    ];
    let Some(attributes) = info.signed_attributes() else { return Vec::new() };
    single
        .into_iter()
        .filter(|(oid, _)| attributes.has(oid) && attributes.single(oid).is_none())
        .map(|(_, name)| {
            Finding::error("cms-attribute-not-single").clause("RFC 5652 §11").with("attribute", name)
        })
        .collect()
}

/// §11.1: present, and equal to the eContentType, which itself is not signed.
fn content_type_attribute(info: &SignerInfo, content_type: &str) -> Option<Finding> {
    if info.signed_attributes().is_some_and(|attributes| !attributes.has(CONTENT_TYPE)) {
        return Some(missing("content-type", "RFC 5652 §11.1"));
    }
    let signed = info.content_type_attribute();
    (signed.as_deref() != Some(content_type)).then(|| {
        Finding::error("cms-content-type-mismatch")
            .clause("RFC 5652 §11.1")
            .with("signed", signed.unwrap_or_default())
            .with("found", content_type)
    })
}

/// §11.2: present and readable.
fn message_digest(info: &SignerInfo) -> Option<Finding> {
    let attributes = info.signed_attributes()?;
    if !attributes.has(MESSAGE_DIGEST) {
        return Some(missing("message-digest", "RFC 5652 §11.2"));
    }
    let unreadable = attributes.single(MESSAGE_DIGEST).is_some()
        && info.digest_algorithm().is_some()
        && info.message_digest().is_none();
    unreadable.then(|| unreadable_attribute("message-digest", "RFC 5652 §11.2"))
}

/// RFC 5035 §4: readable, each with a hash function we know.
fn certificate_references(info: &SignerInfo) -> Vec<Finding> {
    let readers: [(_, _, ess::Read); 2] = [
        (SIGNING_CERTIFICATE, "signing-certificate", ess::version_1),
        (SIGNING_CERTIFICATE_V2, "signing-certificate-v2", ess::version_2),
    ];
    let Some(attributes) = info.signed_attributes() else { return Vec::new() };
    let mut findings = Vec::new();
    for (oid, name, read) in readers {
        let Some(value) = attributes.single(oid) else { continue };
        match read(value) {
            Ok(entries) if entries.is_empty() => findings.push(unreadable_attribute(name, "RFC 5035 §3")),
            Ok(entries) if entries.iter().any(Option::is_none) => findings.push(
                Finding::error("cms-certificate-reference-unknown-hash")
                    .clause("RFC 5035 §4")
                    .with("attribute", name),
            ),
            Ok(_) => {}
            Err(_) => findings.push(unreadable_attribute(name, "RFC 5035 §3")),
        }
    }
    findings
}

/// §5.3 leaves it open whether digestAlgorithm and the digest inside signatureAlgorithm may differ;
/// whether to accept it is the policy's choice.
fn digest_algorithm(info: &SignerInfo) -> Option<Finding> {
    let Some(digest) = info.digest_algorithm() else {
        return Some(
            Finding::error("cms-digest-algorithm-unknown")
                .clause("RFC 5652 §5.3")
                .with("algorithm", info.digest_algorithm_oid()),
        );
    };
    let inner = info.signature_algorithm().digest().filter(|inner| *inner != digest)?;
    Some(
        Finding::warning("cms-digest-algorithm-mismatch")
            .clause("RFC 5652 §5.3")
            .with("digest", digest)
            .with("signature", inner),
    )
}

/// RFC 6211 §3: where the signer protected the algorithms, they have to be the ones used.
pub(crate) fn algorithm_protection(
    info: &SignerInfo,
    digest: &Tlv<'_>,
    signature: &Tlv<'_>,
) -> Option<Finding> {
    let value = info.signed_attributes()?.single(ALGORITHM_PROTECTION)?;
    let agrees = protection::agrees(value, digest, signature).unwrap_or(false);
    (!agrees).then(|| Finding::error("cms-algorithm-protection-mismatch").clause("RFC 6211 §3"))
}

/// §11.4: what is countersigned is a value, which has no content type.
fn content_type_of_countersignature(info: &SignerInfo) -> Option<Finding> {
    let has = info.signed_attributes().is_some_and(|attributes| attributes.has(CONTENT_TYPE));
    has.then(|| Finding::warning("cms-countersignature-content-type").clause("RFC 5652 §11.4"))
}

fn missing(attribute: &str, clause: &str) -> Finding {
    Finding::error("cms-attribute-missing").clause(clause).with("attribute", attribute)
}

fn unreadable_attribute(attribute: &str, clause: &str) -> Finding {
    Finding::error("cms-attribute-unreadable").clause(clause).with("attribute", attribute)
}

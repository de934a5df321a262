//! Readings of RFC 5652 that the policy chooses on purpose: what the RFC forbids or leaves open and real signers do.

use hsign_core::facts::{SignatureFacts, SignedObject};
use hsign_core::{Finding, Severity};

use crate::policy::{Demand, Policy};
use crate::{Conclusion, SubIndication};

/// The formats' findings that a signature has no signed attributes.
const NO_SIGNED_ATTRIBUTES: [&str; 2] = ["cms-no-signed-attributes", "xades-no-signed-properties"];
const DIGESTS_DIFFER: &str = "cms-digest-algorithm-mismatch";
const OUT_OF_ORDER: &str = "cms-signed-attributes-not-der";

/// Whether the policy rather than the format decides what a finding means.
pub(crate) fn is_for_the_policy(finding: &Finding) -> bool {
    NO_SIGNED_ATTRIBUTES.contains(&finding.code.as_str())
}

/// The three rules together.
pub(crate) fn accept(
    facts: &SignatureFacts,
    signed: &SignedObject,
    policy: &Policy,
) -> (Conclusion, Vec<Finding>) {
    let rules = policy.validation();
    let met = [
        (signed_attributes(facts), rules.signed_attributes),
        (same_digest(signed), rules.same_digest),
        (attribute_order(signed), rules.attribute_order),
    ];
    let mut conclusion = Conclusion::Passed;
    let mut findings = Vec::new();
    for (finding, demand) in met {
        let Some(mut finding) = finding else { continue };
        (finding.severity, conclusion) = match demand {
            Demand::Required => (
                Severity::Error,
                conclusion.worst(Conclusion::Indeterminate(SubIndication::SigConstraintsFailure)),
            ),
            Demand::Reported => (Severity::Warning, conclusion),
        };
        findings.push(finding);
    }
    (conclusion, findings)
}

/// §5.3: without signed attributes the value covers the content alone; nothing binds the signer's certificate.
fn signed_attributes(facts: &SignatureFacts) -> Option<Finding> {
    facts.findings.iter().find(|finding| is_for_the_policy(finding)).cloned()
}

/// §5.3 doesn't say whether the digest algorithm and that of the signature may differ.
fn same_digest(signed: &SignedObject) -> Option<Finding> {
    let of_value = signed.algorithm.digest()?;
    let reference = signed.references.iter().find(|reference| reference.name == "message-digest")?;
    let of_content = reference.expected.algorithm;
    (of_content != of_value).then(|| {
        Finding::warning(DIGESTS_DIFFER)
            .clause("RFC 5652 §5.3")
            .with("digest", of_content)
            .with("signature", of_value)
    })
}

/// §5.4: what is hashed is in the order of DER, whatever arrived.
fn attribute_order(signed: &SignedObject) -> Option<Finding> {
    signed.reordered_octets.as_ref()?;
    Some(Finding::warning(OUT_OF_ORDER).clause("RFC 5652 §5.3").with("reason", "set-order"))
}

//! Validation context initialisation (EN 319 102-1): the signature policy that a signature names.

use hsign_core::facts::SignaturePolicyFacts;
use hsign_core::{Finding, Severity};

use crate::policy::Demand;
use crate::{Conclusion, SubIndication};

/// A policy that the signature names must be at hand and be the one that was signed, where the caller's policy asks for
/// that. What it says isn't read by a machine: the verdict goes by the caller's policy, and tells so.
pub(crate) fn initialise(
    policy: Option<&SignaturePolicyFacts>,
    demand: Demand,
) -> (Conclusion, Vec<Finding>) {
    let (conclusion, mut findings) = compare(policy);
    match demand {
        Demand::Required => (conclusion, findings),
        Demand::Reported => {
            for finding in findings.iter_mut().filter(|finding| finding.severity == Severity::Error) {
                finding.severity = Severity::Warning;
            }
            (Conclusion::Passed, findings)
        }
    }
}

fn compare(policy: Option<&SignaturePolicyFacts>) -> (Conclusion, Vec<Finding>) {
    let Some(policy) = policy else { return (Conclusion::Passed, Vec::new()) };
    let clause = "EN 319 102-1, validation context initialisation";
    let named = |finding: Finding| match &policy.identifier {
        Some(identifier) => finding.clause(clause).with("policy", identifier),
        None => finding.clause(clause),
    };
    if policy.findings.iter().any(|finding| finding.severity == Severity::Error) {
        return (Conclusion::Indeterminate(SubIndication::PolicyProcessingError), policy.findings.clone());
    }
    let mut findings = policy.findings.clone();
    let (conclusion, finding) = match policy.reference.as_ref().map(|reference| reference.holds()) {
        // Implied, or named without a digest: nothing to compare, nothing to rely on.
        None => (Conclusion::Passed, Finding::info("signature-policy-not-applied")),
        Some(Some(true)) => (Conclusion::Passed, Finding::info("signature-policy-not-applied")),
        Some(Some(false)) => (
            Conclusion::Indeterminate(SubIndication::PolicyProcessingError),
            Finding::error("signature-policy-digest-mismatch"),
        ),
        Some(None) => (
            Conclusion::Indeterminate(SubIndication::SignaturePolicyNotAvailable),
            Finding::error("signature-policy-missing"),
        ),
    };
    findings.push(named(finding));
    (conclusion, findings)
}

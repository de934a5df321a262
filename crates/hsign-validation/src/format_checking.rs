//! Format checking (EN 319 102-1): can it be read, and is its form sound enough to go on?

use hsign_core::facts::SignatureFacts;
use hsign_core::{Finding, Severity};

use crate::{Conclusion, Policy, SubIndication, modifications, readings};

/// Format crates report what violates the form as findings of severity error.
pub(crate) fn check(facts: &SignatureFacts, policy: &Policy) -> (Conclusion, Vec<Finding>) {
    let faulty = facts
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error && !readings::is_for_the_policy(finding));
    if faulty {
        return (Conclusion::Failed(SubIndication::FormatFailure), Vec::new());
    }
    if facts.signed.is_none() {
        // Present, but of a kind nobody here can read: it is listed and stays open.
        let finding = Finding::error("signature-not-judged").clause("EN 319 102-1, format checking");
        return (Conclusion::Indeterminate(SubIndication::SignedDataNotFound), vec![finding]);
    }
    modifications::format(facts, policy)
}

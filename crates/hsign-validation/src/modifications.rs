//! What was changed after signing, weighed by the policy (ISO 32000-2, 12.8.2; EN 319 102-1 leaves it to the format).

use std::collections::BTreeSet;

use hsign_core::Finding;
use hsign_core::facts::{Change, ChangeKind, ModificationVerdict, Modifications, SignatureFacts};

use crate::{Conclusion, Policy, SubIndication};

const CLAUSE: &str = "ISO 32000-2 §12.8.2";

/// The changes with the policy's rulings in place of the rules'.
pub(crate) fn weighed(facts: &SignatureFacts, policy: &Policy) -> Option<Modifications> {
    let mut modifications = facts.modifications.clone()?;
    for change in &mut modifications.changes {
        change.verdict = policy.changes().ruling(change);
    }
    Some(modifications)
}

/// A change that the signature or the policy rules out is a failure of the format.
pub(crate) fn format(facts: &SignatureFacts, policy: &Policy) -> (Conclusion, Vec<Finding>) {
    match weighed(facts, policy) {
        Some(changes) if changes.verdict() == ModificationVerdict::Forbidden => {
            let findings = of_verdict(&changes, ModificationVerdict::Forbidden);
            (Conclusion::Failed(SubIndication::FormatFailure), findings)
        }
        _ => (Conclusion::Passed, Vec::new()),
    }
}

/// What no rule explains leaves the signature open.
pub(crate) fn acceptance(facts: &SignatureFacts, policy: &Policy) -> (Conclusion, Vec<Finding>) {
    let Some(changes) = weighed(facts, policy) else { return (Conclusion::Passed, Vec::new()) };
    let suspicious = of_verdict(&changes, ModificationVerdict::Suspicious);
    if !suspicious.is_empty() {
        return (Conclusion::Indeterminate(SubIndication::SigConstraintsFailure), suspicious);
    }
    let told = (changes.verdict() == ModificationVerdict::Permitted).then(|| permitted(&changes));
    (Conclusion::Passed, told.into_iter().collect())
}

/// One finding for each kind: the first change of it speaks for the others.
fn of_verdict(changes: &Modifications, verdict: ModificationVerdict) -> Vec<Finding> {
    let mut known = BTreeSet::new();
    let first = |change: &&Change| change.verdict == verdict && known.insert(change.kind);
    changes.changes.iter().filter(first).map(finding).collect()
}

fn finding(change: &Change) -> Finding {
    let mut finding = Finding::error(change.kind.code()).clause(CLAUSE);
    finding.values = change.words();
    finding
}

/// Signatures, stamps and what keeps them provable are no change to what people read.
fn permitted(changes: &Modifications) -> Finding {
    let only_signing = changes.changes.iter().all(|change| {
        matches!(
            change.kind,
            ChangeKind::SignatureAdded
                | ChangeKind::CertificationAdded
                | ChangeKind::DocumentTimeStampAdded
                | ChangeKind::ValidationDataAdded
                | ChangeKind::MetadataChanged
                | ChangeKind::DocumentVersionChanged
                | ChangeKind::FormSettingsChanged
                | ChangeKind::UnusedObjectChanged
        )
    });
    let finding = if only_signing {
        Finding::info("signed-or-stamped-again")
    } else {
        Finding::info("changed-as-permitted")
    };
    finding.clause(CLAUSE).with("revisions", changes.revisions)
}

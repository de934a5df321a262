//! Signature acceptance validation (EN 319 102-1): attributes and algorithms against the policy.

use hsign_core::Finding;
use hsign_core::facts::{Coverage, LaterChanges, SignatureFacts, SignedObject};
use hsign_x509::Certificate;

use crate::policy::{AlgorithmRules, Demand, NotExamined, Policy};
use crate::signer_identification::ReferenceState;
use crate::{Conclusion, SubIndication};

const CONSTRAINTS: Conclusion = Conclusion::Indeterminate(SubIndication::SigConstraintsFailure);
const WEAK: Conclusion = Conclusion::Indeterminate(SubIndication::CryptoConstraintsFailureNoPoe);

/// Everything that is asked of the signature itself.
pub(crate) fn accept(
    facts: &SignatureFacts,
    signed: &SignedObject,
    reference: ReferenceState,
    policy: &Policy,
) -> (Conclusion, Vec<Finding>) {
    let rules = [
        certificate_reference(reference, policy),
        coverage(facts.coverage),
        later_changes(&facts.later_changes, policy),
        algorithms(signed, policy.algorithms()),
    ];
    rules.into_iter().fold((Conclusion::Passed, Vec::new()), |(worst, mut findings), (next, finding)| {
        findings.extend(finding);
        (worst.worst(next), findings)
    })
}

type Ruling = (Conclusion, Option<Finding>);

/// Baseline signatures hold a signed reference to the signer's certificate.
fn certificate_reference(reference: ReferenceState, policy: &Policy) -> Ruling {
    if reference != ReferenceState::Absent {
        return (Conclusion::Passed, None);
    }
    match policy.signer().certificate_reference {
        Demand::Required => {
            (CONSTRAINTS, Some(Finding::error("certificate-reference-missing").clause("RFC 5035 §3")))
        }
        Demand::Reported => (
            Conclusion::Passed,
            Some(Finding::warning("certificate-reference-missing").clause("RFC 5035 §3")),
        ),
    }
}

fn coverage(coverage: Coverage) -> Ruling {
    match coverage {
        Coverage::WholeDocument | Coverage::WholeRevision | Coverage::External => (Conclusion::Passed, None),
        Coverage::Partial => (CONSTRAINTS, Some(Finding::error("covers-only-part").clause("EN 319 142-1"))),
    }
}

fn later_changes(changes: &LaterChanges, policy: &Policy) -> Ruling {
    match changes {
        LaterChanges::None => (Conclusion::Passed, None),
        LaterChanges::SignaturesOnly { revisions } => {
            (Conclusion::Passed, Some(Finding::info("signed-or-stamped-again").with("revisions", revisions)))
        }
        other => {
            let NotExamined::Indeterminate = policy.changes().not_examined;
            let finding = Finding::error("changes-after-signing-not-examined");
            let finding = match other {
                LaterChanges::NotExamined { revisions } => finding.with("revisions", revisions),
                _ => finding,
            };
            (CONSTRAINTS, Some(finding))
        }
    }
}

/// The signature's algorithm and the digests it signs. References to certificates are left out: finding a
/// second certificate with the same SHA-1 digest is not what collisions give.
pub(crate) fn algorithms(signed: &SignedObject, rules: &AlgorithmRules) -> Ruling {
    let weak_reference = signed
        .references
        .iter()
        .map(|reference| reference.expected.algorithm)
        .find(|digest| !rules.accept_digest(*digest));
    let weak = if rules.accept_signature(&signed.algorithm) {
        weak_reference.map(|digest| digest.to_string())
    } else {
        Some(signed.algorithm.to_string())
    };
    match weak {
        None => (Conclusion::Passed, None),
        Some(name) => (WEAK, Some(Finding::error("algorithm-too-weak").with("algorithm", name))),
    }
}

/// The signer's key.
pub(crate) fn key(signer: &Certificate, rules: &AlgorithmRules) -> Ruling {
    if rules.accept_key(signer.public_key_kind()) {
        return (Conclusion::Passed, None);
    }
    (WEAK, Some(Finding::error("key-too-short").with("key", signer.public_key_kind())))
}

//! Signature acceptance validation (EN 319 102-1): attributes against the policy; algorithms have their own
//! module, since they alone depend on the time.

use hsign_core::Finding;
use hsign_core::facts::{Coverage, SignatureFacts};

use crate::policy::{Demand, Policy};
use crate::signer_identification::ReferenceState;
use crate::{Conclusion, SubIndication, modifications};

const CONSTRAINTS: Conclusion = Conclusion::Indeterminate(SubIndication::SigConstraintsFailure);

/// Everything that is asked of the signature itself.
pub(crate) fn accept(
    facts: &SignatureFacts,
    reference: ReferenceState,
    policy: &Policy,
) -> (Conclusion, Vec<Finding>) {
    let rules = [certificate_reference(reference, policy), coverage(facts)];
    rules.into_iter().fold(
        modifications::acceptance(facts, policy),
        |(worst, mut findings), (next, finding)| {
            findings.extend(finding);
            (worst.worst(next), findings)
        },
    )
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

/// A signature over a part says nothing about the rest, which a reader may take for signed. Where a profile fixes the
/// part, its reader knows, and the report tells what is covered.
fn coverage(facts: &SignatureFacts) -> Ruling {
    match facts.coverage {
        Coverage::Partial if facts.profile.is_none() => {
            (CONSTRAINTS, Some(Finding::error("covers-only-part").clause("EN 319 102-1")))
        }
        Coverage::WholeDocument
        | Coverage::WholeRevision
        | Coverage::External
        | Coverage::Signature
        | Coverage::Partial => (Conclusion::Passed, None),
    }
}

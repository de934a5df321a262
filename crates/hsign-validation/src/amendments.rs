//! Amended documents (guideline 5.2 §9.4): the original that a signature names has to be there and to hold by the same
//! rules.

use hsign_core::facts::{
    AmendmentForm, Covered, DocumentFacts, DocumentFormat, OriginalFacts, SignatureFacts,
};
use hsign_core::ports::Need;
use hsign_core::{Digest, DigestAlgorithm, Finding, Severity};
use hsign_crypto::sha256;

use crate::document::judge_and_missing;
use crate::policy::Demand;
use crate::{
    Conclusion, Context, GivenProof, Indication, Integrity, OriginalVerdict, SignatureVerdict, SubIndication,
};

const CONSTRAINTS: Conclusion = Conclusion::Indeterminate(SubIndication::SigConstraintsFailure);
const CLAUSE: &str = "guideline 5.2 §9.4 C2";

/// What the originals of a document make of it.
pub(crate) struct JudgedOriginals {
    pub(crate) verdicts: Vec<OriginalVerdict>,
    pub(crate) conclusion: Conclusion,
    pub(crate) findings: Vec<Finding>,
    pub(crate) needs: Vec<Need>,
}

/// Judges every original inside, and says what it means for the document that amends it.
pub(crate) fn judge_originals(
    facts: &DocumentFacts,
    signatures: &[SignatureVerdict],
    context: &Context<'_>,
) -> JudgedOriginals {
    let class_of_amendments = context.document_class.is_some_and(|class| class.amends);
    let demand = if class_of_amendments { Demand::Required } else { context.policy.amendments().original };
    let mut judged = JudgedOriginals {
        verdicts: Vec::new(),
        conclusion: Conclusion::Passed,
        findings: Vec::new(),
        needs: Vec::new(),
    };
    let amending: Vec<&SignatureFacts> = facts.signatures.iter().filter(|one| is_amending(one)).collect();
    if class_of_amendments && amending.is_empty() && !facts.signatures.is_empty() {
        judged.reject(Finding::error("amendment-missing"), demand);
    }
    for signature in amending {
        let original = facts.originals.iter().find(|original| original.amended_by == signature.id);
        match (form(signature), original) {
            // What lies beneath a revision is judged with the document. Only PDF files have revisions.
            (Some(AmendmentForm::Revision), None) if facts.format == DocumentFormat::Pades => {}
            (_, Some(original)) => judged.add(original, signatures, context, demand),
            (_, None) => judged.reject(Finding::error("amended-original-missing"), demand),
        }
    }
    judged
}

/// Whether a signature says that it amends something.
pub(crate) fn is_amending(signature: &SignatureFacts) -> bool {
    form(signature).is_some()
}

fn form(signature: &SignatureFacts) -> Option<AmendmentForm> {
    Some(signature.metadata.as_ref()?.amends.as_ref()?.form)
}

impl JudgedOriginals {
    fn add(
        &mut self,
        original: &OriginalFacts,
        signatures: &[SignatureVerdict],
        context: &Context<'_>,
        demand: Demand,
    ) {
        for finding in &original.findings {
            self.reject(finding.clone(), demand);
        }
        let verdict = original.facts.as_deref().map(|facts| {
            let amendment = signatures.iter().find(|one| one.id() == original.amended_by);
            let (verdict, needs) = judge_within(facts, original, amendment, context);
            self.needs.extend(needs);
            verdict
        });
        if let Some(verdict) = verdict.as_ref().filter(|one| one.indication() != Indication::TotalPassed) {
            let finding =
                Finding::error("amended-original-not-valid").with("indication", verdict.indication().name());
            self.reject(finding, demand);
        }
        self.verdicts.push(OriginalVerdict {
            amended_by: original.amended_by.clone(),
            name: original.name.clone(),
            digest: original.digest.clone(),
            verdict,
            findings: original.findings.clone(),
        });
    }

    fn reject(&mut self, finding: Finding, demand: Demand) {
        let finding = Finding { clause: Some(CLAUSE.to_owned()), ..finding };
        match demand {
            Demand::Required => {
                self.conclusion = self.conclusion.worst(CONSTRAINTS);
                self.findings.push(finding);
            }
            Demand::Reported => self.findings.push(Finding { severity: Severity::Warning, ..finding }),
        }
    }
}

/// The same context, but for whom it lets sign: the first original is a scan, roles asked for in addition are meant for
/// the amendment.
fn judge_within(
    facts: &DocumentFacts,
    original: &OriginalFacts,
    amendment: Option<&SignatureVerdict>,
    context: &Context<'_>,
) -> (crate::DocumentVerdict, Vec<Need>) {
    let is_first = !facts.signatures.iter().any(is_amending);
    let class = context
        .document_class
        .map(|class| if class.amends && is_first { class.of_original() } else { class.clone() });
    let proofs = amendment.map(|one| proofs(facts, &original.digest, one, context)).unwrap_or_default();
    let within = Context { document_class: class.as_ref(), required_roles: &[], proofs: &proofs, ..*context };
    judge_and_missing(facts, &within)
}

/// Whoever signed the original's digest had it before him, with everything inside.
fn proofs(
    facts: &DocumentFacts,
    digest: &Digest,
    amendment: &SignatureVerdict,
    context: &Context<'_>,
) -> Vec<GivenProof> {
    let best = amendment.best_signature_time().map(|best| best.0).filter(|best| *best < context.time.0);
    let strong = matches!(
        digest.algorithm,
        DigestAlgorithm::Sha256 | DigestAlgorithm::Sha384 | DigestAlgorithm::Sha512
    );
    let (Some(time), true, Integrity::Valid) = (best, strong, amendment.integrity()) else {
        return Vec::new();
    };
    let values = facts.signatures.iter().map(|one| Covered::SignatureValue { signature: one.id.clone() });
    let own = facts.signatures.iter().flat_map(|one| &one.timestamps);
    let stamps = own.chain(&facts.timestamps).map(|one| Covered::Timestamp { timestamp: one.id.clone() });
    let store = &facts.evidence;
    let pieces = store.certificates.iter().chain(&store.crls).chain(&store.ocsp_responses);
    let evidence = pieces.map(|piece| Covered::Evidence {
        digest: Digest::new(DigestAlgorithm::Sha256, sha256(piece.as_slice()).to_vec()),
    });
    let source = amendment.id().to_owned();
    let given = |object| GivenProof { object, time, source: source.clone() };
    values.chain(stamps).chain(evidence).map(given).collect()
}

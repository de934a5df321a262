//! The attester's signature over a record, judged like any other signature: by the engine itself.

use hsign_core::facts::{DocumentFacts, DocumentFormat, QualificationEvidenceFacts, SignatureFacts};
use hsign_core::ports::Need;
use hsign_core::{Digest, DigestAlgorithm, Finding, Time, hex};
use hsign_hpki::EvidenceRecord;
use hsign_pki::Purpose;

use crate::document::judge_and_missing;
use crate::{CertificateSummary, Context, Indication, SignatureVerdict};

/// A document needs one record for each of its signers; a folder of them may be given for many documents.
const MAX_RECORDS: usize = 1_000;

/// A record with what its signatures are worth.
pub(crate) struct JudgedRecord {
    /// What to call it.
    pub(crate) name: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub(crate) sha256: String,
    /// What it says; none when it can't be read.
    pub(crate) record: Option<EvidenceRecord>,
    /// The attester whose signature holds.
    pub(crate) attester: Option<CertificateSummary>,
    /// Why it doesn't count, and what was noticed.
    pub(crate) findings: Vec<Finding>,
}

/// Judges every record that came with the document. The second value is what the network might add.
pub(crate) fn judge_records(
    records: &[QualificationEvidenceFacts],
    context: &Context<'_>,
) -> (Vec<JudgedRecord>, Vec<Need>) {
    let mut needs = Vec::new();
    let judged = records.iter().take(MAX_RECORDS).map(|facts| judge(facts, context, &mut needs)).collect();
    (judged, needs)
}

fn judge(facts: &QualificationEvidenceFacts, context: &Context<'_>, needs: &mut Vec<Need>) -> JudgedRecord {
    let mut judged = JudgedRecord {
        name: facts.name.clone(),
        sha256: hex(&hsign_crypto::sha256(facts.record.as_slice())),
        record: None,
        attester: None,
        findings: facts.findings.clone(),
    };
    match EvidenceRecord::parse(facts.record.as_slice()) {
        Ok(record) => judged.record = Some(record),
        Err(error) => judged.findings.push(error.finding().with("record", &facts.name)),
    }
    let Some(issued_at) = judged.record.as_ref().map(|record| record.issued_at) else { return judged };
    match attester(facts, issued_at, context, needs) {
        Ok(attester) => judged.attester = Some(attester),
        Err(findings) => {
            let finding = |finding: Finding| finding.with("record", &facts.name);
            judged.findings.extend(findings.into_iter().map(finding));
        }
    }
    judged
}

/// The attester of the first signature that holds; else why none does.
fn attester(
    facts: &QualificationEvidenceFacts,
    issued_at: Time,
    context: &Context<'_>,
    needs: &mut Vec<Need>,
) -> Result<CertificateSummary, Vec<Finding>> {
    let trust = context.trust.for_attesters();
    let policy = context.policy.for_attesters();
    let alone = Context {
        policy: &policy,
        trust: &trust,
        document_class: None,
        required_roles: &[],
        proofs: &[],
        listed_signers: &[],
        ..*context
    };
    let (verdict, more) = judge_and_missing(&document(facts), &alone);
    needs.extend(more);
    if verdict.signatures().is_empty() {
        return Err(vec![Finding::warning("qualification-evidence-unsigned")]);
    }
    let mut findings = Vec::new();
    for signature in verdict.signatures() {
        match accept(signature, issued_at, context) {
            Ok(attester) => return Ok(attester),
            Err(why) => findings.extend(why),
        }
    }
    Err(findings)
}

/// The signature has to pass as a whole, and the registry has to name the attester for the time that is proven: a
/// time stamp's, else that of the judgement.
fn accept(
    signature: &SignatureVerdict,
    issued_at: Time,
    context: &Context<'_>,
) -> Result<CertificateSummary, Vec<Finding>> {
    let clause = "guideline 5.2 §6.12, route (b)";
    let (Some(signer), Some(best)) = (signature.signer(), signature.best_signature_time()) else {
        return Err(vec![Finding::warning("qualification-evidence-not-attested").clause(clause)]);
    };
    let rejected = |code: &str| Finding::warning(code).clause(clause).with("attester", signer.subject());
    if signature.indication() != Indication::TotalPassed {
        let why = signature.sub_indication().map_or("", crate::SubIndication::name);
        let mut findings = vec![rejected("qualification-evidence-not-attested").with("why", why)];
        let causes =
            signature.findings().iter().filter(|finding| finding.severity == hsign_core::Severity::Error);
        findings
            .extend(causes.map(|cause| Finding { severity: hsign_core::Severity::Warning, ..cause.clone() }));
        return Err(findings);
    }
    let anchor = signature.path().last().map(CertificateSummary::sha256);
    let named = context.trust.entries().iter().filter(|entry| {
        entry.confirmed && entry.serves(Purpose::Attester) && anchor == Some(hex(&entry.sha256).as_str())
    });
    if !named.into_iter().any(|entry| entry.holds_at(best.0)) {
        return Err(vec![rejected("attester-not-named-then").with("time", best)]);
    }
    if issued_at > best.0 {
        return Err(vec![rejected("qualification-evidence-dates").with("time", best)]);
    }
    Ok(signer.clone())
}

/// The record as the document that its signatures belong to. What they should cover is computed from the record here,
/// not taken from whoever read them.
fn document(facts: &QualificationEvidenceFacts) -> DocumentFacts {
    let record = facts.record.as_slice();
    let sha256 = Digest::new(DigestAlgorithm::Sha256, hsign_crypto::sha256(record).to_vec());
    DocumentFacts {
        signatures: facts.signatures.iter().map(|signature| over(signature, record)).collect(),
        ..DocumentFacts::new(DocumentFormat::Cades, record.len() as u64, vec![sha256])
    }
}

fn over(signature: &SignatureFacts, record: &[u8]) -> SignatureFacts {
    let mut signature = signature.clone();
    for reference in signature.signed.iter_mut().flat_map(|signed| &mut signed.references) {
        reference.actual = hsign_crypto::digest(reference.expected.algorithm, record).ok();
    }
    signature
}

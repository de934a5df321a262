use hsign_core::facts::{Change, DocumentFormat, Modifications};
use hsign_core::{Finding, hex};
use hsign_validation::{
    CertificateSummary, Check, DocumentVerdict, EvidenceRecordVerdict, EvidenceVerdict, Indication,
    OriginalVerdict, ReferenceVerdict, RevocationVerdict, SignatureVerdict, TimestampVerdict,
};
use serde::Serialize;
use serde_json::{Value, json as object};

use crate::message::{change_message, finding_hint, finding_text};
use crate::profile::profile_level;
use crate::{DocumentReport, Language, Outcome, VerifyReport};

/// The report as `hsign.verify/1`. Messages are in `language`, everything else is the same in both.
#[must_use]
pub fn json(report: &VerifyReport<'_>, language: Language) -> Value {
    let documents: Vec<_> = report.documents.iter().map(|one| document(one, language)).collect();
    object!({
        "schema": "hsign.verify/1",
        "validation_time": report.validation_time,
        "policy": {
            "name": report.policy.name(),
            "sha256": hex(&report.policy.sha256()),
            "algorithms": {
                "name": report.policy.algorithms().name(),
                "sha256": hex(&report.policy.algorithms().sha256()),
            },
        },
        "trust": { "sha256": hex(&report.trust_sha256) },
        "documents": documents,
    })
}

fn document(report: &DocumentReport<'_>, language: Language) -> Value {
    match &report.outcome {
        Outcome::Judged(verdict) => judged(&report.path, verdict, language),
        Outcome::Unreadable { sha256, findings: why } => object!({
            "path": report.path,
            "sha256": sha256.map(|sha256| hex(&sha256)),
            "format": "none",
            "indication": Indication::NoSignature,
            "sub_indication": null,
            "findings": findings_json(why, language),
            "signatures": [],
        }),
    }
}

fn judged(path: &str, verdict: &DocumentVerdict, language: Language) -> Value {
    let sha256 = verdict
        .digests()
        .iter()
        .find(|digest| digest.algorithm == hsign_core::DigestAlgorithm::Sha256)
        .map(hsign_core::Digest::hex);
    let mut value = object!({
        "path": path,
        "sha256": sha256,
        "format": verdict.format(),
        "indication": verdict.indication(),
        "sub_indication": verdict.sub_indication(),
        "findings": findings_json(verdict.findings(), language),
        "timestamps": timestamps(verdict.timestamps(), language),
        "files": verdict.files(),
        "evidence_records": evidence_records(verdict.evidence_records(), language),
        "originals": verdict.originals().iter().map(|one| original(one, language)).collect::<Vec<_>>(),
    });
    // A bare token has no signatures.
    if verdict.format() != DocumentFormat::Timestamp
        && let Some(fields) = value.as_object_mut()
    {
        let signatures = verdict.signatures().iter().map(|one| signature(one, language)).collect();
        fields.insert("signatures".to_owned(), Value::Array(signatures));
    }
    value
}

/// An original inside an amended document, judged like a document of its own.
fn original(verdict: &OriginalVerdict, language: Language) -> Value {
    let name = verdict.name().map_or("", String::as_str);
    object!({
        "amended_by": verdict.amended_by(),
        "name": verdict.name(),
        "digest": { "algorithm": verdict.digest().algorithm.name(), "value": verdict.digest().hex() },
        "document": verdict.verdict().map(|found| judged(name, found, language)),
        "findings": findings_json(verdict.findings(), language),
    })
}

fn signature(verdict: &SignatureVerdict, language: Language) -> Value {
    let checks: Vec<Check> = verdict.checks().to_vec();
    object!({
        "id": verdict.id(),
        "level": verdict.level(),
        "profile": verdict.profile(),
        "profile_level": profile_level(verdict),
        "document_class": verdict.document_class(),
        "countersigns": verdict.countersigns(),
        "metadata": verdict.metadata(),
        "indication": verdict.indication(),
        "sub_indication": verdict.sub_indication(),
        "integrity": verdict.integrity(),
        "coverage": verdict.coverage(),
        "references": references(verdict.references()),
        "claimed_signing_time": verdict.claimed_signing_time(),
        "best_signature_time": verdict.best_signature_time(),
        "signer": verdict.signer().map(certificate),
        "signatory": verdict.signatory(),
        "qualification": qualification(verdict),
        "timestamps": timestamps(verdict.timestamps(), language),
        "modifications": verdict.modifications().map(|found| modifications(found, language)),
        "control_time": verdict.control_time(),
        "protected_by": verdict.protected_by(),
        "renew_by": verdict.renew_by(),
        "path": verdict.path().iter().map(|one| object!({ "subject": one.subject(), "sha256": one.sha256() })).collect::<Vec<_>>(),
        "revocation": revocation(verdict.revocation()),
        "proofs": verdict.proofs(),
        "checks": checks,
        "findings": findings_json(verdict.findings(), language),
    })
}

fn references(all: &[ReferenceVerdict]) -> Vec<Value> {
    all.iter().map(|one| object!({ "name": one.name(), "holds": one.holds() })).collect()
}

fn modifications(found: &Modifications, language: Language) -> Value {
    let one = |change: &Change| {
        object!({
            "kind": change.kind,
            "verdict": change.verdict,
            "revision": change.revision,
            "page": change.page,
            "position": change.position,
            "object": change.object,
            "message": change_message(change, language),
        })
    };
    object!({ "verdict": found.verdict(), "changes": found.changes.iter().map(one).collect::<Vec<_>>() })
}

fn certificate(summary: &CertificateSummary) -> Value {
    object!({
        "subject": summary.subject(),
        "issuer": summary.issuer(),
        "serial": summary.serial(),
        "sha256": summary.sha256(),
    })
}

/// Without a signer's certificate nobody's qualification can be told.
fn qualification(verdict: &SignatureVerdict) -> Value {
    let mut value = match verdict.qualification() {
        Some(answer) => as_value(answer),
        None => object!({ "status": "undetermined", "basis": "none", "roles": [] }),
    };
    if let Some(fields) = value.as_object_mut() {
        let records = verdict.evidence().iter().map(evidence).collect();
        fields.insert("evidence".to_owned(), Value::Array(records));
    }
    value
}

fn evidence(verdict: &EvidenceVerdict) -> Value {
    object!({
        "record": verdict.record(),
        "sha256": verdict.sha256(),
        "accepted": verdict.accepted(),
        "attester": verdict.attester().map(certificate),
        "issued_at": verdict.issued_at(),
        "identity_check": verdict.identity(),
        "way": verdict.way(),
        "checked_at": verdict.checked_at(),
        "providers": verdict.providers(),
    })
}

fn timestamps(verdicts: &[TimestampVerdict], language: Language) -> Vec<Value> {
    let one = |verdict: &TimestampVerdict| {
        object!({
            "id": verdict.id(),
            "kind": verdict.kind(),
            "gen_time": verdict.gen_time(),
            "integrity": verdict.integrity(),
            "indication": verdict.indication(),
            "sub_indication": verdict.sub_indication(),
            "tsa": verdict.tsa().map(|tsa| object!({
                "subject": tsa.subject(),
                "accreditation": tsa.accreditation_name(),
                "not_after": tsa.not_after(),
            })),
            "revocation": revocation(verdict.revocation()),
            "control_time": verdict.control_time(),
            "findings": findings_json(verdict.findings(), language),
        })
    };
    verdicts.iter().map(one).collect()
}

fn evidence_records(verdicts: &[EvidenceRecordVerdict], language: Language) -> Vec<Value> {
    let one = |verdict: &EvidenceRecordVerdict| {
        object!({
            "id": verdict.id(),
            "indication": verdict.indication(),
            "sub_indication": verdict.sub_indication(),
            "proven_time": verdict.proven_time(),
            "timestamps": timestamps(verdict.timestamps(), language),
            "findings": findings_json(verdict.findings(), language),
        })
    };
    verdicts.iter().map(one).collect()
}

fn revocation(verdicts: &[RevocationVerdict]) -> Vec<Value> {
    verdicts.iter().map(as_value).collect()
}

/// Findings in the contract's form (`code`, `severity`, `message`, `clause`, `hint`).
#[must_use]
pub fn findings_json(findings: &[Finding], language: Language) -> Vec<Value> {
    let one = |finding: &Finding| {
        object!({
            "code": finding.code,
            "severity": finding.severity,
            "message": finding_text(finding, language),
            "clause": finding.clause,
            "hint": finding_hint(finding, language),
        })
    };
    findings.iter().map(one).collect()
}

/// Verdicts hold nothing that JSON lacks (no maps with odd keys), so that this can't fail.
fn as_value(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

use hsign_core::{DigestAlgorithm, Finding};
use hsign_validation::{
    Check, Conclusion, DocumentVerdict, Indication, SignatureVerdict, SubIndication, TimestampVerdict,
};

use super::base64_of;
use super::objects::{Objects, TimestampReference};
use crate::message::{finding_text, printable};
use crate::view::key_of;
use crate::{Language, VerifyReport};

/// One SignatureValidationReport.
pub(super) struct SignatureXml {
    /// `None` where there is no signature to name.
    pub(super) identifier: Option<Identifier>,
    pub(super) path: String,
    pub(super) policy: PolicyXml,
    pub(super) checks: Vec<CheckXml>,
    pub(super) validation_time: String,
    pub(super) best_time: Option<BestTime>,
    pub(super) document_digest: Option<String>,
    /// The one object that stands for the document where there is no digest of it.
    pub(super) claimed_time: Option<String>,
    pub(super) timestamps: Vec<TimestampReference>,
    pub(super) signer: Option<SignerXml>,
    pub(super) status: StatusXml,
    pub(super) chain: Vec<String>,
    pub(super) qualification: Option<QualificationXml>,
    pub(super) renew_by: Option<String>,
    pub(super) findings: Vec<FindingXml>,
}

pub(super) struct Identifier {
    pub(super) id: String,
    pub(super) name: String,
}

pub(super) struct PolicyXml {
    pub(super) name: String,
    pub(super) digest: String,
    pub(super) trust: String,
}

pub(super) struct CheckXml {
    pub(super) name: String,
    pub(super) status: StatusXml,
}

pub(super) struct BestTime {
    pub(super) time: String,
    /// The time stamp that proves it.
    pub(super) proof: Option<String>,
}

pub(super) struct SignerXml {
    pub(super) certificate: String,
    pub(super) name: String,
}

pub(super) struct QualificationXml {
    pub(super) status: String,
    pub(super) basis: String,
    pub(super) roles: Vec<(String, bool)>,
}

pub(super) struct FindingXml {
    pub(super) code: String,
    pub(super) severity: String,
    pub(super) message: String,
}

/// Main indication and sub-indication, as URIs.
pub(super) struct StatusXml {
    pub(super) main: &'static str,
    pub(super) sub: Option<&'static str>,
}

const PASSED: &str = "urn:etsi:019102:mainindication:passed";
const FAILED: &str = "urn:etsi:019102:mainindication:failed";
const INDETERMINATE: &str = "urn:etsi:019102:mainindication:indeterminate";

impl StatusXml {
    fn new(indication: Indication, sub: Option<SubIndication>) -> Self {
        let main = match indication {
            Indication::TotalPassed => "urn:etsi:019102:mainindication:total-passed",
            Indication::TotalFailed => "urn:etsi:019102:mainindication:total-failed",
            Indication::Indeterminate => INDETERMINATE,
            Indication::NoSignature => "urn:x-hsign:mainindication:no-signature",
        };
        Self { main, sub: sub.map(SubIndication::name) }
    }

    /// "Total" is said of signatures only.
    pub(super) fn of_timestamp(verdict: &TimestampVerdict) -> Self {
        let main = match verdict.indication() {
            Indication::TotalPassed => PASSED,
            Indication::TotalFailed => FAILED,
            _ => INDETERMINATE,
        };
        Self { main, sub: verdict.sub_indication().map(SubIndication::name) }
    }

    fn of_check(conclusion: Conclusion) -> Self {
        let main = match conclusion {
            Conclusion::Passed => PASSED,
            Conclusion::Failed(_) => FAILED,
            Conclusion::Indeterminate(_) => INDETERMINATE,
        };
        Self { main, sub: conclusion.sub_indication().map(SubIndication::name) }
    }
}

impl SignatureXml {
    pub(super) fn of(
        id: &str,
        path: &str,
        document: &DocumentVerdict,
        verdict: &SignatureVerdict,
        report: &VerifyReport<'_>,
        objects: &mut Objects,
        language: Language,
    ) -> Self {
        let timestamps = references(id, verdict.timestamps(), objects);
        let best_time = verdict.best_signature_time().map(|best| BestTime {
            time: best.to_string(),
            proof: proof_of(&best.to_string(), verdict, &timestamps),
        });
        Self {
            identifier: Some(Identifier { id: id.to_owned(), name: printable(verdict.id()) }),
            checks: verdict.checks().iter().map(check).collect(),
            best_time,
            document_digest: digest(document),
            claimed_time: verdict.claimed_signing_time().map(|time| time.to_string()),
            timestamps,
            signer: verdict.signer().map(|signer| SignerXml {
                certificate: objects.certificate(signer),
                name: printable(signer.subject()),
            }),
            status: StatusXml::new(verdict.indication(), verdict.sub_indication()),
            chain: verdict.path().iter().map(|one| objects.certificate(one)).collect(),
            qualification: verdict.qualification().map(|answer| QualificationXml {
                status: key_of(&answer.status),
                basis: key_of(&answer.basis),
                roles: answer.roles.iter().map(|role| (printable(&role.text), role.recognised)).collect(),
            }),
            renew_by: verdict.renew_by().map(|time| time.to_string()),
            ..Self::empty(path, verdict.findings(), report, language)
        }
    }

    pub(super) fn without_signature(
        id: &str,
        path: &str,
        document: &DocumentVerdict,
        report: &VerifyReport<'_>,
        objects: &mut Objects,
        language: Language,
    ) -> Self {
        Self {
            document_digest: digest(document),
            timestamps: references(id, document.timestamps(), objects),
            status: StatusXml::new(document.indication(), document.sub_indication()),
            ..Self::empty(path, document.findings(), report, language)
        }
    }

    pub(super) fn unreadable(
        path: &str,
        findings: &[Finding],
        report: &VerifyReport<'_>,
        language: Language,
    ) -> Self {
        Self::empty(path, findings, report, language)
    }

    fn empty(path: &str, findings: &[Finding], report: &VerifyReport<'_>, language: Language) -> Self {
        Self {
            identifier: None,
            path: printable(path),
            policy: PolicyXml {
                name: printable(report.policy.name()),
                digest: base64_of(&report.policy.sha256()),
                trust: base64_of(&report.trust_sha256),
            },
            checks: Vec::new(),
            validation_time: report.validation_time.to_string(),
            best_time: None,
            document_digest: None,
            claimed_time: None,
            timestamps: Vec::new(),
            signer: None,
            status: StatusXml::new(Indication::NoSignature, None),
            chain: Vec::new(),
            qualification: None,
            renew_by: None,
            findings: findings.iter().map(|one| finding(one, language)).collect(),
        }
    }

    /// Which of the standard's processes ran last.
    pub(super) fn process(&self) -> &'static str {
        match &self.timestamps[..] {
            [] => "urn:etsi:019102:validationprocess:Basic",
            several if several.iter().any(TimestampReference::is_archival) => {
                "urn:etsi:019102:validationprocess:LTA"
            }
            _ => "urn:etsi:019102:validationprocess:LTVM",
        }
    }
}

impl TimestampReference {
    fn is_archival(&self) -> bool {
        matches!(self.element, "ArchiveTimeStamp" | "DocTimeStamp")
    }
}

fn references(id: &str, verdicts: &[TimestampVerdict], objects: &mut Objects) -> Vec<TimestampReference> {
    (1..).zip(verdicts).map(|(number, one)| objects.timestamp(format!("{id}T{number}"), one)).collect()
}

fn proof_of(best: &str, verdict: &SignatureVerdict, references: &[TimestampReference]) -> Option<String> {
    let mut stamps = verdict.timestamps().iter().zip(references);
    let proves = |stamp: &TimestampVerdict| {
        stamp.indication() == Indication::TotalPassed
            && stamp.gen_time().is_some_and(|time| time.to_string() == best)
    };
    stamps.find(|(stamp, _)| proves(stamp)).map(|(_, reference)| reference.id.clone())
}

fn digest(document: &DocumentVerdict) -> Option<String> {
    let sha256 = document.digests().iter().find(|one| one.algorithm == DigestAlgorithm::Sha256);
    sha256.map(|digest| base64_of(digest.value.as_slice()))
}

fn check(check: &Check) -> CheckXml {
    CheckXml { name: key_of(&check.check), status: StatusXml::of_check(check.conclusion) }
}

fn finding(finding: &Finding, language: Language) -> FindingXml {
    FindingXml {
        code: finding.code.clone(),
        severity: key_of(&finding.severity),
        message: printable(&finding_text(finding, language)),
    }
}

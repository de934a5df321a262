use hsign_core::facts::{FileCoverage, FileFacts};
use hsign_core::{Digest, DigestAlgorithm, Time};
use hsign_validation::Indication;

use super::history::history;
use super::{DocumentView, Field, RecordView, SignatureView, TimestampView, Tone, answer, findings, status};
use crate::message::{phrase, printable, word};
use crate::{DocumentReport, Language, Outcome};

impl DocumentView {
    pub(super) fn of(report: &DocumentReport<'_>, now: Time, language: Language) -> Self {
        let path = printable(&report.path);
        match &report.outcome {
            Outcome::Judged(verdict) => {
                let sha256 = verdict.digests().iter().find(|one| one.algorithm == DigestAlgorithm::Sha256);
                let signatures: Vec<_> =
                    verdict.signatures().iter().map(|one| SignatureView::of(one, now, language)).collect();
                // A signature shows the document's stamps that cover it.
                let own = if signatures.is_empty() { verdict.timestamps() } else { &[] };
                Self {
                    tone: Tone::of_indication(verdict.indication()),
                    path,
                    status: status(verdict.indication(), language),
                    about: answer::of_document(verdict, now, language),
                    digest: sha256.map(|digest| digest_field(&Digest::hex(digest), language)),
                    files: verdict.files().iter().map(|one| file(one, language)).collect(),
                    signatures,
                    timestamps: own.iter().map(|one| TimestampView::of(one, language)).collect(),
                    records: verdict
                        .evidence_records()
                        .iter()
                        .map(|one| RecordView::of(one, language))
                        .collect(),
                    history: history(verdict, now, language),
                    findings: findings(verdict.findings(), language),
                }
            }
            Outcome::Unreadable { sha256, findings: why } => Self {
                tone: Tone::Neutral,
                path,
                status: status(Indication::NoSignature, language),
                about: Vec::new(),
                digest: sha256.map(|sha256| digest_field(&hsign_core::hex(&sha256), language)),
                files: Vec::new(),
                signatures: Vec::new(),
                timestamps: Vec::new(),
                records: Vec::new(),
                history: Vec::new(),
                findings: findings(why, language),
            },
        }
    }
}

/// "letter.xml (1024 bytes): META-INF/signatures001.p7s#Signature1".
fn file(file: &FileFacts, language: Language) -> Field {
    let length = match file.length {
        Some(length) => phrase("file.length", "count", &length.to_string(), language),
        None => word("reference.absent", language).to_owned(),
    };
    let one = |covered: &FileCoverage| {
        let by = printable(&covered.by);
        match covered.intact {
            Some(true) => by,
            Some(false) => format!("{by} ({})", word("reference.differs", language)),
            None => format!("{by} ({})", word("integrity.undetermined", language)),
        }
    };
    let covered: Vec<String> = file.covered_by.iter().map(one).collect();
    let covered =
        if covered.is_empty() { word("file.by-nobody", language).to_owned() } else { covered.join(", ") };
    Field::new("label.file", format!("{} ({length}): {covered}", printable(&file.name)), language)
}

fn digest_field(hex: &str, language: Language) -> Field {
    Field::new("label.document", hex, language)
}

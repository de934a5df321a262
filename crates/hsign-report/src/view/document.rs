use hsign_core::{Digest, DigestAlgorithm, Time};
use hsign_validation::Indication;

use super::{DocumentView, Field, SignatureView, TimestampView, Tone, answer, findings, status};
use crate::message::printable;
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
                    signatures,
                    timestamps: own.iter().map(|one| TimestampView::of(one, language)).collect(),
                    findings: findings(verdict.findings(), language),
                }
            }
            Outcome::Unreadable { sha256, findings: why } => Self {
                tone: Tone::Neutral,
                path,
                status: status(Indication::NoSignature, language),
                about: Vec::new(),
                digest: sha256.map(|sha256| digest_field(&hsign_core::hex(&sha256), language)),
                signatures: Vec::new(),
                timestamps: Vec::new(),
                findings: findings(why, language),
            },
        }
    }
}

fn digest_field(hex: &str, language: Language) -> Field {
    Field::new("label.document", hex, language)
}

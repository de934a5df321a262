use hsign_validation::EvidenceRecordVerdict;

use super::signature::why;
use super::{Field, RecordView, TimestampView, Tone, findings, status};
use crate::Language;
use crate::message::{phrase, printable, shown};

impl RecordView {
    pub(super) fn of(verdict: &EvidenceRecordVerdict, language: Language) -> Self {
        let proven = verdict.proven_time().map(|time| proven(time.0, language));
        let said = [Some(status(verdict.indication(), language)), proven];
        let why = why(verdict.sub_indication(), language);
        Self {
            tone: Tone::of_indication(verdict.indication()),
            line: format!(
                "{} ({})",
                said.into_iter().flatten().collect::<Vec<_>>().join(" - "),
                printable(verdict.id())
            ),
            fields: why.map(|why| Field::new("label.why", why, language)).into_iter().collect(),
            timestamps: verdict.timestamps().iter().map(|one| TimestampView::of(one, language)).collect(),
            findings: findings(verdict.findings(), language),
        }
    }
}

/// "in existence at 2026-11-21 12:00:00 +09:00".
pub(super) fn proven(time: hsign_core::Time, language: Language) -> String {
    phrase("record.proven", "time", &shown(time), language)
}

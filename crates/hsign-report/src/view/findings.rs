use hsign_core::{Finding, Severity};

use super::Tone;
use crate::Language;
use crate::message::{finding_hint, finding_text, severity_word};

/// One finding.
pub(crate) struct FindingView {
    pub(crate) tone: Tone,
    /// "WARNING", "注意".
    pub(crate) severity: &'static str,
    pub(crate) message: String,
    pub(crate) code: String,
    pub(crate) clause: Option<String>,
    pub(crate) hint: Option<String>,
}

/// The gravest first.
pub(crate) fn findings(findings: &[Finding], language: Language) -> Vec<FindingView> {
    let of = |severity| findings.iter().filter(move |finding| finding.severity == severity);
    let sorted = of(Severity::Error).chain(of(Severity::Warning)).chain(of(Severity::Info));
    sorted
        .map(|finding| FindingView {
            tone: match finding.severity {
                Severity::Error => Tone::Bad,
                Severity::Warning => Tone::Open,
                Severity::Info => Tone::Neutral,
            },
            severity: severity_word(finding.severity, language),
            message: finding_text(finding, language),
            code: finding.code.clone(),
            clause: finding.clause.clone(),
            hint: finding_hint(finding, language),
        })
        .collect()
}

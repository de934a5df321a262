use std::collections::BTreeSet;

use hsign_core::facts::{DocumentFormat, Level};
use hsign_core::{Finding, Severity, Time};
use hsign_validation::{
    Check, Conclusion, DocumentVerdict, QualificationStatus, RevocationState, RevocationVerdict,
    SignatureVerdict, SubIndication, TimestampVerdict,
};

use crate::message::{
    change_message, finding_hint, finding_text, phrase, printable, severity_word, shown, sub_indication_message, word,
};
use crate::{DocumentReport, Language, Outcome, VerifyReport};

/// The report for people. The first line of each document answers: valid or not, who, which profession,
/// stamped when. Then why, check by check.
#[must_use]
pub fn text(report: &VerifyReport<'_>, language: Language) -> String {
    let mut page = Page { lines: Vec::new(), language };
    for document in &report.documents {
        page.document(document, report.validation_time.0);
        page.lines.push(String::new());
    }
    page.label("label.validation-time", &shown(report.validation_time.0), 0);
    page.label("label.policy", report.policy.name(), 0);
    page.lines.join("\n") + "\n"
}

/// Only the first line of each document, and the findings that weigh more than a note: for commands that made the
/// document themselves.
#[must_use]
pub fn summary(report: &VerifyReport<'_>, language: Language) -> String {
    let mut page = Page { lines: Vec::new(), language };
    for document in &report.documents {
        let Outcome::Judged(verdict) = &document.outcome else { continue };
        let headline = page.headline(verdict, report.validation_time.0);
        page.line(0, &headline);
        let findings = verdict.signatures().iter().flat_map(SignatureVerdict::findings);
        let weighty: Vec<Finding> =
            findings.chain(verdict.findings()).filter(|one| one.severity > Severity::Info).cloned().collect();
        page.finding_list(&weighty, 1);
    }
    page.lines.into_iter().map(|line| line + "\n").collect()
}

/// Findings alone, each with its hint: for commands that judge without a report.
#[must_use]
pub fn finding_lines(findings: &[Finding], language: Language) -> String {
    let mut page = Page { lines: Vec::new(), language };
    page.finding_list(findings, 0);
    page.lines.into_iter().map(|line| line + "\n").collect()
}

struct Page {
    lines: Vec<String>,
    language: Language,
}

impl Page {
    fn word(&self, key: &str) -> String {
        word(key, self.language).to_owned()
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(indent)));
    }

    fn label(&mut self, key: &str, value: &str, indent: usize) {
        let colon = if self.language == Language::Ja { "：" } else { ": " };
        let text = format!("{}{colon}{value}", self.word(key));
        self.line(indent, &text);
    }

    fn document(&mut self, report: &DocumentReport<'_>, now: Time) {
        let path = printable(&report.path);
        match &report.outcome {
            Outcome::Judged(verdict) => {
                let headline = self.headline(verdict, now);
                self.line(0, &format!("{path}: {headline}"));
                for signature in verdict.signatures() {
                    self.signature(signature, verdict.signatures().len() == 1, now);
                }
                if verdict.signatures().is_empty() {
                    self.timestamps(verdict.timestamps(), 1);
                }
                self.findings(verdict.findings(), 1);
            }
            Outcome::Unreadable { findings, .. } => {
                let status = self.word("indication.NO-SIGNATURE");
                self.line(0, &format!("{path}: {status}"));
                self.findings(findings, 1);
            }
        }
    }

    /// One signature answers in full; of several, each has its own line below.
    fn headline(&self, verdict: &DocumentVerdict, now: Time) -> String {
        let status = self.word(&format!("indication.{}", verdict.indication().name()));
        match verdict.signatures() {
            [only] => self.answer(only, now),
            [] if verdict.format() == DocumentFormat::Timestamp => {
                match verdict.timestamps().first().and_then(TimestampVerdict::gen_time) {
                    Some(time) => {
                        let of = phrase("headline.token", "time", &shown(time.0), self.language);
                        format!("{status} - {of}")
                    }
                    None => status,
                }
            }
            [] => status,
            several => {
                let count = several.len().to_string();
                format!("{status} - {}", phrase("headline.of", "count", &count, self.language))
            }
        }
    }

    /// "VALID - SHIKEN Hanako, 薬剤師 (Pharmacist), qualified, stamped at …".
    fn answer(&self, verdict: &SignatureVerdict, now: Time) -> String {
        let status = self.word(&format!("indication.{}", verdict.indication().name()));
        let mut parts = vec![self.who(verdict)];
        if let Some(qualification) = verdict.qualification() {
            if qualification.roles.is_empty() {
                parts.push(self.word("role.none"));
            } else {
                parts.push(self.roles(verdict));
            }
            // "no role" once is enough.
            if qualification.status != QualificationStatus::NoRole {
                parts.push(self.word(&format!("status.{}", status_key(qualification.status))));
            }
        }
        parts.push(match stamped_at(verdict) {
            Some(time) => phrase("headline.stamped", "time", &shown(time), self.language),
            None => {
                let stamped = !verdict.timestamps().is_empty();
                let key = if stamped { "headline.unproven" } else { "headline.unstamped" };
                phrase(key, "time", &shown(now), self.language)
            }
        });
        format!("{status} - {}", parts.join(&self.word("headline.separator")))
    }

    fn who(&self, verdict: &SignatureVerdict) -> String {
        match verdict.signer() {
            Some(signer) => printable(signer.name().map_or(signer.subject(), String::as_str)),
            None => self.word("headline.unknown-signer"),
        }
    }

    /// "薬剤師 (Pharmacist)"; an unrecognised text is shown as it stands.
    fn roles(&self, verdict: &SignatureVerdict) -> String {
        let Some(qualification) = verdict.qualification() else { return String::new() };
        let one = |role: &hsign_validation::Role| {
            let text = printable(&role.text);
            match &role.ja {
                Some(ja) => format!("{ja} ({text})"),
                None => format!("\"{text}\" ({})", self.word("role.unrecognised")),
            }
        };
        qualification.roles.iter().map(one).collect::<Vec<_>>().join(" / ")
    }

    fn signature(&mut self, verdict: &SignatureVerdict, alone: bool, now: Time) {
        let title = format!("{} {}", self.word("label.signature"), printable(verdict.id()));
        let title = if alone { title } else { format!("{title}: {}", self.answer(verdict, now)) };
        self.line(1, &title);
        self.why(verdict.sub_indication(), 2);
        if let Some(signer) = verdict.signer() {
            self.label("label.signer", &printable(signer.subject()), 2);
            self.label("label.issuer", &printable(signer.issuer()), 2);
            let validity = format!("{} - {}", shown(signer.not_before()), shown(signer.not_after()));
            self.label("label.certificate-validity", &validity, 2);
            self.label("label.certificate", signer.sha256(), 2);
        }
        self.qualification(verdict);
        if let Some(claimed) = verdict.claimed_signing_time() {
            self.label("label.claimed", &shown(claimed.0), 2);
        }
        if let Some(best) = verdict.best_signature_time() {
            let key = if stamped_at(verdict).is_some() { "label.best" } else { "label.judged-at" };
            self.label(key, &shown(best.0), 2);
        }
        let integrity = self.word(&format!("integrity.{}", key_of(&verdict.integrity())));
        self.label("label.integrity", &integrity, 2);
        let coverage = self.word(&format!("coverage.{}", key_of(&verdict.coverage())));
        self.label("label.coverage", &coverage, 2);
        self.modifications(verdict);
        self.label("label.level", level(verdict.level()), 2);
        self.checks(verdict.checks());
        self.revocation(verdict.revocation(), 2);
        self.timestamps(verdict.timestamps(), 2);
        self.findings(verdict.findings(), 2);
    }

    fn why(&mut self, sub: Option<SubIndication>, indent: usize) {
        if let Some(sub) = sub {
            let meaning = sub_indication_message(sub, self.language);
            self.label("label.why", &format!("{meaning} ({sub})"), indent);
        }
    }

    fn qualification(&mut self, verdict: &SignatureVerdict) {
        let Some(qualification) = verdict.qualification() else { return };
        let roles = self.roles(verdict);
        let status = self.word(&format!("status.{}", status_key(qualification.status)));
        let basis = self.word(&format!("basis.{}", key_of(&qualification.basis)));
        let parts = [roles, status, format!("({basis})")];
        let shown: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        self.label("label.qualification", &shown.join(" "), 2);
    }

    /// What came after signing, each kind of change once: the list of all is in the JSON.
    fn modifications(&mut self, verdict: &SignatureVerdict) {
        let Some(found) = verdict.modifications() else { return };
        let answer = self.word(&format!("modifications.{}", key_of(&found.verdict())));
        self.label("label.modifications", &answer, 2);
        let mut lines: Vec<String> =
            found.changes.iter().map(|change| change_message(change, self.language)).collect();
        let mut known = BTreeSet::new();
        lines.retain(|line| known.insert(line.clone()));
        for line in lines {
            self.line(3, &line);
        }
    }

    fn checks(&mut self, checks: &[Check]) {
        if checks.is_empty() {
            return;
        }
        let title = self.word("label.checks");
        self.line(2, &title);
        for check in checks {
            let name = self.word(&format!("check.{}", key_of(&check.check)));
            let result = self.word(&format!("conclusion.{}", check.conclusion.name()));
            let mark = match check.conclusion {
                Conclusion::Passed => "+",
                Conclusion::Failed(_) => "x",
                Conclusion::Indeterminate(_) => "?",
            };
            let sub = check.conclusion.sub_indication().map_or(String::new(), |sub| format!(" ({sub})"));
            self.line(3, &format!("{mark} {name}: {result}{sub}"));
        }
    }

    fn revocation(&mut self, verdicts: &[RevocationVerdict], indent: usize) {
        for verdict in verdicts {
            let status = match (verdict.status(), verdict.revoked_at()) {
                (RevocationState::Revoked, Some(time)) => {
                    phrase("revocation.revoked", "time", &shown(time), self.language)
                }
                (RevocationState::OnHold, Some(time)) => {
                    phrase("revocation.on-hold", "time", &shown(time), self.language)
                }
                (state, _) => self.word(&format!("revocation.{}", key_of(&state))),
            };
            let mut details = Vec::new();
            if let Some(source) = verdict.source() {
                details.push(self.word(&format!("source.{source}")));
            }
            if let Some(time) = verdict.this_update() {
                details.push(phrase("revocation.as-of", "time", &shown(time), self.language));
            }
            let details = if details.is_empty() {
                String::new()
            } else {
                format!(" ({})", details.join(&self.word("headline.separator")))
            };
            let line = format!("{status}{details} - {}", printable(verdict.subject()));
            self.label("label.revocation", &line, indent);
        }
    }

    fn timestamps(&mut self, verdicts: &[TimestampVerdict], indent: usize) {
        for verdict in verdicts {
            let kind = self.word(&format!("kind.{}", key_of(&verdict.kind())));
            let status = self.word(&format!("indication.{}", verdict.indication().name()));
            let time = verdict.gen_time().map_or_else(|| self.word("unknown"), |time| shown(time.0));
            self.label("label.timestamp", &format!("{status} - {time} ({kind})"), indent);
            self.why(verdict.sub_indication(), indent + 1);
            if let Some(tsa) = verdict.tsa() {
                let until = phrase("tsa.until", "time", &shown(tsa.not_after()), self.language);
                let name = format!("{} ({until})", printable(tsa.subject()));
                self.label("label.tsa", &name, indent + 1);
                let accreditation = self.word(&format!("accreditation.{}", tsa.accreditation_name()));
                self.label("label.accreditation", &accreditation, indent + 1);
            }
            let integrity = self.word(&format!("integrity.{}", key_of(&verdict.integrity())));
            self.label("label.integrity", &integrity, indent + 1);
            self.revocation(verdict.revocation(), indent + 1);
            self.findings(verdict.findings(), indent + 1);
        }
    }

    fn findings(&mut self, findings: &[Finding], indent: usize) {
        if findings.is_empty() {
            return;
        }
        let title = self.word("label.findings");
        self.line(indent, &title);
        self.finding_list(findings, indent + 1);
    }

    /// The gravest first.
    fn finding_list(&mut self, findings: &[Finding], indent: usize) {
        for severity in [Severity::Error, Severity::Warning, Severity::Info] {
            for finding in findings.iter().filter(|finding| finding.severity == severity) {
                let label = severity_word(severity, self.language);
                let message = finding_text(finding, self.language);
                let clause = finding.clause.as_ref().map_or(String::new(), |clause| format!(" [{clause}]"));
                self.line(indent, &format!("{label}: {message} <{}>{clause}", finding.code));
                if let Some(hint) = finding_hint(finding, self.language) {
                    self.label("label.hint", &hint, indent + 1);
                }
            }
        }
    }
}

/// The proven time, when a valid time stamp made it.
fn stamped_at(verdict: &SignatureVerdict) -> Option<Time> {
    let best = verdict.best_signature_time()?.0;
    let proven = verdict.timestamps().iter().any(|stamp| {
        stamp.indication() == hsign_validation::Indication::TotalPassed
            && stamp.kind() != hsign_core::facts::TimestampKind::Content
            && stamp.gen_time().is_some_and(|time| time.0 == best)
    });
    proven.then_some(best)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::BB => "B-B",
        Level::BT => "B-T",
        Level::BLt => "B-LT",
        Level::BLta => "B-LTA",
        Level::Other => "-",
    }
}

fn status_key(status: QualificationStatus) -> String {
    key_of(&status)
}

/// The name a value has in JSON; messages are kept under it.
fn key_of(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_in_japan() {
        assert_eq!(shown("2026-11-20T15:30:05.9Z".parse().unwrap()), "2026-11-21 00:30:05 +09:00");
    }

    #[test]
    fn the_gravest_finding_comes_first() {
        let findings = [Finding::info("test-card"), Finding::error("no-role")];
        let lines = finding_lines(&findings, Language::En);
        let first = lines.lines().next().unwrap();
        assert!(first.starts_with("ERROR") && first.contains("<no-role>"), "{lines}");
    }
}

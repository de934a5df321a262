use hsign_core::{Finding, Severity};
use hsign_validation::SignatureVerdict;

use crate::message::word;
use crate::view::{
    DocumentView, Field, FindingView, RecordView, ReportView, SignatureView, TimestampView, findings,
};
use crate::{Language, Outcome, VerifyReport};

/// The report for people. The first line of each document answers: valid or not, who, which profession,
/// stamped when, provable until when. Then why, check by check.
#[must_use]
pub fn text(report: &VerifyReport<'_>, language: Language) -> String {
    let view = ReportView::of(report, language);
    let mut page = Page { lines: Vec::new(), language };
    for document in &view.documents {
        page.document(document);
        page.lines.push(String::new());
    }
    page.fields(&view.ground, 0);
    page.finish()
}

/// Only the first line of each document, and the findings that weigh more than a note: for commands that made the
/// document themselves.
#[must_use]
pub fn summary(report: &VerifyReport<'_>, language: Language) -> String {
    let view = ReportView::of(report, language);
    let mut page = Page { lines: Vec::new(), language };
    for (document, shown) in report.documents.iter().zip(&view.documents) {
        let Outcome::Judged(verdict) = &document.outcome else { continue };
        let headline = page.headline(&shown.status, &shown.about);
        page.line(0, &headline);
        let all = verdict.signatures().iter().flat_map(SignatureVerdict::findings).chain(verdict.findings());
        let weighty: Vec<Finding> = all.filter(|one| one.severity > Severity::Info).cloned().collect();
        page.finding_list(&findings(&weighty, language), 1);
    }
    page.finish()
}

/// Findings alone, each with its hint: for commands that judge without a report.
#[must_use]
pub fn finding_lines(all: &[Finding], language: Language) -> String {
    let mut page = Page { lines: Vec::new(), language };
    page.finding_list(&findings(all, language), 0);
    page.finish()
}

struct Page {
    lines: Vec<String>,
    language: Language,
}

impl Page {
    fn finish(self) -> String {
        self.lines.into_iter().map(|line| line + "\n").collect()
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(indent)));
    }

    fn title(&mut self, key: &str, indent: usize) {
        let title = word(key, self.language).to_owned();
        self.line(indent, &title);
    }

    fn field(&mut self, label: &str, value: &str, indent: usize) {
        let colon = if self.language == Language::Ja { "：" } else { ": " };
        self.line(indent, &format!("{label}{colon}{value}"));
    }

    fn fields(&mut self, fields: &[Field], indent: usize) {
        for field in fields {
            self.field(&field.label, &field.value, indent);
        }
    }

    fn headline(&self, status: &str, about: &[String]) -> String {
        if about.is_empty() {
            return status.to_owned();
        }
        format!("{status} - {}", about.join(word("headline.separator", self.language)))
    }

    fn document(&mut self, view: &DocumentView) {
        let headline = self.headline(&view.status, &view.about);
        self.line(0, &format!("{}: {headline}", view.path));
        self.fields(&view.files, 1);
        for signature in &view.signatures {
            self.signature(signature, view.signatures.len() == 1);
        }
        self.timestamps(&view.timestamps, 1);
        self.records(&view.records);
        for step in &view.history {
            let headline = self.headline(&step.status, &step.about);
            self.line(1, &format!("{}: {headline}", step.title));
            self.fields(&step.fields, 2);
            self.findings(&step.findings, 2);
        }
        self.findings(&view.findings, 1);
    }

    fn signature(&mut self, view: &SignatureView, alone: bool) {
        if alone {
            self.line(1, &view.title);
        } else {
            let headline = self.headline(&view.status, &view.about);
            self.line(1, &format!("{}: {headline}", view.title));
        }
        self.fields(&view.fields, 2);
        for change in &view.changes {
            self.line(3, change);
        }
        self.checks(view);
        self.fields(&view.revocation, 2);
        self.timestamps(&view.timestamps, 2);
        self.findings(&view.findings, 2);
    }

    fn checks(&mut self, view: &SignatureView) {
        if view.checks.is_empty() {
            return;
        }
        self.title("label.checks", 2);
        for check in &view.checks {
            let sub = check.sub_indication.map_or(String::new(), |sub| format!(" ({sub})"));
            self.line(3, &format!("{} {}: {}{sub}", check.tone.mark(), check.name, check.result));
        }
    }

    fn timestamps(&mut self, views: &[TimestampView], indent: usize) {
        for view in views {
            let label = word("label.timestamp", self.language).to_owned();
            self.field(&label, &view.line, indent);
            self.fields(&view.fields, indent + 1);
            self.fields(&view.revocation, indent + 1);
            self.findings(&view.findings, indent + 1);
        }
    }

    fn records(&mut self, views: &[RecordView]) {
        for view in views {
            let label = word("label.evidence-record", self.language).to_owned();
            self.field(&label, &view.line, 1);
            self.fields(&view.fields, 2);
            self.timestamps(&view.timestamps, 2);
            self.findings(&view.findings, 2);
        }
    }

    fn findings(&mut self, views: &[FindingView], indent: usize) {
        if !views.is_empty() {
            self.title("label.findings", indent);
            self.finding_list(views, indent + 1);
        }
    }

    fn finding_list(&mut self, views: &[FindingView], indent: usize) {
        for view in views {
            let clause = view.clause.as_ref().map_or(String::new(), |clause| format!(" [{clause}]"));
            self.line(indent, &format!("{}: {} <{}>{clause}", view.severity, view.message, view.code));
            if let Some(hint) = &view.hint {
                let label = word("label.hint", self.language).to_owned();
                self.field(&label, hint, indent + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::shown;

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

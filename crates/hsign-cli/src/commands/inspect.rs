//! What is inside a file: the facts as JSON, or the same in short for people. Nothing is judged.

use std::path::{Path, PathBuf};

use anyhow::Result;
use hsign::{Inspection, inspect};
use hsign_core::Finding;
use hsign_core::facts::{EvidenceFacts, Modifications, SignatureFacts, SignedObject, TimestampFacts};
use serde_json::{Value, json};

use super::beside::Beside;
use crate::language::Language;
use crate::output;
use crate::session::Session;

pub(super) fn run(session: &Session, file: &Path, content: &[PathBuf]) -> Result<u8> {
    let source = session.open(file)?;
    let beside = Beside::open(content)?;
    let facts = inspect(source.as_ref(), &beside.contents())?;
    if session.json {
        output::json(&json!({ "schema": "hsign.inspect/1", "path": file, "facts": to_json(&facts)? }));
    } else {
        output::data(&Page::of(&facts, session.language));
    }
    Ok(if facts.signatures.is_empty() && facts.timestamps.is_empty() { 4 } else { 0 })
}

fn to_json(facts: &Inspection) -> Result<Value> {
    Ok(serde_json::to_value(facts)?)
}

/// Lines of `label: value`.
struct Page {
    lines: Vec<String>,
    language: Language,
}

impl Page {
    fn of(facts: &Inspection, language: Language) -> String {
        let mut page = Self { lines: Vec::new(), language };
        page.add(0, ("形式", "format"), &format!("{:?}", facts.format));
        page.add(0, ("長さ", "length"), &facts.length.to_string());
        for digest in &facts.digests {
            page.add(0, ("ハッシュ", "digest"), &format!("{} {}", digest.algorithm, digest.hex()));
        }
        page.evidence(0, &facts.evidence);
        page.findings(0, &facts.findings);
        for signature in &facts.signatures {
            page.signature(signature);
        }
        for timestamp in &facts.timestamps {
            page.timestamp(0, timestamp);
        }
        page.lines.join("\n") + "\n"
    }

    fn add(&mut self, indent: usize, (japanese, english): (&str, &str), value: &str) {
        let label = if self.language == Language::Ja { japanese } else { english };
        self.lines.push(format!("{}{label}: {value}", "  ".repeat(indent)));
    }

    fn modifications(&mut self, indent: usize, facts: &Modifications) {
        let verdict = format!("{:?}", facts.verdict()).to_lowercase();
        self.add(indent, ("後の変更", "later changes"), &verdict);
        for change in &facts.changes {
            let words = hsign_report::change_message(change, self.language);
            self.lines.push(format!("{}{words}", "  ".repeat(indent + 1)));
        }
    }

    fn signature(&mut self, facts: &SignatureFacts) {
        self.add(0, ("署名", "signature"), &facts.id);
        self.add(1, ("水準", "level"), &format!("{:?}", facts.level));
        self.add(1, ("対象範囲", "coverage"), &format!("{:?}", facts.coverage));
        if let Some(time) = facts.claimed_signing_time {
            self.add(1, ("申告された署名時刻", "claimed signing time"), &time.to_string());
        }
        if let Some(modifications) = &facts.modifications {
            self.modifications(1, modifications);
        }
        if let Some(signed) = &facts.signed {
            self.signed(1, signed);
        }
        self.findings(1, &facts.findings);
        for timestamp in &facts.timestamps {
            self.timestamp(1, timestamp);
        }
    }

    fn signed(&mut self, indent: usize, signed: &SignedObject) {
        self.add(indent, ("署名方式", "algorithm"), &signed.algorithm.to_string());
        for reference in &signed.references {
            let holds = match (reference.holds(), self.language) {
                (Some(true), Language::Ja) => "一致",
                (Some(false), Language::Ja) => "不一致",
                (None, Language::Ja) => "対象なし",
                (Some(true), Language::En) => "agrees",
                (Some(false), Language::En) => "differs",
                (None, Language::En) => "nothing to compare",
            };
            let text = format!("{} {} ({holds})", reference.name, reference.expected.algorithm);
            self.add(indent, ("参照", "reference"), &text);
        }
        self.evidence(indent, &signed.evidence);
    }

    fn evidence(&mut self, indent: usize, evidence: &EvidenceFacts) {
        for der in &evidence.certificates {
            let text = match hsign::x509::Certificate::from_der(der.as_slice()) {
                Ok(certificate) => format!("{} ({})", certificate.subject(), certificate.sha256_hex()),
                Err(error) => error.to_string(),
            };
            self.add(indent, ("証明書", "certificate"), &text);
        }
        if !evidence.crls.is_empty() {
            self.add(indent, ("CRL", "CRLs"), &evidence.crls.len().to_string());
        }
        if !evidence.ocsp_responses.is_empty() {
            self.add(indent, ("OCSP応答", "OCSP responses"), &evidence.ocsp_responses.len().to_string());
        }
    }

    fn timestamp(&mut self, indent: usize, facts: &TimestampFacts) {
        self.add(indent, ("タイムスタンプ", "time stamp"), &format!("{} ({:?})", facts.id, facts.kind));
        if let Some(read) = &facts.read {
            self.add(indent + 1, ("時刻", "time"), &read.gen_time.to_string());
            self.add(indent + 1, ("ポリシ", "policy"), &read.policy);
            self.add(indent + 1, ("印影", "imprint"), &read.imprint.expected.algorithm.to_string());
            self.signed(indent + 1, &read.signed);
        }
        self.findings(indent + 1, &facts.findings);
    }

    fn findings(&mut self, indent: usize, findings: &[Finding]) {
        for line in hsign::report::finding_lines(findings, self.language).lines() {
            self.lines.push(format!("{}{line}", "  ".repeat(indent)));
        }
    }
}

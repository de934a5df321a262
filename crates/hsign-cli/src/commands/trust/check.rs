use anyhow::Result;
use hsign::pki::{CheckParameters, CheckedEntry, Fitness, TrustCheck};
use hsign::report::{finding_lines, findings_json};
use hsign::{TrustRegistry, load};
use hsign_core::{ErrorKind, hex};
use serde_json::{Value, json};

use super::entries;
use crate::args::TrustCheckArgs;
use crate::duration::seconds;
use crate::language::Language;
use crate::output;
use crate::session::{self, Session};

/// Due within the warning time; no error has this code.
const DUE_SOON: u8 = 3;

/// What has ended, what ends within the horizon, what is missing: exit code 1, 3 or 0.
pub(super) fn run(session: &Session, args: &TrustCheckArgs) -> Result<u8> {
    let registry = session.trust(Some(&args.trust))?;
    let policy = session.policy(args.policy.as_deref())?;
    let now = session::time_or_now(args.at.as_deref())?.0;
    let within = seconds(&args.within)?;
    let mut known = Vec::new();
    for (_, bytes) in load::files(&args.certificates)? {
        known.extend(hsign::x509::certificates_from_bytes(&bytes)?);
    }
    let check = registry.check(&CheckParameters { now, within, table: policy.algorithms(), known: &known });
    if session.json {
        output::json(&json!({
            "schema": "hsign.trust-check/1",
            "sha256": hex(&registry.sha256()),
            "time": now,
            "within_seconds": within,
            "result": name(check.fitness),
            "entries": check.entries.iter().map(|checked| row(session, checked)).collect::<Vec<_>>(),
            "findings": findings_json(&check.findings, session.language),
        }));
    } else {
        output::data(&text(session, &registry, &check));
    }
    Ok(match check.fitness {
        Fitness::Fit => 0,
        Fitness::DueSoon => DUE_SOON,
        Fitness::Unfit => ErrorKind::Refused.exit_code(),
    })
}

fn name(fitness: Fitness) -> &'static str {
    match fitness {
        Fitness::Fit => "fit",
        Fitness::DueSoon => "due-soon",
        Fitness::Unfit => "unfit",
    }
}

fn row(session: &Session, checked: &CheckedEntry<'_>) -> Value {
    let row = entries::with(entries::row(checked.entry), "result", json!(name(checked.fitness)));
    entries::with(row, "findings", json!(findings_json(&checked.findings, session.language)))
}

fn text(session: &Session, registry: &TrustRegistry, check: &TrustCheck<'_>) -> String {
    let mut lines = String::new();
    for checked in &check.entries {
        lines.push_str(&format!("{}: {}\n", word(session, checked.fitness), heading(checked)));
        let findings = finding_lines(&checked.findings, session.language);
        lines.extend(findings.lines().map(|line| format!("  {line}\n")));
    }
    lines.push_str(&finding_lines(&check.findings, session.language));
    let label = if session.language == Language::Ja { "登録簿" } else { "registry" };
    lines.push_str(&format!(
        "{label} SHA-256 {}: {}\n",
        hex(&registry.sha256()),
        word(session, check.fitness)
    ));
    lines
}

fn heading(checked: &CheckedEntry<'_>) -> String {
    format!("{}  {}", checked.entry.kind.name(), checked.entry.subject)
}

fn word(session: &Session, fitness: Fitness) -> &'static str {
    let ja = session.language == Language::Ja;
    match fitness {
        Fitness::Fit if ja => "問題なし",
        Fitness::Fit => "ok",
        Fitness::DueSoon if ja => "期限間近",
        Fitness::DueSoon => "due soon",
        Fitness::Unfit if ja => "要対応",
        Fitness::Unfit => "unfit",
    }
}

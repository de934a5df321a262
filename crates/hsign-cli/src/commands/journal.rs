//! The journal: stamped, judged, written out.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use hsign::journal_format::{Entry, csv_header, csv_row};
use hsign::report::{finding_lines, findings_json, printable, shown, word};
use hsign::{Finding, Indication, Time, VerifiedJournal, read_journal, verify_journal};
use hsign_core::hex;
use serde_json::{Value, json};

use crate::args::{JournalCommand, JournalExportArgs, JournalStampArgs, JournalVerifyArgs};
use crate::failure::Usage;
use crate::output;
use crate::session::{self, Judging, Session};

pub(super) fn run(session: &Session, command: &JournalCommand) -> Result<u8> {
    match command {
        JournalCommand::Stamp(args) => stamp(session, args),
        JournalCommand::Verify(args) => verify(session, args),
        JournalCommand::Export(args) => export(session, args),
    }
}

fn folder(session: &Session, named: Option<&PathBuf>) -> Result<PathBuf> {
    match named.or(session.config.journal.path.as_ref()) {
        Some(folder) => Ok(folder.clone()),
        None => bail!(Usage::NoJournal),
    }
}

fn stamp(session: &Session, args: &JournalStampArgs) -> Result<u8> {
    let Some(journal) = session.journal() else { bail!(Usage::NoJournal) };
    let Some(timestamper) = session.client(session.endpoints(&args.tsa)?)? else { bail!(Usage::NoTsa) };
    let entry = journal.stamp(&timestamper, timestamper.digest())?;
    let notices = timestamper.take_notices();
    if session.json {
        let findings = findings_json(&notices, session.language);
        output::json(&json!({ "schema": "hsign.journal-stamp/1", "entry": entry, "findings": findings }));
    } else {
        session.tell(&notices);
        session.remark(&Finding::info("journal-stamped").with("entry", entry));
    }
    Ok(0)
}

fn verify(session: &Session, args: &JournalVerifyArgs) -> Result<u8> {
    let settings = session.settings(&Judging::from(&args.judging))?;
    let head = args.head.as_deref().map(session::parse_pin).transpose()?;
    let time = session::time_or_now(args.at.as_deref())?;
    let folder = folder(session, args.folder.as_ref())?;
    let fetcher = session.fetcher(args.fetch);
    let verified = verify_journal(&folder, head, &settings, fetcher.as_ref(), time)?;
    if session.json {
        output::json(&verdict_json(session, &verified));
    } else {
        output::data(&verdict_text(session, &verified));
    }
    Ok(match verified.indication {
        Indication::TotalPassed => 0,
        Indication::TotalFailed => 1,
        _ => 3,
    })
}

fn verdict_json(session: &Session, verified: &VerifiedJournal) -> Value {
    let report = &verified.report;
    let stamps = verified.stamps.iter().map(|(found, verdict)| {
        json!({
            "entry": found.sequence,
            "covers": found.covers,
            "gen_time": verdict.gen_time(),
            "integrity": verdict.integrity(),
            "indication": verdict.indication(),
            "sub_indication": verdict.sub_indication(),
            "findings": findings_json(verdict.findings(), session.language),
        })
    });
    let broken = report.broken.as_ref().map(|broken| {
        let (file, line) = verified.broken_at.clone().unwrap_or_default();
        json!({ "file": file, "line": line, "sequence": broken.sequence, "reason": broken.reason.name() })
    });
    json!({
        "schema": "hsign.journal-verify/1",
        "indication": verified.indication,
        "journal": report.journal,
        "entries": report.entries,
        "from": report.from,
        "to": report.to,
        "head": hex(&report.head.sha256),
        "unstamped": report.unstamped(),
        "torn": report.torn,
        "unfinished": report.unfinished,
        "broken": broken,
        "stamps": stamps.collect::<Vec<_>>(),
        "findings": findings_json(&verified.findings, session.language),
    })
}

fn verdict_text(session: &Session, verified: &VerifiedJournal) -> String {
    let language = session.language;
    let report = &verified.report;
    let time = |time: Option<Time>| time.map(shown).unwrap_or_default();
    let mut text = word(&format!("indication.{}", verified.indication.name()), language).to_owned();
    let counted = word("journal.entries", language).replace("{count}", &report.entries.to_string());
    let _ = writeln!(text, "  {counted}  {} – {}", time(report.from), time(report.to));
    let _ = writeln!(text, "  SHA-256: {}", hex(&report.head.sha256));
    for (found, verdict) in &verified.stamps {
        let answer = word(&format!("indication.{}", verdict.indication().name()), language).to_owned();
        let at = time(verdict.gen_time().map(|gen_time| gen_time.0));
        let label = word("label.timestamp", language);
        let _ = writeln!(text, "  {label} {at}: 1–{}  {answer}", found.covers);
        text.push_str(&finding_lines(verdict.findings(), language));
    }
    text.push_str(&finding_lines(&verified.findings, language));
    text
}

/// Exit code 1 where the chain is broken: what was written ends there.
fn export(session: &Session, args: &JournalExportArgs) -> Result<u8> {
    let bound =
        |text: &Option<String>| text.as_deref().map(|text| session::time_or_now(Some(text))).transpose();
    let (from, to) = (bound(&args.from)?, bound(&args.to)?);
    let wanted =
        |entry: &Entry| from.is_none_or(|from| entry.time >= from.0) && to.is_none_or(|to| entry.time < to.0);
    let folder = folder(session, args.folder.as_ref())?;
    let mut rows: Vec<Value> = Vec::new();
    if !session.json {
        output::data(&csv_header());
    }
    let (report, findings) = read_journal(&folder, &mut |entry| {
        if !wanted(&entry) {
            return;
        }
        if session.json {
            rows.push(json!(entry));
        } else {
            output::data(&printable_row(&entry));
        }
    })?;
    if session.json {
        output::json(&json!({
            "schema": "hsign.journal-export/1",
            "journal": report.journal,
            "head": hex(&report.head.sha256),
            "entries": rows,
            "findings": findings_json(&findings, session.language),
        }));
    } else {
        session.tell(&findings);
    }
    Ok(u8::from(report.broken.is_some()))
}

/// Names of accounts and people must not steer a terminal.
fn printable_row(entry: &Entry) -> String {
    format!("{}\r\n", printable(csv_row(entry).trim_end_matches("\r\n")))
}

//! Evidence records: judged over data, or shown as they are.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use hsign::report::{finding_lines, findings_json, printable, shown, word};
use hsign::{Indication, VerifiedRecord, evidence_record_facts, verify_evidence_record};
use hsign_core::Source;
use hsign_core::facts::{ArchiveTimestampFacts, EvidenceRecordFacts};
use serde_json::{Value, json};

use super::evidence_template;
use crate::args::{EvidenceCommand, VerifyEvidence};
use crate::session::{self, Judging, Session};
use crate::{files, output};

pub(super) fn run(session: &Session, command: &EvidenceCommand) -> Result<u8> {
    match command {
        EvidenceCommand::Verify(args) => verify(session, args),
        EvidenceCommand::Show { record } => show(session, record),
        EvidenceCommand::Template(args) => evidence_template::run(args),
    }
}

fn verify(session: &Session, args: &VerifyEvidence) -> Result<u8> {
    let judging = Judging {
        policy: args.policy.as_deref(),
        evidence: &args.evidence,
        trust: Some(&args.trust),
        ..Judging::default()
    };
    let settings = session.settings(&judging)?;
    let time = session::time_or_now(args.at.as_deref())?;
    let record = hsign_core::read_all(open(&args.record)?.as_ref())?;
    let sources: Result<Vec<Box<dyn Source>>> = args.files.iter().map(|path| open(path)).collect();
    let sources = sources?;
    let data: Vec<&dyn Source> = sources.iter().map(AsRef::as_ref).collect();
    let fetcher = session.fetcher(args.fetch);
    let verified = verify_evidence_record(&record, &data, &settings, fetcher.as_ref(), time)?;
    if session.json {
        output::json(&verdict_json(session, args, &verified));
    } else {
        output::data(&verdict_text(session, args, &verified));
    }
    session.tell(&verified.findings);
    Ok(match verified.verdict.indication() {
        Indication::TotalPassed => 0,
        Indication::TotalFailed => 1,
        _ => 3,
    })
}

fn open(path: &Path) -> Result<Box<dyn Source>> {
    files::open(path).with_context(|| path.display().to_string())
}

/// The contract's `hsign.evidence/1`.
fn verdict_json(session: &Session, args: &VerifyEvidence, verified: &VerifiedRecord) -> Value {
    let verdict = &verified.verdict;
    let places = places(&verified.facts);
    let timestamps = places.iter().zip(verdict.timestamps()).map(|((chain, index, _), timestamp)| {
        json!({
            "chain": chain,
            "index": index,
            "gen_time": timestamp.gen_time(),
            "integrity": timestamp.integrity(),
            "indication": timestamp.indication(),
            "sub_indication": timestamp.sub_indication(),
        })
    });
    let covered = args.files.iter().zip(&verified.covered);
    let covered = covered.map(|(path, covered)| json!({ "path": path, "covered": covered }));
    json!({
        "schema": "hsign.evidence/1",
        "indication": verdict.indication(),
        "sub_indication": verdict.sub_indication(),
        "proven_time": verdict.proven_time(),
        "archive_timestamps": timestamps.collect::<Vec<_>>(),
        "covered": covered.collect::<Vec<_>>(),
        "findings": findings_json(verdict.findings(), session.language),
    })
}

fn verdict_text(session: &Session, args: &VerifyEvidence, verified: &VerifiedRecord) -> String {
    let language = session.language;
    let verdict = &verified.verdict;
    let mut text = word(&format!("indication.{}", verdict.indication().name()), language).to_owned();
    if let Some(time) = verdict.proven_time() {
        let _ = write!(text, "  {}: {}", word("label.best", language), shown(time.0));
    }
    text.push('\n');
    for (path, covered) in args.files.iter().zip(&verified.covered) {
        let answer = word(if *covered { "evidence.covered" } else { "evidence.not-covered" }, language);
        let _ = writeln!(text, "  {}: {answer}", printable(&path.display().to_string()));
    }
    for ((chain, index, _), timestamp) in places(&verified.facts).iter().zip(verdict.timestamps()) {
        let time = timestamp.gen_time().map(|time| shown(time.0)).unwrap_or_default();
        let answer = word(&format!("indication.{}", timestamp.indication().name()), language).to_owned();
        let _ = writeln!(text, "  {} {chain}.{index}: {time}  {answer}", word("label.timestamp", language));
    }
    text.push_str(&finding_lines(verdict.findings(), language));
    text
}

/// The archive time stamps with chain and place, counted from 1, in the order of the verdict's.
fn places(facts: &EvidenceRecordFacts) -> Vec<(usize, usize, &ArchiveTimestampFacts)> {
    let chains = facts.chains.iter().enumerate();
    let places = chains.flat_map(|(chain, timestamps)| {
        let timestamps = timestamps.timestamps.iter().enumerate();
        timestamps.map(move |(index, timestamp)| (chain + 1, index + 1, timestamp))
    });
    places.collect()
}

fn show(session: &Session, record: &Path) -> Result<u8> {
    let bytes = hsign_core::read_all(open(record)?.as_ref())?;
    let facts = evidence_record_facts(&bytes, &[])?;
    for record in &facts.evidence_records {
        if session.json {
            output::json(&json!({ "schema": "hsign.evidence-record/1", "record": record }));
        } else {
            output::data(&facts_text(session, record));
        }
    }
    Ok(0)
}

fn facts_text(session: &Session, record: &EvidenceRecordFacts) -> String {
    let language = session.language;
    let mut text = String::new();
    for (chain, index, timestamp) in places(record) {
        let read = timestamp.timestamp.read.as_ref();
        let time = read.map(|read| shown(read.gen_time.0)).unwrap_or_default();
        let digest = read.map(|read| read.imprint.expected.algorithm.name()).unwrap_or_default();
        let label = word("label.timestamp", language);
        let _ = writeln!(text, "{label} {chain}.{index}: {time}  {digest}");
        text.push_str(&finding_lines(&timestamp.timestamp.findings, language));
    }
    text.push_str(&finding_lines(&record.findings, language));
    text
}

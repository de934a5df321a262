//! Whether a journal is whole, and what its time stamps prove.

use std::io;
use std::path::{Path, PathBuf};

use hsign_core::facts::{Covered, DocumentFacts, DocumentFormat, TimestampFacts, TimestampKind};
use hsign_core::ports::Fetcher;
use hsign_core::{DigestAlgorithm, Finding, ValidationTime, hex};
use hsign_journal::{Entry, FoundStamp, Report, Verifier};
use hsign_validation::{Indication, Integrity, TimestampVerdict};

use crate::journal_file::{journal_files, read_lines};
use crate::{Error, Settings, judge};

/// The answer for a journal.
#[derive(Clone, Debug)]
pub struct VerifiedJournal {
    /// TOTAL-FAILED: the chain is broken, or a stamp doesn't fit. TOTAL-PASSED: it is whole and stamped, and every
    /// stamp holds. Else INDETERMINATE.
    pub indication: Indication,
    /// The chain.
    pub report: Report,
    /// Each time stamp with its judgement, in order.
    pub stamps: Vec<(FoundStamp, TimestampVerdict)>,
    /// The file and the line in it where the chain breaks.
    pub broken_at: Option<(PathBuf, u64)>,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// Follows the chain through all files of the journal in `folder`, and judges its time stamps at `time`: each proves
/// the ones before it. `known_head` is the hash of an entry that has to be there: from an earlier export, or noted
/// elsewhere. Entries after the newest stamp can have been cut off without a trace in the files; their number is told.
///
/// # Errors
/// When the folder can't be read or holds no journal.
pub fn verify_journal(
    folder: &Path,
    known_head: Option<[u8; 32]>,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    time: ValidationTime,
) -> Result<VerifiedJournal, Error> {
    let mut known = known_head.is_none();
    let walk = walk(folder, &mut |_, line| {
        known |= known_head.is_some_and(|head| hsign_crypto::sha256(line) == head);
    })?;
    let report = walk.report;
    let mut findings = chain_findings(&report, walk.broken_at.as_ref());
    if !known {
        findings.push(
            Finding::error("journal-entry-missing").with("sha256", hex(&known_head.unwrap_or_default())),
        );
    }
    let judged = judge(&facts_of(&report)?, settings, fetcher, time);
    findings.extend(judged.findings);
    let stamps: Vec<_> =
        report.stamps.iter().cloned().zip(judged.verdict.timestamps().iter().cloned()).collect();
    findings.extend(stamps.iter().flat_map(|(found, verdict)| stamp_findings(found, verdict)));
    let indication = indication(&findings, &stamps);
    Ok(VerifiedJournal { indication, report, stamps, broken_at: walk.broken_at, findings })
}

/// Gives every entry of the journal that belongs to its chain, in order; tells what the chain amounts to.
///
/// # Errors
/// When the folder can't be read or holds no journal.
pub fn read_journal(folder: &Path, take: &mut dyn FnMut(Entry)) -> Result<(Report, Vec<Finding>), Error> {
    let walk = walk(folder, &mut |entry, _| {
        if let Some(entry) = entry {
            take(entry);
        }
    })?;
    let findings = chain_findings(&walk.report, walk.broken_at.as_ref());
    Ok((walk.report, findings))
}

struct Walk {
    report: Report,
    broken_at: Option<(PathBuf, u64)>,
}

fn walk(folder: &Path, take: &mut dyn FnMut(Option<Entry>, &[u8])) -> Result<Walk, Error> {
    let failed = |source: io::Error| Error::File { path: folder.to_owned(), source };
    let files = journal_files(folder).map_err(failed)?;
    if files.is_empty() {
        return Err(failed(io::Error::new(
            io::ErrorKind::NotFound,
            "no journal-NNNNNN.jsonl in this folder",
        )));
    }
    let mut verifier = Verifier::new();
    let mut before = Vec::new();
    let mut lines = 0;
    for file in files {
        before.push((file.clone(), lines));
        let read = read_lines(&file, &mut |line| {
            lines += 1;
            take(verifier.line(line), line);
        });
        read.map_err(|source| Error::File { path: file, source })?;
    }
    let report = verifier.finish();
    let broken_at = report.broken.as_ref().and_then(|broken| {
        let (file, earlier) = before.into_iter().rfind(|(_, earlier)| *earlier < broken.line)?;
        Some((file, broken.line - earlier))
    });
    Ok(Walk { report, broken_at })
}

/// All stamps as those of one document: a later one covers the one before with everything in it.
fn facts_of(report: &Report) -> Result<DocumentFacts, Error> {
    let mut facts = DocumentFacts::new(DocumentFormat::Timestamp, 0, Vec::new());
    let mut earlier: Option<String> = None;
    for stamp in &report.stamps {
        let mut covered = |algorithm: DigestAlgorithm| hsign_crypto::digest(algorithm, &stamp.head).ok();
        let (read, findings) = hsign_tsp::token_facts(stamp.token.as_slice(), &mut covered);
        let id = format!("entry-{}", stamp.sequence);
        let before = earlier.replace(id.clone()).map(|timestamp| Covered::Timestamp { timestamp });
        facts.timestamps.push(TimestampFacts {
            id,
            kind: TimestampKind::Document,
            token: stamp.token.clone(),
            covers: std::iter::once(Covered::External).chain(before).collect(),
            read,
            findings,
        });
    }
    Ok(facts)
}

fn chain_findings(report: &Report, broken_at: Option<&(PathBuf, u64)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(broken) = &report.broken {
        let (file, line) = broken_at.map_or((PathBuf::new(), broken.line), Clone::clone);
        let finding = Finding::error("journal-broken")
            .clause("guideline 5.2 §6.5 C8")
            .with("file", file.file_name().unwrap_or_default().to_string_lossy())
            .with("line", line)
            .with("sequence", broken.sequence)
            .with("reason", broken.reason.name());
        findings.push(finding);
    }
    if report.torn > 0 {
        findings.push(Finding::info("journal-torn-lines").with("count", report.torn));
    }
    if report.open_end {
        findings.push(Finding::warning("journal-open-end"));
    }
    if !report.clock_went_back.is_empty() {
        findings
            .push(Finding::warning("journal-clock-went-back").with("entries", list(&report.clock_went_back)));
    }
    if !report.unfinished.is_empty() {
        findings.push(Finding::info("journal-unfinished").with("entries", list(&report.unfinished)));
    }
    if report.stamps.is_empty() {
        findings.push(Finding::warning("journal-never-stamped").with("count", report.entries));
    } else if report.unstamped() > 1 {
        // The newest stamp stands in an entry of its own.
        findings.push(Finding::info("journal-unstamped").with("count", report.unstamped()));
    }
    findings
}

fn list(sequences: &[u64]) -> String {
    let shown: Vec<String> = sequences.iter().take(10).map(u64::to_string).collect();
    let more = if sequences.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn stamp_findings(found: &FoundStamp, verdict: &TimestampVerdict) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    if verdict.integrity() != Integrity::Valid {
        findings.push(Finding::error("journal-stamp-invalid").with("entry", found.sequence));
    } else if verdict.indication() != Indication::TotalPassed {
        findings.push(Finding::warning("journal-stamp-open").with("entry", found.sequence));
    }
    if verdict.gen_time().is_some_and(|gen_time| found.is_before_its_entries(gen_time)) {
        findings.push(Finding::error("journal-entries-after-stamp").with("entry", found.sequence));
    }
    findings
}

fn indication(findings: &[Finding], stamps: &[(FoundStamp, TimestampVerdict)]) -> Indication {
    let broken =
        ["journal-broken", "journal-entry-missing", "journal-stamp-invalid", "journal-entries-after-stamp"];
    if findings.iter().any(|finding| broken.contains(&finding.code.as_str())) {
        return Indication::TotalFailed;
    }
    let hold = stamps.iter().all(|(_, verdict)| verdict.indication() == Indication::TotalPassed);
    if hold && !stamps.is_empty() { Indication::TotalPassed } else { Indication::Indeterminate }
}

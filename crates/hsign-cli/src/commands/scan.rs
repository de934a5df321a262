//! Scanned paper: what is stated about it, whose patients object, and what its pages are made of.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hsign::crypto::Hasher;
use hsign::hpki::DocumentClass;
use hsign::{Finding, load};
use hsign_core::facts::{ScanLimits, ScanMode, SignedMetadata};
use hsign_core::{DigestAlgorithm, Source, read_windows};

use crate::args::{BacklogOptions, ScanModeArg, StatementOptions};
use crate::failure::Usage;
use crate::session::{self, Session};

/// What the options state.
pub(super) fn statement(
    options: &StatementOptions,
    backlog: Option<&BacklogOptions>,
) -> Result<SignedMetadata> {
    let mut said = SignedMetadata::default();
    said.created = options.created;
    said.received = options.received;
    said.scanned = options.scanned;
    said.scan_mode = options.scan_mode.map(ScanModeArg::mode);
    said.late_reason = options.late_reason.clone();
    said.author = options.author.clone();
    said.proxy = options.proxy.clone();
    said.confirmer = options.confirmer.clone();
    if let Some(backlog) = backlog {
        check_backlog(said.scan_mode, backlog)?;
        said.plan = backlog.plan.clone();
        said.operators = backlog.operator.clone();
        said.disposal = backlog.disposal;
    }
    Ok(said)
}

/// Guideline 5.2 §9.3 C2: the plan, mutual watching, a record that an audit can use, and when the paper goes.
fn check_backlog(mode: Option<ScanMode>, options: &BacklogOptions) -> Result<()> {
    let two = matches!(options.operator.as_slice(), [one, other] if one != other);
    let parts = [
        ("--plan", options.plan.is_some(), true),
        ("--objections", options.objections.is_some(), true),
        ("--operator", !options.operator.is_empty(), two),
        ("--disposal", options.disposal.is_some(), true),
        ("--audit", options.audit.is_some(), true),
    ];
    if mode == Some(ScanMode::Backlog) {
        match parts.iter().find(|(_, given, complete)| !(*given && *complete)) {
            Some((option, ..)) => bail!(Usage::BacklogLacks { option }),
            None => return Ok(()),
        }
    }
    match parts.iter().find(|(_, given, _)| *given) {
        Some((option, ..)) => bail!(Usage::BacklogOnly { option }),
        None => Ok(()),
    }
}

/// Documents whose patients object to scanning, as the institution lists them.
#[derive(Default)]
pub(super) struct Objections {
    entries: Vec<String>,
}

impl Objections {
    /// A line each; `#` begins a remark.
    pub(super) fn load(path: Option<&PathBuf>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let bytes = load::read(path)?;
        let Ok(text) = std::str::from_utf8(&bytes) else {
            let reason = format!("{}: not UTF-8 text", path.display());
            bail!(Usage::NotAValue { option: "objections".to_owned(), reason });
        };
        let line = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
        let entries = text.trim_start_matches('\u{feff}').lines().map(line).filter(|line| !line.is_empty());
        Ok(Self { entries: entries.collect() })
    }

    /// Whether a line names the document: its file name with or without extension, its path, or its SHA-256.
    pub(super) fn names(&self, path: &Path, sha256: &str) -> bool {
        let name = session::file_name(path);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let absolute = std::path::absolute(path).unwrap_or_default().display().to_string();
        let given = path.display().to_string();
        self.entries.iter().any(|entry| {
            [&name, &stem, &given, &absolute].contains(&entry) || entry.eq_ignore_ascii_case(sha256)
        })
    }
}

/// SHA-256 of a document, hexadecimal.
pub(super) fn sha256(source: &dyn Source) -> Result<String> {
    let mut hasher = Hasher::new(DigestAlgorithm::Sha256)?;
    read_windows(source, 0..source.length(), |window| hasher.update(window).map_err(anyhow::Error::from))?;
    Ok(hasher.finish()?.hex())
}

/// What is asked of scanned pages: by the class of the document; where only a way of scanning is named, as for scans.
pub(super) fn limits(
    session: &Session,
    class: Option<&DocumentClass>,
    mode: Option<ScanMode>,
) -> Result<Option<ScanLimits>> {
    let of_class = class.and_then(|class| class.scan.clone());
    match (of_class, mode) {
        (None, Some(_)) => Ok(session.document_class(Some("scan"))?.and_then(|class| class.scan)),
        (of_class, _) => Ok(of_class),
    }
}

/// What of the pages stays below that.
pub(super) fn page_findings(
    source: &dyn Source,
    limits: Option<&ScanLimits>,
    mode: Option<ScanMode>,
) -> Result<Vec<Finding>> {
    let Some(limits) = limits else { return Ok(Vec::new()) };
    let scan = hsign::scan_facts(source, &[])?;
    Ok(scan.map(|scan| hsign::scan_findings(&scan, limits, mode)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objection_names_a_document_in_any_of_the_usual_ways() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("objections.txt");
        std::fs::write(&list, "\u{feff}0001 # withdrawn consent\n\n# remark\nABCDEF\nb/0003.pdf\n").unwrap();
        let objections = Objections::load(Some(&list)).unwrap();
        assert!(objections.names(Path::new("in/0001.pdf"), "00"));
        assert!(objections.names(Path::new("b/0003.pdf"), "00"));
        assert!(objections.names(Path::new("x.pdf"), "abcdef"));
        assert!(!objections.names(Path::new("in/00011.pdf"), "00"));
        assert!(!Objections::default().names(Path::new(""), ""));
    }
}

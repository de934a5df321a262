//! What a verification leaves behind when asked: reports, saved facts, evidence.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use hsign::file::{Existing, put_in_place};
use hsign::report::{etsi_xml, html};
use hsign::saved::{
    EvidenceKind, SCHEMA, SavedDocument, SavedEvidence, SavedFacts, SavedFailure, SavedPolicy, SavedTrust,
    save_evidence,
};
use hsign::{Evidence, load};
use hsign_core::hex;

use super::verify::{Ground, Judged, report};
use crate::args::VerifyArgs;
use crate::failure::Usage;
use crate::session::Session;

#[derive(Clone, Copy)]
enum ReportKind {
    Html,
    Xml,
}

/// Refuses before the work what could not be written after it.
pub(super) fn check_targets(args: &VerifyArgs) -> Result<()> {
    for path in &args.report {
        kind(path)?;
    }
    for path in args.report.iter().chain(&args.save_facts).filter(|_| !args.force) {
        if path.symlink_metadata().is_ok() {
            let exists = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(exists).with_context(|| path.display().to_string());
        }
    }
    Ok(())
}

/// Writes everything that was asked for.
pub(super) fn write(session: &Session, args: &VerifyArgs, ground: &Ground, judged: &[Judged]) -> Result<()> {
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let put = |path: &Path, text: &str| {
        put_in_place(path, None, text.as_bytes(), existing).with_context(|| path.display().to_string())
    };
    for path in &args.report {
        let report = report(ground, judged);
        let text = match kind(path)? {
            ReportKind::Html => html(&report, session.language),
            ReportKind::Xml => etsi_xml(&report, session.language),
        };
        put(path, &text)?;
    }
    if let Some(path) = &args.save_facts {
        put(path, &saved(ground, judged).to_json()?)?;
    }
    if let Some(folder) = &args.save_evidence {
        keep_evidence(folder, &outside_evidence(session, args, ground, judged)?)?;
    }
    Ok(())
}

fn kind(path: &Path) -> Result<ReportKind> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("html" | "htm") => Ok(ReportKind::Html),
        Some("xml") => Ok(ReportKind::Xml),
        _ => bail!(Usage::ReportKind { path: path.display().to_string() }),
    }
}

fn saved(ground: &Ground, judged: &[Judged]) -> SavedFacts {
    let settings = &ground.settings;
    SavedFacts {
        schema: SCHEMA.to_owned(),
        validation_time: ground.time,
        policy: SavedPolicy {
            name: settings.policy.name().to_owned(),
            sha256: hex(&settings.policy.sha256()),
        },
        trust: SavedTrust { sha256: hex(&settings.trust.sha256()) },
        document_class: settings.document_class.clone(),
        professions: settings.professions.clone(),
        required_roles: settings.required_roles.clone(),
        listed_signers: settings.listed_signers.iter().map(|pin| hex(pin)).collect(),
        given: save_evidence(&settings.evidence),
        documents: judged.iter().map(saved_document).collect(),
    }
}

fn saved_document(judged: &Judged) -> SavedDocument {
    let path = judged.path.clone();
    match &judged.outcome {
        Ok(answer) => SavedDocument {
            path,
            facts: answer.facts.clone(),
            fetched: save_evidence(&answer.verified.fetched),
            failure: None,
        },
        Err(failed) => SavedDocument {
            path,
            facts: None,
            fetched: Vec::new(),
            failure: Some(SavedFailure { exit_code: failed.exit_code, finding: failed.finding.clone() }),
        },
    }
}

/// A file for each object, named by its content: what is there already is the same.
fn keep_evidence(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for (name, bytes) in files {
        let path: PathBuf = folder.join(name);
        if path.symlink_metadata().is_err() {
            put_in_place(&path, None, bytes, Existing::Keep).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// What was given, as the files that were given; what was fetched or saved, object by object.
fn outside_evidence(
    session: &Session,
    args: &VerifyArgs,
    ground: &Ground,
    judged: &[Judged],
) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    if args.facts.is_none() {
        for (path, bytes) in load::files(&[&session.config.evidence[..], &args.evidence].concat())? {
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("bin");
            files.insert(content_name(&bytes, &extension.to_lowercase()), bytes);
        }
    } else {
        files.extend(objects(&ground.settings.evidence));
    }
    let fetched = judged.iter().filter_map(|one| one.outcome.as_ref().ok()).map(|one| &one.verified.fetched);
    files.extend(fetched.flat_map(objects));
    Ok(files)
}

fn objects(evidence: &Evidence) -> Vec<(String, Vec<u8>)> {
    let one = |object: SavedEvidence| {
        let extension = match object.kind {
            EvidenceKind::Certificate => "cer",
            EvidenceKind::Crl => "crl",
            EvidenceKind::OcspResponse => "ors",
        };
        (content_name(object.octets.as_slice(), extension), object.octets.0)
    };
    save_evidence(evidence).into_iter().map(one).collect()
}

fn content_name(bytes: &[u8], extension: &str) -> String {
    format!("{}.{extension}", hex(&hsign::crypto::sha256(bytes)))
}

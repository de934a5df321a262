//! The CSV of an electronic prescription: converted before signing when asked for, and taken out of what was signed.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use hsign::eprescription::{convert, export_signed};
use hsign::file::{Existing, put_in_place};
use hsign::{DocumentVerdict, Finding};
use hsign_core::{Source, read_all};

use super::verify::Judged;
use crate::args::{EprescriptionOptions, VerifyArgs};
use crate::session::Session;

/// The CSV as it will be signed, and what was done to it.
pub(super) fn converted(
    source: Box<dyn Source>,
    options: &EprescriptionOptions,
) -> Result<(Box<dyn Source>, Option<Finding>)> {
    let Some(from) = options.convert else { return Ok((source, None)) };
    let converted = convert(&read_all(source.as_ref())?, from.encoding())?;
    Ok((Box::new(converted.csv), converted.finding))
}

/// `verify --export-signed`: each CSV into a file of its own, only from documents whose signatures hold.
pub(super) fn export(session: &Session, args: &VerifyArgs, judged: &[Judged]) -> Result<Vec<Finding>> {
    let Some(folder) = &args.export_signed else { return Ok(Vec::new()) };
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let mut findings = Vec::new();
    for one in judged {
        let Ok(answer) = &one.outcome else { continue };
        let path = Path::new(&one.path);
        let told = export_of(session, path, &answer.verified.verdict, folder, existing);
        findings.extend(told.with_context(|| one.path.clone())?);
    }
    Ok(findings)
}

fn export_of(
    session: &Session,
    path: &Path,
    verdict: &DocumentVerdict,
    folder: &Path,
    existing: Existing,
) -> Result<Vec<Finding>> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut findings = Vec::new();
    for exported in export_signed(session.open(path)?.as_ref(), verdict)? {
        findings.push(match exported.csv {
            Some(signed) => {
                let target: PathBuf = folder.join(format!("{stem}.{}.csv", signed.side));
                put_in_place(&target, None, &signed.csv, existing)
                    .with_context(|| target.display().to_string())?;
                Finding::info("eprescription-csv-exported")
                    .with("signature", &exported.signature)
                    .with("path", target.display())
            }
            None => Finding::warning("eprescription-csv-not-exported").with("signature", &exported.signature),
        });
    }
    if findings.is_empty() {
        findings.push(Finding::warning("eprescription-nothing-to-export"));
    }
    Ok(findings)
}

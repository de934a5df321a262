//! Which kind of container it is, and whether it is built as one (EN 319 162-1).

use hsign_core::facts::SignatureFacts;
use hsign_core::{Budget, Finding};

use super::{Found, Reading};
use crate::container::{Container, MIMETYPE};
use crate::manifest::{self, Manifest};
use crate::roles::{Role, role};
use crate::zip::STORED;
use crate::{ContainerType, Error};

const CLAUSE: &str = "EN 319 162-1";
const MIMETYPE_LENGTH: u64 = 1_024;

/// The kind as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContainerForm {
    /// `None` for OpenDocument and others that are signed in the same way.
    pub(crate) kind: Option<ContainerType>,
    /// Whether it says what it is.
    pub(crate) is_known: bool,
}

pub(crate) fn form(
    container: &Container<'_>,
    manifests: &[Manifest],
    findings: &mut Vec<Finding>,
) -> Result<ContainerForm, Error> {
    let media_type = mimetype(container, findings)?;
    let comment = String::from_utf8_lossy(&container.archive.comment).into_owned();
    let comment = comment.strip_prefix("mimetype=").map(str::trim);
    if let (Some(file), Some(comment)) = (media_type.as_deref(), comment)
        && file != comment
    {
        findings.push(Finding::warning("asic-comment-differs").clause(CLAUSE).with("comment", comment));
    }
    listing(container, findings)?;
    unknown_metadata(container, findings);
    findings.extend(other_document(container));
    let stated = media_type.as_deref().or(comment);
    let kind = match stated {
        Some(stated) => ContainerType::of_media_type(stated),
        None => {
            let simple = manifests.is_empty() && container.data_objects().count() == 1;
            Some(if simple { ContainerType::AsicS } else { ContainerType::AsicE })
        }
    };
    let open_document =
        stated.is_some_and(|stated| stated.starts_with("application/vnd.oasis.opendocument."));
    if let (Some(stated), None, false) = (stated, kind, open_document) {
        findings.push(Finding::warning("asic-mimetype-unknown").clause(CLAUSE).with("type", stated));
    }
    Ok(ContainerForm { kind, is_known: stated.is_some() && (kind.is_some() || open_document) })
}

/// The media type that the first entry names; every rule about that entry.
fn mimetype(container: &Container<'_>, findings: &mut Vec<Finding>) -> Result<Option<String>, Error> {
    let entries = &container.archive.entries;
    let Some(entry) = entries.iter().find(|entry| entry.name == MIMETYPE) else {
        findings.push(Finding::warning("asic-mimetype-missing").clause(CLAUSE));
        return Ok(None);
    };
    if entry.start != 0 {
        findings.push(Finding::warning("asic-mimetype-not-first").clause(CLAUSE));
    }
    if entry.method != STORED {
        findings.push(Finding::warning("asic-mimetype-compressed").clause(CLAUSE));
    }
    if entry.has_extra {
        findings.push(Finding::warning("asic-mimetype-extra-field").clause(CLAUSE));
    }
    Budget::new("bytes of the mimetype entry", MIMETYPE_LENGTH).spend(entry.size)?;
    let Some(bytes) = container.bytes(entry)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let trimmed = text.trim_start_matches('\u{feff}').trim();
    if trimmed.len() != text.len() {
        findings.push(Finding::warning("asic-mimetype-padded").clause(CLAUSE));
    }
    Ok(Some(trimmed.to_owned()))
}

/// What META-INF/manifest.xml lists beside what is there.
fn listing(container: &Container<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for entry in container.metadata().filter(|entry| role(&entry.name) == Role::Listing) {
        let listed = match container.bytes(entry)? {
            Some(bytes) => manifest::listed_files(&bytes),
            None => None,
        };
        let Some(listed) = listed else {
            findings.push(Finding::warning("asic-listing-unreadable").clause(CLAUSE));
            continue;
        };
        for name in listed.iter().filter(|name| !container.archive.has(name)) {
            findings.push(Finding::warning("asic-listed-not-there").clause(CLAUSE).with("entry", name));
        }
        for entry in container.data_objects().filter(|entry| !listed.contains(&entry.name)) {
            findings.push(Finding::warning("asic-not-listed").clause(CLAUSE).with("entry", &entry.name));
        }
    }
    Ok(())
}

fn unknown_metadata(container: &Container<'_>, findings: &mut Vec<Finding>) {
    for entry in container.metadata().filter(|entry| role(&entry.name) == Role::Other) {
        findings.push(Finding::info("asic-unknown-metadata").clause(CLAUSE).with("entry", &entry.name));
    }
}

/// A PDF reader that is given the container shows whatever PDF it begins with; that has to be a file that is signed.
fn other_document(container: &Container<'_>) -> Option<Finding> {
    let header = container.pdf_header()?;
    let mut objects = container.data_objects();
    let inside = objects.any(|entry| entry.method == STORED && (entry.data..entry.end).contains(&header));
    (!inside).then(|| Finding::error("asic-shown-as-pdf").clause(CLAUSE))
}

/// ASiC-S is about exactly one file: with another one beside it, what was signed is left open.
pub(super) fn check_signatures(reading: &Reading<'_, '_>, found: &mut Found) {
    if reading.form.kind != Some(ContainerType::AsicS) {
        return;
    }
    let finding = match reading.objects.len() {
        1 => return,
        0 => Finding::error("asic-s-no-object"),
        count => Finding::error("asic-s-several-objects").with("count", count),
    };
    let finding = finding.clause(CLAUSE);
    found.findings.push(finding.clone());
    let each = |signature: &mut SignatureFacts| signature.findings.push(finding.clone());
    found.signatures.iter_mut().for_each(each);
    found.timestamps.iter_mut().for_each(|stamp| stamp.findings.push(finding.clone()));
}

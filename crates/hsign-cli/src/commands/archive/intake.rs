//! What comes into the archive.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use hsign::archive::{ImportRequest, Intake, Line, Retention};
use hsign_core::Date;
use serde::Deserialize;

use super::desk::{Desk, Network, absolute, at_desk};
use super::{done, lines};
use crate::args::{ArchiveAddArgs, ArchiveDateArgs, ArchiveImportArgs, ArchiveSettleArgs};
use crate::failure::Usage;
use crate::session::Session;
use crate::{files, progress};

/// A row of `--list`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    location: PathBuf,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    retention_start: Option<String>,
    #[serde(default)]
    keep_until: Option<String>,
    #[serde(default)]
    replaces: Option<String>,
    #[serde(default)]
    content: Option<PathBuf>,
}

pub(super) fn add(session: &Session, args: &ArchiveAddArgs) -> Result<u8> {
    let intakes = match &args.list {
        Some(list) => listed(list, args)?,
        None => named(args)?,
    };
    let network = if args.fetch { Network::Fetch } else { Network::None };
    let desk = Desk::open(session, &args.options, network)?;
    let bar = progress::bar(intakes.len(), session.quiet);
    let tell = |line: &Line| {
        bar.inc(u64::from(matches!(line, Line::Taken { .. } | Line::Known { .. } | Line::SetAside { .. })));
        bar.suspend(|| lines::tell(session, line));
    };
    let summary = desk.untold(&tell, |archive, at| archive.add(&intakes, at))?;
    bar.finish_and_clear();
    lines::summary(session, &summary);
    Ok(done(&summary))
}

fn named(args: &ArchiveAddArgs) -> Result<Vec<Intake>> {
    let inputs = files::expand(&args.files, files::is_stampable)?;
    let only = if args.key.is_some() { Some("--key") } else { args.replaces.as_ref().map(|_| "--replaces") };
    let only = only.or((!args.content.is_empty()).then_some("--content"));
    if let (Some(option), true) = (only, inputs.len() != 1) {
        bail!(Usage::OneInput { option });
    }
    let retention = retention(args.retention_start.as_deref(), args.keep_until.as_deref())?;
    let intake = |input: &PathBuf| {
        Ok(Intake {
            location: absolute(input)?,
            key: args.key.clone(),
            class: args.class.clone().unwrap_or_default(),
            retention,
            beside: args.content.clone(),
            replaces: args.replaces.clone(),
        })
    };
    inputs.iter().map(intake).collect()
}

/// Paths in a list are relative to its folder.
fn listed(list: &Path, args: &ArchiveAddArgs) -> Result<Vec<Intake>> {
    let text = std::fs::read(list).with_context(|| list.display().to_string())?;
    let folder = list.parent().unwrap_or(Path::new(""));
    let rows = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(rows);
    let mut intakes = Vec::new();
    for (number, row) in reader.deserialize::<Row>().enumerate() {
        let unusable =
            |reason: String| Usage::ListLine { path: list.display().to_string(), line: number + 2, reason };
        let row = row.map_err(|error| unusable(error.to_string()))?;
        intakes.push(taken(row, folder, args).map_err(|error| unusable(error.to_string()))?);
    }
    Ok(intakes)
}

fn taken(row: Row, folder: &Path, args: &ArchiveAddArgs) -> Result<Intake> {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (start, until) = (filled(row.retention_start), filled(row.keep_until));
    let given = start.is_none() && until.is_none();
    let start = start.or_else(|| args.retention_start.clone().filter(|_| given));
    let until = until.or_else(|| args.keep_until.clone().filter(|_| given));
    let class = filled(row.class).or_else(|| args.class.clone());
    let Some(class) = class else {
        bail!(Usage::NotAValue { option: "class".to_owned(), reason: "none is given".to_owned() });
    };
    let content = row.content.filter(|path| !path.as_os_str().is_empty());
    Ok(Intake {
        location: absolute(&folder.join(row.location))?,
        key: filled(row.key),
        class,
        retention: retention(start.as_deref(), until.as_deref())?,
        beside: content.into_iter().map(|path| folder.join(path)).collect(),
        replaces: filled(row.replaces),
    })
}

fn retention(start: Option<&str>, until: Option<&str>) -> Result<Retention> {
    match (start, until) {
        (Some("open"), None) => Ok(Retention::Open),
        (Some(text), None) => Ok(Retention::Start(date("retention-start", text)?)),
        (None, Some(text)) => Ok(Retention::Until(date("keep-until", text)?)),
        _ => bail!(Usage::NotAValue {
            option: "retention-start".to_owned(),
            reason: "either a day, or open; or --keep-until".to_owned()
        }),
    }
}

fn date(option: &str, text: &str) -> Result<Date> {
    let reason = |error: hsign_core::DateError| error.to_string();
    let wrong = |reason| Usage::NotAValue { option: option.to_owned(), reason };
    Ok(text.parse().map_err(|error| wrong(reason(error)))?)
}

pub(super) fn import_digests(session: &Session, args: &ArchiveImportArgs) -> Result<u8> {
    let request = ImportRequest { manifest: args.manifest.clone(), sample: args.sample };
    at_desk(session, &args.options, |archive, at| archive.import_digests(&request, at))
}

pub(super) fn settle(session: &Session, args: &ArchiveSettleArgs) -> Result<u8> {
    at_desk(session, &args.options, |archive, at| archive.settle(&args.key, &args.how, at))
}

pub(super) fn date_command(session: &Session, args: &ArchiveDateArgs) -> Result<u8> {
    let start = date("start", &args.start)?;
    let starts: Vec<(String, Date)> = args.keys.iter().map(|key| (key.clone(), start)).collect();
    at_desk(session, &args.options, |archive, at| archive.date(&starts, at))
}

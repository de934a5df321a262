//! Making an archive, what it is told by, and making its index anew.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use hsign::archive::{ArchiveConfig, RetentionTable, TEMPLATE};
use serde_json::json;
use toml::Value;

use super::desk::{Ground, absolute, home, judging};
use super::{done, lines};
use crate::args::{ArchiveInitArgs, ArchiveOptions};
use crate::output;
use crate::session::{self, Judging, Session};

/// The hash functions of the first and the second line of evidence, and what follows each.
const TRACKS: [(&str, &str, &str); 2] = [("a", "sha256", "sha512"), ("b", "sha512", "sha3-512")];

pub(super) fn template() -> u8 {
    output::data(TEMPLATE);
    0
}

pub(super) fn init(session: &Session, args: &ArchiveInitArgs) -> Result<u8> {
    let text = match &args.settings {
        Some(path) => std::fs::read_to_string(path).with_context(|| path.display().to_string())?,
        None => composed(args)?,
    };
    let config = ArchiveConfig::parse(&text)?;
    let ground = Ground::new(session, &Judging::default(), &config)?;
    ground.run(|environment| {
        hsign::archive::init(&args.folder, &text, session::secrets(), environment).map(|_| ())
    })?;
    Ok(0)
}

/// The configuration that the options ask for; everything else as it comes.
fn composed(args: &ArchiveInitArgs) -> Result<String> {
    let quoted = |text: &str| Value::from(text).to_string();
    let mut text = "format = \"hsign.archive-config/1\"\n".to_owned();
    for (number, store) in args.store.iter().enumerate() {
        let url = quoted(&absolute(store)?);
        let (country, operator) = (quoted(&args.country), quoted(&args.operator));
        let _ = write!(
            text,
            "\n[[store]]\nname = \"store-{}\"\nurl = {url}\naccess = \"repair\"\ncountry = {country}\n\
             operator = {operator}\n",
            number + 1
        );
    }
    let lone = args.tsa.len() < TRACKS.len();
    for ((track, algorithm, next), number) in TRACKS.iter().zip(1..=args.tsa.len()) {
        let names =
            if lone { names(1..=args.tsa.len()) } else { names((number..=args.tsa.len()).step_by(2)) };
        let _ = write!(
            text,
            "\n[[track]]\nname = \"{track}\"\nalgorithm = \"{algorithm}\"\nnext = \"{next}\"\ntsa = [{names}]\n"
        );
    }
    for (number, url) in args.tsa.iter().enumerate() {
        let _ = write!(text, "\n[[tsa]]\nname = \"tsa-{}\"\nurl = {}\n", number + 1, quoted(url));
    }
    Ok(text)
}

fn names(numbers: impl Iterator<Item = usize>) -> String {
    numbers.map(|number| format!("\"tsa-{number}\"")).collect::<Vec<_>>().join(", ")
}

/// The table that comes along, in the form in which an institution can write its own.
pub(super) fn retention(session: &Session) -> Result<u8> {
    let table = RetentionTable::builtin().map_err(hsign::Error::from)?;
    if session.json {
        output::json(&json!({ "schema": "hsign.archive-retention/1", "rules": table.rules() }));
    } else {
        output::data(RetentionTable::builtin_text());
    }
    Ok(0)
}

pub(super) fn rebuild_index(session: &Session, options: &ArchiveOptions) -> Result<u8> {
    let home = home(session, options)?;
    let config = ArchiveConfig::read(Path::new(&home))?;
    let ground = Ground::new(session, &judging(options), &config)?;
    let summary =
        ground.run(|environment| hsign::archive::rebuild_index(&home, session::secrets(), environment))?;
    lines::summary(session, &summary);
    Ok(done(&summary))
}

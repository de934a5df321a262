//! The visible mark from the options and the configuration.

use std::path::Path;

use anyhow::{Context as _, Result};
use hsign::appearance::{Font, Seal};
use hsign::{MarkItem, MarkRequest};

use crate::args::{MarkLine, MarkOptions};
use crate::session::Session;

/// `None` without `--mark`.
pub(super) fn mark(session: &Session, options: &MarkOptions) -> Result<Option<MarkRequest>> {
    let Some(place) = options.mark else { return Ok(None) };
    let items: Vec<MarkItem> = options.mark_text.iter().filter_map(|line| item(*line)).collect();
    let configured = &session.config.mark;
    let font = options.mark_font.as_deref().or(configured.font.as_deref());
    let seal = options.mark_seal.as_deref().or(configured.seal.as_deref());
    Ok(Some(MarkRequest {
        place: place.with_size(options.mark_size),
        font: font.filter(|_| !items.is_empty()).map(read_font).transpose()?,
        seal: seal.map(read_seal).transpose()?,
        items,
        language: session.language,
    }))
}

fn item(line: MarkLine) -> Option<MarkItem> {
    match line {
        MarkLine::Name => Some(MarkItem::Name),
        MarkLine::Profession => Some(MarkItem::Profession),
        MarkLine::Time => Some(MarkItem::Time),
        MarkLine::Reason => Some(MarkItem::Reason),
        MarkLine::Location => Some(MarkItem::Location),
        MarkLine::None => None,
    }
}

/// `FILE` or `FILE#N`, where N counts from 0 as in the collection.
fn read_font(named: &str) -> Result<Font> {
    let (path, index) = match named.rsplit_once('#') {
        Some((path, index)) if !Path::new(named).exists() => match index.parse() {
            Ok(index) => (path, index),
            Err(_) => (named, 0),
        },
        _ => (named, 0),
    };
    let bytes = std::fs::read(path).with_context(|| path.to_owned())?;
    Ok(Font::new(bytes, index).map_err(hsign::Error::from)?)
}

fn read_seal(path: &Path) -> Result<Seal> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    Ok(Seal::new(bytes).map_err(hsign::Error::from)?)
}

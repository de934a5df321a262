//! A scan for objects where the cross-reference chain is broken: for reading only, and always said so.

use std::collections::BTreeMap;

use crate::document::Document;
use crate::error::{Error, Result};
use crate::lexer::is_space;
use crate::object::{Dictionary, Object, ObjectId};
use crate::revision::Revision;
use crate::window::Window;
use crate::xref::{Entry, SectionKind, entry_budget};

/// Longest `N G obj` looked at.
const HEADER: usize = 32;
const STEP: u64 = 64 << 10;

/// Damage is worth a scan; a limit or a failing source is not.
pub(crate) fn may_help(error: &Error) -> bool {
    matches!(error, Error::Damaged { .. } | Error::Object { .. } | Error::Structure(_) | Error::Filter(_))
}

/// One revision of everything that looks like an object; of several with one number the last counts.
pub(crate) fn scan(window: &Window<'_>) -> Result<Revision> {
    let mut budget = entry_budget(window.length());
    let mut entries = BTreeMap::new();
    let mut trailer: Option<Dictionary> = None;
    let mut catalog = None;
    for_each_word(window, |word, at| {
        match word {
            Word::Object(id) => {
                budget.spend(1)?;
                entries.insert(id.number, Entry::At { offset: at, generation: id.generation });
                let Ok(object) = window.parse(at, |parser| parser.indirect()) else { return Ok(()) };
                let Some(dictionary) = object.object.as_dictionary() else { return Ok(()) };
                let is = |kind: &str| dictionary.get("Type").is_some_and(|found| found.is_name(kind));
                if is("Catalog") {
                    catalog = Some(id);
                } else if is("XRef") && dictionary.get("Root").is_some() {
                    trailer = Some(dictionary.clone());
                }
            }
            Word::Trailer => {
                let found = window.parse(at + 7, |parser| parser.object());
                if let Ok(Object::Dictionary(found)) = found
                    && found.get("Root").is_some()
                {
                    trailer = Some(found);
                }
            }
        }
        Ok(())
    })?;
    let mut trailer = trailer.unwrap_or_default();
    let root = trailer.get("Root").and_then(Object::as_reference);
    if !root.is_some_and(|root| entries.contains_key(&root.number))
        && let Some(catalog) = catalog
    {
        trailer.set("Root", Object::Reference(catalog));
    }
    Ok(Revision {
        offset: 0,
        kind: SectionKind::Table,
        entries: entries.into_iter().collect(),
        trailer,
        reach: 0,
        ends: None,
    })
}

/// Adds what the object streams hold; plain objects with the same number count more.
pub(crate) fn add_object_streams(document: &mut Document<'_>) -> Result<()> {
    let mut budget = entry_budget(document.length());
    let mut within = BTreeMap::new();
    let snapshot = document.newest();
    for (number, entry) in document.revisions.iter().flat_map(|revision| &revision.entries) {
        let Entry::At { offset, generation } = *entry else { continue };
        let Ok(located) = document.object_at(offset, ObjectId::new(*number, generation)) else { continue };
        let Object::Stream(stream) = located.object else { continue };
        if !stream.dictionary.get("Type").is_some_and(|kind| kind.is_name("ObjStm")) {
            continue;
        }
        let Ok(objects) = snapshot.object_stream(*number) else { continue };
        for (index, member) in objects.numbers().enumerate() {
            budget.spend(1)?;
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            within.insert(member, Entry::Within { stream: *number, index });
        }
    }
    if let Some(revision) = document.revisions.first_mut() {
        within.extend(revision.entries.drain(..));
        revision.entries = within.into_iter().collect();
    }
    Ok(())
}

enum Word {
    Object(ObjectId),
    Trailer,
}

fn for_each_word(window: &Window<'_>, mut found: impl FnMut(Word, u64) -> Result<()>) -> Result<()> {
    let mut start = 0;
    while start < window.length() {
        // A piece begins with the end of the one before, so that no header is cut.
        let before = start.min(HEADER as u64);
        let bytes = window.piece(start - before, STEP + before + 8)?;
        let first = usize::try_from(before).unwrap_or(0);
        let last = first.saturating_add(usize::try_from(STEP).unwrap_or(0)).min(bytes.len());
        for at in first..last {
            let rest = bytes.get(at..).unwrap_or_default();
            let position = start - before + at as u64;
            if rest.starts_with(b"obj") {
                let lead = bytes.get(at.saturating_sub(HEADER)..at).unwrap_or_default();
                if let Some((id, length)) = header(lead) {
                    found(Word::Object(id), position - length as u64)?;
                }
            } else if rest.starts_with(b"trailer") {
                found(Word::Trailer, position)?;
            }
        }
        start += STEP;
    }
    Ok(())
}

/// `N G ` at the end of these bytes, with its length.
fn header(lead: &[u8]) -> Option<(ObjectId, usize)> {
    let mut end = lead.len();
    let mut number = || {
        let spaces = lead.get(..end)?.iter().rev().take_while(|byte| is_space(**byte)).count();
        end -= spaces;
        let digits = lead.get(..end)?.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let value = std::str::from_utf8(lead.get(end - digits..end)?).ok()?.parse::<u32>().ok()?;
        end -= digits;
        Some(value)
    };
    let generation = u16::try_from(number()?).ok()?;
    let number = number()?;
    Some((ObjectId::new(number, generation), lead.len() - end))
}

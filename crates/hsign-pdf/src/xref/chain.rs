//! From `startxref` along `/Prev` to the first section.

use std::collections::HashSet;

use super::{Entry, Section, entry_budget, stream, table};
use crate::error::{Error, Result};
use crate::lexer::{Token, is_space};
use crate::object::Object;
use crate::window::Window;

/// Revisions of one document; a daily stamp for a decade fits.
const MOST_SECTIONS: usize = 4096;
/// ISO 32000-1, H.3: readers look for the end marker in the last 1024 bytes; we are a bit more patient.
const TAIL: u64 = 2048;

/// The position that the last `startxref` names.
pub(crate) fn last_startxref(window: &Window<'_>) -> Result<u64> {
    let length = window.length();
    let keyword = window
        .find_last(b"startxref", length, TAIL)?
        .ok_or(Error::Damaged { offset: length, what: "no startxref near the end" })?;
    window.parse(keyword, |parser| {
        parser.lexer().next()?;
        match parser.lexer().next()? {
            Token::Integer(offset) => u64::try_from(offset).ok(),
            _ => None,
        }
        .map_or_else(|| parser.lexer().bad("position expected after startxref"), Ok)
    })
}

/// Every section, newest first.
pub(crate) fn read(window: &Window<'_>, start: u64) -> Result<Vec<Section>> {
    let mut budget = entry_budget(window.length());
    let mut seen = HashSet::new();
    let mut sections = Vec::new();
    let mut next = Some(start);
    while let Some(offset) = next {
        let offset = offset.saturating_add(window.shift);
        if !seen.insert(offset) {
            return Err(Error::Damaged { offset, what: "the cross-reference sections form a loop" });
        }
        if sections.len() >= MOST_SECTIONS {
            return Err(hsign_core::BudgetExhausted {
                purpose: "cross-reference sections",
                limit: MOST_SECTIONS as u64,
            }
            .into());
        }
        let mut section = section(window, offset, &mut budget)?;
        hybrid(window, &mut section, &mut budget)?;
        next = previous(&mut section);
        sections.push(section);
    }
    Ok(sections)
}

fn previous(section: &mut Section) -> Option<u64> {
    match section.trailer.get("Prev") {
        None => None,
        Some(Object::Integer(offset)) if *offset > 0 => u64::try_from(*offset).ok(),
        Some(_) => {
            section.oddities.push("/Prev is not a position");
            None
        }
    }
}

fn section(window: &Window<'_>, offset: u64, budget: &mut hsign_core::Budget) -> Result<Section> {
    let start = window.piece(offset, 64)?;
    let word = start.iter().position(|byte| !is_space(*byte)).and_then(|at| start.get(at..));
    match word {
        Some(word) if word.starts_with(b"xref") => table::read(window, offset, budget),
        _ => stream::read(window, offset, budget),
    }
}

/// ISO 32000-2, 7.5.8.4: what `/XRefStm` lists fills the entries that the table calls free.
fn hybrid(window: &Window<'_>, section: &mut Section, budget: &mut hsign_core::Budget) -> Result<()> {
    let Some(offset) = section.trailer.get("XRefStm").and_then(Object::as_integer) else { return Ok(()) };
    if section.kind != super::SectionKind::Table {
        return Ok(());
    }
    let offset = u64::try_from(offset)
        .map_err(|_| Error::Damaged { offset: section.offset, what: "/XRefStm is not a position" })?;
    let hidden = stream::read(window, offset.saturating_add(window.shift), budget)?;
    section.reach = section.reach.max(hidden.end);
    // Of two entries the first counts: the table's where it is in use, else the hidden one, else a free one.
    let (used, free): (Vec<_>, Vec<_>) =
        std::mem::take(&mut section.entries).into_iter().partition(|(_, entry)| *entry != Entry::Free);
    let differs = |(number, entry): &(u32, Entry)| {
        let at = used.binary_search_by_key(number, |(number, _)| *number).ok();
        *entry != Entry::Free && at.and_then(|at| used.get(at)).is_some_and(|(_, known)| known != entry)
    };
    if hidden.entries.iter().any(differs) {
        section.oddities.push("the two parts of a hybrid cross-reference contradict each other");
    }
    section.oddities.extend(hidden.oddities);
    section.entries = used.into_iter().chain(hidden.entries).chain(free).collect();
    section.entries.sort_by_key(|(number, _)| *number);
    section.entries.dedup_by_key(|(number, _)| *number);
    Ok(())
}

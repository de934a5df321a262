use hsign_core::Budget;

use super::{Entry, Section, SectionKind, sort};
use crate::error::{Error, Result};
use crate::lexer::{Token, is_space};
use crate::window::Window;

/// Entries read at a time.
const BLOCK: u64 = 4096;
const ENTRY_LENGTH: usize = 20;

/// Reads the table at `offset`, which begins with `xref`.
pub(crate) fn read(window: &Window<'_>, offset: u64, budget: &mut Budget) -> Result<Section> {
    let mut section = Section {
        offset,
        end: offset,
        reach: offset,
        kind: SectionKind::Table,
        entries: Vec::new(),
        trailer: crate::object::Dictionary::new(),
        oddities: Vec::new(),
    };
    let mut at = window.parse(offset, |parser| match parser.lexer().next()? {
        Token::Keyword(word) if word == b"xref" => Ok(parser.position()),
        _ => parser.lexer().bad("xref expected"),
    })?;
    while let Some((first, count, entries_at)) = subsection(window, at)? {
        budget.spend(u64::from(count))?;
        at = entries(window, entries_at, first, count, &mut section)?;
    }
    let (trailer, end) = window.parse(at, |parser| {
        parser.lexer().next()?; // the keyword `trailer`, seen by `subsection`
        let trailer = parser.object()?;
        Ok((trailer, parser.position()))
    })?;
    let crate::object::Object::Dictionary(trailer) = trailer else {
        return Err(Error::Damaged { offset: at, what: "trailer dictionary expected" });
    };
    section.trailer = trailer;
    section.end = end;
    section.reach = end;
    renumber(&mut section);
    sort(&mut section.entries, &mut section.oddities);
    Ok(section)
}

/// A common mistake: the list of the first section begins with the free object 0 but says 1.
fn renumber(section: &mut Section) {
    let starts_at_one = matches!(section.entries.first(), Some((1, Entry::Free)));
    if starts_at_one && section.trailer.get("Prev").is_none() {
        section.oddities.push("the cross-reference table numbers its objects one too high");
        for (number, _) in &mut section.entries {
            *number = number.saturating_sub(1);
        }
    }
}

/// First number, count, and where the entries begin; `None` at `trailer`.
fn subsection(window: &Window<'_>, at: u64) -> Result<Option<(u32, u32, u64)>> {
    window.parse(at, |parser| {
        let first = match parser.lexer().next()? {
            Token::Keyword(word) if word == b"trailer" => return Ok(None),
            Token::Integer(first) => u32::try_from(first).ok(),
            _ => None,
        };
        let count = match parser.lexer().next()? {
            Token::Integer(count) => u32::try_from(count).ok(),
            _ => None,
        };
        let (Some(first), Some(count)) = (first, count) else {
            return parser.lexer().bad("subsection of a cross-reference table expected");
        };
        if count > 0 {
            parser.lexer().skip_space()?;
        }
        Ok(Some((first, count, parser.position())))
    })
}

fn entries(window: &Window<'_>, at: u64, first: u32, count: u32, section: &mut Section) -> Result<u64> {
    let mut at = at;
    let mut done = 0;
    while done < count {
        let block = u64::from(count - done).min(BLOCK);
        let bytes = window.piece(at, block * ENTRY_LENGTH as u64 + 64)?;
        let mut used = 0;
        for _ in 0..block {
            let (entry, length) =
                entry(bytes.get(used..).unwrap_or_default(), at + used as u64, &mut section.oddities)?;
            used += length;
            let number = first
                .checked_add(done)
                .ok_or(Error::Damaged { offset: at, what: "object number out of range" })?;
            section.entries.push((number, shifted(entry, window.shift)));
            done += 1;
        }
        at += used as u64;
    }
    Ok(at)
}

fn shifted(entry: Entry, shift: u64) -> Entry {
    match entry {
        Entry::At { offset, generation } => Entry::At { offset: offset.saturating_add(shift), generation },
        other => other,
    }
}

/// `nnnnnnnnnn ggggg n` and an end of line; other spacing is read too. Gives its length as well.
fn entry(bytes: &[u8], at: u64, oddities: &mut Vec<&'static str>) -> Result<(Entry, usize)> {
    let bad = Error::Damaged { offset: at, what: "entry of a cross-reference table expected" };
    let mut position = 0;
    let mut number = || {
        let rest = bytes.get(position..)?;
        let start = rest.iter().position(|byte| !is_space(*byte))?;
        let digits = rest.get(start..)?;
        let length = digits.iter().position(|byte| !byte.is_ascii_digit())?;
        position += start + length;
        std::str::from_utf8(digits.get(..length)?).ok()?.parse::<u64>().ok()
    };
    let (Some(offset), Some(generation)) = (number(), number()) else { return Err(bad) };
    let rest = bytes.get(position..).unwrap_or_default();
    let Some(start) = rest.iter().position(|byte| !is_space(*byte)) else { return Err(bad) };
    let kind = rest.get(start).copied();
    position += start + 1;
    let trailing = bytes.get(position..).unwrap_or_default();
    position += trailing.iter().take_while(|byte| is_space(**byte)).count();
    let entry = match kind {
        // Position 0 holds the header, never an object: writers mean a free entry.
        Some(b'n') if offset == 0 => Entry::Free,
        Some(b'n') => match u16::try_from(generation) {
            Ok(generation) => Entry::At { offset, generation },
            Err(_) => {
                oddities.push("a generation number is out of range");
                Entry::Free
            }
        },
        Some(b'f') => Entry::Free,
        _ => return Err(bad),
    };
    Ok((entry, position))
}

//! Revisions: what each incremental update added, and where it ends.

use crate::error::Result;
use crate::lexer::is_space;
use crate::object::Dictionary;
use crate::window::Window;
use crate::xref::{Entry, Section, SectionKind};

/// One revision: the original document, or one incremental update (ISO 32000-2, 7.5.6).
#[derive(Debug)]
pub struct Revision {
    pub(crate) offset: u64,
    pub(crate) kind: SectionKind,
    pub(crate) entries: Vec<(u32, Entry)>,
    pub(crate) trailer: Dictionary,
    /// First byte after all parts of its cross-reference section.
    pub(crate) reach: u64,
    /// End of the `%%EOF` marker, and of the line it stands on.
    pub(crate) ends: Option<(u64, u64)>,
}

impl Revision {
    /// Position of its newest cross-reference section, as `startxref` names it.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether its cross-reference section is a table or a stream.
    #[must_use]
    pub fn kind(&self) -> SectionKind {
        self.kind
    }

    /// Its trailer dictionary, or that of its cross-reference stream.
    #[must_use]
    pub fn trailer(&self) -> &Dictionary {
        &self.trailer
    }

    /// Every object number it mentions, ascending.
    #[must_use]
    pub fn entries(&self) -> &[(u32, Entry)] {
        &self.entries
    }

    /// First byte after it: after `%%EOF` and the end of that line. `None` if the marker isn't where it
    /// belongs.
    #[must_use]
    pub fn end(&self) -> Option<u64> {
        self.ends.map(|(_, end)| end)
    }

    /// Whether a file that ends at this position ends with this revision.
    #[must_use]
    pub fn ends_at(&self, position: u64) -> bool {
        self.ends.is_some_and(|(marker, line)| (marker..=line).contains(&position))
    }

    /// Whether something that it lists could be supplied by whoever appends to it (ISO 32000-2, 7.5.6).
    fn leads_behind(&self, file_length: u64) -> bool {
        let end = self.end().unwrap_or(file_length);
        let behind = |entry: &Entry| matches!(entry, Entry::At { offset, .. } if *offset >= end);
        self.reach > end || self.entries.iter().any(|(_, entry)| behind(entry))
    }

    pub(crate) fn entry(&self, number: u32) -> Option<Entry> {
        let at = self.entries.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.entries.get(at).map(|(_, entry)| *entry)
    }
}

/// Turns the chain of sections, newest first, into revisions, oldest first.
pub(crate) fn from_sections(
    window: &Window<'_>,
    sections: Vec<Section>,
    oddities: &mut Vec<&'static str>,
) -> Result<Vec<Revision>> {
    let mut sections = sections;
    for section in &mut sections {
        oddities.append(&mut section.oddities);
    }
    let main = linearised_main(&sections).then(|| sections.pop()).flatten();
    let mut revisions = Vec::with_capacity(sections.len());
    let mut limit = window.length();
    for section in sections {
        let ordered = section.offset < limit;
        if !ordered {
            oddities.push("a later revision stands before an earlier one");
        }
        let offset = section.offset;
        let ends = if ordered { ends(window, section.end, limit, offset)? } else { None };
        limit = offset;
        revisions.push(Revision {
            offset,
            kind: section.kind,
            entries: section.entries,
            trailer: section.trailer,
            reach: section.reach,
            ends,
        });
    }
    if let (Some(main), Some(first)) = (main, revisions.last_mut()) {
        let after = if main.end > first.offset {
            ends(window, main.end, window.length(), first.offset)?
        } else {
            None
        };
        merge(first, main);
        first.ends = after;
    }
    revisions.reverse();
    if revisions.iter().any(|revision| revision.leads_behind(window.length())) {
        oddities.push("the cross-reference section of a revision leads behind its end");
    }
    Ok(revisions)
}

/// Annex F: in a linearised file the section for the first page stands first, is the newer one by the
/// chain, and both make one revision.
fn linearised_main(sections: &[Section]) -> bool {
    match sections {
        [.., first_page, main] => main.offset > first_page.offset,
        _ => false,
    }
}

fn merge(first: &mut Revision, main: Section) {
    first.reach = first.reach.max(main.reach);
    let newer = std::mem::take(&mut first.entries);
    first.entries = newer.into_iter().chain(main.entries).collect();
    first.entries.sort_by_key(|(number, _)| *number);
    first.entries.dedup_by_key(|(number, _)| *number);
}

/// `startxref` keywords looked at for the end of one revision; the first is the right one in sound files.
const MOST_MARKERS: usize = 16;

/// Where the revision ends whose section ends at `from`: after the `startxref` that names `offset` and the
/// `%%EOF` behind it.
fn ends(window: &Window<'_>, from: u64, limit: u64, offset: u64) -> Result<Option<(u64, u64)>> {
    let mut at = from;
    for _ in 0..MOST_MARKERS {
        let Some(keyword) = window.find(b"startxref", at, limit)? else { break };
        let tail = window.piece(keyword, 96)?;
        if let Some((marker, line)) = marker(&tail, offset.saturating_sub(window.shift)) {
            return Ok(Some((keyword + marker as u64, keyword + line as u64)));
        }
        at = keyword + 1;
    }
    Ok(None)
}

/// `startxref`, the position, `%%EOF`, with white space only in between.
fn marker(tail: &[u8], offset: u64) -> Option<(usize, usize)> {
    let space = |at: usize| {
        at + tail.get(at..).map_or(0, |rest| rest.iter().take_while(|byte| is_space(**byte)).count())
    };
    let number = space(b"startxref".len());
    let digits = tail.get(number..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let after = number + digits;
    let value: u64 = std::str::from_utf8(tail.get(number..after)?).ok()?.parse().ok()?;
    let marker = space(after);
    if value != offset || !tail.get(marker..)?.starts_with(b"%%EOF") {
        return None;
    }
    let end = marker + b"%%EOF".len();
    let line = match tail.get(end..)? {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    };
    Some((end, end + line))
}

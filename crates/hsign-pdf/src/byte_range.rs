//! What a /ByteRange covers, and whether it covers what it should (ISO 32000-2, 12.8.1).

use std::ops::Range;

use hsign_core::facts::Coverage;
use hsign_core::{Finding, Severity};

use crate::document::Document;

const CLAUSE: &str = "ISO 32000-2 §12.8.1";

/// What a byte range covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The whole document, a whole revision, or less.
    pub coverage: Coverage,
    /// Index of the revision at whose end the range ends; `None` if the range is wrong in itself.
    pub revision: Option<usize>,
    /// What is wrong with it. With an error among them the coverage is partial.
    pub findings: Vec<Finding>,
}

/// Checks that the range starts at 0, leaves out exactly the hexadecimal string of /Contents, stays
/// within the file and ends where a revision ends.
#[must_use]
pub fn byte_range_check(document: &Document<'_>, range: [u64; 4], contents: Option<&Range<u64>>) -> Covered {
    let mut findings = shape(range, document.length());
    let gap = gap(range);
    match (&gap, contents) {
        (Some(gap), Some(contents)) if gap == contents => {}
        (Some(gap), _) => findings.push(gap_finding(gap, contents)),
        (None, _) => {}
    }
    if let Some(gap) = &gap {
        findings.extend(inside_gap(document, gap));
    }
    let end = range[2].saturating_add(range[3]);
    let revision = document.revisions().iter().position(|revision| revision.ends_at(end));
    let sound = findings.iter().all(|finding| finding.severity != Severity::Error);
    let revision = revision.filter(|_| sound);
    let coverage = match revision {
        _ if !sound => Coverage::Partial,
        _ if end == document.length() => Coverage::WholeDocument,
        Some(_) => Coverage::WholeRevision,
        None => Coverage::Partial,
    };
    if sound && coverage == Coverage::Partial {
        findings.push(Finding::error("byte-range-not-whole-revision").clause(CLAUSE).with("end", end));
    }
    Covered { coverage, revision, findings }
}

/// The bytes left out; `None` if the range makes no sense.
pub(crate) fn gap([start, first, second_start, second]: [u64; 4]) -> Option<Range<u64>> {
    let first_end = start.checked_add(first)?;
    second_start.checked_add(second)?;
    (first_end <= second_start).then_some(first_end..second_start)
}

fn shape(range: [u64; 4], length: u64) -> Vec<Finding> {
    let [start, first, second_start, second] = range;
    let mut findings = Vec::new();
    let mut error = |code: &str, value: u64| {
        findings.push(Finding::error(code).clause(CLAUSE).with("value", value));
    };
    if start != 0 {
        error("byte-range-start-not-zero", start);
    }
    if start.checked_add(first).is_none_or(|end| end > second_start) {
        error("byte-range-overlap", second_start);
    }
    if second_start.checked_add(second).is_none_or(|end| end > length) {
        error("byte-range-beyond-end", second_start.saturating_add(second));
    }
    findings
}

fn gap_finding(gap: &Range<u64>, contents: Option<&Range<u64>>) -> Finding {
    let show = |range: &Range<u64>| format!("{}-{}", range.start, range.end);
    Finding::error("byte-range-gap-not-contents")
        .clause(CLAUSE)
        .with("gap", show(gap))
        .with("contents", contents.map_or_else(|| "unknown".to_owned(), show))
}

/// An object or cross-reference section that begins among the bytes left out isn't signed, though it may
/// look so.
fn inside_gap(document: &Document<'_>, gap: &Range<u64>) -> Option<Finding> {
    let what = match document.begins_within(gap)? {
        0 => "cross-reference section".to_owned(),
        number => format!("object {number}"),
    };
    Some(Finding::error("object-inside-contents").clause(CLAUSE).with("object", what))
}

//! Where the central directory is (APPNOTE 4.3.14 to 4.3.16).

use hsign_core::{Finding, Source, read_range};

use super::number;
use crate::Error;

const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: u64 = 22;
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_LENGTH: u64 = 20;
const END64: &[u8] = b"PK\x06\x06";
const END64_LENGTH: u64 = 56;

/// The central directory's place.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) entries: u64,
    pub(super) comment: Vec<u8>,
    pub(super) findings: Vec<Finding>,
}

/// Whether the bytes begin as a ZIP file does, be it an empty one.
pub(crate) fn has_magic(source: &dyn Source) -> bool {
    let mut start = [0; 4];
    source.read_exact_at(0, &mut start).is_ok() && (start == *b"PK\x03\x04" || start == *b"PK\x05\x06")
}

pub(super) fn find(source: &dyn Source) -> Result<Directory, Error> {
    let length = source.length();
    let tail_start = length.saturating_sub(END_LENGTH + 0xffff);
    let tail = read_range(source, tail_start, length - tail_start)?;
    let (at, ambiguous) = locate(&tail).ok_or(Error::Zip("it has no end-of-directory record"))?;
    let record = tail.get(at..).unwrap_or_default();
    let field =
        |at, of: &[u8]| number::<2>(of, at).ok_or(Error::Zip("its end-of-directory record is cut off"));
    let wide =
        |at, of: &[u8]| number::<4>(of, at).ok_or(Error::Zip("its end-of-directory record is cut off"));
    let mut directory = Directory {
        offset: wide(16, record)?,
        length: wide(12, record)?,
        entries: field(10, record)?,
        comment: Vec::new(),
        findings: Vec::new(),
    };
    let comment_length = usize::try_from(field(20, record)?).unwrap_or_default();
    let comment = record.get(22..22 + comment_length).ok_or(Error::Zip("its comment is cut off"))?;
    directory.comment = comment.to_vec();
    let after = record.len() - 22 - comment_length;
    if after > 0 {
        directory
            .findings
            .push(Finding::error("zip-bytes-unaccounted").with("count", after).with("place", "end"));
    }
    if ambiguous {
        directory.findings.push(Finding::error("zip-end-ambiguous"));
    }
    let disks = [field(4, record)?, field(6, record)?];
    let own_start = tail_start + at as u64;
    let end_start = zip64(source, own_start, &mut directory)?.unwrap_or(own_start);
    let split = disks.iter().any(|disk| *disk != 0 && *disk != 0xffff);
    if split || (field(8, record)? != field(10, record)?) {
        return Err(Error::Zip("it is one part of several"));
    }
    // Where something stands before the first entry, some tools shift every offset and others don't.
    if directory.offset.checked_add(directory.length) != Some(end_start) {
        return Err(Error::Zip("its directory is not where the end record says"));
    }
    Ok(directory)
}

/// The last record whose comment fits into the file; and whether another one fits as well as that.
fn locate(tail: &[u8]) -> Option<(usize, bool)> {
    let searched = tail.get(..tail.len().saturating_sub(22 - END.len())).unwrap_or_default();
    let mut exact = Vec::new();
    let mut loose = None;
    for at in memchr::memmem::rfind_iter(searched, END).take(64) {
        let comment = usize::try_from(number::<2>(tail, at + 20)?).ok()?;
        match (at + 22 + comment).cmp(&tail.len()) {
            std::cmp::Ordering::Equal => exact.push(at),
            std::cmp::Ordering::Less => loose = loose.or(Some(at)),
            std::cmp::Ordering::Greater => {}
        }
    }
    match exact.as_slice() {
        [] => loose.map(|at| (at, false)),
        [first, rest @ ..] => Some((*first, !rest.is_empty())),
    }
}

/// The ZIP64 record, which stands for the fields of the old one that are too small. Returns where it starts.
fn zip64(source: &dyn Source, end: u64, directory: &mut Directory) -> Result<Option<u64>, Error> {
    let needed =
        directory.offset == 0xffff_ffff || directory.length == 0xffff_ffff || directory.entries == 0xffff;
    let Some(place) = end.checked_sub(LOCATOR_LENGTH) else { return Ok(None) };
    let locator = read_range(source, place, LOCATOR_LENGTH)?;
    if !locator.starts_with(LOCATOR) {
        return if needed { Err(Error::Zip("its ZIP64 record is missing")) } else { Ok(None) };
    }
    let bad = || Error::Zip("its ZIP64 record is damaged");
    let start = number::<8>(&locator, 8).ok_or_else(bad)?;
    if start.checked_add(END64_LENGTH) != Some(place) {
        return Err(bad());
    }
    let record = read_range(source, start, END64_LENGTH)?;
    if !record.starts_with(END64) || number::<8>(&record, 4) != Some(END64_LENGTH - 12) {
        return Err(bad());
    }
    let wide = |at| number::<8>(&record, at).ok_or_else(bad);
    let (entries, length, offset) = (wide(32)?, wide(40)?, wide(48)?);
    // Readers that don't know ZIP64 must not see another directory.
    let agree = |old: u64, marker: u64, new: u64| old == marker || old == new;
    let same = agree(directory.entries, 0xffff, entries)
        && agree(directory.length, 0xffff_ffff, length)
        && agree(directory.offset, 0xffff_ffff, offset);
    if !same {
        directory.findings.push(Finding::error("zip-end-ambiguous"));
    }
    (directory.entries, directory.length, directory.offset) = (entries, length, offset);
    Ok(Some(start))
}

//! Headers as we write them: no extra fields but ZIP64's where a number needs it, one fixed time, no platform's
//! attributes; the same input gives the same bytes.

use hsign_core::Time;

use super::headers::{CENTRAL_LENGTH, UTF8};

const VERSION: u16 = 20;
const VERSION_ZIP64: u16 = 45;
const FULL: u32 = u32::MAX;

/// What a new entry's headers say. Entries are stored as they are.
pub(crate) struct NewEntry<'a> {
    pub(crate) name: &'a str,
    pub(crate) crc: u32,
    pub(crate) size: u64,
    pub(crate) modified: Time,
}

impl NewEntry<'_> {
    /// The header before the data.
    pub(crate) fn local(&self) -> Vec<u8> {
        local_record(self)
    }

    /// The entry's header in the directory, its offset to be filled in.
    pub(crate) fn central(&self) -> Vec<u8> {
        central_record(self)
    }
}

fn local_record(record: &NewEntry<'_>) -> Vec<u8> {
    let wide = u32::try_from(record.size).is_err() || record.size == u64::from(FULL);
    let mut bytes = b"PK\x03\x04".to_vec();
    common(&mut bytes, record, wide);
    push_length(&mut bytes, record.name.len());
    push_length(&mut bytes, if wide { 20 } else { 0 });
    bytes.extend_from_slice(record.name.as_bytes());
    if wide {
        zip64_extra(&mut bytes, &[record.size, record.size]);
    }
    bytes
}

fn central_record(record: &NewEntry<'_>) -> Vec<u8> {
    let wide = u32::try_from(record.size).is_err() || record.size == u64::from(FULL);
    let mut bytes = b"PK\x01\x02".to_vec();
    bytes.extend_from_slice(&(if wide { VERSION_ZIP64 } else { VERSION }).to_le_bytes());
    common(&mut bytes, record, wide);
    push_length(&mut bytes, record.name.len());
    push_length(&mut bytes, if wide { 20 } else { 0 });
    // No comment, first disk, no attributes; the offset.
    bytes.extend_from_slice(&[0; 14]);
    bytes.extend_from_slice(record.name.as_bytes());
    if wide {
        zip64_extra(&mut bytes, &[record.size, record.size]);
    }
    bytes
}

fn common(bytes: &mut Vec<u8>, record: &NewEntry<'_>, wide: bool) {
    bytes.extend_from_slice(&(if wide { VERSION_ZIP64 } else { VERSION }).to_le_bytes());
    let flags = if record.name.is_ascii() { 0 } else { UTF8 };
    bytes.extend_from_slice(flags.to_le_bytes().get(..2).unwrap_or_default());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(&dos_time(record.modified));
    bytes.extend_from_slice(&record.crc.to_le_bytes());
    let size = if wide { FULL } else { u32::try_from(record.size).unwrap_or(FULL) };
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes.extend_from_slice(&size.to_le_bytes());
}

fn push_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
}

fn zip64_extra(bytes: &mut Vec<u8>, numbers: &[u64]) {
    bytes.extend_from_slice(&[1, 0]);
    push_length(bytes, numbers.len() * 8);
    for number in numbers {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
}

/// The directory over entries at new offsets, with the records that end the file.
pub(crate) fn central_directory(entries: &[(Vec<u8>, u64)], start: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (header, offset) in entries {
        bytes.extend_from_slice(&at_offset(header, *offset));
    }
    let length = bytes.len() as u64;
    let count = entries.len() as u64;
    let too_many = count >= 0xffff;
    let narrow = |number: u64| u32::try_from(number).unwrap_or(FULL);
    if too_many || narrow(start) == FULL || narrow(length) == FULL {
        let end = start + length;
        bytes.extend_from_slice(b"PK\x06\x06");
        bytes.extend_from_slice(&44_u64.to_le_bytes());
        bytes.extend_from_slice(&VERSION_ZIP64.to_le_bytes());
        bytes.extend_from_slice(&VERSION_ZIP64.to_le_bytes());
        bytes.extend_from_slice(&[0; 8]);
        for number in [count, count, length, start] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(b"PK\x06\x07\0\0\0\0");
        bytes.extend_from_slice(&end.to_le_bytes());
        bytes.extend_from_slice(&1_u32.to_le_bytes());
    }
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&narrow(length).to_le_bytes());
    bytes.extend_from_slice(&narrow(start).to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

/// The header with another offset, everything else as it is. An offset in a ZIP64 field is replaced there.
fn at_offset(header: &[u8], offset: u64) -> Vec<u8> {
    let mut header = header.to_vec();
    let narrow = u32::try_from(offset).ok().filter(|offset| *offset != FULL);
    let was_wide = header.get(42..46) == Some(&FULL.to_le_bytes()[..]);
    match (was_wide, narrow) {
        (false, Some(offset)) => {
            if let Some(field) = header.get_mut(42..46) {
                field.copy_from_slice(&offset.to_le_bytes());
            }
        }
        (true, _) => replace_wide(&mut header, offset),
        (false, None) => widen(&mut header, offset),
    }
    header
}

/// Where the header's ZIP64 extra field ends; its offset is the last number in it, since disks are never given.
fn zip64_field(header: &[u8]) -> Option<(usize, usize)> {
    let two = |at: usize| super::number::<2>(header, at).and_then(|number| usize::try_from(number).ok());
    let mut at = CENTRAL_LENGTH + two(28)?;
    let end = at + two(30)?;
    while at + 4 <= end {
        let length = two(at + 2)?;
        if two(at)? == 1 {
            return Some((at, at + 4 + length));
        }
        at += 4 + length;
    }
    None
}

fn replace_wide(header: &mut [u8], offset: u64) {
    let full = |at: usize| header.get(at..at + 4) == Some(&FULL.to_le_bytes()[..]);
    let before = 8 * (usize::from(full(20)) + usize::from(full(24)));
    if let Some((start, _)) = zip64_field(header)
        && let Some(field) = header.get_mut(start + 4 + before..start + 12 + before)
    {
        field.copy_from_slice(&offset.to_le_bytes());
    }
}

fn widen(header: &mut Vec<u8>, offset: u64) {
    if let Some(field) = header.get_mut(42..46) {
        field.copy_from_slice(&FULL.to_le_bytes());
    }
    let lengths = |header: &[u8], at: usize| super::number::<2>(header, at).unwrap_or_default();
    let extra = lengths(header, 30);
    let (place, added) = match zip64_field(header) {
        Some((start, end)) => {
            let length = u16::try_from(end - start - 4 + 8).unwrap_or(u16::MAX);
            if let Some(field) = header.get_mut(start + 2..start + 4) {
                field.copy_from_slice(&length.to_le_bytes());
            }
            (end, offset.to_le_bytes().to_vec())
        }
        None => {
            let mut field = Vec::new();
            zip64_extra(&mut field, &[offset]);
            let name = usize::try_from(lengths(header, 28)).unwrap_or_default();
            (CENTRAL_LENGTH + name, field)
        }
    };
    let total = u16::try_from(extra + added.len() as u64).unwrap_or(u16::MAX);
    if let Some(field) = header.get_mut(30..32) {
        field.copy_from_slice(&total.to_le_bytes());
    }
    if place <= header.len() {
        header.splice(place..place, added);
    }
    if let Some(field) = header.get_mut(6..8) {
        field.copy_from_slice(&VERSION_ZIP64.to_le_bytes());
    }
}

/// MS-DOS time and date, which begin in 1980 and count two seconds; in UTC, since no zone goes with them.
fn dos_time(time: Time) -> [u8; 4] {
    let (year, month, day, hour, minute, second) = time.utc();
    let Ok(year @ 0..=127) = u16::try_from(year - 1980) else { return [0, 0, 0x21, 0] };
    let date = (year << 9) | (u16::from(month) << 5) | u16::from(day);
    let clock = (u16::from(hour) << 11) | (u16::from(minute) << 5) | (u16::from(second) / 2);
    let [a, b] = clock.to_le_bytes();
    let [c, d] = date.to_le_bytes();
    [a, b, c, d]
}

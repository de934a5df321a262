//! Central and local headers of an entry (APPNOTE 4.3.7, 4.3.12), and what follows its data (4.3.9).

use std::io;

use hsign_core::{Source, read_range};

use super::number;
use crate::Error;

pub(super) const CENTRAL: &[u8] = b"PK\x01\x02";
pub(super) const CENTRAL_LENGTH: usize = 46;
pub(super) const LOCAL: &[u8] = b"PK\x03\x04";
pub(super) const LOCAL_LENGTH: u64 = 30;
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
const ZIP64_EXTRA: u64 = 1;
const UNICODE_PATH_EXTRA: u64 = 0x7075;

pub(super) const ENCRYPTED: u64 = 1;
pub(super) const DESCRIPTOR_FOLLOWS: u64 = 8;
pub(super) const STRONGLY_ENCRYPTED: u64 = 1 << 6;
pub(super) const UTF8: u64 = 1 << 11;
pub(super) const MASKED: u64 = 1 << 13;

/// The fields that both headers have.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) flags: u64,
    pub(super) method: u64,
    pub(super) crc: u64,
    pub(super) compressed: u64,
    pub(super) size: u64,
    pub(super) name: Vec<u8>,
    pub(super) extra: Vec<u8>,
}

impl Header {
    /// A second name that some tools take instead of the first (Info-ZIP).
    pub(super) fn unicode_path(&self) -> Option<&[u8]> {
        extra(&self.extra, UNICODE_PATH_EXTRA)?.get(5..)
    }
}

/// The entry at the start of `bytes`: its header, where the local one is, and how long this one is.
pub(super) fn central(bytes: &[u8]) -> Option<(Header, u64, usize)> {
    let start = bytes.get(..CENTRAL_LENGTH).filter(|start| start.starts_with(CENTRAL))?;
    let wide = |at| number::<4>(start, at);
    let [name, extra_length, comment] =
        [number::<2>(start, 28)?, number::<2>(start, 30)?, number::<2>(start, 32)?].map(size);
    let name_end = CENTRAL_LENGTH + name;
    let end = name_end + extra_length + comment;
    let mut header = Header {
        flags: number::<2>(start, 8)?,
        method: number::<2>(start, 10)?,
        crc: wide(16)?,
        compressed: wide(20)?,
        size: wide(24)?,
        name: bytes.get(CENTRAL_LENGTH..name_end)?.to_vec(),
        extra: bytes.get(name_end..name_end + extra_length)?.to_vec(),
    };
    bytes.get(..end)?;
    let mut offset = wide(42)?;
    let mut wider = Wider::of(&header.extra);
    wider.replace(&mut header.size)?;
    wider.replace(&mut header.compressed)?;
    wider.replace(&mut offset)?;
    Some((header, offset, end))
}

/// The local header at `offset`, and where its data begins; `None` where there is none. It is read at once where its name
/// is as long as that in the directory and nothing else follows.
pub(super) fn local(
    source: &dyn Source,
    offset: u64,
    central: &Header,
) -> Result<Option<(Header, u64)>, Error> {
    let likely = LOCAL_LENGTH + central.name.len() as u64;
    let start = match read_if_there(source, offset, likely)? {
        None => read_if_there(source, offset, LOCAL_LENGTH)?,
        start => start,
    };
    let Some(mut start) = start.filter(|start| start.starts_with(LOCAL)) else { return Ok(None) };
    let two = |at| number::<2>(&start, at).unwrap_or_default();
    let wide = |at| number::<4>(&start, at).unwrap_or_default();
    let (name, extra_length) = (two(26), two(28));
    let mut header = Header {
        flags: two(6),
        method: two(8),
        crc: wide(14),
        compressed: wide(18),
        size: wide(22),
        name: Vec::new(),
        extra: Vec::new(),
    };
    let (end, known) = (LOCAL_LENGTH + name + extra_length, start.len() as u64);
    if known < end {
        let Some(rest) = read_if_there(source, offset + known, end - known)? else { return Ok(None) };
        start.extend_from_slice(&rest);
    }
    start.truncate(size(end));
    header.extra = start.split_off(size(LOCAL_LENGTH + name).min(start.len()));
    header.name = start.split_off(size(LOCAL_LENGTH).min(start.len()));
    let extra = header.extra.clone();
    let mut wider = Wider::of(&extra);
    if wider.replace(&mut header.size).and_then(|()| wider.replace(&mut header.compressed)).is_none() {
        return Ok(None);
    }
    Ok(Some((header, offset + end)))
}

/// The length of the data descriptor at `offset`; `None` where there is none that says what the directory says.
pub(super) fn descriptor(source: &dyn Source, offset: u64, central: &Header) -> Result<Option<u64>, Error> {
    let wanted = |width: usize| {
        let mut bytes = central.crc.to_le_bytes().get(..4).unwrap_or_default().to_vec();
        for number in [central.compressed, central.size] {
            bytes.extend_from_slice(number.to_le_bytes().get(..width).unwrap_or_default());
        }
        bytes
    };
    let forms = [[DESCRIPTOR, &wanted(4)].concat(), [DESCRIPTOR, &wanted(8)].concat(), wanted(4), wanted(8)];
    for form in forms {
        if read_if_there(source, offset, form.len() as u64)?.is_some_and(|there| there == form) {
            return Ok(Some(form.len() as u64));
        }
    }
    Ok(None)
}

fn read_if_there(source: &dyn Source, offset: u64, length: u64) -> Result<Option<Vec<u8>>, Error> {
    match read_range(source, offset, length) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Lengths of sixteen bits.
fn size(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// The numbers of a ZIP64 extra field, in the order of the fields that are full.
struct Wider<'a>(&'a [u8]);

impl<'a> Wider<'a> {
    fn of(fields: &'a [u8]) -> Self {
        Self(extra(fields, ZIP64_EXTRA).unwrap_or_default())
    }

    fn replace(&mut self, field: &mut u64) -> Option<()> {
        if *field == 0xffff_ffff {
            *field = number::<8>(self.0, 0)?;
            self.0 = self.0.get(8..)?;
        }
        Some(())
    }
}

/// The extra field with this number.
fn extra(mut fields: &[u8], wanted: u64) -> Option<&[u8]> {
    loop {
        let length = size(number::<2>(fields, 2)?);
        let contents = fields.get(4..4 + length)?;
        if number::<2>(fields, 0)? == wanted {
            return Some(contents);
        }
        fields = fields.get(4 + length..)?;
    }
}

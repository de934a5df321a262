use std::collections::HashMap;

use hsign_core::{Budget, Finding, Source, read_range};

use super::headers::{self, Header};
use super::{DEFLATED, STORED, end, layout, name, number};
use crate::Error;

/// A container of a whole day of scans has some thousands.
const MOST_ENTRIES: u64 = 100_000;
/// Directory entries are some hundred bytes each.
const LONGEST_DIRECTORY: u64 = 64 << 20;
/// What a container may unpack to: office documents reach 50 times their size, deflate 1,000 times.
const LEAST_UNPACKED: u64 = 256 << 20;
const HIGHEST_RATIO: u64 = 200;

/// The entries of a ZIP file in the order of its directory.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) entries: Vec<Entry>,
    pub(crate) comment: Vec<u8>,
    pub(crate) findings: Vec<Finding>,
    index: HashMap<String, usize>,
}

/// One entry.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Its header in the directory, as it stands.
    pub(crate) central: Vec<u8>,
    pub(crate) method: u64,
    pub(crate) crc: u64,
    pub(crate) compressed: u64,
    pub(crate) size: u64,
    /// Of the local header, the data and what follows the data.
    pub(crate) start: u64,
    pub(crate) data: u64,
    pub(crate) end: u64,
    /// Whether the local header has extra fields.
    pub(crate) has_extra: bool,
    /// Whether every tool unpacks the same bytes from it.
    pub(crate) is_sound: bool,
}

impl Entry {
    /// Whether it stands for a folder.
    pub(crate) fn is_folder(&self) -> bool {
        self.name.ends_with('/') && self.size == 0
    }
}

impl Archive {
    /// Reads the directory and every local header.
    ///
    /// # Errors
    /// When it is no ZIP file, or one whose directory different tools see differently.
    pub(crate) fn open(source: &dyn Source) -> Result<Self, Error> {
        let found = end::find(source)?;
        Budget::new("entries of a container", MOST_ENTRIES).spend(found.entries)?;
        Budget::new("bytes of a container's directory", LONGEST_DIRECTORY).spend(found.length)?;
        let bytes = read_range(source, found.offset, found.length)?;
        let mut findings = found.findings;
        let mut entries = Vec::new();
        let mut rest = bytes.as_slice();
        let mut unpacked = Budget::new(
            "bytes that a container unpacks to",
            LEAST_UNPACKED.max(HIGHEST_RATIO.saturating_mul(source.length())),
        );
        while !rest.is_empty() {
            let (header, offset, length) =
                headers::central(rest).ok_or(Error::Zip("an entry of its directory is damaged"))?;
            let (central, further) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            unpacked.spend(header.size)?;
            entries.push(read(source, &header, offset, central, &mut findings)?);
            rest = further;
        }
        if entries.len() as u64 != found.entries {
            findings.push(Finding::error("zip-end-ambiguous"));
        }
        layout::check(source, &mut entries, found.offset, &mut findings)?;
        let index = name::check(&mut entries, &mut findings);
        Ok(Self { entries, comment: found.comment, findings, index })
    }

    /// Whether there is an entry of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    /// The one entry of this name that every tool unpacks alike.
    pub(crate) fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.get(*self.index.get(name)?).filter(|entry| entry.is_sound)
    }
}

fn read(
    source: &dyn Source,
    header: &Header,
    offset: u64,
    central: &[u8],
    findings: &mut Vec<Finding>,
) -> Result<Entry, Error> {
    let name = name::decode(&header.name);
    let mut entry = Entry {
        central: central.to_vec(),
        method: header.method,
        crc: header.crc,
        compressed: header.compressed,
        size: header.size,
        start: offset,
        data: offset,
        end: offset,
        has_extra: false,
        is_sound: true,
        name,
    };
    let mut faults = Vec::new();
    match headers::local(source, offset, header)? {
        None => faults.push(Finding::error("zip-headers-disagree").with("field", "local header")),
        Some((local, data)) => {
            entry.data = data;
            entry.end = data.saturating_add(header.compressed);
            entry.has_extra = !local.extra.is_empty();
            faults.extend(disagreement(header, &local));
            if local.flags & headers::DESCRIPTOR_FOLLOWS != 0 {
                match headers::descriptor(source, entry.end, header)? {
                    Some(length) => entry.end += length,
                    None => {
                        faults.push(Finding::error("zip-headers-disagree").with("field", "data descriptor"))
                    }
                }
            }
        }
    }
    faults.extend(unreadable(header));
    faults.extend(link(central));
    entry.is_sound = faults.is_empty();
    findings.extend(faults.into_iter().map(|fault| fault.with("entry", &entry.name)));
    Ok(entry)
}

/// Tools that stream read the local header, others the directory: both have to say the same.
fn disagreement(central: &Header, local: &Header) -> Option<Finding> {
    let later = local.flags & headers::DESCRIPTOR_FOLLOWS != 0;
    // What the descriptor will say may be left out before the data.
    let open = |in_local: u64, in_central: u64| in_local == in_central || (later && in_local == 0);
    let other_name = |header: &Header| header.unicode_path().is_some_and(|path| path != central.name);
    let field = if central.name != local.name || other_name(central) || other_name(local) {
        "name"
    } else if central.method != local.method {
        "method"
    } else if (central.flags ^ local.flags)
        & (headers::ENCRYPTED | headers::DESCRIPTOR_FOLLOWS | headers::UTF8)
        != 0
    {
        "flags"
    } else if !open(local.crc, central.crc) {
        "checksum"
    } else if !open(local.compressed, central.compressed) || !open(local.size, central.size) {
        "length"
    } else {
        return None;
    };
    Some(Finding::error("zip-headers-disagree").with("field", field))
}

/// A symbolic link as Unix tools mark it: what they unpack is not these bytes but whatever these name.
fn link(central: &[u8]) -> Option<Finding> {
    let attributes = number::<4>(central, 38)?;
    ((attributes >> 28) == 0xa).then(|| Finding::error("zip-entry-link"))
}

fn unreadable(header: &Header) -> Option<Finding> {
    if header.flags & (headers::ENCRYPTED | headers::STRONGLY_ENCRYPTED | headers::MASKED) != 0 {
        return Some(Finding::error("zip-entry-encrypted"));
    }
    if header.method == STORED && header.compressed != header.size {
        return Some(Finding::error("zip-headers-disagree").with("field", "length"));
    }
    let known = [STORED, DEFLATED].contains(&header.method);
    (!known).then(|| Finding::error("zip-method-unsupported").with("method", header.method))
}

//! ZIP files byte by byte, so that each can be wrong in one place.
#![allow(dead_code, unreachable_pub)]
#![allow(clippy::cast_possible_truncation, clippy::unwrap_used, clippy::indexing_slicing)]

use hsign_core::facts::DocumentFacts;

/// One entry as its two headers have it.
#[derive(Clone)]
pub struct Entry {
    pub name: Vec<u8>,
    pub local_name: Vec<u8>,
    pub data: Vec<u8>,
    pub method: u16,
    pub local_method: u16,
    pub flags: u16,
    pub local_flags: u16,
    pub size: u32,
    pub compressed: u32,
    pub crc: u32,
    pub local_crc: u32,
    pub extra: Vec<u8>,
    pub after: Vec<u8>,
    /// Where the directory says it is, if not where it is.
    pub offset: Option<u32>,
    pub listed: bool,
}

pub fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

pub fn stored(name: &str, data: &[u8]) -> Entry {
    let crc = crc(data);
    Entry {
        name: name.into(),
        local_name: name.into(),
        data: data.to_vec(),
        method: 0,
        local_method: 0,
        flags: 0,
        local_flags: 0,
        size: data.len() as u32,
        compressed: data.len() as u32,
        crc,
        local_crc: crc,
        extra: Vec::new(),
        after: Vec::new(),
        offset: None,
        listed: true,
    }
}

pub fn deflated(name: &str, data: &[u8]) -> Entry {
    use std::io::Write as _;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    let packed = encoder.finish().unwrap();
    Entry { compressed: packed.len() as u32, data: packed, method: 8, local_method: 8, ..stored(name, data) }
}

pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    let mut count = 0_u16;
    for entry in entries {
        let offset = entry.offset.unwrap_or(bytes.len() as u32);
        bytes.extend(b"PK\x03\x04\x14\x00");
        for number in [entry.local_flags, entry.local_method, 0, 0x21] {
            bytes.extend(number.to_le_bytes());
        }
        for number in [entry.local_crc, entry.compressed, entry.size] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((entry.local_name.len() as u16).to_le_bytes());
        bytes.extend((entry.extra.len() as u16).to_le_bytes());
        bytes.extend(&entry.local_name);
        bytes.extend(&entry.extra);
        bytes.extend(&entry.data);
        bytes.extend(&entry.after);
        if !entry.listed {
            continue;
        }
        count += 1;
        directory.extend(b"PK\x01\x02\x14\x00\x14\x00");
        for number in [entry.flags, entry.method, 0, 0x21] {
            directory.extend(number.to_le_bytes());
        }
        for number in [entry.crc, entry.compressed, entry.size] {
            directory.extend(number.to_le_bytes());
        }
        directory.extend((entry.name.len() as u16).to_le_bytes());
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(&entry.name);
    }
    end(&mut bytes, &directory, count, b"");
    bytes
}

pub fn end(bytes: &mut Vec<u8>, directory: &[u8], count: u16, comment: &[u8]) {
    let start = bytes.len() as u32;
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend((directory.len() as u32).to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend((comment.len() as u16).to_le_bytes());
    bytes.extend(comment);
}

pub fn mimetype() -> Entry {
    stored("mimetype", b"application/vnd.etsi.asic-e+zip")
}

pub fn codes(facts: &DocumentFacts) -> Vec<&str> {
    facts.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// The entries of a container whose entries are all stored.
pub fn entries(container: &[u8]) -> Vec<(String, Vec<u8>)> {
    let number = |at: usize, width: usize| -> usize {
        container[at..at + width].iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte))
    };
    let mut found = Vec::new();
    let mut at = 0;
    while container[at..].starts_with(b"PK\x03\x04") {
        let (size, name, extra) = (number(at + 18, 4), number(at + 26, 2), number(at + 28, 2));
        let start = at + 30 + name + extra;
        let name = String::from_utf8(container[at + 30..at + 30 + name].to_vec()).unwrap();
        found.push((name, container[start..start + size].to_vec()));
        at = start + size;
    }
    found
}

/// The same container with its entries changed.
pub fn changed(container: &[u8], change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let mut entries = entries(container);
    change(&mut entries);
    let entries: Vec<_> = entries.iter().map(|(name, bytes)| utf8(stored(name, bytes))).collect();
    zip(&entries)
}

fn utf8(mut entry: Entry) -> Entry {
    (entry.flags, entry.local_flags) = (0x800, 0x800);
    entry
}

/// The bytes of one entry.
pub fn entry<'e>(entries: &'e mut [(String, Vec<u8>)], name: &str) -> &'e mut Vec<u8> {
    &mut entries.iter_mut().find(|(other, _)| other == name).unwrap().1
}

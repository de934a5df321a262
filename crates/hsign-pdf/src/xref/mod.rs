//! Cross-reference sections (ISO 32000-2, 7.5.4 and 7.5.8).

pub(crate) mod chain;
pub(crate) mod stream;
pub(crate) mod table;

use hsign_core::Budget;

use crate::object::Dictionary;

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// Deleted, or never used.
    Free,
    /// At a byte position of the file.
    At {
        /// Byte position.
        offset: u64,
        /// Generation number.
        generation: u16,
    },
    /// In an object stream.
    Within {
        /// Number of the object stream.
        stream: u32,
        /// Index within it.
        index: u32,
    },
}

/// How a section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionKind {
    /// `xref` … `trailer`.
    Table,
    /// A stream of type /XRef.
    Stream,
}

/// One section with what its trailer says.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) offset: u64,
    /// First byte after it.
    pub(crate) end: u64,
    /// First byte after all of its parts: a hybrid one has a stream elsewhere.
    pub(crate) reach: u64,
    pub(crate) kind: SectionKind,
    /// Sorted by number, each number once.
    pub(crate) entries: Vec<(u32, Entry)>,
    pub(crate) trailer: Dictionary,
    pub(crate) oddities: Vec<&'static str>,
}

/// Entries of all sections together: a small file can't claim millions of objects, and no file may claim
/// more than twice Acrobat's limit of 8,388,607.
pub(crate) fn entry_budget(file_length: u64) -> Budget {
    Budget::new("cross-reference entries", file_length.saturating_add(65_536).min(1 << 24))
}

/// Sorts; of a number given twice the first counts, as other readers do, and it is an oddity.
pub(crate) fn sort(entries: &mut Vec<(u32, Entry)>, oddities: &mut Vec<&'static str>) {
    entries.sort_by_key(|(number, _)| *number);
    let before = entries.len();
    entries.dedup_by_key(|(number, _)| *number);
    if entries.len() != before {
        oddities.push("an object number stands twice in one cross-reference section");
    }
}

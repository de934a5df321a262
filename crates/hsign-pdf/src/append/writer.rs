use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{serialise, xref};
use crate::document::Document;
use crate::error::{Refusal, Result};
use crate::object::{Dictionary, Object, ObjectId};
use crate::xref::{Entry, SectionKind};

/// Last position that fits the ten digits of a table's entry.
const LAST_IN_TABLE: u64 = 9_999_999_999;
/// Highest object number we give: Acrobat's limit (ISO 32000-1, C.2).
const HIGHEST_NUMBER: u32 = 8_388_607;

/// An incremental update under construction.
pub struct Update<'d, 's> {
    document: &'d Document<'s>,
    /// Object bodies by number.
    bodies: BTreeMap<u32, (u16, Vec<u8>)>,
    /// Numbers to be listed as free.
    free: Vec<u32>,
    next: u32,
    second_id: Option<Vec<u8>>,
}

/// A finished update.
#[derive(Clone, Debug)]
pub struct Written {
    /// The bytes to append.
    pub bytes: Vec<u8>,
    /// Position in the whole file where each object's body begins (after `obj` and the line end).
    pub bodies: BTreeMap<u32, u64>,
}

impl<'d, 's> Update<'d, 's> {
    /// Begins an update of a document that can be extended safely.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] with the reason, for documents that only a repair could read.
    pub fn new(document: &'d Document<'s>) -> Result<Self> {
        if let Some(repair) = document.repairs().first() {
            let reason = repair.values.get("reason").unwrap_or(&repair.code);
            return Err(Refusal::Repaired(reason.clone()).into());
        }
        if document.encryption.as_ref().is_some_and(|encryption| !encryption.may_be_signed()) {
            return Err(Refusal::NotPermitted.into());
        }
        // Without its end marker a later verifier could not say where the last revision ends.
        if document.revisions().last().is_none_or(|revision| revision.end().is_none()) {
            return Err(Refusal::Repaired("the last revision has no end marker".to_owned()).into());
        }
        Ok(Self {
            next: next_number(document)?,
            document,
            bodies: BTreeMap::new(),
            free: Vec::new(),
            second_id: None,
        })
    }

    /// The document being extended.
    #[must_use]
    pub fn document(&self) -> &'d Document<'s> {
        self.document
    }

    /// A number that no object, entry or /Size of the document has used.
    ///
    /// # Errors
    /// When there is none left.
    pub fn allocate(&mut self) -> Result<ObjectId> {
        if self.next > HIGHEST_NUMBER {
            return Err(Refusal::NumbersExhausted.into());
        }
        let id = ObjectId::new(self.next, 0);
        self.next += 1;
        Ok(id)
    }

    /// Sets an object, new or in place of the existing one.
    pub fn set(&mut self, id: ObjectId, object: &Object) {
        let mut body = Vec::new();
        match &self.document.encryption {
            Some(encryption) => serialise::write(&encryption.close_strings(object, id), &mut body),
            None => serialise::write(object, &mut body),
        }
        self.set_body(id, body);
    }

    /// Sets a stream; /Length is added.
    pub fn set_stream(&mut self, id: ObjectId, dictionary: &Dictionary, data: &[u8]) {
        let mut dictionary = dictionary.clone();
        let mut data = Cow::Borrowed(data);
        if let Some(encryption) = &self.document.encryption {
            data = Cow::Owned(encryption.close_stream(&dictionary, id, &data));
            dictionary = self.closed(id, dictionary);
        }
        dictionary.set("Length", Object::Integer(i64::try_from(data.len()).unwrap_or(i64::MAX)));
        let mut body = Vec::with_capacity(data.len() + 128);
        serialise::dictionary(&dictionary, &mut body);
        body.extend(b"\nstream\n");
        body.extend_from_slice(&data);
        body.extend(b"\nendstream");
        self.set_body(id, body);
    }

    /// A dictionary as it has to be written for that object.
    pub(crate) fn closed(&self, id: ObjectId, dictionary: Dictionary) -> Dictionary {
        match &self.document.encryption {
            None => dictionary,
            Some(encryption) => match encryption.close_strings(&Object::Dictionary(dictionary), id) {
                Object::Dictionary(closed) => closed,
                _ => Dictionary::new(),
            },
        }
    }

    /// Sets an object by the bytes between `obj` and `endobj`.
    pub(crate) fn set_body(&mut self, id: ObjectId, body: Vec<u8>) {
        self.bodies.insert(id.number, (id.generation, body));
    }

    /// Gives the file identifier (ISO 32000-2, 14.4) a new second part.
    pub fn set_second_file_id(&mut self, bytes: Vec<u8>) {
        self.second_id = Some(bytes);
    }

    /// Lists numbers that no section mentions as free. Acrobat calls a signature invalid once another is
    /// added if the table had such gaps when it was made, so this is for updates before the first signature.
    pub(crate) fn fill_gaps(&mut self) {
        const MOST: u32 = 10_000;
        let Some(newest) = self.document.revisions().last() else { return };
        if newest.kind() != SectionKind::Table || self.next > HIGHEST_NUMBER {
            return;
        }
        let snapshot = self.document.newest();
        let listed: usize = self.document.revisions().iter().map(|revision| revision.entries().len()).sum();
        if usize::try_from(self.next).is_ok_and(|size| size > listed.saturating_add(MOST as usize)) {
            return;
        }
        let gaps = (1..self.next).filter(|number| snapshot.entry(*number).is_none());
        self.free = gaps.filter(|number| !self.bodies.contains_key(number)).collect();
    }

    /// Lays everything out.
    ///
    /// # Errors
    /// When positions no longer fit the cross-reference table.
    pub fn finish(mut self) -> Result<Written> {
        let base = self.document.length();
        // Cross-reference sections count from the header, everything else from the first byte.
        let shift = self.document.header_offset();
        let mut bytes = Vec::new();
        if !ends_with_line_end(self.document)? {
            bytes.push(b'\n');
        }
        let mut entries = BTreeMap::new();
        let mut bodies = BTreeMap::new();
        for (number, (generation, body)) in &self.bodies {
            let offset = base + bytes.len() as u64;
            let entry = Entry::At { offset: offset - shift, generation: *generation };
            entries.insert(*number, entry);
            bytes.extend(format!("{number} {generation} obj\n").bytes());
            bodies.insert(*number, base + bytes.len() as u64);
            bytes.extend(body);
            bytes.extend(b"\nendobj\n");
        }
        let newest = self.document.revisions().last();
        let kind = newest.map_or(SectionKind::Table, crate::Revision::kind);
        let start = base + bytes.len() as u64 - shift;
        if kind == SectionKind::Table && start > LAST_IN_TABLE {
            return Err(Refusal::TooLarge.into());
        }
        entries.extend(self.free.iter().map(|number| (*number, Entry::Free)));
        if kind == SectionKind::Stream {
            let own = self.allocate()?;
            entries.insert(own.number, Entry::At { offset: start, generation: 0 });
            xref::stream(own, &entries, self.trailer(), &mut bytes);
        } else {
            xref::table(&entries, &self.trailer(), &mut bytes);
        }
        bytes.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
        Ok(Written { bytes, bodies })
    }

    /// Carries /Root, /Info, /ID and /Encrypt; /Size and /Prev are new.
    fn trailer(&self) -> Dictionary {
        let old = self.document.newest().trailer();
        let mut trailer = Dictionary::new();
        trailer.set("Size", Object::Integer(i64::from(self.next)));
        for key in ["Root", "Info", "ID", "Encrypt"] {
            if let Some(value) = old.get(key) {
                trailer.set(key, value.clone());
            }
        }
        if let (Some(second), Some(Object::Array(ids))) = (&self.second_id, trailer.get("ID"))
            && let [first, _] = ids.as_slice()
        {
            let second =
                crate::object::PdfString { bytes: second.clone(), form: crate::StringForm::Hexadecimal };
            let pair = Object::Array(vec![first.clone(), Object::String(second)]);
            trailer.set("ID", pair);
        }
        let previous = self.document.revisions().last().map_or(0, crate::Revision::offset)
            - self.document.header_offset();
        trailer.set("Prev", Object::Integer(i64::try_from(previous).unwrap_or(i64::MAX)));
        trailer
    }
}

/// The first number above all that are mentioned anywhere, /Size included: it is often wrong, in either
/// direction.
fn next_number(document: &Document<'_>) -> Result<u32> {
    let sizes = document.revisions().iter().map(|revision| {
        let size = revision.trailer().get("Size").and_then(Object::as_integer).unwrap_or(0);
        u32::try_from(size).unwrap_or(if size < 0 { 0 } else { u32::MAX })
    });
    let numbers = document
        .revisions()
        .iter()
        .filter_map(|revision| revision.entries().last().map(|(number, _)| number.saturating_add(1)));
    let next = sizes.chain(numbers).max().unwrap_or(1).max(1);
    if next > HIGHEST_NUMBER { Err(Refusal::NumbersExhausted.into()) } else { Ok(next) }
}

fn ends_with_line_end(document: &Document<'_>) -> Result<bool> {
    let last = document.window.piece(document.length().saturating_sub(1), 1)?;
    Ok(matches!(last.as_slice(), [b'\n' | b'\r']))
}

//! A document with its revisions, and objects as one revision shows them.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use hsign_core::{Budget, Finding, Source};

use crate::encryption::{Access, Encryption};
use crate::error::{Error, Result};
use crate::filter;
use crate::lexer::is_space;
use crate::object::{Dictionary, Object, ObjectId, Stream};
use crate::object_stream::{self, Cache, ObjectStream};
use crate::rebuild;
use crate::revision::{self, Revision};
use crate::window::Window;
use crate::xref::{Entry, chain};

/// The header must begin in the first 1024 bytes (ISO 32000-1, H.3).
const HEADER_WITHIN: u64 = 1024;
/// All streams of a document together, decoded: enough for the structure of a file of millions of objects.
const DECODED: u64 = 512 << 20;
/// References that lead to references.
const LONGEST_REFERENCE_CHAIN: u32 = 32;

/// A PDF document, open for reading. Nothing is kept of it but its cross-reference data.
pub struct Document<'s> {
    pub(crate) window: Window<'s>,
    pub(crate) revisions: Vec<Revision>,
    header: u64,
    repairs: Vec<Finding>,
    /// `None` while the encryption dictionary itself is read, and for files that aren't encrypted.
    pub(crate) encryption: Option<Encryption>,
    streams: RefCell<Cache>,
    decoded: RefCell<Budget>,
    /// Numbers with the later revisions that touch them: a look-up costs the same after a hundred of these.
    touched: OnceCell<Vec<(u32, usize)>>,
    /// Where revisions end, ascending.
    ends: OnceCell<Vec<u64>>,
    /// Where objects (by number) and cross-reference sections (0) begin, ascending.
    offsets: OnceCell<Vec<(u64, u32)>>,
}

/// An object and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) object: Object,
    /// Its bytes in the file (a stream's without the data); `None` inside an object stream.
    pub(crate) span: Option<Range<u64>>,
}

impl<'s> Document<'s> {
    /// Reads header, cross-reference chain and catalog. A broken chain is replaced by a scan of the whole
    /// file, for reading only, and named in [`Document::repairs`].
    ///
    /// # Errors
    /// When it isn't a PDF, is encrypted with a password, or has no catalog that can be found.
    pub fn open(source: &'s dyn Source) -> Result<Self> {
        Self::open_with(source, source.password())
    }

    /// The same with the password of an encrypted file, the owner's or a user's, instead of the source's own.
    ///
    /// # Errors
    /// As [`Document::open`].
    pub fn open_with(source: &'s dyn Source, password: Option<&[u8]>) -> Result<Self> {
        let window = Window::new(source);
        let header = window.find(b"%PDF-", 0, HEADER_WITHIN.min(window.length()))?.ok_or(Error::NotPdf)?;
        match Self::from_chain(&window, header, password) {
            Err(error) if rebuild::may_help(&error) => {
                let rebuilt = Finding::warning("cross-reference-rebuilt").with("reason", error);
                Self::from_scan(window, header, vec![rebuilt], password)
            }
            other => other,
        }
    }

    fn new(window: Window<'s>, header: u64, revisions: Vec<Revision>, repairs: Vec<Finding>) -> Self {
        Self {
            window,
            revisions,
            header,
            repairs,
            encryption: None,
            streams: RefCell::default(),
            decoded: RefCell::new(Budget::new("decompressed bytes", DECODED)),
            touched: OnceCell::new(),
            ends: OnceCell::new(),
            offsets: OnceCell::new(),
        }
    }

    fn from_chain(window: &Window<'s>, header: u64, password: Option<&[u8]>) -> Result<Self> {
        let start = chain::last_startxref(window)?;
        if header == 0 {
            return Self::with_chain(window.clone(), start, header, Vec::new(), password);
        }
        // Positions count from the header (ISO 32000-2, 7.5.2, Note); some writers count from the first byte.
        let irregular = |what: &str| vec![Finding::warning("cross-reference-irregular").with("reason", what)];
        match Self::with_chain(window.shifted(header), start, header, Vec::new(), password) {
            // A file made to be read both ways shows another document to readers that count the other way.
            Ok(_) if is_two_faced(window, start, header) => {
                let what = "positions can be counted from the header and from before it";
                Self::with_chain(window.shifted(header), start, header, irregular(what), password)
            }
            Ok(document) => Ok(document),
            Err(_) => {
                let what = "positions count from before the header";
                Self::with_chain(window.clone(), start, header, irregular(what), password)
            }
        }
    }

    fn with_chain(
        window: Window<'s>,
        start: u64,
        header: u64,
        repairs: Vec<Finding>,
        password: Option<&[u8]>,
    ) -> Result<Self> {
        let sections = chain::read(&window, start)?;
        let mut oddities = Vec::new();
        let revisions = revision::from_sections(&window, sections, &mut oddities)?;
        let mut document = Self::new(window, header, revisions, repairs);
        document.repairs.extend(
            oddities
                .into_iter()
                .map(|what| Finding::warning("cross-reference-irregular").with("reason", what)),
        );
        document.decrypt(password)?;
        document.newest().catalog()?;
        Ok(document)
    }

    fn from_scan(
        window: Window<'s>,
        header: u64,
        repairs: Vec<Finding>,
        password: Option<&[u8]>,
    ) -> Result<Self> {
        let found = rebuild::scan(&window)?;
        let mut document = Self::new(window, header, vec![found], repairs);
        document.decrypt(password)?;
        rebuild::add_object_streams(&mut document)?;
        document.newest().catalog()?;
        Ok(document)
    }

    /// Finds the key of an encrypted file; from then on strings and streams are opened as they are read.
    fn decrypt(&mut self, password: Option<&[u8]>) -> Result<()> {
        let snapshot = self.newest();
        let Some(entry) = snapshot.trailer().get("Encrypt") else {
            let was = self.revisions.iter().any(|revision| revision.trailer.get("Encrypt").is_some());
            let what = "revisions that disagree about it";
            return if was { Err(Error::EncryptionMethod(what)) } else { Ok(()) };
        };
        let object = entry.as_reference();
        let Object::Dictionary(dictionary) = snapshot.resolve(entry)? else {
            return Err(Error::EncryptionMethod("an encryption dictionary that isn't there"));
        };
        let ids = snapshot.value(snapshot.trailer(), "ID")?;
        let first = ids.as_array().and_then(|ids| ids.first()).and_then(Object::as_string);
        let file_id = first.map(|id| id.bytes.clone()).unwrap_or_default();
        self.encryption = Some(Encryption::open(&dictionary, object, file_id, password)?);
        Ok(())
    }

    /// Whose password opened the file; `None` if it isn't encrypted.
    #[must_use]
    pub fn access(&self) -> Option<Access> {
        self.encryption.as_ref().map(Encryption::access)
    }

    /// Length of the file in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.window.length()
    }

    /// Bytes before the `%PDF-` header; the positions in cross-reference sections count from there.
    #[must_use]
    pub fn header_offset(&self) -> u64 {
        self.header
    }

    /// The revisions, oldest first; never empty.
    #[must_use]
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// What had to be mended or guessed to read the file at all. Not empty means: must not be signed.
    #[must_use]
    pub fn repairs(&self) -> &[Finding] {
        &self.repairs
    }

    /// The document as it is shown today.
    #[must_use]
    pub fn newest(&self) -> Snapshot<'_, 's> {
        self.at(self.revisions.len().saturating_sub(1))
    }

    /// The document as it was when revision `index` (0 is the oldest) was the newest.
    #[must_use]
    pub fn at(&self, index: usize) -> Snapshot<'_, 's> {
        Snapshot { document: self, revision: index.min(self.revisions.len().saturating_sub(1)) }
    }

    /// Bytes after the end of the newest revision that are not white space.
    ///
    /// # Errors
    /// When the source fails.
    pub fn has_trailing_bytes(&self) -> Result<bool> {
        let Some(end) = self.revisions.last().and_then(Revision::end) else { return Ok(true) };
        let mut at = end;
        while at < self.length() {
            let bytes = self.window.piece(at, 64 << 10)?;
            if bytes.iter().any(|byte| !is_space(*byte)) {
                return Ok(true);
            }
            at += bytes.len() as u64;
        }
        Ok(false)
    }

    /// The numbers that revisions after the first say something about, each with the revision, in order.
    fn touched_numbers(&self) -> Vec<(u32, usize)> {
        let updates = self.revisions.iter().enumerate().skip(1);
        let mut touched: Vec<(u32, usize)> = updates
            .flat_map(|(index, revision)| revision.entries.iter().map(move |(number, _)| (*number, index)))
            .collect();
        touched.sort_unstable();
        touched
    }

    /// The first object (by number) or cross-reference section (0) that begins within these bytes.
    pub(crate) fn begins_within(&self, range: &Range<u64>) -> Option<u32> {
        let offsets = self.offsets.get_or_init(|| {
            let entries = self.revisions.iter().flat_map(|revision| &revision.entries);
            let objects = entries.filter_map(|(number, entry)| match entry {
                Entry::At { offset, .. } => Some((*offset, *number)),
                _ => None,
            });
            let sections = self.revisions.iter().map(|revision| (revision.offset, 0));
            let mut offsets: Vec<_> = objects.chain(sections).collect();
            offsets.sort_unstable();
            offsets
        });
        let first = offsets.partition_point(|(offset, _)| *offset < range.start);
        offsets.get(first).filter(|(offset, _)| *offset < range.end).map(|(_, number)| *number)
    }

    /// What begins in a revision ends there (ISO 32000-2, 7.5.6): otherwise whoever appends would write its end.
    fn within_one_revision(&self, span: &Range<u64>) -> Result<()> {
        let ends = self.ends.get_or_init(|| {
            let mut ends: Vec<_> = self.revisions.iter().filter_map(Revision::end).collect();
            ends.sort_unstable();
            ends
        });
        let own = ends.partition_point(|end| *end <= span.start);
        match ends.get(own) {
            Some(end) if *end < span.end => Err(Error::Damaged {
                offset: span.start,
                what: "what begins here does not end in its revision",
            }),
            _ => Ok(()),
        }
    }

    /// The object whose definition begins at `offset`, if it is the one with that id.
    pub(crate) fn object_at(&self, offset: u64, id: ObjectId) -> Result<Located> {
        let found = self.window.parse(offset, |parser| parser.indirect())?;
        if found.id != id {
            return Err(Error::Damaged { offset, what: "another object stands where this one should" });
        }
        self.within_one_revision(&(offset..found.end))?;
        let object = match (found.object, found.stream_start) {
            (Object::Dictionary(dictionary), Some(start)) => Object::Stream(Stream { dictionary, start, id }),
            (_, Some(_)) => return Err(Error::Damaged { offset, what: "stream without a dictionary" }),
            (object, None) => object,
        };
        let mut object = object;
        if let Some(encryption) = &self.encryption {
            encryption.open_strings(&mut object, id)?;
        }
        Ok(Located { object, span: Some(offset..found.end) })
    }
}

/// A document as one revision shows it.
#[derive(Clone, Copy)]
pub struct Snapshot<'d, 's> {
    pub(crate) document: &'d Document<'s>,
    pub(crate) revision: usize,
}

impl<'d> Snapshot<'d, '_> {
    /// Where the object is, by the newest entry up to this revision.
    #[must_use]
    pub fn entry(&self, number: u32) -> Option<Entry> {
        let touched = self.document.touched.get_or_init(|| self.document.touched_numbers());
        let after = touched.partition_point(|place| *place <= (number, self.revision));
        let newest = after.checked_sub(1).and_then(|index| touched.get(index));
        let revision = newest.filter(|(touched, _)| *touched == number).map_or(0, |(_, revision)| *revision);
        self.document.revisions.get(revision)?.entry(number)
    }

    /// Whether the number belongs to an object.
    #[must_use]
    pub fn is_in_use(&self, number: u32) -> bool {
        !matches!(self.entry(number), None | Some(Entry::Free))
    }

    /// The trailer dictionary.
    #[must_use]
    pub fn trailer(&self) -> &'d Dictionary {
        static EMPTY: Dictionary = Dictionary::EMPTY;
        self.document.revisions.get(self.revision).map_or(&EMPTY, |revision| &revision.trailer)
    }

    /// An indirect object; null if there is none (ISO 32000-2, 7.3.10).
    ///
    /// # Errors
    /// When the bytes where it should be are damaged.
    pub fn get(&self, id: ObjectId) -> Result<Object> {
        Ok(self.locate(id)?.object)
    }

    pub(crate) fn locate(&self, id: ObjectId) -> Result<Located> {
        let null = Located { object: Object::Null, span: None };
        match self.entry(id.number) {
            None | Some(Entry::Free) => Ok(null),
            Some(Entry::At { generation, .. }) if generation != id.generation => Ok(null),
            Some(Entry::At { offset, .. }) => self.document.object_at(offset, id),
            // ISO 32000-2, 7.5.7: objects in object streams have generation 0.
            Some(Entry::Within { .. }) if id.generation != 0 => Ok(null),
            Some(Entry::Within { stream, index }) => {
                let object = self.object_stream(stream)?.object(index, id.number);
                let what = "not where its object stream's index says";
                let object = object.ok_or(Error::Object { object: id.number, what })?;
                Ok(Located { object, span: None })
            }
        }
    }

    /// Follows references to the object itself.
    ///
    /// # Errors
    /// When an object on the way is damaged or the references form a loop.
    pub fn resolve(&self, object: &Object) -> Result<Object> {
        let mut current = object.clone();
        for _ in 0..LONGEST_REFERENCE_CHAIN {
            match current {
                Object::Reference(id) => current = self.get(id)?,
                other => return Ok(other),
            }
        }
        Err(Error::Structure("references form a loop"))
    }

    /// A dictionary's value, references followed; null if absent.
    ///
    /// # Errors
    /// As [`Snapshot::resolve`].
    pub fn value(&self, dictionary: &Dictionary, key: &str) -> Result<Object> {
        dictionary.get(key).map_or(Ok(Object::Null), |value| self.resolve(value))
    }

    /// The catalog's id, as the trailer gives it.
    ///
    /// # Errors
    /// When there is none.
    pub fn root(&self) -> Result<ObjectId> {
        self.trailer()
            .get("Root")
            .and_then(Object::as_reference)
            .ok_or(Error::Structure("no /Root in the trailer"))
    }

    /// The document catalog.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn catalog(&self) -> Result<Dictionary> {
        match self.get(self.root()?)? {
            Object::Dictionary(catalog) => Ok(catalog),
            _ => Err(Error::Structure("the document catalog is not a dictionary")),
        }
    }

    /// A stream's data, decoded, at most `limit` bytes.
    ///
    /// # Errors
    /// When its length is wrong, a filter is unknown, or a limit is reached.
    pub fn stream_data(&self, stream: &Stream, limit: u64) -> Result<Vec<u8>> {
        let length = self.value(&stream.dictionary, "Length")?;
        self.decode(stream, &length, limit)
    }

    /// A stream's data as it stands in the file.
    ///
    /// # Errors
    /// When its length is wrong.
    pub fn raw_stream_data(&self, stream: &Stream) -> Result<Vec<u8>> {
        let length = self.value(&stream.dictionary, "Length")?;
        self.raw(stream, &length)
    }

    /// Where a stream's data stands in the file.
    ///
    /// # Errors
    /// When its length is wrong.
    pub fn stream_span(&self, stream: &Stream) -> Result<Range<u64>> {
        let length = self.value(&stream.dictionary, "Length")?;
        self.span(stream, &length)
    }

    fn span(&self, stream: &Stream, length: &Object) -> Result<Range<u64>> {
        let length = length
            .as_integer()
            .and_then(|length| u64::try_from(length).ok())
            .ok_or(Error::Damaged { offset: stream.start, what: "stream without a length" })?;
        let end = stream_end(&self.document.window, stream.start, length)?;
        self.document.within_one_revision(&(stream.start..end))?;
        Ok(stream.start..stream.start.saturating_add(length))
    }

    fn raw(&self, stream: &Stream, length: &Object) -> Result<Vec<u8>> {
        let span = self.span(stream, length)?;
        self.document.window.exact(span.start, span.end - span.start)
    }

    fn decode(&self, stream: &Stream, length: &Object, limit: u64) -> Result<Vec<u8>> {
        let mut raw = self.raw(stream, length)?;
        if let Some(encryption) = &self.document.encryption {
            raw = encryption.open_stream(&stream.dictionary, stream.id, raw)?;
        }
        let mut budget = self.document.decoded.borrow_mut();
        let bytes = filter::decode(&stream.dictionary, raw, limit.min(budget.left()))?;
        budget.spend(bytes.len() as u64)?;
        Ok(bytes)
    }

    pub(crate) fn object_stream(&self, number: u32) -> Result<Rc<ObjectStream>> {
        let broken = |what| Error::Object { object: number, what };
        let Some(Entry::At { offset, generation }) = self.entry(number) else {
            return Err(broken("object stream that is itself not a plain object"));
        };
        if let Some(known) = self.document.streams.borrow().get(offset) {
            return Ok(known);
        }
        let Object::Stream(stream) =
            self.document.object_at(offset, ObjectId::new(number, generation))?.object
        else {
            return Err(broken("object stream expected"));
        };
        if !stream.dictionary.get("Type").is_some_and(|kind| kind.is_name("ObjStm")) {
            return Err(broken("stream of type /ObjStm expected"));
        }
        let length = self.plain_integer(stream.dictionary.get("Length"))?;
        let bytes = self.decode(&stream, &length, object_stream::LARGEST)?;
        let decoded =
            ObjectStream::new(&stream.dictionary, bytes).ok_or(broken("bad /N, /First or index"))?;
        let decoded = Rc::new(decoded);
        self.document.streams.borrow_mut().put(offset, &decoded);
        Ok(decoded)
    }

    /// The length of an object stream: direct, or an object that isn't in an object stream itself, since
    /// that could go in circles.
    fn plain_integer(&self, value: Option<&Object>) -> Result<Object> {
        match value {
            Some(Object::Reference(id)) => match self.entry(id.number) {
                Some(Entry::At { .. }) => self.get(*id),
                _ => Ok(Object::Null),
            },
            other => Ok(other.cloned().unwrap_or(Object::Null)),
        }
    }
}

/// Whether positions lead to one chain of sections counted from the header and to another from the first byte. White
/// space in front of the header can make both lead to the same.
fn is_two_faced(window: &Window<'_>, start: u64, header: u64) -> bool {
    let ends = |window: &Window<'_>| -> Result<Vec<u64>> {
        Ok(chain::read(window, start)?.iter().map(|section| section.end).collect())
    };
    match (ends(&window.shifted(header)), ends(window)) {
        (Ok(from_header), Ok(from_first_byte)) => from_header != from_first_byte,
        _ => false,
    }
}

/// The position after `endstream`, which must follow the data.
pub(crate) fn stream_end(window: &Window<'_>, start: u64, length: u64) -> Result<u64> {
    let wrong = Error::Damaged { offset: start, what: "no endstream where the stream's length puts it" };
    let Some(end) = start.checked_add(length).filter(|end| *end <= window.length()) else {
        return Err(wrong);
    };
    let tail = window.piece(end, 32)?;
    let space = tail.iter().take_while(|byte| is_space(**byte)).count();
    if !tail.get(space..).is_some_and(|tail| tail.starts_with(b"endstream")) {
        return Err(wrong);
    }
    Ok(end + (space + b"endstream".len()) as u64)
}

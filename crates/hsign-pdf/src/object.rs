//! The object types of ISO 32000, with the byte position of every dictionary value.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// Number and generation of an indirect object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// Object number, never 0 for an object in use.
    pub number: u32,
    /// Generation number, 0 in most files.
    pub generation: u16,
}

impl ObjectId {
    /// Number and generation.
    #[must_use]
    pub const fn new(number: u32, generation: u16) -> Self {
        Self { number, generation }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} R", self.number, self.generation)
    }
}

/// Any object. Numbers with a fraction keep their text, so that writing them back changes nothing.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Object {
    Null,
    Boolean(bool),
    Integer(i64),
    /// As written.
    Real(Vec<u8>),
    String(PdfString),
    /// Decoded: `#xx` resolved, without the solidus.
    Name(Vec<u8>),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    Stream(Stream),
    Reference(ObjectId),
}

/// A string's bytes, and how it was written.
#[derive(Clone, Debug)]
pub struct PdfString {
    /// Decoded bytes.
    pub bytes: Vec<u8>,
    /// How it stood in the file.
    pub form: StringForm,
}

/// The two ways to write a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringForm {
    /// `( … )`
    Literal,
    /// `< … >` with nothing but an even number of hexadecimal digits.
    Hexadecimal,
    /// `< … >` with white space, other characters or a missing digit.
    IrregularHexadecimal,
}

impl PartialEq for PdfString {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl PdfString {
    /// A string to be written in literal form.
    #[must_use]
    pub fn literal(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), form: StringForm::Literal }
    }
}

/// A dictionary as it stands, repeated keys included.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    entries: Vec<Entry>,
}

/// One key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Decoded key.
    pub key: Vec<u8>,
    /// Whether the key was written with `#xx`.
    pub key_escaped: bool,
    /// Its value.
    pub value: Object,
    /// Where the value stands: in the file, or within the decoded object stream; empty if made by us.
    pub span: Range<u64>,
}

/// Equal as sets of keys and values; null values count as absent.
impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        self.equal_except(other, &[])
    }
}

impl Dictionary {
    pub(crate) const EMPTY: Self = Self { entries: Vec::new() };

    /// An empty dictionary.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// The value of a key; the last one where it is repeated; `None` for null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Object> {
        self.get_str(key.as_bytes())
    }

    pub(crate) fn get_str(&self, key: &[u8]) -> Option<&Object> {
        self.entry(key).map(|entry| &entry.value).filter(|value| **value != Object::Null)
    }

    /// The last entry with that key.
    #[must_use]
    pub fn entry(&self, key: &[u8]) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.key == key)
    }

    /// Every entry in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().map(|entry| entry.key.as_slice())
    }

    fn values(&self) -> impl Iterator<Item = &Object> {
        self.entries.iter().map(|entry| &entry.value)
    }

    /// Whether two dictionaries agree in every key but these.
    pub(crate) fn equal_except(&self, other: &Self, keys: &[&str]) -> bool {
        // Written again by the same program they mostly have the same keys in the same order.
        if keys.is_empty() && self.keys().eq(other.keys()) {
            return self.values().eq(other.values());
        }
        // With a repeated key only the same entries in the same order are the same.
        if self.duplicate_key().is_some() || other.duplicate_key().is_some() {
            let pairs = |entry: &Entry| (entry.key.clone(), entry.value.clone());
            return self.entries.iter().map(pairs).eq(other.entries.iter().map(pairs));
        }
        self.values_except(keys) == other.values_except(keys)
    }

    /// Whether every key has the same value in `other`, which may have more keys.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        let there = other.values_except(&[]);
        self.values_except(&[]).iter().all(|(key, value)| there.get(key) == Some(value))
    }

    fn values_except(&self, keys: &[&str]) -> BTreeMap<&[u8], &Object> {
        let counts = |entry: &&Entry| {
            entry.value != Object::Null && !keys.iter().any(|key| key.as_bytes() == entry.key)
        };
        self.entries.iter().filter(counts).map(|entry| (entry.key.as_slice(), &entry.value)).collect()
    }

    /// A key that occurs twice, if any: readers disagree about which one counts.
    #[must_use]
    pub fn duplicate_key(&self) -> Option<&[u8]> {
        let mut keys: Vec<&[u8]> = self.keys().collect();
        keys.sort_unstable();
        keys.array_windows::<2>().find(|[a, b]| a == b).map(|[a, _]| *a)
    }

    /// Puts a value in place of the one there, or at the end.
    pub fn set(&mut self, key: &str, value: Object) {
        let key = key.as_bytes();
        match self.entries.iter_mut().rev().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => self.push(Entry { key: key.to_vec(), key_escaped: false, value, span: 0..0 }),
        }
    }

    /// Takes every entry with that key out.
    pub fn remove(&mut self, key: &str) {
        self.entries.retain(|entry| entry.key != key.as_bytes());
    }
}

/// A stream: its dictionary, and where its data begins in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// The stream dictionary.
    pub dictionary: Dictionary,
    /// Position of the first byte of data.
    pub start: u64,
    /// The object it is: an encrypted file closes each with a key of its own.
    pub id: ObjectId,
}

/// A number with three decimals at most: a thousandth of a point is below what any device shows.
#[must_use]
pub fn number_text(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

impl Object {
    /// A name.
    #[must_use]
    pub fn name(text: &str) -> Self {
        Self::Name(text.as_bytes().to_vec())
    }

    /// A number as [`number_text`] writes it.
    #[must_use]
    pub fn real(value: f64) -> Self {
        Self::Real(number_text(value).into_bytes())
    }

    /// The dictionary, also that of a stream.
    #[must_use]
    pub fn as_dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) | Self::Stream(Stream { dictionary, .. }) => Some(dictionary),
            _ => None,
        }
    }

    /// The elements.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The integer.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, whole or not.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            #[allow(clippy::cast_precision_loss)]
            Self::Integer(value) => Some(*value as f64),
            Self::Real(text) => std::str::from_utf8(text).ok()?.parse().ok(),
            _ => None,
        }
    }

    /// The name.
    #[must_use]
    pub fn as_name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The string.
    #[must_use]
    pub fn as_string(&self) -> Option<&PdfString> {
        match self {
            Self::String(string) => Some(string),
            _ => None,
        }
    }

    /// The referenced object's id.
    #[must_use]
    pub fn as_reference(&self) -> Option<ObjectId> {
        match self {
            Self::Reference(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether this is the name `text`.
    #[must_use]
    pub fn is_name(&self, text: &str) -> bool {
        self.as_name() == Some(text.as_bytes())
    }
}

//! Documents by reference: where they are and what they were, never their bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use hsign_core::{Date, Digest, DigestAlgorithm, Time};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::hex::Hex;

/// Longest key or location in bytes: that of a path where file systems end.
const LONGEST_NAME: usize = 4096;
/// Places where one document may lie.
const MOST_LOCATIONS: usize = 16;

/// A document as the archive knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    key: String,
    size: u64,
    digests: BTreeMap<DigestAlgorithm, Hex>,
    locations: Vec<String>,
    class: String,
    retention: RetentionEnd,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaces: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verdict: Option<RecordedVerdict>,
}

/// What a verification of the document's own signatures said before it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedVerdict {
    /// The indication of EN 319 102-1, or `NO-SIGNATURE`.
    pub indication: String,
    /// The sub-indication, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_indication: Option<String>,
    /// For which time it was made.
    pub time: Time,
}

/// Until when a document has to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetentionEnd {
    /// Up to this day, included.
    Until(Date),
    /// The clock hasn't started: the care that the chart is about goes on.
    Open,
}

impl Document {
    /// A document of one version, known by `key` to the system that owns it.
    ///
    /// # Errors
    /// When the key is empty, has control characters or is too long; when the class isn't a plain word; when there is
    /// no digest, or one of another length than its algorithm's.
    pub fn new(
        key: &str,
        size: u64,
        digests: &[Digest],
        class: &str,
        retention: RetentionEnd,
    ) -> Result<Self, Error> {
        let document = Self {
            key: key.to_owned(),
            size,
            digests: digests.iter().map(|one| (one.algorithm, Hex(one.value.0.clone()))).collect(),
            locations: Vec::new(),
            class: class.to_owned(),
            retention,
            replaces: None,
            verdict: None,
        };
        document.check()?;
        Ok(document)
    }

    /// With one more place where its bytes can be read; what the text means is the caller's.
    ///
    /// # Errors
    /// When the place is empty, has control characters or is too long, or there are too many.
    pub fn at(mut self, location: &str) -> Result<Self, Error> {
        self.locations.push(location.to_owned());
        self.check()?;
        Ok(self)
    }

    /// The same at these places instead of those known before.
    ///
    /// # Errors
    /// As [`Document::at`].
    pub fn located(&self, locations: &[String]) -> Result<Self, Error> {
        let moved = Self { locations: locations.to_vec(), ..self.clone() };
        moved.check()?;
        Ok(moved)
    }

    /// As the newer version of the document with this key.
    ///
    /// # Errors
    /// When that is no key, or its own.
    pub fn replacing(mut self, key: &str) -> Result<Self, Error> {
        self.replaces = Some(key.to_owned());
        self.check()?;
        Ok(self)
    }

    /// With what a verification said about it.
    #[must_use]
    pub fn judged(mut self, verdict: RecordedVerdict) -> Self {
        self.verdict = Some(verdict);
        self
    }

    /// What a description has to fulfil, made here or read from a bundle.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !is_name(&self.key) || !self.replaces.as_deref().is_none_or(is_name) {
            return Err(Error::Document("a key is empty, too long, or has control characters"));
        }
        if self.replaces.as_ref() == Some(&self.key) {
            return Err(Error::Document("it would replace itself"));
        }
        if !are_locations(&self.locations) {
            return Err(Error::Document("its places are too many or can't be written"));
        }
        if !is_word(&self.class) {
            return Err(Error::Document("the class is not a plain word"));
        }
        let fits = |(algorithm, value): (&DigestAlgorithm, &Hex)| value.0.len() == algorithm.length();
        if self.digests.is_empty() || !self.digests.iter().all(fits) {
            return Err(Error::Document("no digest, or one of another length"));
        }
        Ok(())
    }

    /// The name by which its owner knows this version.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its digest under this algorithm, if it was computed.
    #[must_use]
    pub fn digest(&self, algorithm: DigestAlgorithm) -> Option<Digest> {
        self.digests.get(&algorithm)?.digest(algorithm)
    }

    /// The digest that tells whether something is the same document.
    #[must_use]
    pub fn first_digest(&self) -> Option<Digest> {
        self.digest(self.algorithms().next()?)
    }

    /// The octets of its digest under this algorithm.
    pub(crate) fn octets(&self, algorithm: DigestAlgorithm) -> Option<&[u8]> {
        self.digests.get(&algorithm).map(|value| value.0.as_slice())
    }

    /// The algorithms under which it was hashed.
    pub fn algorithms(&self) -> impl Iterator<Item = DigestAlgorithm> + '_ {
        self.digests.keys().copied()
    }

    /// Where its bytes can be read.
    #[must_use]
    pub fn locations(&self) -> &[String] {
        &self.locations
    }

    /// What kind of record it is, by the institution's or the retention table's word.
    #[must_use]
    pub fn class(&self) -> &str {
        &self.class
    }

    /// Until when it is to be kept.
    #[must_use]
    pub fn retention(&self) -> RetentionEnd {
        self.retention
    }

    /// What a verification said before it was taken.
    #[must_use]
    pub fn verdict(&self) -> Option<&RecordedVerdict> {
        self.verdict.as_ref()
    }

    /// The key of the version that it replaces.
    #[must_use]
    pub fn replaces(&self) -> Option<&str> {
        self.replaces.as_deref()
    }
}

/// A text on one line that isn't too long: a key, a location, a reason.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

/// Places of one document.
pub(crate) fn are_locations(places: &[String]) -> bool {
    places.len() <= MOST_LOCATIONS && places.iter().all(|place| is_name(place))
}

/// Lower-case letters, digits and hyphens: safe in names of files everywhere.
pub(crate) fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(plain)
}

const OPEN: &str = "open";

impl RetentionEnd {
    /// The month that batches go by, `2031-04`; `open` where there is no end yet.
    #[must_use]
    pub fn month(self) -> String {
        let mut text = self.to_string();
        if self != Self::Open {
            text.truncate("2031-04".len());
        }
        text
    }
}

impl fmt::Display for RetentionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Until(date) => date.fmt(f),
            Self::Open => f.write_str(OPEN),
        }
    }
}

impl FromStr for RetentionEnd {
    type Err = hsign_core::DateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == OPEN { Ok(Self::Open) } else { text.parse().map(Self::Until) }
    }
}

impl Serialize for RetentionEnd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RetentionEnd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

//! Texts and hexadecimal of a record.

use hsign_core::{Digest, DigestAlgorithm};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::RecordError;

const LONGEST_TEXT: usize = 400;

/// Refuses what a form left open, and what could disturb a terminal.
pub(super) fn check(key: &'static str, text: &str) -> Result<(), RecordError> {
    let usable = !text.trim().is_empty()
        && text.chars().count() <= LONGEST_TEXT
        && !text.chars().any(char::is_control);
    usable.then_some(()).ok_or(RecordError::Text(key))
}

pub(super) fn check_optional(key: &'static str, text: Option<&String>) -> Result<(), RecordError> {
    text.map_or(Ok(()), |text| check(key, text))
}

pub(super) fn sha256<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = octets(&text).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| D::Error::custom("64 hexadecimal digits are expected"))
}

/// Hexadecimal in either case, in pairs.
fn octets(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    digits?
        .chunks(2)
        .map(|pair| matches!(pair, [_, _]).then(|| pair.iter().fold(0, |n, d| n << 4 | d)))
        .collect()
}

/// A digest strong enough to be bound to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StrongDigest {
    algorithm: DigestAlgorithm,
    value: String,
}

impl TryFrom<StrongDigest> for Digest {
    type Error = String;

    fn try_from(digest: StrongDigest) -> Result<Self, String> {
        let strong = digest.algorithm.length() >= DigestAlgorithm::Sha256.length();
        let value = octets(&digest.value).filter(|value| strong && value.len() == digest.algorithm.length());
        value
            .map(|value| Self::new(digest.algorithm, value))
            .ok_or_else(|| "a digest of 256 bits or more in hexadecimal is expected".to_owned())
    }
}

pub(super) fn digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
    Digest::try_from(StrongDigest::deserialize(deserializer)?).map_err(D::Error::custom)
}

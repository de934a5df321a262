use std::fmt;

use hsign_core::{Digest, DigestAlgorithm};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes that stand in a file as lower-case hexadecimal, the one form that is read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl Hex {
    /// As a digest; `None` where the length isn't the algorithm's.
    pub(crate) fn digest(&self, algorithm: DigestAlgorithm) -> Option<Digest> {
        (self.0.len() == algorithm.length()).then(|| Digest::new(algorithm, self.0.clone()))
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let read = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
        let bytes = pairs.iter().map(read).collect::<Option<Vec<_>>>()?;
        rest.is_empty().then_some(Self(bytes))
    }
}

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hsign_core::hex(&self.0))
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hsign_core::hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| serde::de::Error::custom("not lower-case hexadecimal"))
    }
}

use std::collections::BTreeMap;

use hsign_core::DigestAlgorithm;
use serde::Deserialize;

use super::{AlgorithmTableError, Limit};
use crate::Confidence;

pub(super) const SCHEMA: &str = "hsign.algorithms/1";
/// Rows of one sort in one file; the published suites have fewer than a hundred.
const MAX_ROWS: usize = 1_000;
/// Length of a file; the presets have a tenth of it.
const MAX_BYTES: usize = 256 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) ja: String,
    pub(super) en: String,
    pub(super) sources: BTreeMap<String, String>,
    pub(super) digest: Vec<DigestRow>,
    pub(super) scheme: Vec<SchemeRow>,
    pub(super) key: Vec<KeyRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DigestRow {
    #[serde(deserialize_with = "digest_name")]
    pub(super) name: DigestAlgorithm,
    pub(super) collision: Limit,
    pub(super) second_pre_image: Limit,
    pub(super) certificate_identifier: Limit,
    pub(super) source: String,
    pub(super) confidence: Confidence,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SchemeRow {
    pub(super) name: Scheme,
    pub(super) until: Limit,
    pub(super) source: String,
    pub(super) confidence: Confidence,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRow {
    pub(super) kind: KeyKind,
    /// Keys of at least this size, up to the next row.
    pub(super) bits: u32,
    pub(super) until: Limit,
    pub(super) source: String,
    pub(super) confidence: Confidence,
}

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        pub(super) enum $type { $(#[serde(rename = $name)] $variant,)* }

        impl $type {
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

names! {
    /// Signature schemes.
    Scheme {
        RsaPkcs1 = "rsa-pkcs1",
        RsaPss = "rsa-pss",
        Ecdsa = "ecdsa",
        Eddsa = "eddsa",
        Dsa = "dsa",
    }
}

names! {
    /// Kinds of keys whose size is looked at.
    KeyKind {
        Rsa = "rsa",
        Ec = "ec",
        Eddsa = "eddsa",
        Dsa = "dsa",
    }
}

fn digest_name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<DigestAlgorithm, D::Error> {
    let name = String::deserialize(deserializer)?;
    DigestAlgorithm::ALL
        .into_iter()
        .find(|digest| digest.name() == name)
        .ok_or_else(|| serde::de::Error::custom(format!("unknown digest algorithm \"{name}\"")))
}

pub(super) fn read(text: &str) -> Result<File, AlgorithmTableError> {
    if text.len() > MAX_BYTES {
        return Err(AlgorithmTableError::Syntax(format!("more than {MAX_BYTES} bytes")));
    }
    let file: File = toml::from_str(text).map_err(|error| AlgorithmTableError::Syntax(error.to_string()))?;
    if file.schema != SCHEMA {
        return Err(AlgorithmTableError::Schema { found: file.schema });
    }
    let sources = file.sources.keys().map(String::as_str).collect::<Vec<_>>();
    check(&file.digest, &file.scheme, &file.key, Some(&sources))?;
    Ok(file)
}

/// What the form alone doesn't ensure: budget, one row per thing, sources that exist.
pub(super) fn check(
    digests: &[DigestRow],
    schemes: &[SchemeRow],
    keys: &[KeyRow],
    sources: Option<&[&str]>,
) -> Result<(), AlgorithmTableError> {
    if digests.len().max(schemes.len()).max(keys.len()) > MAX_ROWS {
        return Err(AlgorithmTableError::Syntax(format!("more than {MAX_ROWS} rows")));
    }
    let rows = digests
        .iter()
        .map(|row| (row.name.name().to_owned(), &row.source))
        .chain(schemes.iter().map(|row| (row.name.name().to_owned(), &row.source)))
        .chain(keys.iter().map(|row| (format!("{} {}", row.kind.name(), row.bits), &row.source)));
    let mut seen = std::collections::BTreeSet::new();
    for (name, source) in rows {
        if sources.is_some_and(|known| !known.contains(&source.as_str())) {
            return Err(AlgorithmTableError::Source { row: name, source_key: source.clone() });
        }
        // "rsa-pkcs1" and "rsa 2048" can't meet, nor "dsa" and "dsa 1024".
        if !seen.insert(name.clone()) {
            return Err(AlgorithmTableError::Repeated { row: name });
        }
    }
    Ok(())
}

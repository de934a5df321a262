use hsign_core::{DigestAlgorithm, ErrorKind, Finding, PublicKeyKind, SignatureAlgorithm, Time};
use hsign_crypto::sha256;
use serde::{Deserialize, Serialize};

use super::file::{self, DigestRow, File, KeyKind, KeyRow, SCHEMA, Scheme, SchemeRow};
use super::{Limit, Resistance, Strength, Use};
use crate::Confidence;

const CRYPTREC: &str = include_str!("../../data/algorithms-cryptrec.toml");
const ETSI: &str = include_str!("../../data/algorithms-etsi.toml");

/// Until when which algorithm is strong enough, and on whose word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlgorithmTable {
    file: File,
    sha256: [u8; 32],
}

/// Rows that a policy puts in the place of a table's, or adds to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    digest: Vec<DigestRow>,
    scheme: Vec<SchemeRow>,
    key: Vec<KeyRow>,
}

/// A table can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmTableError {
    /// Not TOML of the documented form; unknown keys are refused too.
    #[error("algorithm table: {0}")]
    Syntax(String),
    /// Another kind of file, or a later version.
    #[error("algorithm table: schema {found:?} where {SCHEMA:?} is expected")]
    Schema {
        /// What the file says.
        found: String,
    },
    /// A row names a source that `[sources]` doesn't hold.
    #[error("algorithm table: row {row:?} names the source {source_key:?}, which isn't under [sources]")]
    Source {
        /// The row.
        row: String,
        /// What it names.
        source_key: String,
    },
    /// Two rows say something about the same thing.
    #[error("algorithm table: {row:?} stands there twice")]
    Repeated {
        /// What it is about.
        row: String,
    },
    /// No preset of this name.
    #[error("no algorithm table is called {0:?}; there are {known}", known = AlgorithmTable::PRESETS.join(", "))]
    Unknown(String),
}

impl AlgorithmTableError {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Syntax(reason) => Finding::error("algorithm-table-syntax").with("reason", reason),
            Self::Schema { found } => {
                Finding::error("algorithm-table-schema").with("found", found).with("expected", SCHEMA)
            }
            Self::Source { row, source_key } => {
                Finding::error("algorithm-table-source-unknown").with("row", row).with("source", source_key)
            }
            Self::Repeated { row } => Finding::error("algorithm-table-row-repeated").with("row", row),
            Self::Unknown(name) => Finding::error("algorithm-table-unknown")
                .with("name", name)
                .with("known", AlgorithmTable::PRESETS.join(", ")),
        }
    }
}

/// One line of the table as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// `digest`, `scheme` or `key`.
    pub sort: &'static str,
    /// What it is about: `SHA-256`, `rsa-pss`, `rsa 2048`.
    pub name: String,
    /// For signing: collisions of a digest; use of a scheme; keys of this size and above.
    pub until: Limit,
    /// Digests: for what was already protected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_pre_image: Option<Limit>,
    /// Digests: to tell which certificate is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_identifier: Option<Limit>,
    /// On whose word.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
}

impl AlgorithmTable {
    /// The names of the presets, the default first.
    pub const PRESETS: [&'static str; 2] = ["cryptrec", "etsi"];

    /// The text of a preset, to be shown or copied.
    #[must_use]
    pub fn preset_text(name: &str) -> Option<&'static str> {
        match name {
            "cryptrec" => Some(CRYPTREC),
            "etsi" => Some(ETSI),
            _ => None,
        }
    }

    /// A preset by its name.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn preset(name: &str) -> Result<Self, AlgorithmTableError> {
        Self::parse(Self::preset_text(name).ok_or_else(|| AlgorithmTableError::Unknown(name.to_owned()))?)
    }

    /// Reads a table.
    ///
    /// # Errors
    /// When it isn't of the documented form: unknown or missing keys, two rows for one thing, a row whose
    /// source isn't given.
    pub fn parse(text: &str) -> Result<Self, AlgorithmTableError> {
        Ok(Self { file: file::read(text)?, sha256: sha256(text.as_bytes()) })
    }

    /// The same table with a policy's own rows in the place of those about the same things. Their sources are
    /// told in full. The digest stays that of the table, since the rows stand in the policy, which has its own.
    ///
    /// # Errors
    /// When a row is repeated, or there are too many.
    pub fn with(mut self, overrides: &Overrides) -> Result<Self, AlgorithmTableError> {
        file::check(&overrides.digest, &overrides.scheme, &overrides.key, None)?;
        let file = &mut self.file;
        file.digest.retain(|row| overrides.digest.iter().all(|own| own.name != row.name));
        file.scheme.retain(|row| overrides.scheme.iter().all(|own| own.name != row.name));
        file.key.retain(|row| overrides.key.iter().all(|own| (own.kind, own.bits) != (row.kind, row.bits)));
        file.digest.extend(overrides.digest.iter().cloned());
        file.scheme.extend(overrides.scheme.iter().cloned());
        file.key.extend(overrides.key.iter().cloned());
        Ok(self)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// One sentence about it in Japanese.
    #[must_use]
    pub fn ja(&self) -> &str {
        &self.file.ja
    }

    /// One sentence about it in English.
    #[must_use]
    pub fn en(&self) -> &str {
        &self.file.en
    }

    /// SHA-256 of its text.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// What the use is worth at `at`, the time its protection began.
    #[must_use]
    pub fn judge(&self, use_: &Use<'_>, at: Time) -> Strength {
        self.limit(use_).at(at)
    }

    /// Until when the use is good: the weakest of its parts decides.
    #[must_use]
    pub fn limit(&self, use_: &Use<'_>) -> Limit {
        self.weakest(use_).1
    }

    /// The weakest part by name (`RSA-2048`, `SHA-256`, `ECDSA with SHA-1`), and its limit.
    #[must_use]
    pub fn weakest(&self, use_: &Use<'_>) -> (String, Limit) {
        match use_ {
            Use::Digest { algorithm, resistance } => {
                (algorithm.to_string(), self.digest(*algorithm, *resistance))
            }
            Use::Key(key) => (key.to_string(), self.key(key)),
            Use::Signature { algorithm, key } => {
                let own = (algorithm.to_string(), self.signature(algorithm));
                match key.map(|key| (key.to_string(), self.key(key))) {
                    Some(key) if key.1 < own.1 => key,
                    _ => own,
                }
            }
        }
    }

    /// All lines, in the order of the file.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let digests = self.file.digest.iter().map(|row| Row {
            second_pre_image: Some(row.second_pre_image),
            certificate_identifier: Some(row.certificate_identifier),
            ..self.row("digest", row.name.to_string(), row.collision, &row.source, row.confidence)
        });
        let schemes = self.file.scheme.iter().map(|row| {
            self.row("scheme", row.name.name().to_owned(), row.until, &row.source, row.confidence)
        });
        let keys = self.file.key.iter().map(|row| {
            let name = format!("{} {}", row.kind.name(), row.bits);
            self.row("key", name, row.until, &row.source, row.confidence)
        });
        digests.chain(schemes).chain(keys).collect()
    }

    fn row(
        &self,
        sort: &'static str,
        name: String,
        until: Limit,
        source: &str,
        confidence: Confidence,
    ) -> Row {
        let source = self.file.sources.get(source).map_or(source, String::as_str).to_owned();
        Row { sort, name, until, second_pre_image: None, certificate_identifier: None, source, confidence }
    }

    fn digest(&self, algorithm: DigestAlgorithm, resistance: Resistance) -> Limit {
        let Some(row) = self.file.digest.iter().find(|row| row.name == algorithm) else {
            return Limit::Never;
        };
        match resistance {
            Resistance::Collision => row.collision,
            Resistance::SecondPreImage => row.second_pre_image,
            Resistance::CertificateIdentifier => row.certificate_identifier,
        }
    }

    fn signature(&self, algorithm: &SignatureAlgorithm) -> Limit {
        let Some(scheme) = scheme(algorithm) else { return Limit::Never };
        let scheme = self.scheme(scheme);
        // PSS: the mask only spreads bits, no collision of its digest helps a forger (RFC 8017 §8.1).
        match algorithm.digest() {
            Some(digest) => scheme.min(self.digest(digest, Resistance::Collision)),
            None => scheme,
        }
    }

    fn scheme(&self, scheme: Scheme) -> Limit {
        self.file.scheme.iter().find(|row| row.name == scheme).map_or(Limit::Never, |row| row.until)
    }

    /// The row of the largest size that the key reaches.
    fn key(&self, key: &PublicKeyKind) -> Limit {
        let Some((kind, bits)) = size(key) else { return Limit::Never };
        let rows = self.file.key.iter().filter(|row| row.kind == kind && row.bits <= bits);
        rows.max_by_key(|row| row.bits).map_or(Limit::Never, |row| row.until)
    }
}

fn scheme(algorithm: &SignatureAlgorithm) -> Option<Scheme> {
    match algorithm {
        SignatureAlgorithm::OfDigest(inner) => scheme(inner),
        SignatureAlgorithm::RsaPkcs1(_) => Some(Scheme::RsaPkcs1),
        SignatureAlgorithm::RsaPss { .. } => Some(Scheme::RsaPss),
        SignatureAlgorithm::Ecdsa(_) => Some(Scheme::Ecdsa),
        SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448 => Some(Scheme::Eddsa),
        _ => None,
    }
}

fn size(key: &PublicKeyKind) -> Option<(KeyKind, u32)> {
    match key {
        PublicKeyKind::Rsa { bits } => Some((KeyKind::Rsa, *bits)),
        PublicKeyKind::Ec(curve) => Some((KeyKind::Ec, curve.bits())),
        PublicKeyKind::Ed25519 => Some((KeyKind::Eddsa, 255)),
        PublicKeyKind::Ed448 => Some((KeyKind::Eddsa, 448)),
        PublicKeyKind::Dsa { bits } => Some((KeyKind::Dsa, *bits)),
        _ => None,
    }
}

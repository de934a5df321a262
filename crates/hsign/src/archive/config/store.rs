//! `[[store]]` and `[[bucket]]`: where the archive's files are kept, and where documents lie.

use std::path::PathBuf;

use hsign_core::SecretReference;
use serde::Deserialize;

use super::parted;

/// `[[store]]`: a place, and what the archive makes of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "toml::Table")]
pub struct StoreConfig {
    /// What it is for.
    pub terms: StoreTerms,
    /// Where it is: a folder, from the archive's home, or `s3://bucket/prefix`.
    pub place: BucketConfig,
}

/// What a store is for, and whose law reaches it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreTerms {
    /// Its name.
    pub name: String,
    /// What may be done to it.
    pub access: StoreAccess,
    /// The country whose law reaches it: two letters (ISO 3166-1).
    pub country: String,
    /// Who runs it.
    pub operator: String,
}

/// `[[bucket]]`: an object store in which documents lie, or one of the archive's own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketConfig {
    /// `s3://bucket`, or `s3://bucket/prefix`.
    pub url: String,
    /// The server; absent: the one of its region.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The region.
    #[serde(default)]
    pub region: Option<String>,
    /// The access key: `env:NAME`, `file:PATH`.
    #[serde(default)]
    pub access_key: Option<SecretReference>,
    /// Its secret: `env:NAME`, `file:PATH`.
    #[serde(default)]
    pub secret_key: Option<SecretReference>,
    /// PEM certificates that replace the system's CAs for it.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Permits `http://` to other machines.
    #[serde(default)]
    pub allow_in_clear: bool,
}

impl StoreConfig {
    /// The bucket of an `s3://` store; `None` for a folder.
    pub(in crate::archive) fn bucket(&self) -> Option<&BucketConfig> {
        self.place.url.starts_with("s3://").then_some(&self.place)
    }
}

impl TryFrom<toml::Table> for StoreConfig {
    type Error = String;

    fn try_from(table: toml::Table) -> Result<Self, String> {
        let (terms, place) = parted(table, &["name", "access", "country", "operator"])?;
        Ok(Self { terms, place })
    }
}

/// What may be done to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreAccess {
    /// Files are added, damaged ones replaced, deleted bundles removed.
    Repair,
    /// Files are added; nothing can be taken away.
    Add,
    /// It is only read.
    Read,
    /// A copy that isn't always at hand: it is passed over while it is away, and brought up to date by a repair.
    Later,
}

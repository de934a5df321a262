//! `archive.toml`: which stores, which lines of evidence, which authorities, and what the institution wants.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hsign_archive::{ClosingRule, PlanPolicy, RetentionTable, Track};
use hsign_core::{DigestAlgorithm, SecretReference};
use hsign_net::TsaEndpoint;
use serde::Deserialize;

use crate::Error;

const FORMAT: &str = "hsign.archive-config/1";
/// The file's name in the archive's home folder.
pub const CONFIG_FILE: &str = "archive.toml";
/// A configuration for one machine, every key explained.
pub const TEMPLATE: &str = include_str!("template.toml");

/// The configuration of an archive. Unknown keys are errors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveConfig {
    format: String,
    /// The index: a file beside the configuration, or `postgres://…`.
    #[serde(default = "default_index")]
    pub index: String,
    /// Of documents in bundles the index keeps no rows: for archives of so many that these would be its bulk. A key is
    /// then looked for in the bundles themselves.
    #[serde(default)]
    pub keep_documents_in_bundles_only: bool,
    /// Where the password of the index's server is: `env:NAME`, `file:PATH`.
    #[serde(default)]
    pub index_password: Option<SecretReference>,
    /// How long a worker has a unit of work for itself without a sign of life.
    #[serde(default = "default_lease")]
    pub lease: Duration,
    /// A retention table of the institution's own, instead of the one that comes along.
    #[serde(default)]
    pub retention: Option<PathBuf>,
    /// Where bundles and trail are kept; the first that takes files decides between writers.
    #[serde(rename = "store")]
    pub stores: Vec<StoreConfig>,
    /// Buckets in which documents lie.
    #[serde(default, rename = "bucket")]
    pub buckets: Vec<BucketConfig>,
    /// Lines of evidence, each with authorities of its own.
    #[serde(rename = "track")]
    pub tracks: Vec<TrackConfig>,
    /// The authorities.
    #[serde(rename = "tsa")]
    pub authorities: Vec<AuthorityConfig>,
    /// What the institution wants.
    #[serde(default)]
    pub policy: ArchivePolicy,
    /// What may be spent.
    #[serde(default)]
    pub budget: Budget,
}

/// `[[store]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Its name.
    pub name: String,
    /// A folder, from the archive's home, or `s3://bucket/prefix`.
    pub url: String,
    /// What may be done to it.
    pub access: StoreAccess,
    /// The country whose law reaches it: two letters (ISO 3166-1).
    pub country: String,
    /// Who runs it.
    pub operator: String,
    /// The server of an `s3://` store; absent: the one of its region.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The region of an `s3://` store.
    #[serde(default)]
    pub region: Option<String>,
    /// The access key of an `s3://` store: `env:NAME`, `file:PATH`.
    #[serde(default)]
    pub access_key: Option<SecretReference>,
    /// Its secret: `env:NAME`, `file:PATH`.
    #[serde(default)]
    pub secret_key: Option<SecretReference>,
    /// PEM certificates that replace the system's CAs for this store.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Permits `http://` to other machines.
    #[serde(default)]
    pub allow_in_clear: bool,
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
    pub(super) fn bucket(&self) -> Option<BucketConfig> {
        let bucket = BucketConfig {
            url: self.url.clone(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            access_key: self.access_key.clone(),
            secret_key: self.secret_key.clone(),
            ca_file: self.ca_file.clone(),
            allow_in_clear: self.allow_in_clear,
        };
        self.url.starts_with("s3://").then_some(bucket)
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

/// `[[track]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackConfig {
    /// Its name: lower-case letters, digits, hyphens.
    pub name: String,
    /// The hash function of its trees.
    pub algorithm: DigestAlgorithm,
    /// The hash function of the trees after this one has ended.
    #[serde(default = "default_next")]
    pub next: DigestAlgorithm,
    /// The names of its authorities, asked in this order.
    pub tsa: Vec<String>,
}

/// `[[tsa]]`: an authority as in the configuration of the command, and what may be asked of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "toml::Table")]
pub struct AuthorityConfig {
    /// How it is reached.
    pub endpoint: TsaEndpoint,
    /// What may be asked of it.
    pub limits: AuthorityLimits,
}

/// The limits of one authority.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthorityLimits {
    /// Requests a second, in the long run.
    pub per_second: f64,
    /// Requests at once before that.
    pub burst: u32,
    /// Requests a day (UTC).
    pub per_day: Option<u32>,
    /// Requests at the same time.
    pub at_once: u32,
    /// The price of a time stamp in yen.
    pub yen: Option<u64>,
    /// How long it is left alone after it has refused or failed several times.
    pub pause: Duration,
}

impl Default for AuthorityLimits {
    fn default() -> Self {
        Self {
            per_second: 1.0,
            burst: 10,
            per_day: None,
            at_once: 2,
            yen: None,
            pause: Duration::seconds(900),
        }
    }
}

/// `[policy]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArchivePolicy {
    /// Renewals are due so long before something ends.
    pub lead: Duration,
    /// A bundle is renewed only if its files were found whole so lately.
    pub newest_scrub: Duration,
    /// A batch is closed with so many documents.
    pub batch_documents: u32,
    /// Or so long after its first one came.
    pub batch_age: Duration,
    /// All documents are read again within so many months.
    pub scrub_months: u32,
    /// Whoever approves a deletion is another person than the one who planned it.
    pub four_eyes: bool,
    /// Nothing is deleted earlier than this after it was planned.
    pub deletion_wait: Duration,
    /// Classes of documents that get a new time stamp of their own when theirs ends.
    pub in_document: BTreeSet<String>,
    /// Classes whose only time stamp may be that of the archive.
    pub evidence_record_alone: BTreeSet<String>,
    /// Documents up to so many octets are read into memory once, for digests and verification.
    pub read_at_once: u64,
    /// How many records of a new step are verified before it is put in place.
    pub checked_records: u32,
    /// A new time stamp whose authority's certificates end earlier than this after it is refused.
    pub shortest_stamp: Duration,
    /// The trail is taken as a document from time to time, so that it is stamped too.
    pub stamp_trail: bool,
}

impl Default for ArchivePolicy {
    fn default() -> Self {
        Self {
            lead: Duration::days(180),
            newest_scrub: Duration::days(40),
            batch_documents: 1 << 16,
            batch_age: Duration::days(1),
            scrub_months: 12,
            four_eyes: true,
            deletion_wait: Duration::days(30),
            in_document: BTreeSet::new(),
            evidence_record_alone: BTreeSet::new(),
            read_at_once: 64 << 20,
            checked_records: 3,
            shortest_stamp: Duration::days(365),
            stamp_trail: false,
        }
    }
}

/// `[budget]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Most yen a run.
    pub yen_per_run: Option<u64>,
    /// Most yen a day (UTC).
    pub yen_per_day: Option<u64>,
    /// Most yen a calendar month (UTC).
    pub yen_per_month: Option<u64>,
}

/// A time span, written `90s`, `5m`, `36h`, `40d`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Duration {
    seconds: u32,
}

impl Duration {
    /// So many seconds.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Self {
        Self { seconds }
    }

    /// So many days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self { seconds: days.saturating_mul(86_400) }
    }

    /// In seconds.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        i64::from(self.seconds)
    }
}

impl TryFrom<String> for Duration {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text} is not a time span such as 90s, 5m, 36h, 40d or 2w");
        let unit = text.chars().next_back().ok_or_else(wrong)?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(wrong()),
        };
        let number = text.strip_suffix(unit).and_then(|number| number.parse::<u32>().ok());
        let seconds = number.and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)?;
        Ok(Self { seconds })
    }
}

impl TryFrom<toml::Table> for AuthorityConfig {
    type Error = String;

    fn try_from(mut table: toml::Table) -> Result<Self, String> {
        const LIMITS: [&str; 6] = ["per_second", "burst", "per_day", "at_once", "yen", "pause"];
        let limits: toml::Table = LIMITS.iter().filter_map(|key| table.remove_entry(*key)).collect();
        let wrong = |error: toml::de::Error| error.message().to_owned();
        Ok(Self { endpoint: table.try_into().map_err(wrong)?, limits: limits.try_into().map_err(wrong)? })
    }
}

fn default_index() -> String {
    "index.db".to_owned()
}

fn default_lease() -> Duration {
    Duration::seconds(300)
}

fn default_next() -> DigestAlgorithm {
    DigestAlgorithm::Sha512
}

impl ArchiveConfig {
    /// Reads the file of an archive's home folder.
    ///
    /// # Errors
    /// When it isn't there, can't be read, or contradicts itself.
    pub fn read(home: &Path) -> Result<Self, Error> {
        let path = home.join(CONFIG_FILE);
        let text = std::fs::read_to_string(&path);
        let mut config = Self::parse(&text.map_err(|source| Error::File { path, source })?)?;
        let paths = config.authorities.iter_mut().flat_map(|one| one.endpoint.paths_mut());
        paths.chain(config.retention.as_mut()).for_each(|path| *path = home.join(&*path));
        Ok(config)
    }

    /// Takes its text.
    ///
    /// # Errors
    /// When it can't be read or contradicts itself; the message names what.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let config: Self = toml::from_str(text).map_err(|error| Error::ArchiveConfig(error.to_string()))?;
        match config.problem() {
            Some(problem) => Err(Error::ArchiveConfig(problem)),
            None => Ok(config),
        }
    }

    fn problem(&self) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("format is {}, not {FORMAT}", self.format));
        }
        self.store_problem().or_else(|| self.track_problem()).or_else(|| self.authority_problem())
    }

    fn store_problem(&self) -> Option<String> {
        let takes = |store: &StoreConfig| matches!(store.access, StoreAccess::Repair | StoreAccess::Add);
        if !self.stores.iter().any(takes) {
            return Some("no [[store]] that takes files".to_owned());
        }
        if let Some(name) = twice(self.stores.iter().map(|store| store.name.as_str())) {
            return Some(format!("two stores are named {name}"));
        }
        let wrong = |store: &&StoreConfig| {
            !is_word(&store.name)
                || store.operator.is_empty()
                || store.country.len() != 2
                || !store.country.bytes().all(|byte| byte.is_ascii_uppercase())
        };
        let store = self.stores.iter().find(wrong)?;
        Some(format!(
            "store {}: its name is a plain word, country two capital letters, operator somebody",
            store.name
        ))
    }

    fn track_problem(&self) -> Option<String> {
        if self.tracks.is_empty() {
            return Some("no [[track]]".to_owned());
        }
        if let Some(name) = twice(self.tracks.iter().map(|track| track.name.as_str())) {
            return Some(format!("two tracks are named {name}"));
        }
        let mut taken = BTreeMap::new();
        for track in &self.tracks {
            if !is_word(&track.name) || track.tsa.is_empty() {
                return Some(format!(
                    "track {}: its name is a plain word, and it has an authority",
                    track.name
                ));
            }
            for name in &track.tsa {
                if self.authority(name).is_none() {
                    return Some(format!("track {}: there is no [[tsa]] named {name}", track.name));
                }
                if let Some(other) = taken.insert(name.as_str(), track.name.as_str()) {
                    return Some(format!(
                        "{other} and {} share the authority {name}: what befalls it would befall both",
                        track.name
                    ));
                }
            }
        }
        None
    }

    fn authority_problem(&self) -> Option<String> {
        if let Some(name) = twice(self.authorities.iter().map(|one| one.endpoint.name.as_str())) {
            return Some(format!("two authorities are named {name}"));
        }
        for AuthorityConfig { endpoint, limits } in &self.authorities {
            if let Err(error) = endpoint.validate() {
                return Some(error.to_string());
            }
            if !(limits.per_second > 0.0 && limits.burst > 0 && limits.at_once > 0) {
                return Some(format!("tsa {}: a limit of 0", endpoint.name));
            }
        }
        let policy = &self.policy;
        if self.keep_documents_in_bundles_only && !policy.in_document.is_empty() {
            return Some(
                "in_document needs the rows that keep_documents_in_bundles_only gives up".to_owned(),
            );
        }
        let none = policy.batch_documents == 0 || policy.scrub_months == 0 || self.lease.seconds == 0;
        none.then(|| "batch_documents, scrub_months and lease are more than 0".to_owned())
    }

    /// An authority by its name.
    #[must_use]
    pub fn authority(&self, name: &str) -> Option<&AuthorityConfig> {
        self.authorities.iter().find(|one| one.endpoint.name == name)
    }

    /// A track by its name.
    #[must_use]
    pub fn track(&self, name: &str) -> Option<&TrackConfig> {
        self.tracks.iter().find(|track| track.name == name)
    }

    /// The lines of evidence of new bundles, by name.
    #[must_use]
    pub fn bundle_tracks(&self) -> Vec<Track> {
        let mut tracks: Vec<Track> = self
            .tracks
            .iter()
            .map(|track| Track { name: track.name.clone(), algorithm: track.algorithm })
            .collect();
        tracks.sort();
        tracks
    }

    /// The digests that documents are taken with: those of the tracks, and for two or more tracks or a long life those
    /// that follow them, so that no document has to be read again when a function ends.
    #[must_use]
    pub fn digests(&self) -> Vec<DigestAlgorithm> {
        let all = self.tracks.iter().flat_map(|track| [track.algorithm, track.next]);
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// When batches are closed.
    #[must_use]
    pub fn closing(&self) -> ClosingRule {
        ClosingRule {
            documents: self.policy.batch_documents as usize,
            seconds: self.policy.batch_age.as_seconds(),
        }
    }

    /// What the planner has to know. A track costs what its first authority takes.
    #[must_use]
    pub fn plan_policy(&self) -> PlanPolicy {
        let price = |track: &TrackConfig| {
            let first = self.authority(track.tsa.first()?)?;
            Some((track.name.clone(), first.limits.yen?))
        };
        PlanPolicy {
            lead: self.policy.lead.as_seconds(),
            newest_scrub: self.policy.newest_scrub.as_seconds(),
            yen: self.tracks.iter().filter_map(price).collect(),
        }
    }

    /// How long which kind of record is kept.
    ///
    /// # Errors
    /// When the institution's own table can't be read.
    pub fn retention_table(&self) -> Result<RetentionTable, Error> {
        match &self.retention {
            None => Ok(RetentionTable::builtin()?),
            Some(path) => {
                let text = std::fs::read_to_string(path);
                let text = text.map_err(|source| Error::File { path: path.clone(), source })?;
                Ok(RetentionTable::parse(&text)?)
            }
        }
    }
}

fn twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

fn is_word(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_a_configuration() {
        let config = ArchiveConfig::parse(TEMPLATE).unwrap();
        assert_eq!((config.stores.len(), config.tracks.len()), (2, 1));
        assert_eq!(config.digests(), [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512]);
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_the_key() {
        let change = |from: &str, to: &str| {
            assert!(TEMPLATE.contains(from), "{from}");
            ArchiveConfig::parse(&TEMPLATE.replace(from, to)).unwrap_err().to_string()
        };
        for (from, to, word) in [
            ("archive-config/1", "archive-config/2", "format"),
            ("name = \"second\"", "name = \"main\"", "two stores"),
            ("country = \"JP\"", "country = \"Japan\"", "country"),
            ("tsa = [\"first\"]", "tsa = [\"none\"]", "no [[tsa]] named none"),
            ("url = \"https://", "url = \"ftp://", "ftp"),
            ("yen = 10", "yem = 10", "yem"),
            ("lead = \"180d\"", "lead = \"180\"", "time span"),
        ] {
            let error = change(from, to);
            assert!(error.contains(word), "{to}: {error}");
        }
    }

    #[test]
    fn one_store_takes_files_at_least() {
        let only_read = TEMPLATE.replace("access = \"repair\"", "access = \"read\"");
        assert!(ArchiveConfig::parse(&only_read).is_ok(), "the other one takes them");
        let only_read = only_read.replace("access = \"add\"", "access = \"read\"");
        let error = ArchiveConfig::parse(&only_read).unwrap_err();
        assert!(error.to_string().contains("takes files"), "{error}");
    }

    #[test]
    fn two_tracks_never_share_an_authority() {
        let second = "\n[[track]]\nname = \"b\"\nalgorithm = \"sha512\"\ntsa = [\"first\"]\n\n[[tsa]]\n";
        let error = ArchiveConfig::parse(&TEMPLATE.replacen("\n[[tsa]]\n", second, 1)).unwrap_err();
        assert!(error.to_string().contains("share the authority first"), "{error}");
    }
}

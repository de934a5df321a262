//! `archive.toml`: which stores, which lines of evidence, which authorities, and what the institution wants.

mod authority;
mod check;
mod policy;
mod store;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hsign_archive::{AlgorithmEnds, ClosingRule, PlanPolicy, RetentionTable, Track};
use hsign_core::{DigestAlgorithm, SecretReference, Time};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Duration, Error};

pub use authority::{AuthorityConfig, AuthorityLimits, TrackConfig};
pub use policy::{ArchivePolicy, Budget};
pub use store::{BucketConfig, StoreAccess, StoreConfig, StoreTerms};

const FORMAT: &str = "hsign.archive-config/1";
/// The file's name in the archive's home folder.
pub const CONFIG_FILE: &str = "archive.toml";
/// A configuration for one machine, every key explained.
pub const TEMPLATE: &str = include_str!("../template.toml");

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

fn default_index() -> String {
    "index.db".to_owned()
}

fn default_lease() -> Duration {
    Duration::seconds(300)
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

    /// Whether the index is a server's database and not a file.
    pub(super) fn index_is_on_a_server(&self) -> bool {
        self.index.starts_with("postgres://") || self.index.starts_with("postgresql://")
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

    /// The lines of evidence of bundles that are made at `now`, by name: under the next hash function as soon as trees under
    /// the first one are due for renewal.
    #[must_use]
    pub fn bundle_tracks(&self, ends: &dyn AlgorithmEnds, now: Time) -> Vec<Track> {
        let lead = self.policy.lead.as_seconds();
        let is_due = |algorithm| ends.digest_end(algorithm).is_some_and(|end| end.seconds_since(now) <= lead);
        let track = |track: &TrackConfig| {
            let algorithm = match track.algorithm {
                first if is_due(first) && !is_due(track.next) => track.next,
                first => first,
            };
            Track { name: track.name.clone(), algorithm }
        };
        let mut tracks: Vec<Track> = self.tracks.iter().map(track).collect();
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

/// A table of which some keys belong together and the others to something that is configured elsewhere too.
fn parted<A: DeserializeOwned, B: DeserializeOwned>(
    mut table: toml::Table,
    keys: &[&str],
) -> Result<(A, B), String> {
    let own: toml::Table = keys.iter().filter_map(|key| table.remove_entry(*key)).collect();
    let wrong = |error: toml::de::Error| error.message().to_owned();
    Ok((own.try_into().map_err(wrong)?, table.try_into().map_err(wrong)?))
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

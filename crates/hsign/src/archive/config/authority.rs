//! `[[tsa]]` and `[[track]]`: authorities, what may be asked of them, and the lines of evidence that they stamp.

use hsign_core::DigestAlgorithm;
use hsign_net::TsaEndpoint;
use serde::Deserialize;

use super::parted;
use crate::Duration;

/// `[[track]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackConfig {
    /// Its name: lower-case letters, digits, hyphens.
    pub name: String,
    /// The hash function of its trees.
    pub algorithm: DigestAlgorithm,
    /// The hash function of trees, renewed and new, once this one is about to end.
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

impl TryFrom<toml::Table> for AuthorityConfig {
    type Error = String;

    fn try_from(table: toml::Table) -> Result<Self, String> {
        let limits = ["per_second", "burst", "per_day", "at_once", "yen", "pause"];
        let (limits, endpoint) = parted(table, &limits)?;
        Ok(Self { endpoint, limits })
    }
}

fn default_next() -> DigestAlgorithm {
    DigestAlgorithm::Sha512
}

//! What a configuration must not say: contradictions, and values that can't work.

use std::collections::{BTreeMap, BTreeSet};

use super::{ArchiveConfig, AuthorityConfig, FORMAT, StoreAccess, StoreConfig, StoreTerms};

impl ArchiveConfig {
    /// The first thing that is wrong, naming the key.
    pub(super) fn problem(&self) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("format is {}, not {FORMAT}", self.format));
        }
        self.store_problem().or_else(|| self.track_problem()).or_else(|| self.authority_problem())
    }

    fn store_problem(&self) -> Option<String> {
        let takes =
            |store: &StoreConfig| matches!(store.terms.access, StoreAccess::Repair | StoreAccess::Add);
        if !self.stores.iter().any(takes) {
            return Some("no [[store]] that takes files".to_owned());
        }
        if let Some(name) = twice(self.stores.iter().map(|store| store.terms.name.as_str())) {
            return Some(format!("two stores are named {name}"));
        }
        let wrong = |terms: &&StoreTerms| {
            !is_word(&terms.name)
                || terms.operator.is_empty()
                || terms.country.len() != 2
                || !terms.country.bytes().all(|byte| byte.is_ascii_uppercase())
        };
        let StoreTerms { name, .. } = self.stores.iter().map(|store| &store.terms).find(wrong)?;
        Some(format!(
            "store {name}: its name is a plain word, country two capital letters, operator somebody"
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
        let none = policy.batch_documents == 0 || policy.scrub_months == 0 || self.lease.as_seconds() == 0;
        none.then(|| "batch_documents, scrub_months and lease are more than 0".to_owned())
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

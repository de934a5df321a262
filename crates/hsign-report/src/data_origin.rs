use hsign_core::Time;

use crate::language::Language;
use crate::message::{phrase, printable, shown, word};

/// Where revocation data came from, and when.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataOrigin<'a> {
    /// `crl-embedded`, `ocsp-fetched`: kind and how they came.
    pub source: Option<&'a str>,
    /// The address or the file.
    pub place: Option<&'a str>,
    /// thisUpdate.
    pub this_update: Option<Time>,
    /// When a server sent them.
    pub fetched_at: Option<Time>,
}

/// The same in parentheses, with a space before; empty when nothing is known.
#[must_use]
pub fn data_origin(origin: &DataOrigin<'_>, language: Language) -> String {
    let at = |key, time: Option<Time>| time.map(|time| phrase(key, "time", &shown(time), language));
    let known = [
        origin.source.map(|source| word(&format!("source.{source}"), language).to_owned()),
        origin.place.map(printable),
        at("revocation.as-of", origin.this_update),
        at("revocation.fetched", origin.fetched_at),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    if known.is_empty() {
        return String::new();
    }
    format!(" ({})", known.join(word("headline.separator", language)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_and_both_times_are_told() {
        let time = |seconds| Time::from_unix_seconds(seconds).ok();
        let origin = DataOrigin {
            source: Some("crl-fetched"),
            place: Some("http://pki.test/a.crl\u{1b}[2J"),
            this_update: time(1_800_000_000),
            fetched_at: time(1_800_003_600),
        };
        let english = data_origin(&origin, Language::En);
        for part in [
            "from the network",
            "http://pki.test/a.crl",
            "as of 2027-01-15 17:00:00",
            "fetched 2027-01-15 18:00:00",
        ] {
            assert!(english.contains(part), "{part}: {english}");
        }
        assert!(!english.contains('\u{1b}'));
        assert!(data_origin(&origin, Language::Ja).contains("取得"));
        assert_eq!(data_origin(&DataOrigin::default(), Language::En), "");
    }
}

//! How long each kind of record has to be kept, as data that say where they come from.

use hsign_core::Date;
use serde::{Deserialize, Serialize};

use crate::document::is_word;
use crate::{Error, RetentionEnd};

const BUILTIN: &str = include_str!("../data/retention.toml");

/// The kinds of records.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionTable {
    #[serde(rename = "record")]
    records: Vec<RetentionRule>,
}

/// One kind of record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionRule {
    /// The word for it in the archive.
    pub class: String,
    /// Its Japanese name.
    pub ja: String,
    /// Its English name.
    pub en: String,
    /// How many years it is kept.
    pub years: u16,
    /// How many it was before an amendment whose first day isn't known to the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_years: Option<u16>,
    /// When the clock starts.
    pub from: RetentionStart,
    /// Where this stands.
    pub source: String,
    /// How well that is known.
    pub confidence: Confidence,
    /// What else has to be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The event that starts the clock of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum RetentionStart {
    CompletionOfCare,
    Dispensing,
    LastEntry,
    Creation,
    Use,
}

/// How well a row of the table is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// A published text says so.
    Confirmed,
    /// A text about it says so; the law itself was not opened.
    Likely,
    /// Nobody checked.
    Memory,
}

impl RetentionTable {
    /// The table that comes with the archive.
    ///
    /// # Errors
    /// Never, as its own test holds.
    pub fn builtin() -> Result<Self, Error> {
        Self::parse(BUILTIN)
    }

    /// The same as the file that it is: a pattern for an institution's own.
    #[must_use]
    pub fn builtin_text() -> &'static str {
        BUILTIN
    }

    /// An institution's own.
    ///
    /// # Errors
    /// When it can't be read, or names a class twice, in no plain word, or for no years.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let table: Self = toml::from_str(text).map_err(|error| Error::Retention(error.to_string()))?;
        let mut classes: Vec<&str> = table.records.iter().map(|rule| rule.class.as_str()).collect();
        classes.sort_unstable();
        if classes.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(Error::Retention("a class stands there twice".to_owned()));
        }
        if table.records.iter().any(|rule| !is_word(&rule.class) || rule.years == 0) {
            return Err(Error::Retention("a class is not a plain word, or kept for no time".to_owned()));
        }
        Ok(table)
    }

    /// Every kind.
    #[must_use]
    pub fn rules(&self) -> &[RetentionRule] {
        &self.records
    }

    /// The row for a class.
    #[must_use]
    pub fn rule(&self, class: &str) -> Option<&RetentionRule> {
        self.records.iter().find(|rule| rule.class == class)
    }
}

impl RetentionRule {
    /// The last day, for a clock that started on `start`; open while it hasn't. The anniversary itself is still kept.
    #[must_use]
    pub fn end(&self, start: Option<Date>) -> RetentionEnd {
        match start.and_then(|start| anniversary(start, self.years)) {
            Some(end) => RetentionEnd::Until(end),
            None => RetentionEnd::Open,
        }
    }
}

/// The same day `years` later; 1 March for the day that leap years have alone. `None` behind the year 9999.
fn anniversary(start: Date, years: u16) -> Option<Date> {
    let text = start.to_string();
    let (year, day) = text.split_once('-')?;
    let year = year.parse::<u16>().ok()?.checked_add(years)?;
    let same = format!("{year:04}-{day}").parse().ok();
    same.or_else(|| format!("{year:04}-03-01").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_table_that_comes_with_the_archive_can_be_read() {
        let table = RetentionTable::builtin().unwrap();
        let dispensed = table.rule("prescription-dispensed").unwrap();
        assert_eq!((dispensed.years, dispensed.earlier_years), (5, Some(3)));
        assert!(table.rules().iter().all(|rule| !rule.source.is_empty()));
        assert!(table.rule("unknown").is_none());
    }

    #[test]
    fn the_clock_of_a_chart_starts_when_care_ends() {
        let table = RetentionTable::builtin().unwrap();
        let chart = table.rule("chart").unwrap();
        assert_eq!(chart.end(None), RetentionEnd::Open);
        assert_eq!(chart.end(Some(day("2026-11-21"))), RetentionEnd::Until(day("2031-11-21")));
        assert_eq!(chart.end(Some(day("2028-02-29"))), RetentionEnd::Until(day("2033-03-01")));
    }

    #[test]
    fn a_table_that_contradicts_itself_is_refused() {
        let row = "[[record]]\nclass=\"a\"\nja=\"a\"\nen=\"a\"\nyears=1\nfrom=\"use\"\nsource=\"s\"\nconfidence=\"memory\"\n";
        assert!(RetentionTable::parse(row).is_ok());
        assert!(RetentionTable::parse(&row.repeat(2)).is_err());
        assert!(RetentionTable::parse(&row.replace("years=1", "years=0")).is_err());
        assert!(RetentionTable::parse(&row.replace("class=\"a\"", "class=\"A b\"")).is_err());
        assert!(RetentionTable::parse(&row.replace("source", "sauce")).is_err());
    }
}

//! `[policy]` and `[budget]`: what the institution wants, and what it may cost.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::Duration;

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

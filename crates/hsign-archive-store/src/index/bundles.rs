//! Bundles, as planners and lists want them.

use std::collections::{BTreeMap, BTreeSet};

use hsign_archive::{BundleState, HoldSubject, LastStamp, TrackState};
use hsign_core::{Date, Time};

use super::{Index, IndexError, Result, from_word, moment};
use crate::sql::{DatabaseError, value};

/// A bundle with its track's last place, for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleRow {
    /// What the planner needs.
    pub state: BundleState,
    /// The class of its documents.
    pub class: String,
    /// The month in which their retention ends, or `open`.
    pub retention: String,
    /// Octets of its documents.
    pub octets: u64,
    /// Documents that were deleted.
    pub deleted: u64,
    /// The last place of each track that has a time stamp.
    pub places: BTreeMap<String, (u32, u32)>,
}

impl Index {
    /// The bundles behind `after` by their names, at most `limit`, as the planner wants them. Those all of whose
    /// documents were deleted are left out.
    ///
    /// # Errors
    /// What the database says.
    pub fn bundles(&mut self, after: Option<&str>, limit: usize) -> Result<Vec<BundleState>> {
        Ok(self.bundle_rows(after, limit)?.into_iter().map(|bundle| bundle.state).collect())
    }

    /// As [`Index::bundles`], with what lists show.
    ///
    /// # Errors
    /// What the database says.
    pub fn bundle_rows(&mut self, after: Option<&str>, limit: usize) -> Result<Vec<BundleRow>> {
        let sql = "SELECT number, id, class, retention, documents, octets, unread, open_documents, kept_until, \
            (SELECT count(*) FROM tombstone t WHERE t.bundle = bundle.id) FROM bundle WHERE id > $1 \
            AND documents > (SELECT count(*) FROM tombstone t WHERE t.bundle = bundle.id) ORDER BY id LIMIT $2";
        let after = after.unwrap_or_default();
        let found = self.database.query(sql, &[value(after), value(limit as u64)])?;
        let Some(last) = found.last() else { return Ok(Vec::new()) };
        let page = Page { after: after.to_owned(), last: last.text(1)?.to_owned() };
        let mut tracks = self.tracks(&page)?;
        let whole = self.whole(&page)?;
        let held = self.held_bundles(&page)?;
        let classes = self.held_classes()?;
        let mut bundles = Vec::with_capacity(found.len());
        for row in &found {
            let number = row.integer(0)?;
            let class = row.text(2)?.to_owned();
            let open = row.integer(7)? > 0
                || held.contains(&number)
                || classes.iter().any(|subject| subject.covers("", &class));
            let end = row.optional_text(8)?.map(end_of_day).transpose()?;
            let (tracks, places) = tracks.remove(&number).unwrap_or_default();
            bundles.push(BundleRow {
                state: BundleState {
                    id: row.text(1)?.to_owned(),
                    documents: row.count(4)?,
                    unread: row.count(6)?,
                    kept_until: end.filter(|_| !open),
                    whole_since: whole.get(&number).copied(),
                    tracks,
                },
                class,
                retention: row.text(3)?.to_owned(),
                octets: row.count(5)?,
                deleted: row.count(9)?,
                places,
            });
        }
        Ok(bundles)
    }

    /// Whether the index has the bundle.
    ///
    /// # Errors
    /// What the database says.
    pub fn has_bundle(&mut self, bundle: &str) -> Result<bool> {
        let rows = self.database.query("SELECT number FROM bundle WHERE id = $1", &[value(bundle)])?;
        Ok(!rows.is_empty())
    }

    /// The last place of a track that the index knows: chain and number.
    ///
    /// # Errors
    /// What the database says.
    pub fn last_place(&mut self, bundle: &str, track: &str) -> Result<Option<(u32, u32)>> {
        let sql = "SELECT s.chain, s.number FROM step s JOIN bundle b ON b.number = s.bundle \
            WHERE b.id = $1 AND s.track = $2 ORDER BY s.chain DESC, s.number DESC LIMIT 1";
        let rows = self.database.query(sql, &[value(bundle), value(track)])?;
        rows.first().map(|row| Ok((row.small(0)?, row.small(1)?))).transpose()
    }

    /// The last places of a track in these bundles that the index knows; none for those without a time stamp.
    ///
    /// # Errors
    /// What the database says.
    pub fn last_places(&mut self, bundles: &[&str], track: &str) -> Result<BTreeMap<String, (u32, u32)>> {
        let sql = "SELECT b.id, s.track, s.chain, s.number FROM bundle b JOIN step s ON s.bundle = b.number \
            WHERE b.id IN (KEYS) ORDER BY b.id, s.chain, s.number";
        let mut places = BTreeMap::new();
        for row in &self.database.query_keys(sql, bundles)? {
            if row.text(1)? == track {
                // They come in their order: the last one stays.
                places.insert(row.text(0)?.to_owned(), (row.small(2)?, row.small(3)?));
            }
        }
        Ok(places)
    }

    /// The places of a bundle whose documents were deleted.
    ///
    /// # Errors
    /// What the database says.
    pub fn deleted_places(&mut self, bundle: &str) -> Result<BTreeSet<u64>> {
        let rows = self.database.query("SELECT place FROM tombstone WHERE bundle = $1", &[value(bundle)])?;
        rows.iter().map(|row| Ok(row.count(0)?)).collect()
    }

    fn tracks(&mut self, page: &Page) -> Result<BTreeMap<i64, Tracks>> {
        let sql = "SELECT t.bundle, t.name, t.algorithm, s.chain, s.number, s.algorithm, s.certificate_end, \
            s.signature_end, s.gen_time FROM track t LEFT JOIN step s ON s.bundle = t.bundle AND s.track = t.name \
            WHERE t.bundle IN (SELECT number FROM bundle WHERE id > $1 AND id <= $2) \
            ORDER BY t.bundle, t.name, s.chain, s.number";
        let rows = self.database.query(sql, &page.values())?;
        let mut bundles: BTreeMap<i64, Tracks> = BTreeMap::new();
        for row in &rows {
            let (tracks, places) = bundles.entry(row.integer(0)?).or_default();
            let name = row.text(1)?.to_owned();
            let algorithm = from_word(row.optional_text(5)?.unwrap_or(row.text(2)?))?;
            let last = row.optional_integer(6)?.map(|end| {
                let signature_end = row.optional_integer(7)?.map(moment).transpose()?;
                Ok::<_, IndexError>(LastStamp { certificate_end: moment(end)?, signature_end })
            });
            if row.optional_integer(3)?.is_some() {
                places.insert(name.clone(), (row.small(3)?, row.small(4)?));
            }
            // Steps come in their order: the last one stays.
            tracks.retain(|track| track.name != name);
            let chain = row.optional_integer(3)?.map_or(Ok(0), |_| row.small(3))?;
            let stamped = row.optional_integer(8)?.map(moment).transpose()?;
            tracks.push(TrackState { name, algorithm, chain, last: last.transpose()?, stamped });
        }
        Ok(bundles)
    }

    /// Bundles of a page with a document that is held by its key; where rows aren't kept, all that may have one.
    fn held_bundles(&mut self, page: &Page) -> Result<BTreeSet<i64>> {
        let sql = "SELECT DISTINCT b.number FROM hold h \
            JOIN document d ON d.key >= h.low AND (h.high IS NULL OR d.key < h.high) \
            JOIN bundle b ON b.number = d.bundle \
            WHERE h.released IS NULL AND h.low IS NOT NULL AND b.id > $1 AND b.id <= $2";
        let by_range = "SELECT DISTINCT b.number FROM hold h \
            JOIN bundle b ON b.last_key >= h.low AND (h.high IS NULL OR b.first_key < h.high) \
            WHERE h.released IS NULL AND h.low IS NOT NULL AND b.id > $1 AND b.id <= $2";
        let sql = if self.keeps_documents { sql } else { by_range };
        self.database.query(sql, &page.values())?.iter().map(|row| Ok(row.integer(0)?)).collect()
    }

    fn held_classes(&mut self) -> Result<Vec<HoldSubject>> {
        let sql = "SELECT subject FROM hold WHERE released IS NULL AND low IS NULL";
        let rows = self.database.query(sql, &[])?;
        rows.iter().map(|row| Ok(serde_json::from_str(row.text(0)?)?)).collect()
    }
}

type Tracks = (Vec<TrackState>, BTreeMap<String, (u32, u32)>);

/// Bundles behind one name up to another.
pub(super) struct Page {
    after: String,
    last: String,
}

impl Page {
    pub(super) fn values(&self) -> [crate::sql::Value; 2] {
        [value(self.after.as_str()), value(self.last.as_str())]
    }
}

/// The last moment of a day anywhere west of Japan and in it.
fn end_of_day(day: &str) -> Result<Time> {
    let wrong = || IndexError::from(DatabaseError::Content("a day"));
    let day: Date = day.parse().map_err(|_| wrong())?;
    format!("{day}T23:59:59Z").parse().map_err(|_| wrong())
}

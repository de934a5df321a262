//! Bundles, their steps, and when they were found whole.

use std::collections::{BTreeMap, BTreeSet};

use hsign_archive::{Bundle, BundleState, Document, HoldSubject, LastStamp, RetentionEnd, Step, TrackState};
use hsign_core::{Date, DigestAlgorithm, Time, hex};

use super::trail::first_digest;
use super::{Index, IndexError, Result, from_word, moment, row, word};
use crate::sql::{Column, DatabaseError, Row, Rows, Transaction, value};

/// The end of the retention of bundles whose documents had none when they were sealed.
pub(super) const SETTLE_RETENTION: &str = "UPDATE bundle SET \
    open_documents = (SELECT count(*) FROM document d WHERE d.bundle = bundle.number \
        AND NOT EXISTS (SELECT 1 FROM retention_end r WHERE r.key = d.key)), \
    kept_until = (SELECT max(r.end_day) FROM document d JOIN retention_end r ON r.key = d.key \
        WHERE d.bundle = bundle.number) \
    WHERE retention = 'open'";

const DOCUMENT: [(&str, Column); 8] = [
    ("key", Column::Text),
    ("class", Column::Text),
    ("retention", Column::Text),
    ("size", Column::Integer),
    ("digest", Column::Text),
    ("replaces", Column::Text),
    ("bundle", Column::Integer),
    ("place", Column::Integer),
];
/// A document belongs to the bundle that was recorded first.
const SEALED: &str = "ON CONFLICT (key) DO UPDATE SET bundle = excluded.bundle, place = excluded.place, \
    digest = excluded.digest, data = NULL WHERE document.bundle IS NULL OR document.bundle = excluded.bundle";
const STEP: [(&str, Column); 9] = [
    ("bundle", Column::Bundle),
    ("track", Column::Text),
    ("chain", Column::Integer),
    ("number", Column::Integer),
    ("algorithm", Column::Text),
    ("token", Column::Text),
    ("gen_time", Column::Integer),
    ("certificate_end", Column::Integer),
    ("signature_end", Column::Integer),
];
/// A place has one time stamp: another one would make its token NULL, which the table refuses.
const ONE_STEP: &str = "ON CONFLICT (bundle, track, chain, number) DO UPDATE SET \
    token = CASE WHEN step.token = excluded.token THEN step.token ELSE NULL END";

/// A time stamp, as the index keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// The bundle.
    pub bundle: String,
    /// The track.
    pub track: String,
    /// The chain and the place in it, from 1.
    pub place: (u32, u32),
    /// The hash function of the chain.
    pub algorithm: DigestAlgorithm,
    /// The SHA-256 of the time stamp as it came, in hexadecimal.
    pub token: String,
    /// genTime.
    pub gen_time: Time,
    /// Until when it holds.
    pub last: LastStamp,
}

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

/// What was found when a slice was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The store of a bundle's files, or `documents`.
    pub store: String,
    /// The slice, from 0.
    pub slice: u32,
    /// How many slices there are.
    pub slices: u32,
    /// When it was read.
    pub at: Time,
    /// How much of it was not as it should be.
    pub bad: u64,
}

impl StepRow {
    /// Of a step whose certificates and algorithms end so.
    #[must_use]
    pub fn of(bundle: &str, step: &Step, last: LastStamp) -> Self {
        Self {
            bundle: bundle.to_owned(),
            track: step.track().to_owned(),
            place: step.place(),
            algorithm: step.algorithm(),
            token: hex(&openssl::sha::sha256(step.token())),
            gen_time: step.gen_time(),
            last,
        }
    }
}

impl Index {
    /// Takes a bundle as the stores have it, with all its steps; what is there already stays. Its documents don't wait
    /// any more. `ends` says until when a time stamp holds. Of a bundle that is in the index only the steps are looked
    /// at when its documents weren't read.
    ///
    /// # Errors
    /// [`IndexError::NoBundle`] for a bundle without its documents that isn't in the index.
    /// When the index has another time stamp in one of its places ([`IndexError::OtherStep`]), or the database fails.
    pub fn record_bundle(&mut self, bundle: &Bundle, ends: &dyn Fn(&Step) -> LastStamp) -> Result<()> {
        let keeps_documents = self.keeps_documents;
        let checkpoints = self.checkpoints.clone();
        self.transaction(|transaction| {
            let read = !bundle.documents().is_empty();
            let number =
                if read { insert_bundle(transaction, bundle)? } else { number(transaction, bundle)? };
            if read {
                let deleted = deleted_places(transaction, bundle.id())?;
                insert_documents(transaction, bundle, number, &deleted)?;
            }
            if !keeps_documents && bundle.retention() != "open" {
                transaction.run("DELETE FROM document WHERE bundle = $1", &[value(number)])?;
            }
            insert_tracks(transaction, bundle, number, ends)?;
            let sql = "DELETE FROM missing WHERE bundle = $1 AND documents <= $2";
            transaction.run(sql, &[value(bundle.id()), value(i64::from(read))])?;
            if read && bundle.retention() == "open" {
                let sql = format!("{SETTLE_RETENTION} AND number = $1");
                transaction.run(&sql, &[value(number)])?;
            }
            checkpoints.reached("index-record-open");
            Ok(())
        })
        .map_err(other_step)?;
        self.reached("index-record-done");
        Ok(())
    }

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

    /// Bundles that may have a document of this key: the one whose row says so, or where rows aren't kept all whose
    /// keys begin before and end behind it.
    ///
    /// # Errors
    /// What the database says.
    pub fn bundles_for_key(&mut self, key: &str) -> Result<Vec<String>> {
        let sql = if self.keeps_documents {
            "SELECT b.id FROM document d JOIN bundle b ON b.number = d.bundle WHERE d.key = $1"
        } else {
            "SELECT id FROM bundle WHERE first_key <= $1 AND last_key >= $1 ORDER BY id"
        };
        let rows = self.database.query(sql, &[value(key)])?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
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

    /// The places of a bundle whose documents were deleted.
    ///
    /// # Errors
    /// What the database says.
    pub fn deleted_places(&mut self, bundle: &str) -> Result<BTreeSet<u64>> {
        let rows = self.database.query("SELECT place FROM tombstone WHERE bundle = $1", &[value(bundle)])?;
        rows.iter().map(|row| Ok(row.count(0)?)).collect()
    }

    /// A slice of a bundle was read; `store` is where its files lie, or `documents`.
    ///
    /// # Errors
    /// When the bundle isn't in the index, or the database fails.
    pub fn covered(&mut self, bundle: &str, covered: &Covered) -> Result<()> {
        let done = self.transaction(|transaction| cover(transaction, bundle, covered))?;
        self.reached("index-covered-done");
        if done { Ok(()) } else { Err(IndexError::NoBundle) }
    }

    /// What was read of a bundle, and when.
    ///
    /// # Errors
    /// What the database says.
    pub fn coverage(&mut self, bundle: &str) -> Result<Vec<Covered>> {
        let sql = "SELECT c.store, c.slice, c.slices, c.read_at, c.bad FROM coverage c \
            JOIN bundle b ON b.number = c.bundle WHERE b.id = $1 ORDER BY c.store, c.slice";
        let rows = self.database.query(sql, &[value(bundle)])?;
        let covered = |row: &Row| {
            let (slice, slices) = (row.small(1)?, row.small(2)?);
            let (at, bad) = (moment(row.integer(3)?)?, row.count(4)?);
            Ok(Covered { store: row.text(0)?.to_owned(), slice, slices, at, bad })
        };
        rows.iter().map(covered).collect()
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

    /// Since when the files of bundles are whole: the last reading in each store that takes files. One that lies in a
    /// store of which nothing is known isn't whole.
    fn whole(&mut self, page: &Page) -> Result<BTreeMap<i64, Time>> {
        let stores = self.database.query("SELECT name FROM store WHERE access IN ('repair', 'add')", &[])?;
        let stores = stores.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<BTreeSet<_>>>()?;
        let sql = "SELECT bundle, store, read_at, bad FROM coverage WHERE store <> 'documents' \
            AND bundle IN (SELECT number FROM bundle WHERE id > $1 AND id <= $2)";
        let mut read: BTreeMap<i64, BTreeMap<String, Option<i64>>> = BTreeMap::new();
        for row in &self.database.query(sql, &page.values())? {
            let at = Some(row.integer(2)?).filter(|_| row.integer(3).is_ok_and(|bad| bad == 0));
            let slices = read.entry(row.integer(0)?).or_default();
            let oldest = slices.entry(row.text(1)?.to_owned()).or_insert(at);
            *oldest = (*oldest).min(at);
        }
        let mut whole = BTreeMap::new();
        for (bundle, read) in read {
            let known = stores.iter().all(|store| read.contains_key(store));
            let counted = read.iter().filter(|(store, _)| stores.is_empty() || stores.contains(*store));
            let since = counted.map(|(_, at)| *at).min().flatten();
            if let Some(since) = since.filter(|_| known) {
                whole.insert(bundle, moment(since)?);
            }
        }
        Ok(whole)
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
struct Page {
    after: String,
    last: String,
}

impl Page {
    fn values(&self) -> [crate::sql::Value; 2] {
        [value(self.after.as_str()), value(self.last.as_str())]
    }
}

/// The new rows of time stamps, of bundles that are in the index.
pub(super) fn insert_steps(transaction: &mut Transaction<'_>, steps: &[StepRow]) -> Result<()> {
    let mut rows = Rows::into("step", &STEP, ONE_STEP);
    for step in steps {
        push_step(&mut rows, step)?;
    }
    Ok(transaction.insert(&rows)?)
}

pub(super) fn cover(transaction: &mut Transaction<'_>, bundle: &str, covered: &Covered) -> Result<bool> {
    let found = transaction.query("SELECT number FROM bundle WHERE id = $1", &[value(bundle)])?;
    let Some(number) = found.first().map(|row| row.integer(0)).transpose()? else { return Ok(false) };
    let (store, slices) = (value(covered.store.as_str()), value(covered.slices));
    let sql = "DELETE FROM coverage WHERE bundle = $1 AND store = $2 AND slices <> $3";
    transaction.run(sql, &[value(number), store.clone(), slices.clone()])?;
    let sql = "INSERT INTO coverage (bundle, store, slice, slices, read_at, bad) VALUES ($1, $2, $3, $4, $5, $6) \
        ON CONFLICT (bundle, store, slice) DO UPDATE SET read_at = excluded.read_at, bad = excluded.bad";
    let (at, bad) = (value(covered.at.unix_seconds()), value(covered.bad));
    transaction.run(sql, &[value(number), store, value(covered.slice), slices, at, bad])?;
    Ok(true)
}

/// A table that refuses a second time stamp for a place says so in its own words.
pub(super) fn other_step(error: IndexError) -> IndexError {
    match error {
        IndexError::Database(error) if error.is_null("token") => IndexError::OtherStep,
        IndexError::Database(error) if error.is_null("bundle") => IndexError::NoBundle,
        error => error,
    }
}

fn insert_bundle(transaction: &mut Transaction<'_>, bundle: &Bundle) -> Result<i64> {
    let documents = bundle.documents();
    let octets = documents.iter().fold(0_u64, |sum, document| sum.saturating_add(document.size()));
    let key = |document: Option<&Document>| value(document.map(Document::key).unwrap_or_default());
    let open = documents.iter().filter(|document| document.retention() == RetentionEnd::Open).count();
    let ends = documents.iter().filter(|document| document.retention() != RetentionEnd::Open);
    let end = ends.map(Document::retention).max().map(|end| end.to_string());
    let sql = "INSERT INTO bundle (id, class, retention, documents, octets, unread, first_key, last_key, \
        open_documents, kept_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
        ON CONFLICT (id) DO UPDATE SET unread = excluded.unread RETURNING number";
    let rows = transaction.query(
        sql,
        &[
            value(bundle.id()),
            value(bundle.class()),
            value(bundle.retention()),
            value(documents.len() as u64),
            value(octets),
            value(unread(bundle)),
            key(documents.first()),
            key(documents.last()),
            value(open as u64),
            value(end),
        ],
    )?;
    Ok(row(&rows)?.integer(0)?)
}

fn number(transaction: &mut Transaction<'_>, bundle: &Bundle) -> Result<i64> {
    let found = transaction.query("SELECT number FROM bundle WHERE id = $1", &[value(bundle.id())])?;
    Ok(found.first().ok_or(IndexError::NoBundle)?.integer(0)?)
}

/// Octets of the documents that have no digest but under the weakest function in use: what a new tree has to read.
fn unread(bundle: &Bundle) -> u64 {
    let algorithm =
        |track: hsign_archive::Track| bundle.last_step(&track.name).map_or(track.algorithm, Step::algorithm);
    let Some(weakest) = bundle.tracks().map(algorithm).min() else { return 0 };
    let only = |document: &&Document| document.algorithms().all(|algorithm| algorithm <= weakest);
    bundle.documents().iter().filter(only).fold(0, |sum, document| sum.saturating_add(document.size()))
}

fn deleted_places(transaction: &mut Transaction<'_>, bundle: &str) -> Result<BTreeMap<u64, String>> {
    let sql = "SELECT place, deletion FROM tombstone WHERE bundle = $1";
    let rows = transaction.query(sql, &[value(bundle)])?;
    rows.iter().map(|row| Ok((row.count(0)?, row.text(1)?.to_owned()))).collect()
}

fn insert_documents(
    transaction: &mut Transaction<'_>,
    bundle: &Bundle,
    number: i64,
    deleted: &BTreeMap<u64, String>,
) -> Result<()> {
    let mut rows = Rows::into("document", &DOCUMENT, SEALED);
    for (place, document) in (0_u64..).zip(bundle.documents()) {
        // Of what was deleted no digest stays.
        let digest = if deleted.contains_key(&place) { None } else { first_digest(document)? };
        rows.push([
            value(document.key()),
            value(document.class()),
            value(document.retention().month()),
            value(document.size()),
            value(digest),
            value(document.replaces()),
            value(number),
            value(place),
        ]);
        if let Some(deletion) = deleted.get(&place) {
            let sql = "UPDATE deletion_document SET done = 1 WHERE deletion = $1 AND key = $2";
            transaction.run(sql, &[value(deletion.as_str()), value(document.key())])?;
        }
    }
    Ok(transaction.insert(&rows)?)
}

fn insert_tracks(
    transaction: &mut Transaction<'_>,
    bundle: &Bundle,
    number: i64,
    ends: &dyn Fn(&Step) -> LastStamp,
) -> Result<()> {
    let mut rows = Rows::into("step", &STEP, ONE_STEP);
    for track in bundle.tracks() {
        let sql = "INSERT INTO track (bundle, name, algorithm) VALUES ($1, $2, $3) \
            ON CONFLICT (bundle, name) DO NOTHING";
        transaction.run(sql, &[value(number), value(track.name.as_str()), value(word(track.algorithm)?)])?;
        for step in bundle.steps(&track.name) {
            push_step(&mut rows, &StepRow::of(bundle.id(), step, ends(step)))?;
        }
    }
    Ok(transaction.insert(&rows)?)
}

fn push_step(rows: &mut Rows, step: &StepRow) -> Result<()> {
    rows.push([
        value(step.bundle.as_str()),
        value(step.track.as_str()),
        value(step.place.0),
        value(step.place.1),
        value(word(step.algorithm)?),
        value(step.token.as_str()),
        value(step.gen_time.unix_seconds()),
        value(step.last.certificate_end.unix_seconds()),
        value(step.last.signature_end.map(Time::unix_seconds)),
    ]);
    Ok(())
}

/// The last moment of a day anywhere west of Japan and in it.
fn end_of_day(day: &str) -> Result<Time> {
    let wrong = || IndexError::from(DatabaseError::Content("a day"));
    let day: Date = day.parse().map_err(|_| wrong())?;
    format!("{day}T23:59:59Z").parse().map_err(|_| wrong())
}

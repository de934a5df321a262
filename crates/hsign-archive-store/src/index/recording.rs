//! Taking what the stores have of a bundle.

use std::collections::BTreeMap;

use hsign_archive::{Bundle, Document, LastStamp, RetentionEnd, Step};
use hsign_core::{DigestAlgorithm, Time, hex};

use super::trail::first_digest;
use super::{Index, IndexError, Result, row, word};
use crate::sql::{Column, Rows, Transaction, value};

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
    /// Makes rows of these documents of a bundle where they aren't kept, so that what the trail tells of them next finds
    /// them without the bundle being read.
    ///
    /// # Errors
    /// When the index doesn't have the bundle, or what the database says.
    pub fn keep_rows(&mut self, bundle: &Bundle, keys: &[&str]) -> Result<()> {
        if self.keeps_documents {
            return Ok(());
        }
        self.transaction(|transaction| {
            let number = number(transaction, bundle)?;
            let deleted = deleted_places(transaction, bundle.id())?;
            let mut rows = Rows::into("document", &DOCUMENT, SEALED);
            for position in keys.iter().filter_map(|key| bundle.position(key)) {
                let (Some(document), place) = (bundle.documents().get(position), position as u64) else {
                    continue;
                };
                push_document(&mut rows, document, (number, place), deleted.contains_key(&place))?;
            }
            Ok(transaction.insert(&rows)?)
        })
    }

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
            take_bundle(transaction, bundle, keeps_documents, ends)?;
            checkpoints.reached("index-record-open");
            Ok(())
        })
        .map_err(other_step)?;
        self.reached("index-record-done");
        Ok(())
    }
}

/// The rows of a bundle. Where those of its documents aren't kept only the ones that replace others, and those that were
/// deleted, have any.
pub(super) fn take_bundle(
    transaction: &mut Transaction<'_>,
    bundle: &Bundle,
    keeps_documents: bool,
    ends: &dyn Fn(&Step) -> LastStamp,
) -> Result<()> {
    let read = !bundle.documents().is_empty();
    let number = if read {
        let keeps_documents = keeps_documents || bundle.retention() == "open";
        take_documents(transaction, bundle, keeps_documents)?
    } else {
        number(transaction, bundle)?
    };
    insert_tracks(transaction, bundle, number, ends)?;
    let sql = "DELETE FROM missing WHERE bundle = $1 AND documents <= $2";
    transaction.run(sql, &[value(bundle.id()), value(i64::from(read))])?;
    if read && bundle.retention() == "open" {
        let sql = format!("{SETTLE_RETENTION} AND number = $1");
        transaction.run(&sql, &[value(number)])?;
    }
    Ok(())
}

/// The bundle's own row and those of its documents, which don't wait any more; its number.
fn take_documents(transaction: &mut Transaction<'_>, bundle: &Bundle, keeps_documents: bool) -> Result<i64> {
    let inserted = insert_bundle(transaction, bundle)?;
    let deleted = match inserted.some_deleted {
        true => deleted_places(transaction, bundle.id())?,
        false => BTreeMap::new(),
    };
    insert_documents(transaction, bundle, (inserted.number, keeps_documents), &deleted)?;
    if !keeps_documents && inserted.some_wait {
        let keys: Vec<&str> = bundle.documents().iter().map(Document::key).collect();
        let sql = "DELETE FROM document WHERE bundle IS NULL AND replaces IS NULL AND key IN (KEYS)";
        transaction.query_keys(sql, &keys)?;
    }
    Ok(inserted.number)
}

/// A bundle's row, and whether there is more to look at.
struct Inserted {
    number: i64,
    /// Some of its documents were deleted.
    some_deleted: bool,
    /// Documents of its kind wait: its own may be among them.
    some_wait: bool,
}

/// The new rows of time stamps, of bundles that are in the index.
pub(super) fn insert_steps(transaction: &mut Transaction<'_>, steps: &[StepRow]) -> Result<()> {
    let mut rows = Rows::into("step", &STEP, ONE_STEP);
    for step in steps {
        push_step(&mut rows, step)?;
    }
    Ok(transaction.insert(&rows)?)
}

/// A table that refuses a second time stamp for a place says so in its own words.
pub(super) fn other_step(error: IndexError) -> IndexError {
    match error {
        IndexError::Database(error) if error.is_null("token") => IndexError::OtherStep,
        IndexError::Database(error) if error.is_null("bundle") => IndexError::NoBundle,
        error => error,
    }
}

fn insert_bundle(transaction: &mut Transaction<'_>, bundle: &Bundle) -> Result<Inserted> {
    let documents = bundle.documents();
    let octets = documents.iter().fold(0_u64, |sum, document| sum.saturating_add(document.size()));
    let key = |document: Option<&Document>| value(document.map(Document::key).unwrap_or_default());
    let open = documents.iter().filter(|document| document.retention() == RetentionEnd::Open).count();
    let ends = documents.iter().filter(|document| document.retention() != RetentionEnd::Open);
    let end = ends.map(Document::retention).max().map(|end| end.to_string());
    let sql = "INSERT INTO bundle (id, class, retention, documents, octets, unread, first_key, last_key, \
        open_documents, kept_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
        ON CONFLICT (id) DO UPDATE SET unread = excluded.unread RETURNING number, \
        (SELECT count(*) FROM (SELECT 1 FROM tombstone t WHERE t.bundle = $1 LIMIT 1) AS d), \
        (SELECT count(*) FROM (SELECT 1 FROM document w WHERE w.bundle IS NULL AND w.class = $2 \
            AND w.retention = $3 LIMIT 1) AS w)";
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
    let row = row(&rows)?;
    let (some_deleted, some_wait) = (row.integer(1)? > 0, row.integer(2)? > 0);
    Ok(Inserted { number: row.integer(0)?, some_deleted, some_wait })
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
    (number, all): (i64, bool),
    deleted: &BTreeMap<u64, String>,
) -> Result<()> {
    let mut rows = Rows::into("document", &DOCUMENT, SEALED);
    let kept = |(place, document): &(u64, &Document)| {
        all || document.replaces().is_some() || deleted.contains_key(place)
    };
    for (place, document) in (0_u64..).zip(bundle.documents()).filter(kept) {
        push_document(&mut rows, document, (number, place), deleted.contains_key(&place))?;
        if let Some(deletion) = deleted.get(&place) {
            let sql = "UPDATE deletion_document SET done = 1 WHERE deletion = $1 AND key = $2";
            transaction.run(sql, &[value(deletion.as_str()), value(document.key())])?;
        }
    }
    Ok(transaction.insert(&rows)?)
}

/// Of what was deleted no digest stays.
fn push_document(
    rows: &mut Rows,
    document: &Document,
    (bundle, place): (i64, u64),
    gone: bool,
) -> Result<()> {
    rows.push([
        value(document.key()),
        value(document.class()),
        value(document.retention().month()),
        value(document.size()),
        value(if gone { None } else { first_digest(document)? }),
        value(document.replaces()),
        value(bundle),
        value(place),
    ]);
    Ok(())
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

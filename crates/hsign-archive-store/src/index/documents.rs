//! Documents: those that wait, those in bundles, those that were set aside.

use hsign_archive::{BatchKey, Document, HoldSubject, RetentionEnd};
use hsign_core::{Date, Digest, Octets, Time};

use super::{Index, Result, from_word, moment, row};
use crate::sql::{DatabaseError, Row, value};

/// What the index knows of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRow {
    /// Its key.
    pub key: String,
    /// Its class.
    pub class: String,
    /// The month in which its retention ends by what was known when it was taken, or `open`: its batch.
    pub retention: String,
    /// The day on which its clock started and the one up to which it is kept, where they came later.
    pub dated: Option<(Date, Date)>,
    /// Its length.
    pub size: u64,
    /// Its digest under the first of its functions; none of a document that was deleted.
    pub digest: Option<Digest>,
    /// The key of the version that it replaces.
    pub replaces: Option<String>,
    /// The key of a version that replaces it.
    pub replaced_by: Option<String>,
    /// Where it stands.
    pub state: DocumentState,
    /// Where it can be read now, when that changed since it was taken.
    pub moved: Option<Vec<String>>,
    /// Where its digests come from when the archive didn't compute them.
    pub origin: Option<String>,
    /// The names of the holds on it.
    pub holds: Vec<String>,
    /// The deletions that are planned for it and neither done nor cancelled.
    pub deletions: Vec<String>,
}

/// Where a document stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentState {
    /// It waits for its bundle; all that is known of it.
    Waiting(Box<Waiting>),
    /// It is in a bundle.
    Sealed {
        /// The bundle.
        bundle: String,
        /// Its place there.
        place: u64,
    },
    /// It is gone.
    Deleted {
        /// The bundle that proves it existed.
        bundle: String,
        /// Its place there.
        place: u64,
        /// The deletion.
        deletion: String,
    },
}

/// A document that waits for its bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number in the order of their coming.
    pub number: u64,
    /// Since when.
    pub since: Time,
    /// The document.
    pub document: Document,
}

/// Documents that wait for one bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingBatch {
    /// Their class.
    pub class: String,
    /// The month in which their retention ends, or `open`.
    pub retention: String,
    /// How many they are.
    pub documents: u64,
    /// The number of the first one.
    pub first: u64,
    /// Since when it waits.
    pub since: Time,
}

/// A document that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The key that it would have had.
    pub key: String,
    /// Where it lies.
    pub location: String,
    /// Why.
    pub reason: String,
    /// The codes of the findings about it.
    pub findings: Vec<String>,
    /// Since when.
    pub since: Time,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Counts {
    pub waiting: u64,
    pub bundles: u64,
    /// Documents in bundles, those that were deleted too.
    pub sealed: u64,
    pub deleted: u64,
    pub octets: u64,
    /// Not settled yet.
    pub set_aside: u64,
    /// Not released yet.
    pub holds: u64,
    /// Neither cancelled nor done to the end.
    pub deletions: u64,
    /// Not repaired yet.
    pub damaged: u64,
    pub dead_units: u64,
}

const SELECT: &str = "SELECT d.key, d.class, d.retention, r.start_day, r.end_day, d.size, d.digest, d.replaces, \
    (SELECT min(n.key) FROM document n WHERE n.replaces = d.key), d.number, d.taken, d.data, b.id, d.place, \
    t.deletion, l.locations, d.origin FROM document d LEFT JOIN bundle b ON b.number = d.bundle \
    LEFT JOIN retention_end r ON r.key = d.key LEFT JOIN located l ON l.key = d.key \
    LEFT JOIN tombstone t ON t.bundle = b.id AND t.place = d.place";

impl Index {
    /// The documents that wait for a bundle of this key, behind the number `after` in the order of their coming.
    ///
    /// # Errors
    /// What the database says.
    pub fn waiting(&mut self, key: &BatchKey, after: Option<u64>, limit: usize) -> Result<Vec<Waiting>> {
        let sql = "SELECT number, taken, data FROM document WHERE class = $1 AND retention = $2 \
            AND bundle IS NULL AND number > $3 ORDER BY number LIMIT $4";
        let after = after.map_or(value(-1_i64), value);
        let values = [value(key.class.as_str()), value(key.retention.as_str()), after, value(limit as u64)];
        self.database.query(sql, &values)?.iter().map(|row| waiting(row, 0, 1, 2)).collect()
    }

    /// What waits, by the bundle that it waits for, but for its tracks.
    ///
    /// # Errors
    /// What the database says.
    pub fn waiting_batches(&mut self) -> Result<Vec<WaitingBatch>> {
        let sql = "SELECT class, retention, count(*), min(number), min(taken) FROM document \
            WHERE bundle IS NULL GROUP BY class, retention ORDER BY class, retention";
        let batch = |row: &Row| {
            Ok(WaitingBatch {
                class: row.text(0)?.to_owned(),
                retention: row.text(1)?.to_owned(),
                documents: row.count(2)?,
                first: row.count(3)?,
                since: moment(row.integer(4)?)?,
            })
        };
        self.database.query(sql, &[])?.iter().map(batch).collect()
    }

    /// The document with this key. Where rows of documents aren't kept, one that is in a bundle may have none: see
    /// [`Index::bundles_for_keys`].
    ///
    /// # Errors
    /// What the database says.
    pub fn document(&mut self, key: &str) -> Result<Option<DocumentRow>> {
        Ok(self.documents_by_key(&[key])?.pop())
    }

    /// Those of these documents that the index has, by key.
    ///
    /// # Errors
    /// What the database says.
    pub fn documents_by_key(&mut self, keys: &[&str]) -> Result<Vec<DocumentRow>> {
        let rows =
            self.database.query_keys(&format!("{SELECT} WHERE d.key IN (KEYS) ORDER BY d.key"), keys)?;
        self.with_law(&rows)
    }

    /// The documents behind `after` by their keys, at most `limit`.
    ///
    /// # Errors
    /// What the database says.
    pub fn documents(&mut self, after: Option<&str>, limit: usize) -> Result<Vec<DocumentRow>> {
        let sql = format!("{SELECT} WHERE d.key > $1 ORDER BY d.key LIMIT $2");
        let rows = self.database.query(&sql, &[value(after.unwrap_or_default()), value(limit as u64)])?;
        self.with_law(&rows)
    }

    /// The versions of a document that replace one another, oldest first, with this one among them.
    ///
    /// # Errors
    /// What the database says.
    pub fn versions(&mut self, key: &str) -> Result<Vec<DocumentRow>> {
        let mut versions: Vec<DocumentRow> = self.document(key)?.into_iter().collect();
        while let Some(before) = versions.first().and_then(|first| first.replaces.clone()) {
            let Some(row) = self.unseen(&versions, &before)? else { break };
            versions.insert(0, row);
        }
        while let Some(next) = versions.last().and_then(|last| last.replaced_by.clone()) {
            let Some(row) = self.unseen(&versions, &next)? else { break };
            versions.push(row);
        }
        Ok(versions)
    }

    /// What was set aside and isn't settled.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_aside(&mut self) -> Result<Vec<SetAside>> {
        let sql =
            "SELECT key, location, reason, findings, since FROM aside WHERE settled IS NULL ORDER BY number";
        let aside = |row: &Row| {
            Ok(SetAside {
                key: row.text(0)?.to_owned(),
                location: row.text(1)?.to_owned(),
                reason: row.text(2)?.to_owned(),
                findings: serde_json::from_str(row.text(3)?)?,
                since: moment(row.integer(4)?)?,
            })
        };
        self.database.query(sql, &[])?.iter().map(aside).collect()
    }

    /// How much there is.
    ///
    /// # Errors
    /// What the database says.
    pub fn counts(&mut self) -> Result<Counts> {
        let sql = "SELECT (SELECT count(*) FROM document WHERE bundle IS NULL), (SELECT count(*) FROM bundle), \
            (SELECT CAST(coalesce(sum(documents), 0) AS BIGINT) FROM bundle), (SELECT count(*) FROM tombstone), \
            (SELECT CAST(coalesce(sum(octets), 0) AS BIGINT) FROM bundle), \
            (SELECT count(*) FROM aside WHERE settled IS NULL), \
            (SELECT count(*) FROM hold WHERE released IS NULL), \
            (SELECT count(*) FROM deletion n WHERE n.cancelled IS NULL AND EXISTS \
                (SELECT 1 FROM deletion_document d WHERE d.deletion = n.name AND d.done = 0)), \
            (SELECT count(*) FROM damage), (SELECT count(*) FROM unit WHERE state = 'dead')";
        let rows = self.database.query(sql, &[])?;
        let row = row(&rows)?;
        Ok(Counts {
            waiting: row.count(0)?,
            bundles: row.count(1)?,
            sealed: row.count(2)?,
            deleted: row.count(3)?,
            octets: row.count(4)?,
            set_aside: row.count(5)?,
            holds: row.count(6)?,
            deletions: row.count(7)?,
            damaged: row.count(8)?,
            dead_units: row.count(9)?,
        })
    }

    fn unseen(&mut self, seen: &[DocumentRow], key: &str) -> Result<Option<DocumentRow>> {
        if seen.iter().any(|row| row.key == key) { Ok(None) } else { self.document(key) }
    }

    fn with_law(&mut self, rows: &[Row]) -> Result<Vec<DocumentRow>> {
        let mut documents = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        self.add_law(&mut documents)?;
        Ok(documents)
    }

    /// The holds and deletions of each; they come by key.
    pub(super) fn add_law(&mut self, documents: &mut [DocumentRow]) -> Result<()> {
        if documents.is_empty() {
            return Ok(());
        }
        let sql = "SELECT name, subject FROM hold WHERE released IS NULL ORDER BY name";
        for row in &self.database.query(sql, &[])? {
            let subject: HoldSubject = serde_json::from_str(row.text(1)?)?;
            for document in documents.iter_mut() {
                if subject.covers(&document.key, &document.class) {
                    document.holds.push(row.text(0)?.to_owned());
                }
            }
        }
        let keys: Vec<&str> = documents.iter().map(|document| document.key.as_str()).collect();
        let sql = "SELECT d.key, d.deletion FROM deletion_document d JOIN deletion n ON n.name = d.deletion \
            WHERE n.cancelled IS NULL AND d.done = 0 AND d.key IN (KEYS) ORDER BY d.deletion";
        let rows = self.database.query_keys(sql, &keys)?;
        for row in &rows {
            let (key, deletion) = (row.text(0)?, row.text(1)?);
            if let Ok(place) = documents.binary_search_by(|document| document.key.as_str().cmp(key))
                && let Some(document) = documents.get_mut(place)
            {
                document.deletions.push(deletion.to_owned());
            }
        }
        Ok(())
    }
}

impl DocumentRow {
    /// Until when it is to be kept by what is known now, but for holds: its own day where its batch's month isn't
    /// known to the day.
    #[must_use]
    pub fn kept_until(&self) -> RetentionEnd {
        match (&self.dated, &self.state) {
            (Some((_, end)), _) => RetentionEnd::Until(*end),
            (None, DocumentState::Waiting(waiting)) => waiting.document.retention(),
            (None, _) => last_day(&self.retention),
        }
    }
}

/// The last day of a month, `2031-04`: no document of its batch is kept longer.
fn last_day(month: &str) -> RetentionEnd {
    let days = (28..=31).rev().filter_map(|day| format!("{month}-{day}").parse().ok());
    days.map(RetentionEnd::Until).next().unwrap_or(RetentionEnd::Open)
}

fn read(row: &Row) -> Result<DocumentRow> {
    let text = |column: usize| Ok::<_, DatabaseError>(row.optional_text(column)?.map(str::to_owned));
    let day = |column: usize| -> Result<Option<Date>> {
        let day = row.optional_text(column)?.map(str::parse);
        day.transpose().map_err(|_| DatabaseError::Content("a day").into())
    };
    let state = match (text(12)?, text(14)?) {
        (None, _) => DocumentState::Waiting(Box::new(waiting(row, 9, 10, 11)?)),
        (Some(bundle), None) => DocumentState::Sealed { bundle, place: row.count(13)? },
        (Some(bundle), Some(deletion)) => DocumentState::Deleted { bundle, place: row.count(13)?, deletion },
    };
    Ok(DocumentRow {
        key: row.text(0)?.to_owned(),
        class: row.text(1)?.to_owned(),
        retention: row.text(2)?.to_owned(),
        dated: day(3)?.zip(day(4)?),
        size: row.count(5)?,
        digest: row.optional_text(6)?.map(digest).transpose()?,
        replaces: text(7)?,
        replaced_by: text(8)?,
        state,
        moved: row.optional_text(15)?.map(serde_json::from_str).transpose()?,
        origin: text(16)?,
        holds: Vec::new(),
        deletions: Vec::new(),
    })
}

fn waiting(row: &Row, number: usize, taken: usize, data: usize) -> Result<Waiting> {
    Ok(Waiting {
        number: row.count(number)?,
        since: moment(row.integer(taken)?)?,
        document: serde_json::from_str(row.text(data)?)?,
    })
}

/// `sha256:…`.
fn digest(text: &str) -> Result<Digest> {
    let wrong = || DatabaseError::Content("a document's digest");
    let (algorithm, value) = text.split_once(':').ok_or_else(wrong)?;
    let byte = |place: usize| value.get(place..place + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..value.len()).step_by(2).map(byte).collect();
    Ok(Digest::new(from_word(algorithm)?, Octets(bytes.ok_or_else(wrong)?)))
}

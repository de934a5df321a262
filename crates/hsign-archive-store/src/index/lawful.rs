//! Holds, deletions and damage.

use hsign_archive::{Event, HoldSubject, Segment, StoreFacts};
use hsign_core::Time;

use super::{Index, IndexError, Result, moment};
use crate::sql::{Column, Row, Rows, Transaction, value};

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRow {
    /// Its name.
    pub name: String,
    /// What is held.
    pub subject: HoldSubject,
    /// Why.
    pub reason: String,
    /// Who holds it.
    pub actor: String,
    /// Since when.
    pub since: Time,
    /// When it was released.
    pub released: Option<Time>,
}

/// A deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionRow {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Nothing is deleted earlier.
    pub not_before: Time,
    /// Who wants it, and since when.
    pub planned: (String, Time),
    /// Who agreed, and when.
    pub approved: Option<(String, Time)>,
    /// Why it doesn't take place.
    pub cancelled: Option<String>,
    /// How many documents it is about.
    pub documents: u64,
    /// How many of them are gone.
    pub done: u64,
    /// The institution signed what it deleted.
    pub certified: bool,
}

/// Something that is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamageRow {
    /// The document's key, or a file as `bundles/ID/FILE`.
    pub what: String,
    /// The store or the location.
    pub place: String,
    /// When it was found.
    pub since: Time,
}

const DOCUMENTS: [(&str, Column); 3] =
    [("deletion", Column::Text), ("key", Column::Text), ("done", Column::Integer)];

/// The events about deletions.
pub(super) fn apply(transaction: &mut Transaction<'_>, event: &Event, segment: &Segment) -> Result<()> {
    let (actor, time) = (value(segment.actor()), value(segment.time().unix_seconds()));
    match event {
        Event::DeletionPlanned { deletion, keys, reason, not_before } => {
            let sql = "INSERT INTO deletion (name, reason, not_before, planner, planned) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (name) DO NOTHING";
            let (name, until) = (value(deletion.as_str()), value(not_before.unix_seconds()));
            transaction.run(sql, &[name, value(reason.as_str()), until, actor, time])?;
            let mut rows =
                Rows::into("deletion_document", &DOCUMENTS, "ON CONFLICT (deletion, key) DO NOTHING");
            for key in keys {
                rows.push([value(deletion.as_str()), value(key.as_str()), value(0_i64)]);
            }
            transaction.insert(&rows)?;
        }
        Event::DeletionApproved { deletion } => {
            let sql = "UPDATE deletion SET approver = $2, approved = $3 WHERE name = $1 AND approved IS NULL";
            transaction.run(sql, &[value(deletion.as_str()), actor, time])?;
        }
        Event::DeletionCancelled { deletion, reason } => {
            let sql = "UPDATE deletion SET cancelled = $2 WHERE name = $1 AND cancelled IS NULL";
            transaction.run(sql, &[value(deletion.as_str()), value(reason.as_str())])?;
        }
        Event::DeletionCertified { deletion, certificate } => {
            let sql = "UPDATE deletion SET certificate = $2 WHERE name = $1";
            transaction.run(sql, &[value(deletion.as_str()), value(certificate.0.as_slice())])?;
        }
        Event::Deleted { deletion, bundle, place, .. } => {
            deleted(transaction, deletion, bundle, *place, segment)?;
        }
        _ => {}
    }
    Ok(())
}

/// Nothing stays of a document but that it was there. Where its row isn't known the bundle has to be read (again).
fn deleted(
    transaction: &mut Transaction<'_>,
    deletion: &str,
    bundle: &str,
    place: u64,
    segment: &Segment,
) -> Result<()> {
    let sql = "INSERT INTO tombstone (bundle, place, deletion, deleted) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (bundle, place) DO NOTHING";
    let here = [value(bundle), value(place)];
    let [id, at] = here.clone();
    transaction.run(sql, &[id, at, value(deletion), value(segment.time().unix_seconds())])?;
    let row = "SELECT d.key FROM document d JOIN bundle b ON b.number = d.bundle \
        WHERE b.id = $1 AND d.place = $2";
    let sql = format!("UPDATE deletion_document SET done = 1 WHERE deletion = $3 AND key IN ({row})");
    let [id, at] = here.clone();
    transaction.run(&sql, &[id, at, value(deletion)])?;
    let sql = format!("DELETE FROM located WHERE key IN ({row})");
    transaction.run(&sql, &here)?;
    let sql = format!(
        "INSERT INTO missing (bundle, documents) SELECT CAST($1 AS TEXT), 1 WHERE NOT EXISTS ({row}) \
         ON CONFLICT (bundle) DO UPDATE SET documents = 1"
    );
    transaction.run(&sql, &here)?;
    let sql = "UPDATE document SET digest = NULL, data = NULL, origin = NULL WHERE place = $2 \
        AND bundle = (SELECT number FROM bundle WHERE id = $1)";
    Ok(transaction.run(sql, &here)?)
}

impl Index {
    /// The stores, as the trail tells of them last.
    ///
    /// # Errors
    /// What the database says.
    pub fn stores(&mut self) -> Result<Vec<StoreFacts>> {
        let sql = "SELECT name, country, operator, access FROM store ORDER BY place";
        let rows = self.database.query(sql, &[])?;
        let store = |row: &Row| {
            let text = |column| Ok::<_, IndexError>(row.text(column)?.to_owned());
            Ok(StoreFacts { name: text(0)?, country: text(1)?, operator: text(2)?, access: text(3)? })
        };
        rows.iter().map(store).collect()
    }

    /// Every hold, the released ones too.
    ///
    /// # Errors
    /// What the database says.
    pub fn holds(&mut self) -> Result<Vec<HoldRow>> {
        let sql = "SELECT name, subject, reason, actor, since, released FROM hold ORDER BY name";
        let hold = |row: &Row| {
            Ok(HoldRow {
                name: row.text(0)?.to_owned(),
                subject: serde_json::from_str(row.text(1)?)?,
                reason: row.text(2)?.to_owned(),
                actor: row.text(3)?.to_owned(),
                since: moment(row.integer(4)?)?,
                released: row.optional_integer(5)?.map(moment).transpose()?,
            })
        };
        self.database.query(sql, &[])?.iter().map(hold).collect()
    }

    /// Every deletion.
    ///
    /// # Errors
    /// What the database says.
    pub fn deletions(&mut self) -> Result<Vec<DeletionRow>> {
        let sql = "SELECT name, reason, not_before, planner, planned, approver, approved, cancelled, \
            (SELECT count(*) FROM deletion_document d WHERE d.deletion = deletion.name), \
            (SELECT count(*) FROM deletion_document d WHERE d.deletion = deletion.name AND d.done = 1), \
            (SELECT count(*) FROM deletion d WHERE d.name = deletion.name AND d.certificate IS NOT NULL) \
            FROM deletion ORDER BY name";
        let deletion = |row: &Row| {
            let approved = row.optional_integer(6)?.map(moment).transpose()?;
            let approver = row.optional_text(5)?.map(str::to_owned);
            Ok(DeletionRow {
                name: row.text(0)?.to_owned(),
                reason: row.text(1)?.to_owned(),
                not_before: moment(row.integer(2)?)?,
                planned: (row.text(3)?.to_owned(), moment(row.integer(4)?)?),
                approved: approver.zip(approved),
                cancelled: row.optional_text(7)?.map(str::to_owned),
                documents: row.count(8)?,
                done: row.count(9)?,
                certified: row.integer(10)? > 0,
            })
        };
        self.database.query(sql, &[])?.iter().map(deletion).collect()
    }

    /// The documents of a deletion behind `after` by their keys, at most `limit`, and whether each is gone.
    ///
    /// # Errors
    /// What the database says.
    pub fn deletion_documents(
        &mut self,
        deletion: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, bool)>> {
        let sql =
            "SELECT key, done FROM deletion_document WHERE deletion = $1 AND key > $2 ORDER BY key LIMIT $3";
        let values = [value(deletion), value(after.unwrap_or_default()), value(limit as u64)];
        let rows = self.database.query(sql, &values)?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.integer(1)? > 0))).collect()
    }

    /// What is damaged and not repaired.
    ///
    /// # Errors
    /// What the database says.
    pub fn damage(&mut self) -> Result<Vec<DamageRow>> {
        let rows = self.database.query("SELECT what, place, since FROM damage ORDER BY what, place", &[])?;
        let damage = |row: &Row| {
            let (what, place) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
            Ok(DamageRow { what, place, since: moment(row.integer(2)?)? })
        };
        rows.iter().map(damage).collect()
    }
}

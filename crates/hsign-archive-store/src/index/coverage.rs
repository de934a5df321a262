//! When bundles and their documents were read again, and what was found.

use std::collections::{BTreeMap, BTreeSet};

use hsign_core::Time;

use super::bundles::Page;
use super::{Index, IndexError, Result, moment};
use crate::sql::{Row, Transaction, value};

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

impl Index {
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

    /// Since when the files of bundles are whole: the last reading in each store that takes files. One that lies in a
    /// store of which nothing is known isn't whole.
    pub(super) fn whole(&mut self, page: &Page) -> Result<BTreeMap<i64, Time>> {
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
}

/// The row of a reading; `false` where there is no such bundle.
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

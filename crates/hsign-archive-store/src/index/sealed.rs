//! Documents in bundles whose rows aren't kept: the bundle's own table says what they are, the index what befell them
//! since.

use std::collections::BTreeMap;

use hsign_archive::Bundle;
use hsign_core::Date;

use super::documents::{DocumentRow, DocumentState};
use super::{Index, IndexError, Result};
use crate::sql::{DatabaseError, value};

impl Index {
    /// Whether documents in bundles have rows, unless they came before that was changed. See
    /// [`Index::keep_documents_in_bundles_only`].
    #[must_use]
    pub fn keeps_documents(&self) -> bool {
        self.keeps_documents
    }

    /// The bundles that may have documents of these keys, each with those keys: all whose keys begin before and end
    /// behind.
    ///
    /// # Errors
    /// What the database says.
    pub fn bundles_for_keys<'k>(&mut self, keys: &[&'k str]) -> Result<BTreeMap<String, Vec<&'k str>>> {
        let (Some(first), Some(last)) = (keys.iter().min(), keys.iter().max()) else {
            return Ok(BTreeMap::new());
        };
        let sql = "SELECT id, first_key, last_key FROM bundle WHERE first_key <= $2 AND last_key >= $1";
        let rows = self.database.query(sql, &[value(*first), value(*last)])?;
        let mut bundles = BTreeMap::new();
        for row in &rows {
            let (first, last) = (row.text(1)?, row.text(2)?);
            let within: Vec<&str> = keys.iter().copied().filter(|key| (first..=last).contains(key)).collect();
            if !within.is_empty() {
                bundles.insert(row.text(0)?.to_owned(), within);
            }
        }
        Ok(bundles)
    }

    /// Those of these documents that a bundle has, by key, as if their rows were kept; but where their digests come from
    /// only the trail tells.
    ///
    /// # Errors
    /// What the database says.
    pub fn sealed_documents(&mut self, bundle: &Bundle, keys: &[&str]) -> Result<Vec<DocumentRow>> {
        let mut there: Vec<(&str, usize)> =
            keys.iter().filter_map(|key| Some((*key, bundle.position(key)?))).collect();
        there.sort_unstable();
        there.dedup();
        let keys: Vec<&str> = there.iter().map(|(key, _)| *key).collect();
        let mut moved = self.located(&keys)?;
        let (mut dated, mut replaced) = (self.dated(&keys)?, self.replaced(&keys)?);
        let sql = "SELECT place, deletion FROM tombstone WHERE bundle = $1";
        let rows = self.database.query(sql, &[value(bundle.id())])?;
        let deleted = rows.iter().map(|row| Ok((row.count(0)?, row.text(1)?.to_owned())));
        let mut deleted: BTreeMap<u64, String> = deleted.collect::<Result<_>>()?;
        let mut documents = Vec::with_capacity(there.len());
        for (key, position) in there {
            let Some(document) = bundle.documents().get(position) else { continue };
            let (id, place) = (bundle.id().to_owned(), position as u64);
            let state = match deleted.remove(&place) {
                None => DocumentState::Sealed { bundle: id, place },
                Some(deletion) => DocumentState::Deleted { bundle: id, place, deletion },
            };
            let is_there = matches!(state, DocumentState::Sealed { .. });
            documents.push(DocumentRow {
                key: key.to_owned(),
                class: document.class().to_owned(),
                retention: document.retention().month(),
                dated: dated.remove(key),
                size: document.size(),
                digest: document.first_digest().filter(|_| is_there),
                replaces: document.replaces().map(str::to_owned),
                replaced_by: replaced.remove(key),
                state,
                moved: moved.remove(key),
                origin: None,
                holds: Vec::new(),
                deletions: Vec::new(),
            });
        }
        self.add_law(&mut documents)?;
        Ok(documents)
    }

    /// Where those of these documents lie that lie elsewhere than when they were taken.
    ///
    /// # Errors
    /// What the database says.
    pub fn located(&mut self, keys: &[&str]) -> Result<BTreeMap<String, Vec<String>>> {
        let rows =
            self.database.query_keys("SELECT key, locations FROM located WHERE key IN (KEYS)", keys)?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), serde_json::from_str(row.text(1)?)?))).collect()
    }

    /// The days that came later than the documents.
    fn dated(&mut self, keys: &[&str]) -> Result<BTreeMap<String, (Date, Date)>> {
        let sql = "SELECT key, start_day, end_day FROM retention_end WHERE key IN (KEYS)";
        let day = |text: &str| text.parse().map_err(|_| IndexError::from(DatabaseError::Content("a day")));
        let rows = self.database.query_keys(sql, keys)?;
        rows.iter()
            .map(|row| Ok((row.text(0)?.to_owned(), (day(row.text(1)?)?, day(row.text(2)?)?))))
            .collect()
    }

    /// The versions that replace these documents: their rows are kept.
    fn replaced(&mut self, keys: &[&str]) -> Result<BTreeMap<String, String>> {
        let sql = "SELECT replaces, min(key) FROM document WHERE replaces IN (KEYS) GROUP BY replaces";
        let rows = self.database.query_keys(sql, keys)?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).collect()
    }
}

//! What the index says, whichever database says it and in whatever order it learnt it.

use super::{Index, Result};
use crate::sql::Value;

/// Everything that can be made anew from the stores, by names instead of the numbers of rows.
const TABLES: [(&str, &str); 13] = [
    ("head", "SELECT segment, sha256 FROM head ORDER BY name"),
    ("store", "SELECT name, place, country, operator, access FROM store ORDER BY name"),
    (
        "bundle",
        "SELECT id, class, retention, documents, octets, unread, first_key, last_key, open_documents, kept_until \
         FROM bundle ORDER BY id",
    ),
    (
        "track",
        "SELECT b.id, t.name, t.algorithm FROM track t JOIN bundle b ON b.number = t.bundle ORDER BY b.id, t.name",
    ),
    (
        "step",
        "SELECT b.id, s.track, s.chain, s.number, s.algorithm, s.token, s.gen_time, s.certificate_end, \
         s.signature_end FROM step s JOIN bundle b ON b.number = s.bundle \
         ORDER BY b.id, s.track, s.chain, s.number",
    ),
    (
        "document",
        "SELECT d.key, d.number, d.taken, d.class, d.retention, d.size, d.digest, d.replaces, b.id, d.place, \
         d.origin, d.data FROM document d LEFT JOIN bundle b ON b.number = d.bundle ORDER BY d.key",
    ),
    ("retention", "SELECT key, start_day, end_day, segment FROM retention_end ORDER BY key"),
    ("located", "SELECT key, locations FROM located ORDER BY key"),
    ("aside", "SELECT number, key, location, reason, findings, since, settled FROM aside ORDER BY number"),
    (
        "hold",
        "SELECT name, subject, low, high, reason, actor, since, released, release_reason FROM hold ORDER BY name",
    ),
    (
        "deletion",
        "SELECT n.name, n.reason, n.not_before, n.planner, n.planned, n.approver, n.approved, n.cancelled, \
         n.certificate, d.key, d.done FROM deletion n JOIN deletion_document d ON d.deletion = n.name \
         ORDER BY n.name, d.key",
    ),
    ("tombstone", "SELECT bundle, place, deletion, deleted FROM tombstone ORDER BY bundle, place"),
    ("damage", "SELECT what, place, since FROM damage ORDER BY what, place"),
];

impl Index {
    /// Everything that can be made anew from the stores, a line for each fact, always in the same order: two indexes
    /// over the same stores give the same lines. What was read when, work and authorities are not among it, nor what
    /// [`Index::missing_bundles`] says.
    ///
    /// # Errors
    /// What the database says.
    pub fn content(&mut self, line: &mut dyn FnMut(&str)) -> Result<()> {
        for (table, sql) in TABLES {
            for row in &self.database.query(sql, &[])? {
                let cells: Vec<serde_json::Value> = row.values().iter().map(cell).collect();
                line(&format!("{table} {}", serde_json::to_string(&cells)?));
            }
        }
        Ok(())
    }
}

fn cell(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Bytes(bytes) => hsign_core::hex(bytes).into(),
    }
}

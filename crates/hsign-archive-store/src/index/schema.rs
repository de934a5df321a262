//! The tables, once for both databases.

use super::{IndexError, Result};
use crate::sql::{Database, Row, value};

/// The form of the tables that is written here.
const VERSION: i64 = 1;

/// `TEXT` sorts by octets, `BYTES` are octets, `SERIAL` counts by itself. Times that end in `_ms` are milliseconds since
/// 1970, others seconds; days are `2031-04-30`.
///
/// What can be made anew from the stores: everything down to `drill`, and `missing`, which says what has not been read
/// yet. Afterwards: what was read when (a new index has to have it read again), work, authorities.
const SCHEMA: &str = "
CREATE TABLE head (name TEXT PRIMARY KEY, segment BIGINT NOT NULL, sha256 TEXT NOT NULL);
INSERT INTO head VALUES ('trail', 0, '0000000000000000000000000000000000000000000000000000000000000000');
CREATE TABLE store (name TEXT PRIMARY KEY, place BIGINT NOT NULL, country TEXT NOT NULL, operator TEXT NOT NULL,
    access TEXT NOT NULL);

CREATE TABLE bundle (number SERIAL PRIMARY KEY, id TEXT NOT NULL UNIQUE, class TEXT NOT NULL, retention TEXT NOT NULL,
    documents BIGINT NOT NULL, octets BIGINT NOT NULL, unread BIGINT NOT NULL, first_key TEXT NOT NULL,
    last_key TEXT NOT NULL, open_documents BIGINT NOT NULL, kept_until TEXT);
CREATE TABLE track (bundle BIGINT NOT NULL, name TEXT NOT NULL, algorithm TEXT NOT NULL, PRIMARY KEY (bundle, name));
CREATE TABLE step (bundle BIGINT NOT NULL, track TEXT NOT NULL, chain BIGINT NOT NULL, number BIGINT NOT NULL,
    algorithm TEXT NOT NULL, token TEXT NOT NULL, gen_time BIGINT NOT NULL, certificate_end BIGINT NOT NULL,
    signature_end BIGINT, PRIMARY KEY (bundle, track, chain, number));
CREATE TABLE missing (bundle TEXT PRIMARY KEY, documents BIGINT NOT NULL);

CREATE TABLE document (key TEXT PRIMARY KEY, number BIGINT, taken BIGINT, class TEXT NOT NULL, retention TEXT NOT NULL,
    size BIGINT NOT NULL, digest TEXT, replaces TEXT, bundle BIGINT, place BIGINT, origin TEXT, data TEXT);
CREATE INDEX document_waiting ON document (class, retention, number) WHERE bundle IS NULL;
CREATE UNIQUE INDEX document_place ON document (bundle, place) WHERE bundle IS NOT NULL;
CREATE INDEX document_replaces ON document (replaces) WHERE replaces IS NOT NULL;
CREATE TABLE retention_end (key TEXT PRIMARY KEY, start_day TEXT NOT NULL, end_day TEXT NOT NULL,
    segment BIGINT NOT NULL);
CREATE INDEX retention_end_segment ON retention_end (segment);
CREATE TABLE located (key TEXT PRIMARY KEY, locations TEXT NOT NULL);
CREATE TABLE aside (number BIGINT PRIMARY KEY, key TEXT NOT NULL, location TEXT NOT NULL, reason TEXT NOT NULL,
    findings TEXT NOT NULL, since BIGINT NOT NULL, settled TEXT);
CREATE INDEX aside_open ON aside (key) WHERE settled IS NULL;

CREATE TABLE hold (name TEXT PRIMARY KEY, subject TEXT NOT NULL, low TEXT, high TEXT, reason TEXT NOT NULL,
    actor TEXT NOT NULL, since BIGINT NOT NULL, released BIGINT, release_reason TEXT);
CREATE TABLE deletion (name TEXT PRIMARY KEY, reason TEXT NOT NULL, not_before BIGINT NOT NULL, planner TEXT NOT NULL,
    planned BIGINT NOT NULL, approver TEXT, approved BIGINT, cancelled TEXT, certificate BYTES);
CREATE TABLE deletion_document (deletion TEXT NOT NULL, key TEXT NOT NULL, done BIGINT NOT NULL,
    PRIMARY KEY (deletion, key));
CREATE INDEX deletion_document_key ON deletion_document (key);
CREATE TABLE tombstone (bundle TEXT NOT NULL, place BIGINT NOT NULL, deletion TEXT NOT NULL, deleted BIGINT NOT NULL,
    PRIMARY KEY (bundle, place));
CREATE TABLE damage (what TEXT NOT NULL, place TEXT NOT NULL, since BIGINT NOT NULL, PRIMARY KEY (what, place));
CREATE TABLE drill (segment BIGINT NOT NULL, event BIGINT NOT NULL, held BIGINT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (segment, event));

CREATE TABLE coverage (bundle BIGINT NOT NULL, store TEXT NOT NULL, slice BIGINT NOT NULL, slices BIGINT NOT NULL,
    read_at BIGINT NOT NULL, bad BIGINT NOT NULL, PRIMARY KEY (bundle, store, slice));
CREATE TABLE unit (number SERIAL PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, state TEXT NOT NULL,
    priority BIGINT NOT NULL, spread BIGINT NOT NULL, fence BIGINT NOT NULL, owner TEXT, until_ms BIGINT,
    attempts BIGINT NOT NULL, why TEXT, done_ms BIGINT);
CREATE INDEX unit_open ON unit (priority, spread) WHERE state IN ('ready', 'failed', 'leased');
CREATE TABLE authority (name TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE intent (id TEXT PRIMARY KEY, unit BIGINT NOT NULL, fence BIGINT NOT NULL, tsa TEXT NOT NULL,
    imprint TEXT NOT NULL, nonce BYTES NOT NULL, asked_ms BIGINT NOT NULL, yen BIGINT NOT NULL, answered_ms BIGINT,
    outcome TEXT, response BYTES);
CREATE INDEX intent_imprint ON intent (imprint) WHERE response IS NOT NULL;
CREATE INDEX intent_unit ON intent (unit);

CREATE TABLE setting (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
";

/// Makes the tables where there are none; which version is there.
pub(super) fn prepare(database: &mut Database) -> Result<()> {
    if let Database::Sqlite(_) = database {
        let there = database.query("SELECT name FROM sqlite_master WHERE name = 'setting'", &[])?;
        if there.is_empty() {
            return create(database);
        }
    } else {
        let there = database.query("SELECT CAST(to_regclass('setting') AS TEXT)", &[])?;
        if there.first().map(|row| row.optional_text(0)).transpose()?.flatten().is_none() {
            return create(database);
        }
    }
    check(database)
}

/// Two processes may come here at once: the second one finds the tables made, or half a second later.
fn create(database: &mut Database) -> Result<()> {
    let clock = database.clock();
    let script = format!("{SCHEMA}INSERT INTO setting VALUES ('version', {VERSION}); {clock}");
    match database.script(&script) {
        Ok(()) => Ok(()),
        Err(error) => {
            // The first one had the tables made before this one could.
            check(database).map_err(|_| IndexError::Database(error))
        }
    }
}

fn check(database: &mut Database) -> Result<()> {
    let rows = database.query("SELECT value FROM setting WHERE name = $1", &[value("version")])?;
    let version = rows.first().map(|row: &Row| row.integer(0)).transpose()?;
    match version {
        Some(VERSION) => Ok(()),
        Some(newer) if newer > VERSION => Err(crate::sql::DatabaseError::Newer(newer).into()),
        _ => Err(crate::sql::DatabaseError::Content("no version of its form").into()),
    }
}

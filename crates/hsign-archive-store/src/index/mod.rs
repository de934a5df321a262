//! The index: what is where and what is to be done, in SQLite or PostgreSQL.
//!
//! The stores hold the truth. The index is the trail applied, the bundles' rows, and beside these what workers share:
//! units of work, and what authorities may be asked. It can be thrown away; see [`Index::apply`] and
//! [`Index::record_bundle`] for how it is made anew.

mod authority;
mod bundles;
mod content;
mod coverage;
mod documents;
mod error;
mod lawful;
mod recording;
mod schema;
mod sealed;
mod trail;
mod units;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hsign_archive::Checkpoints;
use hsign_core::{Secret, Time};

pub use authority::{Ask, Asked, AuthorityState, Intent};
pub use bundles::BundleRow;
pub use coverage::Covered;
pub use documents::{Counts, DocumentRow, DocumentState, SetAside, Waiting, WaitingBatch};
pub use error::IndexError;
pub use lawful::{DamageRow, DeletionRow, HoldRow};
pub use recording::StepRow;
pub use trail::{Applied, AtHand};
pub use units::{Claim, Committed, UnitRow};

use crate::sql::{self, Database, DatabaseError, Postgres, Sqlite, Transaction};

type Result<T, E = IndexError> = std::result::Result<T, E>;

/// Points of the index at which a crash must lose nothing.
pub const INDEX_CHECKPOINTS: [&str; 14] = [
    "index-apply-open",
    "index-apply-done",
    "index-record-open",
    "index-record-done",
    "index-offer-done",
    "index-claim-done",
    "index-ask-open",
    "index-ask-done",
    "index-received-done",
    "index-answered-done",
    "index-commit-open",
    "index-commit-done",
    "index-failed-done",
    "index-covered-done",
];

/// One connection to the index; each thread and process opens its own.
pub struct Index {
    database: Database,
    checkpoints: Arc<dyn Checkpoints + Send + Sync>,
    keeps_documents: bool,
    trips: Option<Arc<AtomicU64>>,
}

impl Index {
    /// The index in this file, which is made where it isn't there.
    ///
    /// # Errors
    /// When it can't be opened, is none, or is newer than this software.
    pub fn sqlite(path: &Path) -> Result<Self> {
        Self::over(Database::Sqlite(Sqlite::open(path, None)?))
    }

    /// As [`Index::sqlite`], but waits only so long for another process that writes.
    ///
    /// # Errors
    /// As [`Index::sqlite`].
    pub fn sqlite_with_patience(path: &Path, patience: Duration) -> Result<Self> {
        Self::over(Database::Sqlite(Sqlite::open(path, Some(patience))?))
    }

    /// The index in the database at `postgres://user@host/database`; the tables are made where they aren't there.
    ///
    /// # Errors
    /// When the address is none, the server can't be reached or refuses, or the index is newer than this software.
    pub fn postgres(url: &str, password: Option<&Secret>) -> Result<Self> {
        Self::over(Database::Postgres(Box::new(Postgres::connect(url, password)?)))
    }

    fn over(mut database: Database) -> Result<Self> {
        schema::prepare(&mut database)?;
        let kept =
            database.query("SELECT value FROM setting WHERE name = 'documents-in-bundles-only'", &[])?;
        let keeps_documents = kept.is_empty();
        Ok(Self { database, checkpoints: Arc::new(()), keeps_documents, trips: None })
    }

    /// Tells these of the points that the work comes to.
    #[must_use]
    pub fn with_checkpoints(mut self, checkpoints: Arc<dyn Checkpoints + Send + Sync>) -> Self {
        self.checkpoints = checkpoints;
        self
    }

    /// Adds its round trips to these when it is closed: for whoever counts them over many connections.
    #[must_use]
    pub fn counted_in(mut self, trips: Arc<AtomicU64>) -> Self {
        self.trips = Some(trips);
        self
    }

    /// With another clock for leases and quotas, in milliseconds since 1970: for tests and simulations on SQLite.
    /// PostgreSQL has its own.
    ///
    /// # Errors
    /// What the database says.
    pub fn with_clock(mut self, clock: Arc<dyn Fn() -> i64 + Send + Sync>) -> Result<Self> {
        if let Database::Sqlite(database) = &mut self.database {
            database.set_clock(clock)?;
        }
        Ok(self)
    }

    /// From now on rows of documents go once they are in a bundle, but for those whose retention is open, those that
    /// replace another and those that were deleted: at a thousand million documents they would be more than a hundred gigabytes. A key is then
    /// looked for in the bundles that [`Index::bundles_for_keys`] names.
    ///
    /// # Errors
    /// What the database says.
    pub fn keep_documents_in_bundles_only(&mut self) -> Result<()> {
        let sql = "INSERT INTO setting VALUES ('documents-in-bundles-only', 1) ON CONFLICT (name) DO NOTHING";
        self.database.query(sql, &[])?;
        self.keeps_documents = false;
        Ok(())
    }

    /// The database's clock, to the second.
    ///
    /// # Errors
    /// What the database says.
    pub fn now(&mut self) -> Result<Time> {
        let rows = self.database.query("SELECT archive_now()", &[])?;
        let now = rows.first().ok_or(DatabaseError::Content("no time"))?.integer(0)?;
        moment(now.div_euclid(1000))
    }

    /// How often this connection waited for the database: round trips to a server, statements of a file.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.database.round_trips()
    }

    fn reached(&self, point: &'static str) {
        self.checkpoints.reached(point);
    }

    /// All of it or nothing.
    fn transaction<T>(&mut self, work: impl FnMut(&mut Transaction<'_>) -> Result<T>) -> Result<T> {
        let again = |error: &IndexError| matches!(error, IndexError::Database(error) if error.is_conflict());
        self.database.transaction(work, again)
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        if let Some(trips) = &self.trips {
            trips.fetch_add(self.database.round_trips(), Ordering::Relaxed);
        }
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Index")
    }
}

fn moment(seconds: i64) -> Result<Time> {
    let time = Time::from_unix_seconds(seconds);
    time.map_err(|_| DatabaseError::Content("a time that the calendar doesn't have").into())
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The index's own words for values of the archive's vocabulary: as in its JSON.
fn word<T: serde::Serialize>(value: T) -> Result<String> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        _ => Err(DatabaseError::Content("a value that is no word").into()),
    }
}

fn from_word<T: serde::de::DeserializeOwned>(word: &str) -> Result<T> {
    Ok(serde_json::from_value(serde_json::Value::String(word.to_owned()))?)
}

fn row(rows: &[sql::Row]) -> Result<&sql::Row> {
    rows.first().ok_or_else(|| DatabaseError::Content("a row is missing").into())
}

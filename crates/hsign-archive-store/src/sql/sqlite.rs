//! SQLite: one file, one machine.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::rows::number_of;
use super::{Column, DatabaseError, Result, Row, Rows, Value};

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one waits before it asks again where SQLite doesn't wait by itself.
const TURN: Duration = Duration::from_millis(5);
/// Statements kept prepared: the index has some sixty.
const PREPARED: usize = 96;

/// Milliseconds since 1970.
pub(super) type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

pub(crate) struct Sqlite {
    connection: Connection,
    statements: u64,
}

impl Sqlite {
    /// Opens the file; it is made where it isn't there.
    pub(crate) fn open(path: &Path, patience: Option<Duration>) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        let patience = patience.unwrap_or(PATIENCE);
        connection.busy_timeout(patience)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        // A commit is on the disk when it returns; readers and the writer don't wait for each other.
        write_ahead(&connection, patience)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // Rows that go leave nothing readable behind.
        connection.pragma_update(None, "secure_delete", true)?;
        let mut database = Self { connection, statements: 0 };
        database.set_clock(Arc::new(system_clock))?;
        Ok(database)
    }

    pub(crate) fn set_clock(&mut self, clock: Clock) -> Result<()> {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        self.connection.create_scalar_function("archive_now", 0, flags, move |_| Ok(clock()))?;
        Ok(())
    }

    pub(crate) fn script(&mut self, script: &str) -> Result<()> {
        self.begin()?;
        let script = script.replace(" BYTES", " BLOB").replace(" SERIAL ", " INTEGER ");
        let made = self.connection.execute_batch(&script).map_err(DatabaseError::from);
        let made = made.and_then(|()| self.commit());
        self.roll_back();
        made
    }

    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        self.statements += 1;
        let sql = sql.replace('$', "?").replace("FOR UPDATE SKIP LOCKED", "").replace("FOR UPDATE", "");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let columns = statement.column_count();
        let mut found = statement.query(params_from_iter(values))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let values = (0..columns).map(|column| Ok(read(row.get_ref(column)?)));
            rows.push(Row(values.collect::<Result<_>>()?));
        }
        Ok(rows)
    }

    /// The keys go in as one JSON array.
    pub(crate) fn query_keys(&mut self, sql: &str, keys: &[&str]) -> Result<Vec<Row>> {
        let keys = serde_json::to_string(keys).map_err(|_| DatabaseError::Content("keys"))?;
        let sql = sql.replace("IN (KEYS)", "IN (SELECT value FROM json_each($1))");
        self.query(&sql, &[Value::Text(keys)])
    }

    /// How many rows came back, where the statement says that they should.
    pub(crate) fn insert(&mut self, rows: &Rows) -> Result<u64> {
        self.statements += 1;
        let place = |(place, (_, column)): (usize, &(&str, Column))| match column {
            Column::Bundle => number_of(&format!("?{}", place + 1)),
            Column::Integer | Column::Text => format!("?{}", place + 1),
        };
        let places: Vec<String> = rows.columns.iter().enumerate().map(place).collect();
        let (table, names, conflict) = (rows.table, rows.names(), rows.conflict);
        let sql = format!("INSERT INTO {table} ({names}) VALUES ({}) {conflict}", places.join(", "));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut returned = 0;
        for row in rows.rows() {
            let mut found = statement.query(params_from_iter(row))?;
            while found.next()?.is_some() {
                returned += 1;
            }
        }
        Ok(returned)
    }

    pub(crate) fn insert_alone(&mut self, rows: &Rows) -> Result<u64> {
        self.begin()?;
        let returned = self.insert(rows).and_then(|returned| self.commit().map(|()| returned));
        self.roll_back();
        returned
    }

    /// The file belongs to this connection until the end: what is read stays as it was read.
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.statements += 1;
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(())
    }

    pub(crate) fn commit(&mut self) -> Result<()> {
        self.statements += 1;
        self.connection.execute_batch("COMMIT")?;
        Ok(())
    }

    pub(crate) fn roll_back(&mut self) {
        // An error may have ended the transaction already.
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    pub(crate) fn statements(&self) -> u64 {
        self.statements
    }
}

/// A new file is given its log by whoever opens it first. SQLite gives up at once, whatever its busy timeout, where
/// another one writes at that moment, be it the same change: two readers that both wait to write would wait for ever.
fn write_ahead(connection: &Connection, patience: Duration) -> Result<()> {
    let since = Instant::now();
    loop {
        let set = connection.pragma_update(None, "journal_mode", "WAL").map_err(DatabaseError::from);
        match set {
            Err(DatabaseError::Locked) if since.elapsed() < patience => std::thread::sleep(TURN),
            done => return done,
        }
    }
}

fn system_clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        // The index has no such columns.
        ValueRef::Real(_) => Value::Null,
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let Some(code) = error.sqlite_error_code() else { return Self::Sqlite(error) };
        match code {
            Code::DiskFull => Self::Full,
            Code::DatabaseBusy | Code::DatabaseLocked => Self::Locked,
            Code::DatabaseCorrupt | Code::NotADatabase => Self::Damaged,
            Code::PermissionDenied
            | Code::ReadOnly
            | Code::CannotOpen
            | Code::AuthorizationForStatementDenied => Self::NotPermitted,
            _ => Self::Sqlite(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_said_to_be_full_and_nothing_is_half_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Sqlite::open(&folder.path().join("index.db"), None).unwrap();
        database.script("CREATE TABLE t (name TEXT PRIMARY KEY)").unwrap();
        let pages = database.query("PRAGMA page_count", &[]).unwrap()[0].integer(0).unwrap();
        database.query(&format!("PRAGMA max_page_count = {}", pages + 2), &[]).unwrap();
        let columns = &[("name", Column::Text)];
        let mut rows = Rows::into("t", columns, "");
        (0..1000).for_each(|number| rows.push([Value::Text(format!("{number:0100}"))]));
        let error = database.insert_alone(&rows).unwrap_err();
        assert!(matches!(error, DatabaseError::Full), "{error}");
        assert_eq!((error.kind().exit_code(), error.finding().code.as_str()), (8, "disk-full"));
        let left = database.query("SELECT count(*) FROM t", &[]).unwrap();
        assert_eq!(left[0].integer(0).unwrap(), 0);
        database.query("PRAGMA max_page_count = 100000", &[]).unwrap();
        database.insert_alone(&rows).unwrap();
    }

    #[test]
    fn a_new_file_that_another_one_writes_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.db");
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("CREATE TABLE other (name TEXT); BEGIN IMMEDIATE").unwrap();
        let patience = |milliseconds| Some(Duration::from_millis(milliseconds));
        assert!(matches!(Sqlite::open(&path, patience(20)), Err(DatabaseError::Locked)));
        std::thread::scope(|scope| {
            let opened = scope.spawn(|| Sqlite::open(&path, patience(60_000)).map(drop));
            std::thread::sleep(Duration::from_millis(100));
            writer.execute_batch("COMMIT").unwrap();
            opened.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_commit_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Sqlite::open(&folder.path().join("index.db"), None).unwrap();
        let mut setting = |name: &str| database.query(&format!("PRAGMA {name}"), &[]).unwrap().remove(0);
        assert_eq!(setting("journal_mode").text(0).unwrap(), "wal");
        assert_eq!(setting("synchronous").integer(0).unwrap(), 2, "FULL");
    }
}

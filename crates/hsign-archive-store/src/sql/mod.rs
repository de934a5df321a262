//! Two databases, one SQL.
//!
//! Statements are written once, in the words that SQLite and PostgreSQL share, with `$1`, `$2`, … for values and with
//! PostgreSQL's `FOR UPDATE [SKIP LOCKED]`, which SQLite needs none of: whoever writes there has the whole file. Both
//! have a function `archive_now()`: milliseconds since 1970 by the database's clock.

mod error;
mod postgres;
mod rows;
mod sqlite;

pub use error::DatabaseError;
pub(crate) use postgres::Postgres;
pub(crate) use rows::{Column, Row, Rows, Value, value};
pub(crate) use sqlite::Sqlite;

pub(crate) type Result<T, E = DatabaseError> = std::result::Result<T, E>;

/// Transactions that meet in PostgreSQL in a way it can't order are begun again so often.
const ATTEMPTS: u32 = 8;

/// One connection.
pub(crate) enum Database {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Database {
    /// What makes `archive_now()` where it is kept in the database.
    pub(crate) fn clock(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => postgres::CLOCK,
        }
    }

    /// Statements that make the schema, all or none; `TEXT` sorts by octets and `BYTES` are octets in both.
    pub(crate) fn script(&mut self, script: &str) -> Result<()> {
        match self {
            Self::Sqlite(database) => database.script(script),
            Self::Postgres(database) => database.script(script),
        }
    }

    /// A statement outside a transaction: one round trip.
    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(database) => database.query(sql, values),
            Self::Postgres(database) => database.query(sql, values),
        }
    }

    /// A statement about rows with these keys, which stands where it says `IN (KEYS)`.
    pub(crate) fn query_keys(&mut self, sql: &str, keys: &[&str]) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(database) => database.query_keys(sql, keys),
            Self::Postgres(database) => database.query_keys(sql, keys),
        }
    }

    /// Many rows outside a transaction, all or none; how many it gives back (`RETURNING`).
    pub(crate) fn insert(&mut self, rows: &Rows) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        match self {
            Self::Sqlite(database) => database.insert_alone(rows),
            Self::Postgres(database) => database.insert_alone(rows),
        }
    }

    /// Does all of it or nothing. `work` may be called again.
    pub(crate) fn transaction<T, E: From<DatabaseError>>(
        &mut self,
        mut work: impl FnMut(&mut Transaction<'_>) -> std::result::Result<T, E>,
        again: impl Fn(&E) -> bool,
    ) -> std::result::Result<T, E> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.begin()?;
            let mut transaction = Transaction { database: self };
            let done = match work(&mut transaction) {
                Ok(done) => self.commit().map_err(E::from).map(|()| done),
                Err(error) => Err(error),
            };
            match done {
                Ok(done) => return Ok(done),
                Err(error) => {
                    self.roll_back();
                    if attempt >= ATTEMPTS || !again(&error) {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Waits of the worker for the database since the connection was opened.
    pub(crate) fn round_trips(&self) -> u64 {
        match self {
            Self::Sqlite(database) => database.statements(),
            Self::Postgres(database) => database.round_trips(),
        }
    }

    fn begin(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(database) => database.begin(),
            Self::Postgres(database) => database.begin(),
        }
    }

    fn commit(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(database) => database.commit(),
            Self::Postgres(database) => database.commit(),
        }
    }

    fn roll_back(&mut self) {
        match self {
            Self::Sqlite(database) => database.roll_back(),
            Self::Postgres(database) => database.roll_back(),
        }
    }
}

/// What is done together.
pub(crate) struct Transaction<'d> {
    database: &'d mut Database,
}

impl Transaction<'_> {
    /// A statement whose rows are needed now.
    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        self.database.query(sql, values)
    }

    /// As [`Database::query_keys`].
    pub(crate) fn query_keys(&mut self, sql: &str, keys: &[&str]) -> Result<Vec<Row>> {
        self.database.query_keys(sql, keys)
    }

    /// A statement whose outcome nobody looks at: it goes with the next one that is waited for, at the latest with
    /// the commit, which fails if it fails.
    pub(crate) fn run(&mut self, sql: &str, values: &[Value]) -> Result<()> {
        match &mut *self.database {
            Database::Sqlite(database) => database.query(sql, values).map(|_| ()),
            Database::Postgres(database) => {
                database.later(sql, values);
                Ok(())
            }
        }
    }

    /// Many rows by one statement, as [`Transaction::run`].
    pub(crate) fn insert(&mut self, rows: &Rows) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        match &mut *self.database {
            Database::Sqlite(database) => database.insert(rows).map(|_| ()),
            Database::Postgres(database) => {
                database.insert(rows);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;

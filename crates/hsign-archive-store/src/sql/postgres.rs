//! PostgreSQL: many machines.
//!
//! Statements that nobody waits for travel with the next one that is waited for, so that a transaction takes two or
//! three round trips whatever it does. A connection that was lost is opened again with the next transaction.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;
use hsign_core::Secret;
use openssl::ssl::{SslConnector, SslMethod};
use postgres_openssl::MakeTlsConnector;
use tokio::runtime::Runtime;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Statement};

use super::rows::number_of;
use super::{Column, DatabaseError, Result, Row, Rows, Value};

/// How long a server may take to let us in.
const CONNECTING: Duration = Duration::from_secs(15);
/// How long one statement may take; the server gives up earlier (see [`SESSION`]).
const PATIENCE: Duration = Duration::from_secs(330);
/// A worker that sleeps in the middle of a transaction doesn't stop the others for longer than half a minute, and a
/// commit is on the disk when it returns.
const SESSION: &str = "SET statement_timeout = '300s'; SET lock_timeout = '60s'; \
    SET idle_in_transaction_session_timeout = '30s'; SET client_min_messages = 'warning'; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
pub(super) const CLOCK: &str = "CREATE OR REPLACE FUNCTION archive_now() RETURNS BIGINT VOLATILE LANGUAGE SQL AS \
    'SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)';";

pub(crate) struct Postgres {
    runtime: Runtime,
    config: Config,
    tls: MakeTlsConnector,
    connection: Option<Connection>,
    /// What the next statement takes along.
    waiting: Vec<(String, Vec<Parameter>)>,
    in_transaction: bool,
    round_trips: u64,
}

struct Connection {
    client: Client,
    statements: HashMap<String, Statement>,
}

/// What a statement is given.
enum Parameter {
    One(Value),
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
}

impl Postgres {
    /// Of the server at `postgres://user@host/database`. A server on another machine has to speak TLS, with a
    /// certificate that the system trusts, or that of `sslrootcert`.
    pub(crate) fn connect(url: &str, password: Option<&Secret>) -> Result<Self> {
        let (url, root) = without_root(url);
        let mut config: Config =
            url.parse().map_err(|_| DatabaseError::Address("it can't be read".to_owned()))?;
        if let Some(password) = password {
            config.password(password.expose());
        }
        config.application_name("hsign archive").connect_timeout(CONNECTING);
        let here = |host: &Host| match host {
            Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        if !config.get_hosts().iter().all(here) {
            config.ssl_mode(SslMode::Require);
        }
        let address = |error: &dyn std::fmt::Display| DatabaseError::Address(error.to_string());
        let mut tls = SslConnector::builder(SslMethod::tls()).map_err(|error| address(&error))?;
        if let Some(root) = root {
            tls.set_ca_file(root).map_err(|error| address(&error))?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let mut database = Self {
            runtime: runtime.map_err(|error| DatabaseError::Connection(error.to_string()))?,
            config,
            tls: MakeTlsConnector::new(tls.build()),
            connection: None,
            waiting: Vec::new(),
            in_transaction: false,
            round_trips: 0,
        };
        database.open()?;
        Ok(database)
    }

    pub(crate) fn script(&mut self, script: &str) -> Result<()> {
        // Statements that are sent together are one transaction.
        self.batch(
            &script
                .replace(" TEXT", " TEXT COLLATE \"C\"")
                .replace(" BYTES", " BYTEA")
                .replace(" SERIAL ", " BIGSERIAL "),
        )
    }

    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        let parameters = values.iter().cloned().map(Parameter::One).collect();
        self.send(Some((sql.to_owned(), parameters)), false)
    }

    pub(crate) fn query_keys(&mut self, sql: &str, keys: &[&str]) -> Result<Vec<Row>> {
        let keys = keys.iter().map(|key| Some((*key).to_owned())).collect();
        let sql = sql.replace("IN (KEYS)", "= ANY($1::text[])");
        self.send(Some((sql, vec![Parameter::Texts(keys)])), false)
    }

    pub(crate) fn later(&mut self, sql: &str, values: &[Value]) {
        self.waiting.push((sql.to_owned(), values.iter().cloned().map(Parameter::One).collect()));
    }

    pub(crate) fn insert(&mut self, rows: &Rows) {
        self.waiting.push(insertion(rows));
    }

    pub(crate) fn insert_alone(&mut self, rows: &Rows) -> Result<u64> {
        Ok(self.send(Some(insertion(rows)), false)?.len() as u64)
    }

    pub(crate) fn begin(&mut self) -> Result<()> {
        self.waiting.clear();
        self.open()?;
        self.in_transaction = true;
        self.waiting.push(("BEGIN".to_owned(), Vec::new()));
        Ok(())
    }

    pub(crate) fn commit(&mut self) -> Result<()> {
        let sent = self.send(None, true);
        self.in_transaction = false;
        sent.map(|_| ())
    }

    pub(crate) fn roll_back(&mut self) {
        // What was never sent needs no rolling back.
        let begun = self.in_transaction && self.waiting.first().is_none_or(|(sql, _)| sql != "BEGIN");
        self.waiting.clear();
        self.in_transaction = false;
        if begun && self.connection.is_some() && self.batch("ROLLBACK").is_err() {
            self.connection = None;
        }
    }

    pub(crate) fn round_trips(&self) -> u64 {
        self.round_trips
    }

    fn open(&mut self) -> Result<()> {
        if self.connection.as_ref().is_some_and(|connection| !connection.client.is_closed()) {
            return Ok(());
        }
        if self.in_transaction {
            return Err(DatabaseError::Connection("the connection was lost".to_owned()));
        }
        let (config, tls) = (self.config.clone(), self.tls.clone());
        let client = self.runtime.block_on(async {
            let (client, connection) = config.connect(tls).await?;
            tokio::spawn(async move {
                // Whoever waits for a statement is told that the connection is gone.
                let _ = connection.await;
            });
            client.batch_execute(SESSION).await?;
            Ok::<_, tokio_postgres::Error>(client)
        })?;
        self.connection = Some(Connection { client, statements: HashMap::new() });
        Ok(())
    }

    fn batch(&mut self, script: &str) -> Result<()> {
        self.open()?;
        self.round_trips += 1;
        let Some(connection) = &self.connection else { return Err(lost()) };
        let work = connection.client.batch_execute(script);
        let done = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await });
        done.map_err(|_| silent())?.map_err(DatabaseError::from)
    }

    /// Sends what waits, then `last`, then perhaps the commit; the rows of `last`. One round trip, and one more for
    /// each statement that this connection hasn't seen yet.
    fn send(&mut self, last: Option<(String, Vec<Parameter>)>, commit: bool) -> Result<Vec<Row>> {
        self.open()?;
        let mut statements = std::mem::take(&mut self.waiting);
        let answered = last.is_some();
        statements.extend(last);
        self.round_trips += 1;
        let Some(connection) = &mut self.connection else { return Err(lost()) };
        let work = connection.send(&statements, commit);
        let done = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await });
        let result = done.map_err(|_| silent()).and_then(|done| done);
        if matches!(result, Err(DatabaseError::Connection(_))) {
            self.connection = None;
        }
        let mut rows = result?;
        Ok(if answered { rows.pop().unwrap_or_default() } else { Vec::new() })
    }
}

impl Connection {
    async fn send(&mut self, statements: &[(String, Vec<Parameter>)], commit: bool) -> Result<Vec<Vec<Row>>> {
        for (sql, _) in statements {
            if sql != "BEGIN" && !self.statements.contains_key(sql) {
                let prepared = self.client.prepare(sql).await?;
                self.statements.insert(sql.clone(), prepared);
            }
        }
        // Each is sent when it is first looked at, in this order, and none waits for the answer to the one before.
        let sent = statements.iter().map(|(sql, values)| self.one(sql, values));
        let (answers, committed) = futures_util::future::join(join_all(sent), async {
            if commit { self.client.batch_execute("COMMIT").await } else { Ok(()) }
        })
        .await;
        // What failed first is the reason of what failed afterwards.
        let answers: Vec<_> = answers.into_iter().collect::<Result<_>>()?;
        committed?;
        Ok(answers)
    }

    async fn one(&self, sql: &str, values: &[Parameter]) -> Result<Vec<Row>> {
        let Some(statement) = self.statements.get(sql) else {
            return Ok(self.client.batch_execute(sql).await.map(|()| Vec::new())?);
        };
        let values: Vec<&(dyn ToSql + Sync)> =
            values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let rows = self.client.query(statement, &values).await?;
        rows.iter().map(read).collect()
    }
}

/// All rows by one statement: a column is one value for it.
fn insertion(rows: &Rows) -> (String, Vec<Parameter>) {
    let (mut parameters, mut arrays, mut selected) = (Vec::new(), Vec::new(), Vec::new());
    for (place, (name, column)) in rows.columns.iter().enumerate() {
        let values = rows.rows().filter_map(|row| row.get(place));
        let (parameter, kind) = match column {
            Column::Integer => (Parameter::Integers(values.map(integer).collect()), "bigint"),
            Column::Text | Column::Bundle => (Parameter::Texts(values.map(text).collect()), "text"),
        };
        parameters.push(parameter);
        arrays.push(format!("${}::{kind}[]", place + 1));
        let name = format!("given.{name}");
        selected.push(if *column == Column::Bundle { number_of(&name) } else { name });
    }
    let (table, names, conflict) = (rows.table, rows.names(), rows.conflict);
    let (arrays, selected) = (arrays.join(", "), selected.join(", "));
    let from = format!("UNNEST({arrays}) AS given({names})");
    (format!("INSERT INTO {table} ({names}) SELECT {selected} FROM {from} {conflict}"), parameters)
}

fn lost() -> DatabaseError {
    DatabaseError::Connection("the connection was lost".to_owned())
}

fn silent() -> DatabaseError {
    DatabaseError::Connection("it doesn't answer".to_owned())
}

/// The address without `sslrootcert=FILE`, which our library doesn't know, and that file.
fn without_root(url: &str) -> (String, Option<String>) {
    let Some((before, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let (root, others): (Vec<&str>, Vec<&str>) =
        query.split('&').partition(|option| option.starts_with("sslrootcert="));
    let root = root.first().and_then(|option| option.strip_prefix("sslrootcert=")).map(str::to_owned);
    let url = if others.is_empty() { before.to_owned() } else { format!("{before}?{}", others.join("&")) };
    (url, root)
}

fn integer(value: &Value) -> Option<i64> {
    if let Value::Integer(value) = value { Some(*value) } else { None }
}

fn text(value: &Value) -> Option<String> {
    if let Value::Text(value) = value { Some(value.clone()) } else { None }
}

fn read(row: &tokio_postgres::Row) -> Result<Row> {
    let value = |(place, column): (usize, &tokio_postgres::Column)| -> Result<Value> {
        let kind = column.type_();
        Ok(if *kind == Type::INT8 {
            Value::from(row.try_get::<_, Option<i64>>(place)?)
        } else if *kind == Type::INT4 {
            Value::from(row.try_get::<_, Option<i32>>(place)?.map(i64::from))
        } else if *kind == Type::BYTEA {
            Value::from(row.try_get::<_, Option<&[u8]>>(place)?)
        } else {
            Value::from(row.try_get::<_, Option<&str>>(place)?)
        })
    };
    row.columns().iter().enumerate().map(value).collect::<Result<_>>().map(Row)
}

impl ToSql for Parameter {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::One(Value::Null) => Ok(IsNull::Yes),
            Self::One(Value::Integer(value)) if *kind == Type::INT4 => {
                i32::try_from(*value)?.to_sql(kind, out)
            }
            Self::One(Value::Integer(value)) => value.to_sql_checked(kind, out),
            Self::One(Value::Text(value)) => value.to_sql_checked(kind, out),
            Self::One(Value::Bytes(value)) => value.to_sql_checked(kind, out),
            Self::Integers(values) => values.to_sql_checked(kind, out),
            Self::Texts(values) => values.to_sql_checked(kind, out),
        }
    }

    /// Each value asks for itself.
    fn accepts(_kind: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl std::fmt::Debug for Parameter {
    /// Values may be about patients.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parameter")
    }
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            return Self::Connection(error.to_string());
        };
        let (code, message) = (said.code().code().to_owned(), said.message().to_owned());
        match code.get(..2) {
            // Connections that fail, a server that stops or starts, and one with too many connections.
            Some("08") => Self::Connection(message),
            _ if matches!(code.as_str(), "57P01" | "57P02" | "57P03" | "53300" | "25P03") => {
                Self::Connection(message)
            }
            // Wrong name or password, no such database.
            Some("28" | "3D") => Self::Address(message),
            _ => Self::Server { code, message },
        }
    }
}

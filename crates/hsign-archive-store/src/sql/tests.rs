//! What both databases have to do, and what PostgreSQL does otherwise behind the same words.

use std::sync::Barrier;

use hsign_testkit::postgres::Server;

use super::*;

const NAMES: &[(&str, Column)] = &[("name", Column::Text), ("number", Column::Integer)];

fn sqlite() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Sqlite::open(&folder.path().join("index.db"), None).unwrap();
    (folder, Database::Sqlite(database))
}

fn server() -> Option<Server> {
    let server = Server::start().unwrap();
    if server.is_none() {
        assert_ne!(std::env::var("REQUIRE_ALL").as_deref(), Ok("1"), "PostgreSQL is not installed");
    }
    server
}

fn postgres(server: &Server) -> Database {
    Database::Postgres(Box::new(Postgres::connect(&server.url("t"), None).unwrap()))
}

fn made(mut database: Database) -> Database {
    database.script("CREATE TABLE t (name TEXT PRIMARY KEY, number BIGINT NOT NULL)").unwrap();
    database
}

fn count(database: &mut Database) -> i64 {
    database.query("SELECT count(*) FROM t", &[]).unwrap()[0].integer(0).unwrap()
}

fn never(_: &DatabaseError) -> bool {
    false
}

fn all_or_nothing(mut database: Database) {
    let insert = "INSERT INTO t (name, number) VALUES ($1, $2)";
    // A statement that nobody waits for and that fails takes the whole with it.
    let failed = database.transaction(
        |transaction| {
            transaction.run(insert, &[value("a"), value(1_i64)])?;
            transaction.run(insert, &[value("a"), value(2_i64)])?;
            transaction.run(insert, &[value("b"), value(3_i64)])
        },
        never,
    );
    assert!(failed.is_err());
    assert_eq!(count(&mut database), 0);
    // So does the work when it ends with an error, whether anything was sent or not.
    for asks in [false, true] {
        let given_up = database.transaction(
            |transaction| {
                transaction.run(insert, &[value("a"), value(1_i64)])?;
                if asks {
                    assert_eq!(transaction.query("SELECT number FROM t", &[])?.len(), 1);
                }
                Err::<(), _>(DatabaseError::Content("given up"))
            },
            never,
        );
        assert!(matches!(given_up, Err(DatabaseError::Content("given up"))));
        assert_eq!(count(&mut database), 0);
    }
    let mut rows = Rows::into("t", NAMES, "ON CONFLICT (name) DO NOTHING RETURNING number");
    for (name, number) in [("a", 1_i64), ("b", 2), ("a", 3)] {
        rows.push([value(name), value(number)]);
    }
    assert_eq!(database.insert(&rows).unwrap(), 2);
    assert_eq!(database.insert(&rows).unwrap(), 0);
    let found =
        database.query_keys("SELECT name FROM t WHERE name IN (KEYS) ORDER BY name", &["b", "'", "a"]);
    let found: Vec<_> = found.unwrap().iter().map(|row| row.text(0).unwrap().to_owned()).collect();
    assert_eq!(found, ["a", "b"]);
}

/// Keys sort by octets, whatever the language of the database is.
fn sorted_by_octets(mut database: Database) {
    let mut rows = Rows::into("t", NAMES, "");
    let names = ["Z", "a", "z", "É", "名", "\u{1f600}"];
    for (number, name) in (0_i64..).zip(names.iter().rev()) {
        rows.push([value(*name), value(number)]);
    }
    database.insert(&rows).unwrap();
    let found = database.query("SELECT name FROM t ORDER BY name", &[]).unwrap();
    let found: Vec<_> = found.iter().map(|row| row.text(0).unwrap()).collect();
    assert_eq!(found, names);
}

#[test]
fn a_transaction_is_all_or_nothing() {
    all_or_nothing(made(sqlite().1));
    let Some(server) = server() else { return };
    server.database("t").unwrap();
    all_or_nothing(made(postgres(&server)));
}

#[test]
fn texts_sort_by_octets() {
    sorted_by_octets(made(sqlite().1));
    let Some(server) = server() else { return };
    let english = "CREATE DATABASE t TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'";
    server.query("postgres", english).unwrap();
    sorted_by_octets(made(postgres(&server)));
}

/// Two that wait for each other: the server ends one of them, which begins again.
#[test]
fn transactions_that_wait_for_each_other_are_begun_again() {
    let Some(server) = server() else { return };
    server.database("t").unwrap();
    let mut database = made(postgres(&server));
    let mut rows = Rows::into("t", NAMES, "");
    rows.push([value("a"), value(0_i64)]);
    rows.push([value("b"), value(0_i64)]);
    database.insert(&rows).unwrap();
    let both = Barrier::new(2);
    let worker = |first: &str, second: &str| {
        let mut database = postgres(&server);
        let mut begun = 0;
        let add = "UPDATE t SET number = number + 1 WHERE name = $1 RETURNING number";
        let work = |transaction: &mut Transaction<'_>| {
            begun += 1;
            transaction.query(add, &[value(first)])?;
            if begun == 1 {
                both.wait();
            }
            transaction.query(add, &[value(second)]).map(|_| ())
        };
        database.transaction(work, DatabaseError::is_conflict).unwrap();
        begun
    };
    let begun: u32 = std::thread::scope(|scope| {
        let other = scope.spawn(|| worker("b", "a"));
        worker("a", "b") + other.join().unwrap()
    });
    assert_eq!(begun, 3);
    let sum = database.query("SELECT CAST(sum(number) AS BIGINT) FROM t", &[]).unwrap();
    assert_eq!(sum[0].integer(0).unwrap(), 4);
}

/// A worker that is stopped in the middle of a transaction holds its locks for half a minute, not for ever; a commit is
/// on the disk.
#[test]
fn a_session_is_one_that_ends_and_commits() {
    let Some(server) = server() else { return };
    server.database("t").unwrap();
    server.query("t", "ALTER DATABASE t SET synchronous_commit = off").unwrap();
    let mut database = postgres(&server);
    let mut shown = |name: &str| {
        let rows = database.query(&format!("SELECT current_setting('{name}')"), &[]).unwrap();
        rows[0].text(0).unwrap().to_owned()
    };
    assert_eq!(shown("idle_in_transaction_session_timeout"), "30s");
    assert_eq!(shown("statement_timeout"), "5min");
    assert_eq!(shown("synchronous_commit"), "on");
}

#[test]
fn a_transaction_that_reads_once_takes_two_round_trips() {
    let Some(server) = server() else { return };
    server.database("t").unwrap();
    let mut database = made(postgres(&server));
    let mut trips = || {
        let before = database.round_trips();
        let work = |transaction: &mut Transaction<'_>| {
            transaction.query("SELECT number FROM t", &[])?;
            for number in 0..20_i64 {
                transaction.run("DELETE FROM t WHERE number = $1", &[value(number)])?;
            }
            Ok::<_, DatabaseError>(())
        };
        database.transaction(work, never).unwrap();
        database.round_trips() - before
    };
    assert_eq!((trips(), trips()), (2, 2));
}

//! An index to test with, in SQLite and in PostgreSQL, under a clock that tests move; documents, segments, bundles.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hsign_archive::{
    Batch, BatchKey, Bundle, Document, Event, LastStamp, Segment, Step, Track, TrailHead, seal,
};
use hsign_archive_store::{Index, IndexError};
use hsign_core::{Digest, DigestAlgorithm, Time};
use hsign_testkit::postgres::Server;
use hsign_testkit::{Clock, Pki, Tsa};
use hsign_tsp::{TimestampRequest, TimestampResponse};

/// A case for SQLite each, and all of them for one PostgreSQL server.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $case() {
                super::$case(&super::Place::file());
            })+
        }

        #[test]
        fn every_case_on_postgresql() {
            let Some(server) = server() else { return };
            $(
                println!(stringify!($case));
                $case(&Place::server(&server, stringify!($case)));
            )+
        }
    };
}

pub const NOW: i64 = 1_790_000_000;
pub const YEAR: i64 = 365 * 86_400;
pub const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

/// Where an index lies.
pub enum Place<'s> {
    File { folder: tempfile::TempDir, clock: Arc<AtomicI64> },
    Server { server: &'s Server, database: String, url: String },
}

impl<'s> Place<'s> {
    pub fn file() -> Self {
        let clock = Arc::new(AtomicI64::new(NOW * 1000));
        Self::File { folder: tempfile::tempdir().unwrap(), clock }
    }

    /// A new database whose clock is a row that tests change.
    pub fn server(server: &'s Server, database: &str) -> Self {
        let url = server.database(database).unwrap();
        drop(Index::postgres(&url, None).unwrap());
        let clock = format!(
            "CREATE TABLE test_clock (now BIGINT); INSERT INTO test_clock VALUES ({}); \
             CREATE OR REPLACE FUNCTION archive_now() RETURNS BIGINT VOLATILE LANGUAGE SQL AS \
             'SELECT now FROM test_clock'",
            NOW * 1000
        );
        server.query(database, &clock).unwrap();
        Self::Server { server, database: database.to_owned(), url }
    }

    pub fn try_open(&self) -> Result<Index, IndexError> {
        match self {
            Self::File { clock, .. } => {
                let clock = clock.clone();
                Index::sqlite(&self.path())?.with_clock(Arc::new(move || clock.load(Ordering::SeqCst)))
            }
            Self::Server { url, .. } => Index::postgres(url, None),
        }
    }

    pub fn open(&self) -> Index {
        self.try_open().unwrap()
    }

    pub fn path(&self) -> PathBuf {
        match self {
            Self::File { folder, .. } => folder.path().join("index.db"),
            Self::Server { .. } => panic!("no file"),
        }
    }

    pub fn set_clock(&self, milliseconds: i64) {
        match self {
            Self::File { clock, .. } => clock.store(milliseconds, Ordering::SeqCst),
            Self::Server { server, database, .. } => {
                server.query(database, &format!("UPDATE test_clock SET now = {milliseconds}")).unwrap();
            }
        }
    }
}

/// PostgreSQL, or `None` with a line about it where it isn't installed; a failure where everything is required.
pub fn server() -> Option<Server> {
    required(Server::start().unwrap())
}

pub fn required(server: Option<Server>) -> Option<Server> {
    if server.is_none() {
        assert_ne!(std::env::var("REQUIRE_ALL").as_deref(), Ok("1"), "PostgreSQL is not installed");
        println!("skipped: PostgreSQL is not installed");
    }
    server
}

pub fn at(seconds: i64) -> Time {
    Time::from_unix_seconds(seconds).unwrap()
}

pub fn digest(of: &str) -> Digest {
    hsign_crypto::digest(SHA256, of.as_bytes()).unwrap()
}

pub fn document(key: &str, end: &str) -> Document {
    Document::new(key, 100, &[digest(key)], "chart", end.parse().unwrap())
        .unwrap()
        .at(&format!("/records/{key}"))
        .unwrap()
}

pub fn taken(key: &str, end: &str) -> Event {
    Event::Taken { document: document(key, end), origin: None }
}

pub fn tracks() -> Vec<Track> {
    vec![Track { name: "a".to_owned(), algorithm: SHA256 }]
}

pub fn key(end: &str) -> BatchKey {
    BatchKey::of(&document("any", end), &tracks()).unwrap()
}

/// A trail that grows.
pub struct Trail(pub Vec<Segment>);

impl Trail {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    pub fn add(&mut self, actor: &str, events: Vec<Event>) -> &Segment {
        let head = self.0.last().map_or(TrailHead::START, Segment::head);
        self.0.push(Segment::next(head, at(NOW + head.segment.cast_signed()), actor, events).unwrap());
        self.0.last().unwrap()
    }
}

pub struct Stamper(Tsa);

impl Stamper {
    pub fn new() -> Self {
        Self(Tsa::new(Arc::new(Pki::new("http://127.0.0.1:9", NOW).unwrap()), Clock::fixed(NOW)))
    }

    pub fn token(&self, root: Digest) -> Vec<u8> {
        let request =
            TimestampRequest { imprint: root, nonce: None, policy: None, certificate_requested: true };
        let response = self.0.respond(&request.to_der().unwrap(), &[]).unwrap();
        TimestampResponse::parse(&response).unwrap().granted().unwrap().to_vec()
    }

    /// With its first time stamp.
    pub fn bundle(&self, keys: &[&str], end: &str) -> Bundle {
        let mut bundle = unstamped(keys, end);
        let step = bundle.first_step("a", &self.token(bundle.root("a").unwrap())).unwrap();
        bundle.add(&step).unwrap();
        bundle
    }
}

pub fn unstamped(keys: &[&str], end: &str) -> Bundle {
    let documents = keys.iter().map(|key| document(key, end)).collect();
    seal(&Batch { key: key(end), documents }).unwrap().bundle
}

/// Every time stamp holds for ten years.
pub fn ends(step: &Step) -> LastStamp {
    LastStamp { certificate_end: step.gen_time().plus_seconds(10 * YEAR), signature_end: None }
}

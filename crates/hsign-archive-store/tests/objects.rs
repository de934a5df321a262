//! Object stores, against an S3 server of other people on loopback.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use hsign_archive::{Event, Segment, TrailHead};
use hsign_archive_store::{
    Access, Bucket, Copies, Error, Folder, Member, ObjectStore, ObjectStoreSettings, Put, Store,
};
use hsign_core::{ErrorKind, Source};
use hsign_testkit_s3::{ACCESS_KEY, Fault, S3Server, SECRET_KEY};

const FIRST: &str = "trail/0000000001.jsonl";

fn settings(server: &S3Server) -> ObjectStoreSettings {
    ObjectStoreSettings {
        endpoint: Some(server.endpoint().to_owned()),
        retries: 2,
        ..ObjectStoreSettings::new("s3://archive/hospital", ACCESS_KEY.into(), SECRET_KEY.into())
    }
}

fn store(server: &S3Server) -> ObjectStore {
    ObjectStore::create(&settings(server)).unwrap()
}

/// Who gives a silent server up soon; everybody else has the time that a busy machine needs.
fn impatient(server: &S3Server) -> ObjectStore {
    let settings = ObjectStoreSettings { silence: Duration::from_millis(300), ..settings(server) };
    ObjectStore::open(&settings, Access::Repair).unwrap()
}

/// What a remote party is blamed for.
fn remote(error: &Error) -> String {
    assert_eq!(error.kind(), ErrorKind::Remote, "{error}");
    assert!(error.finding().is_some());
    error.to_string()
}

#[test]
fn objects_are_created_once_and_read_listed_and_removed() {
    let server = S3Server::start().unwrap();
    let store = store(&server);
    assert_eq!(store.put_new(FIRST, b"one").unwrap(), Put::Created);
    assert_eq!(store.put_new(FIRST, b"one").unwrap(), Put::Same);
    assert_eq!(store.put_new(FIRST, b"two").unwrap(), Put::Taken);
    assert_eq!(store.put_new(FIRST, b"longer").unwrap(), Put::Taken);
    assert_eq!(store.get(FIRST, 3).unwrap().unwrap(), b"one");
    assert!(matches!(store.get(FIRST, 2), Err(Error::Budget(_))));
    assert_eq!(store.get("trail/0000000002.jsonl", 9).unwrap(), None);
    let id = "0f".repeat(32);
    for file in ["bundle.json", "documents.jsonl"] {
        store.put_new(&format!("bundles/{id}/{file}"), file.as_bytes()).unwrap();
    }
    assert_eq!(store.list("trail/").unwrap(), [FIRST]);
    assert_eq!(store.list(FIRST).unwrap(), [FIRST]);
    assert_eq!(store.list("trail/0000000002.jsonl").unwrap(), Vec::<String>::new());
    assert_eq!(store.bundles().unwrap(), std::slice::from_ref(&id));
    assert_eq!(store.bundle(&id).unwrap().len(), 2);
    store.set_aside(FIRST).unwrap();
    assert_eq!(store.get(FIRST, 9).unwrap(), None);
    assert_eq!(store.list("damaged/trail/").unwrap(), ["damaged/trail/0.0000000001.jsonl"]);
    store.remove(&format!("bundles/{id}/bundle.json")).unwrap();
    store.remove(&format!("bundles/{id}/bundle.json")).unwrap();
    assert_eq!(store.bundles().unwrap(), Vec::<String>::new());
    assert!(server.root().join("archive/hospital/bundles").join(&id).join("documents.jsonl").is_file());
    for name in ["", "trail", "trail/../x", "elsewhere/x", "hsign-archive-store.txt"] {
        assert!(matches!(store.put_new(name, b""), Err(Error::Name)), "{name}");
    }
}

#[test]
fn more_objects_are_listed_than_one_answer_holds() {
    let server = S3Server::start().unwrap();
    let store = store(&server);
    let folder = server.root().join("archive/hospital/trail");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..1500 {
        std::fs::write(folder.join(format!("{number:010}.jsonl")), b"x").unwrap();
    }
    assert_eq!(store.list("trail/").unwrap().len(), 1500);
}

#[test]
fn i2_of_many_writers_of_one_object_one_wins() {
    let server = S3Server::start().unwrap();
    let store = store(&server);
    let barrier = Barrier::new(6);
    let outcomes: Vec<Put> = thread::scope(|scope| {
        let write = |writer: u8| {
            let (store, barrier) = (&store, &barrier);
            scope.spawn(move || {
                barrier.wait();
                store.put_new(FIRST, &[writer; 1000]).unwrap()
            })
        };
        let writers: Vec<_> = (0..6).map(write).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|put| **put == Put::Created).count(), 1);
    assert_eq!(outcomes.iter().filter(|put| **put == Put::Taken).count(), 5);
}

#[test]
fn a_server_that_overwrites_what_it_should_create_is_no_store() {
    let server = S3Server::start().unwrap();
    server.ignore_conditions(true);
    let error = ObjectStore::create(&settings(&server)).unwrap_err();
    assert!(remote(&error).contains("If-None-Match"));
    assert!(matches!(error, Error::Overwrites { .. }));
    server.ignore_conditions(false);
    store(&server);
    server.ignore_conditions(true);
    assert!(matches!(ObjectStore::open(&settings(&server), Access::Add), Err(Error::Overwrites { .. })));
    assert!(ObjectStore::open(&settings(&server), Access::Read).is_ok(), "nothing is created by a reader");
}

#[test]
fn another_bucket_or_prefix_is_not_taken_for_an_empty_store() {
    let server = S3Server::start().unwrap();
    let open = |settings: &ObjectStoreSettings| ObjectStore::open(settings, Access::Repair);
    assert!(matches!(open(&settings(&server)), Err(Error::NoStore { .. })));
    store(&server);
    assert!(open(&settings(&server)).is_ok());
    let elsewhere = ObjectStoreSettings { url: "s3://archive/hospital2".to_owned(), ..settings(&server) };
    assert!(matches!(open(&elsewhere), Err(Error::NoStore { .. })));
    let bucket = ObjectStoreSettings { url: "s3://nobody/hospital".to_owned(), ..settings(&server) };
    assert!(remote(&ObjectStore::create(&bucket).unwrap_err()).contains("NoSuchBucket"));
    assert!(remote(&open(&bucket).unwrap_err()).contains("NoSuchBucket"));
}

#[test]
fn keys_that_the_server_does_not_know_are_refused_and_not_told() {
    let server = S3Server::start().unwrap();
    store(&server);
    let wrong = ObjectStoreSettings { secret_key: "not-the-key".into(), ..settings(&server) };
    let error = ObjectStore::open(&wrong, Access::Repair).unwrap_err();
    assert!(remote(&error).contains("SignatureDoesNotMatch"), "{error}");
    let nobody = ObjectStoreSettings { access_key: "nobody".into(), ..settings(&server) };
    let error = ObjectStore::open(&nobody, Access::Repair).unwrap_err();
    assert!(!remote(&error).contains("nobody"), "{error}");
    assert!(!format!("{wrong:?}{nobody:?}").contains("not-the-key"));
}

#[test]
fn a_server_in_trouble_is_asked_again_and_then_blamed() {
    let server = S3Server::start().unwrap();
    let store = store(&server);
    for status in [500, 503] {
        server.fail(Fault::Status(status), 2);
        let name = format!("trail/{status}");
        assert_eq!(store.put_new(&name, b"x").unwrap(), Put::Created, "it passes");
        server.fail(Fault::Status(status), 3);
        let words = remote(&store.get(&name, 9).unwrap_err());
        let code = if status == 503 { "SlowDown" } else { "InternalError" };
        assert!(words.contains(code) && words.contains("s3://archive/hospital"), "{words}");
        assert!(!words.contains(&name), "names of files don't belong into errors: {words}");
    }
}

#[test]
fn an_object_that_was_created_although_the_answer_was_lost_is_the_same() {
    let server = S3Server::start().unwrap();
    let store = store(&server);
    server.fail(Fault::DoneButStatus(500), 1);
    assert_eq!(store.put_new("trail/a", b"x").unwrap(), Put::Same, "asked again within one call");
    let hasty = impatient(&server);
    server.fail(Fault::DoneButSilent, 1);
    remote(&hasty.put_new("trail/b", b"x").unwrap_err());
    assert_eq!(store.put_new("trail/b", b"x").unwrap(), Put::Same, "asked again by the next one");
}

#[test]
fn a_conflict_of_conditional_requests_is_tried_again() {
    let server = S3Server::start().unwrap();
    let store = store(&server);
    server.fail(Fault::Status(409), 1);
    assert_eq!(store.put_new(FIRST, b"x").unwrap(), Put::Created);
}

#[test]
fn a_slow_server_is_waited_for_and_a_silent_one_is_not() {
    let server = S3Server::start().unwrap();
    let store = store(&server);
    server.fail(Fault::Late(200), 1);
    assert_eq!(store.put_new(FIRST, b"x").unwrap(), Put::Created);
    let hasty = impatient(&server);
    server.fail(Fault::Silent, 20);
    remote(&hasty.get(FIRST, 9).unwrap_err());
}

#[test]
fn nobody_at_the_address_is_a_remote_failure() {
    let server = S3Server::start().unwrap();
    let settings = settings(&server);
    store(&server);
    drop(server);
    remote(&ObjectStore::open(&settings, Access::Repair).unwrap_err());
}

#[test]
fn a_folder_and_a_bucket_keep_one_trail_and_repair_each_other() {
    let server = S3Server::start().unwrap();
    let room = tempfile::tempdir().unwrap();
    let member =
        |name: &str, store: Arc<dyn Store>| Member { name: name.to_owned(), access: Access::Repair, store };
    let copies = Copies::new(vec![
        member("bucket", Arc::new(store(&server))),
        member("folder", Arc::new(Folder::create(room.path()).unwrap())),
    ])
    .unwrap();
    let event = |hold: &str| vec![Event::Released { hold: hold.to_owned(), reason: "over".to_owned() }];
    let time = "2026-11-21T09:00:00Z".parse().unwrap();
    let first = Segment::next(TrailHead::START, time, "clerk", event("a")).unwrap();
    assert_eq!(copies.append_trail(&first).unwrap(), Put::Created);
    let rival = Segment::next(TrailHead::START, time, "rival", event("b")).unwrap();
    assert_eq!(copies.append_trail(&rival).unwrap(), Put::Taken);
    let object = server.root().join("archive/hospital").join(FIRST);
    std::fs::write(&object, b"rotten").unwrap();
    assert_eq!(copies.segment_after(TrailHead::START).unwrap().unwrap(), first);
    let repair = copies.repair_trail().unwrap();
    assert_eq!((repair.restored.len(), repair.left.len()), (1, 0));
    assert_eq!(std::fs::read(&object).unwrap(), first.bytes());
}

#[test]
fn a_document_in_a_bucket_is_read_piece_by_piece_as_one_version() {
    let server = S3Server::start().unwrap();
    let data: Vec<u8> = (0..10_000_000_u32).map(|number| (number % 251) as u8).collect();
    let path = server.root().join("archive/records/2026 カルテ.pdf");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, &data).unwrap();
    let of =
        |url: &str| Bucket::open(&ObjectStoreSettings { url: url.to_owned(), ..settings(&server) }).unwrap();
    let bucket = of("s3://archive/records");
    let source = bucket.source("s3://archive/records/2026 カルテ.pdf").unwrap();
    assert_eq!(source.length(), data.len() as u64);
    let asked = server.requests("GET");
    let mut read = Vec::new();
    let mut part = vec![0; 65_536];
    while read.len() < data.len() {
        let length = part.len().min(data.len() - read.len());
        source.read_exact_at(read.len() as u64, &mut part[..length]).unwrap();
        read.extend_from_slice(&part[..length]);
    }
    assert_eq!(read, data);
    assert_eq!(server.requests("GET") - asked, 3, "in windows, not in steps of the reader");
    let mut end = [0; 10];
    source.read_exact_at(data.len() as u64 - 10, &mut end).unwrap();
    assert_eq!(end, data[data.len() - 10..]);
    assert!(source.read_exact_at(data.len() as u64 - 9, &mut end).is_err());
    assert!(source.is_unchanged());
    std::fs::write(&path, &data[..9_000_000]).unwrap();
    assert!(!source.is_unchanged());
    assert!(source.read_exact_at(0, &mut end).is_err(), "another version is no part of this one");
    bucket.erase("s3://archive/records/2026 カルテ.pdf").unwrap();
    bucket.erase("s3://archive/records/2026 カルテ.pdf").unwrap();
    assert!(!path.exists());
    let elsewhere = ["s3://other/records/x", "s3://archive/x", "s3://archive/records2/x", "/records/x"];
    for location in elsewhere {
        assert!(matches!(bucket.source(location), Err(Error::Settings(_))), "{location}");
        assert!(matches!(bucket.erase(location), Err(Error::Settings(_))), "{location}");
    }
    let missing = bucket.source("s3://archive/records/missing").unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Unreadable);
    let nowhere = of("s3://nobody").source("s3://nobody/x").unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::Unreadable, "an answer to HEAD doesn't tell the two apart");
    server.fail(Fault::Status(500), 9);
    remote(&of("s3://archive").source("s3://archive/records/x").unwrap_err());
}

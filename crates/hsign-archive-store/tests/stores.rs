//! Folders as stores: written once, damaged and repaired, killed and gone on with.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;

use hsign_archive::{
    Batch, BatchKey, BundleFile, Document, PartProblem, TimestampRenewal, ToRenew, Track, seal,
};
use hsign_archive_store::{Access, Copies, Error, Folder, Member, Put, Store};
use hsign_core::{Digest, DigestAlgorithm};
use hsign_testkit::{Clock, Pki, Tsa};
use hsign_tsp::{TimestampRequest, TimestampResponse};

const NOW: i64 = 1_790_000_000;
const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

/// The files of a bundle with two time stamps, in the order of their writing.
fn bundle(tsa: &Tsa, name: &str) -> (String, Vec<BundleFile>) {
    let token = |root: Digest| {
        let request =
            TimestampRequest { imprint: root, nonce: None, policy: None, certificate_requested: true };
        let response = tsa.respond(&request.to_der().unwrap(), &[]).unwrap();
        TimestampResponse::parse(&response).unwrap().granted().unwrap().to_vec()
    };
    let tracks = [Track { name: "a".to_owned(), algorithm: SHA256 }];
    let document = |number: u8| {
        let digest = hsign_crypto::digest(SHA256, &[number]).unwrap();
        let key = format!("{name}/{number}");
        Document::new(&key, 1, &[digest], "chart", "open".parse().unwrap()).unwrap()
    };
    let documents: Vec<_> = (0..3).map(document).collect();
    let sealed = seal(&Batch { key: BatchKey::of(&documents[0], &tracks).unwrap(), documents }).unwrap();
    let (mut bundle, mut files) = (sealed.bundle, sealed.files);
    let first = bundle.first_step("a", &token(bundle.root("a").unwrap())).unwrap();
    bundle.add(&first).unwrap();
    let before = first.step().token().to_vec();
    let renewed = ToRenew { bundle: &bundle, token: before };
    let renewal = TimestampRenewal::over([renewed.clone()], "a").unwrap();
    let second = renewal.step(renewed, &token(renewal.root())).unwrap();
    files.extend(first.files().iter().chain(second.files()).cloned());
    (bundle.id().to_owned(), files)
}

fn tsa() -> Tsa {
    Tsa::new(Arc::new(Pki::new("http://127.0.0.1:9", NOW).unwrap()), Clock::fixed(NOW))
}

struct Room {
    folder: tempfile::TempDir,
    id: String,
    files: Vec<BundleFile>,
}

impl Room {
    /// Two copies of a bundle.
    fn new() -> Self {
        let (id, files) = bundle(&tsa(), "room");
        let room = Self { folder: tempfile::tempdir().unwrap(), id, files };
        for name in ["one", "two"] {
            Folder::create(&room.folder.path().join(name)).unwrap();
        }
        assert_eq!(room.copies(Access::Repair).put(&room.id, &room.files).unwrap(), Put::Created);
        room
    }

    fn member(&self, name: &str, access: Access) -> Member {
        let store = Arc::new(Folder::open(&self.folder.path().join(name)).unwrap());
        Member { name: name.to_owned(), access, store }
    }

    fn copies(&self, second: Access) -> Copies {
        Copies::new(vec![self.member("one", Access::Repair), self.member("two", second)]).unwrap()
    }

    fn path(&self, store: &str, name: &str) -> PathBuf {
        self.folder.path().join(store).join("bundles").join(&self.id).join(name)
    }

    fn flip(&self, store: &str, name: &str) {
        let mut bytes = std::fs::read(self.path(store, name)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(self.path(store, name), bytes).unwrap();
    }

    fn is_whole(&self) -> bool {
        let readings = self.copies(Access::Repair).check(&self.id).unwrap();
        readings
            .iter()
            .all(|(_, one)| one.damage.is_empty() && one.bundle.as_ref().unwrap().steps("a").len() == 2)
    }
}

#[test]
fn a_file_is_written_once_and_the_same_again_changes_nothing() {
    let room = Room::new();
    let copies = room.copies(Access::Repair);
    assert_eq!(copies.put(&room.id, &room.files).unwrap(), Put::Same);
    let name = room.files[0].name.clone();
    let other = BundleFile { name: name.clone(), bytes: b"other".to_vec() };
    assert_eq!(copies.put(&room.id, &[other]).unwrap(), Put::Taken);
    assert_eq!(std::fs::read(room.path("one", &name)).unwrap(), room.files[0].bytes);
    assert_eq!(copies.bundles().unwrap(), std::slice::from_ref(&room.id));
    assert!(room.is_whole());
}

#[test]
fn i2_of_many_writers_of_one_place_one_wins() {
    let room = tempfile::tempdir().unwrap();
    let folder = Folder::create(room.path()).unwrap();
    let id = "ab".repeat(32);
    let put =
        |number: u8| folder.put_new(&format!("bundles/{id}/step.a.1.1.json"), &vec![number; 10_000]).unwrap();
    let outcomes: Vec<Put> = thread::scope(|scope| {
        let writers: Vec<_> = (0..8).map(|number| scope.spawn(move || put(number))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|one| **one == Put::Created).count(), 1);
    assert_eq!(outcomes.iter().filter(|one| **one == Put::Taken).count(), 7);
    let files = folder.bundle(&id).unwrap();
    let winner = outcomes.iter().position(|one| *one == Put::Created).unwrap();
    assert_eq!(files["step.a.1.1.json"], vec![u8::try_from(winner).unwrap(); 10_000]);
    let left = std::fs::read_dir(room.path().join("bundles").join(&id)).unwrap().count();
    assert_eq!(left, 1, "nothing unfinished stays");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let room = tempfile::tempdir().unwrap();
    let folder = Folder::create(room.path()).unwrap();
    let id = "0".repeat(64);
    for name in ["", ".", "..", "../x", "a/b", ".hidden", "a\\b", "a\0b"] {
        let put = folder.put_new(&format!("bundles/{id}/{name}"), b"");
        assert!(matches!(put, Err(Error::Name)), "{name:?}");
    }
    for name in ["bundles/../0/x", "../x", "/etc/passwd", "trail", "elsewhere/x"] {
        assert!(matches!(folder.put_new(name, b""), Err(Error::Name)), "{name:?}");
        assert!(matches!(folder.get(name, 1), Err(Error::Name)), "{name:?}");
        assert!(matches!(folder.remove(name), Err(Error::Name)), "{name:?}");
        assert!(matches!(folder.set_aside(name), Err(Error::Name)), "{name:?}");
    }
    assert!(matches!(folder.list("bundles/../../"), Err(Error::Name)));
    assert!(matches!(folder.bundle("x"), Err(Error::Name)));
    assert!(Folder::open(&room.path().join("not-mounted")).is_err());
}

#[test]
fn every_damaged_or_lost_file_is_put_back_from_the_other_copy() {
    let room = Room::new();
    for (store, file) in
        ["one", "two"].iter().flat_map(|store| room.files.iter().map(move |file| (store, file)))
    {
        room.flip(store, &file.name);
        assert!(!room.is_whole(), "{}", file.name);
        assert!(room.copies(Access::Repair).read(&room.id).unwrap().damage.is_empty(), "{}", file.name);
        let repair = room.copies(Access::Repair).repair(&room.id).unwrap();
        assert_eq!((repair.restored.len(), &repair.restored[0].part), (1, &file.name));
        assert!(repair.lost.is_empty() && repair.not_restored.is_empty() && room.is_whole());
        std::fs::remove_file(room.path(store, &file.name)).unwrap();
        assert_eq!(room.copies(Access::Repair).repair(&room.id).unwrap().restored.len(), 1);
        assert!(room.is_whole(), "{}", file.name);
    }
    let aside = room.folder.path().join("one/damaged").join(&room.id);
    assert_eq!(std::fs::read_dir(aside).unwrap().count(), room.files.len(), "what was damaged is kept");
}

#[test]
fn damage_in_different_files_of_both_copies_is_repaired() {
    let room = Room::new();
    room.flip("one", "bundle.json");
    room.flip("one", "step.a.1.1.json");
    room.flip("two", "documents.jsonl");
    room.flip("two", "step.a.1.2.json");
    let repair = room.copies(Access::Repair).repair(&room.id).unwrap();
    assert_eq!((repair.restored.len(), repair.lost.len()), (4, 0));
    assert!(room.is_whole());
}

#[test]
fn what_no_copy_has_whole_is_told_and_nothing_is_touched() {
    let room = Room::new();
    room.flip("one", "documents.jsonl");
    room.flip("two", "documents.jsonl");
    room.flip("two", "verify.py");
    let repair = room.copies(Access::Repair).repair(&room.id).unwrap();
    let lost = repair.lost.iter().find(|one| one.problem == PartProblem::Changed).unwrap();
    assert_eq!((lost.part.as_str(), repair.restored.len()), ("documents.jsonl", 0));
}

#[test]
fn a_write_once_copy_is_added_to_and_never_changed() {
    let room = Room::new();
    room.flip("two", "verify.py");
    std::fs::remove_file(room.path("two", "README.en.txt")).unwrap();
    let damaged = std::fs::read(room.path("two", "verify.py")).unwrap();
    let repair = room.copies(Access::Add).repair(&room.id).unwrap();
    assert_eq!(repair.restored[0].part, "README.en.txt");
    assert_eq!((repair.restored.len(), repair.not_restored[0].part.as_str()), (1, "verify.py"));
    assert_eq!(std::fs::read(room.path("two", "verify.py")).unwrap(), damaged);
    let read_only = room.copies(Access::Read);
    std::fs::remove_file(room.path("two", "README.en.txt")).unwrap();
    assert_eq!(read_only.repair(&room.id).unwrap().not_restored.len(), 2);
    assert!(matches!(Copies::new(vec![room.member("one", Access::Read)]), Err(Error::NotWritable)));
}

const WORK: &str = "HSIGN_TEST_ARCHIVE_WORK";

/// Runs as a process of its own: puts everything that lies in the source into both copies.
#[test]
#[ignore = "the process that the next test kills"]
fn worker() {
    let room = PathBuf::from(std::env::var_os(WORK).unwrap());
    let member = |name: &str| Member {
        name: name.to_owned(),
        access: Access::Repair,
        store: Arc::new(Folder::create(&room.join(name)).unwrap()),
    };
    let copies = Copies::new(vec![member("one"), member("two")]).unwrap();
    for (id, files) in source(&room) {
        assert_ne!(copies.put(&id, &files).unwrap(), Put::Taken);
    }
}

/// Bundles in a folder: `ID/NUMBER-NAME`, so that the order of writing is kept.
fn source(room: &Path) -> Vec<(String, Vec<BundleFile>)> {
    let sorted = |folder: &Path| {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let file = |path: &PathBuf| {
        let name = name(path).split_once('-').unwrap().1.to_owned();
        BundleFile { name, bytes: std::fs::read(path).unwrap() }
    };
    sorted(&room.join("source")).iter().map(|id| (name(id), sorted(id).iter().map(file).collect())).collect()
}

fn start(room: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "worker", "--ignored"]).env(WORK, room).stdout(Stdio::null());
    command.spawn().unwrap()
}

/// Files under a folder that aren't unfinished.
fn count(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let each = entries.map(|entry| {
        let entry = entry.unwrap();
        let hidden = entry.file_name().to_str().unwrap().starts_with('.');
        if entry.path().is_dir() { count(&entry.path()) } else { usize::from(!hidden) }
    });
    each.sum()
}

#[test]
fn i8_killed_at_any_file_a_writer_goes_on_without_anybody_and_nothing_is_damaged() {
    let room = tempfile::tempdir().unwrap();
    let tsa = tsa();
    let bundles: Vec<_> = (0..6).map(|number| bundle(&tsa, &format!("{number}"))).collect();
    for (id, files) in &bundles {
        let folder = room.path().join("source").join(id);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, file) in files.iter().enumerate() {
            std::fs::write(folder.join(format!("{number:03}-{}", file.name)), &file.bytes).unwrap();
        }
    }
    let all: usize = bundles.iter().map(|(_, files)| files.len()).sum();
    let mut kills = 0;
    // Both copies have everything in the end; each run is killed a few files further on.
    for further in (1..2 * all).step_by(7) {
        let mut process = start(room.path());
        while count(&room.path().join("one")) + count(&room.path().join("two")) < further {
            if process.try_wait().unwrap().is_some() {
                break;
            }
            thread::yield_now();
        }
        kills += usize::from(process.try_wait().unwrap().is_none());
        process.kill().unwrap();
        process.wait().unwrap();
        for name in ["one", "two"] {
            let Ok(folder) = Folder::open(&room.path().join(name)) else { continue };
            for id in folder.bundles().unwrap() {
                let reading = hsign_archive::read(&id, &folder.bundle(&id).unwrap());
                assert_eq!(reading.damage, [], "killed after {further} files");
                assert!(reading.bundle.is_some());
            }
        }
    }
    assert!(kills > 5, "{kills}");
    assert!(start(room.path()).wait().unwrap().success());
    for name in ["one", "two"] {
        let folder = Folder::open(&room.path().join(name)).unwrap();
        assert_eq!(folder.bundles().unwrap().len(), bundles.len());
        for (id, files) in &bundles {
            let expected = files.iter().map(|file| (file.name.clone(), file.bytes.clone())).collect();
            assert_eq!(folder.bundle(id).unwrap(), expected);
        }
    }
}

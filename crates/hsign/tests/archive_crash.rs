//! What happens when a worker is killed: at each named point of its work once, in the life of an archive that has one of
//! everything. The workers are processes; whoever comes after one that died does what it would have done.
//!
//! `cargo test` takes some points by chance (`HSIGN_SEED` chooses them), `make crash` all.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

mod archive_support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use archive_support::signer::Key;
use archive_support::{CONFIG, Clinic, NOW, generation};
use hsign::archive::{CHECKPOINTS, Checkpoints, Line, RenewRequest, Retention, ScrubRequest, VerifyRequest};
use hsign::credential::KeyProtection;
use hsign_archive::{Event, Segment, TrailHead};
use hsign_archive_store::INDEX_CHECKPOINTS;
use hsign_testkit::{DAY, Dice, Fault, Person, Seconds, YEAR};

/// Where a worker lives, and where it dies.
const ROOM: &str = "HSIGN_CRASH_ROOM";
const POINT: &str = "HSIGN_CRASH_POINT";

/// Kills its process at a point, unless one died there before.
struct Kills {
    room: PathBuf,
    at: String,
    seen: Mutex<BTreeSet<&'static str>>,
}

impl Checkpoints for Kills {
    fn reached(&self, point: &'static str) {
        self.seen.lock().unwrap().insert(point);
        if point == self.at && std::fs::File::create_new(self.room.join("died")).is_ok() {
            // Nothing is run down: no destructor, no buffer, as with kill -9.
            std::process::abort();
        }
    }
}

/// One phase of the life after the other, from the one in which the worker before died.
fn live(room: &Path, at: &str) {
    let kills = Arc::new(Kills { room: room.to_owned(), at: at.to_owned(), seen: Mutex::default() });
    let phase =
        || std::fs::read_to_string(room.join("phase")).map_or(0, |text| text.parse::<usize>().unwrap());
    while let Some((now, work)) = PHASES.get(phase()) {
        let clinic = Clinic::again(room, NOW + now);
        *clinic.checkpoints.lock().unwrap() = kills.clone();
        work(&clinic);
        std::fs::write(room.join("phase"), (phase() + 1).to_string()).unwrap();
    }
    let seen: Vec<&str> = kills.seen.lock().unwrap().iter().copied().collect();
    std::fs::write(room.join("seen"), seen.join("\n")).unwrap();
}

type Phase = (Seconds, fn(&Clinic));

const PHASES: [Phase; 9] = [
    (0, taken),
    (0, renewed),
    (6 * YEAR, planned),
    (8 * YEAR + DAY, deleted),
    (10 * YEAR - 170 * DAY, renewed),
    (12 * YEAR + 200 * DAY, renewed_under_another_function),
    (12 * YEAR + 200 * DAY, scrubbed),
    (12 * YEAR + 200 * DAY, made_anew),
    (12 * YEAR + 201 * DAY, whole),
];

fn taken(clinic: &Clinic) {
    let config = CONFIG
        .replacen("[[store]]", "lease = \"2s\"\n[[store]]", 1)
        .replace("[policy]", "[policy]\nin_document = [\"letter\"]");
    clinic.run(|home, environment| {
        hsign::archive::init(home, &config, archive_support::no_secrets(), environment).map(drop)
    });
    let start = "2016-10-01".parse().unwrap();
    let mut intakes = clinic.charts(0..3);
    intakes.push(clinic.document(7, "chart", Retention::Start(start)));
    intakes.push(clinic.letter());
    let added = clinic.add(&intakes);
    assert_eq!(added.failed, 0, "{:?}", clinic.lines());
}

fn renewed(clinic: &Clinic) {
    let patience = Duration::from_secs(20);
    let request = RenewRequest { close_all: true, in_documents: true, patience, ..RenewRequest::default() };
    let summary = clinic.archive(|archive, environment| archive.renew(&request, environment));
    // What a dead worker holds is free again after its lease.
    assert_eq!((summary.failed, summary.waiting), (0, 0), "{:?}", clinic.lines());
}

fn planned(clinic: &Clinic) {
    let keys = vec!["chart/007".to_owned()];
    let again = clinic.try_archive(|archive, environment| {
        archive.plan_deletion("purge-1", &keys, "kept long enough", environment)
    });
    assert!(again.is_ok() || refused(&again.unwrap_err(), "archive-failed-inside"), "the name is taken then");
    *clinic.actor.lock().unwrap() = "director".to_owned();
    let again = clinic.try_archive(|archive, environment| archive.approve_deletion("purge-1", environment));
    assert!(again.is_ok() || refused(&again.unwrap_err(), "archive-deletion-approved"));
}

fn refused(error: &hsign::Error, code: &str) -> bool {
    error.finding().code == code
}

fn deleted(clinic: &Clinic) {
    let key = Key(generation(clinic.now()).person(Person::Doctor));
    let protection = KeyProtection::Token {
        hardware: true,
        always_authenticate: None,
        extractable: Some(false),
        sensitive: Some(true),
    };
    clinic.archive(|archive, environment| archive.run_deletion("purge-1", &key, &protection, environment));
    assert!(!clinic.path(7).exists());
}

/// SHA-256 is said to end.
fn end_sha256(clinic: &Clinic) {
    let row = "[[algorithms.digest]]\nname = \"SHA-256\"\ncollision = \"2029-06-30\"\nsecond_pre_image = \"no-end\"\n\
               certificate_identifier = \"no-end\"\nsource = \"mapping\"\nconfidence = \"likely\"\n";
    clinic.policy.lock().unwrap().push_str(row);
}

fn renewed_under_another_function(clinic: &Clinic) {
    end_sha256(clinic);
    renewed(clinic);
}

fn scrubbed(clinic: &Clinic) {
    let everything = ScrubRequest { everything: true, repair: true };
    let summary = clinic.archive(|archive, environment| archive.scrub(everything, environment));
    assert_eq!(summary.failed, 0, "{:?}", clinic.lines());
}

fn made_anew(clinic: &Clinic) {
    clinic.run(|home, environment| {
        hsign::archive::rebuild_index(home, archive_support::no_secrets(), environment)
    });
    let out = clinic.room.path().join("for-auditors");
    clinic.archive(|archive, environment| archive.export_trail(&out, environment));
}

/// The invariants that can be seen from outside: every document is proven by an unbroken chain whose last token holds
/// (I1, I3), no place has two stamps (I2), what was to go is gone and nothing else (I6), the trail is sound (I7), nobody
/// was needed (I8).
fn whole(clinic: &Clinic) {
    end_sha256(clinic);
    let request = VerifyRequest { documents: true, ..VerifyRequest::default() };
    let verified = clinic.archive(|archive, environment| archive.verify(&request, environment));
    assert_eq!((verified.objects, verified.failed), (5, 0), "{:?}", clinic.lines());
    let proofs = clinic.lines().iter().filter(|line| matches!(line, Line::Verified { .. })).count();
    assert_eq!(proofs, 5, "three charts, two versions of the letter");
    let trail = clinic.archive(|archive, environment| archive.verify_trail(environment));
    assert_eq!(trail.failed, 0, "{:?}", clinic.lines());
    let (mut head, mut stamped, mut gone, mut certified) = (TrailHead::START, BTreeSet::new(), 0, 0);
    let mut names: Vec<_> = std::fs::read_dir(clinic.home().join("stores/main/trail"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect();
    names.sort();
    for name in names {
        let segment = Segment::read(&std::fs::read(name).unwrap(), head).unwrap();
        head = segment.head();
        for event in segment.events() {
            match event {
                Event::Stamped { bundle, track, chain, number, .. } => {
                    stamped.insert((bundle.clone(), track.clone(), *chain, *number));
                }
                Event::Deleted { .. } => gone += 1,
                Event::DeletionCertified { .. } => certified += 1,
                _ => {}
            }
        }
    }
    assert_eq!((gone, certified), (1, 1));
    for store in ["main", "second"] {
        for bundle in std::fs::read_dir(clinic.home().join("stores").join(store).join("bundles")).unwrap() {
            let bundle = bundle.unwrap();
            let id = bundle.file_name().into_string().unwrap();
            for file in std::fs::read_dir(bundle.path()).unwrap() {
                let name = file.unwrap().file_name().into_string().unwrap();
                let words: Vec<&str> = name.split('.').collect();
                if let ["step", track, chain, number, "json"] = words.as_slice() {
                    let place =
                        (id.clone(), (*track).to_owned(), chain.parse().unwrap(), number.parse().unwrap());
                    assert!(stamped.contains(&place), "{store}: the trail doesn't tell of {name}");
                }
            }
        }
    }
    let again = clinic.renew();
    assert_eq!((again.tsa_requests, again.failed), (0, 0), "nothing is left to do: {:?}", clinic.lines());
}

/// What the other tests start as a process. By itself it has nothing to do.
#[test]
fn worker() {
    let Some(room) = std::env::var_os(ROOM) else { return };
    live(Path::new(&room), &std::env::var(POINT).unwrap_or_default());
}

fn worker_process(room: &Path, at: &str, limit: Option<u32>) -> Output {
    let program = std::env::current_exe().unwrap();
    let mut command = match limit {
        None => Command::new(program),
        Some(blocks) => {
            // Files end there, as on a full disk: the write fails, the process goes on.
            let mut shell = Command::new("bash");
            let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
            shell.args(["-c", &script]).arg(program);
            shell
        }
    };
    command.args(["worker", "--exact", "--nocapture"]).env(ROOM, room).env(POINT, at).output().unwrap()
}

/// A whole life, and how many time stamps it took. A worker that failed otherwise than by being killed is an error.
fn whole_life(at: &str) -> Result<(usize, BTreeSet<String>), String> {
    let room = tempfile::tempdir().unwrap();
    std::fs::create_dir(room.path().join("documents")).unwrap();
    for _ in 0..2 {
        let output = worker_process(room.path(), at, None);
        let died = room.path().join("died").exists();
        if output.status.success() {
            if !at.is_empty() && !died {
                return Err(format!("{at}: nobody came there"));
            }
            let seen = std::fs::read_to_string(room.path().join("seen")).unwrap();
            return Ok((asked(room.path()), seen.lines().map(str::to_owned).collect()));
        }
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        if !died || text.contains("panicked") {
            return Err(format!("{at}: {text}"));
        }
    }
    Err(format!("{at}: it doesn't go on"))
}

fn asked(room: &Path) -> usize {
    std::fs::read(room.join("asked")).map_or(0, |dots| dots.len())
}

#[test]
fn a_worker_that_is_killed_anywhere_loses_nothing_and_costs_at_most_one_stamp() {
    let (usual, seen) = whole_life("").unwrap_or_else(|text| panic!("{text}"));
    let lacking: Vec<_> = CHECKPOINTS.iter().filter(|point| !seen.contains(**point)).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
    let index = INDEX_CHECKPOINTS.iter().filter(|point| seen.contains(**point)).count();
    assert!(seen.len() >= 25 && index >= 10, "{seen:?}");
    let all = std::env::var("CRASH_ALL").is_ok_and(|all| all == "1");
    let seed: u64 = std::env::var("HSIGN_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let points: Vec<&String> =
        if all { seen.iter().collect() } else { chosen(&seen.iter().collect::<Vec<_>>(), seed) };
    println!("{} of {} points (HSIGN_SEED={seed}, CRASH_ALL=1 for all)", points.len(), seen.len());
    let (next, failed) = (Mutex::new(points.into_iter()), Mutex::new(Vec::new()));
    let take = || next.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(point) = take() {
                    match whole_life(point) {
                        Ok((asked, _)) if asked <= usual + 1 => {}
                        Ok((asked, _)) => {
                            failed.lock().unwrap().push(format!("{point}: {asked} stamps for {usual}"));
                        }
                        Err(text) => failed.lock().unwrap().push(text),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "seed {seed}: {failed:#?}");
}

/// Six by a seed.
fn chosen<'p>(points: &[&'p String], seed: u64) -> Vec<&'p String> {
    let mut left = points.to_vec();
    let mut dice = Dice::new(seed);
    let mut chosen = Vec::new();
    while chosen.len() < 6 && !left.is_empty() {
        chosen.push(left.remove(dice.below(left.len())));
    }
    chosen
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_the_work_and_loses_nothing() {
    let room = tempfile::tempdir().unwrap();
    std::fs::create_dir(room.path().join("documents")).unwrap();
    let mut stopped = 0;
    for blocks in [1, 8, 64, 200] {
        stopped += usize::from(!worker_process(room.path(), "", Some(blocks)).status.success());
    }
    assert!(stopped >= 3, "the disk was large enough {stopped} times");
    let output = worker_process(room.path(), "", None);
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

#[test]
fn an_authority_that_blocks_is_left_alone() {
    let clinic = Clinic::new();
    clinic.add(&clinic.charts(0..2));
    for (name, status) in [("first", 403), ("spare", 429)] {
        clinic.desk.faults.lock().unwrap().push_back((name.to_owned(), Fault::Status(status)));
    }
    for _ in 0..5 {
        let summary = clinic.renew();
        assert_eq!(summary.tsa_requests, 0);
    }
    assert_eq!(clinic.desk.asked.lock().unwrap().len(), 2, "once each: the unit waits, whoever calls again");
}

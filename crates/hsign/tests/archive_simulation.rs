//! Thirty years of an archive on a clock of its own, by a seed: documents come, authorities change their units every
//! seven years and fail in between, files rot, the index is lost, a hash function ends, an authority is compromised. At the
//! end every document is proven by past validation.
//!
//! `HSIGN_SEED=7` plays one seed again; `HSIGN_SEEDS=100` plays so many. A failure names its seed and what it chose.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout
)]

mod archive_support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use archive_support::{STORES, intake, no_secrets};
use hsign::archive::{
    Archive, Authorities, Environment, Line, RenewRequest, Retention, ScrubRequest, VerifyRequest,
};
use hsign::crypto::SystemRandom;
use hsign::{Indication, Policy, Settings, Time, TrustRegistry};
use hsign_core::ports::{NoNetwork, PortError};
use hsign_core::{DigestAlgorithm, ErrorKind, Octets};
use hsign_testkit::{Ca, Clock, CrlName, DAY, Dice, Fault, Pki, Seconds, Tsa, TsaOptions, Unit, YEAR};

const START: Seconds = 1_790_000_000 - 10 * YEAR;
const YEARS: i64 = 30;
/// Where nobody asks for others: a story with a compromised authority, and one in which both tracks have to hold.
const PLAYED: [u64; 2] = [1, 12];
/// A unit lives ten years, and its successor comes after seven.
const GENERATION: i64 = 7;

const TRACKS: &str = r#"
[[track]]
name = "a"
algorithm = "sha384"
next = "sha512"
tsa = ["a1", "a2"]
[[track]]
name = "b"
algorithm = "sha256"
next = "sha512"
tsa = ["b1", "b2"]
[policy]
# Longer than any pause between two nights on which the archive's work is done.
lead = "400d"
evidence_record_alone = ["chart"]
stamp_trail = true
"#;

/// What a seed decides once.
#[derive(Clone, Copy, Debug)]
struct Story {
    seed: u64,
    /// When SHA-384 ends; everybody knows a year before.
    hash_ends: Seconds,
    /// When the units of track a are found compromised, back to half a year before.
    compromised: Option<Seconds>,
}

struct World {
    story: Story,
    dice: Dice,
    room: tempfile::TempDir,
    desk: Desk,
    lines: Mutex<Vec<Line>>,
    documents: usize,
}

struct Desk {
    now: Mutex<Seconds>,
    generations: Vec<(Seconds, Arc<Pki>)>,
    compromised: Option<Seconds>,
    faults: Mutex<BTreeMap<String, Fault>>,
    asked: Mutex<u64>,
}

impl Authorities for Desk {
    fn ask(&self, authority: &str, request: &[u8]) -> Result<Vec<u8>, PortError> {
        let now = *self.now.lock().unwrap();
        let refused = |why: &str| Err(PortError::new(ErrorKind::Remote, why));
        *self.asked.lock().unwrap() += 1;
        if authority.starts_with('a') && self.compromised.is_some_and(|from| now >= from) {
            return refused("HTTP 503");
        }
        let fault = self.faults.lock().unwrap().remove(authority);
        if let Some(Fault::Status(status)) = fault {
            return refused(&format!("HTTP {status}"));
        }
        let pki = &self.generations.iter().rfind(|(from, _)| *from <= now).unwrap().1;
        let tsa = Tsa::new(Arc::clone(pki), Clock::fixed(now));
        let unit = if authority.starts_with('a') { Unit::Tsa } else { Unit::TsaP256 };
        tsa.set_options(TsaOptions { unit, ..TsaOptions::default() });
        Ok(tsa.respond(request, &fault.into_iter().collect::<Vec<_>>()).unwrap())
    }
}

fn config() -> String {
    let authority = |name: &str| {
        format!(
            "[[tsa]]\nname = \"{name}\"\nurl = \"http://127.0.0.1:9/{name}\"\nburst = 1000\nper_second = 1000.0\n\
             at_once = 8\nyen = 10\npause = \"1s\"\n"
        )
    };
    [STORES, TRACKS, &["a1", "a2", "b1", "b2"].map(authority).concat()].concat()
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let hash_ends = START + dice.between(12, 26) * YEAR;
        let compromised = (dice.below(3) > 0).then(|| START + dice.between(5 * 12, 27 * 12) * 30 * DAY);
        let story = Story { seed, hash_ends, compromised };
        let generations = (0..=YEARS / GENERATION).map(|number| START + number * GENERATION * YEAR);
        let generations: Vec<_> =
            generations.map(|from| (from, Arc::new(Pki::new("http://pki.test", from).unwrap()))).collect();
        let room = tempfile::tempdir().unwrap();
        std::fs::create_dir(room.path().join("documents")).unwrap();
        let desk = Desk {
            now: Mutex::new(START),
            generations,
            compromised,
            faults: Mutex::default(),
            asked: Mutex::default(),
        };
        let world = Self { story, dice, room, desk, lines: Mutex::default(), documents: 0 };
        let home = world.home();
        world
            .run(|environment| hsign::archive::init(&home, &config(), no_secrets(), environment).map(|_| ()));
        world
    }

    fn home(&self) -> PathBuf {
        self.room.path().join("archive")
    }

    fn now(&self) -> Seconds {
        *self.desk.now.lock().unwrap()
    }

    fn settings(&self) -> Settings {
        static POLICY: LazyLock<String> = LazyLock::new(|| Policy::preset_text("hpki").unwrap().to_owned());
        let now = self.now();
        let source = "source = \"the simulation\"\nconfidence = \"certain\"\n";
        let mut policy = format!(
            "{}\n[[algorithms.key]]\nkind = \"rsa\"\nbits = 2048\nuntil = \"no-end\"\n{source}",
            *POLICY
        );
        if now >= self.story.hash_ends - YEAR {
            let end = &Time::from_unix_seconds(self.story.hash_ends).unwrap().to_string()[..10];
            policy += &format!(
                "[[algorithms.digest]]\nname = \"SHA-384\"\ncollision = \"{end}\"\nsecond_pre_image = \"no-end\"\n\
                 certificate_identifier = \"no-end\"\n{source}"
            );
        }
        let generations = &self.desk.generations;
        let root = |place: &str| {
            let (_, pki) = generations.get(place.parse::<usize>().ok()?)?;
            Some(pki.authority(Ca::TsaRoot).certificate_der().to_vec())
        };
        let mut registry = String::new();
        for place in 0..generations.len() {
            let sha256 =
                hsign_crypto::digest(DigestAlgorithm::Sha256, &root(&place.to_string()).unwrap()).unwrap();
            registry += &format!(
                "[[service]]\nkind = \"tsa\"\nsubject = \"tsa\"\naccreditation = \"mic\"\ncertificate = \"{place}\"\n\
                 sha256 = \"{}\"\n",
                sha256.hex()
            );
        }
        let trust = TrustRegistry::parse_toml(&registry, &root).unwrap();
        let mut settings = Settings::new(Policy::parse(&policy).unwrap(), trust);
        for (from, pki) in generations.iter().filter(|(from, _)| *from <= now) {
            if let Some(found) = self.story.compromised.filter(|found| now >= *found) {
                let since = found - YEAR / 2;
                let known = pki.revocations().iter().any(|one| one.serial == Unit::Tsa.serial());
                if !known {
                    pki.revoke(Ca::Tsa, Unit::Tsa.serial(), since);
                }
            }
            // Authorities publish as long as their units live.
            let day = now.min(from + 10 * YEAR - DAY);
            for list in [CrlName::Tsa, CrlName::TsaRoot] {
                let list = Octets::from(pki.crl(list, day).unwrap());
                settings.evidence.add(list.as_slice(), hsign::pki::Provenance::Given).unwrap();
            }
        }
        settings
    }

    fn run<T>(&self, work: impl FnOnce(&Environment<'_>) -> Result<T, hsign::Error>) -> T {
        let settings = self.settings();
        let time = Time::from_unix_seconds(self.now()).unwrap();
        self.lines.lock().unwrap().clear();
        let environment = Environment {
            settings: &settings,
            fetcher: &NoNetwork,
            authorities: &self.desk,
            clock: &move || time,
            randomness: &SystemRandom,
            checkpoints: Arc::new(()),
            actor: "simulation",
            threads: 2,
            tell: &|line| self.lines.lock().unwrap().push(line.clone()),
        };
        match work(&environment) {
            Ok(done) => done,
            Err(error) => panic!("{:?} at {time}: {error}: {:?}", self.story, error.finding()),
        }
    }

    fn archive<T>(&self, work: impl FnOnce(&Archive, &Environment<'_>) -> Result<T, hsign::Error>) -> T {
        self.run(|environment| {
            let archive = Archive::open(&self.home(), no_secrets(), Arc::clone(&environment.checkpoints))?;
            work(&archive, environment)
        })
    }

    fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap().clone()
    }

    /// Months later, something happens, and the archive's nightly work is done.
    fn step(&mut self) {
        let days = self.dice.between(100, 170) * self.dice.between(1, 3);
        *self.desk.now.lock().unwrap() += days * DAY;
        if self.dice.below(2) == 0 {
            self.take_one();
        }
        match self.dice.below(8) {
            0 => self.rot(),
            1 => self.lose_the_index(),
            2 | 3 => self.trouble("a1"),
            4 | 5 => self.trouble("b1"),
            _ => {}
        }
        let request =
            RenewRequest { close_all: true, patience: Duration::from_secs(3), ..RenewRequest::default() };
        self.archive(|archive, environment| archive.renew(&request, environment));
    }

    fn take_one(&mut self) {
        let path = self.room.path().join("documents").join(format!("{:04}.txt", self.documents));
        std::fs::write(&path, format!("document {}", self.documents)).unwrap();
        self.documents += 1;
        let end = "2060-04-30".parse().unwrap();
        let intake = intake(path.to_str().unwrap(), None, "chart", Retention::Until(end));
        let taken = self.archive(|archive, environment| archive.add(&[intake], environment));
        assert_eq!((taken.objects, taken.failed), (1, 0), "{:?}: {:?}", self.story, self.lines());
    }

    fn trouble(&mut self, authority: &str) {
        let fault = match self.dice.below(5) {
            0 => Fault::Status(429),
            1 => Fault::Status(503),
            2 => Fault::WrongNonce,
            3 => Fault::WrongImprint,
            _ => Fault::GenTimeOffset(7200),
        };
        self.desk.faults.lock().unwrap().insert(authority.to_owned(), fault);
    }

    /// A bit of a file of one store turns, and the monthly scrub puts it right.
    fn rot(&mut self) {
        let store = self.home().join("stores").join(if self.dice.below(2) == 0 { "main" } else { "second" });
        let mut files = Vec::new();
        for folder in [store.join("trail")].into_iter().chain(folders(&store.join("bundles"))) {
            files.extend(std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()));
        }
        files.sort();
        if files.is_empty() {
            return;
        }
        let path = &files[self.dice.below(files.len())];
        let mut bytes = std::fs::read(path).unwrap();
        let place = self.dice.below(bytes.len());
        bytes[place] ^= 1 << self.dice.below(8);
        std::fs::write(path, bytes).unwrap();
        let repair = ScrubRequest { everything: true, repair: true };
        self.archive(|archive, environment| archive.scrub(repair, environment));
        let again = ScrubRequest { everything: true, repair: false };
        let whole = self.archive(|archive, environment| archive.scrub(again, environment));
        assert_eq!(whole.failed, 0, "{:?}: {} {:?}", self.story, path.display(), self.lines());
    }

    fn lose_the_index(&self) {
        for name in ["index.db", "index.db-wal", "index.db-shm"] {
            let _ = std::fs::remove_file(self.home().join(name));
        }
        self.run(|environment| hsign::archive::rebuild_index(&self.home(), no_secrets(), environment));
    }

    /// Every document is proven by past validation on a track that nobody betrayed, and nothing is damaged.
    fn judge(&self) {
        let request = VerifyRequest { documents: true, ..VerifyRequest::default() };
        self.archive(|archive, environment| archive.verify(&request, environment));
        let mut proven: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in self.lines() {
            match line {
                Line::Verified { key, track, indication: Indication::TotalPassed, .. } => {
                    proven.entry(key).or_default().insert(track);
                }
                Line::DocumentDamaged { .. } => panic!("{:?}: {line:?}", self.story),
                _ => {}
            }
        }
        let charts = proven.keys().filter(|key| key.ends_with(".txt")).count();
        assert_eq!(charts, self.documents, "{:?}: {proven:?}\n{:?}", self.story, self.lines());
        for (key, tracks) in &proven {
            assert!(tracks.contains("b"), "{:?}: {key} {tracks:?}\n{:?}", self.story, self.lines());
            let both = tracks.len() == 2 || self.story.compromised.is_some();
            assert!(both, "{:?}: {key} {tracks:?}\n{:?}", self.story, self.lines());
        }
        let trail = self.archive(|archive, environment| archive.verify_trail(environment));
        assert_eq!(trail.failed, 0, "{:?}: {:?}", self.story, self.lines());
    }
}

fn folders(path: &std::path::Path) -> Vec<PathBuf> {
    std::fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn thirty_years_leave_every_document_proven() {
    let seeds = match (number("HSIGN_SEED"), number("HSIGN_SEEDS")) {
        (Some(seed), _) => vec![seed],
        (None, Some(count)) => (1..=count).collect(),
        (None, None) => PLAYED.into(),
    };
    for seed in seeds {
        let mut world = World::new(seed);
        println!("{:?}", world.story);
        while world.now() < START + YEARS * YEAR {
            world.step();
        }
        world.judge();
        let asked = *world.desk.asked.lock().unwrap();
        println!("seed {}: {} documents, {asked} requests", world.story.seed, world.documents);
    }
}

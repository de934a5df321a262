//! An archive of a clinic, with authorities of several generations that need no network.
#![allow(
    dead_code,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub
)]

pub mod signer;

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use hsign::archive::{
    Archive, Authorities, Checkpoints, Environment, Intake, Line, RenewRequest, Retention, Summary,
    VerifyRequest,
};
use hsign::crypto::SystemRandom;
use hsign::{Policy, Settings, Time, TrustRegistry};
use hsign_core::ports::{NoNetwork, PortError, Timestamper};
use hsign_core::{Date, Digest, DigestAlgorithm, ErrorKind, Octets};
use hsign_testkit::{Ca, Clock, CrlName, Fault, Pki, Seconds, Tsa, YEAR};
use hsign_tsp::{TimestampRequest, TimestampResponse};

/// September 2016: the test authorities' RSA-2048 keys end with 2030, and the last judgement is made before.
pub const NOW: Seconds = 1_790_000_000 - 10 * YEAR;

/// Time-stamp authorities of several generations, each with units that last ten years.
static GENERATIONS: LazyLock<Vec<(Seconds, Arc<Pki>)>> = LazyLock::new(|| {
    let of = |from| (from, Arc::new(Pki::new("http://pki.test", from).unwrap()));
    [NOW, NOW + 8 * YEAR, NOW + 12 * YEAR].map(of).into()
});

pub fn generation(when: Seconds) -> &'static Arc<Pki> {
    &GENERATIONS.iter().rfind(|(from, _)| *from <= when).unwrap().1
}

/// What the authorities do, and how often they were asked.
#[derive(Default)]
pub struct Desk {
    now: Mutex<Seconds>,
    pub asked: Mutex<Vec<String>>,
    pub faults: Mutex<VecDeque<(String, Fault)>>,
    /// A line for each request, for whoever comes after a crash.
    log: Option<PathBuf>,
}

impl Authorities for Desk {
    fn ask(&self, authority: &str, request: &[u8]) -> Result<Vec<u8>, PortError> {
        let now = *self.now.lock().unwrap();
        self.asked.lock().unwrap().push(authority.to_owned());
        if let Some(log) = &self.log {
            let mut log = std::fs::File::options().create(true).append(true).open(log).unwrap();
            log.write_all(b".").unwrap();
        }
        let mut faults = self.faults.lock().unwrap();
        let fault = match faults.front() {
            Some((name, _)) if name == authority => faults.pop_front().map(|(_, fault)| fault),
            _ => None,
        };
        if let Some(Fault::Status(status)) = fault {
            return Err(PortError::new(ErrorKind::Remote, format!("HTTP {status}")));
        }
        let tsa = Tsa::new(Arc::clone(generation(now)), Clock::fixed(now));
        Ok(tsa.respond(request, &fault.into_iter().collect::<Vec<_>>()).unwrap())
    }
}

/// A folder, of this process alone or shared with those that come after it.
pub struct Room(PathBuf, Option<tempfile::TempDir>);

impl Room {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

pub struct Clinic {
    pub room: Room,
    pub desk: Desk,
    pub lines: Mutex<Vec<Line>>,
    pub policy: Mutex<String>,
    pub actor: Mutex<String>,
    pub checkpoints: Mutex<Arc<dyn Checkpoints + Send + Sync>>,
}

/// The begin of a configuration: two stores.
pub const STORES: &str = r#"
format = "hsign.archive-config/1"
[[store]]
name = "main"
url = "stores/main"
access = "repair"
country = "JP"
operator = "the clinic"
[[store]]
name = "second"
url = "stores/second"
access = "repair"
country = "JP"
operator = "the clinic"
"#;

pub static CONFIG: LazyLock<String> = LazyLock::new(|| {
    let rest = r#"
[[track]]
name = "a"
algorithm = "sha256"
next = "sha512"
tsa = ["first", "spare"]
[[tsa]]
name = "first"
url = "http://127.0.0.1:9/tsa"
burst = 1000
per_second = 1000.0
yen = 10
pause = "60s"
[[tsa]]
name = "spare"
url = "http://127.0.0.1:9/tsa/spare"
burst = 1000
per_second = 1000.0
yen = 20
[policy]
deletion_wait = "7d"
evidence_record_alone = ["chart"]
"#;
    STORES.to_owned() + rest
});

impl Clinic {
    pub fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        std::fs::create_dir(room.path().join("documents")).unwrap();
        let clinic = Self::at(Room(room.path().to_owned(), Some(room)), NOW);
        clinic.run(|home, environment| {
            hsign::archive::init(home, &CONFIG, no_secrets(), environment).map(|_| Summary::default())
        });
        clinic
    }

    /// With another configuration from now on.
    pub fn configure(&self, config: &str) {
        std::fs::write(self.home().join("archive.toml"), config).unwrap();
    }

    /// In a folder that stays when this process ends; nothing is made.
    pub fn again(room: &Path, now: Seconds) -> Self {
        Self::at(Room(room.to_owned(), None), now)
    }

    fn at(room: Room, now: Seconds) -> Self {
        let desk = Desk { now: Mutex::new(now), log: Some(room.path().join("asked")), ..Desk::default() };
        Self {
            room,
            desk,
            lines: Mutex::default(),
            policy: Mutex::new(Policy::preset_text("hpki").unwrap().to_owned()),
            actor: Mutex::new("clerk".to_owned()),
            checkpoints: Mutex::new(Arc::new(())),
        }
    }

    pub fn home(&self) -> PathBuf {
        self.room.path().join("archive")
    }

    pub fn now(&self) -> Seconds {
        *self.desk.now.lock().unwrap()
    }

    pub fn set(&self, now: Seconds) {
        *self.desk.now.lock().unwrap() = now;
    }

    pub fn settings(&self) -> Settings {
        let now = self.now();
        let mut text = String::new();
        let root = |name: &str| {
            let (kind, place) = name.split_once('-')?;
            let (_, pki) = GENERATIONS.get(place.parse::<usize>().ok()?)?;
            let ca = if kind == "tsa" { Ca::TsaRoot } else { Ca::HpkiRoot };
            Some(pki.authority(ca).certificate_der().to_vec())
        };
        let pin =
            |name: &str| hsign_crypto::digest(DigestAlgorithm::Sha256, &root(name).unwrap()).unwrap().hex();
        for place in 0..GENERATIONS.len() {
            let (tsa, hpki) = (format!("tsa-{place}"), format!("hpki-{place}"));
            text += &format!(
                "[[service]]\nkind = \"tsa\"\nsubject = \"tsa\"\naccreditation = \"mic\"\ncertificate = \"{tsa}\"\nsha256 = \"{}\"\n",
                pin(&tsa)
            );
            text += &format!(
                "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"root\"\ncertificate = \"{hpki}\"\nsha256 = \"{}\"\npolicies = [\"{}\"]\n",
                pin(&hpki),
                hsign_testkit::oid::SIGNATURE_POLICY
            );
        }
        let policy = Policy::parse(&self.policy.lock().unwrap()).unwrap();
        let mut settings = Settings::new(policy, TrustRegistry::parse_toml(&text, &root).unwrap());
        for (from, pki) in GENERATIONS.iter().filter(|(from, _)| *from <= now) {
            // Authorities publish as long as their units live.
            let day = now.min(from + 10 * YEAR - 86_400);
            for list in [CrlName::Tsa, CrlName::TsaRoot, CrlName::Signature, CrlName::Sarl] {
                let list = Octets::from(pki.crl(list, day).unwrap());
                settings.evidence.add(list.as_slice(), hsign::pki::Provenance::Given).unwrap();
            }
        }
        settings
    }

    /// Does something as of now; lines are kept.
    pub fn try_run<T>(
        &self,
        work: impl FnOnce(&Path, &Environment<'_>) -> Result<T, hsign::Error>,
    ) -> Result<T, hsign::Error> {
        let settings = self.settings();
        let time = Time::from_unix_seconds(self.now()).unwrap();
        self.lines.lock().unwrap().clear();
        let actor = self.actor.lock().unwrap().clone();
        let environment = Environment {
            settings: &settings,
            fetcher: &NoNetwork,
            authorities: &self.desk,
            clock: &move || time,
            randomness: &SystemRandom,
            checkpoints: Arc::clone(&self.checkpoints.lock().unwrap()),
            actor: &actor,
            threads: 2,
            tell: &|line| self.lines.lock().unwrap().push(line.clone()),
        };
        work(&self.home(), &environment)
    }

    pub fn run<T>(&self, work: impl FnOnce(&Path, &Environment<'_>) -> Result<T, hsign::Error>) -> T {
        match self.try_run(work) {
            Ok(done) => done,
            Err(error) => panic!("{error}: {:?} {:?}", error.finding(), error.findings()),
        }
    }

    pub fn archive<T>(&self, work: impl FnOnce(&Archive, &Environment<'_>) -> Result<T, hsign::Error>) -> T {
        self.run(|home, environment| {
            let archive = Archive::open(home, no_secrets(), Arc::clone(&environment.checkpoints))?;
            work(&archive, environment)
        })
    }

    pub fn try_archive<T>(
        &self,
        work: impl FnOnce(&Archive, &Environment<'_>) -> Result<T, hsign::Error>,
    ) -> Result<T, hsign::Error> {
        self.try_run(|home, environment| {
            let archive = Archive::open(home, no_secrets(), Arc::clone(&environment.checkpoints))?;
            work(&archive, environment)
        })
    }

    pub fn renew(&self) -> Summary {
        let request = RenewRequest { close_all: true, ..RenewRequest::default() };
        self.archive(|archive, environment| archive.renew(&request, environment))
    }

    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap().clone()
    }

    pub fn path(&self, number: usize) -> PathBuf {
        self.room.path().join("documents").join(format!("{number:03}.txt"))
    }

    pub fn document(&self, number: usize, class: &str, retention: Retention) -> Intake {
        let path = self.path(number);
        if !path.exists() {
            std::fs::write(&path, format!("document {number}")).unwrap();
        }
        let key = Some(format!("chart/{number:03}"));
        intake(path.to_str().unwrap(), key, class, retention)
    }

    /// So many charts, kept until 2046.
    pub fn charts(&self, numbers: std::ops::Range<usize>) -> Vec<Intake> {
        let end: Date = "2046-04-30".parse().unwrap();
        numbers.map(|number| self.document(number, "chart", Retention::Until(end))).collect()
    }

    /// A document with a time stamp of its own, kept until 2046.
    pub fn letter(&self) -> Intake {
        let path = self.room.path().join("documents/letter.pdf");
        if !path.exists() {
            let pdf = hsign_testkit::documents::referral_letter().unwrap();
            let clock = || Time::from_unix_seconds(NOW).unwrap();
            let update = hsign::timestamp_pdf(&pdf, &Elsewhere, DigestAlgorithm::Sha256, None, &clock);
            std::fs::write(&path, [pdf, update.unwrap()].concat()).unwrap();
        }
        let end: Date = "2046-04-30".parse().unwrap();
        intake(path.to_str().unwrap(), Some("letter/1".to_owned()), "letter", Retention::Until(end))
    }

    pub fn add(&self, intakes: &[Intake]) -> Summary {
        self.archive(|archive, environment| archive.add(intakes, environment))
    }

    /// How many documents are proven; none fails.
    pub fn verified(&self) -> u64 {
        let request = VerifyRequest { documents: true, ..VerifyRequest::default() };
        let summary = self.archive(|archive, environment| archive.verify(&request, environment));
        assert_eq!(summary.failed, 0, "{:?}", self.lines());
        summary.objects
    }
}

/// A document that stands for itself.
pub fn intake(location: &str, key: Option<String>, class: &str, retention: Retention) -> Intake {
    Intake {
        location: location.to_owned(),
        key,
        class: class.to_owned(),
        retention,
        beside: Vec::new(),
        replaces: None,
    }
}

/// Whom the writer of a document asked, before it came to the archive.
struct Elsewhere;

impl Timestamper for Elsewhere {
    fn stamp(&self, imprint: &Digest) -> Result<Vec<u8>, PortError> {
        let imprint = imprint.clone();
        let request = TimestampRequest { imprint, nonce: None, policy: None, certificate_requested: true };
        let tsa = Tsa::new(Arc::clone(generation(NOW)), Clock::fixed(NOW));
        let response = tsa.respond(&request.to_der().unwrap(), &[]).unwrap();
        Ok(TimestampResponse::parse(&response).unwrap().granted().unwrap().to_vec())
    }
}

pub fn no_secrets() -> Arc<hsign::net::SecretResolver> {
    Arc::new(|_: &hsign_core::SecretReference| Err(PortError::new(ErrorKind::Usage, "no secrets here")))
}

//! The archive: documents taken, and the time stamps of many batches renewed. Authorities of two generations are in this
//! process, so that years pass at once.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hsign::archive::{
    Archive, Authorities, Environment, Intake, RenewRequest, Retention, ScrubRequest, Summary, init,
};
use hsign::crypto::{OpensslVerifier, SystemRandom, digest};
use hsign::net::SecretResolver;
use hsign::pki::{Provenance, TrustRegistry};
use hsign::{Policy, Settings, Time};
use hsign_core::ports::{NoNetwork, PortError, SignatureValidity, SignatureVerifier as _};
use hsign_core::{Digest, DigestAlgorithm, ErrorKind, SecretReference, SignatureAlgorithm};
use hsign_testkit::{Ca, Clock, CrlName, DAY, Pki, Seconds, Tsa, Unit, YEAR};
use hsign_tsp::TimestampRequest;
use openssl::hash::MessageDigest;
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::{Failure, tree};

/// September 2016: RSA-2048 and SHA-256 hold until the last time stamp here is judged.
const BEGINNING: Seconds = 1_790_000_000 - 10 * YEAR;
/// Half a year before the first units end.
const RENEWAL: Seconds = BEGINNING + 10 * YEAR - 170 * DAY;
const STORES: [&str; 2] = ["main", "second"];

/// Who stamps in which years.
pub(crate) struct Eras {
    generations: [(Seconds, Arc<Pki>); 2],
}

/// The files of a folder, as an archive is asked to take them.
pub(crate) struct Files {
    intakes: Vec<Intake>,
    octets: u64,
}

/// An authority at one moment.
struct Desk {
    tsa: Tsa,
}

impl Authorities for Desk {
    fn ask(&self, _: &str, request: &[u8]) -> Result<Vec<u8>, PortError> {
        self.tsa.respond(request, &[]).map_err(|error| PortError::new(ErrorKind::Remote, error.to_string()))
    }
}

impl Eras {
    pub(crate) fn new() -> Result<Self, Failure> {
        let of = |from| Ok::<_, Failure>((from, Arc::new(Pki::new("http://pki.test", from)?)));
        Ok(Self { generations: [of(BEGINNING)?, of(BEGINNING + 8 * YEAR)?] })
    }

    fn desk(&self, now: Seconds) -> Result<Desk, Failure> {
        let standing = self.generations.iter().rfind(|(from, _)| *from <= now).ok_or("nobody stamps yet")?;
        Ok(Desk { tsa: Tsa::new(Arc::clone(&standing.1), Clock::fixed(now)) })
    }

    fn settings(&self, now: Seconds) -> Result<Settings, Failure> {
        let root = |name: &str| {
            let (_, pki) = self.generations.get(name.parse::<usize>().ok()?)?;
            Some(pki.authority(Ca::TsaRoot).certificate_der().to_vec())
        };
        let mut registry = String::new();
        for place in 0..self.generations.len() {
            let root = root(&place.to_string()).ok_or("no root")?;
            let pin = digest(DigestAlgorithm::Sha256, &root)?.hex();
            registry += &format!(
                "[[service]]\nkind = \"tsa\"\nsubject = \"tsa\"\ncertificate = \"{place}\"\nsha256 = \"{pin}\"\n"
            );
        }
        let mut settings =
            Settings::new(Policy::preset("etsi")?, TrustRegistry::parse_toml(&registry, &root)?);
        for (_, pki) in self.generations.iter().filter(|(from, _)| *from <= now) {
            for list in [CrlName::Tsa, CrlName::TsaRoot] {
                settings.evidence.add(&pki.crl(list, now - 60)?, Provenance::Given)?;
            }
        }
        Ok(settings)
    }

    /// Something done at one moment.
    fn at<T>(
        &self,
        now: Seconds,
        threads: usize,
        work: impl FnOnce(&Environment<'_>) -> Result<T, hsign::Error>,
    ) -> Result<T, Failure> {
        let (settings, desk, time) = (self.settings(now)?, self.desk(now)?, Time::from_unix_seconds(now)?);
        let environment = Environment {
            settings: &settings,
            fetcher: &NoNetwork,
            authorities: &desk,
            clock: &move || time,
            randomness: &SystemRandom,
            checkpoints: Arc::new(()),
            actor: "bench",
            threads,
            tell: &|_| {},
        };
        Ok(work(&environment)?)
    }

    /// An empty archive, for [`Eras::add`].
    pub(crate) fn make(&self, home: &Path, batch: usize) -> Result<Value, Failure> {
        let text = configuration(batch);
        self.at(BEGINNING, 1, |environment| init(home, &text, no_secrets(), environment).map(|_| ()))?;
        Ok(json!({ "work": 1 }))
    }

    /// Takes files.
    pub(crate) fn add(&self, home: &Path, files: &Files, threads: usize) -> Result<Value, Failure> {
        let before = octets_read()?;
        let intakes = &files.intakes;
        let summary =
            self.at(BEGINNING, threads, |environment| open(home, environment)?.add(intakes, environment))?;
        let read = octets_read()? - before;
        whole(&summary)?;
        Ok(json!({ "work": files.octets, "files": summary.objects, "octets_read": read }))
    }

    /// Seals and stamps batches, and lets years go by until they are to be renewed.
    pub(crate) fn age(&self, home: &Path) -> Result<Value, Failure> {
        let request = RenewRequest { close_all: true, ..RenewRequest::default() };
        let stamped =
            self.at(BEGINNING + DAY, 2, |environment| open(home, environment)?.renew(&request, environment))?;
        whole(&stamped)?;
        let everything = ScrubRequest { everything: true, repair: false };
        self.at(RENEWAL - DAY, 2, |environment| open(home, environment)?.scrub(everything, environment))?;
        Ok(json!({ "work": stamped.batches }))
    }

    /// Renews the time stamps of all batches by one.
    pub(crate) fn renew(&self, home: &Path) -> Result<Value, Failure> {
        let request = RenewRequest::default();
        let summary =
            self.at(RENEWAL, RENEWERS, |environment| open(home, environment)?.renew(&request, environment))?;
        whole(&summary)?;
        Ok(json!({ "work": summary.batches, "requests": summary.tsa_requests }))
    }

    /// What renewing so many batches can't do without: of each time stamp its signature verified, by two threads; one
    /// round trip; and in each store the three files of a step (the new time stamp, the one before as it is covered, and
    /// what publishes them when they are durable), by as many writers as the archive has.
    pub(crate) fn renew_limit(&self, folder: &Path, batches: usize) -> Result<Value, Failure> {
        let [(_, pki), _] = &self.generations;
        let (unit, message) = (pki.unit(Unit::Tsa), [7; 300]);
        let value =
            Signer::new(MessageDigest::sha256(), unit.private_key())?.sign_oneshot_to_vec(&message)?;
        let key = unit.private_key().public_key_to_der()?;
        let (algorithm, verifier) =
            (SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256), OpensslVerifier::new());
        shared(batches, RENEWERS, |_| match verifier.verify(&algorithm, &key, &message, &value) {
            SignatureValidity::Valid => Ok(()),
            _ => Err(std::io::Error::other("a signature doesn't hold")),
        })?;
        shared(batches, RENEWERS * WRITERS, |batch| {
            STORES.iter().try_for_each(|store| put(&folder.join(store).join(batch.to_string())))
        })?;
        let imprint = Digest::new(DigestAlgorithm::Sha256, vec![7; 32]);
        let request = TimestampRequest { imprint, nonce: None, policy: None, certificate_requested: true };
        let answer = self.desk(RENEWAL)?.ask("first", &request.to_der()?)?;
        Ok(json!({ "work": batches, "answer": answer.len() }))
    }
}

/// Threads that renew here, and the archive's writers for each.
const RENEWERS: usize = 2;
const WRITERS: usize = 8;

/// All of so many, by so many threads.
fn shared(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> std::io::Result<()> + Sync,
) -> Result<(), Failure> {
    let next = AtomicUsize::new(0);
    let worker = || loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= count {
            return Ok(());
        }
        work(number)?;
    };
    let done: std::io::Result<()> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let ended = |_| Err(std::io::Error::other("a thread ended"));
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(ended))
    });
    Ok(done?)
}

/// As durably as a store does it.
fn put(bundle: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(bundle)?;
    put_together(bundle, &[("token", 3_000), ("before", 5_000)])?;
    put_together(bundle, &[("step", 1_000)])
}

fn put_together(bundle: &Path, files: &[(&str, usize)]) -> std::io::Result<()> {
    let mut written = Vec::new();
    for (name, length) in files {
        let unfinished = bundle.join(format!(".{name}"));
        let mut file = std::fs::File::create(&unfinished)?;
        file.write_all(&vec![b' '; *length])?;
        written.push((file, unfinished, bundle.join(name)));
    }
    for (file, unfinished, name) in written {
        file.sync_all()?;
        std::fs::rename(unfinished, name)?;
    }
    std::fs::File::open(bundle)?.sync_all()
}

fn open(home: &Path, environment: &Environment<'_>) -> Result<Archive, hsign::Error> {
    Archive::open(home, no_secrets(), Arc::clone(&environment.checkpoints))
}

fn no_secrets() -> Arc<SecretResolver> {
    Arc::new(|_: &SecretReference| Err(PortError::new(ErrorKind::Usage, "no secrets here")))
}

/// Work of which a part failed is none.
fn whole(summary: &Summary) -> Result<(), Failure> {
    match summary {
        Summary { failed: 0, set_aside: 0, stopped: None, .. } => Ok(()),
        other => Err(format!("not all could be done: {other:?}").into()),
    }
}

impl Files {
    pub(crate) fn of(folder: &Path) -> Result<Self, Failure> {
        let files = tree::files(folder)?;
        let lengths = files.iter().map(|file| Ok(std::fs::metadata(file)?.len()));
        let octets = lengths.sum::<Result<u64, Failure>>()?;
        let intakes = files.into_iter().map(intake).collect::<Result<_, _>>()?;
        Ok(Self { intakes, octets })
    }
}

fn intake(path: PathBuf) -> Result<Intake, Failure> {
    let location =
        path.into_os_string().into_string().map_err(|path| format!("{} is no text", path.display()))?;
    let retention = Retention::Until("2046-04-30".parse().map_err(|error| format!("{error:?}"))?);
    let class = "chart".to_owned();
    Ok(Intake { location, key: None, class, retention, beside: Vec::new(), replaces: None })
}

/// With two digests of each document, and batches of so many.
fn configuration(batch: usize) -> String {
    let stores = STORES.map(|name| {
        format!(
            "[[store]]\nname = \"{name}\"\nurl = \"stores/{name}\"\naccess = \"repair\"\ncountry = \"JP\"\n\
             operator = \"the clinic\"\n"
        )
    });
    format!(
        "format = \"hsign.archive-config/1\"\n{}[[track]]\nname = \"a\"\nalgorithm = \"sha256\"\nnext = \"sha512\"\ntsa = [\"first\"]\n\
         [[tsa]]\nname = \"first\"\nurl = \"http://127.0.0.1:9/tsa\"\nburst = 100000\nper_second = 100000.0\n\
         [policy]\nbatch_documents = {batch}\nevidence_record_alone = [\"chart\"]\nstamp_trail = false\n",
        stores.concat()
    )
}

/// By this process so far, from files or the page cache.
fn octets_read() -> Result<u64, Failure> {
    let text = std::fs::read_to_string("/proc/self/io")?;
    let line = text.lines().find_map(|line| line.strip_prefix("rchar: ")).ok_or("no rchar")?;
    Ok(line.parse()?)
}

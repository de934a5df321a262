//! Archives of twelve years for other implementations to judge: `archive-of-years FOLDER` keeps two documents in each and hands
//! out their proofs today. In `stamp-renewed` the time stamps were renewed when their authority's certificate was about to end,
//! in `tree-renewed` the hash trees too when SHA-384 was, in this story.
//!
//! In each folder: the documents `chart.txt` and `letter.pdf`, which was signed (B-LT) in the first year, their proofs
//! `chart.asice` and, without the document, `chart.zip`; the authorities `hpki-root.pem`, `hpki-ca.pem`, `root-0.pem` and
//! `root-1.pem`, `trust.toml`, which trusts the roots, and `policy.toml`, which knows of the end.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use hsign::archive::{
    Archive, Authorities, Environment, ExportRequest, Intake, RenewRequest, Retention, init,
};
use hsign::crypto::SystemRandom;
use hsign::pki::Provenance;
use hsign::report::Language;
use hsign::{
    Content, Error, Form, Metadata, Policy, Purpose, Settings, SignRequest, Stamps, Time, ToSign, credential,
};
use hsign_core::facts::Level;
use hsign_core::ports::{NoNetwork, PortError, Timestamper};
use hsign_core::{Digest, DigestAlgorithm, ErrorKind, Octets, SecretReference, hex};
use hsign_testkit::{
    Ca, Clock, CrlName, DAY, PASSPHRASE, Person, Pki, Protection, Seconds, Tsa, YEAR, documents,
};
use hsign_tsp::{TimestampRequest, TimestampResponse};

/// An authority's units live ten years; the second generation is there after eight.
const GENERATIONS: [Seconds; 2] = [0, 8 * YEAR];
const LIFE: Seconds = 10 * YEAR;
/// When the first units are about to end.
const STAMP_RENEWED: Seconds = LIFE - 100 * DAY;
/// When the hash function is about to end.
const TREE_RENEWED: Seconds = 11 * YEAR;
const HASH_ENDS: Seconds = TREE_RENEWED + 100 * DAY;
const TODAY: Seconds = 12 * YEAR;

const CONFIG: &str = r#"
format = "hsign.archive-config/1"
[[store]]
name = "main"
url = "store"
access = "repair"
country = "JP"
operator = "the clinic"
[[track]]
name = "a"
algorithm = "sha384"
next = "sha512"
tsa = ["tsa"]
[[tsa]]
name = "tsa"
url = "http://127.0.0.1:9/tsa"
[policy]
evidence_record_alone = ["chart"]
"#;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("archive-of-years FOLDER"));
    for (story, hash_ends) in [("stamp-renewed", None), ("tree-renewed", Some(HASH_ENDS))] {
        let years = Years::new(folder.join(story), hash_ends);
        years.day(0).take();
        years.day(STAMP_RENEWED).renew();
        if hash_ends.is_some() {
            years.day(TREE_RENEWED).renew();
        }
        let today = years.day(TODAY);
        for key in ["chart", "letter"] {
            today.export(key, "asice", false);
            today.export(key, "zip", true);
        }
    }
}

struct Years {
    folder: PathBuf,
    start: Seconds,
    hash_ends: Option<Seconds>,
    generations: Vec<Arc<Pki>>,
}

impl Years {
    /// They end now.
    fn new(folder: PathBuf, hash_ends: Option<Seconds>) -> Self {
        fs::create_dir_all(&folder).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let start = Seconds::try_from(now).unwrap() - TODAY;
        let generation = |from| Arc::new(Pki::new("http://pki.test", start + from).unwrap());
        let years = Self { folder, start, hash_ends, generations: GENERATIONS.map(generation).into() };
        let mut registry = String::new();
        for (place, pki) in years.generations.iter().enumerate() {
            registry += "[[service]]\nkind = \"tsa\"\nsubject = \"tsa\"\naccreditation = \"mic\"\n";
            registry += &years.pinned(&format!("root-{place}.pem"), pki, Ca::TsaRoot);
        }
        registry += &format!(
            "[[anchor]]\nkind = \"hpki-root\"\nsubject = \"root\"\npolicies = [\"{}\"]\n",
            hsign_testkit::oid::SIGNATURE_POLICY
        );
        registry += &years.pinned("hpki-root.pem", years.signers(), Ca::HpkiRoot);
        // An anchor for those who take no list of its root out of a document.
        years.pinned("hpki-ca.pem", years.signers(), Ca::HpkiSignature);
        fs::write(years.folder.join("trust.toml"), registry).unwrap();
        years
    }

    /// Writes a root; how a registry names it.
    fn pinned(&self, name: &str, pki: &Pki, root: Ca) -> String {
        let der = pki.authority(root).certificate_der();
        let pem = openssl::x509::X509::from_der(der).unwrap().to_pem().unwrap();
        fs::write(self.folder.join(name), pem).unwrap();
        format!("certificate = \"{name}\"\nsha256 = \"{}\"\n", hex(&hsign::crypto::sha256(der)))
    }

    fn signers(&self) -> &Pki {
        &self.generations[0]
    }

    /// So many seconds after the start.
    fn day(&self, after: Seconds) -> Day<'_> {
        Day { years: self, now: self.start + after, settings: self.settings(after) }
    }

    /// The end of a hash function is known a year before.
    fn policy(&self, after: Seconds) -> String {
        let known = self.hash_ends.filter(|end| after >= end - YEAR);
        let mut policy = Policy::preset_text("etsi").unwrap().to_owned();
        if let Some(end) = known {
            let end = &Time::from_unix_seconds(self.start + end).unwrap().to_string()[..10];
            policy += &format!(
                "\n[[algorithms.digest]]\nname = \"SHA-384\"\ncollision = \"{end}\"\nsecond_pre_image = \"no-end\"\n\
                 certificate_identifier = \"no-end\"\nsource = \"a story\"\nconfidence = \"certain\"\n"
            );
        }
        policy
    }

    /// What is known then.
    fn settings(&self, after: Seconds) -> Settings {
        let policy = self.policy(after);
        fs::write(self.folder.join("policy.toml"), &policy).unwrap();
        let trust = hsign::load::trust(&[self.folder.join("trust.toml")], Purpose::Tsa).unwrap();
        let mut settings = Settings::new(Policy::parse(&policy).unwrap(), trust);
        for (pki, from) in self.generations.iter().zip(GENERATIONS).filter(|(_, from)| *from <= after) {
            // Authorities publish as long as their units live.
            let day = self.start + after.min(from + LIFE - DAY);
            for list in [CrlName::Tsa, CrlName::TsaRoot, CrlName::Signature, CrlName::Sarl] {
                let list = Octets::from(pki.crl(list, day).unwrap());
                settings.evidence.add(list.as_slice(), Provenance::Given).unwrap();
            }
        }
        settings
    }
}

struct Day<'y> {
    years: &'y Years,
    now: Seconds,
    settings: Settings,
}

impl Day<'_> {
    fn take(&self) {
        let folder = &self.years.folder;
        fs::write(folder.join("chart.txt"), "アムロジピン 5 mg\n").unwrap();
        fs::write(folder.join("letter.pdf"), self.signed(&documents::referral_letter().unwrap())).unwrap();
        self.run(|environment| init(&self.home(), CONFIG, no_secrets(), environment).map(drop));
        let intakes = ["chart.txt", "letter.pdf"].map(|name| Intake {
            location: folder.join(name).display().to_string(),
            key: name.split('.').next().map(str::to_owned),
            class: name.split('.').next().unwrap().to_owned(),
            retention: Retention::Open,
            beside: Vec::new(),
            replaces: None,
        });
        self.archive(|archive, environment| {
            let taken = archive.add(&intakes, environment)?;
            assert_eq!((taken.objects, taken.failed), (2, 0));
            Ok(())
        });
        self.renew();
    }

    /// By a doctor, with a time stamp and what proves the certificates.
    fn signed(&self, document: &Vec<u8>) -> Vec<u8> {
        let doctor = self.years.folder.join("doctor.p12");
        let identity = self.years.signers().person(Person::Doctor);
        fs::write(&doctor, identity.pkcs12(Protection::Aes).unwrap()).unwrap();
        let passphrase = self.years.folder.join("passphrase.txt");
        fs::write(&passphrase, PASSPHRASE).unwrap();
        let specification = format!("pkcs12:{}", doctor.display()).parse().unwrap();
        let secret = SecretReference::File(passphrase);
        let credential = credential::open(&specification, &secret, &credential::Options::default()).unwrap();
        let request = SignRequest {
            level: Some(Level::BLt),
            stamps: Stamps::Two,
            digest: DigestAlgorithm::Sha256,
            key: credential.protection(),
            metadata: Metadata::default(),
            statement: Default::default(),
            allow_pending: false,
        };
        let files = [Content { name: "letter.pdf", source: document }];
        let to_sign = ToSign::new(&files, Form::Pades);
        let time = || Time::from_unix_seconds(self.now).unwrap();
        let made = hsign::sign(
            &to_sign,
            credential.as_ref(),
            Some(self),
            &request,
            &self.settings,
            &NoNetwork,
            &time,
        );
        made.unwrap().output.over(document).unwrap()
    }

    fn renew(&self) {
        let request = RenewRequest { close_all: true, ..RenewRequest::default() };
        self.archive(|archive, environment| archive.renew(&request, environment).map(drop));
    }

    fn export(&self, key: &str, end: &str, without_document: bool) {
        let (key, out) = (key.to_owned(), self.years.folder.join(format!("{key}.{end}")));
        let request = ExportRequest { key, out, without_document, language: Language::En, force: false };
        self.archive(|archive, environment| archive.export(&request, environment).map(drop));
    }

    fn home(&self) -> PathBuf {
        self.years.folder.join("archive")
    }

    fn archive(&self, work: impl Fn(&Archive, &Environment<'_>) -> Result<(), Error>) {
        self.run(|environment| {
            let archive = Archive::open(&self.home(), no_secrets(), Arc::clone(&environment.checkpoints))?;
            work(&archive, environment)
        });
    }

    fn run(&self, work: impl Fn(&Environment<'_>) -> Result<(), Error>) {
        let time = Time::from_unix_seconds(self.now).unwrap();
        let environment = Environment {
            settings: &self.settings,
            fetcher: &NoNetwork,
            authorities: self,
            clock: &|| time,
            randomness: &SystemRandom,
            checkpoints: Arc::new(()),
            actor: "clerk",
            threads: 1,
            tell: &|_| (),
        };
        work(&environment).unwrap_or_else(|error| panic!("{time}: {error}: {:?}", error.finding()));
    }
}

impl Timestamper for Day<'_> {
    fn stamp(&self, imprint: &Digest) -> Result<Vec<u8>, PortError> {
        let imprint = imprint.clone();
        let request = TimestampRequest { imprint, nonce: None, policy: None, certificate_requested: true };
        let response = self.ask("tsa", &request.to_der().unwrap())?;
        Ok(TimestampResponse::parse(&response).unwrap().granted().unwrap().to_vec())
    }
}

impl Authorities for Day<'_> {
    fn ask(&self, _: &str, request: &[u8]) -> Result<Vec<u8>, PortError> {
        let after = self.now - self.years.start;
        let generation = GENERATIONS.iter().rposition(|from| *from <= after).unwrap();
        let tsa = Tsa::new(Arc::clone(&self.years.generations[generation]), Clock::fixed(self.now));
        Ok(tsa.respond(request, &[]).unwrap())
    }
}

fn no_secrets() -> Arc<hsign::net::SecretResolver> {
    Arc::new(|_: &SecretReference| Err(PortError::new(ErrorKind::Usage, "no secrets here")))
}

//! A day at the scanning desk: 2,000 sheets, a slow authority, two outages, and a machine that dies now and then. The
//! desk, the signatures and the stamps are real; the disk is in memory, so that what a crash loses can be decided.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use hsign::credential::{Credential, Options, open};
use hsign::net::{HttpTimestamper, Ports, TsaEndpoint};
use hsign::{
    Content, ExtendRequest, Form, Metadata, Policy, Purpose, Settings, SignRequest, Stamps, Time, ToSign,
    ValidationTime, load,
};
use hsign_core::facts::{Level, SignedMetadata};
use hsign_core::ports::{NoNetwork, PortError, Timestamper};
use hsign_core::{DigestAlgorithm, ErrorKind, Secret, Source};
use hsign_desk::{
    Candidate, Completion, Confirmation, Desk, Failure, Folder, Id, Kind, Made, Part, Place, Seen, State,
    Then, Work, Worker,
};
use hsign_testkit::{Endpoint, Fault, PASSPHRASE, Person, Testbed, documents};

const SHEETS: usize = 2_000;
/// Sheets between two looks at the folder.
const STACK: usize = 25;

/// Everything in memory but the log's last lines survives a crash.
#[derive(Default)]
struct Disk {
    files: RefCell<BTreeMap<(Place, String), Vec<u8>>>,
    log: RefCell<Vec<u8>>,
    synced: Cell<usize>,
}

impl Disk {
    fn crash(&self) {
        self.log.borrow_mut().truncate(self.synced.get());
    }
}

impl Folder for Disk {
    fn list(&self) -> Result<Vec<Seen>, PortError> {
        let files = self.files.borrow();
        let dropped = files.iter().take_while(|((place, _), _)| *place == Place::Drop);
        let seen = |((_, name), bytes): (&(Place, String), &Vec<u8>)| Seen {
            name: name.clone(),
            bytes: bytes.len() as u64,
            modified: 0,
        };
        Ok(dropped.map(seen).collect())
    }

    fn read(&self, place: Place, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.files.borrow().get(&(place, name.to_owned())).cloned())
    }

    fn exists(&self, place: Place, name: &str) -> Result<bool, PortError> {
        Ok(self.files.borrow().contains_key(&(place, name.to_owned())))
    }

    fn put(&self, place: Place, name: &str, bytes: &[u8], replace: bool) -> Result<bool, PortError> {
        if !replace && self.exists(place, name)? {
            return Ok(false);
        }
        self.files.borrow_mut().insert((place, name.to_owned()), bytes.to_vec());
        Ok(true)
    }

    fn take_away(&self, name: &str, to: Place, new: &str) -> Result<bool, PortError> {
        let Some(bytes) = self.files.borrow_mut().remove(&(Place::Drop, name.to_owned())) else {
            return Ok(false);
        };
        self.files.borrow_mut().insert((to, new.to_owned()), bytes);
        Ok(true)
    }

    fn log(&self) -> Result<Vec<u8>, PortError> {
        Ok(self.log.borrow().clone())
    }

    fn append(&self, line: &[u8], lasting: bool) -> Result<(), PortError> {
        self.log.borrow_mut().extend(line);
        if lasting {
            self.synced.set(self.log.borrow().len());
        }
        Ok(())
    }
}

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time::from_unix_seconds(since.as_secs().try_into().unwrap()).unwrap()
}

struct Office<'a> {
    credential: Box<dyn Credential + 'a>,
    timestamper: HttpTimestamper,
    settings: Settings,
    made: Cell<usize>,
}

impl<'a> Office<'a> {
    fn open(testbed: &Testbed, secret: &'a Secret) -> Self {
        let specification = format!("pkcs12:{}", testbed.person(Person::Pharmacist).pkcs12_path().display());
        let credential = open(&specification.parse().unwrap(), secret, &Options::default()).unwrap();
        let endpoint = TsaEndpoint { retries: 0, ..TsaEndpoint::at(&testbed.tsa_url()) };
        let ports = Ports {
            randomness: Box::new(hsign::crypto::SystemRandom),
            verifier: Box::new(hsign::crypto::OpensslVerifier::new()),
            now: Box::new(now),
            secrets: Box::new(|_| Err(PortError::new(ErrorKind::Usage, "no secrets here"))),
        };
        let timestamper = HttpTimestamper::new(vec![endpoint], ports).unwrap();
        let soft = Policy::preset_text("hpki")
            .unwrap()
            .replace("software_keys = \"except-hpki\"", "software_keys = \"allowed\"");
        let trust = load::trust(&[testbed.registry_path()], Purpose::Signer).unwrap();
        let settings = Settings::new(Policy::parse(&soft).unwrap(), trust);
        Self { credential, timestamper, settings, made: Cell::new(0) }
    }

    fn failed(error: &hsign::Error) -> Failure {
        Failure { code: error.finding().code, then: Then::Retry }
    }
}

impl Worker for Office<'_> {
    fn sign(&self, files: &[Candidate<'_>]) -> Result<Made, Failure> {
        let [file] = files else { panic!("each sheet alone") };
        let document = file.bytes.to_vec();
        let content = [Content { name: file.name, source: &document }];
        let mut statement = SignedMetadata::default();
        statement.confirmer = Some(file.confirmation.by.clone());
        let request = SignRequest {
            level: Some(Level::BT),
            stamps: Stamps::Two,
            digest: DigestAlgorithm::Sha256,
            key: self.credential.protection(),
            metadata: Metadata::default(),
            statement,
            allow_pending: true,
        };
        let signed = hsign::sign(
            &ToSign::new(&content, Form::Pades),
            self.credential.as_ref(),
            Some(&self.timestamper as &dyn Timestamper),
            &request,
            &self.settings,
            &NoNetwork,
            &now,
        );
        let signed = signed.map_err(|error| Self::failed(&error))?;
        self.made.set(self.made.get() + 1);
        Ok(Made {
            name: file.name.replace(".pdf", ".signed.pdf"),
            bytes: signed.output.over(file.bytes).unwrap(),
            level: signed.level.to_string(),
            pending: !signed.pending.is_empty(),
        })
    }

    fn complete(&self, _name: &str, bytes: &[u8]) -> Result<Completion, Failure> {
        let request = ExtendRequest {
            level: Some(Level::BT),
            signatures: Vec::new(),
            due: None,
            digest: DigestAlgorithm::Sha256,
        };
        let document = bytes.to_vec();
        let source: &dyn Source = &document;
        let timestamper = Some(&self.timestamper as &dyn Timestamper);
        let extension = hsign::extend(source, &[], timestamper, &request, &self.settings, &NoNetwork, &now);
        let extension = extension.map_err(|error| Self::failed(&error))?;
        let bytes =
            extension.output.map_or_else(|| document.clone(), |output| output.over(&document).unwrap());
        Ok(Completion { bytes, level: "B-T".to_owned(), pending: false })
    }
}

fn sheet(original: &[u8], number: usize) -> Vec<u8> {
    [original, format!("% sheet {number}\n%%EOF\n").as_bytes()].concat()
}

fn name(number: usize) -> String {
    format!("scan-{number:04}.pdf")
}

fn check(_: &[u8], _: Kind) -> Option<String> {
    None
}

/// The line of this hour of the day, told in sheets.
fn weather(testbed: &Testbed, number: usize) {
    let outage = [(600..700), (1_300..1_350)].iter().any(|hours| hours.contains(&number));
    let slow = (900..950).contains(&number);
    let faults = match (outage, slow) {
        (true, _) => vec![Fault::Status(503)],
        (_, true) => vec![Fault::Latency(Duration::from_millis(40))],
        _ => Vec::new(),
    };
    testbed.always_fault(Endpoint::Tsa, &faults);
}

#[test]
fn two_thousand_scans_with_a_slow_authority_and_two_outages() {
    let testbed = Testbed::start().expect("a test PKI");
    let original = std::fs::read(testbed.document_path(documents::REFERRAL_LETTER)).unwrap();
    let secret = Secret::new(PASSPHRASE.as_bytes().to_vec());
    let office = Office::open(&testbed, &secret);
    let disk = Disk::default();
    let clock = now;
    let mut desk = Desk::open(&disk, &clock, 0).unwrap();
    let word = Confirmation { by: "staff-7".to_owned(), part: Part::InformationManager };
    let (mut most_pending, mut crashes) = (0, 0);
    for stack in 0..SHEETS / STACK {
        for number in stack * STACK..(stack + 1) * STACK {
            disk.put(Place::Drop, &name(number), &sheet(&original, number), false).unwrap();
        }
        weather(&testbed, stack * STACK);
        desk.look(&check).unwrap();
        let found: Vec<Id> = desk.queue().in_state(State::Found).iter().map(|item| item.id).collect();
        for id in found {
            desk.confirm(id, word.clone()).unwrap();
        }
        let ready: Vec<Id> = desk.queue().in_state(State::Confirmed).iter().map(|item| item.id).collect();
        for id in ready {
            assert!(matches!(desk.sign(&[id], &office).unwrap(), Work::Signed(_)));
        }
        most_pending = most_pending.max(desk.queue().pending().len());
        if stack % 10 == 9 {
            // The machine dies: what the log hadn't got onto the disk is gone.
            disk.crash();
            crashes += 1;
            desk = Desk::open(&disk, &clock, 0).unwrap();
        }
    }
    assert_eq!((most_pending, crashes), (150, 8), "both outages left signatures waiting");
    testbed.clear_faults();
    let pending: Vec<Id> = desk.queue().pending().iter().map(|item| item.id).collect();
    for id in pending {
        assert!(matches!(desk.complete(id, &office).unwrap(), Work::Signed(_)));
    }
    desk.look(&check).unwrap();

    assert_eq!(office.made.get(), SHEETS, "no sheet was signed twice");
    assert_eq!(desk.queue().in_state(State::Done).len(), SHEETS);
    assert!(desk.queue().pending().is_empty());
    let files = disk.files.borrow();
    assert!(
        files.keys().all(|(place, _)| matches!(place, Place::Signed | Place::Originals)),
        "the folder is empty"
    );
    assert_eq!(files.len(), 2 * SHEETS);
    for number in 0..SHEETS {
        let sheet = sheet(&original, number);
        assert_eq!(files[&(Place::Originals, name(number))], sheet, "the original is kept");
        let signed = &files[&(Place::Signed, name(number).replace(".pdf", ".signed.pdf"))];
        assert!(signed.starts_with(&sheet), "every byte stays");
        if number % 50 == 0 {
            let source: &dyn Source = signed;
            let verified =
                hsign::verify(source, &office.settings, &NoNetwork, ValidationTime(now())).unwrap();
            let signatures = verified.verdict.signatures();
            assert_eq!(signatures.len(), 1);
            assert!(!signatures[0].timestamps().is_empty() || !verified.verdict.timestamps().is_empty());
        }
    }
}

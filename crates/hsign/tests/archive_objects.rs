//! An archive whose first store and documents lie in an object store.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod archive_support;

use std::sync::Arc;

use archive_support::{CONFIG, Clinic, NOW, intake};
use hsign::archive::{Archive, HoldSubject, Intake, Line, Retention, ScrubRequest, Summary, VerifyRequest};
use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, SecretReference};
use hsign_testkit::YEAR;
use hsign_testkit_s3::{ACCESS_KEY, S3Server, SECRET_KEY};

fn secrets() -> Arc<hsign::net::SecretResolver> {
    Arc::new(|reference: &SecretReference| match reference {
        SecretReference::Environment(name) if name == "ACCESS" => Ok(ACCESS_KEY.into()),
        SecretReference::Environment(name) if name == "SECRET" => Ok(SECRET_KEY.into()),
        _ => Err(PortError::new(ErrorKind::Usage, "no such secret")),
    })
}

struct Room {
    clinic: Clinic,
    server: S3Server,
}

impl Room {
    /// The trail and the bundles first in a bucket, then in a folder; documents in another bucket.
    fn new() -> Self {
        let (clinic, server) = (Clinic::new(), S3Server::start().unwrap());
        std::fs::create_dir(server.root().join("records")).unwrap();
        let reached = format!(
            "endpoint = \"{}\"\naccess_key = \"env:ACCESS\"\nsecret_key = \"env:SECRET\"\n",
            server.endpoint()
        );
        let keys = "access_key = \"env:ACCESS\"\nsecret_key = \"env:SECRET\"\n";
        let away = format!("[[bucket]]\nurl = \"s3://away\"\nendpoint = \"http://127.0.0.1:9\"\n{keys}");
        let config = CONFIG
            .replace("url = \"stores/main\"", &format!("url = \"s3://archive/clinic\"\n{reached}"))
            .replace(
                "[policy]",
                &format!("[[bucket]]\nurl = \"s3://records\"\n{reached}{away}[policy]\nstamp_trail = true"),
            );
        std::fs::remove_dir_all(clinic.home()).unwrap();
        clinic.run(|home, environment| {
            hsign::archive::init(home, &config, secrets(), environment).map(|_| Summary::default())
        });
        Self { clinic, server }
    }

    fn archive<T>(
        &self,
        work: impl FnOnce(&Archive, &hsign::archive::Environment<'_>) -> Result<T, hsign::Error>,
    ) -> Result<T, hsign::Error> {
        self.clinic.try_run(|home, environment| {
            let archive = Archive::open(home, secrets(), Arc::clone(&environment.checkpoints))?;
            work(&archive, environment)
        })
    }

    fn document(&self, number: usize) -> Intake {
        let path = self.server.root().join("records").join(format!("{number}.txt"));
        if !path.exists() {
            std::fs::write(path, format!("document {number}")).unwrap();
        }
        let start = "2016-10-01".parse().unwrap();
        intake(&format!("s3://records/{number}.txt"), None, "chart", Retention::Start(start))
    }
}

#[test]
fn documents_in_a_bucket_are_taken_stamped_verified_and_scrubbed() {
    let room = Room::new();
    let intakes: Vec<_> = (0..3).map(|number| room.document(number)).collect();
    let taken = room.archive(|archive, environment| archive.add(&intakes, environment)).unwrap();
    assert_eq!((taken.objects, taken.failed), (3, 0), "{:?}", room.clinic.lines());
    let request = hsign::archive::RenewRequest { close_all: true, ..Default::default() };
    let renewed = room.archive(|archive, environment| archive.renew(&request, environment)).unwrap();
    assert_eq!((renewed.tsa_requests, renewed.failed), (2, 0), "{:?}", room.clinic.lines());
    let everything = VerifyRequest { documents: true, ..VerifyRequest::default() };
    let verified = room.archive(|archive, environment| archive.verify(&everything, environment)).unwrap();
    assert_eq!((verified.objects, verified.failed), (4, 0), "with the trail: {:?}", room.clinic.lines());

    std::fs::write(room.server.root().join("records/1.txt"), "document X").unwrap();
    let all = ScrubRequest { everything: true, repair: false };
    let found = room.archive(|archive, environment| archive.scrub(all, environment)).unwrap();
    let named =
        |line: &Line| matches!(line, Line::DocumentDamaged { key, .. } if key == "s3://records/1.txt");
    assert!(found.failed == 1 && room.clinic.lines().iter().any(named), "{:?}", room.clinic.lines());
}

#[test]
fn a_server_in_trouble_sets_no_document_aside() {
    let room = Room::new();
    let away = Intake { location: "s3://away/0.txt".to_owned(), ..room.document(0) };
    let failed = room.archive(|archive, environment| archive.add(&[away], environment)).unwrap_err();
    assert_eq!((failed.kind(), failed.finding().code.as_str()), (ErrorKind::Remote, "object-store-failed"));
    let status = room.archive(|archive, environment| archive.status(environment)).unwrap();
    assert_eq!(status.set_aside, 0);
    let elsewhere = Intake { location: "s3://nobody/0.txt".to_owned(), ..room.document(0) };
    let aside = room.archive(|archive, environment| archive.add(&[elsewhere], environment)).unwrap();
    assert_eq!(aside.set_aside, 1, "a bucket that nobody configured");
}

#[test]
fn a_hold_reaches_documents_in_buckets() {
    let room = Room::new();
    let intakes = [room.document(0)];
    room.archive(|archive, environment| archive.add(&intakes, environment)).unwrap();
    let request = hsign::archive::RenewRequest { close_all: true, ..Default::default() };
    room.archive(|archive, environment| archive.renew(&request, environment)).unwrap();
    room.clinic.set(NOW + 6 * YEAR);
    let subject = HoldSubject::KeyPrefix("s3://records/".to_owned());
    room.archive(|archive, environment| archive.hold("court", &subject, "case 9", environment)).unwrap();
    let keys = ["s3://records/0.txt".to_owned()];
    let planned = room.archive(|archive, environment| archive.plan_deletion("d", &keys, "over", environment));
    assert_eq!(planned.unwrap_err().finding().code, "archive-deletion-refused");
}

//! The archive's use cases, from the first document to the last proof, on folders and SQLite.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod archive_support;

use archive_support::signer::Key;
use archive_support::{CONFIG, Clinic, NOW, generation, no_secrets};
use hsign::archive::{
    ExportRequest, HoldSubject, ImportRequest, Intake, Line, RenewRequest, Retention, ScrubRequest, Standing,
    Summary, VerifyRequest,
};
use hsign::credential::KeyProtection;
use hsign::report::{DocumentReport, Language, Outcome, VerifyReport, text};
use hsign::{Indication, Settings, Time, ValidationTime};
use hsign_core::DigestAlgorithm;
use hsign_core::ports::NoNetwork;
use hsign_testkit::{DAY, Fault, Person, YEAR};
use hsign_validation::DocumentVerdict;

#[test]
fn documents_are_verified_taken_sealed_stamped_and_proven() {
    let clinic = Clinic::new();
    let mut intakes = clinic.charts(0..5);
    intakes.push(clinic.document(9, "letter", Retention::Open));
    let mut missing = clinic.document(10, "chart", Retention::Open);
    missing.location.push_str(".gone");
    intakes.push(missing);
    let taken = clinic.add(&intakes);
    assert_eq!((taken.objects, taken.failed, taken.set_aside), (7, 2, 2), "{:?}", clinic.lines());
    let reasons: Vec<_> = clinic
        .lines()
        .iter()
        .filter_map(|line| match line {
            Line::SetAside { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, ["no-stamp", "unreadable"]);

    let again = clinic.add(&intakes[..5]);
    assert!(clinic.lines().iter().all(|line| matches!(line, Line::Known { .. })), "{again:?}");
    let planned = clinic.archive(|archive, environment| archive.plan(environment));
    assert_eq!((planned.waiting, planned.tsa_requests, planned.yen), (5, 1, Some(10)));

    let renewed = clinic.renew();
    assert_eq!((renewed.tsa_requests, renewed.yen, renewed.failed), (1, Some(10), 0), "{:?}", clinic.lines());
    assert_eq!((renewed.objects, renewed.batches), (5, 1), "a bundle that is sealed and stamped is one");
    assert_eq!(clinic.desk.asked.lock().unwrap().as_slice(), ["first"]);
    assert_eq!(clinic.verified(), 5);
    let nothing = clinic.renew();
    assert_eq!((nothing.tsa_requests, nothing.batches), (0, 0));
    let status = clinic.archive(|archive, environment| archive.status(environment));
    assert_eq!((status.set_aside, status.standing), (2, Standing::Due), "set aside documents are due");
}

#[test]
fn time_stamps_and_trees_are_renewed_before_they_end() {
    let clinic = Clinic::new();
    clinic.add(&clinic.charts(0..4));
    clinic.renew();
    clinic.add(&clinic.charts(4..7));
    clinic.renew();
    assert_eq!(clinic.desk.asked.lock().unwrap().len(), 2);

    // Half a year before the units of the first generation end.
    clinic.set(NOW + 10 * YEAR - 170 * DAY);
    let planned = clinic.archive(|archive, environment| archive.plan(environment));
    assert_eq!((planned.tsa_requests, planned.standing), (1, Standing::Due), "{:?}", clinic.lines());
    let renewed = clinic.renew();
    assert_eq!((renewed.tsa_requests, renewed.failed, renewed.batches), (1, 0, 2), "{:?}", clinic.lines());
    clinic.set(NOW + 11 * YEAR);
    assert_eq!(clinic.verified(), 7);

    // SHA-256 is said to end in a year: new trees, with the second digest that is known, so that no document is read.
    let row = "[[algorithms.digest]]\nname = \"SHA-256\"\ncollision = \"2029-06-30\"\nsecond_pre_image = \"no-end\"\n\
               certificate_identifier = \"no-end\"\nsource = \"mapping\"\nconfidence = \"likely\"\n";
    clinic.policy.lock().unwrap().push_str(row);
    clinic.set(NOW + 12 * YEAR + 200 * DAY);
    std::fs::rename(clinic.path(0), clinic.path(900)).unwrap();
    let renewed = clinic.renew();
    assert_eq!((renewed.tsa_requests, renewed.failed, renewed.read), (2, 0, 0), "{:?}", clinic.lines());
    std::fs::rename(clinic.path(900), clinic.path(0)).unwrap();
    assert_eq!(clinic.verified(), 7);
    let steps = clinic.lines();
    assert!(!steps.is_empty());
}

#[test]
fn rfc4998_5_3_documents_stay_proven_after_the_end_of_a_hash_function_whose_trees_were_renewed() {
    let clinic = Clinic::new();
    clinic.configure(&CONFIG.replace("\"sha256\"", "\"sha384\""));
    clinic.add(&clinic.charts(0..4));
    clinic.renew();
    let row = "[[algorithms.digest]]\nname = \"SHA-384\"\ncollision = \"2019-06-30\"\nsecond_pre_image = \"no-end\"\n\
               certificate_identifier = \"no-end\"\nsource = \"mapping\"\nconfidence = \"likely\"\n";
    clinic.policy.lock().unwrap().push_str(row);
    clinic.set(NOW + 2 * YEAR + 200 * DAY);
    assert_eq!(clinic.renew().tsa_requests, 1, "{:?}", clinic.lines());
    clinic.set(NOW + 3 * YEAR);
    assert_eq!(clinic.verified(), 4);
    // What comes now is under the next function from the start.
    clinic.add(&clinic.charts(4..6));
    assert_eq!(clinic.renew().tsa_requests, 1, "{:?}", clinic.lines());
    assert_eq!(clinic.renew().tsa_requests, 0, "no tree is renewed at once");
    assert_eq!(clinic.verified(), 6);
}

#[test]
fn an_authority_that_fails_is_passed_over_and_one_whose_clock_is_wrong_refused() {
    let clinic = Clinic::new();
    clinic.add(&clinic.charts(0..2));
    clinic.desk.faults.lock().unwrap().push_back(("first".to_owned(), Fault::Status(503)));
    let renewed = clinic.renew();
    assert_eq!((renewed.tsa_requests, renewed.yen), (1, Some(20)), "the spare one is dearer");
    clinic.add(&clinic.charts(2..4));
    for name in ["first", "spare"] {
        clinic.desk.faults.lock().unwrap().push_back((name.to_owned(), Fault::GenTimeOffset(2 * 3600)));
    }
    let refused = clinic.renew();
    assert_eq!((refused.tsa_requests, refused.failed), (0, 1), "{:?}", clinic.lines());
    assert_eq!(refused.stopped.unwrap().code, "archive-tsa-answer-refused");
    let status = clinic.archive(|archive, environment| archive.status(environment));
    assert_eq!(status.standing, Standing::Due);
    assert!(clinic.lines().iter().any(|line| matches!(line, Line::Alarm { .. })));
}

#[test]
fn a_token_that_is_not_der_is_refused_and_another_authority_asked() {
    let clinic = Clinic::new();
    clinic.add(&clinic.charts(0..2));
    clinic.desk.faults.lock().unwrap().push_back(("first".to_owned(), Fault::BerToken));
    let renewed = clinic.renew();
    assert_eq!((renewed.failed, renewed.yen), (0, Some(20)), "{:?}", clinic.lines());
    assert_eq!(clinic.verified(), 2);
    clinic.add(&clinic.charts(2..4));
    for name in ["first", "spare"] {
        clinic.desk.faults.lock().unwrap().push_back((name.to_owned(), Fault::BerToken));
    }
    assert_eq!(clinic.renew().failed, 1);
    let told = |line: &Line| matches!(line, Line::Failed { findings, .. } if findings.iter().any(|one| one.code == "archive-token-not-der"));
    assert!(clinic.lines().iter().any(told), "{:?}", clinic.lines());
}

/// What people read of a proof.
fn report_of(verdict: &DocumentVerdict, settings: &Settings, time: ValidationTime) -> String {
    let document = DocumentReport { path: "proof.asice".to_owned(), outcome: Outcome::Judged(verdict) };
    let report = VerifyReport {
        validation_time: time,
        policy: &settings.policy,
        trust_sha256: settings.trust.sha256(),
        documents: vec![document],
    };
    text(&report, Language::En)
}

#[test]
fn a_proof_opens_without_the_archive() {
    let clinic = Clinic::new();
    clinic.add(&clinic.charts(0..5));
    clinic.renew();
    let out = clinic.room.path().join("proof.asice");
    let request = ExportRequest {
        key: "chart/003".to_owned(),
        out: out.clone(),
        without_document: false,
        language: Language::En,
        force: false,
    };
    clinic.archive(|archive, environment| archive.export(&request, environment));
    let mut settings = clinic.settings();
    settings.evidence = hsign::Evidence::default();
    let container = std::fs::read(&out).unwrap();
    let time = ValidationTime(Time::from_unix_seconds(NOW + DAY / 2).unwrap());
    let verdict = hsign::verify(&container, &settings, &NoNetwork, time).unwrap().verdict;
    let record = &verdict.evidence_records()[0];
    assert_eq!(record.indication(), Indication::TotalPassed, "{:?}", record.findings());
    assert_eq!(verdict.files()[0].name, "003.txt");
    assert_eq!(verdict.files()[0].covered_by[0].intact, Some(true));
    let said = report_of(&verdict, &settings, time);
    let first = said.lines().next().unwrap();
    assert!(first.starts_with("proof.asice: NO SIGNATURE - in existence at 20"), "{said}");
    assert!(said.contains("  Evidence record: VALID - in existence at 20"), "{said}");
    let again = clinic.try_archive(|archive, environment| archive.export(&request, environment));
    assert!(again.is_err(), "what is there is not replaced");
    let request =
        ExportRequest { without_document: true, out: clinic.room.path().join("proof.zip"), ..request };
    clinic.archive(|archive, environment| archive.export(&request, environment));
    std::fs::write(clinic.path(3), "document X").unwrap();
    let request = ExportRequest { without_document: false, force: true, ..request };
    let damaged = clinic.try_archive(|archive, environment| archive.export(&request, environment));
    assert_eq!(damaged.unwrap_err().finding().code, "archive-proof-of-damaged");
}

#[test]
fn damage_is_found_told_and_repaired() {
    let clinic = Clinic::new();
    clinic.add(&clinic.charts(0..3));
    clinic.renew();
    let all = ScrubRequest { everything: true, repair: false };
    let fine = clinic.archive(|archive, environment| archive.scrub(all, environment));
    assert_eq!((fine.objects, fine.failed, fine.standing), (3, 0, Standing::Fine), "{:?}", clinic.lines());

    std::fs::write(clinic.path(1), "document Y").unwrap();
    let bundles = clinic.home().join("stores/second/bundles");
    let bundle = std::fs::read_dir(bundles).unwrap().next().unwrap().unwrap().path();
    let leaves = bundle.join("leaves-sha256.bin");
    let mut bytes = std::fs::read(&leaves).unwrap();
    bytes[5] ^= 1;
    std::fs::write(&leaves, &bytes).unwrap();
    let found = clinic.archive(|archive, environment| archive.scrub(all, environment));
    assert_eq!((found.failed, found.standing), (2, Standing::Overdue), "{:?}", clinic.lines());
    let named = |line: &Line| matches!(line, Line::DocumentDamaged { key, .. } if key == "chart/001");
    assert!(clinic.lines().iter().any(named));

    let repair = ScrubRequest { everything: true, repair: true };
    let repaired = clinic.archive(|archive, environment| archive.scrub(repair, environment));
    assert_eq!(repaired.failed, 1, "the document has no second copy: {:?}", clinic.lines());
    std::fs::write(clinic.path(1), "document 1").unwrap();
    let fine = clinic.archive(|archive, environment| archive.scrub(all, environment));
    assert_eq!(fine.failed, 0);
}

#[test]
fn the_index_is_made_anew_from_the_stores_and_a_drill_proves_that_it_can_be() {
    let clinic = Clinic::new();
    clinic.add(&clinic.charts(0..3));
    clinic.renew();
    clinic.add(&clinic.charts(3..5));
    let before = clinic.archive(|archive, environment| archive.status(environment));
    std::fs::remove_file(clinic.home().join("index.db")).unwrap();
    for beside in ["index.db-wal", "index.db-shm"] {
        let _ = std::fs::remove_file(clinic.home().join(beside));
    }
    clinic.run(|home, environment| {
        hsign::archive::rebuild_index(home, archive_support::no_secrets(), environment)
    });
    let after = clinic.archive(|archive, environment| archive.status(environment));
    assert_eq!(before, after);
    assert_eq!(clinic.verified(), 3);
    let drill = clinic.archive(|archive, environment| archive.drill("second", 2, environment));
    assert_eq!((drill.failed, drill.batches), (0, 1), "{:?}", clinic.lines());
    let trail = clinic.archive(|archive, environment| archive.verify_trail(environment));
    assert_eq!(trail.failed, 0);
    let out = clinic.room.path().join("for-auditors");
    clinic.archive(|archive, environment| archive.export_trail(&out, environment));
    assert!(out.join("trail/0000000001.jsonl").is_file());
}

/// Carries a deletion out with a doctor's signature.
fn delete(clinic: &Clinic, name: &str) -> Result<Summary, hsign::Error> {
    let pki = generation(clinic.now());
    let key = Key(pki.person(Person::Doctor));
    let protection = KeyProtection::Token {
        hardware: true,
        always_authenticate: None,
        extractable: Some(false),
        sensitive: Some(true),
    };
    clinic.try_archive(|archive, environment| archive.run_deletion(name, &key, &protection, environment))
}

#[test]
fn what_is_held_stays_and_what_is_deleted_is_deleted_by_two_people() {
    let clinic = Clinic::new();
    let start = "2016-10-01".parse().unwrap();
    let charts: Vec<_> =
        (0..3).map(|number| clinic.document(number, "chart", Retention::Start(start))).collect();
    clinic.add(&charts);
    clinic.renew();
    let keys = vec!["chart/001".to_owned()];
    let plan = |clinic: &Clinic| {
        clinic.try_archive(|archive, environment| {
            archive.plan_deletion("purge-1", &keys, "kept long enough", environment)
        })
    };
    assert_eq!(plan(&clinic).unwrap_err().finding().code, "archive-deletion-refused", "retention runs");
    clinic.set(NOW + 6 * YEAR);
    let subject = HoldSubject::Key("chart/001".to_owned());
    clinic.archive(|archive, environment| archive.hold("court-7", &subject, "case 7", environment));
    assert!(plan(&clinic).is_err(), "it is held");
    clinic.archive(|archive, environment| archive.release("court-7", "closed", environment));
    plan(&clinic).unwrap();
    let approve = |clinic: &Clinic| {
        clinic.try_archive(|archive, environment| archive.approve_deletion("purge-1", environment))
    };
    assert_eq!(approve(&clinic).unwrap_err().finding().code, "archive-deletion-by-planner");
    *clinic.actor.lock().unwrap() = "director".to_owned();
    approve(&clinic).unwrap();
    assert!(clinic.path(1).exists());
    clinic.set(NOW + 8 * YEAR + DAY);
    assert_eq!(delete(&clinic, "purge-1").unwrap().objects, 1);
    assert!(!clinic.path(1).exists());
    let deleted = |line: &Line| matches!(line, Line::Deleted { key, .. } if key == "chart/001");
    assert!(clinic.lines().iter().any(deleted));
    assert_eq!(delete(&clinic, "purge-1").unwrap().objects, 0, "nothing is left to do");
    assert_eq!(clinic.verified(), 2, "the neighbours' evidence stands");
    assert!(clinic.add(&charts[1..2]).failed == 1, "what was deleted doesn't come back under its key");
    let mut certificates = Vec::new();
    let out = clinic.room.path().join("audit");
    clinic.archive(|archive, environment| archive.export_trail(&out, environment));
    let mut names: Vec<_> =
        std::fs::read_dir(out.join("trail")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let mut head = hsign_archive::TrailHead::START;
    for name in names {
        let segment = hsign_archive::Segment::read(&std::fs::read(name).unwrap(), head).unwrap();
        head = segment.head();
        for event in segment.events() {
            if let hsign_archive::Event::DeletionCertified { certificate, .. } = event {
                certificates.push(certificate.as_slice().to_vec());
            }
        }
    }
    assert_eq!(certificates.len(), 1);
    let settings = clinic.settings();
    let time = ValidationTime(Time::from_unix_seconds(clinic.now()).unwrap());
    let verdict = hsign::verify(&certificates[0], &settings, &NoNetwork, time).unwrap().verdict;
    assert_eq!(verdict.indication(), Indication::TotalPassed, "{:?}", verdict.findings());
}

#[test]
fn without_rows_of_documents_they_are_found_in_the_bundles() {
    let clinic = Clinic::new();
    let config = CONFIG.replacen("[[store]]", "keep_documents_in_bundles_only = true\n[[store]]", 1);
    clinic.configure(&config);
    let start = "2016-10-01".parse().unwrap();
    let charts: Vec<_> =
        (0..4).map(|number| clinic.document(number, "chart", Retention::Start(start))).collect();
    clinic.add(&charts);
    clinic.renew();
    let rows = || {
        let mut index = hsign_archive_store::Index::sqlite(&clinic.home().join("index.db")).unwrap();
        index.documents(None, 99).unwrap().into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    assert!(rows().is_empty());

    assert_eq!(clinic.verified(), 4);
    let one = VerifyRequest { keys: vec!["chart/002".to_owned()], ..VerifyRequest::default() };
    assert_eq!(clinic.archive(|archive, environment| archive.verify(&one, environment)).objects, 1);
    let request = ExportRequest {
        key: "chart/001".to_owned(),
        out: clinic.room.path().join("proof.asice"),
        without_document: false,
        language: Language::En,
        force: false,
    };
    clinic.archive(|archive, environment| archive.export(&request, environment));
    clinic.add(&charts);
    assert!(clinic.lines().iter().all(|line| matches!(line, Line::Known { .. })), "{:?}", clinic.lines());
    let other =
        Intake { location: clinic.document(7, "chart", Retention::Open).location, ..charts[1].clone() };
    assert_eq!(clinic.add(&[other]).failed, 1, "the key is another document's");
    let newer =
        Intake { replaces: charts[3].key.clone(), ..clinic.document(8, "chart", Retention::Start(start)) };
    clinic.add(&[newer]);
    clinic.renew();
    assert_eq!(rows(), ["chart/008"], "what replaces another is known by that");

    clinic.set(NOW + 6 * YEAR);
    let plan = |keys: &[&str], name: &str| {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        clinic.try_archive(|archive, environment| {
            archive.plan_deletion(name, &keys, "long enough", environment)
        })
    };
    let refused = plan(&["chart/003"], "d0").unwrap_err().finding();
    assert_eq!(refused.code, "archive-deletion-refused", "a later version stays");
    assert_eq!(plan(&["chart/010"], "d0").unwrap_err().finding().code, "archive-no-such-document");
    plan(&["chart/000", "chart/002"], "d1").unwrap();
    *clinic.actor.lock().unwrap() = "director".to_owned();
    clinic.archive(|archive, environment| archive.approve_deletion("d1", environment));
    clinic.set(NOW + 8 * YEAR + DAY);
    assert_eq!(delete(&clinic, "d1").unwrap().objects, 2);
    assert!(!clinic.path(0).exists() && clinic.path(1).exists() && !clinic.path(2).exists());
    assert_eq!(clinic.add(&charts[2..3]).failed, 1, "what was deleted doesn't come back under its key");
    assert_eq!(clinic.verified(), 3);
    clinic.run(|home, environment| hsign::archive::rebuild_index(home, no_secrets(), environment));
    assert_eq!(clinic.verified(), 3);
}

#[test]
fn documents_that_carry_their_own_stamp_get_another_in_a_new_version() {
    let clinic = Clinic::new();
    let config = CONFIG.replace("[policy]", "[policy]\nin_document = [\"letter\"]");
    clinic.configure(&config);
    let letter = clinic.letter();
    let path = letter.location.clone();
    let original = std::fs::read(&path).unwrap();
    assert_eq!(clinic.add(&[letter]).failed, 0, "{:?}", clinic.lines());
    let request = RenewRequest { close_all: true, in_documents: true, ..RenewRequest::default() };
    let renew = || clinic.archive(|archive, environment| archive.renew(&request, environment));
    assert_eq!(renew().failed, 0, "{:?}", clinic.lines());
    let extended = |line: &Line| matches!(line, Line::Extended { .. });
    assert!(!clinic.lines().iter().any(extended), "not due yet");
    clinic.set(NOW + 10 * YEAR - 170 * DAY);
    assert_eq!(renew().failed, 0, "{:?}", clinic.lines());
    assert!(clinic.lines().iter().any(extended), "{:?}", clinic.lines());
    assert_eq!(std::fs::read(&path).unwrap(), original, "the original is never changed");
    assert_eq!(clinic.verified(), 2, "both versions are proven");
}

#[test]
fn digests_that_another_engine_computed_are_taken_after_a_sample_was_computed_again() {
    let clinic = Clinic::new();
    let line = |number: usize, data: &str| {
        let _ = clinic.document(number, "chart", Retention::Open);
        let digest = |algorithm| hsign_crypto::digest(algorithm, data.as_bytes()).unwrap().hex();
        let (sha256, sha512) = (digest(DigestAlgorithm::Sha256), digest(DigestAlgorithm::Sha512));
        format!(
            "k{number},{},{},chart,2020-01-31,{sha256},{sha512}\n",
            clinic.path(number).display(),
            data.len()
        )
    };
    let head = "key,location,size,class,retention_start,sha256,sha512\n".to_owned();
    let manifest = clinic.room.path().join("manifest.csv");
    let import = || {
        let request = ImportRequest { manifest: manifest.clone(), sample: 10 };
        clinic.try_archive(|archive, environment| archive.import_digests(&request, environment))
    };
    std::fs::write(&manifest, head.clone() + &line(1, "document 1") + &line(2, "document Z")).unwrap();
    assert_eq!(import().unwrap_err().finding().code, "archive-manifest-wrong");
    std::fs::write(&manifest, head + &line(1, "document 1") + &line(2, "document 2")).unwrap();
    assert_eq!(import().unwrap().objects, 2);
    clinic.renew();
    assert_eq!(clinic.verified(), 2);
}

#[test]
fn renewing_where_nothing_is_due_asks_nobody() {
    let clinic = Clinic::new();
    clinic.add(&clinic.charts(0..1));
    let young = RenewRequest::default();
    let summary = clinic.archive(|archive, environment| archive.renew(&young, environment));
    assert_eq!(
        (summary.tsa_requests, summary.waiting),
        (0, 1),
        "its batch isn't closed before a day is over"
    );
    clinic.set(NOW + DAY + 1);
    let summary = clinic.archive(|archive, environment| archive.renew(&young, environment));
    assert_eq!((summary.tsa_requests, summary.waiting), (1, 0));
}

#[test]
fn several_workers_share_the_work_and_no_bundle_is_stamped_twice() {
    let clinic = Clinic::new();
    let config = CONFIG.replace("[policy]", "[policy]\nbatch_documents = 1");
    clinic.configure(&config);
    clinic.add(&clinic.charts(0..8));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| clinic.renew());
        }
    });
    assert_eq!(clinic.desk.asked.lock().unwrap().len(), 8);
    assert_eq!(clinic.verified(), 8);
}

#[test]
fn a_run_spends_no_more_than_its_budget() {
    let clinic = Clinic::new();
    let config = CONFIG.replace("[policy]", "[budget]\nyen_per_run = 45\n[policy]\nbatch_documents = 1");
    clinic.configure(&config);
    clinic.add(&clinic.charts(0..4));
    let summary = clinic.renew();
    assert_eq!(
        (summary.tsa_requests, summary.yen, summary.failed),
        (2, Some(20), 2),
        "the spare one costs 20"
    );
    assert_eq!(summary.stopped.unwrap().code, "archive-run-budget-spent");
}

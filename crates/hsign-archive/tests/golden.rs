//! A bundle of each version of the format that was ever written stays readable, and what it proves stays provable.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod support;

use std::path::{Path, PathBuf};

use hsign_archive::{
    Bundle, Document, Drill, Event, HoldSubject, RecordedVerdict, Recorder, RetentionEnd, Segment,
    StoreFacts, TimestampRenewal, TrailHead, TreeRenewal, seal, segment_name,
};
use hsign_core::Octets;
use hsign_ers::Record;
use support::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/archive/bundle-1")
}

fn golden() -> (String, Files) {
    let folder = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let bundle = folder.into_iter().find(|path| path.is_dir()).unwrap();
    let files = std::fs::read_dir(&bundle).unwrap().map(|entry| entry.unwrap());
    let files =
        files.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()));
    (bundle.file_name().unwrap().to_str().unwrap().to_owned(), files.collect())
}

#[test]
fn a_bundle_of_version_1_is_read_and_gives_the_records_it_gave_when_it_was_made() {
    let (id, files) = golden();
    let reading = hsign_archive::read(&id, &files);
    assert_eq!((reading.damage, reading.unused), (vec![], Vec::<String>::new()));
    let bundle = reading.bundle.unwrap();
    let places: Vec<_> = bundle.steps("a").iter().map(|step| step.place()).collect();
    assert_eq!((bundle.documents().len(), places), (5, vec![(1, 1), (1, 2), (2, 1), (2, 2)]));
    assert_eq!(bundle.documents()[4].replaces(), Some("chart/0003"));
    assert_eq!(bundle.documents()[4].verdict().unwrap().indication, "TOTAL-PASSED");
    let recorder = Recorder::new(&bundle, "a").unwrap();
    for place in 0..5 {
        let record = recorder.record(place).unwrap();
        assert_eq!(record, std::fs::read(folder().join(format!("record-{place}.ers"))).unwrap());
        assert_eq!(Record::parse(&record).unwrap().chains().len(), 2);
    }
}

fn trail() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/archive/trail-1")
}

/// The kinds of events in the table of the format's page.
fn documented_kinds() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/trail-format.md");
    let page = std::fs::read_to_string(page).unwrap();
    let table = page.split("## Events").nth(1).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(kind, _)| kind.to_owned()).collect()
}

fn kind_of(event: &Event) -> String {
    serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned()
}

#[test]
fn a_trail_of_version_1_is_read_and_has_every_event_of_its_page() {
    let mut head = TrailHead::START;
    let mut kinds = Vec::new();
    for number in 1..=3 {
        let bytes = std::fs::read(trail().join(segment_name(number))).unwrap();
        let segment = Segment::read(&bytes, head).unwrap();
        assert_eq!((segment.number(), segment.before()), (number, head));
        kinds.extend(segment.events().iter().map(kind_of));
        head = segment.head();
    }
    assert_eq!(kinds, documented_kinds());
    let last = std::fs::read_to_string(trail().join("head.txt")).unwrap();
    assert_eq!(hsign_core::hex(&head.sha256), last.trim());
}

/// Run once for a version of the format, when its writer is finished; never again.
#[test]
#[ignore = "writes the trail that the other test reads"]
fn make_the_trail_of_version_1() {
    assert!(!trail().exists(), "what was written once is never written again");
    std::fs::create_dir_all(trail().join("trail")).unwrap();
    let events = events();
    let mut head = TrailHead::START;
    for (number, part) in events.chunks(7).enumerate() {
        let time = format!("2026-11-{}T09:00:00.5Z", 21 + number).parse().unwrap();
        let actor = ["田中 clerk", "renewal", "head of records"][number];
        let segment = Segment::next(head, time, actor, part.to_vec()).unwrap();
        std::fs::write(trail().join(segment.name()), segment.bytes()).unwrap();
        head = segment.head();
    }
    std::fs::write(trail().join("head.txt"), hsign_core::hex(&head.sha256) + "\n").unwrap();
}

/// One event of every kind, in the order of the page.
fn events() -> Vec<Event> {
    let text = str::to_owned;
    let bundle = "0f".repeat(32);
    let digest = digest(SHA256, b"document");
    let document = Document::new("rx/2026/0001", 8, &[digest], "prescription-dispensed", RetentionEnd::Open);
    let document = document.unwrap().at("/records/0001.xml").unwrap().replacing("rx/2026/0000").unwrap();
    let store = |name: &str, country: &str, operator: &str, access: &str| StoreFacts {
        name: text(name),
        country: text(country),
        operator: text(operator),
        access: text(access),
    };
    let drill =
        Drill { store: text("second"), segments: 2, bundles: 1, documents: 1, verified: 1, failed: 0 };
    let (deletion, hold, key) = (text("d-2031-04"), text("court-17"), text("rx/2026/0001"));
    let file = text("trail/0000000001.jsonl");
    vec![
        Event::Stores {
            stores: vec![
                store("main", "JP", "our own server room", "repair"),
                store("second", "JP", "a cloud", "add"),
            ],
        },
        Event::Taken { document, origin: Some(text("digest manifest 0f0f")) },
        Event::SetAside {
            key: text("rx/2026/0002"),
            location: text("/records/0002.xml"),
            reason: text("TOTAL-FAILED"),
            findings: vec![text("hash-mismatch")],
        },
        Event::SetAsideSettled { key: text("rx/2026/0002"), how: text("再スキャン") },
        Event::Sealed { bundle: bundle.clone(), documents: 1 },
        Event::Stamped {
            bundle: bundle.clone(),
            track: text("a"),
            chain: 1,
            number: 1,
            gen_time: "2026-11-21T09:00:01Z".parse().unwrap(),
            tsa: text("first"),
        },
        Event::Retention {
            key: key.clone(),
            start: "2026-04-30".parse().unwrap(),
            end: "2031-04-30".parse().unwrap(),
        },
        Event::Located { key: key.clone(), locations: vec![text("s3://records/0001.xml")] },
        Event::Held {
            hold: hold.clone(),
            subject: HoldSubject::KeyPrefix(text("rx/2026/")),
            reason: text("訴訟"),
        },
        Event::Released { hold, reason: text("settled") },
        Event::DeletionPlanned {
            deletion: deletion.clone(),
            keys: vec![key],
            reason: text("retention is over"),
            not_before: "2031-06-01T00:00:00Z".parse().unwrap(),
        },
        Event::DeletionApproved { deletion: deletion.clone() },
        Event::Deleted {
            deletion: deletion.clone(),
            bundle: bundle.clone(),
            place: 0,
            locations: vec![text("s3://records/0001.xml")],
        },
        Event::DeletionCancelled { deletion: deletion.clone(), reason: text("the rest stays") },
        Event::DeletionCertified { deletion, certificate: Octets(vec![0x30, 0x00]) },
        Event::Damaged { what: file.clone(), place: text("second") },
        Event::Repaired { what: file, place: text("second"), from: text("main") },
        Event::Drill { drill },
    ]
}

fn renewed(bundle: &mut Bundle, files: &mut Files, day: i64) {
    let other = stamped(7).0;
    let again = bundle.last_step("a").unwrap().algorithm() == SHA256;
    let others = if again { vec![&other, &*bundle] } else { vec![&*bundle] };
    let renewal = TimestampRenewal::over(others.into_iter().map(as_it_is), "a").unwrap();
    let step = renewal.step(bundle, &token(&renewal.root(), day)).unwrap();
    put(bundle, files, &step);
}

/// Run once for a version of the format, when its writer is finished; never again.
#[test]
#[ignore = "writes the bundle that the other test reads"]
fn make_the_bundle_of_version_1() {
    assert!(!folder().exists(), "what was written once is never written again");
    let mut batch = batch(5, &[track("a", SHA256), track("b", SHA512)]);
    let newest = batch.documents.pop().unwrap().replacing("chart/0003").unwrap();
    batch.documents.push(newest.judged(RecordedVerdict {
        indication: "TOTAL-PASSED".to_owned(),
        sub_indication: None,
        time: "2026-09-21T00:00:00Z".parse().unwrap(),
    }));
    let sealed = seal(&batch).unwrap();
    let mut bundle = sealed.bundle;
    let mut files: Files = sealed.files.into_iter().map(|file| (file.name, file.bytes)).collect();
    for name in ["a", "b"] {
        let step = bundle.first_step(name, &token(&bundle.root(name).unwrap(), 0)).unwrap();
        put(&mut bundle, &mut files, &step);
    }
    renewed(&mut bundle, &mut files, 1);
    let renewal =
        TreeRenewal::over(as_it_is(&bundle), "a", hsign_archive::known_digests(&bundle, SHA512)).unwrap();
    let step = renewal.step(&bundle, &token(&renewal.root(), 2)).unwrap();
    put(&mut bundle, &mut files, &step);
    renewed(&mut bundle, &mut files, 3);
    let place = folder().join(bundle.id());
    std::fs::create_dir_all(&place).unwrap();
    for (name, bytes) in files {
        std::fs::write(place.join(name), bytes).unwrap();
    }
    let recorder = Recorder::new(&bundle, "a").unwrap();
    for number in 0..5 {
        std::fs::write(folder().join(format!("record-{number}.ers")), recorder.record(number).unwrap())
            .unwrap();
    }
}

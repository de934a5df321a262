//! The trail: read strictly, as it was written; a trail of each version of the format stays readable.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};

use hsign_archive::{
    Document, Drill, Error, Event, HoldSubject, RetentionEnd, Segment, StoreFacts, TrailHead, segment_name,
    segment_number,
};
use hsign_core::{DigestAlgorithm, Octets};

fn time() -> hsign_core::Time {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

fn taken(key: &str) -> Event {
    let digest = hsign_crypto::digest(DigestAlgorithm::Sha256, key.as_bytes()).unwrap();
    let document = Document::new(key, 3, &[digest], "chart", RetentionEnd::Open).unwrap();
    Event::Taken { document: document.at("/records/1").unwrap(), origin: None }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn first() -> Segment {
    Segment::next(TrailHead::START, time(), "dr.sato", events()).unwrap()
}

fn reason(bytes: &[u8], before: TrailHead) -> (u64, &'static str) {
    match Segment::read(bytes, before) {
        Err(Error::Trail { line, reason, .. }) => (line, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_segment_is_read_as_it_was_written() {
    let first = first();
    assert_eq!(Segment::read(first.bytes(), TrailHead::START).unwrap(), first);
    let second = Segment::next(first.head(), time(), "renewal", vec![taken("chart/9")]).unwrap();
    assert_eq!(second.before(), first.head());
    assert_eq!(Segment::read(second.bytes(), first.head()).unwrap(), second);
    assert_eq!((second.name().as_str(), second.number()), ("trail/0000000002.jsonl", 2));
}

#[test]
fn a_segment_follows_the_one_before_it_and_no_other() {
    let first = first();
    let second = Segment::next(first.head(), time(), "renewal", vec![taken("chart/9")]).unwrap();
    let other = Segment::next(TrailHead::START, time(), "somebody else", events()).unwrap();
    assert_eq!(reason(second.bytes(), other.head()).1, "it follows another segment than the one before it");
    assert_eq!(reason(second.bytes(), TrailHead::START), (1, "its number is another"));
    assert_eq!(reason(first.bytes(), first.head()), (1, "its number is another"));
}

#[test]
fn the_way_back_goes_by_digests() {
    let first = first();
    let second = Segment::next(first.head(), time(), "renewal", vec![taken("chart/9")]).unwrap();
    let read = Segment::known(second.bytes(), second.head()).unwrap();
    assert_eq!(Segment::known(first.bytes(), read.before()).unwrap(), first);
    assert!(Segment::known(first.bytes(), second.head()).is_err());
    let other_number = TrailHead { segment: 3, ..second.head() };
    assert!(Segment::known(second.bytes(), other_number).is_err());
}

#[test]
fn every_changed_octet_and_every_cut_is_noticed() {
    let bytes = first().bytes().to_vec();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(Segment::read(&changed, TrailHead::START).is_err(), "{place}");
        assert!(Segment::read(&bytes[..place], TrailHead::START).is_err(), "{place}");
    }
    let more = [bytes.as_slice(), b"\n"].concat();
    assert!(Segment::read(&more, TrailHead::START).is_err());
}

/// With the digest of the closing line made to fit.
fn closed(body: &str, events: usize) -> Vec<u8> {
    let sha256 = hsign_core::hex(&hsign_crypto::sha256(body.as_bytes()));
    format!("{body}{{\"events\":{events},\"sha256\":\"{sha256}\"}}\n").into_bytes()
}

#[test]
fn what_can_be_said_in_two_ways_is_read_in_one() {
    let segment = Segment::next(TrailHead::START, time(), "a", vec![taken("k")]).unwrap();
    let text = String::from_utf8(segment.bytes().to_vec()).unwrap();
    let body = text.lines().take(2).map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(closed(&body, 1), segment.bytes());
    let reason = |body: &str, events| reason(&closed(body, events), TrailHead::START);
    assert_eq!(reason(&body, 2), (3, "it counts other events than there are"));
    let spaced = body.replacen("\"event\":", "\"event\": ", 1);
    assert_eq!(reason(&spaced, 1), (2, "an event can't be read"));
    let more = body.replacen("\"event\":\"taken\"", "\"event\":\"taken\",\"x\":1", 1);
    assert_eq!(reason(&more, 1), (2, "an event can't be read"));
    let unknown = body.replacen("\"event\":\"taken\"", "\"event\":\"given\"", 1);
    assert_eq!(reason(&unknown, 1), (2, "an event can't be read"));
    let newer = body.replacen("trail/1", "trail/2", 1);
    assert_eq!(reason(&newer, 1), (1, "another format, or a newer version of this one"));
    let nobody = body.replacen("\"actor\":\"a\"", "\"actor\":\"\"", 1);
    assert_eq!(reason(&nobody, 1), (1, "nobody who caused it"));
    let empty = body.lines().next().unwrap().to_owned() + "\n";
    assert_eq!(reason(&empty, 0), (2, "it counts other events than there are"));
}

#[test]
fn events_that_say_nothing_are_not_written() {
    let next = |actor: &str, events| Segment::next(TrailHead::START, time(), actor, events);
    assert!(next("a", vec![]).is_err());
    assert!(next("", vec![taken("k")]).is_err());
    let refused = [
        Event::Sealed { bundle: text("../x"), documents: 1 },
        Event::Held { hold: text("h"), subject: HoldSubject::KeyPrefix(String::new()), reason: text("r") },
        Event::Held { hold: text("H 1"), subject: HoldSubject::Everything, reason: text("r") },
        Event::Released { hold: text("h"), reason: text("two\nlines") },
        Event::DeletionPlanned { deletion: text("d"), keys: vec![], reason: text("r"), not_before: time() },
        Event::Retention { key: text("k"), start: "2026-04-30".parse().unwrap(), end: RetentionEnd::Open },
        Event::Located { key: text("k"), locations: vec![] },
        Event::SetAsideSettled { key: "k".repeat(4097), how: text("r") },
    ];
    for event in refused {
        assert!(matches!(next("a", vec![event.clone()]), Err(Error::Event(_))), "{event:?}");
    }
    let many = vec![taken("k"); Segment::MOST_EVENTS + 1];
    assert!(matches!(next("a", many), Err(Error::Event(_))));
}

#[test]
fn a_hostile_segment_is_read_within_its_budget() {
    let lines = "\n".repeat(Segment::MOST_EVENTS + 3);
    assert!(matches!(Segment::read(lines.as_bytes(), TrailHead::START), Err(Error::Budget(_))));
}

#[test]
fn names_of_segments_are_numbers_of_ten_digits() {
    assert_eq!(segment_number(&segment_name(42)), Some(42));
    for name in
        ["trail/42.jsonl", "trail/0000000000.jsonl", "trail/+000000001.jsonl", "trail/0000000001", "x"]
    {
        assert_eq!(segment_number(name), None, "{name}");
    }
    let last = TrailHead { segment: 9_999_999_999, sha256: [1; 32] };
    assert!(Segment::next(last, time(), "a", vec![taken("k")]).is_err());
}

#[test]
fn a_hold_covers_what_it_names() {
    let prefix = HoldSubject::KeyPrefix(text("patient/17/"));
    assert!(prefix.covers("patient/17/a", "chart") && !prefix.covers("patient/170/a", "chart"));
    assert!(
        HoldSubject::Key(text("k")).covers("k", "chart")
            && !HoldSubject::Key(text("k")).covers("kk", "chart")
    );
    assert!(HoldSubject::Class(text("chart")).covers("k", "chart"));
    assert!(HoldSubject::Everything.covers("k", "image"));
}

fn golden() -> PathBuf {
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
        let bytes = std::fs::read(golden().join(segment_name(number))).unwrap();
        let segment = Segment::read(&bytes, head).unwrap();
        assert_eq!((segment.number(), segment.before()), (number, head));
        kinds.extend(segment.events().iter().map(kind_of));
        head = segment.head();
    }
    assert_eq!(kinds, documented_kinds());
    let last = std::fs::read_to_string(golden().join("head.txt")).unwrap();
    assert_eq!(hsign_core::hex(&head.sha256), last.trim());
}

/// A step by hand, done once for a version of the format when its writer is finished: writes the golden files that the
/// test above reads. `cargo test -p hsign-archive --test trail -- --ignored make_the_trail_of_version_1`, in a tree
/// without `testdata/archive/trail-1`.
#[test]
#[ignore = "a step by hand: writes the golden trail of version 1 of the format, once"]
fn make_the_trail_of_version_1() {
    assert!(!golden().exists(), "what was written once is never written again");
    std::fs::create_dir_all(golden().join("trail")).unwrap();
    let events = events();
    let mut head = TrailHead::START;
    for (number, part) in events.chunks(7).enumerate() {
        let time = format!("2026-11-{}T09:00:00.5Z", 21 + number).parse().unwrap();
        let actor = ["田中 clerk", "renewal", "head of records"][number];
        let segment = Segment::next(head, time, actor, part.to_vec()).unwrap();
        std::fs::write(golden().join(segment.name()), segment.bytes()).unwrap();
        head = segment.head();
    }
    std::fs::write(golden().join("head.txt"), hsign_core::hex(&head.sha256) + "\n").unwrap();
}

/// One event of every kind, in the order of the page.
fn events() -> Vec<Event> {
    let bundle = "0f".repeat(32);
    let digest = hsign_crypto::digest(DigestAlgorithm::Sha256, b"document").unwrap();
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

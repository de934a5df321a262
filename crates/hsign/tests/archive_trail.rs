//! The trail of an archive: stamped like a document, and held to the rules of deletion.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod archive_support;

use archive_support::{CONFIG, Clinic};
use hsign::archive::{Line, ScrubRequest, VerifyRequest};
use hsign_archive::{Event, Segment, TrailHead, segment_name};
use hsign_testkit::DAY;

/// A clinic whose trail is stamped.
fn clinic() -> Clinic {
    let clinic = Clinic::new();
    let config = CONFIG.replace("[policy]", "[policy]\nstamp_trail = true");
    clinic.configure(&config);
    clinic
}

fn alarms(clinic: &Clinic) -> Vec<String> {
    let code = |line: &Line| match line {
        Line::Alarm { finding } => Some(finding.code.clone()),
        _ => None,
    };
    clinic.lines().iter().filter_map(code).collect()
}

#[test]
fn i7_the_trail_is_stamped_as_often_as_it_has_news_and_no_oftener() {
    let clinic = clinic();
    clinic.add(&clinic.charts(0..2));
    let first = clinic.renew();
    assert_eq!((first.tsa_requests, first.failed), (2, 0), "the charts and the trail: {:?}", clinic.lines());
    for _ in 0..3 {
        assert_eq!(clinic.renew().tsa_requests, 0, "its own stamp is no news");
    }
    clinic.set(clinic.now() + DAY);
    clinic.add(&clinic.charts(2..3));
    assert_eq!(clinic.renew().tsa_requests, 2);
    let everything = VerifyRequest { documents: true, ..VerifyRequest::default() };
    let verified = clinic.archive(|archive, environment| archive.verify(&everything, environment));
    assert_eq!((verified.objects, verified.failed), (5, 0), "{:?}", clinic.lines());
}

#[test]
fn a_segment_that_was_stamped_and_changed_is_damaged_as_a_document_and_as_a_file() {
    let clinic = clinic();
    clinic.add(&clinic.charts(0..2));
    clinic.renew();
    let stamped = clinic.lines().iter().find_map(|line| match line {
        Line::Stamped { .. } => Some(()),
        _ => None,
    });
    assert!(stamped.is_some());
    // The trail as it was: stores, two charts. What was stamped is the second segment.
    let path = clinic.home().join("stores/second").join(segment_name(2));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"actor\":\"clerk\"", "\"actor\":\"clerc\"")).unwrap();
    let all = ScrubRequest { everything: true, repair: false };
    let found = clinic.archive(|archive, environment| archive.scrub(all, environment));
    assert!(found.failed > 0);
    let lines = clinic.lines();
    let file = |line: &Line| matches!(line, Line::FileDamaged { file, store, .. } if *file == segment_name(2) && store == "second");
    let document =
        |line: &Line| matches!(line, Line::DocumentDamaged { key, .. } if key == "audit-trail/0000000002");
    assert!(lines.iter().any(file) && lines.iter().any(document), "{lines:?}");
    let repair = ScrubRequest { everything: true, repair: true };
    clinic.archive(|archive, environment| archive.scrub(repair, environment));
    let fine = clinic.archive(|archive, environment| archive.scrub(all, environment));
    assert_eq!(fine.failed, 0, "{:?}", clinic.lines());
}

#[test]
fn i6_a_trail_that_tells_of_a_deletion_that_nobody_planned_is_no_sound_one() {
    let clinic = Clinic::new();
    clinic.add(&clinic.charts(0..1));
    let sound = clinic.archive(|archive, environment| archive.verify_trail(environment));
    assert_eq!((sound.failed, alarms(&clinic)), (0, Vec::new()));
    let read = |number| std::fs::read(clinic.home().join("stores/main").join(segment_name(number))).unwrap();
    let first = Segment::read(&read(1), TrailHead::START).unwrap();
    let second = Segment::read(&read(2), first.head()).unwrap();
    let deleted = Event::Deleted {
        deletion: "quick".to_owned(),
        bundle: "0f".repeat(32),
        place: 0,
        locations: vec!["/records/0".to_owned()],
    };
    let third = Segment::next(second.head(), second.time(), "somebody", vec![deleted]).unwrap();
    for store in ["main", "second"] {
        std::fs::write(clinic.home().join("stores").join(store).join(third.name()), third.bytes()).unwrap();
    }
    let breached = clinic.archive(|archive, environment| archive.verify_trail(environment));
    assert_eq!((breached.failed, alarms(&clinic)), (1, vec!["archive-trail-deletion-unknown".to_owned()]));
}

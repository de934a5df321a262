//! The trail in two stores: writers that race, die and meet damage.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use hsign_archive::{Checkpoints, Event, Segment, TrailHead, segment_name};
use hsign_archive_store::{
    Access, Copies, Error, Folder, Member, Put, Store, TrailCheck, TrailDamage, TrailProblem,
};
use hsign_core::Time;

struct Room(tempfile::TempDir);

impl Room {
    fn new() -> Self {
        let room = Self(tempfile::tempdir().unwrap());
        for name in ["one", "two"] {
            Folder::create(&room.0.path().join(name)).unwrap();
        }
        room
    }

    fn copies(&self, second: Access) -> Copies {
        let member = |name: &str, access| {
            let store = Arc::new(Folder::open(&self.0.path().join(name)).unwrap());
            Member { name: name.to_owned(), access, store }
        };
        Copies::new(vec![member("one", Access::Repair), member("two", second)]).unwrap()
    }

    fn path(&self, store: &str, number: u64) -> PathBuf {
        self.0.path().join(store).join(segment_name(number))
    }

    fn with(segments: u64) -> Self {
        let room = Self::new();
        let copies = room.copies(Access::Repair);
        let mut head = TrailHead::START;
        for number in 0..segments {
            let segment = segment(head, &format!("h-{number}"));
            assert_eq!(copies.append_trail(&segment).unwrap(), Put::Created);
            head = segment.head();
        }
        room
    }

    fn flip(&self, store: &str, number: u64) {
        let path = self.path(store, number);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }

    fn check(&self) -> TrailCheck {
        check(&self.copies(Access::Repair))
    }
}

fn check(copies: &Copies) -> TrailCheck {
    copies.check_trail::<Error>(&mut |_| Ok(())).unwrap()
}

fn segment(head: TrailHead, hold: &str) -> Segment {
    let time: Time = "2026-11-21T09:00:00Z".parse().unwrap();
    let event = Event::Released { hold: hold.to_owned(), reason: "over".to_owned() };
    Segment::next(head, time, "a clerk", vec![event]).unwrap()
}

/// The names of the holds in a trail.
fn holds(copies: &Copies) -> Vec<String> {
    let mut holds = Vec::new();
    let mut head = TrailHead::START;
    while let Some(segment) = copies.segment_after(head).unwrap() {
        for event in segment.events() {
            let Event::Released { hold, .. } = event else { panic!("{event:?}") };
            holds.push(hold.clone());
        }
        head = segment.head();
    }
    holds
}

#[test]
fn what_is_appended_is_read_in_its_order_from_every_store() {
    let room = Room::with(3);
    assert_eq!(holds(&room.copies(Access::Read)), ["h-0", "h-1", "h-2"]);
    let check = room.check();
    assert_eq!((check.head.segment, check.damage, check.lost), (3, vec![], None));
    for number in 1..=3 {
        let read = |store| std::fs::read(room.path(store, number)).unwrap();
        assert_eq!(read("one"), read("two"));
    }
}

#[test]
fn i7_of_writers_at_the_same_time_each_gets_its_events_in_and_the_chain_holds() {
    let room = Room::new();
    let copies = room.copies(Access::Repair);
    let append = |writer: usize, number: usize| {
        let mut head = TrailHead::START;
        loop {
            while let Some(segment) = copies.segment_after(head).unwrap() {
                head = segment.head();
            }
            let mine = segment(head, &format!("w-{writer}-{number}"));
            if copies.append_trail(&mine).unwrap() != Put::Taken {
                return;
            }
        }
    };
    thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || (0..8).for_each(|number| append(writer, number)));
        }
    });
    let check = room.check();
    assert_eq!((check.head.segment, check.damage, check.lost), (32, vec![], None));
    let mut holds = holds(&copies);
    for writer in 0..4 {
        let of: Vec<_> = holds.iter().filter(|hold| hold.starts_with(&format!("w-{writer}-"))).collect();
        assert!(of.is_sorted(), "each writer's events in its order: {of:?}");
    }
    holds.sort();
    holds.dedup();
    assert_eq!(holds.len(), 32);
}

#[test]
fn a_writer_that_died_between_two_stores_is_finished_by_the_next_reader() {
    let room = Room::with(1);
    let head = room.check().head;
    let second = segment(head, "h-1");
    std::fs::write(room.path("one", 2), second.bytes()).unwrap();
    let copies = room.copies(Access::Repair);
    assert_eq!(copies.append_trail(&segment(head, "h-other")).unwrap(), Put::Taken);
    assert!(!room.path("two", 2).exists());
    assert_eq!(copies.segment_after(head).unwrap().unwrap(), second);
    assert_eq!(std::fs::read(room.path("two", 2)).unwrap(), second.bytes());
    assert_eq!(room.check().damage, []);
}

#[test]
fn a_torn_write_is_no_segment_and_harms_nobody() {
    let room = Room::with(1);
    let next = segment(room.check().head, "h-1");
    // What a writer leaves that lost its power while it wrote: a file without its name.
    let torn = room.0.path().join("one/trail/.77.0");
    std::fs::write(&torn, &next.bytes()[..40]).unwrap();
    let copies = room.copies(Access::Repair);
    assert_eq!(copies.append_trail(&next).unwrap(), Put::Created);
    assert_eq!((room.check().head.segment, room.check().damage), (2, vec![]));
    // And what a file system leaves that lied about having written: half a file under its name.
    std::fs::write(room.path("one", 2), &next.bytes()[..40]).unwrap();
    assert_eq!(holds(&copies), ["h-0", "h-1"]);
    let repair = copies.repair_trail().unwrap();
    assert_eq!((repair.restored.len(), repair.left, repair.lost), (1, vec![], None));
    assert_eq!(std::fs::read(room.path("one", 2)).unwrap(), next.bytes());
}

#[test]
fn damage_of_each_segment_in_each_store_is_located_and_repaired_from_the_other() {
    let room = Room::with(3);
    let copies = room.copies(Access::Repair);
    for (store, other, number) in
        [("one", "two"), ("two", "one")].into_iter().flat_map(|(a, b)| (1..=3).map(move |n| (a, b, n)))
    {
        room.flip(store, number);
        let [damage] = room.check().damage.try_into().unwrap();
        assert_eq!((damage.store.as_str(), damage.name), (store, segment_name(number)));
        assert!(matches!(damage.problem, TrailProblem::Damaged { .. }));
        assert_eq!(holds(&copies), ["h-0", "h-1", "h-2"]);
        let repair = copies.repair_trail().unwrap();
        assert_eq!((repair.restored.len(), repair.restored[0].from.as_str()), (1, other));
        assert_eq!(room.check().damage, []);
        std::fs::remove_file(room.path(store, number)).unwrap();
        assert_eq!(room.check().damage[0].problem, TrailProblem::Missing);
        assert_eq!(copies.repair_trail().unwrap().restored.len(), 1);
        assert_eq!(room.check().damage, []);
    }
    let third = copies.segment(room.check().head).unwrap();
    room.flip("one", 2);
    let second = copies.segment(third.before()).unwrap();
    assert_eq!((third.number(), second.number()), (3, 2));
    room.flip("two", 2);
    assert!(matches!(copies.segment(third.before()), Err(Error::TrailLost { segment: 2, .. })));
    let aside = std::fs::read_dir(room.0.path().join("one/damaged/trail")).unwrap().count();
    assert_eq!(aside, 3, "what was damaged is kept");
}

#[test]
fn a_write_once_store_gets_what_it_lacks_and_keeps_what_is_damaged() {
    let room = Room::with(2);
    room.flip("two", 1);
    std::fs::remove_file(room.path("two", 2)).unwrap();
    let repair = room.copies(Access::Add).repair_trail().unwrap();
    assert_eq!((repair.restored.len(), repair.restored[0].part.as_str()), (1, "trail/0000000002.jsonl"));
    assert_eq!((repair.left.len(), repair.left[0].name.as_str()), (1, "trail/0000000001.jsonl"));
    std::fs::remove_file(room.path("two", 2)).unwrap();
    let later = room.copies(Access::Later);
    let next = segment(check(&later).head, "h-2");
    assert_eq!(later.append_trail(&next).unwrap(), Put::Created);
    assert!(!room.path("two", 3).exists(), "an off-line copy waits for a repair");
    assert_eq!(later.repair_trail().unwrap().restored.len(), 2);
    assert!(room.path("two", 3).exists());
}

#[test]
fn a_segment_that_no_store_has_whole_stops_readers_and_writers() {
    let room = Room::with(3);
    let copies = room.copies(Access::Repair);
    let first = copies.segment_after(TrailHead::START).unwrap().unwrap();
    room.flip("one", 2);
    std::fs::remove_file(room.path("two", 2)).unwrap();
    assert!(matches!(copies.segment_after(first.head()), Err(Error::TrailLost { segment: 2, .. })));
    std::fs::remove_file(room.path("one", 2)).unwrap();
    assert!(matches!(copies.segment_after(first.head()), Err(Error::TrailLost { segment: 2, .. })));
    let check = room.check();
    assert_eq!((check.head.segment, check.lost), (1, Some(2)));
    assert_eq!(copies.repair_trail().unwrap().lost, Some(2));
}

#[test]
fn a_trail_that_was_gone_on_with_in_two_places_is_told_and_left_alone() {
    let room = Room::with(1);
    let head = room.check().head;
    std::fs::write(room.path("two", 2), segment(head, "theirs").bytes()).unwrap();
    let copies = room.copies(Access::Repair);
    let mine = segment(head, "mine");
    assert!(matches!(copies.append_trail(&mine), Err(Error::Parted { segment: 2, .. })));
    let parted =
        TrailDamage { store: "two".to_owned(), name: segment_name(2), problem: TrailProblem::Parted };
    assert_eq!(room.check().damage, std::slice::from_ref(&parted));
    let repair = copies.repair_trail().unwrap();
    assert_eq!((repair.restored, repair.left), (vec![], vec![parted]));
}

#[test]
fn every_flipped_octet_of_the_trail_is_found_where_it_is() {
    let room = Room::with(2);
    for number in [1, 2] {
        let path = room.path("two", number);
        let bytes = std::fs::read(&path).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 0x20;
            std::fs::write(&path, changed).unwrap();
            let [damage] = room.check().damage.try_into().unwrap();
            assert_eq!((damage.store.as_str(), damage.name), ("two", segment_name(number)), "{place}");
        }
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!(room.check().damage, []);
}

/// Ends the work at one point as a crash would: nothing after it happens.
struct Crash(&'static str);

impl Checkpoints for Crash {
    fn reached(&self, point: &'static str) {
        assert_ne!(point, self.0, "the crash that the test wants");
    }
}

#[test]
fn i8_after_a_crash_at_any_point_of_an_append_the_next_writer_goes_on() {
    let points = [
        "store-file-written",
        "store-file-named",
        "store-file-durable",
        "store-trail-decided",
        "store-trail-appended",
    ];
    for point in points {
        let room = Room::with(1);
        let head = room.check().head;
        let crashing = |name: &str| {
            let folder = Folder::open(&room.0.path().join(name)).unwrap();
            let store: Arc<dyn Store> = Arc::new(folder.with_checkpoints(Arc::new(Crash(point))));
            Member { name: name.to_owned(), access: Access::Repair, store }
        };
        let copies = Copies::new(vec![crashing("one"), crashing("two")]).unwrap();
        let copies = copies.with_checkpoints(Arc::new(Crash(point)));
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = copies.append_trail(&segment(head, "crashed"));
        }));
        assert!(died.is_err(), "{point} was reached");
        let after = room.copies(Access::Repair);
        let mut head = head;
        while let Some(segment) = after.segment_after(head).unwrap() {
            head = segment.head();
        }
        assert_eq!(after.append_trail(&segment(head, "next")).unwrap(), Put::Created, "{point}");
        assert_eq!((room.check().damage, room.check().lost), (vec![], None), "{point}");
        assert!(holds(&after).len() <= 3 && holds(&after).last().unwrap() == "next");
    }
}

#[test]
fn a_store_that_is_lost_altogether_is_made_again_from_the_other() {
    let room = Room::with(5);
    let lost: &Path = &room.0.path().join("two");
    std::fs::remove_dir_all(lost).unwrap();
    assert!(Folder::open(lost).is_err(), "an empty mount point is no store");
    Folder::create(lost).unwrap();
    assert_eq!(room.check().damage.len(), 5);
    assert_eq!(room.copies(Access::Repair).repair_trail().unwrap().restored.len(), 5);
    assert_eq!(room.check().damage, []);
}

//! The index: every case on SQLite and on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub
)]

mod index_support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hsign_archive::{
    Bundle, Checkpoints, Event, HoldSubject, Limits, NewUnit, Outcome, RetentionEnd, Segment, SpendingLimits,
    StoreFacts, TrailHead, UnitKind, Window, Work,
};
use hsign_archive_store::{
    Applied, Ask, Asked, Committed, Covered, DocumentState, INDEX_CHECKPOINTS, Index, IndexError, StepRow,
};
use hsign_core::Secret;
use hsign_testkit::postgres::{PASSWORD, Server};
use hsign_testkit::{Ca, Pki};
use index_support::*;

/// A case for SQLite each, and all of them for one PostgreSQL server.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $case() {
                super::$case(&super::Place::file());
            })+
        }

        #[test]
        fn every_case_on_postgresql() {
            let Some(server) = server() else { return };
            $(
                println!(stringify!($case));
                $case(&Place::server(&server, stringify!($case)));
            )+
        }
    };
}

cases![
    the_trail_is_applied_once_and_in_its_order,
    documents_wait_in_the_order_of_their_coming,
    a_bundle_takes_its_documents_out_of_the_waiting_ones,
    a_place_of_a_track_has_one_time_stamp,
    what_the_trail_tells_of_and_the_index_lacks_is_named,
    an_open_retention_gets_its_end,
    holds_prolong_and_are_told,
    a_deletion_leaves_no_digest,
    what_was_set_aside_is_listed_until_it_is_settled,
    a_bundle_is_whole_when_every_store_has_it_whole,
    versions_follow_one_another,
    pages_cover_every_bundle_once,
    rows_of_documents_can_be_left_to_the_bundles,
    an_index_made_anew_says_the_same,
    ten_thousand_documents_take_few_round_trips,
    a_time_stamp_takes_at_most_ten_round_trips,
    a_crash_at_any_point_leaves_all_or_nothing,
];

fn the_trail_is_applied_once_and_in_its_order(place: &Place<'_>) {
    let mut index = place.open();
    assert_eq!(index.head().unwrap(), TrailHead::START);
    let mut trail = Trail::new();
    trail.add("sato", vec![taken("1", "open")]);
    trail.add("sato", vec![taken("2", "open")]);
    assert!(matches!(index.apply(&trail.0[1]), Err(IndexError::NotNext { next: 1, given: 2 })));
    assert_eq!(index.apply(&trail.0[0]).unwrap(), Applied::Now);
    assert_eq!(index.apply(&trail.0[0]).unwrap(), Applied::Before);
    let other = Segment::next(TrailHead::START, at(NOW), "other", vec![taken("9", "open")]).unwrap();
    assert!(matches!(index.apply(&other), Err(IndexError::OtherTrail(1))));
    let after = Segment::next(other.head(), at(NOW), "other", vec![taken("9", "open")]).unwrap();
    assert!(matches!(index.apply(&after), Err(IndexError::OtherTrail(2))));
    assert_eq!(index.apply(&trail.0[1]).unwrap(), Applied::Now);
    assert_eq!(place.open().head().unwrap(), trail.0[1].head());
    assert_eq!(index.counts().unwrap().waiting, 2);
}

fn documents_wait_in_the_order_of_their_coming(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    // The first of two with one key is the one that counts.
    let events =
        vec![taken("b", "open"), taken("a", "open"), taken("z", "2031-04-30"), taken("b", "2040-01-01")];
    index.apply(trail.add("sato", events)).unwrap();
    index.apply(trail.add("sato", vec![taken("c", "open"), taken("a", "2040-01-01")])).unwrap();
    let keys = |index: &mut Index, after, limit| -> Vec<String> {
        let waiting = index.waiting(&key("open"), after, limit).unwrap();
        waiting.iter().map(|one| one.document.key().to_owned()).collect()
    };
    assert_eq!(keys(&mut index, None, 9), ["b", "a", "c"]);
    let first = index.waiting(&key("open"), None, 1).unwrap().remove(0);
    assert_eq!((first.document, first.since), (document("b", "open"), at(NOW)));
    assert_eq!(keys(&mut index, Some(first.number), 1), ["a"]);
    let batches = index.waiting_batches().unwrap();
    let months: Vec<_> = batches.iter().map(|one| (one.retention.as_str(), one.documents)).collect();
    assert_eq!(months, [("2031-04", 1), ("open", 3)]);
    assert_eq!((batches[1].first, batches[1].since), (first.number, at(NOW)));
}

fn a_bundle_takes_its_documents_out_of_the_waiting_ones(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    let events = ["a", "b", "c"].map(|key| taken(key, "2031-04-30")).to_vec();
    index.apply(trail.add("sato", events)).unwrap();
    let bundle = Stamper::new().bundle(&["a", "b"], "2031-04-30");
    for _ in 0..2 {
        index.record_bundle(&bundle, &ends).unwrap();
    }
    let counts = index.counts().unwrap();
    assert_eq!((counts.waiting, counts.bundles, counts.sealed, counts.octets), (1, 1, 2, 200));
    let rows = index.documents_by_key(&["b", "c", "x"]).unwrap();
    let sealed = DocumentState::Sealed { bundle: bundle.id().to_owned(), place: 1 };
    assert_eq!((rows.len(), &rows[0].state, rows[0].digest.clone()), (2, &sealed, Some(digest("b"))));
    assert!(
        matches!(&rows[1].state, DocumentState::Waiting(waiting) if waiting.document == document("c", "2031-04-30"))
    );
    let state = index.bundles(None, 9).unwrap().remove(0);
    assert_eq!((state.documents, state.unread, state.whole_since), (2, 200, None));
    assert_eq!(state.kept_until, Some("2031-04-30T23:59:59Z".parse().unwrap()));
    let track = &state.tracks[0];
    assert_eq!(
        (track.chain, track.algorithm, track.last.clone()),
        (1, SHA256, Some(ends(&bundle.steps("a")[0])))
    );
    assert_eq!(index.last_place(bundle.id(), "a").unwrap(), Some((1, 1)));
    assert!(index.has_bundle(bundle.id()).unwrap() && !index.has_bundle("x").unwrap());
}

fn a_place_of_a_track_has_one_time_stamp(place: &Place<'_>) {
    let mut index = place.open();
    let stamper = Stamper::new();
    let one = stamper.bundle(&["a"], "open");
    let other = stamper.bundle(&["a"], "open");
    assert_eq!(one.id(), other.id());
    assert_ne!(one.steps("a"), other.steps("a"));
    index.record_bundle(&one, &ends).unwrap();
    assert!(matches!(index.record_bundle(&other, &ends), Err(IndexError::OtherStep)));
    index.record_bundle(&one, &ends).unwrap();
}

fn what_the_trail_tells_of_and_the_index_lacks_is_named(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    let bundle = Stamper::new().bundle(&["a"], "open");
    let stamped = Event::Stamped {
        bundle: bundle.id().to_owned(),
        track: "a".to_owned(),
        chain: 1,
        number: 1,
        gen_time: at(NOW),
        tsa: "first".to_owned(),
    };
    let sealed = Event::Sealed { bundle: bundle.id().to_owned(), documents: 1 };
    index.apply(trail.add("renewal", vec![sealed])).unwrap();
    assert_eq!(index.missing_bundles().unwrap(), [bundle.id()]);
    index.record_bundle(&unstamped(&["a"], "open"), &ends).unwrap();
    assert!(index.missing_bundles().unwrap().is_empty());
    index.apply(trail.add("renewal", vec![stamped.clone()])).unwrap();
    assert_eq!(index.missing_bundles().unwrap(), [bundle.id()]);
    index.record_bundle(&bundle, &ends).unwrap();
    index.apply(trail.add("renewal", vec![stamped])).unwrap();
    assert!(index.missing_bundles().unwrap().is_empty());
}

fn an_open_retention_gets_its_end(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    index.apply(trail.add("sato", ["a", "b", "c"].map(|key| taken(key, "open")).to_vec())).unwrap();
    let end = |key: &str, end: &str| Event::Retention {
        key: key.to_owned(),
        start: "2026-04-30".parse().unwrap(),
        end: end.parse().unwrap(),
    };
    index.apply(trail.add("sato", vec![end("a", "2031-04-30")])).unwrap();
    let bundle = unstamped(&["a", "b"], "open");
    index.record_bundle(&bundle, &ends).unwrap();
    assert_eq!(index.bundles(None, 9).unwrap()[0].kept_until, None, "b is open");
    index.apply(trail.add("sato", vec![end("b", "2036-12-31"), end("c", "2050-01-01")])).unwrap();
    let kept = index.bundles(None, 9).unwrap()[0].kept_until;
    assert_eq!(kept, Some("2036-12-31T23:59:59Z".parse().unwrap()));
    let rows = index.documents_by_key(&["a", "c"]).unwrap();
    assert_eq!(rows[0].dated, Some(("2026-04-30".parse().unwrap(), "2031-04-30".parse().unwrap())));
    assert_eq!(rows[1].kept_until(), RetentionEnd::Until("2050-01-01".parse().unwrap()));
}

fn holds_prolong_and_are_told(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    let bundles = [["p/1/a", "p/1/b"], ["p/10/a", "p/10/b"], ["q", "r"]];
    for keys in bundles {
        index.record_bundle(&unstamped(&keys, "2031-04-30"), &ends).unwrap();
    }
    let held = |index: &mut Index| -> BTreeSet<String> {
        let rows = index.documents(None, 99).unwrap();
        rows.iter().filter(|row| !row.holds.is_empty()).map(|row| row.key.clone()).collect()
    };
    let open = |index: &mut Index| {
        index.bundles(None, 9).unwrap().iter().filter(|bundle| bundle.kept_until.is_none()).count()
    };
    let subjects = [
        (HoldSubject::KeyPrefix("p/1/".to_owned()), 2, 1),
        (HoldSubject::Key("q".to_owned()), 1, 1),
        (HoldSubject::Class("chart".to_owned()), 6, 3),
        (HoldSubject::Class("image".to_owned()), 0, 0),
        (HoldSubject::Everything, 6, 3),
    ];
    for (subject, documents, of_bundles) in subjects {
        let (hold, reason) = ("court".to_owned(), "case 7".to_owned());
        let event = Event::Held { hold: hold.clone(), subject: subject.clone(), reason: reason.clone() };
        index.apply(trail.add("sato", vec![event])).unwrap();
        assert_eq!((held(&mut index).len(), open(&mut index)), (documents, of_bundles), "{subject:?}");
        index.apply(trail.add("suzuki", vec![Event::Released { hold, reason }])).unwrap();
        assert_eq!((held(&mut index).len(), open(&mut index)), (0, 0), "{subject:?}");
    }
    let holds = index.holds().unwrap();
    assert_eq!(
        (holds.len(), &holds[0].subject, holds[0].actor.as_str()),
        (1, &HoldSubject::Everything, "sato")
    );
    assert_eq!((holds[0].released.is_some(), index.counts().unwrap().holds), (true, 0));
}

fn deletion(keys: &[&str]) -> Event {
    Event::DeletionPlanned {
        deletion: "d-1".to_owned(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        reason: "retention is over".to_owned(),
        not_before: at(NOW + 100),
    }
}

fn deleted(bundle: &str, place: u64) -> Event {
    let (deletion, locations) = ("d-1".to_owned(), vec![format!("/records/{place}")]);
    Event::Deleted { deletion, bundle: bundle.to_owned(), place, locations }
}

fn a_deletion_leaves_no_digest(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    let bundle = unstamped(&["a", "b"], "2031-04-30");
    index.record_bundle(&bundle, &ends).unwrap();
    index.apply(trail.add("sato", vec![deletion(&["a", "b"])])).unwrap();
    assert_eq!(index.document("a").unwrap().unwrap().deletions, ["d-1"]);
    let approved = Event::DeletionApproved { deletion: "d-1".to_owned() };
    index.apply(trail.add("suzuki", vec![approved, deleted(bundle.id(), 0)])).unwrap();
    let row = index.document("a").unwrap().unwrap();
    assert!(matches!(row.state, DocumentState::Deleted { place: 0, .. }), "{row:?}");
    assert_eq!((row.digest, row.deletions.len(), index.counts().unwrap().deleted), (None, 0, 1));
    let listed = index.deletions().unwrap().remove(0);
    assert_eq!((listed.documents, listed.done, listed.certified), (2, 1, false));
    assert_eq!((listed.planned.0.as_str(), listed.approved.unwrap().0.as_str()), ("sato", "suzuki"));
    assert_eq!(index.deletion_documents("d-1", None, 9).unwrap(), [("a".into(), true), ("b".into(), false)]);
    assert_eq!(index.deleted_places(bundle.id()).unwrap(), BTreeSet::from([0]));
    index.record_bundle(&bundle, &ends).unwrap();
    assert_eq!(
        index.document("a").unwrap().unwrap().digest,
        None,
        "reading the bundle brings no digest back"
    );
    assert_eq!(index.bundles(None, 9).unwrap().len(), 1);
    let certified =
        Event::DeletionCertified { deletion: "d-1".to_owned(), certificate: hsign_core::Octets(vec![48, 0]) };
    index.apply(trail.add("suzuki", vec![deleted(bundle.id(), 1), certified])).unwrap();
    assert!(index.bundles(None, 9).unwrap().is_empty(), "nothing of it is left to be renewed");
    assert_eq!((index.deletions().unwrap()[0].certified, index.counts().unwrap().deletions), (true, 0));
}

fn what_was_set_aside_is_listed_until_it_is_settled(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    let aside = |key: &str| Event::SetAside {
        key: key.to_owned(),
        location: format!("/records/{key}"),
        reason: "verification-failed".to_owned(),
        findings: vec!["hash-mismatch".to_owned()],
    };
    index.apply(trail.add("sato", vec![aside("a"), aside("b"), aside("a")])).unwrap();
    assert_eq!(index.set_aside().unwrap()[1].findings, ["hash-mismatch"]);
    let settled = Event::SetAsideSettled { key: "a".to_owned(), how: "taken again".to_owned() };
    index.apply(trail.add("sato", vec![settled])).unwrap();
    let left: Vec<_> = index.set_aside().unwrap().into_iter().map(|one| one.key).collect();
    assert_eq!((left, index.counts().unwrap().set_aside), (vec!["b".to_owned()], 1));
    let damaged = Event::Damaged { what: "b".to_owned(), place: "main".to_owned() };
    let repaired =
        Event::Repaired { what: "b".to_owned(), place: "main".to_owned(), from: "second".to_owned() };
    index.apply(trail.add("scrub", vec![damaged])).unwrap();
    assert_eq!(index.damage().unwrap()[0].what, "b");
    index.apply(trail.add("scrub", vec![repaired])).unwrap();
    assert!(index.damage().unwrap().is_empty());
}

fn store(name: &str, access: &str) -> StoreFacts {
    let (country, operator) = ("JP".to_owned(), "us".to_owned());
    StoreFacts { name: name.to_owned(), country, operator, access: access.to_owned() }
}

fn a_bundle_is_whole_when_every_store_has_it_whole(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    let stores = vec![store("main", "repair"), store("second", "add"), store("vault", "later")];
    index.apply(trail.add("sato", vec![Event::Stores { stores: stores.clone() }])).unwrap();
    assert_eq!(index.stores().unwrap(), stores);
    let bundle = unstamped(&["a", "b"], "open");
    index.record_bundle(&bundle, &ends).unwrap();
    let cover = |index: &mut Index, store: &str, slice, slices, at_second, bad| {
        let covered = Covered { store: store.to_owned(), slice, slices, at: at(at_second), bad };
        index.covered(bundle.id(), &covered).unwrap();
        index.bundles(None, 1).unwrap()[0].whole_since
    };
    assert_eq!(cover(&mut index, "main", 0, 1, 10, 0), None);
    assert_eq!(cover(&mut index, "documents", 0, 12, 5, 3), None);
    assert_eq!(cover(&mut index, "second", 0, 1, 20, 0), Some(at(10)));
    assert_eq!(cover(&mut index, "main", 0, 1, 30, 0), Some(at(20)));
    assert_eq!(cover(&mut index, "main", 0, 1, 40, 1), None, "damage was found");
    assert_eq!(cover(&mut index, "main", 0, 1, 50, 0), Some(at(20)));
    cover(&mut index, "documents", 0, 6, 60, 0);
    let coverage = index.coverage(bundle.id()).unwrap();
    assert_eq!((coverage.len(), coverage[0].slices), (3, 6), "{coverage:?}");
    let unknown = Covered { bad: 0, ..coverage[0].clone() };
    assert!(matches!(index.covered("x", &unknown), Err(IndexError::NoBundle)));
}

fn versions_follow_one_another(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    let newer = |key: &str, old: &str| Event::Taken {
        document: document(key, "open").replacing(old).unwrap(),
        origin: Some("manifest".to_owned()),
    };
    index.apply(trail.add("sato", vec![taken("v1", "open"), newer("v2", "v1"), newer("v3", "v2")])).unwrap();
    let located = Event::Located { key: "v2".to_owned(), locations: vec!["s3://b/v2".to_owned()] };
    index.apply(trail.add("sato", vec![located])).unwrap();
    for from in ["v1", "v2", "v3"] {
        let keys: Vec<_> = index.versions(from).unwrap().into_iter().map(|row| row.key).collect();
        assert_eq!(keys, ["v1", "v2", "v3"]);
    }
    let row = index.document("v2").unwrap().unwrap();
    assert_eq!((row.replaces.as_deref(), row.replaced_by.as_deref()), (Some("v1"), Some("v3")));
    assert_eq!(
        (row.moved.unwrap(), row.origin.unwrap()),
        (vec!["s3://b/v2".to_owned()], "manifest".to_owned())
    );
}

fn pages_cover_every_bundle_once(place: &Place<'_>) {
    let mut index = place.open();
    let mut names = BTreeSet::new();
    for number in 0..23 {
        let bundle = unstamped(&[&format!("k{number}")], "open");
        names.insert(bundle.id().to_owned());
        index.record_bundle(&bundle, &ends).unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = index.bundles(after.as_deref(), 5).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        assert!(page.iter().all(|bundle| bundle.tracks.len() == 1 && bundle.tracks[0].last.is_none()));
        seen.extend(page.into_iter().map(|bundle| bundle.id));
    }
    assert_eq!(seen, names.into_iter().collect::<Vec<_>>());
}

fn rows_of_documents_can_be_left_to_the_bundles(place: &Place<'_>) {
    place.open().keep_documents_in_bundles_only().unwrap();
    let mut index = place.open();
    let mut trail = Trail::new();
    let bundle = unstamped(&["b", "d"], "2031-04-30");
    index.apply(trail.add("sato", ["b", "d"].map(|key| taken(key, "2031-04-30")).to_vec())).unwrap();
    index.record_bundle(&bundle, &ends).unwrap();
    index.record_bundle(&unstamped(&["o", "p"], "open"), &ends).unwrap();
    assert!(index.document("b").unwrap().is_none());
    assert!(index.document("o").unwrap().is_some(), "what is open keeps its row");
    assert_eq!(index.bundles_for_key("c").unwrap(), [bundle.id()]);
    assert!(index.bundles_for_key("e").unwrap().is_empty());
    let subject = HoldSubject::Key("b".to_owned());
    let held = Event::Held { hold: "h".to_owned(), subject, reason: "r".to_owned() };
    index.apply(trail.add("sato", vec![held])).unwrap();
    let open = index.bundles(None, 9).unwrap();
    assert!(open.iter().any(|one| one.id == bundle.id() && one.kept_until.is_none()));
    index.apply(trail.add("sato", vec![deletion(&["d"]), deleted(bundle.id(), 1)])).unwrap();
    assert_eq!(index.missing_bundles().unwrap(), [bundle.id()], "the bundle knows whose place it is");
    assert!(index.wants_documents(bundle.id()).unwrap());
    index.record_bundle(&bundle, &ends).unwrap();
    assert_eq!(index.deletion_documents("d-1", None, 9).unwrap(), [("d".to_owned(), true)]);
    assert!(index.missing_bundles().unwrap().is_empty() && !index.wants_documents(bundle.id()).unwrap());
}

/// Every kind of event and two bundles, first as they come to be, then anew: all of the trail, then all bundles.
fn an_index_made_anew_says_the_same(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    let stamper = Stamper::new();
    let (one, two) = (stamper.bundle(&["a", "b"], "2031-04-30"), stamper.bundle(&["m", "n"], "open"));
    let hold = |name: &str, subject| Event::Held { hold: name.into(), subject, reason: "r".into() };
    let stamped = |bundle: &str| Event::Stamped {
        bundle: bundle.to_owned(),
        track: "a".to_owned(),
        chain: 1,
        number: 1,
        gen_time: at(NOW),
        tsa: "first".to_owned(),
    };
    index.apply(trail.add("sato", vec![Event::Stores { stores: vec![store("main", "repair")] }])).unwrap();
    index
        .apply(trail.add("sato", ["n", "a", "b", "z"].map(|key| taken(key, "2031-04-30")).to_vec()))
        .unwrap();
    index.apply(trail.add("sato", vec![taken("m", "open")])).unwrap();
    index.record_bundle(&unstamped(&["a", "b"], "2031-04-30"), &ends).unwrap();
    index.record_bundle(&one, &ends).unwrap();
    let sealed = Event::Sealed { bundle: one.id().to_owned(), documents: 2 };
    index.apply(trail.add("renewal", vec![sealed, stamped(one.id())])).unwrap();
    index.record_bundle(&two, &ends).unwrap();
    index.apply(trail.add("renewal", vec![stamped(two.id()), hold("h", HoldSubject::Everything)])).unwrap();
    let end = Event::Retention {
        key: "m".to_owned(),
        start: "2026-04-30".parse().unwrap(),
        end: "2036-04-30".parse().unwrap(),
    };
    let located = Event::Located { key: "b".to_owned(), locations: vec!["s3://b/b".to_owned()] };
    let aside = Event::SetAside {
        key: "x".to_owned(),
        location: "/x".to_owned(),
        reason: "unreadable".to_owned(),
        findings: Vec::new(),
    };
    let released = Event::Released { hold: "h".to_owned(), reason: "over".to_owned() };
    index.apply(trail.add("suzuki", vec![end, located, aside, released])).unwrap();
    let approved = Event::DeletionApproved { deletion: "d-1".to_owned() };
    index.apply(trail.add("sato", vec![deletion(&["a", "b"]), approved, deleted(one.id(), 0)])).unwrap();
    let damaged = Event::Damaged { what: "m".to_owned(), place: "main".to_owned() };
    index.apply(trail.add("scrub", vec![damaged])).unwrap();

    let lines = |index: &mut Index| {
        let mut lines = Vec::new();
        index.content(&mut |line| lines.push(line.to_owned())).unwrap();
        lines
    };
    let said = lines(&mut index);
    assert!(said.len() > 15, "{said:#?}");
    // Anew on SQLite, whatever the first one is on: both databases say the same too.
    let anew = Place::file();
    let mut anew = anew.open();
    for segment in &trail.0 {
        anew.apply(segment).unwrap();
    }
    assert_eq!(anew.missing_bundles().unwrap().len(), 2);
    for bundle in [&two, &one] {
        anew.record_bundle(bundle, &ends).unwrap();
    }
    assert_eq!(said, lines(&mut anew));
    assert!(anew.missing_bundles().unwrap().is_empty());
}

fn ten_thousand_documents_take_few_round_trips(place: &Place<'_>) {
    let mut index = place.open();
    let mut trail = Trail::new();
    let keys: Vec<String> = (0..10_000).map(|number| format!("k{number:05}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let bundle = unstamped(&keys, "2031-04-30");
    let segment = trail.add("sato", keys.iter().map(|key| taken(key, "2031-04-30")).collect()).clone();
    let before = index.round_trips();
    index.apply(&segment).unwrap();
    let waiting = index.waiting(&key("2031-04-30"), None, keys.len()).unwrap();
    index.record_bundle(&bundle, &ends).unwrap();
    let trips = index.round_trips() - before;
    assert_eq!((waiting.len(), index.counts().unwrap().sealed), (keys.len(), keys.len() as u64));
    assert_eq!(index.documents_by_key(&keys[..1000]).unwrap().len(), 1000);
    // Two to apply, one to look, three to record; SQLite counts statements, not trips.
    let most = if matches!(place, Place::Server { .. }) { 6 } else { 16 };
    assert!(trips <= most, "{trips}");
}

/// Time goes on in steps that are longer than every lease and window.
fn place_now(number: usize) -> i64 {
    (NOW + 1000 * i64::try_from(number).unwrap()) * 1000
}

/// One batch, from its bundle to the end of its unit; what an earlier worker got done isn't done again.
fn stamp(index: &mut Index, stamped: &Bundle) {
    let limits = Limits { windows: vec![Window { requests: 5, seconds: 10 }], ..Limits::default() };
    let work = Work::Stamp { bundle: stamped.id().to_owned(), track: "a".to_owned() };
    index.offer(&[NewUnit { work, priority: 0 }]).unwrap();
    let lease = Duration::from_secs(60);
    let Some(claim) = index.claim("worker", lease, &[UnitKind::Stamp]).unwrap() else { return };
    let imprint = stamped.root("a").unwrap();
    let (spending, patience) = (SpendingLimits { yen_per_day: Some(1000), yen_per_month: None }, lease);
    let nonce = digest(&format!("{}{}", stamped.id(), claim.fence)).value.0;
    let ask = Ask {
        claim: &claim,
        tsa: "t",
        limits: &limits,
        spending,
        imprint: &imprint,
        nonce: &nonce,
        patience,
    };
    let intent = match index.ask(&ask).unwrap() {
        Asked::Granted(intent) => {
            index.received(&intent, b"response").unwrap();
            intent
        }
        Asked::Stored(intent) => {
            assert_eq!(intent.response.as_deref(), Some(&b"response"[..]));
            intent
        }
        other => panic!("{other:?}"),
    };
    index.answered(&intent, &limits, Outcome::Granted, None).unwrap();
    let step = &stamped.steps("a")[0];
    let steps = vec![StepRow::of(stamped.id(), step, ends(step))];
    assert!(index.commit(&claim, &Committed { steps, covered: Vec::new() }).unwrap());
}

/// Everything that the index has points for.
fn all_of_it(index: &mut Index, segment: &Segment, stamped: &Bundle, name: &str) {
    index.apply(segment).unwrap();
    if !index.has_bundle(stamped.id()).unwrap() {
        index.record_bundle(&unstamped(&[name], "open"), &ends).unwrap();
    }
    stamp(index, stamped);
    let work = Work::Extend { key: name.to_owned(), round: "1".to_owned() };
    index.offer(&[NewUnit { work, priority: 0 }]).unwrap();
    if let Some(claim) = index.claim("worker", Duration::from_secs(60), &[UnitKind::Extend]).unwrap() {
        assert!(index.fail(&claim, "it can't be read", Duration::from_secs(1)).unwrap());
    }
    let covered = Covered { store: "main".to_owned(), slice: 0, slices: 1, at: at(NOW), bad: 0 };
    index.covered(stamped.id(), &covered).unwrap();
}

fn a_time_stamp_takes_at_most_ten_round_trips(place: &Place<'_>) {
    let mut index = place.open();
    let stamper = Stamper::new();
    let mut most = 0;
    for name in ["a", "b", "c"] {
        let stamped = stamper.bundle(&[name], "open");
        index.record_bundle(&unstamped(&[name], "open"), &ends).unwrap();
        let before = index.round_trips();
        stamp(&mut index, &stamped);
        most = index.round_trips() - before;
    }
    assert_eq!(index.bundles(None, 9).unwrap().iter().filter(|one| one.tracks[0].last.is_some()).count(), 3);
    // A step of a bundle that isn't there, or a second one for a place, is refused with its unit.
    let one = stamper.bundle(&["a"], "open");
    let step = StepRow::of(one.id(), &one.steps("a")[0], ends(&one.steps("a")[0]));
    let nowhere = StepRow { bundle: "0".repeat(64), ..step.clone() };
    let work = Work::Extend { key: "a".to_owned(), round: "1".to_owned() };
    index.offer(&[NewUnit { work, priority: 0 }]).unwrap();
    let claim = index.claim("worker", Duration::from_secs(60), &[UnitKind::Extend]).unwrap().unwrap();
    let mut commit = |step| index.commit(&claim, &Committed { steps: vec![step], covered: Vec::new() });
    assert!(matches!(commit(nowhere), Err(IndexError::NoBundle)));
    assert!(matches!(commit(step), Err(IndexError::OtherStep)));
    assert!(index.heartbeat(&claim, Duration::from_secs(60)).unwrap(), "it isn't done");
    if matches!(place, Place::Server { .. }) {
        assert!(most <= 9, "{most}");
    }
}

/// Panics where it is told to, as a process that is killed there would end.
struct Killer {
    at: &'static str,
    seen: Mutex<BTreeSet<&'static str>>,
}

impl Checkpoints for Killer {
    fn reached(&self, point: &'static str) {
        self.seen.lock().unwrap().insert(point);
        assert_ne!(point, self.at, "killed");
    }
}

fn a_crash_at_any_point_leaves_all_or_nothing(place: &Place<'_>) {
    let stamper = Stamper::new();
    let mut trail = Trail::new();
    for (number, point) in INDEX_CHECKPOINTS.into_iter().enumerate() {
        let name = format!("k{number}");
        let stamped = stamper.bundle(&[&name], "open");
        let segment = trail.add("sato", vec![taken(&name, "open")]).clone();
        let killer = Arc::new(Killer { at: point, seen: Mutex::default() });
        let mut index = place.open().with_checkpoints(killer.clone());
        let before = segment.before();
        let work = || all_of_it(&mut index, &segment, &stamped, &name);
        let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        assert!(killed.is_err(), "{point} was not reached: {:?}", killer.seen.lock().unwrap());
        drop(index);
        let mut next = place.open();
        let there = next.head().unwrap();
        match point {
            "index-apply-open" => assert_eq!(there, before),
            _ => assert_eq!(there, segment.head()),
        }
        let recorded = next.has_bundle(stamped.id()).unwrap();
        assert_eq!(
            recorded,
            !matches!(point, "index-apply-open" | "index-apply-done" | "index-record-open"),
            "{point}"
        );
        let committed = next.last_place(stamped.id(), "a").unwrap().is_some();
        assert_eq!(
            committed,
            matches!(point, "index-commit-done" | "index-failed-done" | "index-covered-done"),
            "{point}"
        );
        // Whoever comes next goes on from there; what was killed is claimed again when its lease is over.
        place.set_clock(place_now(number + 1));
        all_of_it(&mut next, &segment, &stamped, &name);
        assert_eq!(next.last_place(stamped.id(), "a").unwrap(), Some((1, 1)), "{point}");
    }
    let counts = place.open().counts().unwrap();
    assert_eq!((counts.waiting, counts.bundles), (0, INDEX_CHECKPOINTS.len() as u64));
}

#[test]
fn many_processes_make_the_tables_at_once() {
    let place = Place::file();
    let open = || drop(place.open());
    std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(open))));
    assert_eq!(place.open().counts().unwrap().bundles, 0);
    let Some(server) = server() else { return };
    let url = server.database("many").unwrap();
    let open = || drop(Index::postgres(&url, None).unwrap());
    std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(open))));
}

#[test]
fn a_file_that_another_process_holds_is_the_machine_s_trouble() {
    let place = Place::file();
    drop(place.open());
    let other = rusqlite::Connection::open(place.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut index = Index::sqlite_with_patience(&place.path(), Duration::from_millis(20)).unwrap();
    let mut trail = Trail::new();
    let error = index.apply(trail.add("sato", vec![taken("1", "open")])).unwrap_err();
    assert_eq!(error.kind().exit_code(), 8);
    assert!(error.may_be_tried_again());
    assert_eq!(error.finding().unwrap().code, "archive-index-locked");
    other.execute_batch("ROLLBACK").unwrap();
    index.apply(&trail.0[0]).unwrap();
}

#[test]
fn a_file_that_is_no_index_is_said_to_be_damaged() {
    let place = Place::file();
    std::fs::write(place.path(), vec![7; 8192]).unwrap();
    let error = place.try_open().unwrap_err();
    assert_eq!(
        (error.kind().exit_code(), error.finding().unwrap().code.as_str()),
        (4, "archive-index-damaged")
    );
    let newer = Place::file();
    drop(newer.open());
    let other = rusqlite::Connection::open(newer.path()).unwrap();
    other.execute_batch("UPDATE setting SET value = 99 WHERE name = 'version'").unwrap();
    assert_eq!(newer.try_open().unwrap_err().finding().unwrap().code, "archive-index-newer");
}

#[test]
fn an_address_of_no_server_is_told_apart_from_one_that_is_away() {
    let error = Index::postgres("postgres://:::", None).unwrap_err();
    assert_eq!(error.kind().exit_code(), 2);
    let error = Index::postgres("postgres://user:secret@127.0.0.1:9/x", None).unwrap_err();
    assert_eq!(error.kind().exit_code(), 5);
    assert!(error.may_be_tried_again());
    assert!(!error.to_string().contains("secret"), "{error}");
    let Some(server) = server() else { return };
    let error = Index::postgres(&server.url("nothing"), None).unwrap_err();
    assert_eq!(error.kind().exit_code(), 2, "{error}");
}

#[test]
fn a_server_on_the_network_is_asked_through_tls_with_a_password() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let pki = Pki::new("http://127.0.0.1:9", i64::try_from(now.as_secs()).unwrap()).unwrap();
    let Some(server) = required(Server::start_with_tls(&pki).unwrap()) else { return };
    server.database("net").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    let pem = openssl::x509::X509::from_der(pki.authority(Ca::CommercialRoot).certificate_der()).unwrap();
    std::fs::write(&root, pem.to_pem().unwrap()).unwrap();
    let (url, secret) = (server.tls_url("net"), |text: &str| Secret::new(text.as_bytes().to_vec()));
    let trusted = format!("{url}&sslrootcert={}", root.display());
    let mut index = Index::postgres(&trusted, Some(&secret(PASSWORD))).unwrap();
    assert_eq!(index.head().unwrap(), TrailHead::START);
    let error = Index::postgres(&url, Some(&secret(PASSWORD))).unwrap_err();
    assert_eq!(error.kind().exit_code(), 5, "a certificate that nobody trusts: {error}");
    let error = Index::postgres(&trusted, Some(&secret("guessed"))).unwrap_err();
    assert_eq!(error.kind().exit_code(), 2, "{error}");
    assert!(!error.to_string().contains("guessed"), "{error}");
    let in_clear = server
        .query(
            "net",
            "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
        WHERE a.application_name = 'hsign archive' AND NOT s.ssl",
        )
        .unwrap();
    assert_eq!(in_clear.trim(), "0");
}

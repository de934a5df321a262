//! What the index knows: documents, bundles, holds, deletions, as the trail and the bundles tell them.

use std::collections::BTreeSet;

use hsign_archive::{Event, HoldSubject, RetentionEnd, Segment, StoreFacts, TrailHead};
use hsign_archive_store::{Applied, Covered, DocumentState, Index, IndexError};

use super::support::*;

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
    let found = index.bundles_for_keys(&["c", "e"]).unwrap();
    assert_eq!(found, [(bundle.id().to_owned(), vec!["c"])].into());
    let rows = index.sealed_documents(&bundle, &["d", "c", "b"]).unwrap();
    assert_eq!(rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["b", "d"]);
    assert!(rows.iter().all(|row| row.digest.is_some() && row.retention == "2031-04"), "{rows:?}");
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
    let rows = index.sealed_documents(&bundle, &["b", "d"]).unwrap();
    assert_eq!(rows[0].holds, ["h"]);
    assert!(rows[1].digest.is_none() && matches!(rows[1].state, DocumentState::Deleted { .. }), "{rows:?}");
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

//! Work and its troubles: what a batch costs in round trips, crashes at every point, workers at once, servers that are
//! away or killed, files that are locked or damaged.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hsign_archive::{
    Bundle, Checkpoints, Limits, NewUnit, Outcome, Segment, SpendingLimits, TrailHead, UnitKind, Window, Work,
};
use hsign_archive_store::{Ask, Asked, Committed, Covered, INDEX_CHECKPOINTS, Index, IndexError, StepRow};
use hsign_core::Secret;
use hsign_testkit::postgres::{PASSWORD, Server};
use hsign_testkit::{Ca, Pki};

use super::support::*;

cases![
    ten_thousand_documents_take_few_round_trips,
    a_time_stamp_takes_at_most_ten_round_trips,
    a_crash_at_any_point_leaves_all_or_nothing,
    workers_at_once_share_units_and_quota,
    the_money_is_spent_once_for_all_authorities,
];

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

/// Real threads at once: every unit is done once, the quota holds, and nobody waits for ever.
fn workers_at_once_share_units_and_quota(place: &Place<'_>) {
    let bundles: Vec<Bundle> = (0..24).map(|number| unstamped(&[&format!("k{number}")], "open")).collect();
    let mut index = place.open();
    let mut units = Vec::new();
    for bundle in &bundles {
        index.record_bundle(bundle, &ends).unwrap();
        let work = Work::Stamp { bundle: bundle.id().to_owned(), track: "a".to_owned() };
        units.push(NewUnit { work, priority: 0 });
    }
    assert_eq!(index.offer(&units).unwrap(), 24);
    let limits = Limits {
        windows: vec![Window { requests: 10, seconds: 1000 }],
        at_once: 99,
        ..Limits { yen: 10, ..Limits::default() }
    };
    let (mut granted, mut waited) = (0, 0);
    let worker = |number: usize| {
        let mut index = place.open();
        let (mut granted, mut waited) = (0, 0);
        let lease = Duration::from_secs(60);
        while let Some(claim) = index.claim(&number.to_string(), lease, &[UnitKind::Stamp]).unwrap() {
            let Work::Stamp { bundle, .. } = &claim.work else { panic!() };
            let imprint = bundles.iter().find(|one| one.id() == bundle).unwrap().root("a").unwrap();
            let nonce = digest(&format!("{number}/{bundle}")).value.0;
            let (spending, patience) = (SpendingLimits::default(), Duration::from_secs(9));
            let ask = Ask {
                claim: &claim,
                tsa: "t",
                limits: &limits,
                spending,
                imprint: &imprint,
                nonce: &nonce,
                patience,
            };
            match index.ask(&ask).unwrap() {
                Asked::Granted(intent) => {
                    granted += 1;
                    index.received(&intent, b"token").unwrap();
                    index.answered(&intent, &limits, Outcome::Granted, None).unwrap();
                    assert!(index.commit(&claim, &Committed::default()).unwrap());
                }
                Asked::Wait(wait, _) => {
                    waited += 1;
                    assert!(index.put_back(&claim, "quota", wait).unwrap());
                }
                other => panic!("{other:?}"),
            }
        }
        (granted, waited)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|number| scope.spawn(move || worker(number))).collect();
        for worker in workers {
            let (of_granted, of_waited) = worker.join().unwrap();
            granted += of_granted;
            waited += of_waited;
        }
    });
    assert_eq!((granted, waited), (10, 14), "ten in the window, the others wait");
    let authority = index.authorities().unwrap().remove(0);
    assert_eq!((authority.requests, authority.granted, authority.yen), (10, 10, 100));
    assert_eq!(index.spent().unwrap(), (100, 100));
    assert!(index.next_claim(&[UnitKind::Stamp]).unwrap().unwrap() > Duration::from_secs(900));
}

fn the_money_is_spent_once_for_all_authorities(place: &Place<'_>) {
    let mut index = place.open();
    let work =
        |number: u32| Work::Seal { class: "c".into(), retention: "open".into(), from: u64::from(number) };
    for number in 0..3 {
        index.offer(&[NewUnit { work: work(number), priority: 0 }]).unwrap();
    }
    let limits = Limits { yen: 10, ..Limits::default() };
    let spending = SpendingLimits { yen_per_day: Some(20), yen_per_month: None };
    let mut answers = Vec::new();
    for tsa in ["one", "other", "one"] {
        let claim = index.claim("w", Duration::from_secs(60), &[UnitKind::Seal]).unwrap().unwrap();
        let nonce = digest(&format!("{tsa}{}", claim.fence + answers.len() as u64)).value.0;
        let (imprint, patience) = (digest(&claim.work.key().unwrap()), Duration::from_secs(5));
        let ask =
            Ask { claim: &claim, tsa, limits: &limits, spending, imprint: &imprint, nonce: &nonce, patience };
        answers.push(index.ask(&ask).unwrap());
    }
    assert!(matches!(answers[..], [Asked::Granted(_), Asked::Granted(_), Asked::Spent(_)]), "{answers:?}");
    assert_eq!(index.spent().unwrap(), (20, 20));
}

/// A server that is killed in the middle of work: workers are told that it is away, go on with the same connection once
/// it is back, and what was committed is there once.
#[test]
fn a_database_that_is_killed_loses_nothing_that_was_committed() {
    let Some(mut server) = server() else { return };
    let url = server.database("killed").unwrap();
    let mut index = Index::postgres(&url, None).unwrap();
    let bundles: Vec<Bundle> = (0..3).map(|number| unstamped(&[&format!("k{number}")], "open")).collect();
    let mut trail = Trail::new();
    index.apply(trail.add("sato", vec![taken("k0", "open")])).unwrap();
    let work = Work::Seal { class: "chart".into(), retention: "open".into(), from: 0 };
    index.offer(&[NewUnit { work, priority: 0 }]).unwrap();
    let claim = index.claim("w", Duration::from_secs(300), &UnitKind::ALL).unwrap().unwrap();
    index.record_bundle(&bundles[0], &ends).unwrap();
    for bundle in &bundles[1..] {
        server.kill().unwrap();
        for _ in 0..2 {
            let error = index.record_bundle(bundle, &ends).unwrap_err();
            assert_eq!(error.kind().exit_code(), 5, "{error}");
            assert!(error.may_be_tried_again(), "{error}");
            assert_eq!(error.finding().unwrap().code, "archive-database-away");
        }
        server.restart().unwrap();
        index.record_bundle(bundle, &ends).unwrap();
    }
    assert_eq!((index.counts().unwrap().bundles, index.head().unwrap()), (3, trail.0[0].head()));
    // The lease outlived the server; a commit whose answer was lost is said again.
    assert!(index.heartbeat(&claim, Duration::from_secs(300)).unwrap());
    assert!(index.commit(&claim, &Committed::default()).unwrap());
    server.kill().unwrap();
    assert!(matches!(index.commit(&claim, &Committed::default()), Err(IndexError::Database(_))));
    server.restart().unwrap();
    assert!(index.commit(&claim, &Committed::default()).unwrap());
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

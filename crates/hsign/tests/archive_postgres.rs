//! An archive whose index is in PostgreSQL: many workers at once, a server that is killed, an index that is made anew.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, clippy::print_stdout)]

mod archive_support;

use std::sync::Arc;
use std::time::Duration;

use archive_support::{CONFIG, Clinic, NOW, no_secrets};
use hsign::archive::{Environment, Intake, RenewRequest, Retention, ScrubRequest, Summary};
use hsign_core::ErrorKind;
use hsign_testkit::postgres::Server;
use hsign_testkit::{DAY, YEAR};

/// Charts that end in a month each: as many bundles.
fn charts(clinic: &Clinic, numbers: std::ops::Range<usize>) -> Vec<Intake> {
    let end = |number: usize| format!("{}-{:02}-15", 2046 + number / 12, number % 12 + 1).parse().unwrap();
    numbers.map(|number| clinic.document(number, "chart", Retention::Until(end(number)))).collect()
}

fn use_index(clinic: &Clinic, url: &str) {
    let config = CONFIG.replacen("[[store]]", &format!("index = \"{url}\"\nlease = \"20s\"\n[[store]]"), 1);
    clinic.configure(&config);
}

fn renew(clinic: &Clinic) -> Summary {
    let patience = Duration::from_secs(60);
    let request = RenewRequest { close_all: true, patience, ..RenewRequest::default() };
    clinic.archive(|archive, environment| archive.renew(&request, environment))
}

/// Four processes' worth of workers; each has its own connections.
fn renew_at_once(clinic: &Clinic) {
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| renew(clinic)))));
}

#[test]
fn workers_on_postgresql_share_an_archive_that_outlives_its_database() {
    let Some(mut server) = Server::start().unwrap() else {
        assert_ne!(std::env::var("REQUIRE_ALL").as_deref(), Ok("1"), "PostgreSQL is not installed");
        return println!("skipped: PostgreSQL is not installed");
    };
    let clinic = Clinic::new();
    clinic.add(&charts(&clinic, 0..2));
    renew(&clinic);
    let asked = || clinic.desk.asked.lock().unwrap().len();
    assert_eq!(asked(), 2);

    // From SQLite to PostgreSQL: an index made anew.
    use_index(&clinic, &server.database("one").unwrap());
    clinic.run(|home, environment| hsign::archive::rebuild_index(home, no_secrets(), environment));
    assert_eq!(clinic.verified(), 2);

    clinic.add(&charts(&clinic, 2..14));
    renew_at_once(&clinic);
    assert_eq!(asked(), 14, "a time stamp for each bundle, whoever made it");
    assert_eq!((clinic.verified(), renew(&clinic).tsa_requests), (14, 0));

    server.kill().unwrap();
    let more = charts(&clinic, 14..16);
    let away = clinic.try_archive(|archive, environment| archive.add(&more, environment)).unwrap_err();
    assert_eq!(away.kind(), ErrorKind::Remote, "{away}");
    server.restart().unwrap();
    clinic.add(&more);
    renew_at_once(&clinic);
    assert_eq!((clinic.verified(), asked()), (16, 16));

    // One time stamp renews all, however many try.
    clinic.set(NOW + 10 * YEAR - 170 * DAY);
    renew_at_once(&clinic);
    assert_eq!(asked(), 17);

    // The database is lost for good.
    server.query("postgres", "DROP DATABASE one WITH (FORCE)").unwrap();
    use_index(&clinic, &server.database("two").unwrap());
    clinic.run(|home, environment| hsign::archive::rebuild_index(home, no_secrets(), environment));
    assert_eq!((clinic.verified(), renew(&clinic).tsa_requests), (16, 0));
}

/// How often whatever is due waits for the database, with a worker who loses no race for the trail: one that is lost costs
/// two or three more.
fn round_trips(clinic: &Clinic, limit: Option<u64>) -> u64 {
    let request = RenewRequest { close_all: true, limit, ..RenewRequest::default() };
    clinic.archive(|archive, environment| {
        let checkpoints = Arc::clone(&environment.checkpoints);
        let summary = archive.renew(&request, &Environment { threads: 1, checkpoints, ..*environment })?;
        assert_eq!(summary.failed, 0);
        Ok(archive.round_trips())
    })
}

/// Of a run some round trips are the same whatever there is to do; what a batch takes is the difference between many and
/// few.
#[test]
fn a_batch_takes_at_most_ten_round_trips_in_each_step_of_its_life() {
    let Some(server) = Server::start().unwrap() else {
        assert_ne!(std::env::var("REQUIRE_ALL").as_deref(), Ok("1"), "PostgreSQL is not installed");
        return println!("skipped: PostgreSQL is not installed");
    };
    let life = |name: &str, count: u64| {
        let clinic = Clinic::new();
        use_index(&clinic, &server.database(name).unwrap());
        clinic.run(|home, environment| hsign::archive::rebuild_index(home, no_secrets(), environment));
        clinic.add(&charts(&clinic, 0..usize::try_from(count).unwrap()));
        let sealed = round_trips(&clinic, Some(count));
        let stamped = round_trips(&clinic, Some(count));
        clinic.set(NOW + 10 * YEAR - 170 * DAY);
        clinic.archive(|archive, environment| {
            archive.scrub(ScrubRequest { everything: true, repair: false }, environment)
        });
        let renewed = round_trips(&clinic, None);
        assert_eq!(clinic.verified(), count);
        [sealed, stamped, renewed]
    };
    let (few, many) = (life("few", 4), life("many", 20));
    let each: Vec<u64> =
        few.iter().zip(many).map(|(few, many)| many.saturating_sub(*few).div_ceil(16)).collect();
    println!("round trips of a batch: sealed {}, stamped {}, renewed {}", each[0], each[1], each[2]);
    assert!(each.iter().all(|trips| *trips <= 10), "{each:?} ({few:?}, {many:?})");
}

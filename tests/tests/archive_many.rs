//! Several processes of the command on one archive whose index is in PostgreSQL: they share the work, and one that
//! stands still past its lease and comes back does no harm.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hsign_testkit::postgres::Server;
use hsign_testkit::{Endpoint, Fault};
use hsign_tests::{Answer, Session, missing};

const COMMON: &str = "--archive archive --trust {trust} --evidence {crl} --output json";

/// An archive of as many bundles as there are numbers, none stamped yet; `None` without PostgreSQL.
fn waiting(documents: u32) -> Option<(Session, Server)> {
    let Some(server) = Server::start().unwrap() else {
        missing("PostgreSQL");
        return None;
    };
    let session = Session::alone();
    let settings = format!(
        "format = \"hsign.archive-config/1\"\nindex = \"{}\"\nlease = \"2s\"\n\
         [[store]]\nname = \"one\"\nurl = \"one\"\naccess = \"repair\"\ncountry = \"JP\"\noperator = \"we\"\n\
         [[track]]\nname = \"a\"\nalgorithm = \"sha256\"\ntsa = [\"first\"]\n\
         [[tsa]]\nname = \"first\"\nurl = \"{}\"\nper_second = 50.0\nburst = 50\nat_once = 8\n\
         [policy]\nevidence_record_alone = [\"chart\"]\n",
        server.database("archive").unwrap(),
        session.testbed().tsa_url()
    );
    session.write("settings.toml", settings);
    session.run("archive init archive --settings settings.toml").exits(0);
    let mut list = "location,key,class,keep_until\n".to_owned();
    for number in 1..=documents {
        session.write(&format!("{number}.txt"), format!("chart {number}"));
        list += &format!("{number}.txt,chart-{number},chart,{}-12-31\n", 2030 + number);
    }
    session.write("list.csv", list);
    run(&session, "add", "--list list.csv").exits(0);
    Some((session, server))
}

fn run(session: &Session, command: &str, rest: &str) -> Answer {
    session.run(&format!("archive {command} {COMMON} {rest}"))
}

fn worker(session: &Session) -> Child {
    let line = format!("archive renew {COMMON} --close-all --patience 20s");
    session.command(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// The names of all time stamps in the store.
fn stamps(session: &Session) -> usize {
    let Ok(bundles) = fs::read_dir(session.path("archive/one/bundles")) else { return 0 };
    let files = bundles.flat_map(|bundle| fs::read_dir(bundle.unwrap().path()).unwrap());
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("step.")).count()
}

#[test]
fn processes_share_the_work_and_each_bundle_gets_one_stamp() {
    let Some((session, _server)) = waiting(12) else { return };
    let workers: Vec<Child> = (0..3).map(|_| worker(&session)).collect();
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }
    assert_eq!(stamps(&session), 12);
    run(&session, "verify", "").exits(0);
}

#[test]
fn a_worker_that_was_stopped_past_its_lease_comes_back_and_does_no_harm() {
    let Some((session, _server)) = waiting(2) else { return };
    let slow = Fault::Latency(Duration::from_secs(3));
    session.testbed().always_fault(Endpoint::Tsa, &[slow]);
    let mut zombie = worker(&session);
    // It has asked, and waits for the answer.
    let begun = Instant::now();
    while session.testbed().take_requests().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never asked");
        sleep(Duration::from_millis(50));
    }
    signal(&zombie, "-STOP");
    session.testbed().clear_faults();
    sleep(Duration::from_secs(3));
    run(&session, "renew", "--close-all --patience 20s").exits(0);
    assert_eq!(stamps(&session), 2, "somebody else went on");
    signal(&zombie, "-CONT");
    let _ = zombie.wait().unwrap();
    assert_eq!(stamps(&session), 2, "a place has one stamp");
    run(&session, "verify", "").exits(0);
    run(&session, "trail verify", "").exits(0);
    run(&session, "renew", "").exits(0);
    assert_eq!(stamps(&session), 2);
}

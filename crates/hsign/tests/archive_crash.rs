//! What happens when a worker dies: at each point of the work once, in one life of an archive. `make crash` does the same
//! with processes that are killed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod archive_support;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use archive_support::{CONFIG, Clinic, NOW};
use hsign::archive::{CHECKPOINTS, Checkpoints, Line, RenewRequest, ScrubRequest, VerifyRequest};
use hsign_testkit::{DAY, YEAR};

/// Dies at a point, once.
struct Dies {
    at: &'static str,
    armed: AtomicBool,
    seen: Mutex<BTreeSet<&'static str>>,
}

impl Checkpoints for Dies {
    fn reached(&self, point: &'static str) {
        self.seen.lock().unwrap().insert(point);
        if point == self.at && self.armed.swap(false, Ordering::SeqCst) {
            std::panic::panic_any("dies here");
        }
    }
}

/// A life with a first stamp, a renewal of time stamps and one of trees; whatever is cut off is called again. How many
/// time stamps were asked for.
fn life(at: &'static str) -> (usize, BTreeSet<&'static str>) {
    let clinic = Clinic::new();
    let config = CONFIG.replacen("[[store]]", "lease = \"2s\"\n[[store]]", 1);
    std::fs::write(clinic.home().join("archive.toml"), config).unwrap();
    let dies = Arc::new(Dies { at, armed: AtomicBool::new(true), seen: Mutex::default() });
    *clinic.checkpoints.lock().unwrap() = dies.clone();
    let again = |work: &dyn Fn()| {
        for _ in 0..3 {
            if catch_unwind(AssertUnwindSafe(work)).is_ok() {
                return;
            }
        }
        panic!("{at}: it doesn't go on");
    };
    let renew = || {
        let request =
            RenewRequest { close_all: true, patience: Duration::from_secs(10), ..RenewRequest::default() };
        clinic.archive(|archive, environment| archive.renew(&request, environment));
    };
    let charts = clinic.charts(0..3);
    again(&|| drop(clinic.add(&charts)));
    again(&renew);
    clinic.set(NOW + 10 * YEAR - 170 * DAY);
    again(&renew);
    let row = "[[algorithms.digest]]\nname = \"SHA-256\"\ncollision = \"2029-06-30\"\nsecond_pre_image = \"no-end\"\n\
               certificate_identifier = \"no-end\"\nsource = \"mapping\"\nconfidence = \"likely\"\n";
    clinic.policy.lock().unwrap().push_str(row);
    clinic.set(NOW + 12 * YEAR + 200 * DAY);
    again(&renew);
    let everything = ScrubRequest { everything: true, repair: false };
    again(&|| {
        let scrubbed = clinic.archive(|archive, environment| archive.scrub(everything, environment));
        assert_eq!(scrubbed.failed, 0, "{at}: {:?}", clinic.lines());
    });

    let request = VerifyRequest { documents: true, ..VerifyRequest::default() };
    let verified = clinic.archive(|archive, environment| archive.verify(&request, environment));
    assert_eq!((verified.objects, verified.failed), (3, 0), "{at}: {:?}", clinic.lines());
    let steps = clinic.lines().iter().filter(|line| matches!(line, Line::Verified { .. })).count();
    assert_eq!(steps, 3, "{at}: one track");
    let trail = clinic.archive(|archive, environment| archive.verify_trail(environment));
    assert_eq!(trail.failed, 0, "{at}");
    let asked = clinic.desk.asked.lock().unwrap().len();
    let seen = dies.seen.lock().unwrap().clone();
    (asked, seen)
}

#[test]
fn a_worker_that_dies_anywhere_loses_nothing_and_costs_at_most_one_stamp() {
    let (asked, seen) = life("nowhere");
    assert_eq!(asked, 3);
    let points: Vec<&'static str> = CHECKPOINTS.into_iter().filter(|point| seen.contains(point)).collect();
    let lacking: Vec<_> = CHECKPOINTS.iter().filter(|point| !seen.contains(**point)).collect();
    let elsewhere = |point: &&&str| {
        ["extend-", "delete-", "init-", "rebuild-", "trail-after-export", "index-before-apply"]
            .iter()
            .any(|other| point.starts_with(other))
    };
    assert!(lacking.iter().all(|point| elsewhere(&point)), "{lacking:?}");
    std::panic::set_hook(Box::new(|_| {}));
    let failed = Mutex::new(Vec::new());
    let next = Mutex::new(points.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while let Some(point) = {
                    let mut next = next.lock().unwrap();
                    next.next()
                } {
                    match catch_unwind(|| life(point)) {
                        Ok((asked, _)) if asked <= 4 => {}
                        Ok((asked, _)) => failed.lock().unwrap().push(format!("{point}: {asked} stamps")),
                        Err(panic) => {
                            let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                            failed.lock().unwrap().push(format!("{point}: {text}"));
                        }
                    }
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{failed:#?}");
}

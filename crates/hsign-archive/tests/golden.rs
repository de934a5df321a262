//! A bundle of each version of the format that was ever written stays readable, and what it proves stays provable.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod support;

use std::path::{Path, PathBuf};

use hsign_archive::{Bundle, RecordedVerdict, Recorder, TimestampRenewal, TreeRenewal, seal};
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

fn renewed(bundle: &mut Bundle, files: &mut Files, day: i64) {
    let other = stamped(7).0;
    let again = bundle.last_step("a").unwrap().algorithm() == SHA256;
    let others = if again { vec![&other, &*bundle] } else { vec![&*bundle] };
    let renewal = TimestampRenewal::over(others.into_iter().map(as_it_is), "a").unwrap();
    let step = renewal.step(as_it_is(bundle), &token(&renewal.root(), day)).unwrap();
    put(bundle, files, &step);
}

/// A step by hand, done once for a version of the format when its writer is finished: writes the golden files that the
/// test above reads. `cargo test -p hsign-archive --test golden -- --ignored make_the_bundle_of_version_1`, in a tree
/// without `testdata/archive/bundle-1`.
#[test]
#[ignore = "a step by hand: writes the golden bundle of version 1 of the format, once"]
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

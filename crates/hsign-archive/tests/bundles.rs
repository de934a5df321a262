//! Bundles: written once, read strictly, and what is damaged is told by name.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use hsign_archive::{
    BundleFile, Error, Member, PartProblem, StepKind, TimestampRenewal, ToRenew, TreeRenewal, is_evidence,
    known_digests, read, read_evidence, seal,
};
use support::*;

#[test]
fn what_was_sealed_and_stamped_is_read_back() {
    let (bundle, files) = stamped(5);
    let again = whole(&bundle, &files);
    assert_eq!((again.class(), again.retention(), again.documents().len()), ("chart", "2031-04", 5));
    assert_eq!(again.steps("a"), bundle.steps("a"));
    assert_eq!(again.position("chart/0003"), Some(3));
    assert_eq!(again.proven_since("a").unwrap().unix_seconds(), NOW);
    assert_eq!(again.documents()[1].locations(), ["file:store/1"]);
}

#[test]
fn the_same_documents_give_the_same_bundle_in_any_order() {
    let mut batch = batch(9, &[track("a", SHA256)]);
    let first = seal(&batch).unwrap();
    batch.documents.reverse();
    let second = seal(&batch).unwrap();
    assert_eq!((first.bundle.id(), &first.files), (second.bundle.id(), &second.files));
    assert_eq!(first.files.last().unwrap().name, "bundle.json");
}

#[test]
fn batches_that_make_no_bundle_are_refused() {
    let fine = batch(3, &[track("a", SHA256)]);
    let mut none = fine.clone();
    none.documents.clear();
    let mut twice = fine.clone();
    twice.documents.push(document(1, &[SHA256]));
    let mut elsewhere = fine;
    elsewhere.key.retention = "open".to_owned();
    for wrong in [none, twice, elsewhere] {
        assert!(matches!(seal(&wrong), Err(Error::Batch(_))));
    }
}

#[test]
fn i2_a_place_has_one_time_stamp_and_the_name_of_its_manifest_tells_the_place() {
    let (mut bundle, _) = sealed(2);
    let root = bundle.root("a").unwrap();
    let [one, other] = [0, 1].map(|day| bundle.first_step("a", &token(&root, day)).unwrap());
    let names = |files: &[BundleFile]| files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(one.files()).last(), names(other.files()).last());
    assert_ne!(names(one.files())[0], names(other.files())[0]);
    bundle.add(&one).unwrap();
    assert!(matches!(bundle.add(&other), Err(Error::Stamp(_))));
    assert!(matches!(bundle.first_step("a", &token(&root, 2)), Err(Error::Stamp(_))));
    assert!(matches!(bundle.first_step("b", &token(&root, 2)), Err(Error::Stamp(_))));
}

#[test]
fn what_a_lost_race_leaves_behind_does_no_harm_and_is_told() {
    let (bundle, mut files) = stamped(2);
    let (again, _) = sealed(2);
    let loser = again.first_step("a", &token(&bundle.root("a").unwrap(), 1)).unwrap();
    let left = loser.files()[0].clone();
    files.insert(left.name.clone(), left.bytes);
    let reading = read(bundle.id(), &files);
    assert_eq!((reading.damage, reading.unused), (vec![], vec![left.name]));
    assert_eq!(reading.bundle.unwrap().steps("a").len(), 1);
}

#[test]
fn i3_a_token_over_something_else_makes_no_step() {
    let (bundle, _) = sealed(2);
    for wrong in [token(&digest(SHA256, b"x"), 0), token(&digest(SHA512, b"x"), 0), b"no token".to_vec()] {
        assert!(matches!(bundle.first_step("a", &wrong), Err(Error::Stamp(_))));
    }
}

#[test]
fn rfc4998_5_1_time_stamps_ascend() {
    let (mut bundle, mut files) = sealed(2);
    let step = bundle.first_step("a", &token(&bundle.root("a").unwrap(), 9)).unwrap();
    put(&mut bundle, &mut files, &step);
    let renewal = TimestampRenewal::over([as_it_is(&bundle)], "a").unwrap();
    assert!(matches!(renewal.step(as_it_is(&bundle), &token(&renewal.root(), 8)), Err(Error::Stamp(_))));
    assert!(renewal.step(as_it_is(&bundle), &token(&renewal.root(), 9)).is_ok());
}

#[test]
fn a_renewal_that_was_prepared_before_another_came_is_refused() {
    let (mut bundle, mut files) = stamped(2);
    let late = TimestampRenewal::over([as_it_is(&bundle)], "a").unwrap();
    let step = late.step(as_it_is(&bundle), &token(&late.root(), 1)).unwrap();
    put(&mut bundle, &mut files, &step);
    assert!(matches!(late.step(as_it_is(&bundle), &token(&late.root(), 2)), Err(Error::Stamp(_))));
}

/// A bundle with everything that there is: two tracks, a renewal, a new tree.
fn long_lived(count: usize) -> (hsign_archive::Bundle, Files) {
    let sealed = seal(&batch(count, &[track("a", SHA256), track("b", SHA512)])).unwrap();
    let mut bundle = sealed.bundle;
    let mut files: Files = sealed.files.into_iter().map(|file| (file.name, file.bytes)).collect();
    for name in ["a", "b"] {
        let step = bundle.first_step(name, &token(&bundle.root(name).unwrap(), 0)).unwrap();
        put(&mut bundle, &mut files, &step);
    }
    let other = stamped(4).0;
    let renewal = TimestampRenewal::over([as_it_is(&bundle), as_it_is(&other)], "a").unwrap();
    let step = renewal.step(as_it_is(&bundle), &token(&renewal.root(), 1)).unwrap();
    put(&mut bundle, &mut files, &step);
    let renewal = TreeRenewal::over(as_it_is(&bundle), "a", known_digests(&bundle, SHA512)).unwrap();
    let step = renewal.step(&bundle, &token(&renewal.root(), 2)).unwrap();
    put(&mut bundle, &mut files, &step);
    (bundle, files)
}

#[test]
fn every_changed_octet_is_found_in_its_file() {
    let (bundle, files) = long_lived(3);
    let bundle = whole(&bundle, &files);
    let names: Vec<&String> = files.keys().collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let flips: usize = std::thread::scope(|scope| {
        let part = |first: usize| {
            let (bundle, files, names) = (&bundle, files.clone(), &names);
            let own = names.iter().skip(first).step_by(threads);
            scope.spawn(move || own.map(|name| flip_each(bundle.id(), files.clone(), name)).sum::<usize>())
        };
        let parts: Vec<_> = (0..threads).map(part).collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    });
    let expected: usize = files.iter().map(|(name, bytes)| bytes.len().div_ceil(stride(name))).sum();
    assert_eq!(flips, expected);
    assert!(flips > 5_000, "{flips}");
}

/// What is only held against its digest is changed at every octet where nothing may be skipped, elsewhere at some.
fn stride(name: &str) -> usize {
    let all = std::env::var_os("REQUIRE_ALL").is_some_and(|value| value == "1");
    if all || name.ends_with(".json") || name.ends_with(".jsonl") || name.ends_with(".bin") { 1 } else { 16 }
}

/// Changes octets of a file, one at a time; the reader blames that file and no other.
fn flip_each(id: &str, mut files: Files, name: &str) -> usize {
    let mut flips = 0;
    for at in (0..files[name].len()).step_by(stride(name)) {
        let bit = 1 << (at % 8);
        files.get_mut(name).unwrap()[at] ^= bit;
        let damage = read(id, &files).damage;
        let blamed: Vec<_> = damage.iter().filter(|one| one.problem != PartProblem::Unchecked).collect();
        assert!(matches!(&blamed[..], [one] if one.part == name), "{name} {at}: {damage:?}");
        files.get_mut(name).unwrap()[at] ^= bit;
        flips += 1;
    }
    flips
}

#[test]
fn every_file_that_is_cut_or_lost_is_told() {
    let (bundle, files) = long_lived(3);
    for name in files.keys() {
        let mut shorter = files.clone();
        shorter.get_mut(name).unwrap().pop();
        assert!(read(bundle.id(), &shorter).damage.iter().any(|damage| &damage.part == name), "{name}");
        let mut without = files.clone();
        without.remove(name);
        let reading = read(bundle.id(), &without);
        // The last step of a track is published by its manifest: without it there is no such step, and only
        // another copy of the bundle tells that there was.
        let newest = ["step.a.2.1.json", "step.b.1.1.json"].contains(&name.as_str());
        assert_eq!(reading.damage.is_empty(), newest, "{name}");
        assert_eq!(reading.unused.is_empty(), !newest, "{name}: {:?}", reading.unused);
        let blamed = |damage: &hsign_archive::PartDamage| {
            // A manifest whose data are lost can't be told from one that names wrong data.
            &damage.part == name || name.starts_with("data.") && damage.part.starts_with("step.")
        };
        assert!(newest || reading.damage.iter().any(blamed), "{name}: {:?}", reading.damage);
    }
    let mut more = files.clone();
    more.insert("step.c.1.1.json".to_owned(), b"{}".to_vec());
    more.insert("notes.txt".to_owned(), b"".to_vec());
    let problems: Vec<_> = read(bundle.id(), &more).damage.into_iter().map(|one| one.problem).collect();
    assert_eq!(problems, [PartProblem::Unknown, PartProblem::Unchecked]);
}

#[test]
fn a_damaged_step_leaves_the_ones_before_it_and_the_other_tracks() {
    let (bundle, mut files) = long_lived(3);
    let name = files.keys().find(|name| name.starts_with("data.a.1.2.")).unwrap().clone();
    files.get_mut(&name).unwrap()[100] ^= 1;
    let reading = read(bundle.id(), &files);
    let left = reading.bundle.unwrap();
    assert_eq!((left.steps("a").len(), left.steps("b").len()), (1, 1));
    assert!(reading.unused.is_empty());
}

#[test]
fn other_versions_of_the_format_are_refused() {
    let (_, mut files) = sealed(1);
    let manifest = String::from_utf8(files["bundle.json"].clone()).unwrap();
    let newer = manifest.replace("archive-bundle/1", "archive-bundle/2").into_bytes();
    let id = digest(SHA256, &newer).hex();
    files.insert("bundle.json".to_owned(), newer);
    let reading = read(&id, &files);
    assert!(reading.bundle.is_none());
    let manifest = reading.damage.iter().find(|damage| damage.part == "bundle.json").unwrap();
    assert!(matches!(manifest.problem, PartProblem::Contradicts(_)));
}

#[test]
fn a_table_that_contradicts_its_manifest_is_refused() {
    let (_, files) = sealed(3);
    let forged = |from: &str, to: &str| {
        let mut files = files.clone();
        let table = String::from_utf8(files["documents.jsonl"].clone()).unwrap().replace(from, to);
        let before = digest(SHA256, &files["documents.jsonl"]).hex();
        let length = (files["documents.jsonl"].len(), table.len());
        let manifest = String::from_utf8(files["bundle.json"].clone()).unwrap();
        let manifest = manifest
            .replace(&before, &digest(SHA256, table.as_bytes()).hex())
            .replace(&format!("\"length\":{}", length.0), &format!("\"length\":{}", length.1));
        let id = digest(SHA256, manifest.as_bytes()).hex();
        files.insert("documents.jsonl".to_owned(), table.into_bytes());
        files.insert("bundle.json".to_owned(), manifest.into_bytes());
        read(&id, &files)
    };
    assert!(forged("store", "store").bundle.is_some());
    assert!(forged("store", "other").bundle.is_some());
    let known = digest(SHA256, &data(1)).hex();
    let others = digest(SHA256, b"forged").hex();
    for (from, to) in
        [(known.as_str(), others.as_str()), ("2031-04-30", "open"), ("0001", "0009"), ("sha256", "sha512")]
    {
        let reading = forged(from, to);
        assert!(reading.bundle.is_none() && !reading.damage.is_empty(), "{from}");
    }
}

fn run_script(folder: &Path, anchors: &Path, documents: &[&Path]) -> (bool, String) {
    let output = Command::new("python3")
        .args(["-B", "verify.py"])
        .arg(anchors)
        .args(documents)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.success(), text)
}

/// The bundle as a folder, and its authorities' root beside it in PEM.
fn laid_out(bundle: &hsign_archive::Bundle, files: &Files) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let room = tempfile::tempdir().unwrap();
    let folder = room.path().join(bundle.id());
    std::fs::create_dir(&folder).unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let [der, pem] = ["root.der", "root.pem"].map(|name| room.path().join(name));
    std::fs::write(&der, anchors()).unwrap();
    let mut to_pem = Command::new("openssl");
    to_pem.args(["x509", "-inform", "DER", "-in"]).arg(&der).arg("-out").arg(&pem);
    assert!(to_pem.status().unwrap().success());
    (room, folder, pem)
}

#[test]
fn the_script_follows_a_renewed_tree_and_what_renews_it() {
    for count in [1, 5] {
        let (mut bundle, mut files) = long_lived(count);
        let renewal = TimestampRenewal::over([as_it_is(&bundle)], "a").unwrap();
        let step = renewal.step(as_it_is(&bundle), &token(&renewal.root(), 3)).unwrap();
        put(&mut bundle, &mut files, &step);
        let (room, folder, anchors) = laid_out(&bundle, &files);
        let (first, last, other) =
            (room.path().join("0"), room.path().join("last"), room.path().join("other"));
        std::fs::write(&first, data(0)).unwrap();
        std::fs::write(&last, data(count - 1)).unwrap();
        std::fs::write(&other, b"another").unwrap();
        let (passed, text) = run_script(&folder, &anchors, &[&first, &last]);
        // Two tracks begin, four time stamps and one; two documents in two chains and one.
        assert!(passed && text.matches("ok    ").count() == 2 + 5 + 6, "{text}");
        assert!(!run_script(&folder, &anchors, &[&other]).0);
        // Evidence of the first chain that is another than what the second one covered.
        for (ending, wrong) in [("data.a.2.1.", 3), ("step.a.1.2.", 3)] {
            let name = files.keys().find(|name| {
                name.starts_with(ending) && (name.ends_with(".before.tst") || name.ends_with(".json"))
            });
            let name = name.unwrap();
            let changed = if name.ends_with(".json") {
                let text = String::from_utf8(files[name].clone()).unwrap();
                let at = text.find("\"path\":[[\"").unwrap() + 10;
                let digit = if &text[at..=at] == "0" { "1" } else { "0" };
                [&text[..at], digit, &text[at + 1..]].concat().into_bytes()
            } else {
                let mut bytes = files[name].clone();
                *bytes.last_mut().unwrap() ^= 1;
                bytes
            };
            std::fs::write(folder.join(name), changed).unwrap();
            let (passed, text) = run_script(&folder, &anchors, &[&first, &last]);
            assert!(!passed && text.matches("WRONG").count() >= wrong, "{name}: {text}");
            std::fs::write(folder.join(name), &files[name]).unwrap();
        }
        assert!(run_script(&folder, &anchors, &[&first]).0);
    }
}

#[test]
fn the_script_in_the_bundle_verifies_it_with_python_and_openssl_alone() {
    let (mut bundle, mut files) = stamped(5);
    for day in [1, 2] {
        let others = [stamped(3).0, stamped(7).0];
        let renewal = TimestampRenewal::over(others.iter().chain([&bundle]).map(as_it_is), "a").unwrap();
        let step = renewal.step(as_it_is(&bundle), &token(&renewal.root(), day)).unwrap();
        put(&mut bundle, &mut files, &step);
    }
    let (room, folder, anchors_pem) = laid_out(&bundle, &files);
    let (good, other) = (room.path().join("good"), room.path().join("other"));
    std::fs::write(&good, data(3)).unwrap();
    std::fs::write(&other, b"another").unwrap();
    let (passed, text) = run_script(&folder, &anchors_pem, &[&good]);
    assert!(passed && text.matches("ok    ").count() == 5, "{text}");
    assert!(!run_script(&folder, &anchors_pem, &[&other]).0);
    // The first token as the second one covers it: neither it nor the third follows any longer.
    let covered =
        files.iter().find(|(name, _)| name.starts_with("data.a.1.2.") && name.ends_with(".before.tst"));
    let (name, bytes) = covered.unwrap();
    let mut broken = bytes.clone();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    std::fs::write(folder.join(name), broken).unwrap();
    let (passed, text) = run_script(&folder, &anchors_pem, &[&good]);
    assert!(!passed && text.matches("WRONG").count() == 2, "{text}");
    std::fs::write(folder.join(name), bytes).unwrap();
    std::fs::remove_file(folder.join("step.a.1.1.json")).unwrap();
    assert!(!run_script(&folder, &anchors_pem, &[]).0);
}

#[test]
fn steps_tell_what_they_are_over() {
    let (bundle, _) = long_lived(3);
    let kinds: Vec<_> = bundle
        .steps("a")
        .iter()
        .map(|step| match step.kind() {
            StepKind::Initial => ("documents", step.place()),
            StepKind::Timestamp { path } => {
                assert_eq!(path.len(), 1);
                ("time stamps", step.place())
            }
            StepKind::Tree { leaves, digests } => {
                assert_eq!((leaves.len(), digests.len()), (3, 3));
                ("documents again", step.place())
            }
        })
        .collect();
    assert_eq!(kinds, [("documents", (1, 1)), ("time stamps", (1, 2)), ("documents again", (2, 1))]);
}

#[test]
fn i8_files_written_in_their_order_and_cut_off_anywhere_leave_no_damage() {
    let sealed = seal(&batch(3, &[track("a", SHA256)])).unwrap();
    let mut bundle = sealed.bundle;
    let mut files = Files::new();
    for BundleFile { name, bytes } in sealed.files {
        assert!(read(bundle.id(), &files).bundle.is_none());
        files.insert(name, bytes);
    }
    let mut steps = vec![bundle.first_step("a", &token(&bundle.root("a").unwrap(), 0)).unwrap()];
    bundle.add(&steps[0]).unwrap();
    let renewal = TreeRenewal::over(as_it_is(&bundle), "a", [(1, digest(SHA512, &data(1)))].into()).unwrap();
    steps.push(renewal.step(&bundle, &token(&renewal.root(), 1)).unwrap());
    for (before, step) in steps.iter().enumerate() {
        for file in step.files() {
            let reading = read(bundle.id(), &files);
            assert_eq!((reading.damage, reading.bundle.unwrap().steps("a").len()), (vec![], before));
            files.insert(file.name.clone(), file.bytes.clone());
        }
    }
    assert_eq!(whole(&bundle, &files).steps("a").len(), 2);
}

#[test]
fn a_renewal_covers_the_last_token_and_no_other() {
    let (bundle, _) = stamped(2);
    let (again, _) = sealed(2);
    let other = again.first_step("a", &token(&bundle.root("a").unwrap(), 1)).unwrap();
    for token_before in [other.step().token().to_vec(), b"no token".to_vec(), Vec::new()] {
        let renewed = ToRenew { bundle: &bundle, token: token_before };
        let renewal = TimestampRenewal::over([renewed.clone()], "a").unwrap();
        assert!(matches!(renewal.step(renewed.clone(), &token(&renewal.root(), 1)), Err(Error::Stamp(_))));
        let digests = known_digests(&bundle, SHA256);
        if let Ok(renewal) = TreeRenewal::over(renewed, "a", digests) {
            assert!(matches!(renewal.step(&bundle, &token(&renewal.root(), 1)), Err(Error::Stamp(_))));
        }
    }
}

#[test]
fn time_stamps_are_read_and_renewed_without_the_documents() {
    let (bundle, files) = stamped(5);
    let evidence: Files = files
        .iter()
        .filter(|(name, _)| is_evidence(name))
        .map(|(name, bytes)| (name.clone(), bytes.clone()))
        .collect();
    assert!(evidence.len() < files.len());
    let reading = read_evidence(bundle.id(), &evidence);
    assert_eq!(reading.damage, vec![]);
    let thin = reading.bundle.unwrap();
    assert_eq!((thin.count(), thin.documents().len(), thin.steps("a").len()), (5, 0, 1));

    let whole = TimestampRenewal::over([as_it_is(&bundle)], "a").unwrap();
    let member = Member::of(as_it_is(&thin), "a").unwrap();
    let from_members = TimestampRenewal::of(vec![member], "a").unwrap();
    assert_eq!(whole.root(), from_members.root());
    assert_eq!(from_members.bundles().collect::<Vec<_>>(), [bundle.id()]);
    let stamp = token(&whole.root(), 10);
    assert_eq!(
        whole.step(as_it_is(&bundle), &stamp).unwrap().files(),
        from_members.step(as_it_is(&thin), &stamp).unwrap().files()
    );

    for name in evidence.keys() {
        let mut changed = evidence.clone();
        changed.get_mut(name).unwrap()[7] ^= 1;
        assert!(!read_evidence(bundle.id(), &changed).damage.is_empty(), "{name}");
    }
}

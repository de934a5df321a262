//! Generations of CAs under one name, cross certificates, re-issued CAs and loops: how paths are built.

use hsign_pki::{Anchor, PathFailureKind, PathParameters, Paths, ValidatedPath, build_and_validate};
use hsign_x509::Certificate;

use super::forge::{Forge, Toy, key_identifiers, time};

const NOW: &str = "2026-06-01T00:00:00Z";

fn anchor(name: &str, key: u8) -> Anchor {
    Anchor::from_certificate(Forge::ca(name, key, name, key).make())
}

fn make(forges: &[Forge]) -> Vec<Certificate> {
    forges.iter().map(Forge::make).collect()
}

fn valid_paths(target: &Certificate, pool: &[Certificate], anchors: &[Anchor]) -> Vec<ValidatedPath> {
    let parameters = PathParameters::at(time(NOW));
    Paths::new(target, pool, anchors, &parameters, &Toy).filter_map(Result::ok).collect()
}

/// Authority key identifier of a leaf below the CA with this key.
fn below(key: u8) -> Vec<u8> {
    key_identifiers(0, key)[1].clone()
}

#[test]
fn jpki_three_cas_of_one_name_are_told_apart_by_key_identifier() {
    let generation = |key: u8| Forge::ca("JPKI", key, "JPKI", key).with(key_identifiers(key, key)[0].clone());
    let anchors: Vec<Anchor> =
        [1, 2, 3].map(|key| Anchor::from_certificate(generation(key).make())).into_iter().collect();
    for key in [1, 2, 3] {
        let person = Forge::new("Person", 9, "JPKI", key).with(below(key)).make();
        let found = valid_paths(&person, &[], &anchors);
        assert_eq!(found.len(), 1, "one of the three signed it");
        assert_eq!(found[0].anchor(), &anchors[usize::from(key) - 1]);
    }
}

#[test]
fn the_key_identifier_says_which_generation_is_asked_first() {
    // No signature check is spent on the others: with nothing but the right one left, the first item is it.
    let pool = make(&[
        Forge::ca("CA", 2, "Root", 1).with(key_identifiers(2, 1)[0].clone()),
        Forge::ca("CA", 3, "Root", 1).with(key_identifiers(3, 1)[0].clone()),
        Forge::ca("CA", 4, "Root", 1).with(key_identifiers(4, 1)[0].clone()),
    ]);
    let person = Forge::new("Person", 9, "CA", 4).with(below(4)).make();
    let parameters = PathParameters::at(time(NOW));
    let anchors = [anchor("Root", 1)];
    let first = Paths::new(&person, &pool, &anchors, &parameters, &Toy).next().unwrap();
    assert_eq!(first.expect("the first try is right").certificates()[1], pool[2]);
}

#[test]
fn generations_without_key_identifiers_are_told_apart_by_signature() {
    let pool = make(&[Forge::ca("CA", 2, "Root", 1), Forge::ca("CA", 3, "Root", 1)]);
    let person = Forge::new("Person", 9, "CA", 3).make();
    let found = valid_paths(&person, &pool, &[anchor("Root", 1)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].certificates()[1], pool[1]);
}

#[test]
fn a_wrong_key_identifier_makes_a_path_unlikely_and_not_impossible() {
    let pool = make(&[Forge::ca("CA", 2, "Root", 1).with(key_identifiers(77, 1)[0].clone())]);
    let person = Forge::new("Person", 9, "CA", 2).with(below(2)).make();
    assert_eq!(valid_paths(&person, &pool, &[anchor("Root", 1)]).len(), 1);
}

#[test]
fn a_re_issued_ca_gives_a_second_path_and_the_valid_one_comes_first() {
    let mut old = Forge::ca("CA", 2, "Root", 1).valid("2020-01-01T00:00:00Z", "2025-06-01T00:00:00Z");
    old.serial = 1;
    let mut new = Forge::ca("CA", 2, "Root", 1);
    new.serial = 2;
    let person = Forge::new("Person", 9, "CA", 2).make();
    let anchors = [anchor("Root", 1)];
    let pool = make(&[old, new.clone()]);
    let parameters = PathParameters::at(time(NOW));
    let all: Vec<_> = Paths::new(&person, &pool, &anchors, &parameters, &Toy).collect();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].as_ref().expect("the valid one").certificates()[1], pool[1]);
    assert_eq!(all[1].as_ref().expect_err("expired").kind, PathFailureKind::Validity);
    new.serial = 3;
    let both = [pool[1].clone(), new.make()];
    assert_eq!(valid_paths(&person, &both, &anchors).len(), 2, "both are offered");
}

#[test]
fn cross_certificates_offer_a_path_to_each_of_two_roots() {
    let pool = make(&[Forge::ca("CA", 5, "One", 1), Forge::ca("CA", 5, "Two", 2)]);
    let person = Forge::new("Person", 9, "CA", 5).make();
    let anchors = [anchor("One", 1), anchor("Two", 2)];
    let found = valid_paths(&person, &pool, &anchors);
    let ends: Vec<String> = found.iter().map(|path| path.anchor().name().to_string()).collect();
    assert_eq!(ends.len(), 2);
    assert!(ends[0].contains("One") && ends[1].contains("Two"), "{ends:?}");
}

#[test]
fn backtracking_leaves_a_cross_certificate_that_leads_nowhere() {
    let pool = make(&[
        Forge::ca("CA", 5, "Gone", 8),
        Forge::ca("CA", 5, "Bridge", 6),
        Forge::ca("Bridge", 6, "CA", 5),
        Forge::ca("Bridge", 6, "Root", 1),
    ]);
    let person = Forge::new("Person", 9, "CA", 5).make();
    let found = valid_paths(&person, &pool, &[anchor("Root", 1)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].certificates().len(), 4);
}

#[test]
fn the_best_failure_is_told_in_full_and_the_others_in_a_line() {
    let expired = Forge::ca("CA", 5, "Root", 1).valid("2020-01-01T00:00:00Z", "2025-06-01T00:00:00Z");
    let mute = Forge::new("CA", 5, "Root", 1);
    let elsewhere = Forge::ca("CA", 5, "Gone", 8);
    let person = Forge::new("Person", 9, "CA", 5).make();
    let pool = make(&[elsewhere, mute, expired]);
    let failures =
        build_and_validate(&person, &pool, &[anchor("Root", 1)], &PathParameters::at(time(NOW)), &Toy)
            .expect_err("three bad ways");
    assert_eq!(failures.kind(), PathFailureKind::Validity);
    let findings = failures.findings();
    let others: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.code == "other-path-tried")
        .map(|finding| finding.values["why"].as_str())
        .collect();
    assert_eq!(others, ["issuer-is-not-a-ca", "issuer-not-found"]);
    assert!(findings.iter().any(|finding| finding.code == "certificate-expired"));
}

#[test]
fn a_namesake_with_another_key_does_not_hide_why_the_true_issuer_leads_nowhere() {
    // Anybody can make a certificate with the CA's name: it must not turn an open question into a forged signature.
    let pool = make(&[Forge::ca("CA", 2, "Unknown Root", 7), Forge::ca("CA", 5, "CA", 5)]);
    let person = Forge::new("Person", 9, "CA", 2).make();
    let parameters = PathParameters::at(time(NOW));
    let failures = build_and_validate(&person, &pool, &[anchor("Root", 1)], &parameters, &Toy).unwrap_err();
    assert_eq!(failures.kind(), PathFailureKind::NoPath, "{failures:?}");
    assert_eq!(failures.findings()[0].code, "issuer-not-found");
    assert_eq!(failures.findings()[1].code, "other-path-tried");
    // Without the true issuer the signature is all there is to tell.
    let failures =
        build_and_validate(&person, &pool[1..], &[anchor("Root", 1)], &parameters, &Toy).unwrap_err();
    assert_eq!(failures.kind(), PathFailureKind::Signature);
}

#[test]
fn one_budget_holds_for_all_paths_together() {
    // Eight layers of three interchangeable CAs: 6,561 paths.
    let mut pool = Vec::new();
    for layer in 0..8u8 {
        for twin in 0..3u64 {
            let mut ca = Forge::ca(&format!("L{layer}"), 20 + layer, &format!("L{}", layer + 1), 21 + layer);
            ca.serial = 1 + twin;
            pool.push(ca.make());
        }
    }
    let person = Forge::new("Person", 9, "L0", 20).make();
    let anchors = [anchor("L8", 28)];
    let parameters = PathParameters::at(time(NOW));
    let all: Vec<_> = Paths::new(&person, &pool, &anchors, &parameters, &Toy).collect();
    assert_eq!(all.iter().filter(|outcome| outcome.is_ok()).count(), 64);
    let last = all.last().unwrap().as_ref().expect_err("the search ends with a word");
    assert_eq!(last.kind, PathFailureKind::Budget);
    assert_eq!(last.findings[0].values["purpose"], "paths validated");
}

#[test]
fn a_path_no_longer_than_twenty_certificates_is_looked_for() {
    let ladder = |steps: u8| {
        let pool: Vec<Certificate> = (0..steps)
            .map(|n| Forge::ca(&format!("L{n}"), 20 + n, &format!("L{}", n + 1), 21 + n).make())
            .collect();
        let person = Forge::new("Person", 9, "L0", 20).make();
        let top = anchor(&format!("L{steps}"), 20 + steps);
        build_and_validate(&person, &pool, &[top], &PathParameters::at(time(NOW)), &Toy)
    };
    assert_eq!(ladder(18).unwrap().certificates().len(), 20);
    assert_eq!(ladder(19).expect_err("too long").kind(), PathFailureKind::Budget);
}

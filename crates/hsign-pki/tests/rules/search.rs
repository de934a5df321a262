//! Which ways the search goes, in which order, and what it tells of those that fail.

use hsign_core::Finding;
use hsign_pki::{Anchor, PathFailureKind, PathParameters, Paths};

use super::forge::{self, Forge, Toy};
use super::{CA, EE, ROOT, ca, made, now, person, root, run};

/// Everything that the search offers, valid or not.
fn offered(target: &Forge, pool: &[&Forge], parameters: &PathParameters) -> Vec<bool> {
    let (target, pool, anchors) = (target.make(), made(pool), [root()]);
    Paths::new(&target, &pool, &anchors, parameters, &Toy).map(|item| item.is_ok()).collect()
}

#[test]
fn each_way_is_gone_once() {
    let anchor = Forge::ca("Root", ROOT, "Root", ROOT);
    assert_eq!(offered(&person(), &[&ca()], &now()), [true]);
    assert_eq!(offered(&person(), &[&ca(), &ca()], &now()), [true], "a certificate that lies there twice");
    assert_eq!(offered(&person(), &[&ca(), &anchor], &now()), [true], "an anchor is the end of a path");
    let renewed = ca().valid("2025-06-01T00:00:00Z", "2026-12-31T23:59:59Z");
    assert_eq!(offered(&person(), &[&ca(), &renewed], &now()), [true, true]);
}

#[test]
fn rfc4158_3_5_the_issuer_with_the_key_identifier_asked_for_is_tried_first() {
    let identified = |forge: Forge, key| forge.with(forge::key_identifiers(key, ROOT)[0].clone());
    let namesake = identified(Forge::ca("CA", 9, "Root", ROOT), 9);
    let unnamed = Forge::ca("CA", 8, "Root", ROOT);
    let right = identified(ca(), CA);
    let target = person().with(forge::key_identifiers(EE, CA)[1].clone());
    let order = offered(&target, &[&namesake, &unnamed, &right], &now());
    assert_eq!(order, [true, false, false]);
    let order = offered(&target, &[&namesake, &ca()], &now());
    assert_eq!(order, [true, false], "one without an identifier before one with another");
}

#[test]
fn a_generation_that_is_valid_is_tried_before_one_that_has_ended() {
    let ended = ca().valid("2020-01-01T00:00:00Z", "2026-05-31T23:59:59Z");
    let coming = ca().valid("2026-06-01T00:00:01Z", "2040-01-01T00:00:00Z");
    assert_eq!(offered(&person(), &[&ended, &coming, &ca()], &now()), [true, false, false]);
}

#[test]
fn a_path_longer_than_the_limit_is_told_as_one() {
    let name = |depth: u8| if depth == 0 { "CA".to_owned() } else { format!("CA {depth}") };
    let chain = |length: u8| -> Vec<Forge> {
        (0..length)
            .map(|depth| {
                let last = depth + 1 == length;
                let (issuer, key) =
                    if last { ("Root".to_owned(), ROOT) } else { (name(depth + 1), CA + 100 + depth) };
                let own = if depth == 0 { CA } else { CA + 99 + depth };
                Forge::ca(&name(depth), own, &issuer, key)
            })
            .collect()
    };
    let fitting = chain(18);
    assert!(run(&person(), &fitting.iter().collect::<Vec<_>>(), &now()).is_ok(), "20 with target and anchor");
    let long = chain(19);
    let failures = run(&person(), &long.iter().collect::<Vec<_>>(), &now()).unwrap_err();
    let best = failures.best().unwrap();
    assert_eq!(best.kind, PathFailureKind::Budget);
    assert_eq!(best.findings[0].code, "path-search-limit");
    assert_eq!(best.findings[0].values["purpose"], "certificates in a path");
}

#[test]
fn failures_beside_the_best_are_told_in_a_line_each() {
    let expired = ca().valid("2020-01-01T00:00:00Z", "2025-06-01T00:00:00Z");
    let no_ca = Forge::new("CA", CA, "Root", ROOT).with(forge::key_usage(0x06));
    let failures = run(&person(), &[&expired, &no_ca], &now()).unwrap_err();
    assert_eq!(failures.all().len(), 2);
    assert_eq!(failures.kind(), PathFailureKind::Validity);
    let lines = |findings: Vec<Finding>| -> Vec<(String, String)> {
        let others = findings.into_iter().filter(|finding| finding.code == "other-path-tried");
        others.map(|finding| (finding.values["end"].clone(), finding.values["why"].clone())).collect()
    };
    let root = "CN=Root".to_owned();
    let all = [(root.clone(), "certificate-expired".to_owned()), (root, "issuer-is-not-a-ca".to_owned())];
    assert_eq!(lines(failures.as_others()), all);
    assert_eq!(lines(failures.findings()), all[1..]);
}

#[test]
fn a_namesake_that_did_not_sign_is_not_the_best_failure() {
    let namesake = Forge::ca("CA", 9, "Root", ROOT);
    let expired = ca().valid("2020-01-01T00:00:00Z", "2025-06-01T00:00:00Z");
    for pool in [[&namesake, &expired], [&expired, &namesake]] {
        let failures = run(&person(), &pool, &now()).unwrap_err();
        assert_eq!(failures.kind(), PathFailureKind::Validity);
        assert_eq!(failures.all().len(), 2);
    }
}

#[test]
fn without_an_anchor_of_its_issuers_name_there_is_no_path() {
    let (target, pool) = (person().make(), made(&[&ca()]));
    let other = [Anchor::from_certificate(Forge::ca("Another", 7, "Another", 7).make())];
    let parameters = now();
    let items: Vec<_> = Paths::new(&target, &pool, &other, &parameters, &Toy).collect();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].as_ref().unwrap_err().kind, PathFailureKind::NoPath);
}

//! What is changed after signing: each manipulation gets its verdict and its name, and honest updates pass.

use hsign_core::facts::ModificationVerdict;
use hsign_testkit::{Person, Unit, manipulations};
use hsign_validation::Integrity;

use crate::world::*;

/// Signed in the field of that name, stamped by the good authority.
fn signed_in(document: &Vec<u8>, field: &str) -> Vec<u8> {
    let request = hsign_pades::Request {
        field: Some(field),
        signing_time: Some(time(NOW)),
        contents_size: 24_000,
        ..hsign_pades::Request::default()
    };
    let prepared = hsign_pades::prepare(document, &request).unwrap();
    let cms = stamp(&baseline(&prepared, &person(Person::Doctor)), &unit(Unit::Tsa), NOW);
    [document.as_slice(), &prepared.embed(&cms).unwrap()].concat()
}

/// What is wrong with the answer to a case, if anything.
fn flaw(case: &manipulations::Case) -> Option<String> {
    let judged = World::new().judge(&case.bytes);
    let Some(verdict) = judged.signatures().iter().find(|one| one.id() != "Sneaky") else {
        return Some(format!("{}: no signature found", case.name));
    };
    let sub = verdict.sub_indication().map_or(String::new(), |sub| format!("/{}", sub.name()));
    let answer = format!("{}{sub}", verdict.indication().name());
    let found = verdict.modifications().unwrap();
    let kinds: Vec<_> = found.changes.iter().map(|change| change.kind.code()).collect();
    let (expected, says) = match case.verdict {
        "permitted" => (ModificationVerdict::Permitted, "TOTAL-PASSED"),
        "suspicious" => (ModificationVerdict::Suspicious, "INDETERMINATE/SIG_CONSTRAINTS_FAILURE"),
        // Which bytes make a revision can't be told either.
        "unreadable" => (ModificationVerdict::Suspicious, "TOTAL-FAILED/FORMAT_FAILURE"),
        _ => (ModificationVerdict::Forbidden, "TOTAL-FAILED/FORMAT_FAILURE"),
    };
    let right = verdict.integrity() == Integrity::Valid
        && found.verdict() == expected
        && kinds.contains(&case.kind)
        && answer == says
        && (matches!(case.verdict, "permitted" | "unreadable") || codes(verdict).contains(&case.kind));
    (!right).then(|| format!("{}: {} {:?} {kinds:?}", case.name, answer, found.verdict()))
}

fn assert_all(cases: &[manipulations::Case]) {
    let flaws: Vec<String> = cases.iter().filter_map(flaw).collect();
    assert!(flaws.is_empty(), "{flaws:#?}");
}

#[test]
fn every_manipulation_of_a_signed_letter_is_told_by_its_name() {
    let signed = stamped(&manipulations::letter(), &person(Person::Doctor), NOW);
    assert_eq!(World::new().says(&signed), "TOTAL-PASSED");
    assert_all(&manipulations::all(&signed));
}

#[test]
fn a_certification_level_rules_out_what_it_says() {
    for level in 1..=3 {
        let signed = signed_in(&manipulations::certified_letter(level), "Doctor");
        assert_eq!(World::new().says(&signed), "TOTAL-PASSED");
        assert_all(&manipulations::certified(&signed, level));
    }
}

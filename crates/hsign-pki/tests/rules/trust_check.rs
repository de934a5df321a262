//! What `hsign trust check` says about a registry: what has ended, what ends soon, what is missing.

use hsign_pki::algorithms::AlgorithmTable;
use hsign_pki::{Accreditation, CheckParameters, Fitness, TrustCheck, TrustEntry, TrustKind, TrustRegistry};
use hsign_x509::Certificate;

use super::forge::{Forge, time};

const DAY: i64 = 86_400;

fn registry(entries: Vec<TrustEntry>) -> TrustRegistry {
    let mut registry = TrustRegistry::default();
    entries.into_iter().for_each(|entry| registry.add(entry));
    registry
}

fn root() -> Certificate {
    Forge::ca("Root", 1, "Root", 1).make()
}

fn signers() -> TrustEntry {
    TrustEntry::bare(root(), TrustKind::HpkiRoot)
}

fn tsa() -> TrustEntry {
    let from = Some(root().not_before());
    TrustEntry { accreditation: Accreditation::Mic, from, ..TrustEntry::bare(root(), TrustKind::Tsa) }
}

fn codes(check: &TrustCheck<'_>) -> Vec<String> {
    let each = check.entries.iter().flat_map(|entry| &entry.findings).chain(&check.findings);
    each.map(|finding| finding.code.clone()).collect()
}

/// Looks `days` days ahead, so many days after the certificate began.
fn answer(registry: &TrustRegistry, after: i64, days: i64) -> (Fitness, Vec<String>) {
    let table = AlgorithmTable::parse(
        &AlgorithmTable::preset_text("cryptrec").unwrap().replace("\"2030-12-31\"", "\"no-end\""),
    )
    .unwrap();
    let now = root().not_before().plus_seconds(after * DAY);
    let check = registry.check(&CheckParameters { now, within: days * DAY, table: &table, known: &[] });
    (check.fitness, codes(&check))
}

#[test]
fn a_registry_in_order_is_fit() {
    let (fitness, codes) = answer(&registry(vec![signers(), tsa()]), 1, 30);
    assert_eq!((fitness, codes), (Fitness::Fit, Vec::new()));
}

#[test]
fn what_ends_within_the_horizon_is_due_and_what_has_ended_is_unfit() {
    let to = Some(root().not_before().plus_seconds(20 * DAY));
    let registry = registry(vec![signers(), TrustEntry { to, ..tsa() }]);
    assert_eq!(answer(&registry, 1, 10).0, Fitness::Fit);
    assert_eq!(answer(&registry, 1, 30), (Fitness::DueSoon, vec!["trust-entry-ends".to_owned()]));
    let (fitness, codes) = answer(&registry, 21, 30);
    assert_eq!(fitness, Fitness::Unfit);
    assert!(codes.contains(&"trust-entry-ended".to_owned()));
    assert!(codes.contains(&"trust-no-accredited-tsa".to_owned()), "{codes:?}");
}

#[test]
fn an_expired_certificate_is_unfit_and_one_about_to_expire_due() {
    let registry = registry(vec![signers(), tsa()]);
    let life = root().not_after().seconds_since(root().not_before()) / DAY;
    let (fitness, codes) = answer(&registry, life - 5, 10);
    assert_eq!(fitness, Fitness::DueSoon);
    assert!(codes.contains(&"trust-certificate-expires".to_owned()), "{codes:?}");
    let (fitness, codes) = answer(&registry, life + 1, 10);
    assert_eq!(fitness, Fitness::Unfit);
    assert!(codes.contains(&"trust-certificate-expired".to_owned()), "{codes:?}");
}

#[test]
fn a_key_ends_when_the_table_says() {
    let registry = registry(vec![signers(), tsa()]);
    let limit = root().not_before().plus_seconds(10 * DAY).to_string();
    let text = AlgorithmTable::preset_text("cryptrec").unwrap();
    let kinds = ["2030-12-31", "2050-12-31"];
    let text = kinds.iter().fold(text.to_owned(), |text, date| {
        text.replace(&format!("until = \"{date}\""), &format!("until = \"{limit}\""))
    });
    let table = AlgorithmTable::parse(&text).unwrap();
    let at = |days: i64| {
        let now = root().not_before().plus_seconds(days * DAY);
        registry.check(&CheckParameters { now, within: 5 * DAY, table: &table, known: &[] })
    };
    assert_eq!(at(1).fitness, Fitness::Fit);
    assert_eq!(at(6).fitness, Fitness::DueSoon);
    assert_eq!(at(11).fitness, Fitness::Unfit);
    assert!(codes(&at(11)).contains(&"trust-key-ended".to_owned()));
    let told = &at(11).entries[0].findings;
    assert!(told.iter().any(|finding| finding.values.contains_key("key")));
}

#[test]
fn a_missing_certificate_is_told_and_one_at_hand_is_taken() {
    let pinned = TrustEntry { certificate: None, ..signers() };
    let registry = registry(vec![pinned, tsa()]);
    let (fitness, codes) = answer(&registry, 1, 30);
    assert_eq!((fitness, codes), (Fitness::Fit, vec!["trust-certificate-missing".to_owned()]));
    let table = AlgorithmTable::preset("cryptrec").unwrap();
    let now = root().not_after().plus_seconds(DAY);
    let known = [root()];
    let check = registry.check(&CheckParameters { now, within: 0, table: &table, known: &known });
    assert!(codes_of_first(&check).contains(&"trust-certificate-expired"));
}

fn codes_of_first<'a>(check: &'a TrustCheck<'_>) -> Vec<&'a str> {
    check.entries[0].findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn the_built_in_pins_alone_are_nothing_to_trust() {
    let builtin = TrustRegistry::builtin().unwrap();
    let table = AlgorithmTable::preset("cryptrec").unwrap();
    let now = time("2026-11-21T00:00:00Z");
    let check = builtin.check(&CheckParameters { now, within: DAY, table: &table, known: &[] });
    assert_eq!(check.fitness, Fitness::Unfit);
    assert!(check.entries.iter().all(|entry| entry.fitness == Fitness::Fit));
    let whole: Vec<_> = check.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(whole, ["trust-no-signers", "trust-no-tsa"]);
}

#[test]
fn an_accreditation_without_a_first_day_is_told() {
    let registry = registry(vec![signers(), TrustEntry { from: None, ..tsa() }]);
    let (fitness, codes) = answer(&registry, 1, 30);
    assert_eq!((fitness, codes), (Fitness::Fit, vec!["trust-accreditation-undated".to_owned()]));
}

#[test]
fn an_entry_that_another_has_succeeded_is_history_and_not_overdue() {
    let first = root().not_before();
    let to = Some(first.plus_seconds(20 * DAY));
    let old = TrustEntry { to, ..tsa() };
    let from = Some(first.plus_seconds(20 * DAY + 1));
    let new = TrustEntry { from, ..tsa() };
    let (fitness, codes) = answer(&registry(vec![signers(), old, new]), 21, 30);
    assert_eq!((fitness, codes), (Fitness::Fit, vec!["trust-entry-succeeded".to_owned()]));
}

/// A renewed certificate keeps its name, one that is certified anew its key: either is enough.
#[test]
fn a_successor_has_the_certificate_or_the_name_of_the_old_entry() {
    let first = root().not_before();
    let from = Some(first.plus_seconds(20 * DAY + 1));
    let other = |subject: &str, key| {
        let certificate = Forge::ca(subject, key, subject, key).make();
        TrustEntry {
            accreditation: Accreditation::Mic,
            from,
            ..TrustEntry::bare(certificate, TrustKind::Tsa)
        }
    };
    let renamed = TrustEntry { subject: "known as another".to_owned(), from, ..tsa() };
    for (new, succeeds) in [(other("Root", 2), true), (renamed, true), (other("Somebody", 2), false)] {
        let old = TrustEntry { to: Some(first.plus_seconds(20 * DAY)), ..tsa() };
        let (fitness, codes) = answer(&registry(vec![signers(), old, new]), 21, 30);
        assert_eq!(codes.contains(&"trust-entry-succeeded".to_owned()), succeeds, "{codes:?}");
        assert_eq!(fitness == Fitness::Fit, succeeds);
    }
}

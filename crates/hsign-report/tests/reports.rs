//! What scripts and people see of real verdicts.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../../hsign-validation/tests/common/mod.rs"]
mod common;

use common::*;
use hsign_core::Finding;
use hsign_core::ValidationTime;
use hsign_core::facts::{DocumentFormat, TimestampKind};
use hsign_report::{DocumentReport, Language, Outcome, VerifyReport, json, text};
use hsign_testkit::{DAY, Person, Unit};
use hsign_validation::DocumentVerdict;
use serde_json::Value;

fn report<'a>(world: &'a World, verdict: &'a DocumentVerdict) -> VerifyReport<'a> {
    VerifyReport {
        validation_time: ValidationTime(time(world.now)),
        policy: &world.policy,
        trust_sha256: world.trust.sha256(),
        documents: vec![DocumentReport {
            path: "scan.signed.pdf".to_owned(),
            outcome: Outcome::Judged(verdict),
        }],
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_keys_of_the_json_are_those_of_the_contract() {
    let world = World::new();
    let verdict = world.judge(&document(vec![world.stamped(Person::Pharmacist, NOW - DAY)]));
    let value = json(&report(&world, &verdict), Language::En);
    assert_eq!(keys(&value), ["documents", "policy", "schema", "trust", "validation_time"]);
    assert_eq!(value["schema"], "hsign.verify/1");
    assert_eq!(keys(&value["policy"]), ["algorithms", "name", "sha256"]);
    assert_eq!(keys(&value["trust"]), ["sha256"]);
    let document = &value["documents"][0];
    assert_eq!(
        keys(document),
        [
            "evidence_records",
            "files",
            "findings",
            "format",
            "indication",
            "originals",
            "path",
            "sha256",
            "signatures",
            "sub_indication",
            "timestamps"
        ]
    );
    assert_eq!((&document["format"], &document["indication"]), (&"pades".into(), &"TOTAL-PASSED".into()));
    let signature = &document["signatures"][0];
    assert_eq!(
        keys(signature),
        [
            "best_signature_time",
            "checks",
            "claimed_signing_time",
            "control_time",
            "countersigns",
            "coverage",
            "document_class",
            "findings",
            "id",
            "indication",
            "integrity",
            "level",
            "metadata",
            "modifications",
            "path",
            "profile",
            "profile_level",
            "proofs",
            "protected_by",
            "qualification",
            "references",
            "renew_by",
            "revocation",
            "signatory",
            "signer",
            "sub_indication",
            "timestamps",
        ]
    );
    assert_eq!(signature["level"], "B-T");
    assert_eq!(signature["integrity"], "valid");
    assert_eq!(signature["coverage"], "whole-document");
    assert_eq!(keys(&signature["signer"]), ["issuer", "serial", "sha256", "subject"]);
    let qualification = &signature["qualification"];
    assert_eq!(keys(qualification), ["basis", "evidence", "roles", "status"]);
    assert_eq!((&qualification["status"], &qualification["basis"]), (&"qualified".into(), &"hpki".into()));
    let role = &qualification["roles"][0];
    assert_eq!(keys(role), ["ja", "recognised", "text"]);
    assert_eq!((&role["text"], &role["ja"]), (&"Pharmacist".into(), &"薬剤師".into()));
    let stamp = &signature["timestamps"][0];
    assert_eq!(
        keys(stamp),
        [
            "control_time",
            "findings",
            "gen_time",
            "id",
            "indication",
            "integrity",
            "kind",
            "revocation",
            "sub_indication",
            "tsa",
        ]
    );
    assert_eq!(keys(&stamp["tsa"]), ["accreditation", "not_after", "subject"]);
    assert_eq!((&stamp["kind"], &stamp["tsa"]["accreditation"]), (&"signature".into(), &"mic".into()));
    let finding = &signature["findings"][0];
    assert_eq!(keys(finding), ["clause", "code", "hint", "message", "severity"]);
    assert_eq!(signature["checks"][0]["check"], "format-checking");
    assert_eq!(signature["checks"][0]["indication"], "PASSED");
    assert_eq!(signature["revocation"][0]["status"], "good");
}

#[test]
fn a_bare_token_has_time_stamps_and_no_signatures() {
    let world = World::new();
    let mut facts = document(Vec::new());
    facts.format = DocumentFormat::Timestamp;
    let over = world.signature(Person::Doctor);
    facts.timestamps = vec![world.stamp(&over, Unit::Tsa, TimestampKind::Document, NOW - DAY)];
    let verdict = world.judge(&facts);
    let value = json(&report(&world, &verdict), Language::En);
    let document = &value["documents"][0];
    assert!(document.get("signatures").is_none());
    assert_eq!(document["indication"], "TOTAL-PASSED");
    assert_eq!(document["timestamps"][0]["integrity"], "valid");
}

#[test]
fn an_unreadable_document_is_listed_with_its_reason() {
    let world = World::new();
    let documents = vec![DocumentReport {
        path: "broken.pdf".to_owned(),
        outcome: Outcome::Unreadable {
            sha256: None,
            findings: vec![Finding::error("unreadable").with("reason", "no PDF")],
        },
    }];
    let verdict = world.judge(&document(Vec::new()));
    let report = VerifyReport { documents, ..report(&world, &verdict) };
    let value = json(&report, Language::En);
    assert_eq!(value["documents"][0]["format"], "none");
    assert_eq!(value["documents"][0]["indication"], "NO-SIGNATURE");
    assert_eq!(value["documents"][0]["findings"][0]["message"], "The file can't be read: no PDF.");
}

#[test]
fn the_first_line_says_valid_or_not_who_which_profession_and_when() {
    let world = World::new();
    let verdict = world.judge(&document(vec![world.stamped(Person::Pharmacist, NOW - DAY)]));
    let report = report(&world, &verdict);
    let en = text(&report, Language::En);
    assert_eq!(
        en.lines().next().unwrap(),
        "scan.signed.pdf: VALID - SHIKEN Hanako, 薬剤師 (Pharmacist), qualified, stamped at 2026-09-20 23:13:20 +09:00, provable until 2030-09-20 23:59:59 +09:00"
    );
    let ja = text(&report, Language::Ja);
    assert_eq!(
        ja.lines().next().unwrap(),
        "scan.signed.pdf: 有効 - SHIKEN Hanako、薬剤師 (Pharmacist)、資格確認済み、2026-09-20 23:13:20 +09:00 にタイムスタンプ、2030-09-20 23:59:59 +09:00 まで証明可能（それまでに更新）"
    );
}

#[test]
fn an_unstamped_and_a_broken_signature_say_so_in_the_first_line() {
    let world = World::new();
    let unstamped = world.judge(&document(vec![world.signature(Person::Doctor)]));
    let first = text(&report(&world, &unstamped), Language::En);
    assert!(first.lines().next().unwrap().contains("not stamped; judged at"), "{first}");
    let mut open = world.stamped(Person::Doctor, NOW - DAY);
    open.timestamps[0].read.as_mut().unwrap().imprint.actual = None;
    let unproven = world.judge(&document(vec![open]));
    let first = text(&report(&world, &unproven), Language::En);
    assert!(first.lines().next().unwrap().contains("time stamp not confirmed; judged at"), "{first}");

    let mut broken = world.stamped(Person::Doctor, NOW - DAY);
    broken.signed.as_mut().unwrap().references[0].actual.as_mut().unwrap().value.0[0] ^= 1;
    let verdict = world.judge(&document(vec![broken]));
    let report = report(&world, &verdict);
    let ja = text(&report, Language::Ja);
    assert!(ja.starts_with("scan.signed.pdf: 無効 - "), "{ja}");
    assert!(ja.contains("署名後に変更されています。 (HASH_FAILURE)"), "{ja}");
}

#[test]
fn no_line_holds_a_raw_key_or_an_unfilled_value() {
    let world = World::new();
    for person in Person::ALL {
        for stamped in [false, true] {
            let facts = if stamped { world.stamped(person, NOW - DAY) } else { world.signature(person) };
            let verdict = world.judge(&document(vec![facts]));
            for language in Language::ALL {
                let text = text(&report(&world, &verdict), language);
                for raw in ["label.", "status.", "kind.", "basis.", "check.", "source.", "{", "}"] {
                    assert!(!text.contains(raw), "{person:?} {raw}\n{text}");
                }
                let unfilled =
                    text.lines().find(|line| !line.trim_start().starts_with("? ") && line.contains('?'));
                assert_eq!(unfilled, None, "{person:?}");
            }
        }
    }
}

#[test]
fn every_kind_of_change_after_signing_has_words_in_both_languages() {
    for kind in hsign_core::facts::ChangeKind::ALL {
        let finding = hsign_core::Finding::error(kind.code()).with("object", 7).with("page", 1);
        for language in Language::ALL {
            assert!(hsign_report::finding_message(&finding, language).is_some(), "{}", kind.code());
        }
    }
}

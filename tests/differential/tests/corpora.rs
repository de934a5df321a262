//! The paths of the conformance sets, each judged by three.

use hsign_core::Time;
use hsign_corpora::{Corpus, Row};
use hsign_differential::{Settings, Tally, judge_all};
use hsign_x509::{Certificate, certificates_from_bytes};
use serde_json::Value;

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', ',']).map(str::trim).filter(|item| !item.is_empty() && *item != "(empty)")
}

fn seconds(time: &str) -> i64 {
    time.parse::<Time>().expect("a time").unix_seconds()
}

fn one(bytes: &[u8]) -> Option<Certificate> {
    certificates_from_bytes(bytes).ok()?.into_iter().next()
}

fn settings(row: &Row) -> Settings {
    let set = |column: &str| row.get(column) == "true";
    Settings {
        policies: list(row.get("initial_policy_set_oids")).map(str::to_owned).collect(),
        explicit_policy: set("initial_explicit_policy"),
        inhibit_mapping: set("initial_policy_mapping_inhibit"),
        inhibit_any: set("initial_inhibit_any_policy"),
        ..Settings::at(seconds(row.get("validation_time")))
    }
}

#[test]
fn three_judges_agree_on_pkits() {
    let Some(corpus) = Corpus::open("pkits") else { return };
    let pool: Vec<Certificate> = corpus
        .files()
        .iter()
        .filter(|(path, _)| path.ends_with(".crt"))
        .filter_map(|(_, bytes)| one(bytes))
        .collect();
    let anchor = one(corpus.file("certs/TrustAnchorRootCertificate.crt")).expect("the anchor");
    let mut tally = Tally::default();
    for row in corpus.rows() {
        let Some(target) = one(corpus.file(&format!("certs/{}", row.get("ee_cert")))) else { continue };
        judge_all(
            row.get("test_id"),
            &target,
            &pool,
            std::slice::from_ref(&anchor),
            &settings(row),
            &mut tally,
        );
    }
    tally.print("pkits");
}

#[test]
fn three_judges_agree_on_limbo() {
    let Some(corpus) = Corpus::open("x509-limbo") else { return };
    let suite: Value = serde_json::from_slice(corpus.file("limbo.json")).expect("JSON");
    let mut tally = Tally::default();
    let certificates = |value: &Value| -> Vec<Certificate> {
        let pems = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        pems.filter_map(|pem| one(pem.as_bytes())).collect()
    };
    for case in suite["testcases"].as_array().expect("cases") {
        let Some(target) = case["peer_certificate"].as_str().and_then(|pem| one(pem.as_bytes())) else {
            continue;
        };
        let time = case["validation_time"].as_str().unwrap_or("2026-06-01T00:00:00Z");
        judge_all(
            case["id"].as_str().expect("a name"),
            &target,
            &certificates(&case["untrusted_intermediates"]),
            &certificates(&case["trusted_certs"]),
            &Settings::at(seconds(time)),
            &mut tally,
        );
    }
    tally.print("x509-limbo");
}

#[test]
fn three_judges_agree_on_boringssl() {
    let Some(corpus) = Corpus::open("boringssl-pki") else { return };
    let mut tally = Tally::default();
    for row in corpus.rows().iter().filter(|row| row.get("kind") == "chain") {
        let Ok(chain) = certificates_from_bytes(corpus.file(row.get("path"))) else { continue };
        let (Some(target), Some(anchor)) = (chain.first(), chain.last()) else { continue };
        if !row.get("last_cert_trust").starts_with("TRUSTED_ANCHOR") {
            continue;
        }
        let settings = Settings::at(seconds(row.get("at_time")));
        judge_all(row.get("test"), target, &chain, std::slice::from_ref(anchor), &settings, &mut tally);
    }
    tally.print("boringssl-pki");
}

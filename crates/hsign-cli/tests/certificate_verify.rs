//! `hsign certificate verify` as scripts meet it: a sample of NIST PKITS through the command's JSON.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use hsign_corpora::{Comparison, Corpus, Row};
use serde_json::Value;

fn hsign(arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hsign"))
        .args(["--output", "json", "--lang", "en"])
        .args(arguments)
        .env("HOME", "/nonexistent")
        .output()
        .unwrap()
}

fn list(text: &str) -> Vec<String> {
    let items = text.split([';', ',']).map(str::trim);
    items.filter(|item| !item.is_empty() && *item != "(empty)").map(str::to_owned).collect()
}

fn unpack(corpus: &Corpus, folder: &Path) {
    fs::create_dir_all(folder.join("certs")).unwrap();
    fs::create_dir_all(folder.join("crls")).unwrap();
    for (path, bytes) in corpus.files() {
        let inside = path.strip_prefix("pkits/").unwrap_or(path);
        if inside.starts_with("certs/") || inside.starts_with("crls/") {
            fs::write(folder.join(inside), bytes).unwrap();
        }
    }
}

/// The row's flags as typed.
fn arguments(row: &Row, folder: &Path) -> Vec<String> {
    let file = |kind: &str, name: &str| folder.join(kind).join(name).display().to_string();
    let mut arguments = vec![
        "certificate".to_owned(),
        "verify".to_owned(),
        file("certs", row.get("ee_cert")),
        "--anchor".to_owned(),
        file("certs", "TrustAnchorRootCertificate.crt"),
        "--at".to_owned(),
        row.get("validation_time").to_owned(),
    ];
    let mut option = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    for name in list(row.get("path_certs_anchor_first")) {
        option("--untrusted", file("certs", &name));
    }
    for name in list(row.get("crls")) {
        option("--crl", file("crls", &name));
    }
    for oid in list(row.get("initial_policy_set_oids")) {
        option("--initial-policy", oid);
    }
    for (column, flag) in [
        ("initial_explicit_policy", "--require-explicit-policy"),
        ("initial_policy_mapping_inhibit", "--inhibit-policy-mapping"),
        ("initial_inhibit_any_policy", "--inhibit-any-policy"),
    ] {
        if row.get(column) == "true" {
            arguments.push(flag.to_owned());
        }
    }
    arguments
}

#[test]
fn conformance_pkits_command() {
    let Some(corpus) = Corpus::open("pkits") else { return };
    let folder = tempfile::tempdir().unwrap();
    unpack(&corpus, folder.path());
    let mut comparison = Comparison::new("pkits-certificate-verify-command");
    // Every sixth: all sections have a part in it.
    for row in corpus.rows().iter().step_by(6) {
        let case = row.get("test_id");
        let output = hsign(&arguments(row, folder.path()));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let report: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{case}: {output:?}"));
        assert_eq!(report["schema"], "hsign.certificate/1", "{case}: {text}");
        let expected = row.get("expected");
        let result = report["result"].as_str().unwrap();
        let code = match result {
            "valid" => 0,
            "invalid" => 1,
            _ => 3,
        };
        assert_eq!(output.status.code(), Some(code), "{case}");
        let policies: Vec<String> = list(row.get("expected_user_constrained_policy_set_oids"));
        let found: Vec<&str> =
            report["policies"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        match (expected, result) {
            ("valid", "valid") if found == policies => comparison.agree(case),
            ("invalid", "invalid" | "undetermined") => comparison.agree(case),
            ("invalid", "valid") => comparison.false_accept(case, row.get("name")),
            _ => comparison.differ(case, format!("{text}\nexpected {expected} {policies:?}")),
        }
    }
    comparison.finish();
}

#[test]
fn what_makes_no_sense_is_a_usage_error_and_what_cant_be_read_is_an_input_error() {
    let folder = tempfile::tempdir().unwrap();
    let leaf = folder.path().join("leaf.pem");
    fs::write(&leaf, "no certificate").unwrap();
    let leaf = leaf.display().to_string();
    let run = |more: &[&str]| {
        let mut arguments = vec!["certificate", "verify", &leaf, "--anchor", &leaf];
        arguments.extend(more);
        hsign(&arguments.into_iter().map(str::to_owned).collect::<Vec<_>>()).status.code()
    };
    assert_eq!(run(&[]), Some(4));
    let missing = ["certificate", "verify", "/nonexistent/leaf.pem", "--anchor", &leaf].map(str::to_owned);
    assert_eq!(hsign(&missing).status.code(), Some(4));
    let without_anchor = ["certificate", "verify", &leaf].map(str::to_owned);
    assert_eq!(hsign(&without_anchor).status.code(), Some(2));
}

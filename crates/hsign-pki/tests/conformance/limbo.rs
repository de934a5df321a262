//! x509-limbo: the cases about paths, with the certificate profile enforced and the anchor's own extensions
//! and dates counting, as its authors mean it.

use hsign_core::Time;
use hsign_corpora::{Comparison, Corpus};
use hsign_pki::{Anchor, ExtendedKeyUsageDemand, PathParameters, ProfileRules, build_and_validate};
use hsign_x509::{Certificate, Crl};
use serde_json::Value;

use super::common;

/// What "now" is taken for; every case without a time of its own is valid for centuries.
const NOW: &str = "2026-06-01T00:00:00Z";

/// Cases about the host name of a TLS server, which a document's signer doesn't have.
const ABOUT_HOST_NAMES: [&str; 2] = ["rfc5280::san::ip-in-dns", "rfc5280::ca-as-leaf-wrong-san"];

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn certificates(value: &Value) -> Vec<Certificate> {
    texts(value).into_iter().filter_map(|pem| common::certificate(pem.as_bytes())).collect()
}

fn out_of_scope(case: &Value, id: &str) -> bool {
    id.starts_with("webpki::")
        || id.starts_with("online::")
        || ABOUT_HOST_NAMES.contains(&id)
        || texts(&case["features"]).contains(&"max-chain-depth")
}

fn purposes(case: &Value) -> ExtendedKeyUsageDemand {
    let oids: Vec<String> = texts(&case["extended_key_usage"])
        .into_iter()
        .map(|name| match name {
            "serverAuth" => "1.3.6.1.5.5.7.3.1".to_owned(),
            "clientAuth" => "1.3.6.1.5.5.7.3.2".to_owned(),
            other => panic!("purpose {other}"),
        })
        .collect();
    if oids.is_empty() { ExtendedKeyUsageDemand::None } else { ExtendedKeyUsageDemand::Allows(oids) }
}

/// Whether we accept, and why not.
fn run(case: &Value) -> Result<(), String> {
    let target = common::certificate(case["peer_certificate"].as_str().unwrap().as_bytes())
        .ok_or("the target can't be read")?;
    let anchors: Vec<Anchor> =
        certificates(&case["trusted_certs"]).into_iter().map(Anchor::from_certificate).collect();
    let pool = certificates(&case["untrusted_intermediates"]);
    let time: Time = case["validation_time"].as_str().unwrap_or(NOW).parse().unwrap();
    let parameters = PathParameters {
        apply_anchor_constraints: true,
        apply_anchor_dates: true,
        extended_key_usage: purposes(case),
        profile: ProfileRules::Enforce,
        ..PathParameters::at(time)
    };
    let verifier = common::verifier();
    let path = build_and_validate(&target, &pool, &anchors, &parameters, &verifier)
        .map_err(|failures| format!("{:?}", failures.best().unwrap().findings))?;
    let crls = texts(&case["crls"]);
    if crls.is_empty() {
        return Ok(());
    }
    let lists = crls.into_iter().filter_map(|pem| Crl::from_der(&common::block(pem, "X509 CRL")?).ok());
    let answers = common::answers(&path, &common::evidence(lists, &pool), time, time);
    match answers.iter().find(|answer| !answer.is_good_at(time, common::FRESHNESS)) {
        Some(answer) => Err(format!("{answer:?}")),
        None => Ok(()),
    }
}

#[test]
fn conformance_x509_limbo() {
    let Some(corpus) = Corpus::open("x509-limbo") else { return };
    let suite: Value = serde_json::from_slice(corpus.file("limbo.json")).unwrap();
    let mut comparison = Comparison::new("x509-limbo");
    let mut left_out = 0;
    for case in suite["testcases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        if out_of_scope(case, id) {
            left_out += 1;
            continue;
        }
        match (run(case), case["expected_result"] == "SUCCESS") {
            (Ok(()), true) | (Err(_), false) => comparison.agree(id),
            (Ok(()), false) => comparison.false_accept(id, "accepted"),
            (Err(reason), true) => comparison.differ(id, reason),
        }
    }
    println!("x509-limbo: {left_out} cases about TLS servers, host names or depth limits left out");
    comparison.finish();
}

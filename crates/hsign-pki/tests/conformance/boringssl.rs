//! BoringSSL's chains, OCSP responses and CRLs.

use std::collections::BTreeSet;

use hsign_core::Time;
use hsign_corpora::{Comparison, Corpus, Row};
use hsign_pki::{
    Anchor, ExtendedKeyUsageDemand, FreshnessPolicy, PathParameters, ProfileRules, Provenance, Provided,
    RevocationEvidence, RevocationParameters, RevocationStatus, build_and_validate, revocation_of_path,
};
use hsign_x509::{Certificate, Crl, OcspResponse};

use super::common;

const WEEK: FreshnessPolicy = FreshnessPolicy::MaximumAge { seconds: 7 * 24 * 3600 };

/// Left out by name: strength of algorithms is judged elsewhere, by date.
const ABOUT_ALGORITHMS: [&str; 2] =
    ["intermediate-signed-with-sha1/main", "target-signed-by-512bit-rsa/main"];

/// The purpose that a chain's key_purpose asks for; `None` for rules of TLS, MLS and C2PA that go beyond
/// RFC 5280.
fn purpose(row: &Row) -> Option<ExtendedKeyUsageDemand> {
    let oid = match row.get("key_purpose") {
        "ANY_EKU" => return Some(ExtendedKeyUsageDemand::None),
        "SERVER_AUTH" => "1.3.6.1.5.5.7.3.1",
        "CLIENT_AUTH" => "1.3.6.1.5.5.7.3.2",
        _ => return None,
    };
    Some(ExtendedKeyUsageDemand::Allows(vec![oid.to_owned()]))
}

/// `None` where the settings are about something else than paths.
fn chain(corpus: &Corpus, row: &Row) -> Option<Result<BTreeSet<String>, String>> {
    let demand = purpose(row)?;
    let trust = row.get("last_cert_trust");
    // What a TLS client may additionally ask of a trusted leaf or an anchor isn't our question.
    if ABOUT_ALGORITHMS.contains(&row.get("test")) || trust.contains("REQUIRE") {
        return None;
    }
    let text = String::from_utf8_lossy(corpus.file(row.get("path"))).into_owned();
    let blocks: Vec<Vec<u8>> = common::pem_blocks(&text)
        .into_iter()
        .filter(|(label, _)| label == "CERTIFICATE")
        .map(|(_, der)| der)
        .collect();
    let certificates: Vec<Certificate> =
        blocks.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    if certificates.len() != blocks.len() {
        return Some(Err("a certificate can't be read".to_owned()));
    }
    let (target, last) = (certificates.first().unwrap(), certificates.last().unwrap());
    let trusted_leaf = trust.contains("LEAF") && target == last;
    let anchors = if trust.starts_with("TRUSTED_ANCHOR") || trusted_leaf {
        vec![Anchor::from_certificate(last.clone())]
    } else {
        Vec::new()
    };
    let parameters = PathParameters {
        extended_key_usage: demand,
        apply_anchor_constraints: trust.contains("CONSTRAINTS"),
        apply_anchor_dates: trust.contains("EXPIRATION"),
        allow_anchor_as_target: trusted_leaf,
        profile: ProfileRules::Report,
        ..PathParameters::at(row.get("at_time").parse().unwrap())
    };
    let outcome = build_and_validate(target, &certificates, &anchors, &parameters, &common::verifier());
    Some(match outcome {
        Ok(path) => Ok(path.policies().clone()),
        Err(failures) => Err(format!("{:?}", failures.best().unwrap().findings)),
    })
}

fn compare_chains(corpus: &Corpus, comparison: &mut Comparison) {
    let mut left_out = 0;
    for row in corpus.rows().iter().filter(|row| row.get("kind") == "chain") {
        let case = row.get("test");
        let wanted: Option<BTreeSet<String>> = row
            .get("settings")
            .strip_prefix("expected_user_constrained_policy_set=")
            .map(|set| set.split(',').map(str::to_owned).collect());
        match (chain(corpus, row), row.get("expected") == "valid") {
            (None, _) => left_out += 1,
            (Some(Ok(policies)), true) => match wanted {
                Some(wanted) if wanted != policies => {
                    comparison.differ(case, format!("policies {policies:?}"))
                }
                _ => comparison.agree(case),
            },
            (Some(Err(_)), false) => comparison.agree(case),
            (Some(Ok(_)), false) => comparison.false_accept(case, row.get("errors_or_result")),
            (Some(Err(reason)), true) => comparison.differ(case, reason),
        }
    }
    println!("boringssl-pki: {left_out} chains about TLS purposes and algorithm strength left out");
}

fn status(corpus: &Corpus, row: &Row) -> String {
    let text = String::from_utf8_lossy(corpus.file(row.get("path"))).into_owned();
    let read = |label: &str| common::block(&text, label).and_then(|der| Certificate::from_der(&der).ok());
    let (Some(target), Some(issuer)) = (read("CERTIFICATE"), read("CA CERTIFICATE")) else {
        return "unknown".to_owned();
    };
    let time: Time = row.get("at_time").parse().unwrap();
    let verifier = common::verifier();
    let parameters = PathParameters { check_target_validity: false, ..PathParameters::at(time) };
    // With a second CA certificate that one is the anchor, and the first one stands between.
    let anchor = read("CA CERTIFICATE 2").unwrap_or_else(|| issuer.clone());
    let Ok(path) =
        build_and_validate(&target, &[issuer], &[Anchor::from_certificate(anchor)], &parameters, &verifier)
    else {
        return "unknown".to_owned();
    };
    let mut evidence = RevocationEvidence::default();
    if let Some(crl) = common::block(&text, "CRL").and_then(|der| Crl::from_der(&der).ok()) {
        evidence.crls.push(Provided::new(crl, Provenance::Given));
    }
    if let Some(response) =
        common::block(&text, "OCSP RESPONSE").and_then(|der| OcspResponse::from_der(&der).ok())
    {
        evidence.ocsp_responses.push(Provided::new(response, Provenance::Given));
    }
    let answers = revocation_of_path(
        &path,
        &evidence,
        &RevocationParameters { at: time, now: time, freshness: WEEK },
        &verifier,
    );
    match &answers.first().unwrap() {
        answer if answer.is_good_at(time, WEEK) => "good".to_owned(),
        answer if matches!(answer.status, RevocationStatus::Revoked { .. }) => "revoked".to_owned(),
        _ => "unknown".to_owned(),
    }
}

fn compare_status(corpus: &Corpus, comparison: &mut Comparison) {
    for row in corpus.rows().iter().filter(|row| row.get("kind") != "chain") {
        let expected = row.get("expected").split(' ').next().unwrap_or_default();
        let case = row.get("path");
        let found = status(corpus, row);
        if found == expected {
            comparison.agree(case);
        } else if found == "good" {
            comparison.false_accept(case, format!("good, expected {expected}"));
        } else {
            comparison.differ(case, format!("{found}, expected {expected}"));
        }
    }
}

#[test]
fn conformance_boringssl_pki() {
    let Some(corpus) = Corpus::open("boringssl-pki") else { return };
    let mut comparison = Comparison::new("boringssl-pki");
    compare_chains(&corpus, &mut comparison);
    compare_status(&corpus, &mut comparison);
    comparison.finish();
}

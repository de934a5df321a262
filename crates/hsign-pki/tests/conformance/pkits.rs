//! NIST PKITS: every run, with all certificates of the suite offered to the path builder and only the CRLs
//! the run names.

use std::collections::BTreeSet;

use hsign_core::Time;
use hsign_corpora::{Comparison, Corpus, Row};
use hsign_pki::{Anchor, PathParameters, build_and_validate};
use hsign_x509::{Certificate, Crl};

use super::common;

struct Outcome {
    valid: bool,
    policies: Option<BTreeSet<String>>,
    detail: String,
}

fn list(text: &str) -> Vec<&str> {
    text.split([';', ',']).map(str::trim).filter(|item| !item.is_empty() && *item != "(empty)").collect()
}

fn run(corpus: &Corpus, row: &Row, pool: &[Certificate], anchor: &Anchor) -> Outcome {
    let failed = |detail: String| Outcome { valid: false, policies: None, detail };
    let Some(target) = common::certificate(corpus.file(&format!("certs/{}", row.get("ee_cert")))) else {
        return failed("the target can't be read".to_owned());
    };
    let time: Time = row.get("validation_time").parse().unwrap();
    let set = |column: &str| row.get(column) == "true";
    let parameters = PathParameters {
        initial_policies: Some(
            list(row.get("initial_policy_set_oids")).into_iter().map(str::to_owned).collect(),
        ),
        require_explicit_policy: set("initial_explicit_policy"),
        inhibit_policy_mapping: set("initial_policy_mapping_inhibit"),
        inhibit_any_policy: set("initial_inhibit_any_policy"),
        ..PathParameters::at(time)
    };
    let verifier = common::verifier();
    let path = match build_and_validate(&target, pool, std::slice::from_ref(anchor), &parameters, &verifier) {
        Ok(path) => path,
        Err(failures) => {
            let codes: Vec<_> =
                failures.best().unwrap().findings.iter().map(|finding| finding.code.clone()).collect();
            return failed(format!("path: {codes:?}"));
        }
    };
    let names = list(row.get("crls"));
    let lists = names.iter().filter_map(|name| Crl::from_der(corpus.file(&format!("crls/{name}"))).ok());
    let answers = common::answers(&path, &common::evidence(lists, pool), time, time);
    Outcome {
        valid: answers.iter().all(|answer| answer.is_good_at(time, common::FRESHNESS)),
        policies: Some(path.policies().clone()),
        detail: format!(
            "revocation: {:?}",
            answers.iter().map(|a| (&a.status, a.next_update)).collect::<Vec<_>>()
        ),
    }
}

#[test]
fn conformance_pkits() {
    let Some(corpus) = Corpus::open("pkits") else { return };
    let pool: Vec<Certificate> = corpus
        .files()
        .iter()
        .filter(|(path, _)| path.ends_with(".crt"))
        .filter_map(|(_, bytes)| common::certificate(bytes))
        .collect();
    let root = common::certificate(corpus.file("certs/TrustAnchorRootCertificate.crt")).unwrap();
    let anchor = Anchor::from_certificate(root);
    let mut comparison = Comparison::new("pkits");
    for row in corpus.rows() {
        let case = row.get("test_id");
        let outcome = run(&corpus, row, &pool, &anchor);
        let expected = row.get("expected") == "valid";
        let policies: BTreeSet<String> = list(row.get("expected_user_constrained_policy_set_oids"))
            .into_iter()
            .map(str::to_owned)
            .collect();
        if outcome.valid && !expected {
            comparison.false_accept(case, row.get("name"));
        } else if outcome.valid != expected {
            comparison.differ(case, format!("{}: {}", row.get("name"), outcome.detail));
        } else if expected && outcome.policies.as_ref() != Some(&policies) {
            comparison.differ(case, format!("policies {:?}, expected {policies:?}", outcome.policies));
        } else {
            comparison.agree(case);
        }
    }
    comparison.finish();
}

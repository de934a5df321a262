//! OpenSSL's OCSP vectors, and pyHanko's CRLs and responses from three moments.

use std::collections::BTreeMap;

use hsign_core::Time;
use hsign_corpora::{Comparison, Corpus, Row};
use hsign_pki::{
    Anchor, PathParameters, Provenance, Provided, RevocationEvidence, RevocationStatus, build_and_validate,
};
use hsign_x509::{Certificate, Crl, OcspResponse};

use super::common;

fn given<T>(value: T) -> Provided<T> {
    Provided::new(value, Provenance::Given)
}

fn others(row: &Row) -> BTreeMap<&str, &str> {
    row.get("other_files").split(';').filter_map(|pair| pair.split_once('=')).collect()
}

fn time(row: &Row) -> Time {
    let text = row.get("at_time");
    // A bare day: its end, since the evidence was made during it.
    if text.len() == 10 { format!("{text}T23:59:59Z").parse().unwrap() } else { text.parse().unwrap() }
}

/// The status of `target`, at a time, of whatever age; `None` without a path.
fn status(
    target: &Certificate,
    pool: &[Certificate],
    anchor: Certificate,
    evidence: &RevocationEvidence,
    at: Time,
) -> Option<RevocationStatus> {
    let verifier = common::verifier();
    let parameters = PathParameters { check_target_validity: false, ..PathParameters::at(at) };
    let path =
        build_and_validate(target, pool, &[Anchor::from_certificate(anchor)], &parameters, &verifier).ok()?;
    common::answers(&path, evidence, at, at).into_iter().next().map(|answer| answer.status)
}

fn response(corpus: &Corpus, path: &str) -> Option<OcspResponse> {
    let bytes = corpus.file(path);
    let der = match std::str::from_utf8(bytes) {
        Ok(text) if path.starts_with("ocsp-openssl/") => common::base64(text),
        _ => bytes.to_vec(),
    };
    OcspResponse::from_der(&der).ok()
}

/// What we say, in the words of the column `expected`.
fn answer(corpus: &Corpus, row: &Row) -> String {
    let files = others(row);
    let read = |name: &str| files.get(name).and_then(|path| common::certificate(corpus.file(path)));
    let at = time(row);
    if row.get("path").starts_with("ocsp-openssl/") {
        let (Some(target), Some(issuer)) = (read("cert"), read("issuer")) else {
            return "unreadable".to_owned();
        };
        let evidence = RevocationEvidence {
            ocsp_responses: response(corpus, row.get("path")).map(given).into_iter().collect(),
            ..RevocationEvidence::default()
        };
        return match status(&target, &[], issuer, &evidence, at) {
            Some(RevocationStatus::Good | RevocationStatus::Revoked { .. }) => "valid".to_owned(),
            _ => "invalid".to_owned(),
        };
    }
    let file = |path: &str| common::certificate(corpus.file(path)).unwrap();
    let folder = "pyhanko-freshness/certs";
    let root = file(&format!("{folder}/root.crt"));
    if row.get("kind") == "CRL" {
        let crl = Crl::from_der(corpus.file(row.get("path"))).unwrap();
        let evidence = common::evidence([crl], &[]);
        let revoked = file(&format!("{folder}/interm-revoked.crt"));
        return match status(&revoked, &[], root, &evidence, at) {
            Some(RevocationStatus::Good) => "lists nothing".to_owned(),
            Some(RevocationStatus::Revoked { time, .. }) => format!("lists 1002 since {time}"),
            other => format!("{other:?}"),
        };
    }
    let interm = read("issuer").unwrap();
    let evidence = RevocationEvidence {
        ocsp_responses: response(corpus, row.get("path")).map(given).into_iter().collect(),
        certificates: read("responder").into_iter().collect(),
        ..RevocationEvidence::default()
    };
    match status(&file(&format!("{folder}/alice.crt")), &[interm], root, &evidence, at) {
        Some(RevocationStatus::Good) => "good".to_owned(),
        Some(RevocationStatus::Revoked { time, .. }) => format!("revoked since {time}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn conformance_revocation() {
    let Some(corpus) = Corpus::open("revocation") else { return };
    let mut comparison = Comparison::new("revocation");
    for row in corpus.rows() {
        let case = format!("{} with {}", row.get("path"), row.get("other_files"));
        let expected = row.get("expected").replace("Dec  1 00:00:00 2020 GMT", "2020-12-01T00:00:00Z");
        let found = answer(&corpus, row);
        if found == expected {
            comparison.agree(&case);
        } else if matches!(found.as_str(), "good" | "valid" | "lists nothing") {
            comparison.false_accept(&case, format!("{found}, expected {expected}"));
        } else {
            comparison.differ(&case, format!("{found}, expected {expected}"));
        }
    }
    comparison.finish();
}

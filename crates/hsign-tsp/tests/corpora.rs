//! The responses of the rfc3161 corpus: those it calls valid bind, the others don't.
#![allow(clippy::unwrap_used)]

use hsign_core::Severity;
use hsign_corpora::{Comparison, Corpus};
use hsign_crypto::OpensslVerifier;
use hsign_tsp::{Expected, Token, check_binding};

/// Codes of severity error, with the token's own imprint and time, and the folder's chain at hand.
fn errors(corpus: &Corpus, path: &str) -> Result<Vec<String>, hsign_tsp::Error> {
    let token = Token::parse(corpus.file(path))?;
    let folder = path.split('/').next().unwrap();
    let chain = corpus.file(&format!("{folder}/ts_chain.pem"));
    let certificates = hsign_x509::certificates_from_bytes(chain).unwrap();
    let known: Vec<_> = certificates.iter().map(|certificate| certificate.der().to_vec()).collect();
    let expected = Expected {
        imprint: &token.info().imprint().unwrap(),
        nonce: None,
        policy: None,
        now: token.info().gen_time.0,
        clock_tolerance_seconds: 0,
        certificates: &known,
    };
    let findings = check_binding(&token, &expected, &OpensslVerifier::new());
    Ok(findings.into_iter().filter(|f| f.severity == Severity::Error).map(|f| f.code).collect())
}

#[test]
fn conformance_rfc3161_binding() {
    let Some(corpus) = Corpus::open("rfc3161") else { return };
    let mut comparison = Comparison::new("rfc3161-binding");
    for row in corpus.rows() {
        let (path, expected) = (row.get("path"), row.get("expected"));
        // Trust is not asked here, so what lacks only trust binds as well.
        let good = !expected.starts_with("invalid") || expected.contains("ignore");
        match errors(&corpus, path) {
            Ok(codes) if codes.is_empty() == good => comparison.agree(path),
            Ok(codes) if codes.is_empty() => comparison.false_accept(path, "nothing found"),
            Ok(codes) => comparison.differ(path, codes.join(", ")),
            Err(error) if good => comparison.differ(path, error.to_string()),
            Err(_) => comparison.agree(path),
        }
    }
    comparison.finish();
}

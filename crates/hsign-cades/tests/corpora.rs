//! CMS signatures of the dss corpus: integrity of every signer as DSS asserts it.
#![allow(clippy::unwrap_used)]

use hsign_cades::{CmsFacts, Profile, SignerFacts, signature_facts};
use hsign_core::facts::SignedObject;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Digest, DigestAlgorithm};
use hsign_corpora::{Comparison, Corpus};
use hsign_crypto::OpensslVerifier;
use hsign_x509::Certificate;

/// Whether value and digests hold with some certificate inside that the signed reference (or else the
/// identifier) names.
fn intact(object: &SignedObject) -> bool {
    let named = |certificate: &Certificate| match object.certificate_references.first() {
        Some(reference) => hsign_crypto::digest(reference.digest.algorithm, certificate.der())
            .is_ok_and(|digest| digest == reference.digest),
        None => object.signer.serial.as_ref().is_some_and(|serial| serial.as_slice() == certificate.serial()),
    };
    let verifies = |certificate: &Certificate| {
        let key = certificate.public_key_info();
        let value = object.value.as_slice();
        std::iter::once(&object.signed_octets).chain(&object.reordered_octets).any(|octets| {
            let answer = OpensslVerifier::new().verify(&object.algorithm, key, octets.as_slice(), value);
            answer == SignatureValidity::Valid
        })
    };
    let certificates = object.evidence.certificates.iter();
    object.references.iter().all(|reference| reference.holds() == Some(true))
        && certificates
            .filter_map(|der| Certificate::from_der(der.as_slice()).ok())
            .any(|certificate| named(&certificate) && verifies(&certificate))
}

/// What keeps a judgement from accepting it as it is: content and value hashed differently, attributes out of
/// order, or a countersignature that nobody has judged.
fn doubtful(signer: &SignerFacts) -> bool {
    let codes =
        ["cms-digest-algorithm-mismatch", "cms-signed-attributes-not-der", "cms-countersignature-not-judged"];
    signer.findings.iter().any(|finding| codes.contains(&finding.code.as_str()))
}

fn all_intact(facts: &CmsFacts) -> bool {
    !facts.signers.is_empty() && facts.signers.iter().all(|signer| signer.signed.as_ref().is_some_and(intact))
}

/// The digest of the detached content that a row offers: a file of the set, or `digest:ALG:base64`.
fn detached(corpus: &Corpus, offered: &str, algorithm: DigestAlgorithm) -> Option<Digest> {
    use base64::Engine as _;
    let first = offered.split(';').next().filter(|first| !first.is_empty())?;
    match first.strip_prefix("digest:") {
        None => hsign_crypto::digest(algorithm, corpus.file(first)).ok(),
        Some(digest) => {
            let (name, value) = digest.split_once(':')?;
            let value = base64::engine::general_purpose::STANDARD.decode(value).ok()?;
            (name == algorithm.name().replace('-', "")).then(|| Digest::new(algorithm, value))
        }
    }
}

#[test]
fn conformance_dss_cades_integrity() {
    let Some(corpus) = Corpus::open("dss") else { return };
    let mut comparison = Comparison::new("dss-cades");
    for row in corpus.rows().iter().filter(|row| row.get("kind") == "CAdES") {
        let (path, expected) = (row.get("path"), row.get("expected_integrity"));
        let offered = row.get("detached");
        let case = if offered.is_empty() { path.to_owned() } else { format!("{path} with {offered}") };
        let mut digest = |algorithm| detached(&corpus, offered, algorithm);
        let facts = match signature_facts(corpus.file(path), "x", Profile::Cades, &mut digest) {
            Ok(facts) => facts,
            Err(error) => {
                comparison.differ(&case, error.to_string());
                continue;
            }
        };
        let describe = || {
            facts
                .signers
                .iter()
                .map(|signer| {
                    let codes: Vec<_> =
                        signer.findings.iter().map(|f| format!("{} {:?}", f.code, f.values)).collect();
                    let references = signer
                        .signed
                        .as_ref()
                        .map(|s| s.references.iter().map(|r| r.holds()).collect::<Vec<_>>());
                    format!("intact={:?} {references:?} {codes:?}", signer.signed.as_ref().map(intact))
                })
                .collect::<Vec<_>>()
                .join("; ")
        };
        let valid = all_intact(&facts);
        match expected.split(' ').next().unwrap() {
            "crypto-valid" if valid => comparison.agree(&case),
            "invalid" | "indeterminate" | "mixed" if !valid || facts.signers.iter().any(doubtful) => {
                comparison.agree(&case);
            }
            "invalid" | "indeterminate" | "mixed" => comparison.false_accept(&case, describe()),
            "crypto-valid" => comparison.differ(&case, describe()),
            _ => println!("not compared: {case}: {}", describe()),
        }
    }
    comparison.finish();
}

//! What RFC 3161 asks a requester to check: each fault of an authority is found, and only that.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod support;

use hsign_core::{DigestAlgorithm, Time};
use hsign_testkit::{Fault, Unit};
use hsign_tsp::{Error, Token, token_facts};
use support::{DATA, NOW, PKI, check, codes, request, respond};

#[test]
fn a_good_token_has_nothing_against_it() {
    let mut request = request();
    for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
        request.imprint = hsign_crypto::digest(algorithm, DATA).unwrap();
        let token = Token::parse(&respond(&request, &[])).unwrap();
        assert_eq!(check(&request, &token, &[]), []);
        let info = token.info();
        assert_eq!(info.imprint(), Some(request.imprint.clone()));
        assert_eq!(info.gen_time.0, Time::from_unix_seconds(NOW).unwrap());
        assert_eq!(info.accuracy_microseconds, Some(1_000_000));
        assert_eq!((info.nonce.clone(), info.ordering), (request.nonce.clone(), false));
        assert!(info.tsa.is_some());
    }
}

#[test]
fn rfc3161_2_4_2_imprint_of_the_request() {
    assert_eq!(codes(Fault::WrongImprint), ["timestamp-imprint-mismatch"]);
}

#[test]
fn rfc3161_2_4_2_nonce_of_the_request() {
    assert_eq!(codes(Fault::WrongNonce), ["timestamp-nonce-mismatch"]);
    assert_eq!(codes(Fault::NoNonce), ["timestamp-nonce-missing"]);
}

#[test]
fn rfc3161_2_4_2_a_negative_nonce_is_a_number_too() {
    let mut request = request();
    request.nonce = Some(vec![0x85, 1, 2, 3]);
    let token = Token::parse(&respond(&request, &[])).unwrap();
    assert_eq!(check(&request, &token, &[]), []);
    request.nonce = Some(vec![0, 0x85, 1, 2, 3]);
    let token = Token::parse(&respond(&request, &[Fault::NegativeNonce])).unwrap();
    assert_eq!(token.info().nonce.as_deref(), Some(&[0x85, 1, 2, 3][..]));
    let found = check(&request, &token, &[]);
    assert_eq!(
        found.into_iter().map(|finding| finding.code).collect::<Vec<_>>(),
        ["timestamp-nonce-mismatch"]
    );
}

#[test]
fn rfc3161_2_4_1_policy_of_the_request() {
    assert_eq!(codes(Fault::WrongPolicy), ["timestamp-policy-mismatch"]);
}

#[test]
fn rfc3161_2_3_time_stamping_alone_and_critical() {
    assert_eq!(codes(Fault::WrongEku), ["tsa-eku-not-time-stamping-only"]);
    assert_eq!(codes(Fault::NonCriticalEku), ["tsa-eku-not-critical"]);
}

#[test]
fn rfc3161_2_2_certificate_within_its_validity() {
    assert_eq!(codes(Fault::ExpiredTsaCertificate), ["tsa-certificate-out-of-validity"]);
}

#[test]
fn rfc3161_2_2_time_near_our_clock() {
    assert_eq!(codes(Fault::GenTimeOffset(62)), ["timestamp-clock-difference"]);
    assert_eq!(codes(Fault::GenTimeOffset(-62)), ["timestamp-clock-difference"]);
    assert!(codes(Fault::GenTimeOffset(61)).is_empty(), "tolerance and accuracy");
}

#[test]
fn rfc3161_2_4_2_one_signer() {
    assert_eq!(codes(Fault::TwoSigners), ["timestamp-not-one-signer"]);
}

#[test]
fn rfc5652_5_6_signature_value() {
    assert_eq!(codes(Fault::BadSignature), ["timestamp-signature-invalid"]);
}

#[test]
fn rfc5816_certificate_named_by_version_1_or_2() {
    assert!(codes(Fault::EssCertIdV1).is_empty());
    assert_eq!(codes(Fault::WrongEssCertId), ["tsa-certificate-reference-mismatch"]);
}

#[test]
fn rfc3161_2_4_1_certificate_may_be_known_beforehand() {
    assert_eq!(codes(Fault::NoCertificate), ["tsa-certificate-missing"]);
    let request = request();
    let token = Token::parse(&respond(&request, &[Fault::NoCertificate])).unwrap();
    let known = PKI.unit(Unit::Tsa).certificate_der().to_vec();
    assert_eq!(check(&request, &token, &[known]), []);
}

#[test]
fn real_encodings_are_read() {
    assert!(codes(Fault::BerToken).is_empty());
    let departure = |faults: &[Fault]| {
        let token = Token::parse(&respond(&request(), faults)).unwrap();
        token.departure_from_der().map(|(_, violation)| violation)
    };
    assert_eq!((departure(&[]), departure(&[Fault::BerToken])), (None, Some("indefinite-length")));
    assert_eq!(codes(Fault::AttributeCertificate), ["cms-other-certificates"]);
    let request = request();
    let token = Token::parse(&respond(&request, &[Fault::FractionalSeconds("125".into())])).unwrap();
    assert_eq!(check(&request, &token, &[]), []);
    assert_eq!(token.info().gen_time.0.subsecond_nanoseconds(), 125_000_000);
}

#[test]
fn rfc3161_2_4_2_a_refusal_is_no_token() {
    let response = respond(&request(), &[Fault::Rejection { status: 2, failure: Some(14) }]);
    match Token::parse(&response) {
        Err(Error::Refused(reason)) => assert!(reason.contains("timeNotAvailable"), "{reason}"),
        other => panic!("{other:?}"),
    }
    let mut request = request();
    request.policy = Some("2.999.1.2".to_owned());
    assert!(matches!(Token::parse(&respond(&request, &[])), Err(Error::Refused(_))));
}

#[test]
fn facts_hold_both_digests_and_the_octets_that_were_signed() {
    let response = respond(&request(), &[]);
    let (facts, findings) =
        token_facts(&response, &mut |algorithm| hsign_crypto::digest(algorithm, DATA).ok());
    let facts = facts.unwrap();
    assert_eq!(findings, []);
    assert_eq!(facts.imprint.holds(), Some(true));
    assert_eq!(facts.signed.references[0].holds(), Some(true));
    assert_eq!(facts.signed.evidence.certificates[0].as_slice(), PKI.unit(Unit::Tsa).certificate_der());
    let (other, _) = token_facts(&response, &mut |algorithm| hsign_crypto::digest(algorithm, b"other").ok());
    assert_eq!(other.unwrap().imprint.holds(), Some(false));
    let (nothing, findings) = token_facts(b"0\x80", &mut |_| None);
    assert!(nothing.is_none());
    assert_eq!(findings[0].code, "timestamp-unreadable");
}

#[test]
fn openssl_reads_our_request_and_accepts_the_answer_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let request = request();
    std::fs::write(folder.path().join("q"), request.to_der().unwrap()).unwrap();
    std::fs::write(folder.path().join("r"), respond(&request, &[])).unwrap();
    let chain = PKI.unit(Unit::Tsa).chain_pem();
    std::fs::write(folder.path().join("chain"), chain).unwrap();
    let verify = format!("ts -verify -queryfile q -in r -CAfile chain -untrusted chain -attime {NOW}");
    let Ok(output) =
        std::process::Command::new("openssl").args(verify.split(' ')).current_dir(folder.path()).output()
    else {
        assert!(std::env::var_os("REQUIRE_ALL").is_none_or(|value| value != "1"), "openssl is required");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

//! OpenSSL's opinion of tokens, and what each scripted fault of the authority does.

use hsign_testkit::{Clock, Endpoint, EssCertId, Fault, Testbed, TsaOptions, Unit, YEAR, keys::Hash, oid};

use super::common::*;

const TRUST: &str = "-CAfile ca/tsa-root.pem -untrusted ca/tsa-ca.pem";

/// Stamps over HTTP; leaves `q.tsq` and `r.tsr` in the testbed's folder.
fn stamp_query(testbed: &Testbed, query: &Query) -> Vec<u8> {
    let der = query.der();
    let reply = stamp(testbed.base_url(), "/tsa", &der).unwrap();
    assert_eq!(reply.status, 200);
    assert!(reply.head.contains("Content-Type: application/timestamp-reply"), "{}", reply.head);
    std::fs::write(testbed.folder().join("q.tsq"), der).unwrap();
    std::fs::write(testbed.folder().join("r.tsr"), &reply.body).unwrap();
    reply.body
}

fn verify(testbed: &Testbed) -> (bool, String) {
    let command = format!("ts -verify -attime {} -queryfile q.tsq -in r.tsr {TRUST}", testbed.clock().now());
    openssl(testbed.folder(), &command)
}

fn text(testbed: &Testbed) -> String {
    openssl_ok(testbed.folder(), "ts -reply -in r.tsr -text")
}

/// Stamps the default query with one fault.
fn faulty(fault: Fault) -> (Testbed, Vec<u8>) {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    testbed.queue_fault(Endpoint::Tsa, fault);
    let reply = stamp_query(&testbed, &Query::default());
    (testbed, reply)
}

/// A fault that OpenSSL sees too.
fn refused_by_openssl(fault: Fault, reason: &str) {
    let (testbed, _) = faulty(fault);
    if has_openssl() {
        let (passed, text) = verify(&testbed);
        assert!(!passed && text.contains(reason), "{text}");
    }
}

#[test]
fn openssl_accepts_tokens_of_every_digest_and_key() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    for (algorithm, length, digest) in
        [(SHA256, 32, Hash::Sha256), (SHA384, 48, Hash::Sha384), (SHA512, 64, Hash::Sha512)]
    {
        for unit in [Unit::Tsa, Unit::TsaP256] {
            for ess_cert_id in [EssCertId::V1, EssCertId::V2] {
                testbed.set_tsa_options(TsaOptions { unit, digest, ess_cert_id, ..TsaOptions::default() });
                stamp_query(&testbed, &Query { algorithm, digest: vec![7; length], ..Query::default() });
                let (passed, text) = verify(&testbed);
                assert!(passed, "{digest:?} {unit:?} {ess_cert_id:?}: {text}");
            }
        }
    }
}

#[test]
fn a_token_says_what_was_asked() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    if !has_openssl() {
        return;
    }
    stamp_query(&testbed, &Query::default());
    let text = text(&testbed);
    for line in [
        "Status: Granted.",
        &format!("Policy OID: {}", oid::TSA_POLICY),
        "Hash Algorithm: sha256",
        "Time stamp: Sep 21 14:13:20 2026 GMT",
        "Accuracy: 0x01 seconds",
        "Nonce: 0x1122",
        "CN=TEST Time Stamping Unit 1",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn certificates_come_only_when_asked_for() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    let certificate = testbed.unit(Unit::Tsa).certificate_der().to_vec();
    assert!(contains(&stamp_query(&testbed, &Query::default()), &certificate));
    assert!(!contains(
        &stamp_query(&testbed, &Query { certificates: false, ..Query::default() }),
        &certificate
    ));
}

#[test]
fn the_nonce_comes_back_octet_by_octet_even_if_negative() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    for nonce in [vec![0x00, 0xF0, 0x01], vec![0xF0, 0x01, 0x02], vec![0x7F; 16]] {
        let expected = [&[2, nonce.len() as u8], nonce.as_slice()].concat();
        assert!(contains(
            &stamp_query(&testbed, &Query { nonce: Some(nonce), ..Query::default() }),
            &expected
        ));
    }
}

#[test]
fn rfc_3161_2_4_2_rejections_have_their_bits() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    let rejected = |reply: &[u8], bits: &[u8]| contains(reply, &[2, 1, 2]) && reply.ends_with(bits);
    let reply = stamp_query(&testbed, &Query { algorithm: SHA1, digest: vec![1; 20], ..Query::default() });
    assert!(rejected(&reply, &[3, 2, 7, 0x80]), "badAlg: {reply:02X?}");
    let reply = stamp_query(&testbed, &Query { digest: vec![1; 20], ..Query::default() });
    assert!(rejected(&reply, &[3, 2, 2, 0x04]), "badDataFormat: {reply:02X?}");
    let reply = stamp_query(&testbed, &Query { policy: Some(&[0x88, 0x37, 1, 2]), ..Query::default() });
    assert!(rejected(&reply, &[3, 3, 0, 0, 1]), "unacceptedPolicy: {reply:02X?}");
    let reply = stamp(testbed.base_url(), "/tsa", b"nothing").unwrap().body;
    assert!(rejected(&reply, &[3, 2, 5, 0x20]), "badRequest: {reply:02X?}");
    testbed.queue_fault(Endpoint::Tsa, Fault::Rejection { status: 2, failure: Some(14) });
    let reply = stamp_query(&testbed, &Query::default());
    assert!(rejected(&reply, &[3, 3, 1, 0, 2]), "timeNotAvailable: {reply:02X?}");
    if has_openssl() {
        assert!(text(&testbed).contains("Status: Rejected."));
    }
}

#[test]
fn wrong_answers_are_refused_by_openssl() {
    refused_by_openssl(Fault::WrongNonce, "nonce mismatch");
    refused_by_openssl(Fault::NoNonce, "nonce not returned");
    refused_by_openssl(Fault::WrongImprint, "message imprint mismatch");
    refused_by_openssl(Fault::WrongEku, "unsuitable certificate purpose");
    refused_by_openssl(Fault::NonCriticalEku, "unsuitable certificate purpose");
    refused_by_openssl(Fault::ExpiredTsaCertificate, "certificate has expired");
    refused_by_openssl(Fault::BadSignature, "signature failure");
    refused_by_openssl(Fault::TwoSigners, "there must be one signer");
    refused_by_openssl(Fault::WrongEssCertId, "ess cert id not found");
    refused_by_openssl(Fault::NoCertificate, "signer certificate not found");
}

#[test]
fn a_fault_is_for_one_request_only() {
    let (testbed, _) = faulty(Fault::WrongNonce);
    stamp_query(&testbed, &Query::default());
    if has_openssl() {
        let (passed, text) = verify(&testbed);
        assert!(passed, "{text}");
    }
}

#[test]
fn ber_token_has_indefinite_lengths_and_is_readable() {
    let (testbed, reply) = faulty(Fault::BerToken);
    let start = [
        &[0x30, 0x80, 6, 9],
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2].as_slice(),
        &[0xA0, 0x80, 0x30, 0x80],
    ];
    assert!(contains(&reply, &start.concat()), "{reply:02X?}");
    assert!(contains(&reply, &[0xA0, 0x80, 0x24, 0x80, 4]), "a constructed OCTET STRING");
    if has_openssl() {
        let (passed, text) = verify(&testbed);
        assert!(passed, "{text}");
    }
}

#[test]
fn fractional_seconds_and_offsets_show_in_gen_time() {
    let (_, reply) = faulty(Fault::FractionalSeconds("123".into()));
    assert!(contains(&reply, b"\x18\x1320260921141320.123Z"));
    let (_, reply) = faulty(Fault::GenTimeOffset(-YEAR));
    assert!(contains(&reply, b"\x18\x0F20250921081320Z"));
    let (_, reply) = faulty(Fault::GenTimeOffset(86_400));
    assert!(contains(&reply, b"\x18\x0F20260922141320Z"));
}

#[test]
fn negative_nonce_loses_its_leading_zero() {
    let testbed = Testbed::start_at(Clock::fixed(NOW)).unwrap();
    testbed.queue_fault(Endpoint::Tsa, Fault::NegativeNonce);
    let nonce = vec![0x00, 0xE1, 0xD2, 0xC3, 0xB4];
    let reply = stamp_query(&testbed, &Query { nonce: Some(nonce), ..Query::default() });
    assert!(contains(&reply, &[2, 4, 0xE1, 0xD2, 0xC3, 0xB4]));
}

#[test]
fn attribute_certificate_stands_in_the_set() {
    let (testbed, reply) = faulty(Fault::AttributeCertificate);
    assert!(contains(&reply, b"TEST Time Authority"));
    if !has_openssl() {
        return;
    }
    // OpenSSL's PKCS#7 reader, and so `openssl ts`, knows no attribute certificates; its CMS reader does.
    // The token follows the response's header of four octets and the status of five.
    std::fs::write(testbed.folder().join("token.der"), &reply[9..]).unwrap();
    let text = openssl_ok(testbed.folder(), "cms -cmsout -print -noout -inform DER -in token.der");
    assert!(text.contains("v2AttrCert"), "{text}");
}

#[test]
fn ess_cert_id_v1_and_wrong_policy() {
    let v1 = [6, 11, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 2, 12];
    let v2 = [6, 11, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 2, 47];
    let (testbed, reply) = faulty(Fault::EssCertIdV1);
    assert!(contains(&reply, &v1) && !contains(&reply, &v2));
    testbed.queue_fault(Endpoint::Tsa, Fault::WrongPolicy);
    let reply = stamp_query(&testbed, &Query { policy: Some(&[0x88, 0x37, 1, 1]), ..Query::default() });
    assert!(contains(&reply, &[6, 4, 0x88, 0x37, 1, 2]) && contains(&reply, &v2));
}

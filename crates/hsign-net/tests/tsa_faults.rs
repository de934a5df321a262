//! Every way in which an authority can fail, and what is said about it.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{endpoint, imprint, obtain, ports};
use hsign_core::ErrorKind;
use hsign_core::ports::Timestamper;
use hsign_net::{HttpTimestamper, TsaEndpoint};
use hsign_testkit::{Endpoint, Fault, Testbed};
use hsign_tsp::Token;

/// The message of the failure that `fault` causes.
fn failure(testbed: &Testbed, fault: Fault) -> String {
    failure_at(testbed, endpoint("first", &testbed.tsa_url()), fault)
}

fn failure_at(testbed: &Testbed, endpoint: TsaEndpoint, fault: Fault) -> String {
    testbed.queue_fault(Endpoint::Tsa, fault.clone());
    let error = obtain(testbed, endpoint).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Remote, "{fault:?}");
    assert!(error.message.contains("TSA first: "), "{}", error.message);
    error.message
}

#[test]
fn a_token_that_must_not_be_used_is_refused_with_the_reason() {
    let testbed = Testbed::start().unwrap();
    for (fault, word) in [
        (Fault::WrongNonce, "timestamp-nonce-mismatch"),
        (Fault::NoNonce, "timestamp-nonce-missing"),
        (Fault::WrongImprint, "timestamp-imprint-mismatch"),
        (Fault::WrongEku, "tsa-eku-not-time-stamping-only"),
        (Fault::NonCriticalEku, "tsa-eku-not-critical"),
        (Fault::ExpiredTsaCertificate, "tsa-certificate-out-of-validity"),
        (Fault::BadSignature, "timestamp-signature-invalid"),
        (Fault::NoCertificate, "tsa-certificate-missing"),
        (Fault::TwoSigners, "timestamp-not-one-signer"),
        (Fault::GenTimeOffset(-3_600), "timestamp-clock-difference"),
        (Fault::GenTimeOffset(3_600), "timestamp-clock-difference"),
        (Fault::WrongEssCertId, "tsa-certificate"),
    ] {
        let message = failure(&testbed, fault.clone());
        assert!(message.contains(word), "{fault:?}: {message}");
    }
}

#[test]
fn another_policy_than_the_one_asked_for_is_refused() {
    let testbed = Testbed::start().unwrap();
    let offered =
        Token::parse(&obtain(&testbed, endpoint("first", &testbed.tsa_url())).unwrap().token).unwrap();
    let asking =
        TsaEndpoint { policy: Some(offered.info().policy.clone()), ..endpoint("first", &testbed.tsa_url()) };
    assert!(obtain(&testbed, asking.clone()).is_ok());
    testbed.queue_fault(Endpoint::Tsa, Fault::WrongPolicy);
    let error = obtain(&testbed, asking).unwrap_err();
    assert!(error.message.contains("timestamp-policy-mismatch"), "{}", error.message);
}

#[test]
fn a_failing_server_is_told_apart() {
    let testbed = Testbed::start().unwrap();
    for (fault, word) in [
        (Fault::Status(404), "HTTP status 404"),
        (Fault::Status(401), "HTTP status 401 (not authenticated)"),
        (Fault::Status(503), "HTTP status 503"),
        (Fault::TruncatedBody, "cut off"),
        (Fault::OversizedBody(10_000_000), "larger than 262144 bytes"),
        (Fault::Redirect("http://elsewhere.invalid/".to_owned()), "redirected to http://elsewhere.invalid/"),
        (Fault::Garbage, "no time-stamp response"),
        (Fault::Rejection { status: 2, failure: Some(14) }, "timeNotAvailable"),
    ] {
        let message = failure(&testbed, fault.clone());
        assert!(message.contains(word), "{fault:?}: {message}");
    }
    let message = failure(&testbed, Fault::Disconnect);
    assert!(message.contains("cut off") || message.contains("broke"), "{message}");
}

#[test]
fn a_slow_server_is_given_up_when_its_time_is_over() {
    let testbed = Testbed::start().unwrap();
    for fault in [Fault::Latency(Duration::from_secs(4)), Fault::SlowDrip(Duration::from_millis(50))] {
        let hasty = TsaEndpoint { timeout_seconds: 1, ..endpoint("first", &testbed.tsa_url()) };
        let message = failure_at(&testbed, hasty, fault.clone());
        assert!(message.contains("no complete answer within 1000 ms"), "{fault:?}: {message}");
    }
}

#[test]
fn what_real_authorities_send_is_read() {
    let testbed = Testbed::start().unwrap();
    for fault in [
        Fault::BerToken,
        Fault::FractionalSeconds("123".to_owned()),
        Fault::NegativeNonce,
        Fault::AttributeCertificate,
        Fault::EssCertIdV1,
    ] {
        testbed.queue_fault(Endpoint::Tsa, fault.clone());
        let stamped = obtain(&testbed, endpoint("first", &testbed.tsa_url()));
        assert!(stamped.is_ok(), "{fault:?}: {stamped:?}");
    }
}

#[test]
fn an_answer_is_read_by_its_content_and_its_type_noted() {
    let testbed = Testbed::start().unwrap();
    testbed.queue_fault(Endpoint::Tsa, Fault::WrongContentType);
    let stamped = obtain(&testbed, endpoint("first", &testbed.tsa_url())).unwrap();
    let notice = stamped.notices.iter().find(|notice| notice.code == "tsa-content-type").unwrap();
    assert_eq!(notice.values["content_type"], "text/html");
}

#[test]
fn a_transient_failure_is_tried_again() {
    let testbed = Testbed::start().unwrap();
    testbed.queue_fault(Endpoint::Tsa, Fault::Status(503));
    testbed.queue_fault(Endpoint::Tsa, Fault::TruncatedBody);
    let patient =
        TsaEndpoint { retries: 2, backoff_milliseconds: 1, ..endpoint("first", &testbed.tsa_url()) };
    assert!(obtain(&testbed, patient.clone()).is_ok());
    testbed.take_requests();
    testbed.queue_fault(Endpoint::Tsa, Fault::WrongNonce);
    assert!(obtain(&testbed, patient).is_err());
    assert_eq!(testbed.take_requests().len(), 1, "a wrong token is not asked for again");
}

#[test]
fn the_next_authority_is_asked_and_the_failure_noted() {
    let testbed = Testbed::start().unwrap();
    let both = vec![endpoint("first", &testbed.tsa_url()), endpoint("second", &testbed.second_tsa_url())];
    let timestamper = HttpTimestamper::new(both, ports(&testbed)).unwrap();
    for fault in [Fault::WrongImprint, Fault::Status(500), Fault::Disconnect] {
        testbed.queue_fault(Endpoint::Tsa, fault);
        let stamped = timestamper.obtain(&imprint()).unwrap();
        assert_eq!(stamped.tsa, "second");
        let notice = stamped.notices.iter().find(|notice| notice.code == "tsa-failed-over").unwrap();
        assert_eq!(notice.values["tsa"], "first");
    }
    assert_eq!(timestamper.obtain(&imprint()).unwrap().tsa, "first");
}

#[test]
fn when_all_fail_each_is_named_with_what_it_did() {
    let testbed = Testbed::start().unwrap();
    testbed.queue_fault(Endpoint::Tsa, Fault::Status(503));
    testbed.queue_fault(Endpoint::SecondTsa, Fault::WrongNonce);
    let both = vec![endpoint("first", &testbed.tsa_url()), endpoint("second", &testbed.second_tsa_url())];
    let error = HttpTimestamper::new(both, ports(&testbed)).unwrap().stamp(&imprint()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Remote);
    assert!(error.message.contains("TSA first: HTTP status 503"), "{}", error.message);
    assert!(error.message.contains("TSA second: the token was refused"), "{}", error.message);
}

#[test]
fn notices_are_kept_for_the_caller_of_the_port() {
    let testbed = Testbed::start().unwrap();
    let timestamper =
        HttpTimestamper::new(vec![endpoint("first", &testbed.tsa_url())], ports(&testbed)).unwrap();
    let token = timestamper.stamp(&imprint()).unwrap();
    assert_eq!(Token::parse(&token).unwrap().info().imprint(), Some(imprint()));
    let codes: Vec<String> = timestamper.take_notices().into_iter().map(|notice| notice.code).collect();
    assert_eq!(codes, ["tsa-answered"]);
    assert!(timestamper.take_notices().is_empty());
}

#[test]
fn no_authority_is_an_error_of_usage() {
    let testbed = Testbed::start().unwrap();
    let error = HttpTimestamper::new(Vec::new(), ports(&testbed)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

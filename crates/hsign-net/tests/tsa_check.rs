//! Whether an authority is fit.

mod common;

use common::{endpoint, ports};
use hsign_net::{TsaEndpoint, check_tsa};
use hsign_testkit::{Endpoint, Fault, Testbed};

#[test]
fn a_fit_authority_is_described() {
    let testbed = Testbed::start().unwrap();
    let report = check_tsa(&endpoint("first", &testbed.tsa_url()), &ports(&testbed));
    assert!(report.fit, "{report:?}");
    let token = report.token.as_ref().unwrap();
    assert_eq!(token.encoding, "DER");
    assert_eq!(token.certificate_reference, Some("ESSCertIDv2"));
    assert!(token.clock_offset_seconds.abs() <= 2, "{token:?}");
    assert!(token.sha256.is_some() && token.not_after.is_some());
    assert!(report.digests.iter().all(|digest| digest.accepted), "{:?}", report.digests);
    assert!(report.round_trip_milliseconds.is_some());
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["name"], "first");
    assert_eq!(json["token"]["encoding"], "DER");
}

#[test]
fn oddities_are_told() {
    let testbed = Testbed::start().unwrap();
    let odd = [
        Fault::BerToken,
        Fault::FractionalSeconds("25".to_owned()),
        Fault::EssCertIdV1,
        Fault::GenTimeOffset(-60),
    ];
    testbed.queue_faults(Endpoint::Tsa, &odd);
    let report = check_tsa(&endpoint("first", &testbed.tsa_url()), &ports(&testbed));
    assert!(report.fit, "{report:?}");
    let token = report.token.unwrap();
    assert_eq!(token.encoding, "BER");
    assert!(token.fractional_seconds);
    assert_eq!(token.certificate_reference, Some("ESSCertID"));
    assert!((-62..=-58).contains(&token.clock_offset_seconds), "{}", token.clock_offset_seconds);
}

#[test]
fn an_unfit_one_says_why() {
    let testbed = Testbed::start().unwrap();
    testbed.always_fault(Endpoint::Tsa, &[Fault::WrongEku]);
    let report = check_tsa(&endpoint("first", &testbed.tsa_url()), &ports(&testbed));
    assert!(!report.fit);
    assert!(report.error.unwrap().contains("tsa-eku"));
}

#[test]
fn a_contradiction_in_the_configuration_is_reported_not_tried() {
    let testbed = Testbed::start().unwrap();
    let wrong = TsaEndpoint { url: "ftp://tsa.example/".to_owned(), ..endpoint("first", "") };
    let report = check_tsa(&wrong, &ports(&testbed));
    assert!(report.error.unwrap().contains("neither http:// nor https://"));
    assert!(testbed.take_requests().is_empty());
}

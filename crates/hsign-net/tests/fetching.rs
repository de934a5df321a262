//! CRLs, OCSP answers and CA certificates.

use std::time::Duration;

use hsign_core::ErrorKind;
use hsign_core::ports::PortError;
use hsign_core::ports::{Fetcher, Need};
use hsign_core::{Secret, SecretReference};
use hsign_net::{FetcherOptions, HttpFetcher, ProxyEndpoint};
use hsign_testkit::{Ca, CrlName, Endpoint, Fault, ListenerOptions, Testbed, Tls, Unit};
use hsign_x509::{Certificate, Crl, OcspResponse, ocsp_request};

fn options() -> FetcherOptions {
    FetcherOptions { retries: 0, ..FetcherOptions::default() }
}

fn crl(testbed: &Testbed) -> Need {
    let url = format!("{}/crl/{}", testbed.base_url(), CrlName::ALL[0].file_name());
    Need::Crl { url, certificate: [0; 32] }
}

#[test]
fn a_crl_is_fetched_once_per_run() {
    let testbed = Testbed::start().unwrap();
    let fetcher = HttpFetcher::new(options());
    let first = fetcher.fetch(&crl(&testbed)).unwrap();
    assert!(Crl::from_der(&first.bytes).is_ok());
    assert_eq!(fetcher.fetch(&crl(&testbed)).unwrap(), first);
    assert_eq!(testbed.take_requests().len(), 1);
}

#[test]
fn a_ca_certificate_is_fetched() {
    let testbed = Testbed::start().unwrap();
    let authority = testbed.pki().authority(Ca::ALL[0]);
    let url = format!("{}/ca/{}.cer", testbed.base_url(), Ca::ALL[0].name());
    let need = Need::CaCertificate { url, certificate: [0; 32] };
    assert_eq!(HttpFetcher::new(options()).fetch(&need).unwrap().bytes, authority.certificate_der());
}

#[test]
fn ocsp_is_asked_by_post() {
    let testbed = Testbed::start().unwrap();
    let server = testbed.unit(Unit::TlsServer);
    let own = Certificate::from_der(server.certificate_der()).unwrap();
    let issuer = Certificate::from_der(&server.chain_der()[0]).unwrap();
    let need = Need::Ocsp {
        url: format!("{}/ocsp/commercial", testbed.base_url()),
        request: ocsp_request(&own, &issuer, None).unwrap(),
        certificate: own.sha256(),
    };
    let answer = HttpFetcher::new(options()).fetch(&need).unwrap();
    assert!(OcspResponse::from_der(&answer.bytes).is_ok());
    let requests = testbed.take_requests();
    assert_eq!(requests[0].request.method, "POST");
    assert_eq!(requests[0].request.header("content-type"), Some("application/ocsp-request"));
}

#[test]
fn a_failing_server_is_told_apart() {
    let testbed = Testbed::start().unwrap();
    for (fault, word) in [
        (Fault::Status(404), "HTTP status 404"),
        (Fault::TruncatedBody, "cut off"),
        (Fault::OversizedBody(2_000_000), "larger than 1000000 bytes"),
        (Fault::Garbage, "something else than a CRL"),
        (Fault::Redirect("file:///etc/passwd".to_owned()), "redirected to file:///etc/passwd"),
    ] {
        testbed.queue_fault(Endpoint::Crl, fault.clone());
        let fetcher = HttpFetcher::new(FetcherOptions { max_crl_bytes: 1_000_000, ..options() });
        let error = fetcher.fetch(&crl(&testbed)).unwrap_err();
        assert!(error.message.contains(word), "{fault:?}: {}", error.message);
        assert_eq!(error.kind, ErrorKind::Remote);
    }
}

#[test]
fn a_slow_server_is_given_up_when_its_time_is_over() {
    let testbed = Testbed::start().unwrap();
    testbed.queue_fault(Endpoint::Crl, Fault::Latency(Duration::from_secs(4)));
    let hasty = HttpFetcher::new(FetcherOptions { timeout_seconds: 1, ..options() });
    let error = hasty.fetch(&crl(&testbed)).unwrap_err();
    assert!(error.message.contains("no complete answer within 1000 ms"), "{}", error.message);
    assert_eq!(error.kind, ErrorKind::Remote);
}

#[test]
fn redirects_are_followed_a_few_times() {
    let testbed = Testbed::start().unwrap();
    let Need::Crl { url, .. } = crl(&testbed) else { unreachable!() };
    for _ in 0..3 {
        testbed.queue_fault(Endpoint::Crl, Fault::Redirect(url.clone()));
    }
    assert!(HttpFetcher::new(options()).fetch(&crl(&testbed)).is_ok());
    testbed.always_fault(Endpoint::Crl, &[Fault::Redirect(url)]);
    let error = HttpFetcher::new(options()).fetch(&crl(&testbed)).unwrap_err();
    assert!(error.message.contains("in a row"), "{}", error.message);
}

#[test]
fn private_addresses_can_be_forbidden() {
    let testbed = Testbed::start().unwrap();
    let fetcher = HttpFetcher::new(FetcherOptions { forbid_private_addresses: true, ..options() });
    let error = fetcher.fetch(&crl(&testbed)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("127.0.0.1 is not a public address"), "{}", error.message);
    assert!(testbed.take_requests().is_empty());
}

#[test]
fn ldap_is_refused_with_a_way_out() {
    let need = Need::Crl { url: "ldap://ldap.example/cn=CRL".to_owned(), certificate: [0; 32] };
    let error = HttpFetcher::new(options()).fetch(&need).unwrap_err();
    assert_eq!(error.findings[0].code, "ldap-not-spoken");
}

#[test]
fn a_kept_answer_serves_the_next_run() {
    let testbed = Testbed::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keeping = FetcherOptions { cache_dir: Some(folder.path().to_owned()), ..options() };
    let first = HttpFetcher::new(keeping.clone()).fetch(&crl(&testbed)).unwrap();
    testbed.stop_serving();
    let note = std::fs::read_dir(folder.path().join("requests")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&note).unwrap();
    let mut lines: Vec<&str> = text.split('\n').collect();
    let earlier = (lines[2].parse::<i64>().unwrap() - 600).to_string();
    lines[2] = &earlier;
    std::fs::write(&note, lines.join("\n")).unwrap();
    let kept = HttpFetcher::new(keeping).fetch(&crl(&testbed)).unwrap();
    assert_eq!(kept.bytes, first.bytes);
    assert_eq!(
        kept.at.unwrap().unix_seconds().to_string(),
        earlier,
        "when it came, not when it was asked for again"
    );
    assert!(HttpFetcher::new(options()).fetch(&crl(&testbed)).is_err());
}

#[test]
fn when_the_server_fails_a_kept_answer_before_its_next_update_will_do() {
    let testbed = Testbed::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keeping =
        FetcherOptions { cache_dir: Some(folder.path().to_owned()), cache_max_age_seconds: 0, ..options() };
    let first = HttpFetcher::new(keeping.clone()).fetch(&crl(&testbed)).unwrap();
    testbed.stop_serving();
    let later = HttpFetcher::new(keeping.clone());
    assert_eq!(later.fetch(&crl(&testbed)).unwrap().bytes, first.bytes);
    let remarks = later.remarks();
    assert_eq!(remarks[0].code, "kept-answer-used");
    assert!(remarks[0].values.contains_key("valid_until"));
    for answer in std::fs::read_dir(folder.path().join("answers")).unwrap() {
        std::fs::write(answer.unwrap().path(), b"anything").unwrap();
    }
    let damaged = HttpFetcher::new(keeping);
    assert!(damaged.fetch(&crl(&testbed)).is_err());
    assert_eq!(damaged.remarks()[0].code, "cache-entry-damaged");
}

fn secret(_: &SecretReference) -> Result<Secret, PortError> {
    Ok(Secret::new(b"open sesame".to_vec()))
}

#[test]
fn through_a_proxy() {
    let testbed = Testbed::start().unwrap();
    let url = testbed.listen(ListenerOptions::http().proxy_basic("clinic", "open sesame")).unwrap();
    let password = Some("env:PROXY".parse().unwrap());
    let proxy = ProxyEndpoint { url, user: Some("clinic".to_owned()), password };
    let fetcher = HttpFetcher::new(options()).through(&proxy, &secret).unwrap();
    assert!(fetcher.fetch(&crl(&testbed)).is_ok());
    let forbidding = FetcherOptions { forbid_private_addresses: true, ..options() };
    let fetcher = HttpFetcher::new(forbidding).through(&proxy, &secret).unwrap();
    assert_eq!(fetcher.fetch(&crl(&testbed)).unwrap_err().kind, ErrorKind::Refused);
}

#[test]
fn over_https_of_a_private_ca() {
    let testbed = Testbed::start().unwrap();
    let base = testbed.listen(ListenerOptions::https(Tls::V1_3)).unwrap();
    let url = format!("{base}/crl/{}", CrlName::ALL[0].file_name());
    let need = Need::Crl { url, certificate: [0; 32] };
    let refused = HttpFetcher::new(options()).fetch(&need).unwrap_err();
    assert!(refused.message.contains("certificate is not accepted"), "{}", refused.message);
    let trusting = HttpFetcher::new(options()).trusting(&testbed.tls_root_path()).unwrap();
    assert!(trusting.fetch(&need).is_ok());
}

//! Remote signing over HTTP, against the testkit's services.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use hsign_core::ports::{
    ElementRequest, RemoteKey, RemoteSigning, SignatureShape, SignatureValidity, SignatureVerifier as _,
};
use hsign_core::{Digest, DigestAlgorithm, ErrorKind, Secret, SignatureAlgorithm};
use hsign_crypto::OpensslVerifier;
use hsign_net::{Access, Gives, Login, Protocol, RemoteEndpoint, remote_service};
use hsign_testkit::{
    Endpoint, Fault, ListenerOptions, Person, REMOTE_CLIENT, REMOTE_PIN, REMOTE_TOKEN, RemoteMode, Testbed,
    Tls,
};
use hsign_x509::Certificate;

const RSA: SignatureAlgorithm = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);

fn endpoint(testbed: &Testbed) -> RemoteEndpoint {
    RemoteEndpoint {
        name: "clinic".to_owned(),
        protocol: Protocol::Csc,
        url: testbed.csc_url(),
        key: Some(Person::Doctor.name().to_owned()),
        gives: Gives::Value,
        login: Some(Login::Token { token: "env:TOKEN".parse().unwrap() }),
        access: Access::default(),
    }
}

fn open(endpoint: RemoteEndpoint) -> Box<dyn RemoteSigning> {
    remote_service(endpoint, common::ports_with_secret(REMOTE_TOKEN), Box::new(visit)).unwrap()
}

/// The person in front of the browser: opens the address and follows where it is sent.
fn visit(address: &str) {
    let address = address.to_owned();
    std::thread::spawn(move || {
        let answer = get(&address);
        let place = answer.lines().find_map(|line| line.strip_prefix("Location: ")).map(str::to_owned);
        if let Some(place) = place {
            get(&place);
        }
    });
}

fn get(address: &str) -> String {
    let rest = address.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn pin(text: &str) -> Vec<(String, Secret)> {
    vec![("PIN".to_owned(), Secret::from(text))]
}

fn digest(message: &[u8]) -> Digest {
    hsign_crypto::digest(DigestAlgorithm::Sha256, message).unwrap()
}

fn fits(key: &RemoteKey, algorithm: &SignatureAlgorithm, message: &[u8], value: &[u8]) -> bool {
    let certificate = Certificate::from_der(&key.certificates[0]).unwrap();
    let info = certificate.public_key_info();
    OpensslVerifier::new().verify(algorithm, info, message, value) == SignatureValidity::Valid
}

#[test]
fn a_key_is_described_and_signs_a_digest() {
    let testbed = Testbed::start().unwrap();
    let service = open(endpoint(&testbed));
    let keys = service.keys().unwrap();
    let [key] = &keys[..] else { panic!("{keys:?}") };
    assert_eq!(key.certificates[0], testbed.person(Person::Doctor).certificate_der());
    assert_eq!(key.demands[0].label, "PIN");
    assert!(key.algorithms.contains(&RSA) && key.disabled.is_none());
    let value = service.sign_digest(key, &RSA, &digest(b"letter"), &pin(REMOTE_PIN)).unwrap();
    assert!(fits(key, &RSA, b"letter", &value));
    assert!(!fits(key, &RSA, b"other letter", &value));
}

#[test]
fn all_keys_are_listed_where_none_is_named() {
    let testbed = Testbed::start().unwrap();
    let service = open(RemoteEndpoint { key: None, ..endpoint(&testbed) });
    let names: Vec<_> = service.keys().unwrap().into_iter().map(|key| key.id).collect();
    assert_eq!(names, ["doctor", "pharmacist", "doctor-p256", "nurse"]);
}

#[test]
fn an_elliptic_key_signs_too() {
    let testbed = Testbed::start().unwrap();
    let service = open(RemoteEndpoint { key: Some("doctor-p256".to_owned()), ..endpoint(&testbed) });
    let key = service.keys().unwrap().remove(0);
    let algorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256);
    let value = service.sign_digest(&key, &algorithm, &digest(b"letter"), &pin(REMOTE_PIN)).unwrap();
    assert!(fits(&key, &algorithm, b"letter", &value));
}

#[test]
fn a_wrong_pin_is_sent_once_and_three_lock_the_key() {
    let testbed = Testbed::start().unwrap();
    let service = open(endpoint(&testbed));
    let key = service.keys().unwrap().remove(0);
    for _ in 0..3 {
        testbed.take_requests();
        let error = service.sign_digest(&key, &RSA, &digest(b"x"), &pin("000000")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Credential);
        assert_eq!(error.first_finding().values["error"], "invalid_pin");
        assert_eq!(testbed.take_requests().len(), 1);
    }
    assert_eq!(service.keys().unwrap()[0].disabled.as_deref(), Some("disabled"));
    assert!(service.sign_digest(&key, &RSA, &digest(b"x"), &pin(REMOTE_PIN)).is_err());
}

#[test]
fn no_secret_stands_in_an_error() {
    let testbed = Testbed::start().unwrap();
    let service = open(endpoint(&testbed));
    let key = service.keys().unwrap().remove(0);
    let error = service.sign_digest(&key, &RSA, &digest(b"x"), &pin("hunter2")).unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn a_service_may_ask_for_no_pin() {
    let testbed = Testbed::start().unwrap();
    testbed.set_remote_mode(RemoteMode::Implicit);
    let service = open(endpoint(&testbed));
    let key = service.keys().unwrap().remove(0);
    assert!(key.demands.is_empty());
    let value = service.sign_digest(&key, &RSA, &digest(b"x"), &[]).unwrap();
    assert!(fits(&key, &RSA, b"x", &value));
}

fn client(testbed: &Testbed) -> Login {
    Login::Client {
        token_url: testbed.login_urls().1,
        client_id: REMOTE_CLIENT.0.to_owned(),
        client_secret: "env:SECRET".parse().unwrap(),
        scope: None,
    }
}

fn browser(testbed: &Testbed, issuer: &str) -> Login {
    let (authorize_url, token_url) = testbed.login_urls();
    Login::Browser {
        authorize_url,
        token_url,
        client_id: REMOTE_CLIENT.0.to_owned(),
        scope: "openid service".to_owned(),
        issuer: Some(issuer.to_owned()),
        redirect_port: 0,
        patience_seconds: 5,
    }
}

#[test]
fn rfc_6749_4_4_client_credentials_open_the_service_once() {
    let testbed = Testbed::start().unwrap();
    let login = Some(client(&testbed));
    let endpoint = RemoteEndpoint { login, ..endpoint(&testbed) };
    let ports = common::ports_with_secret(REMOTE_CLIENT.1);
    let service = remote_service(endpoint, ports, Box::new(visit)).unwrap();
    service.keys().unwrap();
    service.keys().unwrap();
    let asked = testbed.take_requests().iter().filter(|r| r.request.path() == "/login/token").count();
    assert_eq!(asked, 1);
}

#[test]
fn a_wrong_client_secret_is_refused() {
    let testbed = Testbed::start().unwrap();
    let login = Some(client(&testbed));
    let endpoint = RemoteEndpoint { login, ..endpoint(&testbed) };
    let service = remote_service(endpoint, common::ports_with_secret("no"), Box::new(visit)).unwrap();
    assert_eq!(service.keys().unwrap_err().kind, ErrorKind::Credential);
}

#[test]
fn rfc_7636_a_person_logs_in_with_a_browser() {
    let testbed = Testbed::start().unwrap();
    let login = Some(browser(&testbed, testbed.base_url()));
    let service = open(RemoteEndpoint { login, ..endpoint(&testbed) });
    let key = service.keys().unwrap().remove(0);
    let value = service.sign_digest(&key, &RSA, &digest(b"x"), &pin(REMOTE_PIN)).unwrap();
    assert!(fits(&key, &RSA, b"x", &value));
}

#[test]
fn openid_connect_3_1_3_7_an_id_token_of_another_issuer_is_refused() {
    let testbed = Testbed::start().unwrap();
    let login = Some(browser(&testbed, "https://other.example"));
    let service = open(RemoteEndpoint { login, ..endpoint(&testbed) });
    let error = service.keys().unwrap_err();
    assert!(error.message.contains("iss"), "{}", error.message);
}

#[test]
fn nobody_at_the_browser_is_told() {
    let testbed = Testbed::start().unwrap();
    let Login::Browser { authorize_url, token_url, client_id, scope, issuer, .. } = browser(&testbed, "x")
    else {
        panic!()
    };
    let login = Login::Browser {
        authorize_url,
        token_url,
        client_id,
        scope,
        issuer,
        redirect_port: 0,
        patience_seconds: 1,
    };
    let endpoint = RemoteEndpoint { login: Some(login), ..endpoint(&testbed) };
    let ports = common::ports_with_secret("");
    let service = remote_service(endpoint, ports, Box::new(|_: &str| {})).unwrap();
    assert_eq!(service.keys().unwrap_err().first_finding().code, "login-timeout");
}

#[test]
fn a_login_may_authorise_each_signature() {
    let testbed = Testbed::start().unwrap();
    testbed.set_remote_mode(RemoteMode::OauthCode);
    let login = Some(browser(&testbed, testbed.base_url()));
    let service = open(RemoteEndpoint { login, ..endpoint(&testbed) });
    let key = service.keys().unwrap().remove(0);
    let value = service.sign_digest(&key, &RSA, &digest(b"x"), &[]).unwrap();
    assert!(fits(&key, &RSA, b"x", &value));
}

#[test]
fn a_whole_cms_comes_for_a_digest() {
    let testbed = Testbed::start().unwrap();
    let service = open(RemoteEndpoint { gives: Gives::Cms, ..endpoint(&testbed) });
    assert_eq!(service.shape(), SignatureShape::Cms);
    let key = service.keys().unwrap().remove(0);
    let cms = service.sign_cms(&key, &RSA, &digest(b"letter"), &pin(REMOTE_PIN)).unwrap();
    let parsed = openssl::cms::CmsContentInfo::from_der(&cms);
    assert!(parsed.is_ok());
}

#[test]
fn a_whole_element_comes_for_a_reference() {
    let testbed = Testbed::start().unwrap();
    let service = open(RemoteEndpoint {
        protocol: Protocol::SignatureElement,
        url: testbed.element_service_url(),
        login: Some(browser(&testbed, testbed.base_url())),
        ..endpoint(&testbed)
    });
    assert_eq!(service.shape(), SignatureShape::Element);
    let key = service.keys().unwrap().remove(0);
    assert_eq!(key.certificates[0], testbed.person(Person::Doctor).certificate_der());
    let digest = digest(b"document");
    let request = ElementRequest { signature_id: "S", reference_uri: "#D", digest: &digest };
    let element = service.sign_element(&key, &request).unwrap();
    assert!(element.starts_with("<ds:Signature ") && element.contains("URI=\"#D\""));
    assert!(service.sign_digest(&key, &RSA, &digest, &[]).is_err());
}

#[test]
fn guideline_6_11_the_tls_rules_are_those_of_authorities() {
    let testbed = Testbed::start().unwrap();
    let demands = ListenerOptions::https(Tls::V1_2);
    let base = testbed.listen(demands).unwrap();
    let ca_file = Some(testbed.tls_root_path());
    let strict = RemoteEndpoint {
        url: format!("{base}/csc/v2"),
        access: Access { ca_file: ca_file.clone(), ..Access::default() },
        ..endpoint(&testbed)
    };
    assert_eq!(open(strict.clone()).keys().unwrap_err().first_finding().code, "tls-version");
    let access = Access { ca_file, allow_tls_1_2: true, ..Access::default() };
    assert!(open(RemoteEndpoint { access, ..strict }).keys().is_ok());
}

#[test]
fn what_goes_wrong_on_the_way_is_told_apart_and_not_repeated() {
    let testbed = Testbed::start().unwrap();
    for (fault, kind) in [
        (Fault::Status(503), ErrorKind::Remote),
        (Fault::Disconnect, ErrorKind::Remote),
        (Fault::Garbage, ErrorKind::Remote),
        (Fault::OversizedBody(1_000_000), ErrorKind::Remote),
        (Fault::Redirect("https://other.example/".to_owned()), ErrorKind::Remote),
    ] {
        let service = open(endpoint(&testbed));
        testbed.take_requests();
        testbed.queue_fault(Endpoint::Remote, fault.clone());
        assert_eq!(service.keys().unwrap_err().kind, kind, "{fault:?}");
        assert_eq!(testbed.take_requests().len(), 1, "{fault:?}");
    }
}

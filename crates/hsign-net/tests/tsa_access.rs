//! The ways in which authorities let their customers in.

mod common;

use common::{PASSWORD, endpoint, obtain};
use hsign_core::ErrorKind;
use hsign_core::SecretReference;
use hsign_net::{BasicCredentials, ClientCertificate, HeaderContent, ProxyEndpoint, TlsVersion, TsaEndpoint};
use hsign_testkit::{ListenerOptions, Testbed, Tls, Unit};

fn password() -> SecretReference {
    SecretReference::Environment("PASSWORD".to_owned())
}

fn tsa(base: &str) -> TsaEndpoint {
    endpoint("first", &format!("{base}/tsa"))
}

/// With the root that the testbed's HTTPS server hangs on.
fn secure(testbed: &Testbed, base: &str) -> TsaEndpoint {
    TsaEndpoint { ca_file: Some(testbed.tls_root_path()), ..tsa(base) }
}

#[test]
fn basic_authentication() {
    let testbed = Testbed::start().unwrap();
    let base = testbed.listen(ListenerOptions::http().basic("hospital", PASSWORD)).unwrap();
    let refused = obtain(&testbed, tsa(&base)).unwrap_err();
    assert!(refused.message.contains("HTTP status 401"), "{}", refused.message);
    assert!(refused.findings[0].code == "remote-not-allowed");
    let basic = Some(BasicCredentials { user: "hospital".to_owned(), password: password() });
    assert!(obtain(&testbed, TsaEndpoint { basic, ..tsa(&base) }).is_ok());
}

#[test]
fn a_missing_secret_is_the_user_s_matter() {
    let testbed = Testbed::start().unwrap();
    let nowhere = SecretReference::Environment("NOWHERE".to_owned());
    let basic = Some(BasicCredentials { user: "hospital".to_owned(), password: nowhere });
    let error = obtain(&testbed, TsaEndpoint { basic, ..tsa(testbed.base_url()) }).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Credential);
    assert!(error.message.contains("NOWHERE"), "{}", error.message);
}

#[test]
fn a_header_of_the_contract() {
    let testbed = Testbed::start().unwrap();
    let base = testbed.listen(ListenerOptions::http().header("X-Contract", PASSWORD)).unwrap();
    assert!(obtain(&testbed, tsa(&base)).is_err());
    let content = HeaderContent::Secret { secret: password() };
    let headers = [("X-Contract".to_owned(), content)].into();
    assert!(obtain(&testbed, TsaEndpoint { headers, ..tsa(&base) }).is_ok());
}

#[test]
fn a_tls_client_certificate() {
    let testbed = Testbed::start().unwrap();
    let base = testbed.listen(ListenerOptions::https(Tls::V1_3).client_certificate()).unwrap();
    // In TLS 1.3 the server refuses after the handshake: now and then the connection breaks under the request before
    // its alert is read.
    let refusals = || obtain(&testbed, secure(&testbed, &base)).unwrap_err();
    let told = (0..10).map(|_| refusals()).find(|refused| refused.message.contains("client certificate"));
    let refused = told.expect("a refusal with its reason");
    assert!(refused.findings[0].code == "tls-client-certificate");
    let client = testbed.unit(Unit::TlsClient);
    let client_certificate = Some(ClientCertificate {
        pkcs12: None,
        password: None,
        certificate: Some(client.chain_path()),
        key: Some(client.key_path()),
    });
    let stamped = obtain(&testbed, TsaEndpoint { client_certificate, ..secure(&testbed, &base) }).unwrap();
    assert_eq!(stamped.tls, Some(TlsVersion::Tls1_3));
}

#[test]
fn tls_1_2_needs_an_opt_in_and_is_reported() {
    let testbed = Testbed::start().unwrap();
    let base = testbed.listen(ListenerOptions::https(Tls::V1_2)).unwrap();
    let refused = obtain(&testbed, secure(&testbed, &base)).unwrap_err();
    assert!(refused.message.contains("does not speak TLS 1.3"), "{}", refused.message);
    assert!(refused.findings[0].code == "tls-version");
    let allowed = TsaEndpoint { allow_tls_1_2: true, ..secure(&testbed, &base) };
    let stamped = obtain(&testbed, allowed).unwrap();
    assert_eq!(stamped.tls, Some(TlsVersion::Tls1_2));
    assert!(stamped.notices.iter().any(|notice| notice.code == "tsa-tls-1-2"));
}

/// The suites of TLS 1.3 (RFC 8446 appendix B.4) all are authenticated encryption.
#[test]
fn tls_1_3_uses_a_suite_of_the_strong_kind() {
    let testbed = Testbed::start().unwrap();
    let base = testbed.listen(ListenerOptions::https(Tls::V1_3)).unwrap();
    obtain(&testbed, secure(&testbed, &base)).unwrap();
    let requests = testbed.take_requests();
    let tls = requests[0].tls.as_ref().unwrap();
    assert_eq!(tls.version, "TLSv1.3");
    assert!(
        ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"]
            .contains(&tls.cipher.as_str())
    );
}

#[test]
fn a_server_of_an_unknown_ca_is_refused() {
    let testbed = Testbed::start().unwrap();
    let base = testbed.listen(ListenerOptions::https(Tls::V1_3)).unwrap();
    let refused = obtain(&testbed, tsa(&base)).unwrap_err();
    assert!(refused.message.contains("certificate is not accepted"), "{}", refused.message);
    assert!(refused.findings[0].code == "tls-server-certificate");
}

#[test]
fn through_a_proxy_in_the_clear_and_through_its_tunnel() {
    let testbed = Testbed::start().unwrap();
    let proxy_base = testbed.listen(ListenerOptions::http().proxy_basic("clinic", PASSWORD)).unwrap();
    let proxy =
        ProxyEndpoint { url: proxy_base, user: Some("clinic".to_owned()), password: Some(password()) };
    let anonymous = ProxyEndpoint { user: None, password: None, ..proxy.clone() };
    let https = testbed.listen(ListenerOptions::https(Tls::V1_3)).unwrap();
    for target in [tsa(testbed.base_url()), secure(&testbed, &https)] {
        let refused = obtain(&testbed, TsaEndpoint { proxy: Some(anonymous.clone()), ..target.clone() });
        let refused = refused.unwrap_err().message;
        assert!(refused.contains("407") || refused.contains("proxy"), "{refused}");
        let stamped = obtain(&testbed, TsaEndpoint { proxy: Some(proxy.clone()), ..target });
        assert!(stamped.is_ok(), "{stamped:?}");
    }
}

#[test]
fn secrets_are_in_no_message() {
    let testbed = Testbed::start().unwrap();
    let base = testbed.listen(ListenerOptions::http().basic("hospital", "another")).unwrap();
    let basic = Some(BasicCredentials { user: "hospital".to_owned(), password: password() });
    let error = obtain(&testbed, TsaEndpoint { basic, ..tsa(&base) }).unwrap_err();
    assert!(!format!("{error:?}").contains(PASSWORD));
}

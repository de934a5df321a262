use std::net::TcpListener;
use std::thread;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

use super::server::read_request;
use super::{Channel, Failure, Settings, post, settings};
use crate::channel::{Identity, TlsVersion};
use hsign_core::Secret;

struct Holder {
    certificate: X509,
    key: PKey<Private>,
}

fn issue(name: &str, issuer: Option<&Holder>, days: u32) -> Holder {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&subject, |ca| ca.certificate.subject_name())).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_600_000_000).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(days).unwrap()).unwrap();
    if issuer.is_none() {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    } else {
        let context = builder.x509v3_context(None, None);
        let names = SubjectAlternativeName::new().dns(name).build(&context).unwrap();
        builder.append_extension(names).unwrap();
    }
    builder.sign(issuer.map_or(&key, |ca| &ca.key), MessageDigest::sha256()).unwrap();
    Holder { certificate: builder.build(), key }
}

struct Server {
    port: u16,
    authority: Holder,
}

/// Speaks up to `newest`; with `client` asks for a client certificate and insists on it.
fn serve(name: &str, newest: SslVersion, client: bool) -> Server {
    let authority = issue("Test CA", None, 10);
    let own = issue(name, Some(&authority), 10);
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_private_key(&own.key).unwrap();
    acceptor.set_certificate(&own.certificate).unwrap();
    acceptor.set_max_proto_version(Some(newest)).unwrap();
    if client {
        acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        acceptor.cert_store_mut().add_cert(authority.certificate.clone()).unwrap();
    }
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = acceptor.accept(stream.unwrap()) else { continue };
            while read_request(&mut stream).is_some() {
                use std::io::Write;
                if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_err() {
                    break;
                }
            }
        }
    });
    Server { port, authority }
}

impl Server {
    fn settings(&self) -> Settings {
        Settings { authorities: Some(self.authority.certificate.to_pem().unwrap()), ..settings() }
    }

    fn ask(&self, settings: Settings) -> Result<super::Answer, Failure> {
        post(&Channel::new(settings), &format!("https://localhost:{}/tsa", self.port))
    }

    fn client(&self) -> Holder {
        issue("client", Some(&self.authority), 10)
    }
}

#[test]
fn tls_1_3_is_spoken_and_told() {
    let server = serve("localhost", SslVersion::TLS1_3, false);
    assert_eq!(server.ask(server.settings()).unwrap().tls, Some(TlsVersion::Tls1_3));
}

#[test]
fn tls_1_2_is_refused_unless_allowed_and_then_told() {
    let server = serve("localhost", SslVersion::TLS1_2, false);
    assert_eq!(server.ask(server.settings()).unwrap_err(), Failure::TlsVersion);
    let allowed = Settings { allow_tls_1_2: true, ..server.settings() };
    assert_eq!(server.ask(allowed).unwrap().tls, Some(TlsVersion::Tls1_2));
}

#[test]
fn allowing_tls_1_2_still_prefers_1_3() {
    let server = serve("localhost", SslVersion::TLS1_3, false);
    let allowed = Settings { allow_tls_1_2: true, ..server.settings() };
    assert_eq!(server.ask(allowed).unwrap().tls, Some(TlsVersion::Tls1_3));
}

#[test]
fn a_server_of_another_ca_is_refused() {
    let server = serve("localhost", SslVersion::TLS1_3, false);
    for settings in [settings(), serve("localhost", SslVersion::TLS1_3, false).settings()] {
        let failure = server.ask(Settings { allow_tls_1_2: true, ..settings }).unwrap_err();
        assert!(matches!(failure, Failure::ServerCertificate(_)), "{failure:?}");
    }
}

#[test]
fn a_server_of_another_name_is_refused() {
    let server = serve("elsewhere.example", SslVersion::TLS1_3, false);
    let failure = server.ask(server.settings()).unwrap_err();
    assert_eq!(failure, Failure::ServerCertificate("hostname mismatch".to_owned()));
}

#[test]
fn a_client_certificate_is_shown_from_pem_and_from_pkcs12() {
    let server = serve("localhost", SslVersion::TLS1_3, true);
    let client = server.client();
    let pem = Identity::Pem {
        certificates: client.certificate.to_pem().unwrap(),
        key: Secret::new(client.key.private_key_to_pem_pkcs8().unwrap()),
    };
    let pkcs12 = Pkcs12::builder().pkey(&client.key).cert(&client.certificate).build2("pw").unwrap();
    let pkcs12 = Identity::Pkcs12 { bytes: pkcs12.to_der().unwrap(), password: Secret::new(b"pw".to_vec()) };
    for identity in [pem, pkcs12] {
        let answer = server.ask(Settings { identity: Some(identity), ..server.settings() }).unwrap();
        assert_eq!(answer.body, b"ok");
    }
}

/// RFC 8446 §4.4.2.4: the server's alert comes after our side of the handshake is over.
#[test]
fn a_missing_client_certificate_is_named_as_such() {
    let server = serve("localhost", SslVersion::TLS1_3, true);
    assert_eq!(server.ask(server.settings()).unwrap_err(), Failure::ClientCertificate);
}

#[test]
fn a_client_certificate_of_another_ca_is_named_as_such() {
    let server = serve("localhost", SslVersion::TLS1_3, true);
    let stranger = issue("client", Some(&issue("Other CA", None, 10)), 10);
    let identity = Identity::Pem {
        certificates: stranger.certificate.to_pem().unwrap(),
        key: Secret::new(stranger.key.private_key_to_pem_pkcs8().unwrap()),
    };
    let failure = server.ask(Settings { identity: Some(identity), ..server.settings() }).unwrap_err();
    assert_eq!(failure, Failure::ClientCertificate);
}

#[test]
fn a_wrong_password_of_the_client_certificate_is_a_matter_of_configuration() {
    let server = serve("localhost", SslVersion::TLS1_3, true);
    let client = server.client();
    let pkcs12 = Pkcs12::builder().pkey(&client.key).cert(&client.certificate).build2("pw").unwrap();
    let identity =
        Identity::Pkcs12 { bytes: pkcs12.to_der().unwrap(), password: Secret::new(b"hunter2".to_vec()) };
    let failure = server.ask(Settings { identity: Some(identity), ..server.settings() }).unwrap_err();
    assert!(failure.to_string().contains("client certificate"), "{failure}");
    assert!(!failure.to_string().contains("hunter2"));
}

#[test]
fn a_pinned_name_is_not_looked_up_and_still_checked() {
    let server = serve("tsa.invalid", SslVersion::TLS1_3, false);
    let pinned = |name: &str| Some((name.to_owned(), vec![([127, 0, 0, 1], server.port).into()]));
    let ask = |name: &str| {
        let channel = Channel::new(Settings { pinned: pinned(name), ..server.settings() });
        post(&channel, &format!("https://{name}:{}/", server.port))
    };
    assert_eq!(ask("tsa.invalid").unwrap().body, b"ok");
    assert!(matches!(ask("other.invalid"), Err(Failure::ServerCertificate(_))));
}

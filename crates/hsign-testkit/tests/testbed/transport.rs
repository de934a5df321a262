//! Faults of transport, demands of listeners, proxying, and the end of the server.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hsign_testkit::{Clock, Endpoint, Fault, ListenerOptions, Person, Testbed, Tls, Unit};
use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslStream, SslVersion};

use super::common::*;

const PLACE: &str = "/ca/tsa-root.cer";

fn testbed() -> Testbed {
    Testbed::start_at(Clock::fixed(NOW)).unwrap()
}

fn root(testbed: &Testbed) -> Vec<u8> {
    testbed.pki().authority(hsign_testkit::Ca::TsaRoot).certificate_der().to_vec()
}

fn faulty(fault: Fault) -> (Testbed, Option<Reply>) {
    let testbed = testbed();
    testbed.queue_fault(Endpoint::CaCertificate, fault);
    let reply = get(testbed.base_url(), PLACE);
    (testbed, reply)
}

#[test]
fn every_endpoint_answers() {
    let testbed = testbed();
    let reply = get(testbed.base_url(), PLACE).unwrap();
    assert_eq!((reply.status, reply.body), (200, root(&testbed)));
    assert_eq!(get(testbed.base_url(), "/nowhere").unwrap().status, 404);
    assert_eq!(get(testbed.base_url(), "/tsa").unwrap().status, 405);
    assert_eq!(stamp(testbed.base_url(), "/tsa/second", &Query::default().der()).unwrap().status, 200);
    let requests = testbed.take_requests();
    let endpoints: Vec<_> = requests.iter().map(|request| request.endpoint).collect();
    assert_eq!(
        endpoints,
        [Some(Endpoint::CaCertificate), None, Some(Endpoint::Tsa), Some(Endpoint::SecondTsa)]
    );
    assert_eq!(requests[3].request.body, Query::default().der());
    assert!(testbed.take_requests().is_empty());
}

#[test]
fn status_redirect_disconnect_garbage_and_content_type() {
    assert_eq!(faulty(Fault::Status(503)).1.unwrap().status, 503);
    let (_, reply) = faulty(Fault::Redirect("http://127.0.0.1:9/elsewhere".into()));
    assert!(reply.unwrap().head.contains("Location: http://127.0.0.1:9/elsewhere"));
    assert!(faulty(Fault::Disconnect).1.is_none());
    assert!(faulty(Fault::Garbage).1.unwrap().body.starts_with(b"<!DOCTYPE"));
    let (testbed, reply) = faulty(Fault::WrongContentType);
    let reply = reply.unwrap();
    assert!(reply.head.contains("Content-Type: text/html") && reply.body == root(&testbed));
}

#[test]
fn truncated_and_oversized_bodies() {
    let (testbed, reply) = faulty(Fault::TruncatedBody);
    let (whole, reply) = (root(&testbed), reply.unwrap());
    assert!(reply.head.contains(&format!("Content-Length: {}", whole.len())));
    assert_eq!(reply.body, whole[..whole.len() / 2]);
    let (testbed, reply) = faulty(Fault::OversizedBody(1 << 20));
    let body = reply.unwrap().body;
    assert!(body.len() == 1 << 20 && body.starts_with(&root(&testbed)));
}

#[test]
fn latency_and_slow_drip_take_their_time() {
    let begin = Instant::now();
    assert_eq!(faulty(Fault::Latency(Duration::from_millis(300))).1.unwrap().status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(300));
    let begin = Instant::now();
    let (testbed, reply) = faulty(Fault::SlowDrip(Duration::from_micros(500)));
    let whole = root(&testbed);
    assert_eq!(reply.unwrap().body, whole);
    assert!(begin.elapsed() >= Duration::from_micros(500) * whole.len() as u32);
}

#[test]
fn faults_come_in_order_and_then_those_for_always() {
    let testbed = testbed();
    testbed.always_fault(Endpoint::CaCertificate, &[Fault::Status(500)]);
    testbed.queue_fault(Endpoint::CaCertificate, Fault::Status(404));
    testbed.queue_faults(Endpoint::CaCertificate, &[]);
    let status = || get(testbed.base_url(), PLACE).unwrap().status;
    assert_eq!([status(), status(), status(), status()], [404, 200, 500, 500]);
    testbed.clear_faults();
    assert_eq!(status(), 200);
}

#[test]
fn a_connection_serves_several_requests() {
    let testbed = testbed();
    let mut stream = TcpStream::connect(address(testbed.base_url())).unwrap();
    stream.write_all(format!("GET {PLACE} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).unwrap();
    let reply = exchange(stream, &request("GET", PLACE, "", b"")).unwrap();
    assert!(contains(&reply.body, b"HTTP/1.1 200 OK"));
    assert_eq!(testbed.take_requests().len(), 2);
}

#[test]
fn basic_authentication_and_header_are_demanded() {
    let testbed = testbed();
    let url =
        testbed.listen(ListenerOptions::http().basic("user", "pass word").header("X-Licence", "42")).unwrap();
    let ask = |headers: &str| {
        exchange(TcpStream::connect(address(&url)).unwrap(), &request("GET", PLACE, headers, b""))
            .unwrap()
            .status
    };
    let credentials = "Authorization: Basic dXNlcjpwYXNzIHdvcmQ=\r\n";
    assert_eq!(ask(""), 401);
    assert_eq!(ask("Authorization: Basic d3Jvbmc6d3Jvbmc=\r\n"), 401);
    assert_eq!(ask(credentials), 403);
    assert_eq!(ask(&format!("{credentials}x-licence: 42\r\n")), 200);
}

fn connect(
    testbed: &Testbed,
    url: &str,
    client: bool,
    version: SslVersion,
) -> Result<SslStream<TcpStream>, String> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_ca_file(testbed.tls_root_path()).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    if client {
        let files = testbed.unit(Unit::TlsClient);
        builder.set_certificate_chain_file(files.chain_path()).unwrap();
        builder.set_private_key_file(files.key_path(), SslFiletype::PEM).unwrap();
    }
    let stream = TcpStream::connect(address(url)).unwrap();
    builder.build().connect("127.0.0.1", stream).map_err(|error| error.to_string())
}

#[test]
fn tls_1_3_and_1_2_listeners() {
    let testbed = testbed_of_today();
    let modern = testbed.listen(ListenerOptions::https(Tls::V1_3)).unwrap();
    let old = testbed.listen(ListenerOptions::https(Tls::V1_2)).unwrap();
    assert!(modern.starts_with("https://127.0.0.1:"));
    let stream = connect(&testbed, &modern, false, SslVersion::TLS1_3).unwrap();
    assert_eq!(exchange(stream, &request("GET", PLACE, "", b"")).unwrap().status, 200);
    assert!(connect(&testbed, &modern, false, SslVersion::TLS1_2).is_err());
    let stream = connect(&testbed, &old, false, SslVersion::TLS1_3).unwrap();
    assert_eq!(exchange(stream, &request("GET", PLACE, "", b"")).unwrap().status, 200);
    let versions: Vec<_> =
        testbed.take_requests().into_iter().map(|request| request.tls.unwrap().version).collect();
    assert_eq!(versions, ["TLSv1.3", "TLSv1.2"]);
}

#[test]
fn a_client_certificate_is_demanded() {
    let testbed = testbed_of_today();
    let url = testbed.listen(ListenerOptions::https(Tls::V1_3).client_certificate()).unwrap();
    let stream = connect(&testbed, &url, true, SslVersion::TLS1_3).unwrap();
    assert_eq!(exchange(stream, &request("GET", PLACE, "", b"")).unwrap().status, 200);
    let tls = testbed.take_requests().remove(0).tls.unwrap();
    assert_eq!(tls.client_certificate.unwrap(), testbed.unit(Unit::TlsClient).certificate_der());
    // TLS 1.3 tells the client only when it reads.
    let refused = match connect(&testbed, &url, false, SslVersion::TLS1_3) {
        Ok(stream) => exchange(stream, &request("GET", PLACE, "", b"")).is_none(),
        Err(_) => true,
    };
    assert!(refused && testbed.take_requests().is_empty());
}

/// TLS looks at the system's clock.
fn testbed_of_today() -> Testbed {
    Testbed::start().unwrap()
}

#[test]
fn a_proxy_takes_whole_urls_and_tunnels_to_this_machine_only() {
    let testbed = testbed_of_today();
    let proxy = testbed.listen(ListenerOptions::http().proxy_basic("u", "p")).unwrap();
    let secure = testbed.listen(ListenerOptions::https(Tls::V1_3)).unwrap();
    let ask = |method: &str, target: &str, headers: &str| {
        exchange(TcpStream::connect(address(&proxy)).unwrap(), &request(method, target, headers, b""))
            .unwrap()
    };
    let credentials = "Proxy-Authorization: Basic dTpw\r\n";
    let target = format!("{}{PLACE}", testbed.base_url());
    assert_eq!(ask("GET", &target, "").status, 407);
    assert_eq!(ask("GET", &target, credentials).body, root(&testbed));
    assert!(testbed.take_requests()[1].request.is_proxied());
    assert_eq!(ask("CONNECT", "192.0.2.1:443", credentials).status, 502);

    let mut stream = TcpStream::connect(address(&proxy)).unwrap();
    let place = address(&secure);
    stream.write_all(format!("CONNECT {place} HTTP/1.1\r\n{credentials}\r\n").as_bytes()).unwrap();
    let mut answer = [0; 39];
    std::io::Read::read_exact(&mut stream, &mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 Connection established\r\n\r\n");
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_ca_file(testbed.tls_root_path()).unwrap();
    let stream = builder.build().connect("127.0.0.1", stream).unwrap();
    assert_eq!(exchange(stream, &request("GET", PLACE, "", b"")).unwrap().body, root(&testbed));
}

#[test]
fn nobody_answers_after_the_end() {
    let testbed = testbed();
    let url = testbed.base_url().to_owned();
    testbed.stop_serving();
    assert!(TcpStream::connect(address(&url)).is_err());
    assert!(testbed.person(Person::Doctor).pkcs12_path().exists());
    let folder = testbed.folder().to_owned();
    drop(testbed);
    assert!(!folder.exists());
}

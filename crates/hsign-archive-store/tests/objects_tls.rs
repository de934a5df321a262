//! Object stores over TLS: the rules of all other connections hold.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hsign_archive_store::{Error, ObjectStore, ObjectStoreSettings, Put, Store};
use hsign_core::ErrorKind;
use hsign_testkit::{Ca, Pki, Unit};
use hsign_testkit_s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use openssl::ssl::{SslAcceptor, SslMethod, SslVersion};
use openssl::x509::X509;

/// A TLS server of one version in front of another server; what it forwards it forwards unread.
fn in_front_of(server: &S3Server, pki: &Pki, version: SslVersion) -> String {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    let unit = pki.unit(Unit::TlsServer);
    builder.set_private_key(unit.private_key()).unwrap();
    builder.set_certificate(&X509::from_der(unit.certificate_der()).unwrap()).unwrap();
    for issuer in unit.chain_der() {
        builder.add_extra_chain_cert(X509::from_der(issuer).unwrap()).unwrap();
    }
    let acceptor = Arc::new(builder.build());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let behind = server.endpoint().trim_start_matches("http://").to_owned();
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let (acceptor, behind) = (Arc::clone(&acceptor), behind.clone());
            thread::spawn(move || forward(&acceptor, socket, &behind));
        }
    });
    address
}

/// One request, one answer: the connection ends with it.
fn forward(acceptor: &SslAcceptor, socket: TcpStream, behind: &str) {
    use std::io::{Read, Write};
    let Ok(mut outside) = acceptor.accept(socket) else { return };
    let Ok(mut inside) = TcpStream::connect(behind) else { return };
    outside.get_ref().set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    inside.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut part = [0; 16_384];
    let waiting =
        |error: &io::Error| matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
    loop {
        match outside.read(&mut part) {
            Ok(0) => return,
            Ok(read) => inside.write_all(&part[..read]).unwrap(),
            Err(error) if waiting(&error) => {}
            Err(_) => return,
        }
        match inside.read(&mut part) {
            Ok(0) => return,
            Ok(read) => outside.write_all(&part[..read]).unwrap(),
            Err(error) if waiting(&error) => {}
            Err(_) => return,
        }
    }
}

struct Room {
    server: S3Server,
    pki: Pki,
}

impl Room {
    fn new() -> Self {
        // TLS looks at the certificates by the system's clock.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let pki = Pki::new("http://127.0.0.1:9", i64::try_from(now).unwrap()).unwrap();
        Self { server: S3Server::start().unwrap(), pki }
    }

    fn settings(&self, version: SslVersion) -> ObjectStoreSettings {
        let root = self.pki.authority(Ca::CommercialRoot).certificate_der();
        ObjectStoreSettings {
            endpoint: Some(in_front_of(&self.server, &self.pki, version)),
            authorities: Some(X509::from_der(root).unwrap().to_pem().unwrap()),
            silence: Duration::from_secs(5),
            retries: 0,
            ..ObjectStoreSettings::new("s3://archive", ACCESS_KEY.into(), SECRET_KEY.into())
        }
    }
}

fn refused(settings: &ObjectStoreSettings) {
    let error = ObjectStore::create(settings).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Remote, "{error}");
}

#[test]
fn tls_1_3_under_the_authorities_that_are_named() {
    let room = Room::new();
    let settings = room.settings(SslVersion::TLS1_3);
    let store = ObjectStore::create(&settings).unwrap();
    assert_eq!(store.put_new("trail/0000000001.jsonl", b"x").unwrap(), Put::Created);
    refused(&ObjectStoreSettings { authorities: None, ..settings.clone() });
    let other = room.pki.authority(Ca::TsaRoot).certificate_der();
    let other = X509::from_der(other).unwrap().to_pem().unwrap();
    refused(&ObjectStoreSettings { authorities: Some(other), ..settings.clone() });
    let nothing = ObjectStoreSettings { authorities: Some(b"no certificate".to_vec()), ..settings };
    assert!(matches!(ObjectStore::create(&nothing), Err(Error::Settings(_))));
}

#[test]
fn tls_1_2_only_where_it_is_permitted() {
    let room = Room::new();
    let settings = room.settings(SslVersion::TLS1_2);
    refused(&settings);
    ObjectStore::create(&ObjectStoreSettings { allow_tls_1_2: true, ..settings }).unwrap();
}

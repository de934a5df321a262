//! The server's side of TLS.

use openssl::ssl::{SslAcceptor, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;

use super::demands::{ListenerOptions, Tls};
use crate::Error;
use crate::pki::{Ca, Pki, Unit};

/// The acceptor for these options; `None` for plain HTTP.
pub(crate) fn acceptor(pki: &Pki, options: &ListenerOptions) -> Result<Option<SslAcceptor>, Error> {
    let Some(tls) = options.tls else { return Ok(None) };
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    let version = match tls {
        Tls::V1_3 => SslVersion::TLS1_3,
        Tls::V1_2 => SslVersion::TLS1_2,
    };
    builder.set_min_proto_version(Some(version))?;
    builder.set_max_proto_version(Some(version))?;
    let server = pki.unit(Unit::TlsServer);
    builder.set_private_key(server.private_key())?;
    builder.set_certificate(&*X509::from_der(server.certificate_der())?)?;
    if let Some(issuer) = server.chain_der().first() {
        builder.add_extra_chain_cert(X509::from_der(issuer)?)?;
    }
    if options.client_certificate {
        let mut store = X509StoreBuilder::new()?;
        for ca in [Ca::CommercialRoot, Ca::Commercial] {
            let certificate = X509::from_der(pki.authority(ca).certificate_der())?;
            builder.add_client_ca(&certificate)?;
            store.add_cert(certificate)?;
        }
        builder.set_verify_cert_store(store.build())?;
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        builder.set_session_id_context(b"hsign-testkit")?;
    }
    Ok(Some(builder.build()))
}

//! Whether an authority is fit: `hsign tsa check`.

use hsign_core::facts::{CertificateReference, SignerIdentifier};
use hsign_core::ports::PortError;
use hsign_core::{Digest, DigestAlgorithm, Finding, Time};
use hsign_x509::Certificate;
use serde::Serialize;

use crate::Error;
use crate::channel::TlsVersion;
use crate::endpoint::TsaEndpoint;
use crate::exchange::{Ports, Reply, stamp};

/// What a probe of one authority showed.
#[derive(Clone, Debug, Serialize)]
pub struct TsaReport {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Whether it gave a token that passed every check.
    pub fit: bool,
    /// What went wrong, if it did.
    pub error: Option<String>,
    /// What the user believes its accreditation to be.
    pub accreditation: Option<String>,
    /// About the token, where there is one.
    pub token: Option<TokenReport>,
    /// For each digest algorithm, whether a stamp over it is given.
    pub digests: Vec<DigestReport>,
    /// The TLS version; absent over `http://`.
    pub tls: Option<TlsVersion>,
    /// Milliseconds of the second request, with the connection already there.
    pub round_trip_milliseconds: Option<f64>,
    /// What was noticed and does no harm.
    pub findings: Vec<Finding>,
}

/// What the probe's token shows.
#[derive(Clone, Debug, Serialize)]
pub struct TokenReport {
    /// `DER`, or `BER` where the token uses forms DER doesn't have.
    pub encoding: &'static str,
    /// The policy it was made under.
    pub policy: String,
    /// Its time.
    pub gen_time: Time,
    /// Whether the time has a fraction of a second.
    pub fractional_seconds: bool,
    /// Its accuracy in microseconds, where stated.
    pub accuracy_microseconds: Option<u64>,
    /// Seconds by which its time is ahead of our clock (behind if negative), measured at the arrival.
    pub clock_offset_seconds: i64,
    /// `ESSCertID` (RFC 2634, SHA-1) or `ESSCertIDv2` (RFC 5816).
    pub certificate_reference: Option<&'static str>,
    /// How the token is signed.
    pub signature_algorithm: String,
    /// Subject of the authority's certificate.
    pub subject: Option<String>,
    /// SHA-256 of the authority's certificate, for a pin.
    pub sha256: Option<String>,
    /// The end of its certificate: the day by which its stamps need renewing.
    pub not_after: Option<Time>,
    /// Number of certificates in the token.
    pub certificates: usize,
    /// Whether the issuer of its certificate travels along.
    pub issuer_included: bool,
}

/// One digest algorithm tried.
#[derive(Clone, Debug, Serialize)]
pub struct DigestReport {
    /// The algorithm.
    pub algorithm: DigestAlgorithm,
    /// Whether a usable token came.
    pub accepted: bool,
    /// What was said otherwise.
    pub error: Option<String>,
}

/// Asks one authority for stamps over random imprints. No retries: a check shows what happens.
#[must_use]
pub fn check_tsa(endpoint: &TsaEndpoint, ports: &Ports) -> TsaReport {
    let mut report = TsaReport {
        name: endpoint.name.clone(),
        url: endpoint.url.clone(),
        fit: false,
        error: None,
        accreditation: endpoint.accreditation.clone(),
        token: None,
        digests: Vec::new(),
        tls: None,
        round_trip_milliseconds: None,
        findings: Vec::new(),
    };
    if let Err(error) = probe(endpoint, ports, &mut report) {
        report.findings.push(error.finding());
        report.findings.extend(error.causes().iter().cloned());
        report.error = Some(error.to_string());
    }
    report.fit = report.error.is_none();
    report
}

fn probe(endpoint: &TsaEndpoint, ports: &Ports, report: &mut TsaReport) -> Result<(), Error> {
    let connection = endpoint.open(ports.secrets.as_ref())?;
    let ask = |algorithm| stamp(endpoint, &connection, ports, &random_imprint(algorithm, ports)?);
    let reply = ask(endpoint.digest)?;
    report.tls = reply.tls;
    if reply.tls == Some(TlsVersion::Tls1_2) {
        report.findings.push(Finding::warning("tsa-tls-1-2").with("tsa", &endpoint.name));
    }
    report.token = Some(token_report(&reply, (ports.now)()));
    report.findings.extend(reply.notices);
    for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
        let tried = ask(algorithm);
        if let (true, Ok(reply)) = (algorithm == endpoint.digest, &tried) {
            report.round_trip_milliseconds = Some(reply.round_trip.as_secs_f64() * 1000.0);
        }
        report.digests.push(DigestReport {
            algorithm,
            accepted: tried.is_ok(),
            error: tried.err().map(|error| error.to_string()),
        });
    }
    Ok(())
}

fn random_imprint(algorithm: DigestAlgorithm, ports: &Ports) -> Result<Digest, PortError> {
    let mut value = vec![0; algorithm.length()];
    ports.randomness.fill(&mut value)?;
    Ok(Digest::new(algorithm, value))
}

fn token_report(reply: &Reply, now: Time) -> TokenReport {
    let token = &reply.token;
    let info = token.info();
    let signer = token.signed_data().signers().first();
    let certificates: Vec<Certificate> =
        token.signed_data().certificates().iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    let own = signer.and_then(|signer| certificates.iter().find(|other| is_named(signer.signer(), other)));
    let issued_by = |other: &Certificate, own: &Certificate| {
        other.der() != own.der() && other.subject().matches(own.issuer())
    };
    TokenReport {
        encoding: encoding(token.bytes()),
        policy: info.policy.clone(),
        gen_time: info.gen_time.0,
        fractional_seconds: info.gen_time.0.subsecond_nanoseconds() != 0,
        accuracy_microseconds: info.accuracy_microseconds,
        clock_offset_seconds: info.gen_time.0.seconds_since(now),
        certificate_reference: signer.and_then(|signer| reference(&signer.certificate_references())),
        signature_algorithm: signer
            .map(|signer| signer.signature_algorithm().to_string())
            .unwrap_or_default(),
        subject: own.map(|own| own.subject().to_string()),
        sha256: own.map(Certificate::sha256_hex),
        not_after: own.map(Certificate::not_after),
        certificates: certificates.len(),
        issuer_included: own.is_some_and(|own| certificates.iter().any(|other| issued_by(other, own))),
    }
}

fn is_named(signer: &SignerIdentifier, certificate: &Certificate) -> bool {
    signer.issuer.as_ref().is_some_and(|issuer| issuer.as_slice() == certificate.issuer().der())
        && signer.serial.as_ref().is_some_and(|serial| serial.as_slice() == certificate.serial())
}

/// The older form can only hold a SHA-1 digest.
fn reference(references: &[CertificateReference]) -> Option<&'static str> {
    references.first().map(|reference| match reference.digest.algorithm {
        DigestAlgorithm::Sha1 => "ESSCertID",
        _ => "ESSCertIDv2",
    })
}

fn encoding(token: &[u8]) -> &'static str {
    match hsign_asn1::der_violations(token) {
        Ok(violations) if violations.is_empty() => "DER",
        _ => "BER",
    }
}

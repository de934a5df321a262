//! What the next token looks like: the request, the authority's habits, and the scripted faults.

use super::{EssCertId, TsaOptions, request::Request};
use crate::clock::Seconds;
use crate::der::{self, tag};
use crate::faults::Fault;
use crate::keys::Hash;
use crate::pki::{Unit, oid};

/// Everything that a token is made from.
pub(crate) struct Shape {
    /// Contents of TSTInfo, encoded.
    pub(crate) info: Vec<u8>,
    pub(crate) unit: Unit,
    pub(crate) second_signer: bool,
    pub(crate) digest: Hash,
    pub(crate) ess_cert_id: EssCertId,
    pub(crate) ess_of: Unit,
    pub(crate) signing_time: Option<Seconds>,
    pub(crate) certificates: bool,
    pub(crate) attribute_certificate: bool,
    pub(crate) bad_signature: bool,
    pub(crate) ber: bool,
}

impl Shape {
    pub(crate) fn new(
        request: &Request<'_>,
        options: &TsaOptions,
        faults: &[Fault],
        now: Seconds,
        serial: u64,
    ) -> Self {
        let has = |fault: &Fault| faults.contains(fault);
        let unit = if has(&Fault::WrongEku) {
            Unit::TsaWrongEku
        } else if has(&Fault::NonCriticalEku) {
            Unit::TsaNonCriticalEku
        } else if has(&Fault::ExpiredTsaCertificate) {
            Unit::TsaExpired
        } else {
            options.unit
        };
        let other = if unit == Unit::TsaP256 { Unit::Tsa } else { Unit::TsaP256 };
        Self {
            info: info(request, options, faults, (now, serial), unit),
            unit,
            second_signer: has(&Fault::TwoSigners),
            digest: options.digest,
            ess_cert_id: if has(&Fault::EssCertIdV1) { EssCertId::V1 } else { options.ess_cert_id },
            ess_of: if has(&Fault::WrongEssCertId) { other } else { unit },
            signing_time: options.signing_time.then_some(now),
            certificates: request.certificates && !has(&Fault::NoCertificate),
            attribute_certificate: has(&Fault::AttributeCertificate),
            bad_signature: has(&Fault::BadSignature),
            ber: has(&Fault::BerToken),
        }
    }
}

/// TSTInfo (RFC 3161 §2.4.2).
fn info(
    request: &Request<'_>,
    options: &TsaOptions,
    faults: &[Fault],
    (now, serial): (Seconds, u64),
    unit: Unit,
) -> Vec<u8> {
    let policy = request.policy(&options.policies).filter(|_| !faults.contains(&Fault::WrongPolicy));
    let accuracy = options.accuracy.map_or_else(Vec::new, |seconds| der::sequence(&[&der::integer(seconds)]));
    let name = options.name.then(|| der::explicit(0, &unit.subject().general_name()));
    der::sequence(&[
        &der::integer(1),
        &policy.unwrap_or_else(|| der::oid(oid::OTHER_TSA_POLICY)),
        &imprint(request, faults),
        &der::integer(serial),
        &generation_time(faults, now),
        &accuracy,
        &nonce(request, faults).unwrap_or_default(),
        &name.unwrap_or_default(),
    ])
}

/// The request's imprint octet by octet; with the fault, its digest inverted.
fn imprint(request: &Request<'_>, faults: &[Fault]) -> Vec<u8> {
    if !faults.contains(&Fault::WrongImprint) {
        return request.imprint.bytes.to_vec();
    }
    let inverted: Vec<u8> = request.digest.iter().map(|octet| !octet).collect();
    let digest = der::octet_string(&inverted);
    let before = request.imprint.contents.len() - digest.len();
    let algorithm = request.imprint.contents.get(..before).unwrap_or_default();
    der::sequence(&[algorithm, &digest])
}

/// The request's nonce octet by octet, unless a fault says otherwise.
fn nonce(request: &Request<'_>, faults: &[Fault]) -> Option<Vec<u8>> {
    let nonce = request.nonce?;
    if faults.contains(&Fault::NoNonce) {
        return None;
    }
    if faults.contains(&Fault::WrongNonce) {
        let mut contents = nonce.contents.to_vec();
        *contents.last_mut()? ^= 0x55;
        return Some(der::tlv(tag::INTEGER, &contents));
    }
    match nonce.contents {
        [0, rest @ ..] if !rest.is_empty() && faults.contains(&Fault::NegativeNonce) => {
            Some(der::tlv(tag::INTEGER, rest))
        }
        _ => Some(nonce.bytes.to_vec()),
    }
}

fn generation_time(faults: &[Fault], now: Seconds) -> Vec<u8> {
    let offset: Seconds = faults
        .iter()
        .filter_map(|fault| if let Fault::GenTimeOffset(seconds) = fault { Some(*seconds) } else { None })
        .sum();
    let fraction = faults.iter().find_map(|fault| match fault {
        Fault::FractionalSeconds(digits) => Some(digits),
        _ => None,
    });
    match fraction {
        Some(digits) => der::generalized_time_with_fraction(now + offset, digits),
        None => der::generalized_time(now + offset),
    }
}

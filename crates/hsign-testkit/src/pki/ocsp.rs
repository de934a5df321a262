//! OCSP responses (RFC 6960) by delegated responders.

use crate::Error;
use crate::clock::{DAY, Seconds};
use crate::der::{self, Element, tag};
use crate::keys::{self, Hash};
use crate::pki::authorities::Authority;
use crate::pki::certificate::{other_extension, public_key_bits};
use crate::pki::{Pki, Unit};

const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";
const NONCE: &str = "1.3.6.1.5.5.7.48.1.2";

/// OCSPResponseStatus (RFC 6960 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OcspError {
    /// malformedRequest (1).
    MalformedRequest,
    /// internalError (2).
    InternalError,
    /// tryLater (3).
    TryLater,
    /// unauthorized (6).
    Unauthorized,
}

/// A response without bytes, only with the reason.
pub(crate) fn refuse(error: OcspError) -> Vec<u8> {
    der::sequence(&[&der::enumerated(match error {
        OcspError::MalformedRequest => 1,
        OcspError::InternalError => 2,
        OcspError::TryLater => 3,
        OcspError::Unauthorized => 6,
    })])
}

pub(crate) fn respond(pki: &Pki, responder: Unit, request: &[u8], now: Seconds) -> Result<Vec<u8>, Error> {
    let Some(request) = Request::read(request) else { return Ok(refuse(OcspError::MalformedRequest)) };
    let authority = pki.authority(responder.issuer());
    let mut answers = Vec::new();
    for id in &request.ids {
        answers.extend(single_response(pki, authority, id, now)?);
    }
    let extensions = request.nonce.map_or_else(Vec::new, |nonce| {
        der::explicit(1, &der::sequence(&[&other_extension(NONCE, false, nonce)]))
    });
    let identity = pki.unit(responder);
    let key = identity.private_key();
    let data = der::sequence(&[
        &der::explicit(1, &responder.subject().der()),
        &der::generalized_time(now),
        &der::tlv(tag::SEQUENCE, &answers),
        &extensions,
    ]);
    let signature = keys::sign(key, Hash::Sha256, &data)?;
    let basic = der::sequence(&[
        &data,
        &keys::signature_algorithm(key, Hash::Sha256),
        &der::bit_string(&signature),
        &der::explicit(0, &der::sequence(&[identity.certificate_der()])),
    ]);
    let bytes = der::sequence(&[&der::oid(BASIC), &der::octet_string(&basic)]);
    Ok(der::sequence(&[&der::enumerated(0), &der::explicit(0, &bytes)]))
}

/// What is asked, and the nonce extension's value.
struct Request<'a> {
    ids: Vec<CertId<'a>>,
    nonce: Option<&'a [u8]>,
}

struct CertId<'a> {
    whole: Element<'a>,
    hash: &'a [u8],
    issuer_key_hash: &'a [u8],
    serial: Element<'a>,
}

impl<'a> Request<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (outer, _) = der::read(bytes)?;
        let (tbs, _) = der::read(outer.contents)?;
        let parts = der::children(tbs.contents)?;
        let list = parts.iter().find(|part| part.tag == tag::SEQUENCE)?;
        let ids = der::children(list.contents)?.iter().map(CertId::read).collect::<Option<Vec<_>>>()?;
        let extensions = parts.iter().find(|part| part.tag == tag::constructed(2));
        Some(Self { ids, nonce: extensions.and_then(nonce) })
    }
}

fn nonce<'a>(extensions: &Element<'a>) -> Option<&'a [u8]> {
    let (list, _) = der::read(extensions.contents)?;
    let wanted = der::oid(NONCE);
    let extension = der::children(list.contents)?.into_iter().find_map(|extension| {
        let parts = der::children(extension.contents)?;
        (parts.first()?.bytes == wanted.as_slice()).then(|| parts.last().copied())?
    })?;
    Some(extension.contents)
}

impl<'a> CertId<'a> {
    fn read(request: &Element<'a>) -> Option<Self> {
        let (whole, _) = der::read(request.contents)?;
        let parts = der::children(whole.contents)?;
        let [algorithm, _, issuer_key_hash, serial] = parts.as_slice() else { return None };
        let (hash, _) = der::read(algorithm.contents)?;
        Some(Self { whole, hash: hash.bytes, issuer_key_hash: issuer_key_hash.contents, serial: *serial })
    }

    fn names(&self, authority: &Authority) -> Result<bool, Error> {
        let bits = public_key_bits(&authority.key)?;
        let expected = if self.hash == Hash::Sha256.oid().as_slice() {
            openssl::sha::sha256(&bits).to_vec()
        } else {
            openssl::sha::sha1(&bits).to_vec()
        };
        Ok(expected == self.issuer_key_hash)
    }
}

fn single_response(
    pki: &Pki,
    authority: &Authority,
    id: &CertId<'_>,
    now: Seconds,
) -> Result<Vec<u8>, Error> {
    let revocation = pki.revocations().into_iter().find(|entry| {
        entry.issuer == authority.ca && entry.date <= now && der::integer(entry.serial) == id.serial.bytes
    });
    let status = match revocation {
        _ if !id.names(authority)? => der::tlv(tag::primitive(2), &[]),
        None => der::tlv(tag::primitive(0), &[]),
        Some(entry) => {
            let reason = der::explicit(0, &der::enumerated(5));
            der::tlv(tag::constructed(1), &der::concat(&[&der::generalized_time(entry.date), &reason]))
        }
    };
    Ok(der::sequence(&[
        id.whole.bytes,
        &status,
        &der::generalized_time(now),
        &der::explicit(0, &der::generalized_time(now + DAY)),
    ]))
}

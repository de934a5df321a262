//! TimeStampToken: SignedData (RFC 5652 §5) over TSTInfo.

use super::{EssCertId, shape::Shape};
use crate::Error;
use crate::clock::YEAR;
use crate::der::{self, tag};
use crate::keys::{self, Hash};
use crate::pki::certificate::retag;
use crate::pki::name::{Attribute, Name};
use crate::pki::{Ca, Pki, Unit};

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";

/// The token in DER, or in BER if the shape says so.
pub(crate) fn create(pki: &Pki, shape: &Shape) -> Result<Vec<u8>, Error> {
    let mut signers = vec![signer_info(pki, shape, shape.unit, shape.ess_of)?];
    let second = if shape.unit == Unit::TsaP256 { Unit::Tsa } else { Unit::TsaP256 };
    if shape.second_signer {
        signers.push(signer_info(pki, shape, second, second)?);
    }
    let (constructed, octets) = if shape.ber {
        (der::indefinite as fn(u8, &[u8]) -> Vec<u8>, in_segments(&shape.info))
    } else {
        (der::tlv as fn(u8, &[u8]) -> Vec<u8>, der::octet_string(&shape.info))
    };
    let content = constructed(
        tag::SEQUENCE,
        &der::concat(&[&der::oid(TST_INFO), &constructed(tag::constructed(0), &octets)]),
    );
    let signed_data = constructed(
        tag::SEQUENCE,
        &der::concat(&[
            &der::integer(3),
            &der::set(&[&shape.digest.algorithm_identifier()]),
            &content,
            &certificates(pki, shape, second)?,
            &der::set_of(signers),
        ]),
    );
    let explicit = constructed(tag::constructed(0), &signed_data);
    Ok(constructed(tag::SEQUENCE, &der::concat(&[&der::oid(SIGNED_DATA), &explicit])))
}

/// A constructed OCTET STRING of two segments.
fn in_segments(octets: &[u8]) -> Vec<u8> {
    let (first, second) = octets.split_at(octets.len() / 2);
    der::indefinite(0x24, &der::concat(&[&der::octet_string(first), &der::octet_string(second)]))
}

/// `[0] IMPLICIT CertificateSet`, absent if empty. An attribute certificate comes after the certificates, by its tag.
fn certificates(pki: &Pki, shape: &Shape, second: Unit) -> Result<Vec<u8>, Error> {
    let mut set = Vec::new();
    if shape.certificates {
        set.push(pki.unit(shape.unit).certificate_der().to_vec());
        set.push(pki.authority(Ca::Tsa).certificate_der().to_vec());
        if shape.second_signer {
            set.push(pki.unit(second).certificate_der().to_vec());
        }
    }
    if shape.attribute_certificate {
        set.push(attribute_certificate(pki, shape)?);
    }
    set.sort();
    Ok(if set.is_empty() { Vec::new() } else { der::tlv(tag::constructed(0), &set.concat()) })
}

fn signer_info(pki: &Pki, shape: &Shape, unit: Unit, ess_of: Unit) -> Result<Vec<u8>, Error> {
    let key = pki.unit(unit).private_key();
    let attributes = signed_attributes(pki, shape, ess_of)?;
    let mut signature = keys::sign(key, shape.digest, &attributes)?;
    if let (true, Some(last)) = (shape.bad_signature, signature.last_mut()) {
        *last ^= 1;
    }
    Ok(der::sequence(&[
        &der::integer(1),
        &issuer_and_serial(pki, unit),
        &shape.digest.algorithm_identifier(),
        &retag(&attributes, tag::constructed(0)),
        &keys::signature_algorithm(key, shape.digest),
        &der::octet_string(&signature),
    ]))
}

fn issuer_and_serial(pki: &Pki, unit: Unit) -> Vec<u8> {
    der::sequence(&[&pki.authority(unit.issuer()).subject.der(), &der::integer(unit.serial())])
}

/// The attributes as the SET OF that is signed (RFC 5652 §5.4).
fn signed_attributes(pki: &Pki, shape: &Shape, ess_of: Unit) -> Result<Vec<u8>, Error> {
    let attribute = |oid: &str, value: &[u8]| der::sequence(&[&der::oid(oid), &der::set(&[value])]);
    let mut attributes = vec![
        attribute(CONTENT_TYPE, &der::oid(TST_INFO)),
        attribute(MESSAGE_DIGEST, &der::octet_string(&shape.digest.of(&shape.info)?)),
    ];
    attributes.extend(shape.signing_time.map(|time| attribute(SIGNING_TIME, &der::time(time))));
    let certificate = pki.unit(ess_of).certificate_der();
    let issuer_serial = der::sequence(&[
        &der::sequence(&[&pki.authority(ess_of.issuer()).subject.general_name()]),
        &der::integer(ess_of.serial()),
    ]);
    let (oid, hash) = match shape.ess_cert_id {
        EssCertId::V1 => (SIGNING_CERTIFICATE, openssl::sha::sha1(certificate).to_vec()),
        EssCertId::V2 => (SIGNING_CERTIFICATE_V2, Hash::Sha256.of(certificate)?),
    };
    let identifier = der::sequence(&[&der::octet_string(&hash), &issuer_serial]);
    attributes.push(attribute(oid, &der::sequence(&[&der::sequence(&[&identifier])])));
    Ok(der::set_of(attributes))
}

/// `[2] IMPLICIT AttributeCertificateV2` (RFC 5755 §4.1), as older Japanese tokens carry one about the unit's clock.
fn attribute_certificate(pki: &Pki, shape: &Shape) -> Result<Vec<u8>, Error> {
    let authority = pki.authority(Ca::Tsa);
    let now = shape.signing_time.unwrap_or(0);
    let holder = der::sequence(&[&der::tlv(tag::constructed(1), &shape.unit.subject().general_name())]);
    let issuer = Name::japanese(&[(Attribute::CommonName, "TEST Time Authority")]);
    let value = der::sequence(&[&der::oid("2.999.3.1"), &der::set(&[&der::utf8("audited")])]);
    let info = der::sequence(&[
        &der::integer(1),
        &holder,
        &der::explicit(0, &der::sequence(&[&issuer.general_name()])),
        &keys::signature_algorithm(&authority.key, Hash::Sha256),
        &der::integer(77),
        &der::sequence(&[&der::generalized_time(now), &der::generalized_time(now + YEAR)]),
        &der::sequence(&[&value]),
    ]);
    Ok(retag(&keys::signed(&authority.key, Hash::Sha256, &info)?, tag::constructed(2)))
}

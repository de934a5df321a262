//! ESS signing certificate attributes, version 1 (RFC 2634 §5.4) and 2 (RFC 5035 §3).

use hsign_asn1::{Reader, Tag, Tlv, octet_string};
use hsign_core::facts::CertificateReference;
use hsign_core::{Digest, DigestAlgorithm};
use hsign_x509::digest_algorithm_from_der;

use crate::Error;
use crate::read::only;

/// One ESSCertID; `None` when its hash function is unknown to us.
pub(crate) type Entry = Option<CertificateReference>;

/// Reads one version of the attribute's value.
pub(crate) type Read = fn(&[u8]) -> Result<Vec<Entry>, Error>;

/// SigningCertificate ::= SEQUENCE { certs SEQUENCE OF ESSCertID, policies OPTIONAL }.
pub(crate) fn version_1(value: &[u8]) -> Result<Vec<Entry>, Error> {
    certificates(value, |entry| {
        let mut fields = entry.reader()?;
        reference(Some(DigestAlgorithm::Sha1), &mut fields)
    })
}

/// SigningCertificateV2: as version 1, with the hash function named, by default SHA-256.
pub(crate) fn version_2(value: &[u8]) -> Result<Vec<Entry>, Error> {
    certificates(value, |entry| {
        let mut fields = entry.reader()?;
        let algorithm = match fields.optional(Tag::SEQUENCE)? {
            Some(algorithm) => digest_algorithm_from_der(&algorithm)?.1,
            None => Some(DigestAlgorithm::Sha256),
        };
        reference(algorithm, &mut fields)
    })
}

fn certificates(value: &[u8], read: impl Fn(&Tlv<'_>) -> Result<Entry, Error>) -> Result<Vec<Entry>, Error> {
    let mut entries = only(value, Tag::SEQUENCE)?.reader()?.expect(Tag::SEQUENCE)?.reader()?;
    let mut found = Vec::new();
    while let Some(entry) = entries.optional(Tag::SEQUENCE)? {
        found.push(read(&entry)?);
    }
    entries.finish()?;
    Ok(found)
}

fn reference(algorithm: Option<DigestAlgorithm>, fields: &mut Reader<'_>) -> Result<Entry, Error> {
    let hash = octet_string(&fields.expect(Tag::OCTET_STRING)?)?.into_owned();
    let issuer_serial = fields.optional(Tag::SEQUENCE)?;
    fields.finish()?;
    let Some(algorithm) = algorithm else { return Ok(None) };
    let (issuer, serial) = match issuer_serial {
        Some(tlv) => issuer_and_serial(&tlv)?,
        None => (None, None),
    };
    Ok(Some(CertificateReference {
        digest: Digest::new(algorithm, hash),
        issuer: issuer.map(Into::into),
        serial: serial.map(Into::into),
    }))
}

type IssuerSerial = (Option<Vec<u8>>, Option<Vec<u8>>);

/// IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber INTEGER }; of the names only one
/// directoryName is of use.
fn issuer_and_serial(tlv: &Tlv<'_>) -> Result<IssuerSerial, Error> {
    let mut fields = tlv.reader()?;
    let mut names = fields.expect(Tag::SEQUENCE)?.reader()?;
    let mut issuer = None;
    while let Some(name) = names.next()? {
        if name.tag == Tag::context(4, true) {
            issuer = Some(name.only(Tag::SEQUENCE)?.bytes.to_vec());
        }
    }
    let serial = fields.expect(Tag::INTEGER)?.contents.to_vec();
    fields.finish()?;
    Ok((issuer, Some(serial)))
}

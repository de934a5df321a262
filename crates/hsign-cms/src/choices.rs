//! What travels beside the signers: CertificateChoices and RevocationInfoChoice (RFC 5652 §10.2).

use hsign_asn1::{Reader, Rules, Tag, Tlv, encode};
use hsign_core::Budget;

use crate::Error;
use crate::oid::OCSP_RESPONSE;
use crate::read::{object_identifier, only};

/// The elements of `certificates` or `crls`, each as it arrived, from the bytes of the whole field.
///
/// # Errors
/// When it can't be read.
pub fn choices(field: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let mut reader = Reader::new(field, Rules::Ber).any()?.reader()?;
    let mut found = Vec::new();
    while let Some(choice) = reader.next()? {
        found.push(choice.bytes.to_vec());
    }
    Ok(found)
}

/// An OCSP response as an element of `crls`: OtherRevocationInfoFormat with id-ri-ocsp-response (RFC 5940 §2.1).
///
/// # Errors
/// Never in practice: the type is ours.
pub fn ocsp_choice(response: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(encode::implicit_constructed(1, &[&encode::oid(OCSP_RESPONSE)?[..], response].concat()))
}

/// What an element of `crls` holds that is an OCSP response, or the element itself.
///
/// # Errors
/// When it can't be read.
pub fn revocation_data(choice: &[u8]) -> Result<Vec<u8>, Error> {
    let element = Reader::new(choice, Rules::Ber).any()?;
    Ok(ocsp_response(&element)?.unwrap_or_else(|| choice.to_vec()))
}

/// CertificateSet, taken apart by what we can use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Certificates {
    pub(crate) x509: Vec<Vec<u8>>,
    /// Attribute certificates, PKCS #6 extended certificates, other formats.
    pub(crate) other: Vec<Vec<u8>>,
}

impl Certificates {
    pub(crate) fn read(set: &Tlv<'_>, budget: &mut Budget) -> Result<Self, Error> {
        let mut certificates = Self::default();
        let mut reader = set.reader()?;
        while let Some(choice) = reader.next()? {
            budget.spend(1)?;
            if choice.tag == Tag::SEQUENCE {
                certificates.x509.push(choice.bytes.to_vec());
            } else {
                certificates.other.push(choice.bytes.to_vec());
            }
        }
        Ok(certificates)
    }
}

/// RevocationInfoChoices, taken apart by what we can use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revocations {
    pub(crate) crls: Vec<Vec<u8>>,
    pub(crate) ocsp_responses: Vec<Vec<u8>>,
    pub(crate) other: Vec<Vec<u8>>,
}

impl Revocations {
    pub(crate) fn read(set: &Tlv<'_>, budget: &mut Budget) -> Result<Self, Error> {
        let mut revocations = Self::default();
        let mut reader = set.reader()?;
        while let Some(choice) = reader.next()? {
            budget.spend(1)?;
            if choice.tag == Tag::SEQUENCE {
                revocations.crls.push(choice.bytes.to_vec());
            } else if let Some(response) = ocsp_response(&choice)? {
                revocations.ocsp_responses.push(response);
            } else {
                revocations.other.push(choice.bytes.to_vec());
            }
        }
        Ok(revocations)
    }

    /// adbe-revocationInfoArchival: SEQUENCE { crl [0] SEQUENCE OF, ocsp [1] SEQUENCE OF, other [2] }, all
    /// optional and explicitly tagged (ISO 32000).
    pub(crate) fn read_archival(value: &[u8], budget: &mut Budget) -> Result<Self, Error> {
        let mut revocations = Self::default();
        let mut fields = only(value, Tag::SEQUENCE)?.reader()?;
        while let Some(field) = fields.next()? {
            let list = match field.tag {
                tag if tag == Tag::context(0, true) => &mut revocations.crls,
                tag if tag == Tag::context(1, true) => &mut revocations.ocsp_responses,
                _ => continue,
            };
            let mut elements = field.reader()?.expect(Tag::SEQUENCE)?.reader()?;
            while let Some(element) = elements.next()? {
                budget.spend(1)?;
                list.push(element.bytes.to_vec());
            }
        }
        Ok(revocations)
    }
}

/// `[1] IMPLICIT OtherRevocationInfoFormat` with id-ri-ocsp-response (RFC 5940 §2.1).
fn ocsp_response(choice: &Tlv<'_>) -> Result<Option<Vec<u8>>, Error> {
    if choice.tag != Tag::context(1, true) {
        return Ok(None);
    }
    let mut fields = choice.reader()?;
    if object_identifier(&mut fields)? != OCSP_RESPONSE {
        return Ok(None);
    }
    Ok(fields.next()?.map(|response| response.bytes.to_vec()))
}

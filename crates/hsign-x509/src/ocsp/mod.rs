//! OCSP responses (RFC 6960 §4.2) and requests (§4.1).

mod request;
mod single;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use hsign_asn1::{Reader, Rules, Tag, Tlv, integer_u64, octet_string, oid, time};
use hsign_core::{SignatureAlgorithm, Time};

pub use request::ocsp_request;
pub use single::{CertId, CertStatus, SingleResponse};

use crate::error::{OcspStatus, Within as _, limit_size};
use crate::extension::{self, Extension, extension_oid as id};
use crate::{Certificate, Error, Name, algorithm, signed};

/// A basic OCSP response with its original bytes. Clones share them; equality is that of the bytes.
#[derive(Clone)]
pub struct OcspResponse(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    basic: Vec<u8>,
    tbs: Range<usize>,
    responder_id: ResponderId,
    produced_at: Time,
    responses: Vec<SingleResponse>,
    extensions: Vec<Extension>,
    signature_algorithm: SignatureAlgorithm,
    signature_value: Vec<u8>,
    certificates: Vec<Certificate>,
    unreadable_certificates: usize,
}

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponderId {
    /// By name.
    ByName(Name),
    /// By SHA-1 of the key's octets.
    ByKey(Vec<u8>),
}

const WHAT: &str = "OCSP response";

/// Real responses have 1 to 10 KB; the limit leaves room for many answers and certificates.
const LARGEST: usize = 4 << 20;

const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";

/// Responders answer for one certificate, some pre-produce a few dozen.
const MOST_RESPONSES: usize = 10_000;

/// A delegated responder brings its certificate and at most its path.
const MOST_CERTIFICATES: usize = 100;

impl OcspResponse {
    /// Reads an OCSPResponse or a bare BasicOCSPResponse (as PDF and CMS may hold it).
    ///
    /// # Errors
    /// When the bytes are neither, or the responder's status isn't "successful".
    pub fn from_der(bytes: &[u8]) -> Result<Self, Error> {
        let basic = basic_response(bytes)?;
        read(bytes, basic).map(|inner| Self(Arc::new(inner)))
    }

    /// Original bytes as given.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Original bytes of the BasicOCSPResponse inside.
    #[must_use]
    pub fn basic_der(&self) -> &[u8] {
        &self.0.basic
    }

    /// Original bytes of ResponseData: what the responder signed.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.0.basic.get(self.0.tbs.clone()).unwrap_or_default()
    }

    /// Who answers.
    #[must_use]
    pub fn responder_id(&self) -> &ResponderId {
        &self.0.responder_id
    }

    /// When the answer was signed.
    #[must_use]
    pub fn produced_at(&self) -> Time {
        self.0.produced_at
    }

    /// The answers, one for each certificate.
    #[must_use]
    pub fn responses(&self) -> &[SingleResponse] {
        &self.0.responses
    }

    /// How it was signed.
    #[must_use]
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.0.signature_algorithm
    }

    /// The signature value; empty, and so never valid, if it isn't whole octets.
    #[must_use]
    pub fn signature_value(&self) -> &[u8] {
        &self.0.signature_value
    }

    /// Certificates the responder sent along, those that can be read.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.0.certificates
    }

    /// How many certificates sent along can't be read.
    #[must_use]
    pub fn unreadable_certificates(&self) -> usize {
        self.0.unreadable_certificates
    }

    /// Extensions of the response as a whole.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.0.extensions
    }

    /// The nonce (RFC 8954 §2.1); some responders leave out the inner OCTET STRING, then it is the value
    /// as it stands.
    ///
    /// # Errors
    /// When it is there more than once.
    pub fn nonce(&self) -> Result<Option<Vec<u8>>, Error> {
        let Some(extension) = extension::find(self.extensions(), id::OCSP_NONCE)? else { return Ok(None) };
        let inner =
            extension.decode("nonce", Tag::OCTET_STRING, |element| Ok(octet_string(element)?.into_owned()));
        Ok(Some(inner.unwrap_or_else(|_| extension.value.clone())))
    }

    /// Critical extensions, of the whole and of any answer, that nobody here knows.
    #[must_use]
    pub fn unknown_critical_extensions(&self) -> Vec<String> {
        let known = [id::OCSP_NONCE, id::OCSP_ARCHIVE_CUTOFF, id::OCSP_CERT_HASH, id::OCSP_EXTENDED_REVOKE];
        let singles = self.responses().iter().flat_map(SingleResponse::extensions).cloned();
        let all: Vec<Extension> = self.extensions().iter().cloned().chain(singles).collect();
        extension::unknown_critical(&all, &known)
    }
}

impl PartialEq for OcspResponse {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.der() == other.der()
    }
}

impl Eq for OcspResponse {}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse(of {}, {} answers)", self.produced_at(), self.responses().len())
    }
}

/// The BasicOCSPResponse: inside an OCSPResponse, which starts with an ENUMERATED, or the input itself.
fn basic_response(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    limit_size(bytes, WHAT, LARGEST)?;
    let outer = hsign_asn1::single(bytes, Tag::SEQUENCE, Rules::Ber).within(WHAT)?;
    let mut fields = outer.reader().within(WHAT)?;
    let Some(status) = fields.optional(Tag::ENUMERATED).within(WHAT)? else { return Ok(bytes.to_vec()) };
    let status = integer_u64(status.contents).within(WHAT)?;
    if status != 0 {
        return Err(Error::OcspUnsuccessful(OcspStatus::from_number(status)));
    }
    let wrapper = fields.expect(Tag::context(0, true)).within(WHAT)?;
    fields.finish().within(WHAT)?;
    let mut inside = wrapper.only(Tag::SEQUENCE).and_then(|element| element.reader()).within(WHAT)?;
    let response_type = inside.expect(Tag::OID).and_then(|element| oid(&element)).within(WHAT)?;
    if response_type != BASIC {
        return Err(Error::OcspType(response_type));
    }
    let basic = inside.expect(Tag::OCTET_STRING).and_then(|element| octet_string(&element)).within(WHAT)?;
    inside.finish().within(WHAT)?;
    Ok(basic.into_owned())
}

fn read(bytes: &[u8], basic: Vec<u8>) -> Result<Inner, Error> {
    let mut signed = signed::read(&basic, &mut Vec::new()).within(WHAT)?;
    let sent_along = signed.rest.optional(Tag::context(0, true)).within(WHAT)?;
    signed.rest.finish().within(WHAT)?;
    let (certificates, unreadable_certificates) = match sent_along {
        Some(field) => certificates(&field)?,
        None => (Vec::new(), 0),
    };
    let data = response_data(&signed.tbs).within(WHAT)?;
    Ok(Inner {
        der: bytes.to_vec(),
        tbs: signed.tbs.range(),
        responder_id: data.responder_id,
        produced_at: data.produced_at,
        responses: data.responses,
        extensions: data.extensions,
        signature_algorithm: algorithm::signature_algorithm_from_der(&signed.algorithm, None)?,
        signature_value: signed.value,
        certificates,
        unreadable_certificates,
        basic,
    })
}

struct ResponseData {
    responder_id: ResponderId,
    produced_at: Time,
    responses: Vec<SingleResponse>,
    extensions: Vec<Extension>,
}

fn response_data(tbs: &Tlv<'_>) -> Result<ResponseData, hsign_asn1::Error> {
    let mut fields = tbs.reader()?;
    if let Some(version) = fields.optional(Tag::context(0, true))?
        && integer_u64(version.only(Tag::INTEGER)?.contents)? != 0
    {
        return Err(version.bad("unknown version of ResponseData"));
    }
    let responder_id = responder_id(&fields.any()?)?;
    let produced_at = time(&fields.expect(Tag::GENERALIZED_TIME)?)?;
    let list = fields.expect(Tag::SEQUENCE)?;
    let mut inside = list.reader()?;
    let mut responses = Vec::new();
    while !inside.is_empty() {
        if responses.len() >= MOST_RESPONSES {
            return Err(list.bad("more answers than a response may hold"));
        }
        responses.push(SingleResponse::from_tlv(&inside.expect(Tag::SEQUENCE)?)?);
    }
    let extensions = optional_extensions(&mut fields, 1)?;
    fields.finish()?;
    Ok(ResponseData { responder_id, produced_at, responses, extensions })
}

/// `[number] EXPLICIT Extensions OPTIONAL`.
fn optional_extensions(fields: &mut Reader<'_>, number: u32) -> Result<Vec<Extension>, hsign_asn1::Error> {
    match fields.optional(Tag::context(number, true))? {
        Some(field) => Ok(extension::read_list(&field.only(Tag::SEQUENCE)?)?.0),
        None => Ok(Vec::new()),
    }
}

fn responder_id(choice: &Tlv<'_>) -> Result<ResponderId, hsign_asn1::Error> {
    match choice.tag {
        tag if tag == Tag::context(1, true) => {
            Ok(ResponderId::ByName(Name::from_tlv(&choice.only(Tag::SEQUENCE)?)?))
        }
        tag if tag == Tag::context(2, true) => {
            Ok(ResponderId::ByKey(octet_string(&choice.only(Tag::OCTET_STRING)?)?.into_owned()))
        }
        _ => Err(choice.bad("not a ResponderID")),
    }
}

fn certificates(field: &Tlv<'_>) -> Result<(Vec<Certificate>, usize), Error> {
    let mut inside = field.only(Tag::SEQUENCE).and_then(|list| list.reader()).within(WHAT)?;
    let (mut certificates, mut unreadable) = (Vec::new(), 0_usize);
    while let Some(element) = inside.next().within(WHAT)? {
        if certificates.len().saturating_add(unreadable) >= MOST_CERTIFICATES {
            return Err(Error::TooMany { limit: MOST_CERTIFICATES });
        }
        match Certificate::from_der(element.bytes) {
            Ok(certificate) => certificates.push(certificate),
            Err(_) => unreadable = unreadable.saturating_add(1),
        }
    }
    Ok((certificates, unreadable))
}

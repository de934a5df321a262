use hsign_asn1::encode;
use hsign_cms::{SignedData, add_unsigned_attribute, attributes, build, oid};
use hsign_core::{Digest, DigestAlgorithm, SignatureAlgorithm, Time};
use hsign_tsp::{SIGNATURE_TIMESTAMP, Token};

use crate::Error;

/// What may differ between signatures of level B-B.
#[derive(Clone, Debug)]
pub struct Options {
    /// signing-time attribute. EN 319 142-1 forbids it in a PDF, which has /M; EN 319 122-1 wants it.
    pub signing_time: Option<Time>,
    /// Hash function of the reference to the signer's certificate.
    pub certificate_digest: DigestAlgorithm,
    /// Statements of the signer ([`hsign_core::facts::SignedMetadata::to_text`]). A PDF has them in its signature
    /// dictionary.
    pub metadata: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { signing_time: None, certificate_digest: DigestAlgorithm::Sha256, metadata: None }
    }
}

/// The octets whose signature makes a CAdES signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToBeSigned {
    /// SET OF Attribute, DER: sign these, whole.
    pub signed_attributes: Vec<u8>,
    /// Digest of the content in them; the signature algorithm has to use the same.
    pub digest: DigestAlgorithm,
}

/// Signed attributes of level B-B (EN 319 122-1): content-type, message-digest, signing-certificate-v2.
///
/// # Errors
/// When the certificate can't be read.
pub fn baseline_b(
    content_digest: &Digest,
    signer_certificate: &[u8],
    options: &Options,
) -> Result<ToBeSigned, Error> {
    let certificate_digest = hsign_crypto::digest(options.certificate_digest, signer_certificate)?;
    let mut set = vec![
        attributes::content_type(oid::DATA)?,
        attributes::message_digest(content_digest)?,
        attributes::signing_certificate_v2(signer_certificate, &certificate_digest)?,
    ];
    if let Some(time) = options.signing_time {
        set.push(attributes::signing_time(time)?);
    }
    if let Some(text) = &options.metadata {
        set.push(attributes::signed_metadata(text)?);
    }
    let set: Vec<_> = set.iter().map(Vec::as_slice).collect();
    Ok(ToBeSigned { signed_attributes: encode::set_of_sorted(&set), digest: content_digest.algorithm })
}

/// A signature value and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// What was signed.
    pub to_be_signed: &'a ToBeSigned,
    /// How.
    pub algorithm: &'a SignatureAlgorithm,
    /// The value.
    pub value: &'a [u8],
    /// The signer's certificate, DER.
    pub signer_certificate: &'a [u8],
    /// Its path, DER, in any order.
    pub certificates: &'a [Vec<u8>],
    /// The content for an enveloping signature; `None` for a detached one.
    pub content: Option<&'a [u8]>,
}

/// The CMS of level B-B.
///
/// # Errors
/// When the signature algorithm hashes differently than the content was, or can't be written.
pub fn assemble(signed: &Signed<'_>) -> Result<Vec<u8>, Error> {
    let content = signed.to_be_signed.digest;
    if let Some(signature) = signed.algorithm.digest().filter(|digest| *digest != content) {
        return Err(Error::DigestMismatch { content, signature });
    }
    Ok(build::signed_data(&build::Parts {
        content_type: oid::DATA,
        content: signed.content,
        digest: content,
        signature_algorithm: signed.algorithm,
        signer_certificate: signed.signer_certificate,
        certificates: signed.certificates,
        signed_attributes: &signed.to_be_signed.signed_attributes,
        signature: signed.value,
        unsigned_attributes: &[],
    })?)
}

/// The signature value of a CMS with one signer: what a signature time stamp covers (RFC 3161 appendix A).
///
/// # Errors
/// When the CMS can't be read or has not exactly one signer.
pub fn signature_value(cms: &[u8]) -> Result<Vec<u8>, Error> {
    let signed_data = SignedData::parse(cms)?;
    match signed_data.signers() {
        [signer] => Ok(signer.signature().to_vec()),
        signers => Err(Error::NotOneSigner(signers.len())),
    }
}

/// Level B-T: the token (or the response that brought it) added as unsigned attribute, every other octet
/// as it was. Whether the token fits is the caller's check ([`hsign_tsp::check_binding`]).
///
/// # Errors
/// When the CMS has not exactly one signer, or the token can't be read.
pub fn with_signature_timestamp(cms: &[u8], token: &[u8]) -> Result<Vec<u8>, Error> {
    signature_value(cms)?;
    let token = Token::parse(token)?;
    let attribute = attributes::attribute(SIGNATURE_TIMESTAMP, token.bytes())?;
    Ok(add_unsigned_attribute(cms, 0, &attribute)?)
}

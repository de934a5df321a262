use hsign_core::{Digest, DigestAlgorithm, Source, Time};
use hsign_pdf::{
    Document, Extended, PreparedSignature, SignatureRequest, SubFilter, Visible, prepare_signature,
};

use crate::Error;
use crate::hashing::{Job, Known, digests};
use crate::ranges::ranges;

/// Octets of a CMS besides certificates and token: signature value (RSA-8192 at most), attributes with
/// the issuer's name, algorithm identifiers and headers.
const CMS_OVERHEAD: usize = 3 * 1024;

/// What stands in the signature dictionary besides the signature.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// Fully qualified name of an empty field to sign; `None` for a new field with a name of its own.
    pub field: Option<&'a str>,
    /// /M: the claimed time of signing.
    pub signing_time: Option<Time>,
    /// /Reason.
    pub reason: Option<&'a str>,
    /// /Location.
    pub location: Option<&'a str>,
    /// /ContactInfo.
    pub contact: Option<&'a str>,
    /// /Name.
    pub name: Option<&'a str>,
    /// Statements of the signer ([`hsign_core::facts::SignedMetadata::to_text`]).
    pub metadata: Option<&'a str>,
    /// Where and how the field is seen; `None` for one that isn't.
    pub visible: Option<Visible<'a>>,
    /// Octets to reserve for the CMS, see [`contents_size`].
    pub contents_size: usize,
}

/// A document with a place for a signature, nothing written yet.
pub struct Prepared<'s> {
    source: &'s dyn Source,
    /// What was found out about its first bytes.
    known: Option<&'s Known>,
    prepared: PreparedSignature,
}

/// Makes the place for a PAdES signature (`ETSI.CAdES.detached`).
///
/// # Errors
/// When the document can't be read or must not be extended.
pub fn prepare<'s>(source: &'s dyn Source, request: &Request<'_>) -> Result<Prepared<'s>, Error> {
    prepare_as(source, request, SubFilter::EtsiCadesDetached, None)
}

/// Makes the place for a document time stamp (`ETSI.RFC3161`).
///
/// # Errors
/// When the document can't be read or must not be extended.
pub fn prepare_document_timestamp(source: &dyn Source, contents_size: usize) -> Result<Prepared<'_>, Error> {
    prepare_as(source, &Request { contents_size, ..Request::default() }, SubFilter::EtsiRfc3161, None)
}

pub(crate) fn prepare_as<'s>(
    source: &'s dyn Source,
    request: &Request<'_>,
    sub_filter: SubFilter,
    known: Option<&'s Known>,
) -> Result<Prepared<'s>, Error> {
    let document = Document::open(source)?;
    let text = |value: Option<&str>| value.map(str::to_owned);
    let request = SignatureRequest {
        field_name: text(request.field),
        sub_filter,
        contents_size: request.contents_size,
        signing_time: request.signing_time,
        reason: text(request.reason),
        location: text(request.location),
        name: text(request.name),
        contact_info: text(request.contact),
        metadata: text(request.metadata),
        visible: request.visible,
    };
    Ok(Prepared { source, known, prepared: prepare_signature(&document, &request)? })
}

/// Octets to reserve for a CMS with these certificates and a token of that size (0 without).
#[must_use]
pub fn contents_size(signer_certificate: &[u8], chain: &[Vec<u8>], token_size: usize) -> usize {
    let certificates: usize = chain.iter().map(Vec::len).sum();
    CMS_OVERHEAD
        .saturating_add(signer_certificate.len())
        .saturating_add(certificates)
        .saturating_add(token_size)
}

impl Prepared<'_> {
    /// Digest of the bytes that the signature will cover: all of the document as it will be, but the
    /// hexadecimal string of /Contents.
    ///
    /// # Errors
    /// When the source fails.
    pub fn content_digest(&self, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        let whole = Extended::new(self.source, &self.prepared.appended);
        let ranges = ranges(Some(self.prepared.byte_range), whole.length())
            .ok_or_else(|| Error::Source(std::io::ErrorKind::UnexpectedEof.into()))?;
        let mut found = digests(&whole, &[Job { algorithm, ranges }], self.known)?;
        found.pop().ok_or_else(|| Error::Source(std::io::ErrorKind::UnexpectedEof.into()))
    }

    /// The bytes to append to the document, with the CMS (or the token of a document time stamp) in place.
    ///
    /// # Errors
    /// When it is larger than the place; [`Error::ContentsTooSmall`] says by how much.
    pub fn embed(&self, cms: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.prepared.with_contents(cms)?)
    }
}

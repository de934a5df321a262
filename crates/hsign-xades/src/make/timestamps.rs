//! Time stamps on a signature: what their imprints cover, and the properties that hold their tokens (EN 319 132-1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_core::{Digest, DigestAlgorithm};
use hsign_crypto::Hasher;
use hsign_tsp::Token;
use hsign_xml::dsig::Signature;
use hsign_xml::{CanonicalizationMethod, Document, Limits, decode};

use super::properties::{Target, add, declarations, fresh_id};
use crate::names::DS;
use crate::{DetachedContent, Error, eprescription, imprint};

/// Digest of what a signature time stamp covers: the element SignatureValue in canonical form.
///
/// # Errors
/// When there is no such signature, or it can't be extended.
pub fn signature_imprint(
    document: &[u8],
    signature: &str,
    algorithm: DigestAlgorithm,
) -> Result<Digest, Error> {
    with_target(document, signature, |target| {
        let mut sink = Sink::new(algorithm)?;
        imprint::signature_timestamp(target.node, &method(target), &mut |octets| sink.take(octets))?;
        sink.finish()
    })
}

/// Level B-T: the token in a SignatureTimeStamp.
///
/// # Errors
/// When the token can't be read, or another signature covers this one as it is.
pub fn add_signature_timestamp(document: &[u8], signature: &str, token: &[u8]) -> Result<Vec<u8>, Error> {
    add_timestamp(document, signature, "xades:SignatureTimeStamp", token)
}

/// Digest of what an archive time stamp (1.4.1) would cover now: what the references give, SignedInfo, SignatureValue,
/// KeyInfo, every unsigned property so far and the objects. `content` is the data outside the document.
///
/// # Errors
/// When something that is covered isn't at hand.
pub fn archive_imprint(
    document: &[u8],
    signature: &str,
    algorithm: DigestAlgorithm,
    content: &DetachedContent<'_>,
) -> Result<Digest, Error> {
    with_target(document, signature, |target| {
        let mut sink = Sink::new(algorithm)?;
        let before = target.properties.unsigned.len();
        let read = Signature::read(target.node)?;
        let view = content.for_references(external(&read));
        imprint::archive_timestamp(
            target.document,
            target.node,
            before,
            &method(target),
            &view,
            &mut |octets| sink.take(octets),
        )?;
        sink.finish()
    })
}

/// Level B-LTA, or its renewal: the token in an ArchiveTimeStamp of XAdES 1.4.1, behind everything it covers.
///
/// # Errors
/// As [`add_signature_timestamp`].
pub fn add_archive_timestamp(document: &[u8], signature: &str, token: &[u8]) -> Result<Vec<u8>, Error> {
    add_timestamp(document, signature, "xades141:ArchiveTimeStamp", token)
}

fn add_timestamp(document: &[u8], signature: &str, name: &str, token: &[u8]) -> Result<Vec<u8>, Error> {
    let token = Token::parse(token)?;
    let base64 = STANDARD.encode(token.bytes());
    let added = add(document, signature, |target, text| {
        let id = fresh_id(text, "TimeStamp", token.bytes());
        let method = method_element(target);
        Ok(Some(format!(
            "<{name} {} Id=\"{id}\">{method}<xades:EncapsulatedTimeStamp>{base64}</xades:EncapsulatedTimeStamp></{name}>",
            declarations()
        )))
    })?;
    added.ok_or_else(|| Error::NoSignature(signature.to_owned()))
}

/// URIs of references that lead out of the document.
fn external(signature: &Signature<'_>) -> impl Iterator<Item = Option<String>> {
    let uris = signature.references.iter().map(|reference| reference.uri.clone());
    uris.filter(|uri| !uri.as_deref().is_some_and(|uri| uri.is_empty() || uri.starts_with('#')))
}

/// Exclusive C14N, told in the stamp. In an electronic prescription none is told, as in the samples, which means
/// Canonical XML 1.0.
fn method(target: &Target<'_>) -> CanonicalizationMethod {
    if eprescription::has_place(target.document, target.node) {
        CanonicalizationMethod::DEFAULT
    } else {
        CanonicalizationMethod::EXCLUSIVE
    }
}

fn method_element(target: &Target<'_>) -> String {
    let method = method(target);
    if method == CanonicalizationMethod::DEFAULT {
        return String::new();
    }
    format!(
        "<ds:CanonicalizationMethod xmlns:ds=\"{DS}\" Algorithm=\"{}\"></ds:CanonicalizationMethod>",
        method.uri()
    )
}

fn with_target<T>(
    document: &[u8],
    signature: &str,
    work: impl FnOnce(&Target<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let text = decode(document)?;
    let parsed = Document::parse(text.as_str(), &Limits::default())?;
    let target = Target::find(&parsed, signature)?;
    super::extend::refuse_covered(&target)?;
    work(&target)
}

/// A digest that takes pieces where nothing can be said about a failure; it is told at the end.
struct Sink {
    hasher: Hasher,
    failure: Option<hsign_crypto::Error>,
}

impl Sink {
    fn new(algorithm: DigestAlgorithm) -> Result<Self, Error> {
        Ok(Self { hasher: Hasher::new(algorithm)?, failure: None })
    }

    fn take(&mut self, octets: &[u8]) {
        if let Err(error) = self.hasher.update(octets) {
            self.failure.get_or_insert(error);
        }
    }

    fn finish(self) -> Result<Digest, Error> {
        match self.failure {
            Some(error) => Err(error.into()),
            None => Ok(self.hasher.finish()?),
        }
    }
}

//! XML: a signature is set into the text, or stands around or beside its content; nothing else moves.

use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::{Digest, DigestAlgorithm, Source};
use hsign_xades::make::{self, DataObject, Envelope, Enveloped, Options, Prepared};
use hsign_xades::{DetachedContent, read_facts_in};

use super::Signing;
use super::per_signature::{PerSignature, Steps};
use crate::digest::digest_of;
use crate::facts::{detached_content, no_facts};
use crate::{Content, Error};

/// The document with a further signature inside.
pub(super) fn enveloped<'s>(
    document: &dyn Source,
    digest: DigestAlgorithm,
) -> Result<PerSignature<'s>, Error> {
    let bytes = hsign_core::read_all(document)?;
    let (envelope, facts) = Envelope::open(&bytes, &Enveloped::default(), digest)?;
    Ok(PerSignature::new(facts, XmlSteps { place: Place::In(Box::new(envelope)), ..XmlSteps::made(bytes) }))
}

/// A new signature around the content.
pub(super) fn enveloping<'s>(content: &dyn Source, is_xml: bool) -> Result<PerSignature<'s>, Error> {
    let steps = XmlSteps::of(content, &[], if is_xml { Place::AroundXml } else { Place::Around })?;
    Ok(PerSignature::new(no_facts(), steps))
}

/// A new signature beside these files, over each of them or over a list of them.
pub(super) fn detached<'s>(files: &[Content<'s>], as_list: bool) -> Result<PerSignature<'s>, Error> {
    let steps = XmlSteps::of(&Vec::new(), files, if as_list { Place::BesideByList } else { Place::Beside })?;
    Ok(PerSignature::new(no_facts(), steps))
}

/// Signatures that are there already; `beside` are the files of detached ones.
pub(super) fn open<'s>(document: &dyn Source, beside: &[Content<'s>]) -> Result<PerSignature<'s>, Error> {
    let steps = XmlSteps::of(document, beside, Place::Inside)?;
    Ok(PerSignature::new(steps.facts()?, steps))
}

/// Where a signature goes.
enum Place {
    /// In a document that was read for that.
    In(Box<Envelope>),
    Inside,
    AroundXml,
    Around,
    Beside,
    BesideByList,
}

pub(super) struct XmlSteps<'s> {
    /// The document; before the first signature of a new one its content.
    bytes: Vec<u8>,
    files: Vec<Content<'s>>,
    /// The same, their digests computed once.
    content: DetachedContent<'s>,
    place: Place,
}

impl<'s> XmlSteps<'s> {
    fn of(source: &dyn Source, files: &[Content<'s>], place: Place) -> Result<Self, Error> {
        let (bytes, content) = (hsign_core::read_all(source)?, detached_content(files));
        Ok(Self { bytes, files: files.to_vec(), content, place })
    }

    /// A document that is signed already, beside nothing.
    pub(super) fn made(bytes: Vec<u8>) -> Self {
        Self { bytes, files: Vec::new(), content: detached_content(&[]), place: Place::Inside }
    }

    fn prepared(&self, signing: &Signing<'_>, options: &Options<'_>) -> Result<Prepared, Error> {
        Ok(match &self.place {
            Place::In(envelope) => envelope.prepare(&self.bytes, options)?,
            Place::Inside => make::enveloped(&self.bytes, &Enveloped::default(), options)?,
            Place::AroundXml => make::enveloping_xml(&self.bytes, options)?,
            Place::Around => make::enveloping_octets(&self.bytes, OCTETS, options)?,
            Place::Beside => self.beside(signing.request.digest, options, make::detached)?,
            Place::BesideByList => self.beside(signing.request.digest, options, make::manifest)?,
        })
    }

    fn beside(
        &self,
        algorithm: DigestAlgorithm,
        options: &Options<'_>,
        make: fn(&[DataObject<'_>], &Options<'_>) -> Result<Prepared, hsign_xades::Error>,
    ) -> Result<Prepared, Error> {
        let named: Result<Vec<(String, Digest)>, Error> =
            self.files.iter().map(|file| Ok((uri(file.name), digest_of(file.source, algorithm)?))).collect();
        let named = named?;
        let object = |(uri, digest)| DataObject { uri, mime_type: OCTETS, digest };
        let objects: Vec<_> = named.iter().map(|(uri, digest)| object((uri.as_str(), digest))).collect();
        Ok(make(&objects, options)?)
    }
}

/// What is known about the kind of any file.
const OCTETS: &str = "application/octet-stream";

impl<'s> Steps<'s> for XmlSteps<'s> {
    fn facts(&self) -> Result<DocumentFacts, Error> {
        Ok(read_facts_in(&self.bytes, &self.content)?)
    }

    fn facts_afresh(&self) -> Result<DocumentFacts, Error> {
        Ok(read_facts_in(&self.bytes, &detached_content(&self.files))?)
    }

    fn sign(&mut self, signing: &Signing<'_>) -> Result<String, Error> {
        let made = signing.xml(&|options| self.prepared(signing, options))?;
        self.bytes = made.document;
        self.place = Place::Inside;
        Ok(made.id)
    }

    fn value_imprint(&self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        Ok(make::signature_imprint(&self.bytes, id, algorithm)?)
    }

    fn add_value_stamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        self.bytes = make::add_signature_timestamp(&self.bytes, id, token)?;
        Ok(())
    }

    fn add_evidence(&mut self, id: &str, evidence: &EvidenceFacts) -> Result<bool, Error> {
        let added = make::add_evidence(&self.bytes, id, evidence)?;
        let any = added.is_some();
        self.bytes = added.unwrap_or_else(|| std::mem::take(&mut self.bytes));
        Ok(any)
    }

    fn imprint(&mut self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        Ok(make::archive_imprint(&self.bytes, id, algorithm, &self.content)?)
    }

    fn add_archive_stamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        self.bytes = make::add_archive_timestamp(&self.bytes, id, token)?;
        Ok(())
    }

    fn closed(&self) -> Result<Vec<String>, Error> {
        Ok(make::closed(&self.bytes)?)
    }

    fn into_source(self: Box<Self>) -> Box<dyn Source + 's> {
        Box::new(self.bytes)
    }
}

/// A file's name as a relative URI (RFC 3986 §2).
fn uri(name: &str) -> String {
    let plain =
        |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~' | b'/');
    let one = |octet: u8| if plain(octet) { char::from(octet).to_string() } else { format!("%{octet:02X}") };
    name.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_uris() {
        assert_eq!(uri("image/scan 1.tif"), "image/scan%201.tif");
        assert_eq!(uri("処方.csv"), "%E5%87%A6%E6%96%B9.csv");
        assert_eq!(uri("a#b?c"), "a%23b%3Fc");
    }
}

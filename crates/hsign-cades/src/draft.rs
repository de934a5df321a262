use std::io;

use hsign_asn1::SourceReader;
use hsign_cms::{Growing, Layout, SignedData, SignerInfo, attributes};
use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::{Digest, DigestAlgorithm, Octets, Source, read_windows};
use hsign_tsp::{SIGNATURE_TIMESTAMP, Token};

use crate::archive::{Archive, hash_index, imprint};
use crate::content::{Contents, Known};
use crate::document::{View, signature_id};
use crate::oid::{ARCHIVE_TIMESTAMP_V3, HASH_INDEX_V3};
use crate::unsigned::{Stamp, Unsigned};
use crate::{Error, Protection, reading, values};

/// A CMS document with what was added to it, nothing written yet: what isn't content is in memory, the content stays
/// where it is and is hashed once. As a [`Source`] it is the whole document. Nothing outside of what is added changes
/// but lengths, the version where the syntax demands another, and the list of hash functions.
pub struct Draft<'s> {
    growing: Growing<'s>,
    content: Option<&'s dyn Source>,
    known: Known,
}

/// The document as it is now.
struct Now {
    signed_data: SignedData,
    layout: Layout,
}

/// One signer of it.
struct Chosen {
    position: usize,
    info: SignerInfo,
    unsigned: Unsigned,
}

impl<'s> Draft<'s> {
    /// Of a document that is there, with its facts. `content` is what a detached signature belongs to.
    ///
    /// # Errors
    /// As [`crate::read_facts`].
    pub fn open(
        document: &'s dyn Source,
        content: Option<&'s dyn Source>,
    ) -> Result<(Self, DocumentFacts), Error> {
        let read = reading::read(document)?;
        let known = Known::default();
        known.attached.replace(read.content);
        let (layout, signed_data) = (&read.layout, &read.signed_data);
        let view = View { source: document, layout, signed_data, content, known: known.clone() };
        let mut facts = view.facts()?;
        facts.digests = vec![read.whole];
        Ok((Self { growing: Growing::open(document)?, content, known }, facts))
    }

    /// Of a new detached signature beside `content`; `digests` of which are known from making it.
    ///
    /// # Errors
    /// When `cms` is no SignedData or isn't detached.
    pub fn beside(cms: &[u8], content: &'s dyn Source, digests: &[Digest]) -> Result<Self, Error> {
        let known = Known::default();
        known.beside.replace(digests.to_vec());
        Ok(Self { growing: Growing::beside(cms, content)?, content: Some(content), known })
    }

    /// The same with `content` put inside.
    ///
    /// # Errors
    /// As [`Self::beside`].
    pub fn around(cms: &[u8], content: &'s dyn Source, digests: &[Digest]) -> Result<Self, Error> {
        let known = Known::default();
        known.attached.replace(digests.to_vec());
        Ok(Self { growing: Growing::around(cms, content)?, content: None, known })
    }

    /// The facts as they are now, without digests of the whole document and with the content's digests that are known.
    /// What is to be relied on is read afresh by [`crate::read_facts`].
    ///
    /// # Errors
    /// As [`crate::read_facts`].
    pub fn facts(&self) -> Result<DocumentFacts, Error> {
        let now = self.now()?;
        let (layout, signed_data) = (&now.layout, &now.signed_data);
        let (content, known) = (self.content, self.known.clone());
        View { source: &self.growing, layout, signed_data, content, known }.facts()
    }

    /// The digest of what was signed; computed once.
    ///
    /// # Errors
    /// When it isn't at hand or can't be read.
    pub fn content_digest(&self, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        let layout = self.growing.layout()?;
        let contents = Contents::new(&self.growing, &layout, self.content, self.known.clone());
        let digest = contents.digest(algorithm);
        contents.finish()?;
        digest.ok_or(Error::NoContent)
    }

    /// Puts the signers of another detached CMS over the same content behind those that are here; tells their ids.
    ///
    /// # Errors
    /// When that would break what protects the others.
    pub fn add_signers_of(&mut self, cms: &[u8]) -> Result<Vec<String>, Error> {
        self.check_records()?;
        if self.root_is_frozen()? {
            return Err(Error::Protected(Protection::OlderTimestamp));
        }
        let before = self.now()?.signed_data.signers().len();
        let count = self.growing.add_signers_of(cms)?;
        Ok((before..before.saturating_add(count)).map(signature_id).collect())
    }

    /// The value of a signature: what a signature time stamp covers (RFC 3161 appendix A).
    ///
    /// # Errors
    /// When there is no such signature.
    pub fn signature_value(&self, signature: &str) -> Result<Vec<u8>, Error> {
        Ok(self.chosen(&self.now()?, signature)?.info.signature().to_vec())
    }

    /// Adds a token (or the response that brought it) over the value of a signature. Whether it fits is the caller's
    /// check.
    ///
    /// # Errors
    /// When there is no such signature, the token can't be read, or an evidence record of another signer covers this one.
    pub fn add_signature_timestamp(&mut self, signature: &str, token: &[u8]) -> Result<(), Error> {
        let token = Token::parse(token)?;
        let signer = self.chosen(&self.now()?, signature)?.position;
        self.check_records_beside(Some(signer))?;
        let attribute = attributes::attribute(SIGNATURE_TIMESTAMP, token.bytes())?;
        Ok(self.growing.add_unsigned_attribute(signer, &attribute)?)
    }

    /// Adds what the document lacks of `evidence`; tells whether it lacked anything. It goes beside the signers; where
    /// an archive time stamp of an older form covers what stands there, into the last archive time stamp of the
    /// signature, or into the signature's own attributes.
    ///
    /// # Errors
    /// When an evidence record protects the document as it stands.
    pub fn add_evidence(&mut self, signature: &str, evidence: &EvidenceFacts) -> Result<bool, Error> {
        let now = self.now()?;
        let chosen = self.chosen(&now, signature)?;
        let last = last_archive(&chosen.unsigned);
        let mut there = now.signed_data.evidence();
        there.extend(&chosen.unsigned.evidence());
        let frozen = self.root_is_frozen()?;
        if let Some(stamp) = last.filter(|_| frozen) {
            there.extend(&values::of_token(&stamp.token));
        }
        let new = lacking(evidence, &there);
        if new == EvidenceFacts::default() {
            return Ok(false);
        }
        self.check_records()?;
        match last {
            _ if !frozen => {
                let certificates: Vec<Vec<u8>> =
                    new.certificates.iter().map(|one| one.as_slice().to_vec()).collect();
                self.growing.add_certificates(&certificates)?;
                self.growing.add_revocation(&values::revocation_choices(&new)?)?;
            }
            Some(stamp) => {
                let mut token = stamp.token.clone();
                for attribute in values::attributes(&new)? {
                    token = hsign_cms::add_unsigned_attribute(&token, 0, &attribute)?;
                }
                let spot = stamp.spot;
                self.growing.replace_unsigned_value(chosen.position, spot.attribute, spot.value, &token)?;
            }
            None => {
                for attribute in values::attributes(&new)? {
                    self.growing.add_unsigned_attribute(chosen.position, &attribute)?;
                }
            }
        }
        Ok(true)
    }

    /// What an archive time stamp of a signature has to be over now.
    ///
    /// # Errors
    /// When there is no such signature, or its content isn't at hand.
    pub fn archive_imprint(&self, signature: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        self.index_and_imprint(signature, algorithm).map(|(_, imprint)| imprint)
    }

    /// Adds a token (or the response that brought it) over [`Self::archive_imprint`], with the index of what it covers.
    ///
    /// # Errors
    /// When it was made over something else, or an evidence record of another signer covers this one.
    pub fn add_archive_timestamp(&mut self, signature: &str, token: &[u8]) -> Result<(), Error> {
        let token = Token::parse(token)?;
        let found = token.info().imprint().ok_or(Error::OtherImprint)?;
        let (index, imprint) = self.index_and_imprint(signature, found.algorithm)?;
        if imprint != found {
            return Err(Error::OtherImprint);
        }
        let signer = self.chosen(&self.now()?, signature)?.position;
        self.check_records_beside(Some(signer))?;
        let index = attributes::attribute(HASH_INDEX_V3, &index)?;
        let token = hsign_cms::add_unsigned_attribute(token.bytes(), 0, &index)?;
        // An evidence record is over the list too; verifiers need it as little as they need to know it beforehand.
        if self.check_records().is_ok() {
            self.growing.list_digest_algorithm(found.algorithm)?;
        }
        let attribute = attributes::attribute(ARCHIVE_TIMESTAMP_V3, &token)?;
        Ok(self.growing.add_unsigned_attribute(signer, &attribute)?)
    }

    /// Gives the whole document to `sink` in pieces.
    ///
    /// # Errors
    /// When it can't be read, or `sink` fails.
    pub fn write_to(&self, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        read_windows(self, 0..self.length(), sink)
    }

    /// The whole document in memory.
    ///
    /// # Errors
    /// When the content can't be read.
    pub fn to_vec(&self) -> Result<Vec<u8>, Error> {
        Ok(self.growing.to_vec()?)
    }

    fn index_and_imprint(
        &self,
        signature: &str,
        algorithm: DigestAlgorithm,
    ) -> Result<(Vec<u8>, Digest), Error> {
        let now = self.now()?;
        let chosen = self.chosen(&now, signature)?;
        let contents = Contents::new(&self.growing, &now.layout, self.content, self.known.clone());
        let archive = Archive::new(&self.growing, &now.layout, &contents)?;
        let (certificates, revocation) = archive.choices();
        let index = hash_index::write(algorithm, certificates, revocation, &chosen.info)?;
        let imprint = imprint(&archive, &chosen.info, &index, algorithm)?;
        drop(archive);
        contents.finish()?;
        Ok((index, imprint.ok_or(Error::NoContent)?))
    }

    fn now(&self) -> Result<Now, Error> {
        let (signed_data, layout) = SignedData::open(SourceReader::new(&self.growing))?;
        Ok(Now { signed_data, layout })
    }

    fn chosen(&self, now: &Now, signature: &str) -> Result<Chosen, Error> {
        let signers = now.signed_data.signers().iter().enumerate();
        let mut named = signers.filter(|(position, _)| signature_id(*position) == signature);
        let missing = || Error::NoSuchSignature(signature.to_owned());
        let (position, info) = named.next().ok_or_else(missing)?;
        let unsigned = Unsigned::read(info, signature, &mut Unsigned::budget())?;
        Ok(Chosen { position, info: info.clone(), unsigned })
    }

    /// Whether some archive time stamp is over certificates and revocation data as they stand.
    fn root_is_frozen(&self) -> Result<bool, Error> {
        Ok(self
            .each_unsigned()?
            .iter()
            .any(|unsigned| unsigned.stamps.iter().any(|stamp| stamp.kind.freezes_root())))
    }

    /// Whether an evidence record covers the document as it stands.
    fn check_records(&self) -> Result<(), Error> {
        self.check_records_beside(None)
    }

    /// What is added to a signer comes after its own evidence records, but not after those of another one.
    fn check_records_beside(&self, signer: Option<usize>) -> Result<(), Error> {
        let unsigned = self.each_unsigned()?;
        let mut others = unsigned.iter().enumerate().filter(|(position, _)| Some(*position) != signer);
        if others.any(|(_, unsigned)| !unsigned.records.is_empty()) {
            return Err(Error::Protected(Protection::EvidenceRecord));
        }
        Ok(())
    }

    fn each_unsigned(&self) -> Result<Vec<Unsigned>, Error> {
        let now = self.now()?;
        let mut budget = Unsigned::budget();
        let mut found = Vec::new();
        for info in now.signed_data.signers() {
            found.push(Unsigned::read(info, "", &mut budget)?);
        }
        Ok(found)
    }
}

impl Source for Draft<'_> {
    fn length(&self) -> u64 {
        self.growing.length()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.growing.read_exact_at(offset, buffer)
    }
}

/// The newest archive time stamp of a signature.
fn last_archive(unsigned: &Unsigned) -> Option<&Stamp> {
    let archive = unsigned.stamps.iter().filter(|stamp| stamp.kind.is_archive());
    archive.max_by_key(|stamp| stamp.time())
}

pub(crate) fn lacking(evidence: &EvidenceFacts, there: &EvidenceFacts) -> EvidenceFacts {
    let new = |wanted: &[Octets], there: &[Octets]| {
        let mut new: Vec<Octets> = Vec::new();
        for one in wanted {
            if !there.contains(one) && !new.contains(one) {
                new.push(one.clone());
            }
        }
        new
    };
    // The same answer may stand there with or without its wrapping.
    let basic = |list: &[Octets]| -> Vec<Octets> {
        list.iter().map(|one| values::basic_response(one.as_slice()).into()).collect()
    };
    let known = basic(&there.ocsp_responses);
    let mut responses: Vec<Octets> = Vec::new();
    let mut taken: Vec<Octets> = Vec::new();
    for (one, inner) in evidence.ocsp_responses.iter().zip(basic(&evidence.ocsp_responses)) {
        if !known.contains(&inner) && !taken.contains(&inner) {
            responses.push(one.clone());
            taken.push(inner);
        }
    }
    EvidenceFacts {
        certificates: new(&evidence.certificates, &there.certificates),
        crls: new(&evidence.crls, &there.crls),
        ocsp_responses: responses,
    }
}

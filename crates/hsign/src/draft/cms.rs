//! CMS beside or around its content; signers, stamps and evidence are added, nothing else moves.

use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::{Digest, DigestAlgorithm, Source};

use super::Signing;
use super::per_signature::{PerSignature, Steps};
use crate::digest::{digest_of, digest_twice};
use crate::facts::{no_facts, only_content};
use crate::{Content, Error};

/// A new CMS.
pub(super) fn new<'s>(content: &'s dyn Source, place: ContentPlace) -> PerSignature<'s> {
    PerSignature::new(no_facts(), CmsSteps { content: Some(content), place, draft: None, witness: None })
}

/// One that is there already; `beside` is its content where it is detached.
pub(super) fn open<'s>(cms: &'s dyn Source, beside: &[Content<'s>]) -> Result<PerSignature<'s>, Error> {
    let content = only_content(beside)?;
    let (draft, before) = hsign_cades::Draft::open(cms, content)?;
    let steps = CmsSteps { content, place: ContentPlace::Beside, draft: Some(draft), witness: None };
    Ok(PerSignature::new(before, steps))
}

/// Where the content of a new CMS goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentPlace {
    Beside,
    Inside,
}

/// From here on it is worth a thread to read content once only.
const LARGE: u64 = 1 << 20;

/// The id of the only signature in a CMS.
const FIRST: &str = "Signature1";

struct CmsSteps<'s> {
    content: Option<&'s dyn Source>,
    place: ContentPlace,
    /// None before the first signature.
    draft: Option<hsign_cades::Draft<'s>>,
    /// Digest of the content beside, computed apart from the signed one.
    witness: Option<Digest>,
}

impl<'s> CmsSteps<'s> {
    fn made(&self) -> Result<&hsign_cades::Draft<'s>, Error> {
        self.draft.as_ref().ok_or(Error::NothingToExtend)
    }

    fn made_mut(&mut self) -> Result<&mut hsign_cades::Draft<'s>, Error> {
        self.draft.as_mut().ok_or(Error::NothingToExtend)
    }

    fn content_digest(&mut self, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        match (self.content, &self.draft) {
            (_, Some(draft)) => Ok(draft.content_digest(algorithm)?),
            (Some(content), None) if content.length() >= LARGE && self.place == ContentPlace::Beside => {
                let (digest, witness) = digest_twice(content, algorithm)?;
                self.witness = Some(witness);
                Ok(digest)
            }
            (Some(content), None) => digest_of(content, algorithm),
            (None, None) => Err(Error::ContentMissing),
        }
    }
}

impl<'s> Steps<'s> for CmsSteps<'s> {
    fn facts(&self) -> Result<DocumentFacts, Error> {
        match &self.draft {
            Some(draft) => Ok(draft.facts()?),
            None => Ok(no_facts()),
        }
    }

    /// Content that is large and surely the same is not read again: its digest was computed twice when it was.
    fn facts_afresh(&self) -> Result<DocumentFacts, Error> {
        let unchanged = self.content.is_some_and(|content| content.is_unchanged());
        let known = self.witness.as_ref().filter(|_| unchanged);
        Ok(hsign_cades::read_facts_knowing(
            self.made()?,
            self.content,
            known.map(std::slice::from_ref).unwrap_or_default(),
        )?)
    }

    fn sign(&mut self, signing: &Signing<'_>) -> Result<String, Error> {
        let digest = self.content_digest(signing.request.digest)?;
        let cms = signing.cms(&digest, &signing.cms_options())?;
        let made = match (&mut self.draft, self.content, self.place) {
            (Some(draft), _, _) => {
                let mut ids = draft.add_signers_of(&cms)?;
                return ids.pop().ok_or(Error::NothingToExtend);
            }
            (None, Some(content), ContentPlace::Beside) => {
                hsign_cades::Draft::beside(&cms, content, &[digest])?
            }
            (None, Some(content), ContentPlace::Inside) => {
                hsign_cades::Draft::around(&cms, content, &[digest])?
            }
            (None, None, _) => return Err(Error::ContentMissing),
        };
        self.draft = Some(made);
        Ok(FIRST.to_owned())
    }

    fn value_imprint(&self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        Ok(hsign_crypto::digest(algorithm, &self.made()?.signature_value(id)?)?)
    }

    fn add_value_stamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        Ok(self.made_mut()?.add_signature_timestamp(id, token)?)
    }

    fn add_evidence(&mut self, id: &str, evidence: &EvidenceFacts) -> Result<bool, Error> {
        Ok(self.made_mut()?.add_evidence(id, evidence)?)
    }

    fn imprint(&mut self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        Ok(self.made_mut()?.archive_imprint(id, algorithm)?)
    }

    fn add_archive_stamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        Ok(self.made_mut()?.add_archive_timestamp(id, token)?)
    }

    fn into_source(self: Box<Self>) -> Box<dyn Source + 's> {
        match self.draft {
            Some(draft) => Box::new(draft),
            None => Box::new(Vec::new()),
        }
    }
}

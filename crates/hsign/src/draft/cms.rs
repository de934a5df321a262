//! CMS: unsigned attributes are added, nothing else moves.

use std::rc::Rc;

use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::ports::Timestamper;
use hsign_core::{DigestAlgorithm, Source};

use super::{Draft, Output, Over, Signing, Stamping};
use crate::cades::{MAX_CMS_BYTES, cades_facts};
use crate::digest::digest_of;
use crate::facts::{no_facts, only_content};
use crate::{Content, Error};

pub(crate) struct CmsDraft<'s> {
    before: Rc<DocumentFacts>,
    /// None before the first signature.
    cms: Option<Vec<u8>>,
    place: ContentPlace<'s>,
    changed: bool,
}

/// Where the content is.
enum ContentPlace<'s> {
    /// Beside the CMS; not at hand where nobody gave it.
    Beside(Option<&'s dyn Source>),
    /// Inside it.
    Inside(Vec<u8>),
}

impl<'s> CmsDraft<'s> {
    /// A new one beside its content, which is read in windows.
    pub(crate) fn detached(content: &'s dyn Source) -> Result<Self, Error> {
        Ok(Self::new(ContentPlace::Beside(Some(content))))
    }

    /// A new one around its content, which is held in memory.
    pub(crate) fn enveloping(content: &dyn Source) -> Result<Self, Error> {
        if content.length() > MAX_CONTENT_BYTES {
            return Err(Error::CmsTooLarge { limit: MAX_CONTENT_BYTES });
        }
        Ok(Self::new(ContentPlace::Inside(hsign_core::read_all(content)?)))
    }

    fn new(place: ContentPlace<'s>) -> Self {
        Self { before: Rc::new(no_facts()), cms: None, place, changed: false }
    }

    /// One that is there already.
    pub(crate) fn open(cms: &dyn Source, beside: &[Content<'s>]) -> Result<Self, Error> {
        let content = only_content(beside)?;
        let before = cades_facts(cms, content)?;
        let bytes = hsign_core::read_all(cms)?;
        let place = ContentPlace::Beside(content);
        Ok(Self { before: Rc::new(before), cms: Some(bytes), place, changed: false })
    }

    fn bytes(&self) -> &[u8] {
        self.cms.as_deref().unwrap_or_default()
    }

    fn replace(&mut self, cms: Vec<u8>) {
        self.cms = Some(cms);
        self.changed = true;
    }
}

/// Half of what is read back at most, so that the rest of the CMS has room.
const MAX_CONTENT_BYTES: u64 = MAX_CMS_BYTES / 2;

impl<'s> Draft<'s> for CmsDraft<'s> {
    fn before(&self) -> &Rc<DocumentFacts> {
        &self.before
    }

    fn facts(&self) -> Result<DocumentFacts, Error> {
        self.facts_afresh()
    }

    fn facts_afresh(&self) -> Result<DocumentFacts, Error> {
        let content = match &self.place {
            ContentPlace::Beside(content) => *content,
            ContentPlace::Inside(_) => None,
        };
        cades_facts(&self.bytes().to_vec(), content)
    }

    fn sign(&mut self, signing: &Signing<'_>) -> Result<(), Error> {
        let digest = signing.request.digest;
        let (content, attached) = match &self.place {
            ContentPlace::Beside(Some(content)) => (digest_of(*content, digest)?, None),
            ContentPlace::Beside(None) => return Err(Error::ContentMissing),
            ContentPlace::Inside(bytes) => (hsign_crypto::digest(digest, bytes)?, Some(bytes.as_slice())),
        };
        // Outside of PDF files signing-time is where the signer's claim stands (EN 319 122-1).
        let options =
            hsign_cades::Options { signing_time: Some((signing.clock)()), ..hsign_cades::Options::default() };
        let cms = signing.cms(&content, attached, &options)?;
        self.replace(cms);
        Ok(())
    }

    fn stamping(&self) -> Stamping {
        Stamping::Signature
    }

    /// The CMS's own certificates and revocation data serve all signers.
    fn evidence_groups(&self, ids: &[String]) -> Vec<Vec<String>> {
        vec![ids.to_vec()]
    }

    fn add_evidence(&mut self, _group: &[String], _evidence: &EvidenceFacts) -> Result<bool, Error> {
        Ok(false)
    }

    fn stamp(
        &mut self,
        over: Over<'_>,
        timestamper: &dyn Timestamper,
        digest: DigestAlgorithm,
    ) -> Result<(), Error> {
        match over {
            Over::Value(_) => {
                let value = hsign_cades::signature_value(self.bytes())?;
                let token = timestamper.stamp(&hsign_crypto::digest(digest, &value)?)?;
                let cms = hsign_cades::with_signature_timestamp(self.bytes(), &token)?;
                self.replace(cms);
                Ok(())
            }
            Over::Archive(_) | Over::Document => Err(Error::Level("B-LTA")),
        }
    }

    fn is_changed(&self) -> bool {
        self.changed
    }

    fn into_output(self: Box<Self>) -> Output<'s> {
        Output::Whole(Box::new(self.cms.unwrap_or_default()))
    }
}

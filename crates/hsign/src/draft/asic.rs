//! Containers: signatures are added as files of their own, the signed files keep every byte.

use hsign_asic::{ContainerType, DataObject, Draft};
use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::{Digest, DigestAlgorithm, Source, Time};

use super::Signing;
use super::per_signature::{PerSignature, Steps};
use crate::facts::no_facts;
use crate::originals::{container_facts, with_originals};
use crate::{ContainerSignature, Content, Error};

/// A new container of these files; `now` is the time that its entries bear.
pub(super) fn new<'s>(
    files: &[Content<'s>],
    kind: ContainerType,
    signature: ContainerSignature,
    digest: DigestAlgorithm,
    now: Time,
) -> Result<PerSignature<'s>, Error> {
    let object = |file: &Content<'s>| DataObject { name: file.name, source: file.source, media_type: None };
    let objects: Vec<_> = files.iter().map(object).collect();
    let draft = Draft::create(&objects, kind, now, &[digest])?;
    Ok(PerSignature::new(no_facts(), AsicSteps { draft, signature }))
}

/// One that is there already.
pub(super) fn open(container: &dyn Source, now: Time) -> Result<PerSignature<'_>, Error> {
    let before = container_facts(container)?;
    let draft = Draft::open(container, now)?;
    // A further signature is of the kind that is there.
    let xades = before.signatures.iter().any(|signature| signature.id.contains(".xml#"));
    let signature = if xades { ContainerSignature::Xades } else { ContainerSignature::Cades };
    Ok(PerSignature::new(before, AsicSteps { draft, signature }))
}

struct AsicSteps<'s> {
    draft: Draft<'s>,
    signature: ContainerSignature,
}

impl<'s> Steps<'s> for AsicSteps<'s> {
    fn facts(&self) -> Result<DocumentFacts, Error> {
        Ok(with_originals(self.draft.facts()?, &self.draft))
    }

    fn facts_afresh(&self) -> Result<DocumentFacts, Error> {
        container_facts(&self.draft)
    }

    fn sign(&mut self, signing: &Signing<'_>) -> Result<String, Error> {
        match self.signature {
            ContainerSignature::Cades => {
                let prepared = self.draft.prepare_cades(signing.request.digest)?;
                let cms = signing.cms(prepared.content_digest(), &signing.cms_options())?;
                Ok(self.draft.add_cades(prepared, &cms)?)
            }
            ContainerSignature::Xades => {
                let signed = signing.xml(&|options| Ok(self.draft.prepare_xades(options)?))?;
                Ok(self.draft.add_xades(&signed.document)?)
            }
        }
    }

    fn value_imprint(&self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        Ok(self.draft.signature_imprint(id, algorithm)?)
    }

    fn add_value_stamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        Ok(self.draft.add_signature_timestamp(id, token)?)
    }

    fn add_evidence(&mut self, id: &str, evidence: &EvidenceFacts) -> Result<bool, Error> {
        Ok(self.draft.add_evidence(id, evidence)?)
    }

    fn imprint(&mut self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        Ok(self.draft.archive_imprint(id, algorithm)?)
    }

    fn add_archive_stamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        Ok(self.draft.add_archive_timestamp(id, token)?)
    }

    /// In ASiC-E one archive manifest covers all CAdES signatures; others have their own stamps.
    fn archive_groups(&self, ids: &[String]) -> Vec<Vec<String>> {
        let together = |id: &String| self.draft.kind() == ContainerType::AsicE && id.contains(".p7s#");
        let (cades, xades): (Vec<_>, Vec<_>) = ids.iter().cloned().partition(together);
        let each = xades.into_iter().map(|id| vec![id]);
        std::iter::once(cades).chain(each).filter(|group| !group.is_empty()).collect()
    }

    fn into_source(self: Box<Self>) -> Box<dyn Source + 's> {
        Box::new(self.draft.into_pieces())
    }
}

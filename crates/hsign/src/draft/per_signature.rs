//! What the formats share in which each signature has its own time stamps: a first over its value, later ones over that
//! and the evidence.

use std::rc::Rc;

use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::ports::Timestamper;
use hsign_core::{Digest, DigestAlgorithm, Source};

use super::{Draft, Output, Over, Signing};
use crate::Error;

/// The steps that a format crate offers, each by the signature's id.
pub(crate) trait Steps<'s> {
    /// The facts as they are now; what is known already need not be hashed again.
    fn facts(&self) -> Result<DocumentFacts, Error>;

    /// The facts with all bytes read afresh.
    fn facts_afresh(&self) -> Result<DocumentFacts, Error>;

    /// Adds a signature of level B-B; tells its id.
    fn sign(&mut self, signing: &Signing<'_>) -> Result<String, Error>;

    /// What a signature time stamp covers.
    fn value_imprint(&self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error>;

    fn add_value_stamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error>;

    fn add_evidence(&mut self, id: &str, evidence: &EvidenceFacts) -> Result<bool, Error>;

    /// What an archive time stamp covers.
    fn imprint(&mut self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error>;

    fn add_archive_stamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error>;

    /// Those that one archive time stamp serves; mostly each has its own.
    fn archive_groups(&self, ids: &[String]) -> Vec<Vec<String>> {
        each(ids)
    }

    /// Those that can't be extended, since others cover them as they are.
    fn closed(&self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// The file as it is now.
    fn into_source(self: Box<Self>) -> Box<dyn Source + 's>;
}

/// A document whose format has these steps.
pub(crate) struct PerSignature<'s> {
    before: Rc<DocumentFacts>,
    steps: Box<dyn Steps<'s> + 's>,
    changed: bool,
}

impl<'s> PerSignature<'s> {
    pub(crate) fn new(before: DocumentFacts, steps: impl Steps<'s> + 's) -> Self {
        Self { before: Rc::new(before), steps: Box::new(steps), changed: false }
    }
}

impl<'s> Draft<'s> for PerSignature<'s> {
    fn before(&self) -> &Rc<DocumentFacts> {
        &self.before
    }

    fn facts(&self) -> Result<DocumentFacts, Error> {
        self.steps.facts()
    }

    fn facts_afresh(&self) -> Result<DocumentFacts, Error> {
        self.steps.facts_afresh()
    }

    fn sign(&mut self, signing: &Signing<'_>) -> Result<(), Error> {
        self.changed = true;
        let id = self.steps.sign(signing)?;
        let steps = &mut self.steps;
        let token = signing.first_stamp(&|| steps.value_imprint(&id, signing.request.digest))?;
        token.map_or(Ok(()), |token| steps.add_value_stamp(&id, &token))
    }

    fn stamps_values(&self) -> bool {
        true
    }

    /// Each signature, and with it the time stamps over the whole container.
    fn evidence_groups(&self, facts: &DocumentFacts, ids: &[String]) -> Vec<Vec<String>> {
        let is_stamp = |id: &String| facts.timestamps.iter().any(|stamp| stamp.id == *id);
        let (stamps, signatures): (Vec<_>, Vec<_>) = ids.iter().cloned().partition(is_stamp);
        signatures.into_iter().map(|id| [vec![id], stamps.clone()].concat()).collect()
    }

    fn archive_groups(&self, ids: &[String]) -> Vec<Vec<String>> {
        self.steps.archive_groups(ids)
    }

    fn add_evidence(&mut self, group: &[String], evidence: &EvidenceFacts) -> Result<bool, Error> {
        let Some(signature) = group.first() else { return Ok(false) };
        let added = self.steps.add_evidence(signature, evidence)?;
        self.changed |= added;
        Ok(added)
    }

    fn stamp(
        &mut self,
        over: Over<'_>,
        timestamper: &dyn Timestamper,
        digest: DigestAlgorithm,
    ) -> Result<(), Error> {
        self.changed = true;
        match over {
            Over::Value(id) => {
                let imprint = self.steps.value_imprint(id, digest)?;
                self.steps.add_value_stamp(id, &timestamper.stamp(&imprint)?)
            }
            // Whichever of the group it is asked for, it serves all.
            Over::Archive(group) => match group.first() {
                Some(id) => {
                    let imprint = self.steps.imprint(id, digest)?;
                    self.steps.add_archive_stamp(id, &timestamper.stamp(&imprint)?)
                }
                None => Ok(()),
            },
        }
    }

    fn closed(&self) -> Result<Vec<String>, Error> {
        self.steps.closed()
    }

    fn is_changed(&self) -> bool {
        self.changed
    }

    fn into_output(self: Box<Self>) -> Output<'s> {
        Output::Whole(self.steps.into_source())
    }
}

fn each(ids: &[String]) -> Vec<Vec<String>> {
    ids.iter().map(|id| vec![id.clone()]).collect()
}

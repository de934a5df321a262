//! A document while it is made: one way of signing, stamping and protecting for all formats.

mod asic;
mod cms;
mod eprescription;
mod open;
mod pdf;
mod per_signature;
mod signing;
mod xml;

use std::io;
use std::rc::Rc;

use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::ports::Timestamper;
use hsign_core::{DigestAlgorithm, Source};

pub(crate) use open::{new_draft, open_draft};
pub(crate) use pdf::PdfDraft;
pub(crate) use signing::{Signing, in_time};

use crate::Error;

/// A document with what was added to it so far, nothing written yet.
pub(crate) trait Draft<'s> {
    /// The facts of the document before anything was added.
    fn before(&self) -> &Rc<DocumentFacts>;

    /// The facts as they are now; what is known already need not be hashed again.
    fn facts(&self) -> Result<DocumentFacts, Error>;

    /// The facts of the document as it will be, its bytes and those beside it read afresh.
    fn facts_afresh(&self) -> Result<DocumentFacts, Error>;

    /// Adds a signature, stamped if there is somebody to stamp.
    fn sign(&mut self, signing: &Signing<'_>) -> Result<(), Error>;

    /// Whether the first time stamp goes over the signature's value (CMS, XML), or a first one over the whole document
    /// does as well, at any time (PDF).
    fn stamps_values(&self) -> bool;

    /// The signatures and document time stamps among `ids` by the place that keeps their evidence: those of a group
    /// share one. `facts` are those of the document as it is now.
    fn evidence_groups(&self, facts: &DocumentFacts, ids: &[String]) -> Vec<Vec<String>>;

    /// The signatures among `ids` by the archive time stamp that protects them: one serves a group.
    fn archive_groups(&self, ids: &[String]) -> Vec<Vec<String>>;

    /// Adds what the place of this group lacks of `evidence`; tells whether it lacked anything.
    fn add_evidence(&mut self, group: &[String], evidence: &EvidenceFacts) -> Result<bool, Error>;

    /// Adds a time stamp.
    fn stamp(
        &mut self,
        over: Over<'_>,
        timestamper: &dyn Timestamper,
        digest: DigestAlgorithm,
    ) -> Result<(), Error>;

    /// Signatures that can't be extended, since others cover them as they are.
    fn closed(&self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// Whether anything was added.
    fn is_changed(&self) -> bool;

    /// What to write.
    fn into_output(self: Box<Self>) -> Output<'s>;
}

/// What a time stamp is put over.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Over<'a> {
    /// The value of a signature.
    Value(&'a str),
    /// The signatures of a group with their content, evidence and time stamps; in a PDF everything.
    Archive(&'a [String]),
}

/// What a use case made, ready to be written.
pub enum Output<'s> {
    /// Bytes to append to the document, all of which stay; none where nothing was due.
    Append(Vec<u8>),
    /// A file of its own, to be read in windows: what is large in it comes from the files it was made of.
    Whole(Box<dyn Source + 's>),
}

impl Output<'_> {
    /// The whole file in memory, where `document` is what was signed or extended.
    ///
    /// # Errors
    /// When the files that it is made of can't be read.
    pub fn over(&self, document: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Append(update) => Ok([document, update].concat()),
            Self::Whole(source) => hsign_core::read_all(source.as_ref()),
        }
    }
}

impl std::fmt::Debug for Output<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Append(update) => formatter.debug_tuple("Append").field(&update.len()).finish(),
            Self::Whole(source) => formatter.debug_tuple("Whole").field(&source.length()).finish(),
        }
    }
}

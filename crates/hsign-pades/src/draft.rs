use std::io;
use std::rc::Rc;

use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::{DigestAlgorithm, Octets, Source};
use hsign_pdf::{Document, Extended, SubFilter, ValidationData, add_validation_data};

use crate::document::{read_facts_from, read_facts_to_go_on};
use crate::hashing::Known;
use crate::prepare::prepare_as;
use crate::{Error, Prepared, Request};

/// A document with what is to be appended to it, nothing written yet. The document's own bytes are hashed once, however
/// many signatures and time stamps come.
pub struct Draft<'s> {
    base: &'s dyn Source,
    before: Rc<DocumentFacts>,
    known: Known,
    appended: Vec<u8>,
}

impl<'s> Draft<'s> {
    /// Reads the facts of the document as it is. `algorithms`: those that signatures and time stamps to come will use.
    ///
    /// # Errors
    /// As [`crate::read_facts`].
    pub fn new(base: &'s dyn Source, algorithms: &[DigestAlgorithm]) -> Result<Self, Error> {
        let (before, known) = read_facts_to_go_on(base, algorithms)?;
        Ok(Self { base, before: Rc::new(before), known, appended: Vec::new() })
    }

    /// The facts of the document before anything was appended.
    #[must_use]
    pub fn before(&self) -> &Rc<DocumentFacts> {
        &self.before
    }

    /// The facts as they are now, without reading the document's own bytes again for their digests. What is to be
    /// relied on is read afresh by [`crate::read_facts`].
    ///
    /// # Errors
    /// As [`crate::read_facts`].
    pub fn facts(&self) -> Result<DocumentFacts, Error> {
        read_facts_from(self, &self.known)
    }

    /// Makes the place for a PAdES signature, as [`crate::prepare`].
    ///
    /// # Errors
    /// When the document must not be extended.
    pub fn prepare(&self, request: &Request<'_>) -> Result<Prepared<'_>, Error> {
        prepare_as(self, request, SubFilter::EtsiCadesDetached, Some(&self.known))
    }

    /// Makes the place for a document time stamp, as [`crate::prepare_document_timestamp`].
    ///
    /// # Errors
    /// When the document must not be extended.
    pub fn prepare_document_timestamp(&self, contents_size: usize) -> Result<Prepared<'_>, Error> {
        let request = Request { contents_size, ..Request::default() };
        prepare_as(self, &request, SubFilter::EtsiRfc3161, Some(&self.known))
    }

    /// Appends what [`Prepared::embed`] gave.
    pub fn append(&mut self, update: &[u8]) {
        self.appended.extend_from_slice(update);
    }

    /// Adds what the security store lacks of `evidence`; tells whether it lacked anything.
    ///
    /// # Errors
    /// When the document must not be extended.
    pub fn add_evidence(&mut self, evidence: &EvidenceFacts) -> Result<bool, Error> {
        let certificates = slices(&evidence.certificates);
        let (crls, responses) = (slices(&evidence.crls), slices(&evidence.ocsp_responses));
        let data = ValidationData { certificates: &certificates, crls: &crls, ocsp_responses: &responses };
        let update = add_validation_data(&Document::open(&*self)?, &data)?;
        if let Some(update) = &update {
            self.append(update);
        }
        Ok(update.is_some())
    }

    /// Everything appended so far.
    #[must_use]
    pub fn appended(&self) -> &[u8] {
        &self.appended
    }

    /// The bytes to append to the document.
    #[must_use]
    pub fn into_update(self) -> Vec<u8> {
        self.appended
    }
}

fn slices(pieces: &[Octets]) -> Vec<&[u8]> {
    pieces.iter().map(Octets::as_slice).collect()
}

impl Source for Draft<'_> {
    fn password(&self) -> Option<&[u8]> {
        self.base.password()
    }

    fn length(&self) -> u64 {
        Extended::new(self.base, &self.appended).length()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        Extended::new(self.base, &self.appended).read_exact_at(offset, buffer)
    }
}

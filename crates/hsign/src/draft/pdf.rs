//! PDF files: an update is appended, and time stamps go over the whole document.

use std::rc::Rc;

use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::ports::Timestamper;
use hsign_core::{DigestAlgorithm, Source, Time};
use hsign_pades::{Appended, Draft as Pades};
use hsign_pdf::Visible;

use super::{Draft, Output, Over, Signing};
use crate::mark::mark;
use crate::{Error, Metadata};

pub(crate) struct PdfDraft<'s> {
    source: &'s dyn Source,
    draft: Pades<'s>,
}

impl<'s> PdfDraft<'s> {
    pub(crate) fn open(source: &'s dyn Source, digest: DigestAlgorithm) -> Result<Self, Error> {
        Ok(Self { source, draft: Pades::new(source, &[digest])? })
    }

    /// The bytes to append to the document.
    pub(crate) fn into_update(self) -> Vec<u8> {
        self.draft.into_update()
    }

    /// Makes a signature. The room for it has to be fixed before signing and a token's size is known only after it: the
    /// room is that of the authority's last token; a token that doesn't fit costs a second signature with the right
    /// room.
    fn signature(&self, signing: &Signing<'_>) -> Result<Vec<u8>, Error> {
        let token = signing.timestamper.map_or(0, reserve_for_token);
        let signer = signing.signer;
        let reserve = hsign_pades::contents_size(signer.certificate(), signer.chain(), token);
        twice(reserve, |reserve| {
            let metadata = &signing.request.metadata;
            let now = (signing.clock)();
            let shown = metadata.mark.as_ref();
            let professions = &signing.settings.professions;
            let mark = shown
                .map(|shown| mark(shown, signing.certificate, professions, metadata, now))
                .transpose()?;
            let visible = shown
                .zip(mark.as_ref())
                .map(|(shown, mark)| Visible { place: shown.place, appearance: mark });
            let statement = signing.statement();
            let request = pdf_request(metadata, visible, statement.as_deref(), now, reserve);
            let prepared = self.draft.prepare(&request)?;
            let content = prepared.content_digest(signing.request.digest)?;
            Ok(prepared.embed(&signing.stamped_cms(&content, &hsign_cades::Options::default())?)?)
        })
    }
}

impl<'s> Draft<'s> for PdfDraft<'s> {
    fn before(&self) -> &Rc<DocumentFacts> {
        self.draft.before()
    }

    fn facts(&self) -> Result<DocumentFacts, Error> {
        Ok(self.draft.facts()?)
    }

    fn facts_afresh(&self) -> Result<DocumentFacts, Error> {
        Ok(hsign_pades::read_facts(&Appended::new(self.source, self.draft.appended()))?)
    }

    fn sign(&mut self, signing: &Signing<'_>) -> Result<(), Error> {
        let update = self.signature(signing)?;
        self.draft.append(&update);
        Ok(())
    }

    fn stamps_values(&self) -> bool {
        false
    }

    /// The document's security store.
    fn evidence_groups(&self, _facts: &DocumentFacts, ids: &[String]) -> Vec<Vec<String>> {
        vec![ids.to_vec()]
    }

    fn archive_groups(&self, ids: &[String]) -> Vec<Vec<String>> {
        vec![ids.to_vec()]
    }

    fn add_evidence(&mut self, _group: &[String], evidence: &EvidenceFacts) -> Result<bool, Error> {
        Ok(self.draft.add_evidence(evidence)?)
    }

    /// Whatever is to be covered, a document time stamp (`ETSI.RFC3161`, EN 319 142-1) covers it.
    fn stamp(
        &mut self,
        _over: Over<'_>,
        timestamper: &dyn Timestamper,
        digest: DigestAlgorithm,
    ) -> Result<(), Error> {
        let update = twice(reserve_for_token(timestamper), |reserve| {
            let prepared = self.draft.prepare_document_timestamp(reserve)?;
            let token = timestamper.stamp(&prepared.content_digest(digest)?)?;
            Ok(prepared.embed(&token)?)
        })?;
        self.draft.append(&update);
        Ok(())
    }

    fn is_changed(&self) -> bool {
        !self.draft.appended().is_empty()
    }

    fn into_output(self: Box<Self>) -> Output<'s> {
        Output::Append(self.into_update())
    }
}

/// Once more with the right room, where the first didn't do.
fn twice(reserve: usize, attempt: impl Fn(usize) -> Result<Vec<u8>, Error>) -> Result<Vec<u8>, Error> {
    match attempt(reserve) {
        Err(Error::Document(hsign_pades::Error::ContentsTooSmall { needed, .. })) => attempt(needed + MARGIN),
        result => result,
    }
}

/// Room for a time-stamp token before one was seen: twice the largest we met, with its whole chain.
const FIRST_TOKEN_BYTES: usize = 12 * 1024;

/// ECDSA values and serial numbers vary by a few bytes between two tokens of the same authority.
const MARGIN: usize = 256;

/// What the authority's last token took, and a little more.
fn reserve_for_token(timestamper: &dyn Timestamper) -> usize {
    timestamper.last_token_size().map_or(FIRST_TOKEN_BYTES, |size| size + MARGIN)
}

fn pdf_request<'a>(
    metadata: &'a Metadata,
    visible: Option<Visible<'a>>,
    statement: Option<&'a str>,
    now: Time,
    reserve: usize,
) -> hsign_pades::Request<'a> {
    hsign_pades::Request {
        field: metadata.field.as_deref(),
        signing_time: Some(now),
        reason: metadata.reason.as_deref(),
        location: metadata.location.as_deref(),
        contact: metadata.contact.as_deref(),
        name: None,
        visible,
        metadata: statement,
        contents_size: reserve,
    }
}

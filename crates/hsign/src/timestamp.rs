use hsign_core::facts::TimestampFacts;
use hsign_core::journal::Operation;
use hsign_core::ports::Timestamper;
use hsign_core::{DigestAlgorithm, Severity, Source};

use crate::digest::digest_of;
use crate::draft::{Draft as _, Over, PdfDraft};
use crate::journal::{Attempt, Made, recorded};
use crate::verify::token_facts;
use crate::{Clock, Error, JournalPort};

/// A time-stamp token over the whole of `content`, checked against it: the bytes of the `.tst` file.
///
/// # Errors
/// When the content can't be read or no authority gave a usable token.
pub fn timestamp(
    content: &dyn Source,
    timestamper: &dyn Timestamper,
    digest: DigestAlgorithm,
    journal: Option<&JournalPort>,
    clock: Clock<'_>,
) -> Result<Vec<u8>, Error> {
    let attempt = Attempt { operation: Operation::Stamp, sources: &[content], names: &[], signer: None };
    let work = |timestamper: Option<&dyn Timestamper>| {
        let timestamper = timestamper.ok_or(Error::NoTimestampAuthority)?;
        let token = timestamper.stamp(&digest_of(content, digest)?)?;
        self_check(&token, content)?;
        Ok(token)
    };
    recorded(journal, &attempt, Some(timestamper), clock, work, |token| Made::File(token))
}

/// A document time stamp inside a PDF file (`ETSI.RFC3161`, EN 319 142-1): the bytes to append. It covers the whole
/// document with all its signatures; every byte of it stays.
///
/// # Errors
/// When the document can't be extended safely or no authority gave a usable token.
pub fn timestamp_pdf(
    source: &dyn Source,
    timestamper: &dyn Timestamper,
    digest: DigestAlgorithm,
    journal: Option<&JournalPort>,
    clock: Clock<'_>,
) -> Result<Vec<u8>, Error> {
    let attempt = Attempt { operation: Operation::Stamp, sources: &[source], names: &[], signer: None };
    let work = |timestamper: Option<&dyn Timestamper>| {
        stamped_pdf(source, timestamper.ok_or(Error::NoTimestampAuthority)?, digest)
    };
    recorded(journal, &attempt, Some(timestamper), clock, work, |update| Made::Appended(update))
}

fn stamped_pdf(
    source: &dyn Source,
    timestamper: &dyn Timestamper,
    digest: DigestAlgorithm,
) -> Result<Vec<u8>, Error> {
    let mut draft = PdfDraft::open(source, digest)?;
    draft.stamp(Over::Archive(&[]), timestamper, digest)?;
    let facts = draft.facts_afresh()?;
    // The newest stamp is the last in the document; earlier ones are not this function's to judge.
    let new = facts.timestamps.get(facts.timestamps.len().saturating_sub(1)..).unwrap_or_default();
    if new.is_empty() {
        return Err(Error::SelfCheck(facts.findings));
    }
    holds(new)?;
    Ok(draft.into_update())
}

/// The content is read again: a token over bytes that changed meanwhile is withheld.
fn self_check(token: &[u8], content: &dyn Source) -> Result<(), Error> {
    let facts = token_facts(token.to_vec(), Some(content))?;
    holds(&facts.timestamps)
}

/// Nothing is wrong with the stamps, and each covers what is really there.
fn holds(timestamps: &[TimestampFacts]) -> Result<(), Error> {
    let findings = timestamps.iter().flat_map(|timestamp| &timestamp.findings);
    let wrong: Vec<_> = findings.filter(|finding| finding.severity == Severity::Error).cloned().collect();
    let covered = |timestamp: &TimestampFacts| {
        timestamp.read.as_ref().is_some_and(|read| read.imprint.holds() == Some(true))
    };
    if timestamps.iter().all(covered) && wrong.is_empty() { Ok(()) } else { Err(Error::SelfCheck(wrong)) }
}

use hsign_core::ports::Timestamper;
use hsign_core::{DigestAlgorithm, Severity, Source};

use crate::Error;
use crate::verify::{digest_of, token_facts};

/// A time-stamp token over the whole of `content`, checked against it: the bytes of the `.tst` file.
///
/// # Errors
/// When the content can't be read or no authority gave a usable token.
pub fn timestamp(
    content: &dyn Source,
    timestamper: &dyn Timestamper,
    digest: DigestAlgorithm,
) -> Result<Vec<u8>, Error> {
    let token = timestamper.stamp(&digest_of(content, digest)?)?;
    self_check(&token, content)?;
    Ok(token)
}

/// The content is read again: a token over bytes that changed meanwhile is withheld.
fn self_check(token: &[u8], content: &dyn Source) -> Result<(), Error> {
    let facts = token_facts(token.to_vec(), Some(content))?;
    let findings = facts.timestamps.iter().flat_map(|timestamp| &timestamp.findings);
    let wrong: Vec<_> = findings.filter(|finding| finding.severity == Severity::Error).cloned().collect();
    let holds = facts
        .timestamps
        .iter()
        .all(|timestamp| timestamp.read.as_ref().is_some_and(|read| read.imprint.holds() == Some(true)));
    if holds && wrong.is_empty() { Ok(()) } else { Err(Error::SelfCheck(wrong)) }
}

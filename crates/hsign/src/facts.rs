use hsign_core::Source;
use hsign_core::facts::DocumentFacts;

use crate::cades::cades_facts;
use crate::verify::token_facts;
use crate::{Error, InputFormat, input_format};

/// Reads what a document says, nothing judged. `content` is what a detached signature or a token belongs to; without
/// it such a signature stays open.
///
/// # Errors
/// When it can't be read, has no supported format, or takes no content.
pub fn read_facts(source: &dyn Source, content: Option<&dyn Source>) -> Result<DocumentFacts, Error> {
    match (input_format(source)?, content) {
        (InputFormat::Pdf, None) => Ok(hsign_pades::read_facts(source)?),
        (InputFormat::Pdf, Some(_)) => Err(Error::ContentNotTaken),
        (InputFormat::Timestamp, content) => token_facts(hsign_core::read_all(source)?, content),
        (InputFormat::Cms, content) => cades_facts(source, content),
        (InputFormat::Other, _) => Err(Error::UnsupportedFormat),
    }
}

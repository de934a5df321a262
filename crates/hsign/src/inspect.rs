use hsign_core::Source;
use hsign_core::facts::DocumentFacts;

use crate::verify::token_facts;
use crate::{Error, InputFormat, input_format};

/// What is inside a document. Nothing is judged: a digest that differs is told, not weighed.
pub type Inspection = DocumentFacts;

/// Reads the facts of a document.
///
/// # Errors
/// When it can't be read or has no supported format.
pub fn inspect(source: &dyn Source) -> Result<Inspection, Error> {
    match input_format(source)? {
        InputFormat::Pdf => Ok(hsign_pades::read_facts(source)?),
        InputFormat::Timestamp => token_facts(hsign_core::read_all(source)?, None),
        InputFormat::Other => Err(Error::UnsupportedFormat),
    }
}

use hsign_core::Source;
use hsign_core::facts::DocumentFacts;

use crate::{Content, Error, read_facts, scan_facts};

/// What is inside a document. Nothing is judged: a digest that differs is told, not weighed.
pub type Inspection = DocumentFacts;

/// Reads the facts of a document; `beside` is what a detached signature belongs to.
///
/// # Errors
/// When it can't be read or has no supported format.
pub fn inspect(source: &dyn Source, beside: &[Content<'_>]) -> Result<Inspection, Error> {
    let mut facts = read_facts(source, beside)?;
    facts.scan = scan_facts(source, beside)?;
    Ok(facts)
}

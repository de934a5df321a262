use hsign_core::Source;
use hsign_core::facts::{DocumentFacts, DocumentFormat};
use hsign_xades::DetachedContent;

use crate::originals::container_facts;
use crate::verify::token_facts;
use crate::{Content, Error, InputFormat, input_format};

/// Reads what a document says, nothing judged. `beside` is what a detached signature or a token belongs to; without
/// it such a signature stays open.
///
/// # Errors
/// When it can't be read, has no supported format, or takes no content.
pub fn read_facts(source: &dyn Source, beside: &[Content<'_>]) -> Result<DocumentFacts, Error> {
    match input_format(source)? {
        InputFormat::Pdf | InputFormat::Asic if !beside.is_empty() => Err(Error::ContentNotTaken),
        InputFormat::Pdf => Ok(hsign_pades::read_facts(source)?),
        InputFormat::Asic => container_facts(source),
        InputFormat::Timestamp => token_facts(hsign_core::read_all(source)?, only_content(beside)?),
        InputFormat::Cms => Ok(hsign_cades::read_facts(source, only_content(beside)?)?),
        InputFormat::Xml => Ok(hsign_xades::read_facts(source, &detached_content(beside))?),
        InputFormat::Other => Err(Error::UnsupportedFormat),
    }
}

/// What a signature over one file belongs to.
pub(crate) fn only_content<'a>(beside: &[Content<'a>]) -> Result<Option<&'a dyn Source>, Error> {
    match beside {
        [] => Ok(None),
        [only] => Ok(Some(only.source)),
        several => Err(Error::OneContent { given: several.len() }),
    }
}

/// Files by their names; a single one also for the only reference, whatever it calls it.
pub(crate) fn detached_content<'s>(beside: &[Content<'s>]) -> DetachedContent<'s> {
    let none = DetachedContent::new();
    match beside {
        [only] => none.with_only(only.name, only.source),
        several => several.iter().fold(none, |content, file| content.with(file.name, file.source)),
    }
}

/// Those of a document without anything in it.
pub(crate) const fn no_facts() -> DocumentFacts {
    DocumentFacts::new(DocumentFormat::None, 0, Vec::new())
}

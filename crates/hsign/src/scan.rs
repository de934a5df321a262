use hsign_core::Source;
use hsign_core::facts::ScanFacts;

use crate::{Content, Error, InputFormat, input_format};

/// What the scanned pages of a file are made of; `None` where it holds none. For a signature beside its content this is
/// the content, for a PDF file the file itself.
///
/// # Errors
/// When it can't be read.
pub fn scan_facts(source: &dyn Source, beside: &[Content<'_>]) -> Result<Option<ScanFacts>, Error> {
    let looked_at = match (input_format(source)?, beside) {
        (InputFormat::Cms, [content]) => content.source,
        _ => source,
    };
    hsign_scan::scan_facts(looked_at).map_err(|hsign_scan::Error::Source(error)| Error::Read(error))
}

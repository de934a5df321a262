//! Which format a document is made in.

use hsign_core::{DigestAlgorithm, Source};

use super::cms::CmsDraft;
use super::{Draft, PdfDraft};
use crate::{Content, Error, Form, InputFormat, ToSign, input_format};

/// A document to be signed in the form asked for.
pub(crate) fn new_draft<'s>(
    what: &ToSign<'s>,
    digest: DigestAlgorithm,
) -> Result<Box<dyn Draft<'s> + 's>, Error> {
    let [file] = what.files else { return Err(Error::OneFile) };
    Ok(match what.form {
        Form::Pades if input_format(file.source)? == InputFormat::Pdf => {
            Box::new(PdfDraft::open(file.source, digest)?)
        }
        Form::CadesDetached => Box::new(CmsDraft::detached(file.source)?),
        Form::CadesEnveloping => Box::new(CmsDraft::enveloping(file.source)?),
        Form::Further => open_draft(file.source, what.beside, digest)?,
        _ => return Err(Error::UnsupportedFormat),
    })
}

/// A signed document as it is.
pub(crate) fn open_draft<'s>(
    source: &'s dyn Source,
    beside: &'s [Content<'s>],
    digest: DigestAlgorithm,
) -> Result<Box<dyn Draft<'s> + 's>, Error> {
    match input_format(source)? {
        InputFormat::Pdf if beside.is_empty() => Ok(Box::new(PdfDraft::open(source, digest)?)),
        InputFormat::Pdf => Err(Error::ContentNotTaken),
        InputFormat::Cms => Ok(Box::new(CmsDraft::open(source, beside)?)),
        InputFormat::Xml | InputFormat::Asic | InputFormat::Timestamp | InputFormat::Other => {
            Err(Error::UnsupportedFormat)
        }
    }
}

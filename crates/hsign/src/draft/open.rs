//! Which format a document is made in.

use hsign_core::{DigestAlgorithm, Source, Time};

use super::cms::ContentPlace;
use super::{Draft, PdfDraft, asic, cms, eprescription, xml};
use crate::{Content, Error, Form, InputFormat, ToSign, input_format};

/// A document to be signed in the form asked for.
pub(crate) fn new_draft<'s>(
    what: &ToSign<'s>,
    digest: DigestAlgorithm,
    now: Time,
) -> Result<Box<dyn Draft<'s> + 's>, Error> {
    if let Form::Asic(kind, signature) = what.form {
        return Ok(Box::new(asic::new(what.files, kind, signature, digest, now)?));
    }
    if let Form::XadesDetached | Form::XadesManifest = what.form {
        return Ok(Box::new(xml::detached(what.files, what.form == Form::XadesManifest)?));
    }
    let [file] = what.files else { return Err(Error::OneFile) };
    Ok(match what.form {
        Form::Pades if input_format(file.source)? == InputFormat::Pdf => {
            Box::new(PdfDraft::open(file.source, digest)?)
        }
        Form::CadesDetached => Box::new(cms::new(file.source, ContentPlace::Beside)),
        Form::CadesEnveloping => Box::new(cms::new(file.source, ContentPlace::Inside)),
        Form::XadesEnveloped => Box::new(xml::enveloped(file.source, digest)?),
        Form::XadesEnveloping => {
            let is_xml = input_format(file.source)? == InputFormat::Xml;
            Box::new(xml::enveloping(file.source, is_xml)?)
        }
        Form::Eprescription(reference) => Box::new(eprescription::new(file.source, what.beside, reference)?),
        Form::Further => open_draft(file.source, what.beside, digest, now)?,
        _ => return Err(Error::UnsupportedFormat),
    })
}

/// A signed document as it is.
pub(crate) fn open_draft<'s>(
    source: &'s dyn Source,
    beside: &[Content<'s>],
    digest: DigestAlgorithm,
    now: Time,
) -> Result<Box<dyn Draft<'s> + 's>, Error> {
    match input_format(source)? {
        InputFormat::Pdf | InputFormat::Asic if !beside.is_empty() => Err(Error::ContentNotTaken),
        InputFormat::Pdf => Ok(Box::new(PdfDraft::open(source, digest)?)),
        InputFormat::Asic => Ok(Box::new(asic::open(source, now)?)),
        InputFormat::Cms => Ok(Box::new(cms::open(source, beside)?)),
        InputFormat::Xml => Ok(Box::new(xml::open(source, beside)?)),
        InputFormat::Timestamp | InputFormat::Other => Err(Error::UnsupportedFormat),
    }
}

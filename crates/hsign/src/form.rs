use hsign_asic::ContainerType;
use hsign_core::Source;
use hsign_core::facts::Level;
use hsign_xades::eprescription::ReferenceVariant;

use crate::{Error, InputFormat, input_format};

/// A file by the name that signatures know it by.
#[derive(Clone, Copy)]
pub struct Content<'a> {
    /// Its name without folders; in a container, its place.
    pub name: &'a str,
    /// Its bytes.
    pub source: &'a dyn Source,
}

impl std::fmt::Debug for Content<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Content")
            .field("name", &self.name)
            .field("length", &self.source.length())
            .finish()
    }
}

/// How content and signature stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// Inside a PDF file (EN 319 142-1).
    Pades,
    /// CMS (EN 319 122-1) beside the content (`.p7s`).
    CadesDetached,
    /// CMS with the content inside (`.p7m`).
    CadesEnveloping,
    /// XML (EN 319 132-1): the signature inside the document, as the last child of its root element.
    XadesEnveloped,
    /// XML: the content inside the signature.
    XadesEnveloping,
    /// XML: a signature beside the content, over one file or several.
    XadesDetached,
    /// XML: a signature beside the content, over a list of the files (ds:Manifest), each of which can be checked without the others.
    XadesManifest,
    /// An electronic prescription around its CSV, or a dispensing around its CSV and the prescription beside it.
    Eprescription(ReferenceVariant),
    /// A container with the files and the signature over them (EN 319 162-1): ASiC-E, or ASiC-S for one file.
    Asic(ContainerType, ContainerSignature),
    /// One more signature in a file that is signed already, of the kind that it has.
    Further,
}

/// What signatures in a container are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContainerSignature {
    /// CMS.
    #[default]
    Cades,
    /// XML.
    Xades,
}

impl Form {
    /// The level that is aimed at where none was asked for; `None`: the highest that can be had. An electronic prescription
    /// is signed at ES, its service adds the rest.
    pub(crate) fn usual_level(self) -> Option<Level> {
        matches!(self, Self::Eprescription(_)).then_some(Level::BB)
    }

    /// What a file gets where nothing was asked for: PDF and XML are signed inside, a signed file gets one more
    /// signature, anything else a CMS beside it.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn of(source: &dyn Source) -> Result<Self, Error> {
        Ok(match input_format(source)? {
            InputFormat::Pdf => Self::Pades,
            InputFormat::Cms | InputFormat::Asic => Self::Further,
            InputFormat::Xml => Self::XadesEnveloped,
            InputFormat::Timestamp | InputFormat::Other => Self::CadesDetached,
        })
    }
}

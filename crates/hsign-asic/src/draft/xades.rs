//! XAdES signatures: XML beside the files, in a root element of its own (EN 319 162-1).

use hsign_xades::DetachedContent;
use hsign_xades::make::{self, Options, Prepared};
use hsign_xml::{Document, Limits};

use super::Draft;
use crate::container::{Container, Known};
use crate::manifest::{self, ASIC, DSIG};
use crate::roles::{Role, role};
use crate::zip::Unpacked;
use crate::{ContainerType, Error, uri};

const SINGLE_SIGNATURES: &str = "META-INF/signatures.xml";
const LISTING: &str = "META-INF/manifest.xml";
const UNKNOWN: &str = "application/octet-stream";

impl Draft<'_> {
    /// What a further XAdES signature signs: every file by its digest.
    ///
    /// # Errors
    /// When a file can't be read, or the signature can't be prepared.
    pub fn prepare_xades(&self, options: &Options<'_>) -> Result<Prepared, Error> {
        let digests = self.digests_of(self.data_objects(), options.digest)?;
        let media_types = self.media_types();
        let objects: Vec<_> = digests
            .iter()
            .map(|(name, digest)| (uri::of_entry(name), media_types.get(name.as_str()), digest))
            .collect();
        let objects: Vec<_> = objects
            .iter()
            .map(|(uri, media_type, digest)| make::DataObject {
                uri,
                mime_type: media_type.copied().unwrap_or(UNKNOWN),
                digest,
            })
            .collect();
        // One person may sign twice in one second.
        let beside = self.signature_texts()?;
        Ok(make::detached(&objects, &Options { beside: &beside, ..options.clone() })?)
    }

    /// The XML signatures that are there.
    fn signature_texts(&self) -> Result<String, Error> {
        let names = self.records.iter().map(|record| record.name.as_str());
        let mut texts = String::new();
        for name in names.filter(|name| role(name) == Role::Xades) {
            texts.push_str(
                hsign_xml::decode(&self.bytes_of(name)?).map_err(hsign_xades::Error::from)?.as_str(),
            );
        }
        Ok(texts)
    }

    /// Puts the signature in: the document that [`Prepared::assemble`] gave, whose root is the signature. Returns its id.
    ///
    /// # Errors
    /// When it can't be read, or an archive time stamp covers the file it belongs into.
    pub fn add_xades(&mut self, signature: &[u8]) -> Result<String, Error> {
        let text = hsign_xml::decode(signature).map_err(hsign_xades::Error::from)?;
        let (element, own_id) = root_of(text.as_str())?;
        let (file, bytes) = match self.kind {
            ContainerType::AsicE => (self.free_name("signatures", ".xml"), around(&element)),
            ContainerType::AsicS if self.has(SINGLE_SIGNATURES) => {
                self.refuse_if_covered(SINGLE_SIGNATURES)?;
                (SINGLE_SIGNATURES.to_owned(), appended(&self.bytes_of(SINGLE_SIGNATURES)?, &element)?)
            }
            ContainerType::AsicS => (SINGLE_SIGNATURES.to_owned(), around(&element)),
        };
        // In a file of its own it is the only one, and has its id from the file and itself: nothing need be read for that.
        let id = own_id.filter(|_| !self.has(&file)).map(|id| format!("{file}#{id}"));
        let before = if id.is_some() { Vec::new() } else { self.signature_ids()? };
        if !self.has(LISTING) && self.kind == ContainerType::AsicE {
            let media_types = self.media_types();
            let files: Vec<_> = self
                .data_objects()
                .into_iter()
                .map(|name| {
                    let media_type =
                        media_types.get(name.as_str()).map(|media_type| (*media_type).to_owned());
                    (name, media_type)
                })
                .collect();
            let listing = manifest::write_listing(self.kind.media_type(), &files);
            self.set(LISTING, listing)?;
        }
        self.set(&file, bytes)?;
        if let Some(id) = id {
            return Ok(id);
        }
        let mut after = self.signature_ids()?.into_iter();
        after.find(|id| !before.contains(id)).ok_or(Error::Unfit("the XML has no signature"))
    }

    fn signature_ids(&self) -> Result<Vec<String>, Error> {
        Ok(self.facts()?.signatures.into_iter().map(|signature| signature.id).collect())
    }

    /// Changes the XML of a signature file.
    pub(super) fn change_xades(
        &mut self,
        file: &str,
        change: impl FnOnce(&[u8]) -> Result<Vec<u8>, hsign_xades::Error>,
    ) -> Result<(), Error> {
        self.refuse_if_covered(file)?;
        let changed = change(&self.bytes_of(file)?)?;
        self.set(file, changed)
    }

    /// Gives the files to whoever needs their octets again.
    pub(super) fn with_files<T>(
        &self,
        work: impl FnOnce(&DetachedContent<'_>) -> Result<T, hsign_xades::Error>,
    ) -> Result<T, Error> {
        let container = Container::open(self, Known::new())?;
        let names = self.data_objects();
        let files: Vec<(String, Unpacked<'_>)> =
            names.iter().filter_map(|name| Some((uri::of_entry(name), container.unpacked(name)?))).collect();
        let content =
            files.iter().fold(DetachedContent::new(), |content, (uri, file)| content.with(uri, file));
        Ok(work(&content)?)
    }
}

/// The text of the root element, and its Id.
fn root_of(text: &str) -> Result<(String, Option<String>), Error> {
    let document = Document::parse(text, &Limits::default()).map_err(hsign_xades::Error::from)?;
    let root = document.root();
    let id = root.attribute("", "Id").filter(|_| root.is(DSIG, "Signature"));
    Ok((root.source().to_owned(), id.map(|id| id.into_owned())))
}

fn around(element: &str) -> Vec<u8> {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    format!("{head}<asic:XAdESSignatures xmlns:asic=\"{ASIC}\">{element}</asic:XAdESSignatures>").into_bytes()
}

/// One more signature behind those that are there, nothing else changed.
fn appended(file: &[u8], element: &str) -> Result<Vec<u8>, Error> {
    let text = hsign_xml::decode(file).map_err(hsign_xades::Error::from)?;
    let document = Document::parse(text.as_str(), &Limits::default()).map_err(hsign_xades::Error::from)?;
    let end = document.root().content_range().map(|range| range.end);
    let end = end.ok_or(Error::Unfit("the signature file has no room for another signature"))?;
    let edit = hsign_xml::Edit::insert(end, element);
    Ok(hsign_xml::splice(file, &text, &[edit]).map_err(hsign_xades::Error::from)?)
}

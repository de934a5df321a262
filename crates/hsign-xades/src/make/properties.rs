//! Unsigned properties of a signature that is there: where new ones go, and whether they may.

use hsign_xml::{Document, Edit, Limits, Node, Text, decode, splice};

use super::prepared::Place;
use crate::Error;
use crate::names::{XADES_132, XADES_141};
use crate::qualifying::{self, Qualifying};
use crate::signatures::signatures;

/// A signature to be extended, where it stands.
pub(crate) struct Target<'d> {
    pub(crate) id: String,
    pub(crate) node: Node<'d>,
    pub(crate) document: &'d Document<'d>,
    pub(crate) properties: Qualifying<'d>,
}

impl<'d> Target<'d> {
    /// The signature called `id`, with properties of the edition that is written here.
    pub(crate) fn find(document: &'d Document<'d>, id: &str) -> Result<Self, Error> {
        let all = signatures(document).map_err(hsign_xml::Error::from)?;
        let found =
            all.into_iter().find(|found| found.id == id).ok_or_else(|| Error::NoSignature(id.to_owned()))?;
        let own_id = found.node.attribute("", "Id");
        let (properties, _) = qualifying::find(found.node, own_id.as_deref());
        let properties = properties
            .filter(|properties| properties.element.is(XADES_132, "QualifyingProperties"))
            .ok_or_else(|| Error::NotExtensible(id.to_owned()))?;
        Ok(Self { id: found.id, node: found.node, document, properties })
    }

    /// What puts `xml` behind the last unsigned signature property.
    pub(crate) fn insertion(&self, xml: &str) -> Result<Vec<Edit>, Error> {
        let element = self.properties.element;
        let Some(unsigned) = element.child(XADES_132, "UnsignedProperties") else {
            let whole = format!(
                "<xades:UnsignedProperties xmlns:xades=\"{XADES_132}\"><xades:UnsignedSignatureProperties>{xml}\
                 </xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
            );
            return Ok(Place::last_child(element)?.edits(&whole, ""));
        };
        if let Some(properties) = unsigned.child(XADES_132, "UnsignedSignatureProperties") {
            return Ok(Place::last_child(properties)?.edits(xml, ""));
        }
        let properties = format!(
            "<xades:UnsignedSignatureProperties xmlns:xades=\"{XADES_132}\">{xml}</xades:UnsignedSignatureProperties>"
        );
        // Before those about data objects (EN 319 132-1).
        Ok(match unsigned.content_range() {
            Some(content) => vec![Edit::insert(content.start, properties)],
            None => Place::last_child(unsigned)?.edits(&properties, ""),
        })
    }
}

/// The document with a property added behind the others of a signature. Refused where that would change what another
/// signature, or a stamp on it, covers.
pub(crate) fn add(
    document: &[u8],
    signature: &str,
    property: impl FnOnce(&Target<'_>, &str) -> Result<Option<String>, Error>,
) -> Result<Option<Vec<u8>>, Error> {
    let text = decode(document)?;
    let parsed = Document::parse(text.as_str(), &Limits::default())?;
    let target = Target::find(&parsed, signature)?;
    super::extend::refuse_covered(&target)?;
    let Some(xml) = property(&target, text.as_str())? else { return Ok(None) };
    set(document, &text, &target, &xml).map(Some)
}

fn set(document: &[u8], text: &Text<'_>, target: &Target<'_>, xml: &str) -> Result<Vec<u8>, Error> {
    Ok(splice(document, text, &target.insertion(xml)?)?)
}

/// An Id that stands nowhere in the text yet, made from what it is for.
pub(crate) fn fresh_id(text: &str, kind: &str, contents: &[u8]) -> String {
    let name = hsign_core::hex(&hsign_crypto::sha256(contents));
    let lengths = (8..name.len()).step_by(8).chain([name.len()]);
    let mut candidates = lengths.filter_map(|length| Some(format!("id{}-{kind}", name.get(..length)?)));
    // The same contents may stand there twice.
    candidates
        .find(|candidate| !text.contains(candidate.as_str()))
        .unwrap_or_else(|| format!("id{name}-{kind}-{}", text.len()))
}

/// The declarations that a property brings along: nothing is taken from where it goes.
pub(crate) fn declarations() -> String {
    format!("xmlns:xades=\"{XADES_132}\" xmlns:xades141=\"{XADES_141}\"")
}

//! The octets under the imprints of time stamps (EN 319 132-1). Making and reading share them.
//!
//! Elements are canonicalised where they stand, so that inclusive forms take the namespaces in scope along.

use hsign_xml::dsig::{Context, Resolver, Signature, Unresolved};
use hsign_xml::{CanonicalizationMethod, Document, IdAttribute, Ids, Limits, Node, NodeSet, canonicalize};

use crate::Error;
use crate::names::{DS, Edition};
use crate::qualifying::{self, Qualifying};

pub(crate) type Sink<'s> = dyn FnMut(&[u8]) + 's;

/// What a stamp in a signature can cover.
pub(crate) struct Subject<'s, 'd> {
    pub(crate) signature: &'s Signature<'d>,
    pub(crate) qualifying: &'s Qualifying<'d>,
    pub(crate) context: Context<'s, 'd>,
}

/// A part of an imprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'d> {
    /// An element with everything in it.
    Element(Node<'d>),
    /// What a reference of SignedInfo gives, by its index.
    Reference(usize),
}

impl<'d> Subject<'_, 'd> {
    /// The octets of one part.
    pub(crate) fn part(
        &self,
        part: Part<'d>,
        method: &CanonicalizationMethod,
        sink: &mut Sink<'_>,
    ) -> Result<(), Unresolved> {
        match part {
            Part::Element(node) => element(node, method, sink),
            Part::Reference(index) => {
                let reference = self.signature.references.get(index).ok_or(Unresolved::NotFound)?;
                reference.process(&self.context, method, sink)?;
            }
        }
        Ok(())
    }

    /// What every archive time stamp begins with: the references in order, SignedInfo, SignatureValue, KeyInfo.
    pub(crate) fn archive_start(&self) -> Vec<Part<'d>> {
        let references = (0..self.signature.references.len()).map(Part::Reference);
        let key_info = self.signature.key_info.as_ref().map(|key_info| key_info.node);
        let own = [Some(self.signature.signed_info), Some(self.signature.value_node), key_info];
        references.chain(own.into_iter().flatten().map(Part::Element)).collect()
    }

    /// What every archive time stamp ends with: the objects, but for the one with the properties; before 1.4.1 those
    /// too that a reference covers.
    pub(crate) fn archive_end(&self, edition: Edition) -> Vec<Part<'d>> {
        let holds_properties = |object: &&Node<'d>| object.contains(self.qualifying.element);
        let objects = self.signature.objects.iter().filter(|object| !holds_properties(object));
        objects
            .filter(|object| edition >= Edition::V1_4_1 || !self.is_referenced(**object))
            .map(|object| Part::Element(*object))
            .collect()
    }

    fn is_referenced(&self, object: Node<'d>) -> bool {
        let Some(id) = object.attribute("", "Id") else { return false };
        let names = |uri: &str| uri.strip_prefix('#').is_some_and(|fragment| fragment == id);
        self.signature.references.iter().any(|reference| reference.uri.as_deref().is_some_and(names))
    }
}

/// An element in canonical form.
pub(crate) fn element(node: Node<'_>, method: &CanonicalizationMethod, sink: &mut Sink<'_>) {
    canonicalize(&NodeSet::subtree(node), method, sink);
}

/// What a signature time stamp covers: SignatureValue.
///
/// # Errors
/// When there is no SignatureValue.
pub(crate) fn signature_timestamp(
    signature: Node<'_>,
    method: &CanonicalizationMethod,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let value = signature.child(DS, "SignatureValue");
    let missing = hsign_xml::Error::NotASignature("a ds:Signature without SignatureValue");
    element(value.ok_or(missing)?, method, sink);
    Ok(())
}

/// What an archive time stamp of 1.4.1 covers that stands behind the first `before` unsigned properties.
///
/// # Errors
/// When the signature can't be read or something that it covers isn't at hand.
pub(crate) fn archive_timestamp<'d>(
    document: &'d Document<'d>,
    signature: Node<'d>,
    before: usize,
    method: &CanonicalizationMethod,
    resolver: &dyn Resolver,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let ids = Ids::declared(document, &IdAttribute::USUAL);
    let signature = Signature::read(signature)?;
    let missing = || Error::NotExtensible(signature.id.clone().unwrap_or_default());
    let (qualifying, _) = qualifying::find(signature.node, signature.id.as_deref());
    let qualifying = qualifying.ok_or_else(missing)?;
    let limits = Limits::default();
    let context = Context { document, ids: &ids, resolver, limits: &limits };
    let subject = Subject { signature: &signature, qualifying: &qualifying, context };
    let properties = qualifying.unsigned.iter().take(before).map(|property| Part::Element(*property));
    let parts = subject.archive_start().into_iter().chain(properties);
    for part in parts.chain(subject.archive_end(Edition::V1_4_1)) {
        let written = subject.part(part, method, sink);
        written.map_err(|_| Error::DataNotFound(subject.name(part)))?;
    }
    Ok(())
}

impl Subject<'_, '_> {
    fn name(&self, part: Part<'_>) -> String {
        match part {
            Part::Element(node) => node.name().1.to_owned(),
            Part::Reference(index) => {
                self.signature.references.get(index).map(|reference| reference.name()).unwrap_or_default()
            }
        }
    }
}

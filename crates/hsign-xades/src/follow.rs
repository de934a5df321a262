//! References of one signature, for making: their digests, what they cover, and the octets under one of them.

use hsign_core::{Digest, DigestAlgorithm};
use hsign_xml::dsig::{Context, NoExternal, Reference, Signature, What};
use hsign_xml::{
    CanonicalizationMethod, Document, Found, IdAttribute, Ids, Limits, Node, NodeSet, canonical_octets,
};

use crate::Error;
use crate::names::{DS, is_xades};
use crate::signatures::signatures;

/// A reference that was followed within the document.
pub(crate) struct Followed<'d> {
    pub(crate) name: String,
    /// Whether the data have the digest that the reference gives.
    pub(crate) holds: bool,
    /// What it covers of the document.
    pub(crate) nodes: Option<NodeSet<'d>>,
}

/// Follows every reference. Data outside the document don't hold here.
pub(crate) fn all<'d>(document: &'d Document<'d>, signature: Node<'d>) -> Result<Vec<Followed<'d>>, Error> {
    let read = Signature::read(signature)?;
    with_context(document, |context| {
        let follow = |reference: &Reference<'d>| {
            let resolved = reference.actual(context);
            Followed {
                name: reference.name(),
                holds: resolved.digest.is_ok_and(|digest| digest == reference.expected()),
                nodes: resolved.what.and_then(|what| what.nodes().cloned()),
            }
        };
        Ok(read.references.iter().map(follow).collect())
    })
}

/// The first signature of `before` that has references which hold there and no longer in `after`. Signatures keep their
/// order; what can't be read has nothing to lose.
pub(crate) fn broken(before: &Document<'_>, after: &Document<'_>) -> Result<Option<String>, Error> {
    let later = signatures(after).map_err(hsign_xml::Error::from)?;
    for earlier in signatures(before).map_err(hsign_xml::Error::from)? {
        let Ok(then) = all(before, earlier.node) else { continue };
        let now = later.iter().find(|later| later.node.source() == earlier.node.source());
        let now = now.and_then(|now| all(after, now.node).ok()).unwrap_or_default();
        let holds_now = |index: usize| now.get(index).is_some_and(|reference| reference.holds);
        if then.iter().enumerate().any(|(index, reference)| reference.holds && !holds_now(index)) {
            return Ok(Some(earlier.id));
        }
    }
    Ok(None)
}

/// What a signature covers of the document, nothing hashed: by its references, those of manifests in it, and the parts that
/// its time stamps spell out.
pub(crate) fn covered<'d>(document: &'d Document<'d>, signature: Node<'d>) -> Vec<NodeSet<'d>> {
    with_context(document, |context| {
        let nodes = |reference: Node<'d>| {
            let reference = Reference::read(reference).ok()?;
            match reference.process(context, &CanonicalizationMethod::DEFAULT, &mut |_| {}).ok()? {
                What::Nodes(set) | What::Base64Of(set) => Some(set),
                _ => None,
            }
        };
        let included = |include: Node<'d>| {
            let uri = include.attribute("", "URI")?;
            match context.ids.find(uri.trim().strip_prefix('#')?) {
                Found::Element(node) => Some(NodeSet::subtree(node)),
                _ => None,
            }
        };
        let references = signature.descendants_named(DS, "Reference").filter_map(nodes);
        let includes = signature.descendants().filter(|node| is_xades(*node, "Include")).filter_map(included);
        references.chain(includes).collect()
    })
}

/// Digests for references that are being made: known ones for data outside, computed ones for the rest.
pub(crate) fn digests<'d>(
    document: &'d Document<'d>,
    signature: Node<'d>,
    algorithm: DigestAlgorithm,
    known: &[Option<Digest>],
) -> Result<Vec<Vec<u8>>, Error> {
    let read = Signature::read(signature)?;
    with_context(document, |context| {
        let one = |(reference, known): (&Reference<'d>, &Option<Digest>)| {
            if let Some(known) = known {
                return Ok(known.value.0.clone());
            }
            let resolved = reference.actual_with(context, algorithm);
            let digest = resolved.digest.map_err(|_| Error::DataNotFound(reference.name()))?;
            Ok(digest.value.0)
        };
        read.references.iter().zip(known).map(one).collect()
    })
}

/// The digest that a reference written elsewhere has in `document`; it names no Id and nothing by its own place.
pub(crate) fn digest_through(document: &Document<'_>, reference: Node<'_>) -> Result<Digest, Error> {
    let reference = Reference::read(reference)?;
    let (ids, limits) = (Ids::default(), Limits::default());
    let context = Context { document, ids: &ids, resolver: &NoExternal, limits: &limits };
    let digest = reference.actual(&context).digest;
    digest.map_err(|_| Error::DataNotFound(reference.name()))
}

/// The octets of the reference that covers exactly `element`. They are taken once; it is these whose digest is compared.
pub(crate) fn octets_over<'d>(
    document: &'d Document<'d>,
    signature: Node<'d>,
    element: Node<'d>,
) -> Result<Vec<u8>, Error> {
    let read = Signature::read(signature)?;
    let name = element.name().1;
    with_context(document, |context| {
        for reference in &read.references {
            let mut octets = Vec::new();
            let mut take = |piece: &[u8]| octets.extend_from_slice(piece);
            let Ok(what) = reference.process(context, &CanonicalizationMethod::DEFAULT, &mut take) else {
                continue;
            };
            if !what.nodes().is_some_and(|set| set.apex() == element && set.contains_whole(element)) {
                continue;
            }
            let expected = reference.expected();
            let digest = hsign_crypto::digest(expected.algorithm, &octets)?;
            if reference.digest_algorithm.is_some() && digest == expected {
                return Ok(octets);
            }
            return Err(Error::DataChanged(name.to_owned()));
        }
        Err(Error::DataNotFound(name.to_owned()))
    })
}

/// Digest of an element, as a reference to it would have.
pub(crate) fn digest_of(
    element: Node<'_>,
    method: &CanonicalizationMethod,
    algorithm: DigestAlgorithm,
) -> Result<Digest, Error> {
    let octets = canonical_octets(&NodeSet::subtree(element).without_comments(), method);
    Ok(hsign_crypto::digest(algorithm, &octets)?)
}

fn with_context<'d, T>(document: &'d Document<'d>, work: impl FnOnce(&Context<'_, 'd>) -> T) -> T {
    let ids = Ids::declared(document, &IdAttribute::USUAL);
    let limits = Limits::default();
    work(&Context { document, ids: &ids, resolver: &NoExternal, limits: &limits })
}

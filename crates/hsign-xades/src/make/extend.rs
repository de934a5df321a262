//! Whether a signature may grow: not where another one, or a stamp on it, covers it as it is.

use hsign_xml::{Document, Limits, Node, NodeSet, decode};

use super::properties::Target;
use crate::names::{is_xades, xades};
use crate::signatures::signatures;
use crate::{Error, follow};

/// The signatures of a document that can't be extended, since others cover them as they are.
///
/// # Errors
/// When the document can't be read.
pub fn closed(document: &[u8]) -> Result<Vec<String>, Error> {
    let text = decode(document)?;
    let parsed = Document::parse(text.as_str(), &Limits::default())?;
    let all = signatures(&parsed).map_err(hsign_xml::Error::from)?;
    if all.len() < 2 {
        return Ok(Vec::new());
    }
    let is_closed = |id: &String| {
        Target::find(&parsed, id)
            .is_ok_and(|target| matches!(refuse_covered(&target), Err(Error::Covered { .. })))
    };
    Ok(all.into_iter().map(|found| found.id).filter(is_closed).collect())
}

/// Refused where a new unsigned property would change what something else covers.
pub(crate) fn refuse_covered(target: &Target<'_>) -> Result<(), Error> {
    let grows = target.properties.element;
    let refused =
        |covering: &str| Error::Covered { signature: target.id.clone(), covering: covering.to_owned() };
    for other in signatures(target.document).map_err(hsign_xml::Error::from)? {
        let changes = |set: &NodeSet<'_>| set.contains(grows);
        if follow::covered(target.document, other.node).iter().any(changes) {
            return Err(refused(&other.id));
        }
        if other.node != target.node && is_stamped_around(other.node, grows) {
            return Err(refused(&other.id));
        }
    }
    Ok(())
}

/// Whether an archive time stamp of `outer` covers what is inside one of its properties or objects.
fn is_stamped_around(outer: Node<'_>, inner: Node<'_>) -> bool {
    if !outer.contains(inner) {
        return false;
    }
    let stamps = outer.descendants().filter(|node| {
        xades(*node).is_some_and(|(_, name)| name.starts_with("ArchiveTimeStamp"))
            && owner(*node) == Some(outer)
    });
    stamps.into_iter().any(|stamp| {
        let later_property = stamp.parent().filter(|parent| parent.contains(inner));
        match later_property {
            // Inside the properties: those before the stamp are covered.
            Some(_) => inner.range().start < stamp.range().start,
            // In an object beside them.
            None => !is_inside_properties(outer, inner),
        }
    })
}

fn owner(node: Node<'_>) -> Option<Node<'_>> {
    node.ancestors().find(|ancestor| ancestor.is(crate::names::DS, "Signature"))
}

fn is_inside_properties(outer: Node<'_>, inner: Node<'_>) -> bool {
    inner
        .ancestors()
        .take_while(|node| *node != outer)
        .any(|node| is_xades(node, "QualifyingProperties") && owner(node) == Some(outer))
}

//! All signatures of an XML document, and what stands inside what.

use std::collections::HashMap;

use hsign_core::facts::{Coverage, Covered, DocumentFacts, DocumentFormat, SignatureFacts};
use hsign_core::{BudgetExhausted, Digest, DigestAlgorithm, Finding, Source, read_all};
use hsign_crypto::sha256;
use hsign_xml::dsig::{Context, Resolver};
use hsign_xml::{Document, IdAttribute, Ids, Kind, Limits, Node, Text, decode};

use crate::content::DetachedContent;
use crate::names::DS;
use crate::places::Places;
use crate::signature::{self, Read, Work};
use crate::signatures::{Found, signatures};
use crate::{Error, eprescription, foreign};

const CLAUSE: &str = "EN 319 132-1";

/// Reads everything from an XML document with signatures. `content` has the data that detached signatures and
/// manifests name; what it lacks stays open.
///
/// # Errors
/// When the source can't be read, isn't XML without DTD in an encoding that is read, or asks for too much work.
pub fn read_facts(source: &dyn Source, content: &DetachedContent<'_>) -> Result<DocumentFacts, Error> {
    read_facts_in(&read_all(source)?, content)
}

/// The same of a document that is in memory.
///
/// # Errors
/// As [`read_facts`].
pub fn read_facts_in(bytes: &[u8], content: &DetachedContent<'_>) -> Result<DocumentFacts, Error> {
    let text = decode(bytes)?;
    let document = Document::parse(text.as_str(), &Limits::default())?;
    facts_of(bytes, &text, &document, content)
}

/// The same of a tree.
pub(crate) fn facts_of(
    bytes: &[u8],
    text: &Text<'_>,
    document: &Document<'_>,
    content: &DetachedContent<'_>,
) -> Result<DocumentFacts, Error> {
    let view = content.for_references(external_uris(document).into_iter());
    facts(bytes, text, document, &view, &Limits::default())
}

/// The same with data outside the document from anywhere: the entries of a container.
///
/// # Errors
/// As [`read_facts`].
pub fn read_facts_with(bytes: &[u8], resolver: &dyn Resolver) -> Result<DocumentFacts, Error> {
    let text = decode(bytes)?;
    let limits = Limits::default();
    let document = Document::parse(text.as_str(), &limits)?;
    facts(bytes, &text, &document, resolver, &limits)
}

/// URIs of references, in manifests too, that lead out of the document.
fn external_uris(document: &Document<'_>) -> Vec<Option<String>> {
    let references = document.node().descendants_named(DS, "Reference");
    let uris = references.map(|node| node.attribute("", "URI").map(|uri| uri.into_owned()));
    uris.filter(|uri| uri.as_ref().is_none_or(|uri| !uri.is_empty() && !uri.starts_with('#'))).collect()
}

fn facts(
    bytes: &[u8],
    text: &Text<'_>,
    document: &Document<'_>,
    resolver: &dyn Resolver,
    limits: &Limits,
) -> Result<DocumentFacts, Error> {
    let document: &Document<'_> = document;
    let ids = Ids::declared(document, &IdAttribute::USUAL);
    let context = Context { document, ids: &ids, resolver, limits };
    let found = signatures(document)?;
    let mut work = Work::for_length(bytes.len() as u64);
    let mut read = Vec::with_capacity(found.len());
    for one in &found {
        read.push(signature::read(one, context, &ids, &mut work)?);
    }
    countersignatures(&mut read);
    for one in &mut read {
        place(document, one);
    }
    let mut findings = findings(text, document, &found);
    let is_covered = |node| read.iter().any(|one| one.covered.iter().any(|what| what.covers(node)));
    if !read.is_empty() {
        findings.extend(foreign::check(document.root(), &found, &is_covered));
    }
    if read.iter().any(|one| one.facts.profile.is_some()) {
        findings.extend(eprescription::check_whole(document.root()));
    }
    let format = match (read.is_empty(), read.iter().any(|one| one.has_properties)) {
        (true, _) => DocumentFormat::None,
        (false, true) => DocumentFormat::Xades,
        (false, false) => DocumentFormat::Xmldsig,
    };
    let sha256 = Digest::new(DigestAlgorithm::Sha256, sha256(bytes).to_vec());
    Ok(DocumentFacts {
        signatures: with_coverage(read, &mut work)?,
        findings,
        ..DocumentFacts::new(format, bytes.len() as u64, vec![sha256])
    })
}

/// Which signature each countersignature is over.
fn countersignatures(read: &mut [Read<'_>]) {
    let values: HashMap<usize, String> =
        read.iter().filter_map(|one| Some((one.value_node?.range().start, one.facts.id.clone()))).collect();
    for one in read {
        let over = one.countersigned.iter().find_map(|value| values.get(&value.range().start));
        // In the properties of a signature it is to be over that one and no other.
        let holder = one.holder().and_then(|signature| signature.child(DS, "SignatureValue"));
        let beside = holder.is_none_or(|value| one.countersigned.contains(&value));
        match over {
            Some(over) if beside => {
                one.facts.countersigns = Some(over.clone());
                if one.signs_values_only {
                    one.facts.coverage = Coverage::Signature;
                }
            }
            _ if one.claims_countersigning => {
                let elsewhere = Finding::error("xades-countersignature-elsewhere").clause(CLAUSE);
                one.facts.findings.push(elsewhere);
            }
            _ => {}
        }
    }
}

impl<'d> Read<'d> {
    /// The signature in whose CounterSignature property this one stands.
    fn holder(&self) -> Option<Node<'d>> {
        let parent = self.node.parent()?;
        crate::names::is_xades(parent, "CounterSignature")
            .then(|| parent.ancestors().find(|node| node.is(DS, "Signature")))?
    }
}

/// What the profile of the document says about the signature's place; else, what the signature leaves out.
fn place<'d>(document: &'d Document<'d>, read: &mut Read<'d>) {
    let has_place = eprescription::has_place(document, read.node);
    let covered = read.covered.iter().filter(|_| has_place).filter_map(|what| what.nodes().cloned());
    let covered: Vec<_> = covered.collect();
    let profile = eprescription::describe(document, read.node, read.signature.as_ref(), &covered);
    let fits = profile.as_ref().is_some_and(|profile| profile.fits);
    if let Some(profile) = profile {
        read.facts.profile = fits.then(|| eprescription::PROFILE.to_owned());
        if fits {
            let is_covered = |node| read.covered.iter().any(|what| what.covers(node));
            read.facts.findings.extend(eprescription::unsigned_objects(read.node, &is_covered));
        }
        read.facts.document_class = profile.document_class.map(str::to_owned);
        read.facts.findings.extend(profile.findings);
    }
    let uncovered = read.uncovered.filter(|_| !fits && read.facts.coverage == Coverage::Partial);
    if let Some(uncovered) = uncovered {
        read.facts.findings.push(Finding::warning("xml-not-covered").with("place", uncovered.location()));
    }
}

/// Names what each time stamp covers. A stamp over the value of a signature covers, through sound references, what
/// that value signs: other signatures with their stamps and evidence.
fn with_coverage(read: Vec<Read<'_>>, work: &mut Work) -> Result<Vec<SignatureFacts>, BudgetExhausted> {
    if read.iter().all(|one| one.stamps.is_empty()) {
        return Ok(read.into_iter().map(|one| one.facts).collect());
    }
    let places = Places::new(read.iter().flat_map(Read::items).collect());
    let mut signatures = Vec::with_capacity(read.len());
    for one in read {
        let Read { mut facts, stamps, signed_regions, value_node, .. } = one;
        let mut signed: Option<Vec<Covered>> = None;
        for mut stamp in stamps {
            let mut covers: Vec<Covered> = stamp.own_coverage(&facts.id).into_iter().collect();
            for region in &stamp.regions {
                covers.extend(places.inside(region, &mut work.covered)?);
            }
            let over_value = |covered: &Covered| matches!(covered, Covered::SignatureValue { signature } if *signature == facts.id);
            if value_node.is_some() && covers.iter().any(over_value) {
                let inside = match &signed {
                    Some(inside) => inside,
                    None => signed.insert(all_inside(&places, &signed_regions, work)?),
                };
                work.covered.spend(inside.len() as u64)?;
                covers.extend(inside.iter().cloned());
            }
            covers.sort();
            covers.dedup();
            stamp.facts.covers = covers;
            facts.timestamps.push(stamp.facts);
        }
        signatures.push(facts);
    }
    Ok(signatures)
}

fn all_inside<'d>(
    places: &Places<'d>,
    regions: &[crate::places::Region<'d>],
    work: &mut Work,
) -> Result<Vec<Covered>, BudgetExhausted> {
    let mut inside = Vec::new();
    for region in regions {
        inside.extend(places.inside(region, &mut work.covered)?);
    }
    Ok(inside)
}

fn findings(text: &Text<'_>, document: &Document<'_>, found: &[Found<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if text.is_read_differently() {
        let finding = Finding::warning("xml-characters-read-differently");
        findings.push(finding.with("encoding", text.encoding().label()));
    }
    if !found.is_empty()
        && let Some(comment) = comment_in_text(document)
    {
        let place = comment.parent().map(Node::location).unwrap_or_default();
        findings.push(Finding::error("xml-comment-inside-text").with("place", place));
    }
    findings
}

/// A comment between two pieces of a simple value: canonical forms leave it out and join them, while a reader may take
/// the first piece for all. In mixed content nobody expects one piece.
fn comment_in_text<'d>(document: &'d Document<'d>) -> Option<Node<'d>> {
    let is_text = |node: &Node<'_>| node.kind() == Kind::Text && !node.text().trim().is_empty();
    let splits = |parent: Node<'d>| {
        parent.is_element()
            && parent.elements().next().is_none()
            && parent.children().filter(is_text).nth(1).is_some()
    };
    let mut nodes = document.node().descendants();
    nodes.find(|node| node.kind() == Kind::Comment && node.parent().is_some_and(splits))
}

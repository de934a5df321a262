//! Signatures in the document that they sign.
//!
//! What a new one covers doesn't depend on it, since it leaves itself out. So the digest is taken from the document as
//! it is, and the signature is drafted in nothing but the tags around its place: of a large document one tree is made.

use hsign_core::facts::DocumentFacts;
use hsign_core::{Digest, DigestAlgorithm};
use hsign_xml::{CanonicalizationMethod, Document, Found, IdAttribute, Ids, Limits, Node, Text, decode};

use super::Options;
use super::markup::{ReferencePlan, digest_elements, transform};
use super::packaging::XML;
use super::prepared::{Place, Prepared};
use crate::document::facts_of;
use crate::names::DS;
use crate::signatures::signatures;
use crate::{DetachedContent, Error, follow};

const ENVELOPED_SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";

/// Where an enveloped signature goes and what it leaves out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Enveloped<'a> {
    /// The id of the element that gets it as its last child; the root element when none is given. What is signed is the
    /// whole document either way.
    pub within: Option<&'a str>,
    /// Covers the signatures that are there already, too. Then none of them can be extended any more, and no further one
    /// be added, without breaking this one. Otherwise every signature is left out, and each stands for itself.
    pub over_signatures: bool,
}

/// A signature in the document that it signs.
///
/// # Errors
/// When the document can't be read, `within` doesn't lead to one element, or the new signature would break one that is
/// there.
pub fn enveloped(document: &[u8], request: &Enveloped<'_>, options: &Options<'_>) -> Result<Prepared, Error> {
    let text = decode(document)?;
    let method = options.canonicalization.clone();
    let sha256 = hsign_crypto::sha256(document).to_vec();
    Envelope::in_tree(&parsed(&text)?, sha256, request, options.digest, method)?.prepare(document, options)
}

/// A document that is to get a signature: what has to be known of it for that, once its tree is gone.
#[derive(Clone, Debug)]
pub struct Envelope {
    place: Place,
    /// Start tags of the elements that the place is in, and their end tags.
    tags: (String, String),
    transforms: Vec<String>,
    canonicalization: CanonicalizationMethod,
    /// Of what the signature will cover.
    data: Digest,
    has_signatures: bool,
    /// Of the document.
    sha256: Vec<u8>,
}

impl Envelope {
    /// Reads a document once, for the facts of it as it is and for a signature with that hash function and exclusive
    /// C14N.
    ///
    /// # Errors
    /// When the document can't be read, or has no place for the signature.
    pub fn open(
        document: &[u8],
        request: &Enveloped<'_>,
        digest: DigestAlgorithm,
    ) -> Result<(Self, DocumentFacts), Error> {
        let text = decode(document)?;
        let parsed = parsed(&text)?;
        let facts = facts_of(document, &text, &parsed, &DetachedContent::new())?;
        let known = facts.digests.iter().find(|digest| digest.algorithm == DigestAlgorithm::Sha256);
        let sha256 = known
            .map_or_else(|| hsign_crypto::sha256(document).to_vec(), |known| known.value.as_slice().to_vec());
        let envelope = Self::in_tree(&parsed, sha256, request, digest, CanonicalizationMethod::EXCLUSIVE)?;
        Ok((envelope, facts))
    }

    fn in_tree(
        document: &Document<'_>,
        sha256: Vec<u8>,
        request: &Enveloped<'_>,
        digest: DigestAlgorithm,
        canonicalization: CanonicalizationMethod,
    ) -> Result<Self, Error> {
        // A document that is a signature has no place for a further one (XMLDSig §4.1).
        if document.root().is(DS, "Signature") {
            let id = document.root().attribute("", "Id").unwrap_or_default().into_owned();
            return Err(Error::Breaks(id));
        }
        let within = match request.within {
            None => document.root(),
            Some(id) => element(document, id)?,
        };
        let filter = match request.over_signatures {
            true => transform(ENVELOPED_SIGNATURE),
            false => format!(
                "<ds:Transform Algorithm=\"{XPATH}\"><ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform>"
            ),
        };
        let transforms = vec![filter, transform(canonicalization.uri())];
        Ok(Self {
            place: Place::last_child(within)?,
            tags: tags(within),
            data: covered(document, &transforms, digest)?,
            transforms,
            canonicalization,
            has_signatures: !signatures(document).map_err(hsign_xml::Error::from)?.is_empty(),
            sha256,
        })
    }

    /// The signature in `document`, the one that was read. Of the options, hash function and canonicalization don't
    /// count.
    ///
    /// # Errors
    /// When the signature can't be written with these algorithms, or would break one that is there.
    pub fn prepare(&self, document: &[u8], options: &Options<'_>) -> Result<Prepared, Error> {
        let canonicalization = self.canonicalization.clone();
        let options = Options { digest: self.data.algorithm, canonicalization, ..options.clone() };
        let text = decode(document)?;
        let stem = options.stem_known(text.as_str(), &self.sha256);
        let reference = ReferencePlan {
            id: format!("{stem}-Reference-1"),
            uri: String::new(),
            kind: None,
            transforms: self.transforms.clone(),
            mime_type: Some(XML.to_owned()),
            known: Some(self.data.clone()),
        };
        let plan = options.plan(stem.clone(), stem, vec![reference], Vec::new())?;
        let (before, after) = &self.tags;
        let draft = [before, plan.opening(&[], &[])?.as_str(), &plan.closing()?, after].concat();
        let prepared = Prepared::by_draft(&draft, document.to_vec(), self.place.clone(), plan, &options)?;
        if self.has_signatures { prepared.keeping_others() } else { Ok(prepared) }
    }
}

fn parsed<'t>(text: &'t Text<'_>) -> Result<Document<'t>, Error> {
    Ok(Document::parse(text.as_str(), &Limits::default())?)
}

fn element<'d>(document: &'d Document<'d>, id: &str) -> Result<Node<'d>, Error> {
    match Ids::declared(document, &IdAttribute::USUAL).find(id) {
        Found::Element(node) => Ok(node),
        Found::Several => Err(Error::NoElement { id: id.to_owned(), count: 2 }),
        Found::Nothing => Err(Error::NoElement { id: id.to_owned(), count: 0 }),
    }
}

/// The tags around what is in `element`: all that a canonical form takes over from outside stands in them.
fn tags(element: Node<'_>) -> (String, String) {
    let mut around: Vec<Node<'_>> = std::iter::once(element).chain(element.ancestors()).collect();
    let after = around.iter().map(|node| format!("</{}>", node.qualified_name())).collect();
    around.reverse();
    (around.into_iter().map(start_tag).collect(), after)
}

fn start_tag(element: Node<'_>) -> String {
    let source = element.source();
    match element.content_range() {
        Some(content) => source.get(..content.start - element.range().start).unwrap_or_default().to_owned(),
        None => format!("{}>", source.trim_end_matches("/>")),
    }
}

/// What a reference to the whole document with these transforms gives, by the same steps as when it is verified.
fn covered(
    document: &Document<'_>,
    transforms: &[String],
    algorithm: DigestAlgorithm,
) -> Result<Digest, Error> {
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{DS}\"><ds:Reference URI=\"\"><ds:Transforms>{}</ds:Transforms>{}</ds:Reference></ds:Signature>",
        transforms.concat(),
        digest_elements(algorithm, "")?
    );
    let signature = Document::parse(&signature, &Limits::default())?;
    let reference = signature.root().child(DS, "Reference").unwrap_or_else(|| signature.root());
    follow::digest_through(document, reference)
}

use std::ops::Range;

use hsign_core::SignatureAlgorithm;
use hsign_xml::{Document, Edit, Limits, Node, NodeSet, Text, canonical_octets, decode, splice};

use super::Options;
use super::algorithms::signature_value;
use super::markup::Plan;
use crate::names::DS;
use crate::{Error, follow};

/// A document with a signature that only lacks its value.
#[derive(Clone, Debug)]
pub struct Prepared {
    document: Vec<u8>,
    place: Place,
    plan: Plan,
    digests: Vec<Vec<u8>>,
    to_be_signed: Vec<u8>,
    algorithm: SignatureAlgorithm,
    signer_certificate: Vec<u8>,
}

/// Where in the text a signature goes.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// What the first part of the signature takes the place of: nothing, or the end of an empty element's tag.
    range: Range<usize>,
    before: &'static str,
    after: String,
    /// Where the rest goes, when the signature is around something.
    end: Option<usize>,
}

impl Place {
    /// At a position.
    pub(crate) fn at(position: usize) -> Self {
        Self { range: position..position, before: "", after: String::new(), end: None }
    }

    /// At the end of an element's content. An element written as one tag gets an end tag.
    pub(crate) fn last_child(element: Node<'_>) -> Result<Self, Error> {
        if let Some(content) = element.content_range() {
            return Ok(Self::at(content.end));
        }
        let end = element.range().end;
        let slash = end.checked_sub(2).ok_or(hsign_xml::Error::NoSuchPlace(end))?;
        let after = format!("</{}>", element.qualified_name());
        Ok(Self { range: slash..end, before: ">", after, end: None })
    }

    fn around(range: Range<usize>) -> Self {
        Self { end: Some(range.end), ..Self::at(range.start) }
    }

    /// The edits that set `opening` and `closing` there.
    pub(crate) fn edits(&self, opening: &str, closing: &str) -> Vec<Edit> {
        let Self { range, before, after, end } = self;
        match end {
            None => vec![Edit { range: range.clone(), xml: format!("{before}{opening}{closing}{after}") }],
            Some(end) => {
                vec![Edit::insert(range.start, opening), Edit::insert(*end, format!("</ds:Object>{closing}"))]
            }
        }
    }
}

impl Prepared {
    /// What the signature value is made over: SignedInfo in canonical form.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// The Id of the signature.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.plan.id
    }

    /// The document with its signature, level B-B. `value` is in the form [`hsign_core::ports::Signer`] gives it.
    ///
    /// # Errors
    /// When it isn't a value of the algorithm.
    pub fn assemble(&self, value: &[u8]) -> Result<Vec<u8>, Error> {
        self.assemble_with(&signature_value(&self.algorithm, value, &self.signer_certificate)?)
    }

    fn assemble_with(&self, value: &[u8]) -> Result<Vec<u8>, Error> {
        let edits = self.place.edits(&self.plan.opening(&self.digests, value)?, &self.plan.closing()?);
        Ok(splice(&self.document, &decode(&self.document)?, &edits)?)
    }

    pub(crate) fn in_document(
        document: Vec<u8>,
        text: &Text<'_>,
        place: Place,
        plan: Plan,
        options: &Options<'_>,
    ) -> Result<Self, Error> {
        let edits = place.edits(&plan.opening(&[], &[])?, &plan.closing()?);
        let draft = splice(&document, text, &edits)?;
        let draft = decode(&draft)?;
        Self::by_draft(draft.as_str(), document, place, plan, options)
    }

    /// By a text in which the signature stands without its digests and value, as it will in the document: what the plan
    /// does not know of the data is taken from there.
    pub(crate) fn by_draft(
        draft: &str,
        document: Vec<u8>,
        place: Place,
        plan: Plan,
        options: &Options<'_>,
    ) -> Result<Self, Error> {
        let parsed = Document::parse(draft, &Limits::default())?;
        let signature = own(&parsed, &plan.id)?;
        let known: Vec<_> = plan.references.iter().map(|reference| reference.known.clone()).collect();
        let digests = follow::digests(&parsed, signature, plan.digest, &known)?;
        let signed_info =
            signature.child(DS, "SignedInfo").ok_or_else(|| Error::NoSignature(plan.id.clone()))?;
        let blank =
            canonical_octets(&NodeSet::subtree(signed_info).without_comments(), &plan.canonicalization);
        let to_be_signed = plan.fill(&blank, &digests);
        Ok(Self {
            document,
            place,
            plan,
            digests,
            to_be_signed,
            algorithm: options.algorithm.clone(),
            signer_certificate: options.signer_certificate.to_vec(),
        })
    }

    /// Refused where a signature that is there would break.
    pub(crate) fn keeping_others(self) -> Result<Self, Error> {
        let after = self.assemble_with(&[])?;
        let (before, after) = (decode(&self.document)?, decode(&after)?);
        let before = Document::parse(before.as_str(), &Limits::default())?;
        let after = Document::parse(after.as_str(), &Limits::default())?;
        match follow::broken(&before, &after)? {
            Some(broken) => Err(Error::Breaks(broken)),
            None => Ok(self),
        }
    }

    pub(crate) fn around(
        document: Vec<u8>,
        text: &Text<'_>,
        content: Range<usize>,
        plan: Plan,
        options: &Options<'_>,
    ) -> Result<Self, Error> {
        Self::in_document(document, text, Place::around(content), plan, options)
    }
}

/// The signature that was just set in.
fn own<'d>(document: &'d Document<'d>, id: &str) -> Result<Node<'d>, Error> {
    let mut found = document
        .node()
        .descendants_named(DS, "Signature")
        .filter(|signature| signature.attribute("", "Id").as_deref() == Some(id));
    found.next().ok_or_else(|| Error::NoSignature(id.to_owned()))
}

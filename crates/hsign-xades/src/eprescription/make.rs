//! The signature of one side at level ES, in the shape of the samples.

use hsign_core::{Digest, DigestAlgorithm};
use hsign_xml::{CanonicalizationMethod, Document, Edit, Limits, decode, dsig, splice};

use super::{Unsigned, place, profile};
use crate::make::{Lines, Options, Place, Prepared, ReferencePlan, transform};
use crate::names::DS;
use crate::{Error, follow};

/// How the reference to the data is written; both are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReferenceVariant {
    /// Without transforms, as in the samples of the service: Canonical XML 1.0, with what is inherited from outside.
    #[default]
    WithoutTransforms,
    /// With exclusive C14N.
    ExclusiveC14n,
}

/// Everything but the signature value. Of the options count the signer's certificate, the algorithms and the time: the
/// canonicalization of SignedInfo is exclusive, and KeyInfo holds the signer's certificate alone.
///
/// # Errors
/// When the signature can't be written with these algorithms.
pub fn prepare(
    unsigned: &Unsigned,
    options: &Options<'_>,
    variant: ReferenceVariant,
) -> Result<Prepared, Error> {
    let options =
        Options { path: &[], canonicalization: CanonicalizationMethod::EXCLUSIVE, ..options.clone() };
    let stem = options.stem(&unsigned.text);
    let exclusive = || vec![transform(CanonicalizationMethod::EXCLUSIVE.uri())];
    let data = ReferencePlan {
        id: format!("{stem}-Reference1-Detached"),
        uri: format!("#{}", unsigned.side.signed_element()),
        kind: None,
        transforms: match variant {
            ReferenceVariant::WithoutTransforms => Vec::new(),
            ReferenceVariant::ExclusiveC14n => exclusive(),
        },
        mime_type: None,
        known: None,
    };
    let key_info = ReferencePlan {
        id: format!("{stem}-Reference2-KeyInfo"),
        uri: format!("#{stem}-KeyInfo"),
        kind: None,
        transforms: exclusive(),
        mime_type: None,
        known: None,
    };
    let mut plan = options.plan(unsigned.side.sign().to_owned(), stem, vec![data, key_info], Vec::new())?;
    plan.lines = Lines::Folded;
    plan.signing_time = plan.signing_time.replace('Z', "+00:00");
    let document = unsigned.text.clone().into_bytes();
    let text = decode(&document)?;
    Prepared::in_document(document.clone(), &text, Place::at(unsigned.place), plan, &options)
}

/// What a service needs to know that makes the whole signature element itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementNeeds {
    /// Id that the ds:Signature has to have.
    pub signature_id: String,
    /// URI of the reference to the data.
    pub reference_uri: String,
    /// Digest of the data for a reference of the variant.
    pub digest: Digest,
}

/// The same for a service that gives the whole ds:Signature element back: what it has to sign.
///
/// # Errors
/// When the digest can't be computed.
pub fn element_needs(
    unsigned: &Unsigned,
    algorithm: DigestAlgorithm,
    variant: ReferenceVariant,
) -> Result<ElementNeeds, Error> {
    let method = match variant {
        ReferenceVariant::WithoutTransforms => CanonicalizationMethod::DEFAULT,
        ReferenceVariant::ExclusiveC14n => CanonicalizationMethod::EXCLUSIVE,
    };
    let document = Document::parse(&unsigned.text, &Limits::default())?;
    let element = document.root().descendants_named("", unsigned.side.signed_element()).next();
    let name = unsigned.side.signed_element();
    let element = element.ok_or_else(|| Error::DataNotFound(name.to_owned()))?;
    Ok(ElementNeeds {
        signature_id: unsigned.side.sign().to_owned(),
        reference_uri: format!("#{name}"),
        digest: follow::digest_of(element, &method, algorithm)?,
    })
}

/// The document with a ds:Signature element that somebody else made. Accepted only when it is one, bears the Id of its
/// place, and all its references hold and cover what they have to; the value is the caller's check.
///
/// # Errors
/// When it isn't that.
pub fn finished(unsigned: &Unsigned, element: &[u8]) -> Result<Vec<u8>, Error> {
    let element = decode(element)?;
    let source = Document::parse(element.as_str(), &Limits::default())?.root().source().to_owned();
    let document = unsigned.text.clone().into_bytes();
    let signed = splice(&document, &decode(&document)?, &[Edit::insert(unsigned.place, source)])?;
    check_finished(unsigned, &signed)?;
    Ok(signed)
}

fn check_finished(unsigned: &Unsigned, signed: &[u8]) -> Result<(), Error> {
    let text = decode(signed)?;
    let document = Document::parse(text.as_str(), &Limits::default())?;
    let id = unsigned.side.sign();
    let missing = || Error::NoSignature(id.to_owned());
    let signature = document.node().descendants_named(DS, "Signature").find(|node| {
        place::of(&document, *node).is_some_and(|place| place.side == Some(unsigned.side))
            && node.attribute("", "Id").as_deref() == Some(id)
    });
    let signature = signature.ok_or_else(missing)?;
    let resolved = follow::all(&document, signature)?;
    if let Some(broken) = resolved.iter().find(|reference| !reference.holds) {
        return Err(Error::DataChanged(broken.name.clone()));
    }
    let sets: Vec<_> = resolved.iter().filter_map(|reference| reference.nodes.clone()).collect();
    let read = dsig::Signature::read(signature)?;
    let described = profile::describe(&document, signature, Some(&read), &sets).ok_or_else(missing)?;
    match described.findings.into_iter().find(|finding| finding.severity == hsign_core::Severity::Error) {
        Some(finding) => Err(Error::Shape(finding)),
        None => Ok(()),
    }
}

//! Originals that a signature amends by a revision on top of them (guideline 5.2 §9.4): the document as it was before that
//! revision has to be what the signature names, with a signature in it.

use std::slice;

use hsign_core::facts::{AmendmentForm, OriginalFacts, SignedMetadata};
use hsign_core::{Digest, DigestAlgorithm};
use hsign_pdf::{Document, Revision, SignatureDictionary, XrefEntry};

use crate::document::WithDictionary;
use crate::originals::told;
use crate::ranges::RangeDigests;

/// Line ends between a document and what was appended to it.
const LINE_ENDS: u64 = 4;

/// Asks for the digests of what may have been the original.
pub(crate) fn want(document: &Document<'_>, dictionary: &SignatureDictionary, digests: &mut RangeDigests) {
    let said = dictionary.metadata.as_deref().and_then(|text| SignedMetadata::from_text(text).ok());
    let Some(original) = said.as_ref().and_then(named) else { return };
    for end in ends(document, dictionary) {
        digests.want(original.algorithm, slice::from_ref(&(0..end)));
    }
}

/// The originals that signatures name and that aren't beneath them.
pub(crate) fn unfounded(
    document: &Document<'_>,
    signatures: &[WithDictionary<'_>],
    digests: &RangeDigests,
) -> Vec<OriginalFacts> {
    let earliest =
        signatures.iter().filter_map(|(_, dictionary)| dictionary.as_ref()?.covered_revision).min();
    let mut unfounded = Vec::new();
    for (facts, dictionary) in signatures {
        let Some(digest) = facts.metadata.as_ref().and_then(named) else { continue };
        let is_beneath = dictionary.is_some_and(|dictionary| {
            let digest_of =
                |algorithm: DigestAlgorithm, end| digests.get(algorithm, slice::from_ref(&(0..end)));
            let same = |end: &u64| digest_of(digest.algorithm, *end).as_ref() == Some(digest);
            dictionary.covered_revision > earliest && ends(document, dictionary).iter().any(same)
        });
        if !is_beneath {
            unfounded.push(OriginalFacts {
                amended_by: facts.id.clone(),
                digest: digest.clone(),
                name: None,
                facts: None,
                findings: vec![told("amended-original-missing")],
            });
        }
    }
    unfounded
}

fn named(said: &SignedMetadata) -> Option<&Digest> {
    let amends = said.amends.as_ref().filter(|amends| amends.form == AmendmentForm::Revision)?;
    Some(&amends.original)
}

/// Where the document may have ended before the revision that the signature came with: behind the marker of the revision
/// before, or in front of the first object of its own.
fn ends(document: &Document<'_>, dictionary: &SignatureDictionary) -> Vec<u64> {
    let before = |index: usize| document.revisions().get(index.checked_sub(1)?);
    let Some((own, before)) = dictionary
        .covered_revision
        .and_then(|index| Some((document.revisions().get(index)?, before(index)?)))
    else {
        return Vec::new();
    };
    let Some(end) = before.end() else { return Vec::new() };
    let first = first_object(own).filter(|first| *first >= end).map(|first| first + document.header_offset());
    let around = |position: u64| position.saturating_sub(LINE_ENDS)..=position;
    let marked = around(end).filter(|position| before.ends_at(*position));
    let mut ends: Vec<u64> = marked.chain(first.into_iter().flat_map(around)).collect();
    ends.sort_unstable();
    ends.dedup();
    ends.retain(|position| *position <= document.length());
    ends
}

fn first_object(revision: &Revision) -> Option<u64> {
    let offsets = revision.entries().iter().filter_map(|(_, entry)| match entry {
        XrefEntry::At { offset, .. } => Some(*offset),
        _ => None,
    });
    offsets.min()
}

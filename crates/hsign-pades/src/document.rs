use std::collections::HashSet;
use std::ops::Range;
use std::slice;

use hsign_core::facts::{DocumentFacts, DocumentFormat, ModificationVerdict, SignatureFacts, TimestampFacts};
use hsign_core::{Budget, DigestAlgorithm, Finding, Source};
use hsign_pdf::{
    Document, LaterRevisions, SignatureDictionary, SignatureField, SignatureFields, signature_fields,
};

use crate::hashing::Known;
use crate::originals::Allowance;
use crate::ranges::RangeDigests;
use crate::timestamp::Inside;
use crate::{Error, dss, levels, originals, qualification_evidence, revisions, signature, timestamp};

/// Signatures and document time stamps of one file; each may need a pass of its own over the bytes.
const MAXIMUM_SIGNATURES: u64 = 500;
const CHANGES: &str = "ISO 32000-2 §12.8.2";

/// Everything a PDF says about its signatures, nothing judged. Every signature field with a value is
/// listed, the unreadable ones with the reason. The bytes are hashed in one pass in constant memory.
///
/// # Errors
/// When it is no PDF, is encrypted, or can't be read at all.
pub fn read_facts(source: &dyn Source) -> Result<DocumentFacts, Error> {
    read_within(source, &mut Allowance::default())
}

/// The same for an original inside another document.
pub(crate) fn read_within(source: &dyn Source, allowance: &mut Allowance) -> Result<DocumentFacts, Error> {
    read(source, allowance, |digests| digests.compute(source, None)).map(|(facts, ())| facts)
}

/// The same for a document whose first bytes were hashed before.
pub(crate) fn read_facts_from(source: &dyn Source, known: &Known) -> Result<DocumentFacts, Error> {
    let hash = |digests: &mut RangeDigests| digests.compute(source, Some(known));
    read(source, &mut Allowance::default(), hash).map(|(facts, ())| facts)
}

/// The same, with what a longer document that begins with these bytes can start from.
pub(crate) fn read_facts_to_go_on(
    source: &dyn Source,
    algorithms: &[DigestAlgorithm],
) -> Result<(DocumentFacts, Known), Error> {
    read(source, &mut Allowance::default(), |digests| digests.compute_to_go_on(source, algorithms))
}

fn read<K>(
    source: &dyn Source,
    allowance: &mut Allowance,
    hash: impl FnOnce(&mut RangeDigests) -> Result<K, Error>,
) -> Result<(DocumentFacts, K), Error> {
    let document = Document::open(source)?;
    let SignatureFields { mut fields, findings } = signature_fields(&document)?;
    fields.retain(|field| field.signed);
    let mut budget = Budget::new("signatures of a document", MAXIMUM_SIGNATURES);
    budget.spend(fields.len() as u64)?;
    give_own_ids(&mut fields);
    let signed: Vec<_> = fields.iter().collect();

    let mut digests = wanted(&document, &signed);
    let hashed = hash(&mut digests)?;
    let store = dss::store(&document);
    let mut timestamps: Vec<TimestampFacts> = document_timestamps(&signed)
        .map(|(field, dictionary)| timestamp::facts(field, dictionary, document.length(), &digests))
        .collect();
    let later = LaterRevisions::new(&document)?;
    let mut signatures = signatures(&document, &signed, &later, &digests)?;
    let unstamped = if signatures.is_empty() { after_last_stamp(&signed, &later)? } else { Vec::new() };
    let stamping: Vec<_> = document_timestamps(&signed).map(|(_, dictionary)| dictionary).collect();
    for (facts, dictionary) in &mut signatures {
        if let Some(dictionary) = dictionary {
            levels::raise(facts, dictionary, &stamping, &store);
        }
    }
    give_stamps_own_ids(&mut signatures, &timestamps);
    let ends: Vec<_> = timestamps
        .iter()
        .zip(&stamping)
        .map(|(facts, dictionary)| (facts.id.clone(), timestamp::end(dictionary)))
        .collect();
    let inside = Inside { signatures: &signatures, stamps: &ends, store: &store };
    for (facts, dictionary) in timestamps.iter_mut().zip(&stamping) {
        timestamp::add_what_is_inside(facts, dictionary, &inside);
    }
    let beneath = revisions::unfounded(&document, &signatures, &digests);
    let signatures: Vec<_> = signatures.into_iter().map(|(facts, _)| facts).collect();
    let mut originals = originals::named_by(&signatures, &document, allowance);
    originals.extend(beneath);
    let none = signatures.is_empty() && timestamps.is_empty();
    let format = if none { DocumentFormat::None } else { DocumentFormat::Pades };
    let sha256 = digests.get(DigestAlgorithm::Sha256, slice::from_ref(&whole(&document)));
    let facts = DocumentFacts {
        signatures,
        timestamps,
        originals,
        qualification_evidence: qualification_evidence::attached(&document),
        evidence: store.evidence,
        findings: document_findings(&document, &findings, store.findings, unstamped),
        ..DocumentFacts::new(format, document.length(), sha256.into_iter().collect())
    };
    Ok((facts, hashed))
}

/// A field's name is its signature's id, and a time stamp tells by ids what it covers: a field that borrows the name
/// of another must not borrow its proofs.
fn give_own_ids(fields: &mut [SignatureField]) {
    let mut taken = HashSet::new();
    for field in fields {
        let name = field.name.clone();
        let mut number = 2;
        while !taken.insert(field.name.clone()) {
            field.name = format!("{name}#{number}");
            number += 1;
        }
        if field.name != name {
            let finding = Finding::warning("signature-field-name-repeated").clause("ISO 32000-2 §12.7.4.2");
            field.findings.push(finding.with("field", name));
        }
    }
}

fn whole(document: &Document<'_>) -> Range<u64> {
    0..document.length()
}

/// The stamps of a signature are named after it, which a field's name can look like.
fn give_stamps_own_ids(signatures: &mut [WithDictionary<'_>], timestamps: &[TimestampFacts]) {
    let mut taken: HashSet<String> = timestamps.iter().map(|stamp| stamp.id.clone()).collect();
    for stamp in signatures.iter_mut().flat_map(|(signature, _)| &mut signature.timestamps) {
        while !taken.insert(stamp.id.clone()) {
            stamp.id.push('\'');
        }
    }
}

/// Every digest that the signatures name, and the document's own.
fn wanted(document: &Document<'_>, signed: &[&SignatureField]) -> RangeDigests {
    let mut digests = RangeDigests::new();
    digests.want(DigestAlgorithm::Sha256, slice::from_ref(&whole(document)));
    for dictionary in signed.iter().filter_map(|field| field.value.as_ref()) {
        if dictionary.is_document_timestamp() {
            timestamp::want(dictionary, document.length(), &mut digests);
        } else {
            signature::want(dictionary, document.length(), &mut digests);
            revisions::want(document, dictionary, &mut digests);
        }
    }
    digests
}

fn document_timestamps<'a>(
    signed: &'a [&'a SignatureField],
) -> impl Iterator<Item = (&'a SignatureField, &'a SignatureDictionary)> {
    signed
        .iter()
        .filter_map(|field| field.value.as_ref().map(|dictionary| (*field, dictionary)))
        .filter(|(_, dictionary)| dictionary.is_document_timestamp())
}

pub(crate) type WithDictionary<'a> = (SignatureFacts, Option<&'a SignatureDictionary>);

/// The fields that aren't document time stamps; one whose value can't be read counts as a signature.
fn signatures<'a>(
    document: &Document<'_>,
    signed: &[&'a SignatureField],
    later: &LaterRevisions<'_, '_>,
    digests: &RangeDigests,
) -> Result<Vec<WithDictionary<'a>>, Error> {
    signed
        .iter()
        .filter(|field| !field.value.as_ref().is_some_and(SignatureDictionary::is_document_timestamp))
        .map(|field| {
            let facts = signature::facts(field, document.length(), later, digests)?;
            Ok((facts, field.value.as_ref()))
        })
        .collect()
}

/// Where no signature tells what was changed after it, the last document time stamp does: what it doesn't cover isn't
/// what was stamped.
fn after_last_stamp(
    signed: &[&SignatureField],
    later: &LaterRevisions<'_, '_>,
) -> Result<Vec<Finding>, Error> {
    let last = document_timestamps(signed)
        .filter(|(_, dictionary)| dictionary.covered_revision.is_some())
        .max_by_key(|(_, dictionary)| dictionary.covered_revision);
    let Some((field, dictionary)) = last else { return Ok(Vec::new()) };
    let mut grave = later.after(field, dictionary)?.changes;
    grave.retain(|change| change.verdict > ModificationVerdict::Permitted);
    let mut kinds = HashSet::new();
    grave.retain(|change| kinds.insert(change.kind));
    let told = grave.iter().map(|change| {
        let mut finding = Finding::error(change.kind.code()).clause(CHANGES);
        finding.values = change.words();
        finding
    });
    let changed = Finding::error("changed-after-time-stamp").clause(CHANGES).with("timestamp", &field.name);
    let changed = (!grave.is_empty()).then_some(changed);
    Ok(changed.into_iter().chain(told).collect())
}

fn document_findings(
    document: &Document<'_>,
    fields: &[Finding],
    store: Vec<Finding>,
    unstamped: Vec<Finding>,
) -> Vec<Finding> {
    let mut findings = document.repairs().to_vec();
    findings.extend(fields.iter().cloned());
    findings.extend(store);
    findings.extend(unstamped);
    findings
}

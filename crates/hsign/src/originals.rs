//! Originals inside containers that amend them (guideline 5.2 §9.4): files that a signature names by digest.

use hsign_core::facts::{AmendmentForm, DocumentFacts, OriginalFacts};
use hsign_core::{Digest, Finding, Source};

use crate::{Error, InputFormat, input_format};

/// Originals within originals, in one container together.
const MOST_ORIGINALS: u32 = 16;
/// Bytes of all of them together.
const MOST_BYTES: u64 = 512 << 20;
const CLAUSE: &str = "guideline 5.2 §9.4";

/// What may still be unpacked.
struct Allowance {
    documents: u32,
    bytes: u64,
}

/// The name of an original in the container that amends it: it says nothing about anybody, and finds it again.
pub(crate) fn name_in_container(digest: &Digest, format: InputFormat) -> String {
    let hex = digest.hex();
    let extension = if format == InputFormat::Asic { "asice" } else { "pdf" };
    format!("original-{}.{extension}", hex.get(..16).unwrap_or(&hex))
}

/// The facts of a container, those of originals inside among them.
pub(crate) fn container_facts(container: &dyn Source) -> Result<DocumentFacts, Error> {
    Ok(with_originals(hsign_asic::read_facts(container)?, container))
}

/// Adds the originals that the container's signatures name to its facts.
pub(crate) fn with_originals(mut facts: DocumentFacts, container: &dyn Source) -> DocumentFacts {
    add_originals(&mut facts, container, &mut Allowance { documents: MOST_ORIGINALS, bytes: MOST_BYTES });
    facts
}

fn add_originals(facts: &mut DocumentFacts, container: &dyn Source, allowance: &mut Allowance) {
    let named: Vec<(String, Digest)> = facts
        .signatures
        .iter()
        .filter_map(|signature| {
            let amends = signature.metadata.as_ref()?.amends.as_ref()?;
            (amends.form == AmendmentForm::Embedded).then(|| (signature.id.clone(), amends.original.clone()))
        })
        .collect();
    for (amended_by, digest) in named {
        facts.originals.push(original(amended_by, digest, container, allowance));
    }
}

fn original(
    amended_by: String,
    digest: Digest,
    container: &dyn Source,
    allowance: &mut Allowance,
) -> OriginalFacts {
    let mut found = OriginalFacts { amended_by, digest, name: None, facts: None, findings: Vec::new() };
    let Some(left) = allowance.documents.checked_sub(1) else {
        found.findings.push(told("amendments-too-many").with("limit", MOST_ORIGINALS));
        return found;
    };
    allowance.documents = left;
    match read(&found.digest, container, allowance) {
        Ok(Some((name, facts))) => {
            found.name = Some(name);
            found.facts = Some(Box::new(facts));
        }
        Ok(None) => found.findings.push(told("amended-original-missing")),
        Err(error) => found.findings.push(told("amended-original-unreadable").with("reason", error)),
    }
    found
}

fn read(
    digest: &Digest,
    container: &dyn Source,
    allowance: &mut Allowance,
) -> Result<Option<(String, DocumentFacts)>, Error> {
    let Some((name, bytes)) = file_of(digest, container, allowance)? else { return Ok(None) };
    Ok(Some((name, facts_within(&bytes, allowance)?)))
}

/// The file with the digest that was signed.
fn file_of(
    digest: &Digest,
    container: &dyn Source,
    allowance: &mut Allowance,
) -> Result<Option<(String, Vec<u8>)>, Error> {
    for format in [InputFormat::Asic, InputFormat::Pdf] {
        let name = name_in_container(digest, format);
        let Some(bytes) = hsign_asic::read_object(container, &name, allowance.bytes)? else { continue };
        allowance.bytes = allowance.bytes.saturating_sub(bytes.len() as u64);
        if hsign_crypto::digest(digest.algorithm, &bytes).is_ok_and(|actual| actual == *digest) {
            return Ok(Some((name, bytes)));
        }
    }
    Ok(None)
}

fn facts_within(source: &dyn Source, allowance: &mut Allowance) -> Result<DocumentFacts, Error> {
    match input_format(source)? {
        InputFormat::Pdf => Ok(hsign_pades::read_facts(source)?),
        InputFormat::Asic => {
            let mut facts = hsign_asic::read_facts(source)?;
            add_originals(&mut facts, source, allowance);
            Ok(facts)
        }
        _ => Err(Error::UnsupportedFormat),
    }
}

fn told(code: &str) -> Finding {
    Finding::error(code).clause(CLAUSE)
}

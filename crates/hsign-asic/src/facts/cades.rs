//! CMS signatures over the one file of ASiC-S, or over a manifest that names the files.

use hsign_cades::read_facts;
use hsign_core::facts::{Coverage, Reference, SignatureFacts};
use hsign_core::{Finding, Source};

use super::{Found, Reading, SignedFile};
use crate::Error;
use crate::manifest::Manifest;
use crate::zip::Entry;

const CLAUSE: &str = "EN 319 162-1";

pub(super) fn read(reading: &Reading<'_, '_>, entry: &Entry, found: &mut Found) -> Result<(), Error> {
    let id = format!("{}#Signature1", entry.name);
    let Some(cms) = reading.container.bytes(entry)? else {
        found.signatures.push(SignatureFacts::unreadable(
            id,
            Finding::error("asic-signature-file-unreadable").clause(CLAUSE),
        ));
        return Ok(());
    };
    let manifests = reading.manifests_of(&entry.name);
    let mut findings = Vec::new();
    let manifest = match manifests.as_slice() {
        [manifest] => Some(*manifest),
        [] => None,
        several => {
            let finding = Finding::error("asic-manifest-repeated").clause(CLAUSE).with("entry", &entry.name);
            findings.push(finding.with("count", several.len()));
            None
        }
    };
    let single = reading.single_object().filter(|_| manifests.is_empty());
    if manifests.is_empty() && single.is_none() {
        findings.push(Finding::error("asic-manifest-missing").clause(CLAUSE).with("entry", &entry.name));
    }
    findings.extend(manifest.iter().flat_map(|manifest| manifest.findings.iter().cloned()));
    let unpacked = single.and_then(|single| reading.container.unpacked(single));
    let content: Option<&dyn Source> = match (manifest, &unpacked) {
        (Some(manifest), _) => Some(&manifest.bytes),
        (None, Some(unpacked)) => Some(unpacked),
        (None, None) => None,
    };
    let facts = match read_facts(&cms, content) {
        Ok(facts) => facts,
        Err(error) => {
            let finding = Finding::error("asic-signature-file-unreadable").clause("RFC 5652 §5.1");
            found.signatures.push(SignatureFacts::unreadable(id, finding.with("reason", error)));
            return Ok(());
        }
    };
    found.take(&entry.name, facts, &mut |signature| {
        match signature.coverage {
            _ if signature.countersigns.is_some() => return Ok(Vec::new()),
            Coverage::WholeDocument => {
                // What it signs is then inside of it, whatever lies beside it.
                let finding = Finding::error("asic-signature-not-detached").clause(CLAUSE);
                signature.findings.push(finding.with("entry", &entry.name));
                return Ok(Vec::new());
            }
            Coverage::External => {}
            _ => return Ok(Vec::new()),
        }
        signature.coverage = Coverage::Partial;
        signature.findings.extend(findings.iter().cloned());
        name_files(reading, signature, manifest, single)
    })
}

/// What the message digest stands for: the one file, or the manifest and through it the files that it names.
fn name_files(
    reading: &Reading<'_, '_>,
    signature: &mut SignatureFacts,
    manifest: Option<&Manifest>,
    single: Option<&str>,
) -> Result<Vec<SignedFile>, Error> {
    let mut files = Vec::new();
    let Some(signed) = &mut signature.signed else { return Ok(files) };
    if let (Some(single), [content]) = (single, signed.references.as_mut_slice()) {
        single.clone_into(&mut content.name);
        files.push((single.to_owned(), content.holds()));
    }
    let Some(manifest) = manifest else { return Ok(files) };
    if let [content] = signed.references.as_mut_slice() {
        content.name.clone_from(&manifest.name);
    }
    for object in &manifest.objects {
        let Some(expected) = object.digest.clone() else {
            signature.findings.push(
                Finding::error("asic-object-digest-unknown").clause(CLAUSE).with("entry", object.shown()),
            );
            continue;
        };
        let actual = match &object.entry {
            Some(entry) => reading.container.digest(entry, expected.algorithm)?,
            None => None,
        };
        let reference = Reference { name: object.shown().to_owned(), expected, actual };
        files.push((reference.name.clone(), reference.holds()));
        signed.references.push(reference);
    }
    Ok(files)
}

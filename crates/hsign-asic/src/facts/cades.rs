//! CMS signatures over the one file of ASiC-S, or over a manifest that names the files.

use hsign_cades::{Profile, signature_facts};
use hsign_core::facts::{Coverage, Level, Reference, SignatureFacts};
use hsign_core::{Digest, DigestAlgorithm, Finding};

use super::{Found, Reading};
use crate::manifest::Manifest;
use crate::zip::Entry;
use crate::Error;

const CLAUSE: &str = "EN 319 162-1";

pub(super) fn read(reading: &Reading<'_, '_>, entry: &Entry, found: &mut Found) -> Result<(), Error> {
    let id = format!("{}#Signature1", entry.name);
    let Some(cms) = reading.container.bytes(entry)? else {
        found.signatures.push(unreadable(id, Finding::error("asic-signature-file-unreadable").clause(CLAUSE)));
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
    let mut failure = None;
    let mut digest = |algorithm| match (manifest, single) {
        (Some(manifest), _) => hsign_crypto::digest(algorithm, &manifest.bytes).ok(),
        (None, Some(single)) => of_file(reading, single, algorithm, &mut failure),
        (None, None) => None,
    };
    let read = match signature_facts(&cms, &id, Profile::Cades, &mut digest) {
        Ok(read) => read,
        Err(error) => {
            let finding = Finding::error("asic-signature-file-unreadable").clause("RFC 5652 §5.1");
            found.signatures.push(unreadable(id, finding.with("reason", error)));
            return Ok(());
        }
    };
    if let Some(failure) = failure {
        return Err(failure);
    }
    if read.attached_content.is_some() {
        // What it signs is then inside of it, whatever lies beside it.
        findings.push(Finding::error("asic-signature-not-detached").clause(CLAUSE).with("entry", &entry.name));
    }
    if read.encoded_length < cms.len() {
        findings.push(Finding::warning("data-after-cms").with("count", cms.len() - read.encoded_length));
    }
    let mut ids = Vec::new();
    for mut signature in read.into_signatures(&id) {
        signature.coverage = Coverage::Partial;
        signature.findings.extend(findings.iter().cloned());
        let place = found.signatures.len();
        let files = name_files(reading, &mut signature, manifest, single)?;
        found.signed_files.extend(files.into_iter().map(|(name, intact)| (place, name, intact)));
        ids.push(signature.id.clone());
        found.signatures.push(signature);
    }
    found.signatures_of.insert(entry.name.clone(), ids);
    Ok(())
}

fn of_file(
    reading: &Reading<'_, '_>,
    name: &str,
    algorithm: DigestAlgorithm,
    failure: &mut Option<Error>,
) -> Option<Digest> {
    match reading.container.digest(name, algorithm) {
        Ok(digest) => digest,
        Err(error) => {
            *failure = Some(error);
            None
        }
    }
}

/// What the message digest stands for: the one file, or the manifest and through it the files that it names.
fn name_files(
    reading: &Reading<'_, '_>,
    signature: &mut SignatureFacts,
    manifest: Option<&Manifest>,
    single: Option<&str>,
) -> Result<Vec<(String, Option<bool>)>, Error> {
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

/// A signature file that nobody here can read: it is listed all the same.
pub(crate) fn unreadable(id: String, finding: Finding) -> SignatureFacts {
    SignatureFacts {
        id,
        level: Level::Other,
        profile: None,
        document_class: None,
        countersigns: None,
        coverage: Coverage::Partial,
        claimed_signing_time: None,
        policy: None,
        metadata: None,
        signed: None,
        timestamps: Vec::new(),
        modifications: None,
        findings: vec![finding],
    }
}

//! What a container says about its signatures, time stamps and evidence records.

mod adopt;
mod cades;
mod covered;
mod evidence_records;
mod files;
mod form;
mod timestamps;
mod xades;

use std::collections::HashMap;

use hsign_core::facts::{
    Covered, DocumentFacts, DocumentFormat, EvidenceFacts, EvidenceRecordFacts, SignatureFacts,
    TimestampFacts,
};
use hsign_core::{Budget, DigestAlgorithm, Finding, Source};
use hsign_crypto::Hashed;

use adopt::adopt;
pub(crate) use form::{ContainerForm, form};

use crate::Error;
use crate::container::{Container, Known, MIMETYPE};
use crate::manifest::{self, Manifest};
use crate::roles::{Role, role};
use crate::zip::{Archive, Entry, any_local_name};

/// Signature files, tokens, records and manifests of one container.
const MOST_PROOFS: u64 = 5_000;
/// What lies between two entries, their headers above all, is read for the digest of the whole at once. More than this may
/// be a file that is read later, when its own digest is computed.
const GAP: u64 = 4 << 10;
/// What all manifests name together.
const MOST_OBJECTS: u64 = 1_000_000;

/// Everything a container says, nothing judged. Files are unpacked as streams and hashed once; signatures and manifests
/// are held in memory.
///
/// # Errors
/// When it is no ZIP file, or one whose directory different tools see differently, or it exceeds the limits.
pub fn read_facts(source: &dyn Source) -> Result<DocumentFacts, Error> {
    let whole = Hashed::aside(source, DigestAlgorithm::Sha256, GAP)?;
    let mut facts = read(&whole, Known::new()).map(|(facts, _)| facts)?;
    facts.digests = whole.finish::<Error>()?;
    Ok(facts)
}

/// Whether a ZIP file is meant to be a container. One whose structure can't be read counts by its first entry, and by the
/// names in what is left of it.
pub(crate) fn looks_like_one(source: &dyn Source) -> bool {
    let mut start = [0; 38];
    let first = source.read_exact_at(0, &mut start).is_ok() && start.ends_with(MIMETYPE.as_bytes());
    let tells = |name: &str| name == MIMETYPE || role(name).is_proof();
    first
        || match Archive::open(source) {
            Ok(archive) => archive.entries.iter().any(|entry| tells(&entry.name)),
            Err(_) => any_local_name(source, &tells).unwrap_or(false),
        }
}

/// What stands in META-INF, read.
pub(crate) struct Reading<'c, 's> {
    pub(crate) container: &'c Container<'s>,
    pub(crate) form: ContainerForm,
    pub(crate) manifests: Vec<Manifest>,
    /// Names of the files that signatures are about.
    pub(crate) objects: Vec<String>,
}

impl Reading<'_, '_> {
    /// The manifests that name this entry as what covers them.
    pub(crate) fn manifests_of(&self, entry: &str) -> Vec<&Manifest> {
        self.manifests.iter().filter(|manifest| manifest.covered_by.as_deref() == Some(entry)).collect()
    }

    /// The only data object, which a proof without a manifest is about.
    pub(crate) fn single_object(&self) -> Option<&str> {
        match self.objects.as_slice() {
            [single] => Some(single),
            _ => None,
        }
    }

    /// Digests under the algorithms of all manifests, in one pass each.
    fn announce(&self) {
        for object in self.manifests.iter().flat_map(|manifest| &manifest.objects) {
            if let (Some(entry), Some(digest)) = (&object.entry, &object.digest) {
                self.container.want(entry, digest.algorithm);
            }
        }
    }
}

/// What was found, the files' own coverage apart.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) signatures: Vec<SignatureFacts>,
    pub(crate) timestamps: Vec<TimestampFacts>,
    pub(crate) records: Vec<EvidenceRecordFacts>,
    pub(crate) findings: Vec<Finding>,
    /// Which signature, by its place, names which file, and whether that is what was signed.
    pub(crate) signed_files: Vec<(usize, String, Option<bool>)>,
    /// What stands in each signature file, all of which a proof for the file reaches.
    pub(crate) inside: HashMap<String, Vec<Covered>>,
    /// Certificates and revocation data that the signatures of a file share.
    pub(crate) evidence: EvidenceFacts,
}

impl Found {
    /// Takes over what a signature file says; `finish` gets each signature with its place.
    pub(crate) fn take(
        &mut self,
        file: &str,
        facts: DocumentFacts,
        finish: &mut dyn FnMut(&mut SignatureFacts) -> Result<Vec<SignedFile>, Error>,
    ) -> Result<(), Error> {
        let facts = adopt(facts, file);
        self.inside.insert(file.to_owned(), covered::of_file(&facts));
        for mut signature in facts.signatures {
            let place = self.signatures.len();
            let files = finish(&mut signature)?;
            self.signed_files.extend(files.into_iter().map(|(name, intact)| (place, name, intact)));
            self.signatures.push(signature);
        }
        self.timestamps.extend(facts.timestamps);
        self.records.extend(facts.evidence_records);
        self.evidence.extend(&facts.evidence);
        self.findings.extend(facts.findings);
        Ok(())
    }
}

/// A file that a signature names, and whether it is what was signed.
pub(crate) type SignedFile = (String, Option<bool>);

/// The facts without the digest of the whole, which drafts have no use for; and the digests of the files.
pub(crate) fn read(source: &dyn Source, known: Known) -> Result<(DocumentFacts, Known), Error> {
    let container = Container::open(source, known)?;
    let mut found = Found::default();
    let manifests = manifests(&container)?;
    let objects = container.data_objects().map(|entry| entry.name.clone()).collect();
    let form = form(&container, &manifests, &mut found.findings)?;
    let reading = Reading { container: &container, form, manifests, objects };
    reading.announce();
    let proofs: Vec<(Role, &Entry)> = container
        .metadata()
        .map(|entry| (role(&entry.name), entry))
        .filter(|(role, _)| role.is_proof())
        .collect();
    Budget::new("signatures of a container", MOST_PROOFS).spend(proofs.len() as u64)?;
    for (role, entry) in &proofs {
        match role {
            Role::Cades => cades::read(&reading, entry, &mut found)?,
            Role::Xades => xades::read(&reading, entry, &mut found)?,
            _ => {}
        }
    }
    for (_, entry) in proofs.iter().filter(|(role, _)| *role == Role::Timestamp) {
        timestamps::read(&reading, entry, &mut found)?;
    }
    for (_, entry) in proofs.iter().filter(|(role, _)| *role == Role::EvidenceRecord) {
        evidence_records::read(&reading, entry, &mut found)?;
    }
    for (_, entry) in proofs.iter().filter(|(role, _)| *role == Role::XmlEvidenceRecord) {
        found.findings.push(
            Finding::warning("evidence-record-xml-unsupported").clause("RFC 6283").with("entry", &entry.name),
        );
    }
    give_own_ids(&mut found);
    covered::complete(&reading, &mut found)?;
    let files = files::coverage(&reading, &mut found)?;
    form::check_signatures(&reading, &mut found);
    let mut findings = container.findings();
    findings.append(&mut found.findings);
    let known_format = form.is_known || !proofs.is_empty();
    let format = if known_format { DocumentFormat::Asic } else { DocumentFormat::None };
    let facts = DocumentFacts {
        signatures: found.signatures,
        timestamps: found.timestamps,
        evidence_records: found.records,
        evidence: found.evidence,
        files,
        findings,
        ..DocumentFacts::new(format, source.length(), Vec::new())
    };
    Ok((facts, container.into_known()))
}

pub(crate) fn manifests(container: &Container<'_>) -> Result<Vec<Manifest>, Error> {
    let mut manifests = Vec::new();
    let mut files = Budget::new("manifests of a container", MOST_PROOFS);
    let mut objects = Budget::new("objects of all manifests", MOST_OBJECTS);
    for entry in container.metadata().filter(|entry| role(&entry.name) == Role::Manifest) {
        files.spend(1)?;
        let manifest = manifest::read(&entry.name, container.bytes(entry)?.unwrap_or_default());
        objects.spend(manifest.objects.len() as u64)?;
        manifests.push(manifest);
    }
    Ok(manifests)
}

/// Entries can share a name, and time stamps tell by ids what they cover.
fn give_own_ids(found: &mut Found) {
    let mut taken: HashMap<String, u32> = HashMap::new();
    let mut own = |id: &mut String| {
        let count = taken.entry(id.clone()).and_modify(|count| *count += 1).or_insert(1);
        if *count > 1 {
            *id = format!("{id}'{count}");
        }
    };
    for signature in &mut found.signatures {
        own(&mut signature.id);
        signature.timestamps.iter_mut().for_each(|stamp| own(&mut stamp.id));
    }
    found.timestamps.iter_mut().for_each(|stamp| own(&mut stamp.id));
    found.records.iter_mut().for_each(|record| own(&mut record.id));
}

//! Archive time stamps of containers with CAdES: a manifest over everything there is, and a token over that (EN 319 162-1,
//! as DSS writes and reads it). Nothing that a token covers is changed afterwards; what its own validation needs goes into
//! the last token, which the next manifest covers.

use hsign_core::facts::{Covered, DocumentFacts, EvidenceFacts, TimestampFacts, TimestampKind};
use hsign_core::{Digest, DigestAlgorithm, Octets};

use super::Draft;
use crate::container::META_INF;
use crate::roles::{Role, is_archive_manifest, role};
use crate::{Error, manifest};

const TOKEN: &str = "application/vnd.etsi.timestamp-token";
/// The newest archive manifest has no number.
const NEWEST: &str = "META-INF/ASiCArchiveManifest.xml";

/// An archive manifest whose token is still to come.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    manifest: Vec<u8>,
    token: String,
    /// The name that the newest manifest so far is given.
    renamed: Option<String>,
}

impl Draft<'_> {
    /// Writes the manifest over everything; its digest is what the token stamps.
    pub(super) fn prepare_archive(&mut self, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        let token = self.free_name("timestamp", ".tst");
        let renamed = self.has(NEWEST).then(|| self.free_name("ASiCArchiveManifest", ".xml"));
        let mut objects = Vec::new();
        let mut earlier = None;
        let media_types = self.media_types();
        for (name, digest) in self.digests_of(self.names_to_archive(), algorithm)? {
            match &renamed {
                Some(renamed) if name == NEWEST => earlier = Some((renamed.clone(), digest)),
                _ => {
                    let media_type = media_type(&name).or_else(|| media_types.get(name.as_str()).copied());
                    objects.push((name.clone(), media_type.map(str::to_owned), digest));
                }
            }
        }
        let manifest = manifest::write_archive((&token, TOKEN), &objects, earlier);
        let digest = hsign_crypto::digest(algorithm, &manifest)?;
        self.pending = Some(Pending { manifest, token, renamed });
        Ok(digest)
    }

    /// Puts the manifest and its token in.
    pub(super) fn complete_archive(&mut self, token: &[u8]) -> Result<(), Error> {
        let pending = self.pending.take().ok_or(Error::Unfit("no archive time stamp was prepared"))?;
        let token = hsign_tsp::Token::parse(token)?.bytes().to_vec();
        if let Some(renamed) = pending.renamed {
            let bytes = self.bytes_of(NEWEST)?;
            self.remove(NEWEST);
            self.set(&renamed, bytes)?;
        }
        self.set(&pending.token, token)?;
        self.set(NEWEST, pending.manifest)
    }

    /// Puts what is lacking into the last archive token, which nothing covers yet.
    pub(super) fn add_to_token(
        &mut self,
        token: &str,
        facts: &DocumentFacts,
        evidence: &EvidenceFacts,
    ) -> Result<bool, Error> {
        let there = everything(facts);
        let lacking = |wanted: &[Octets], there: &[Octets]| -> Vec<Octets> {
            wanted.iter().filter(|one| !there.contains(one)).cloned().collect()
        };
        let lacking = EvidenceFacts {
            certificates: lacking(&evidence.certificates, &there.certificates),
            crls: lacking(&evidence.crls, &there.crls),
            ocsp_responses: lacking(&evidence.ocsp_responses, &there.ocsp_responses),
        };
        let bytes = self.bytes_of(token)?;
        let Some(bytes) = hsign_cades::add_evidence(&bytes, &lacking)? else { return Ok(false) };
        self.set(token, bytes)?;
        Ok(true)
    }

    /// Signatures, tokens, records and manifests first, then the files.
    fn names_to_archive(&self) -> Vec<String> {
        let meta =
            self.records.iter().map(|record| record.name.as_str()).filter(|name| {
                name.starts_with(META_INF) && !matches!(role(name), Role::Listing | Role::Other)
            });
        let mut names: Vec<String> = meta.map(str::to_owned).collect();
        names.extend(self.data_objects());
        names
    }

    /// What an archive time stamp covers must stay as it is.
    pub(super) fn refuse_if_covered(&self, name: &str) -> Result<(), Error> {
        let facts = self.facts()?;
        if covering(&facts, name).is_some() { Err(Error::Covered(name.to_owned())) } else { Ok(()) }
    }
}

/// The newest archive time stamp that covers the signatures of this file: one that no other covers.
pub(super) fn covering<'f>(facts: &'f DocumentFacts, file: &str) -> Option<&'f TimestampFacts> {
    let archive = || facts.timestamps.iter().filter(|stamp| stamp.kind == TimestampKind::Archive);
    let of_file = |covered: &Covered| match covered {
        Covered::SignatureValue { signature } => {
            signature.strip_prefix(file).is_some_and(|inner| inner.starts_with('#'))
        }
        _ => false,
    };
    archive().find(|stamp| stamp.covers.iter().any(of_file))?;
    let is_covered = |id: &str| {
        let covers =
            |covered: &Covered| matches!(covered, Covered::Timestamp { timestamp } if timestamp == id);
        archive().any(|stamp| stamp.covers.iter().any(covers))
    };
    archive().find(|stamp| !is_covered(&stamp.id))
}

/// All evidence that stands anywhere in the container.
fn everything(facts: &DocumentFacts) -> EvidenceFacts {
    let mut all = facts.evidence.clone();
    for signature in &facts.signatures {
        let signed = signature.signed.iter().map(|signed| &signed.evidence);
        signed.for_each(|evidence| all.extend(evidence));
    }
    let own = facts.signatures.iter().flat_map(|signature| &signature.timestamps);
    for read in own.chain(&facts.timestamps).filter_map(|stamp| stamp.read.as_ref()) {
        all.extend(&read.signed.evidence);
    }
    all
}

fn media_type(name: &str) -> Option<&'static str> {
    match role(name) {
        Role::Cades => Some("application/pkcs7-signature"),
        Role::Timestamp => Some(TOKEN),
        Role::Manifest | Role::Xades | Role::XmlEvidenceRecord => Some("text/xml"),
        _ if is_archive_manifest(name) => Some("text/xml"),
        _ => None,
    }
}

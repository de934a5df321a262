//! CAdES signatures: a manifest over all files and one signature over that, or one signature over the one file.

use hsign_core::{Digest, DigestAlgorithm};

use super::Draft;
use crate::container::META_INF;
use crate::roles::{Role, role};
use crate::{ContainerType, Error, manifest};

const SIGNATURE: &str = "application/pkcs7-signature";
const SINGLE_SIGNATURE: &str = "META-INF/signature.p7s";

/// What is to be signed, before it is.
#[derive(Clone, Debug)]
pub struct PreparedCades {
    content_digest: Digest,
    /// The manifest that will be signed, with its name; `None` for ASiC-S.
    manifest: Option<(String, Vec<u8>)>,
    signature: String,
}

impl PreparedCades {
    /// The digest of the content that the detached CMS is about: the manifest's, or that of the one file.
    #[must_use]
    pub fn content_digest(&self) -> &Digest {
        &self.content_digest
    }
}

impl Draft<'_> {
    /// Says what a further CAdES signature signs. Manifests name every file by its digest under `algorithm`.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn prepare_cades(&self, algorithm: DigestAlgorithm) -> Result<PreparedCades, Error> {
        let names = self.data_objects();
        if self.kind == ContainerType::AsicS {
            let [single] = names.as_slice() else { return Err(Error::Unfit("ASiC-S is about one file")) };
            let content_digest = self.digest_of(single, algorithm)?;
            return Ok(PreparedCades { content_digest, manifest: None, signature: SINGLE_SIGNATURE.to_owned() });
        }
        let signature = self.free_name("signature", ".p7s");
        let name = self.free_name("ASiCManifest", ".xml");
        let mut objects = Vec::with_capacity(names.len());
        for name in names {
            let digest = self.digest_of(&name, algorithm)?;
            objects.push((name.clone(), self.media_type_of(&name), digest));
        }
        let bytes = manifest::write((&signature, SIGNATURE), &objects);
        let content_digest = hsign_crypto::digest(algorithm, &bytes)?;
        Ok(PreparedCades { content_digest, manifest: Some((name, bytes)), signature })
    }

    /// Puts the CMS in: a detached one over what was prepared. Returns the id of the new signature.
    ///
    /// # Errors
    /// When the CMS can't be read or joined with one that is there.
    pub fn add_cades(&mut self, prepared: PreparedCades, cms: &[u8]) -> Result<String, Error> {
        let name = prepared.signature;
        if self.has(&name) {
            self.refuse_if_covered(&name)?;
        }
        let id = format!("{name}#Signature1");
        if let Some((manifest, bytes)) = prepared.manifest {
            self.set(&manifest, bytes)?;
        }
        self.set(&name, cms.to_vec())?;
        Ok(id)
    }

    /// The value of a signature: what its time stamp covers.
    ///
    /// # Errors
    /// When there is no such signature.
    pub fn signature_value(&self, id: &str) -> Result<Vec<u8>, Error> {
        let facts = self.facts()?;
        let signature = facts.signatures.iter().find(|signature| signature.id == id);
        let signed = signature.and_then(|signature| signature.signed.as_ref());
        signed.map(|signed| signed.value.0.clone()).ok_or_else(|| Error::NoSuchSignature(id.to_owned()))
    }

    /// The digest that a further archive time stamp has to cover.
    ///
    /// # Errors
    /// When there is no such signature, or what has to be covered isn't at hand.
    pub fn archive_imprint(&mut self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        self.file_of(id)?;
        self.prepare_archive(algorithm)
    }

    /// Adds the archive time stamp over what [`Self::archive_imprint`] gave.
    ///
    /// # Errors
    /// When none was prepared, or the token can't be read.
    pub fn add_archive_timestamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        self.file_of(id)?;
        self.complete_archive(token)
    }

    /// Adds a time stamp over the value of a signature (or the response that brought it).
    ///
    /// # Errors
    /// When there is no such signature, an archive time stamp covers it, or the token can't be read.
    pub fn add_signature_timestamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        let (_, file, _) = self.file_of(id)?;
        self.refuse_if_covered(&file)?;
        let cms = self.bytes_of(&file)?;
        let cms = hsign_cades::with_signature_timestamp(&cms, token)?;
        self.set(&file, cms)
    }

    /// The file of a signature by its id, and the signature's id inside it.
    pub(super) fn file_of(&self, id: &str) -> Result<(Role, String, String), Error> {
        let proofs = self.records.iter().filter(|record| record.name.starts_with(META_INF));
        let mut found = proofs.filter_map(|record| {
            let inner = id.strip_prefix(record.name.as_str())?.strip_prefix('#')?;
            Some((role(&record.name), record.name.clone(), inner.to_owned()))
        });
        found.next().ok_or_else(|| Error::NoSuchSignature(id.to_owned()))
    }
}

//! CAdES signatures: a manifest over all files and one signature over that, or one signature over the one file.

use hsign_core::{Digest, DigestAlgorithm, Source};

use super::Draft;
use crate::container::{Container, Known};
use crate::facts::manifests;
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
        let digests = self.digests_of(self.data_objects(), algorithm)?;
        if self.kind == ContainerType::AsicS {
            let [(_, single)] = digests.as_slice() else {
                return Err(Error::Unfit("ASiC-S is about one file"));
            };
            let (content_digest, signature) = (single.clone(), SINGLE_SIGNATURE.to_owned());
            return Ok(PreparedCades { content_digest, manifest: None, signature });
        }
        let signature = self.free_name("signature", ".p7s");
        let name = self.free_name("ASiCManifest", ".xml");
        let media_types = self.media_types();
        let objects: Vec<_> = digests
            .into_iter()
            .map(|(name, digest)| {
                let media_type = media_types.get(name.as_str()).map(|media_type| (*media_type).to_owned());
                (name, media_type, digest)
            })
            .collect();
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
        if let Some((manifest, bytes)) = prepared.manifest {
            self.set(&manifest, bytes)?;
        }
        if !self.has(&name) {
            self.set(&name, cms.to_vec())?;
            return Ok(format!("{name}#Signature1"));
        }
        let ids = self.change_cades(&name, |draft| draft.add_signers_of(cms))?;
        let id = ids.first().ok_or(Error::Unfit("the CMS has no signer"))?;
        Ok(format!("{name}#{id}"))
    }

    /// Changes the CMS of a signature file; its content is what the manifest or the one file gives.
    pub(super) fn change_cades<T>(
        &mut self,
        file: &str,
        change: impl FnOnce(&mut hsign_cades::Draft<'_>) -> Result<T, hsign_cades::Error>,
    ) -> Result<T, Error> {
        self.refuse_if_covered(file)?;
        let (cms, outcome) = self.with_cades(file, |draft| {
            let outcome = change(draft)?;
            Ok((draft.to_vec()?, outcome))
        })?;
        self.set(file, cms)?;
        Ok(outcome)
    }

    pub(super) fn with_cades<T>(
        &self,
        file: &str,
        work: impl FnOnce(&mut hsign_cades::Draft<'_>) -> Result<T, hsign_cades::Error>,
    ) -> Result<T, Error> {
        let cms = self.bytes_of(file)?;
        let container = Container::open(self, Known::new())?;
        let manifests = manifests(&container)?;
        let manifest = manifests.iter().find(|manifest| manifest.covered_by.as_deref() == Some(file));
        let single = self.data_objects();
        let unpacked;
        let (content, known): (&dyn Source, _) = match (manifest, single.as_slice()) {
            (Some(manifest), _) => (&manifest.bytes, Vec::new()),
            (None, [single]) => {
                unpacked = container.unpacked(single).ok_or_else(|| Error::NoSuchFile(single.clone()))?;
                (&unpacked, self.known.borrow().get(single).cloned().unwrap_or_default())
            }
            (None, _) => return Err(Error::Unfit("nothing says what the signature is about")),
        };
        Ok(work(&mut hsign_cades::Draft::beside(&cms, content, &known)?)?)
    }
}

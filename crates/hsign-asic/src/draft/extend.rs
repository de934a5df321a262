//! What lifts a signature to a higher level, by its id, whatever its form.

use hsign_core::facts::EvidenceFacts;
use hsign_core::{Digest, DigestAlgorithm};
use hsign_xades::make;

use super::Draft;
use super::archive::covering;
use crate::container::META_INF;
use crate::roles::{Role, role};
use crate::{ContainerType, Error};

impl Draft<'_> {
    /// The digest that the time stamp of a signature has to cover: of its value (XML: of the canonical element that holds it).
    ///
    /// # Errors
    /// When there is no such signature.
    pub fn signature_imprint(&self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        let (role, file, inner) = self.file_of(id)?;
        if role == Role::Xades {
            return Ok(make::signature_imprint(&self.bytes_of(&file)?, &inner, algorithm)?);
        }
        let value = self.with_cades(&file, |draft| draft.signature_value(&inner))?;
        Ok(hsign_crypto::digest(algorithm, &value)?)
    }

    /// Adds a time stamp over the value of a signature (or the response that brought it).
    ///
    /// # Errors
    /// When there is no such signature, an archive time stamp covers it, or the token can't be read.
    pub fn add_signature_timestamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        let (role, file, inner) = self.file_of(id)?;
        if role == Role::Xades {
            return self.change_xades(&file, |xml| make::add_signature_timestamp(xml, &inner, token));
        }
        self.change_cades(&file, |draft| draft.add_signature_timestamp(&inner, token))
    }

    /// Adds what the container lacks of `evidence`: to the signature, or where an archive time stamp covers that, to the
    /// last archive time stamp; tells whether it lacked anything.
    ///
    /// # Errors
    /// When there is no such signature, or something else protects it as it stands.
    pub fn add_evidence(&mut self, id: &str, evidence: &EvidenceFacts) -> Result<bool, Error> {
        let (role, file, inner) = self.file_of(id)?;
        let facts = self.facts()?;
        match covering(&facts, &file) {
            Some(stamp) => self.add_to_token(&stamp.id, &facts, evidence),
            None if role == Role::Xades => {
                let lifted = make::add_evidence(&self.bytes_of(&file)?, &inner, evidence)?;
                lifted.map_or(Ok(false), |xml| self.set(&file, xml).map(|()| true))
            }
            None => self.change_cades(&file, |draft| draft.add_evidence(&inner, evidence)),
        }
    }

    /// The digest that a further archive time stamp has to cover. In ASiC-E with CAdES that stamp is over everything, so
    /// that it serves all signatures at once.
    ///
    /// # Errors
    /// When there is no such signature, or what has to be covered isn't at hand.
    pub fn archive_imprint(&mut self, id: &str, algorithm: DigestAlgorithm) -> Result<Digest, Error> {
        let (role, file, inner) = self.file_of(id)?;
        match self.kind {
            _ if role == Role::Xades => {
                let xml = self.bytes_of(&file)?;
                self.with_files(|content| make::archive_imprint(&xml, &inner, algorithm, content))
            }
            ContainerType::AsicE => self.prepare_archive(algorithm),
            ContainerType::AsicS => self.with_cades(&file, |draft| draft.archive_imprint(&inner, algorithm)),
        }
    }

    /// Adds the archive time stamp over what [`Self::archive_imprint`] gave.
    ///
    /// # Errors
    /// When it was made over something else, or can't be read.
    pub fn add_archive_timestamp(&mut self, id: &str, token: &[u8]) -> Result<(), Error> {
        let (role, file, inner) = self.file_of(id)?;
        match self.kind {
            _ if role == Role::Xades => {
                self.change_xades(&file, |xml| make::add_archive_timestamp(xml, &inner, token))
            }
            ContainerType::AsicE => self.complete_archive(token),
            ContainerType::AsicS => {
                self.change_cades(&file, |draft| draft.add_archive_timestamp(&inner, token))
            }
        }
    }

    /// The file of a signature by its id, and the signature's id inside it.
    fn file_of(&self, id: &str) -> Result<(Role, String, String), Error> {
        let proofs = self.records.iter().filter(|record| record.name.starts_with(META_INF));
        let mut found = proofs.filter_map(|record| {
            let inner = id.strip_prefix(record.name.as_str())?.strip_prefix('#')?;
            Some((role(&record.name), record.name.clone(), inner.to_owned()))
        });
        found.next().ok_or_else(|| Error::NoSuchSignature(id.to_owned()))
    }
}

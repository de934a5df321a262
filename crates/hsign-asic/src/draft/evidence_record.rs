//! Evidence records (RFC 4998) over the files: made elsewhere, each put in with a manifest that names what it is about.

use hsign_ers::{Chain, Record};

use super::Draft;
use crate::container::META_INF;
use crate::{ContainerType, Error, manifest};

/// What DSS gives such entries.
const RECORD: &str = "application/octet-stream";

impl Draft<'_> {
    /// Puts in a record over all files, named by digests under the function of its first chain. Gives the entry's name.
    ///
    /// # Errors
    /// When the record can't be read, its function isn't known, the container isn't ASiC-E, or a file can't be read.
    pub fn add_evidence_record(&mut self, record: &[u8]) -> Result<String, Error> {
        if self.kind != ContainerType::AsicE {
            return Err(Error::Unfit("records are put into ASiC-E only"));
        }
        let parsed = Record::parse(record).map_err(|_| Error::Unfit("the evidence record can't be read"))?;
        let algorithm = parsed
            .chains()
            .first()
            .and_then(Chain::digest_algorithm)
            .ok_or(Error::Unfit("the evidence record's digest algorithm is not known"))?;
        let name = self.free_name("evidencerecord", ".ers");
        let media_types = self.media_types();
        let objects: Vec<_> = self
            .digests_of(self.data_objects(), algorithm)?
            .into_iter()
            .map(|(name, digest)| {
                let media_type = media_types.get(name.as_str()).map(|media_type| (*media_type).to_owned());
                (name, media_type, digest)
            })
            .collect();
        let bytes = manifest::write((&name, RECORD), &objects);
        let manifest = self.free_name("ASiCEvidenceRecordManifest", ".xml");
        self.set(&name, record.to_vec())?;
        self.set(&manifest, bytes)?;
        Ok(name)
    }

    /// Puts in something for people, which nothing covers: a report. It stands beside the manifests, where nobody takes
    /// it for one of the files.
    ///
    /// # Errors
    /// When there is an entry of this name, or none can have it.
    pub fn add_note(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let name = format!("{META_INF}{name}");
        if self.has(&name) {
            return Err(Error::Name { name, reason: "there twice" });
        }
        self.set(&name, bytes)
    }
}

//! Qualification-evidence records and the CAdES signatures over them, brought together by content, never by name.

use hsign_core::facts::{EvidenceOrigin, QualificationEvidenceFacts};

use crate::{CmsFacts, Profile, signature_facts};

/// Records among other files: a JSON object, or a CMS around one.
#[derive(Clone, Debug, Default)]
pub struct Records {
    found: Vec<QualificationEvidenceFacts>,
    /// Detached signatures whose record has not come yet.
    loose: Vec<Vec<u8>>,
}

impl Records {
    /// Takes a record, or a CMS signature that may belong to one; says whether it was either.
    pub fn take(&mut self, name: &str, bytes: &[u8], origin: EvidenceOrigin) -> bool {
        if is_record(bytes, origin) {
            self.push(name, bytes, origin);
            return true;
        }
        let Some(cms) = read(bytes, &[]).filter(|cms| !cms.signers.is_empty()) else { return false };
        match cms.attached_content.clone() {
            Some(content) if is_record(&content, origin) => {
                self.push(name, &content, origin);
                self.attach(bytes);
                true
            }
            Some(_) => false,
            None => {
                if !self.attach(bytes) {
                    self.loose.push(bytes.to_vec());
                }
                true
            }
        }
    }

    /// Every record with its signatures.
    #[must_use]
    pub fn found(&self) -> &[QualificationEvidenceFacts] {
        &self.found
    }

    /// How many signatures wait for their record.
    #[must_use]
    pub fn loose(&self) -> usize {
        self.loose.len()
    }

    /// The same record may come twice, with one signature each time.
    fn push(&mut self, name: &str, record: &[u8], origin: EvidenceOrigin) {
        if self.found.iter().any(|known| known.record.as_slice() == record) {
            return;
        }
        self.found.push(QualificationEvidenceFacts {
            name: name.to_owned(),
            origin,
            record: record.into(),
            signatures: Vec::new(),
            findings: Vec::new(),
        });
        let mut loose = std::mem::take(&mut self.loose);
        loose.retain(|cms| !self.attach(cms));
        self.loose = loose;
    }

    /// Gives a CMS to the record that it was made over. One that was made over nothing here is nobody's.
    fn attach(&mut self, cms: &[u8]) -> bool {
        for record in &mut self.found {
            let read = read(cms, record.record.as_slice());
            let read = read.map(|read| read.into_signatures("Signature1")).unwrap_or_default();
            let fits = read
                .iter()
                .filter_map(|signature| signature.signed.as_ref())
                .any(|signed| signed.references.iter().any(|reference| reference.holds() == Some(true)));
            if fits {
                record.signatures.extend(read);
                return true;
            }
        }
        false
    }
}

/// A JSON object; inside a document, where any may be attached, one that names the form.
fn is_record(bytes: &[u8], origin: EvidenceOrigin) -> bool {
    const FORM: &[u8] = b"hsign.qualification-evidence/";
    let object = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let named = || memchr::memmem::find(bytes, FORM).is_some();
    object && (origin == EvidenceOrigin::Given || named())
}

fn read(cms: &[u8], content: &[u8]) -> Option<CmsFacts> {
    let digest = &mut |algorithm| hsign_crypto::digest(algorithm, content).ok();
    signature_facts(cms, "Signature1", Profile::Cades, digest).ok()
}

use hsign_cms::{Growing, SignedData};
use hsign_core::facts::EvidenceFacts;

use crate::draft::lacking;
use crate::{Error, values};

/// Puts what a CMS lacks of `evidence` beside its signers: a time-stamp token by itself keeps there what its own validation
/// needs. `None` where it lacks nothing. Signed octets and signatures stay as they are.
///
/// # Errors
/// When there is no SignedData, or a response can't be read.
pub fn add_evidence(cms: &[u8], evidence: &EvidenceFacts) -> Result<Option<Vec<u8>>, Error> {
    let new = lacking(evidence, &SignedData::parse(cms)?.evidence());
    if new == EvidenceFacts::default() {
        return Ok(None);
    }
    let bytes = cms.to_vec();
    let mut growing = Growing::open(&bytes)?;
    let certificates: Vec<Vec<u8>> = new.certificates.iter().map(|one| one.as_slice().to_vec()).collect();
    growing.add_certificates(&certificates)?;
    growing.add_revocation(&values::revocation_choices(&new)?)?;
    Ok(Some(growing.to_vec()?))
}

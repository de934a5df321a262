//! CMSAlgorithmProtection (RFC 6211): the signer's copy of the algorithms, inside what was signed.

use hsign_asn1::{Tag, Tlv};

use crate::Error;
use crate::read::only;

/// Whether the protected copy names the algorithms that the SignerInfo names outside it.
pub(crate) fn agrees(value: &[u8], digest: &Tlv<'_>, signature: &Tlv<'_>) -> Result<bool, Error> {
    let mut fields = only(value, Tag::SEQUENCE)?.reader()?;
    let protected_digest = fields.expect(Tag::SEQUENCE)?;
    let Some(protected_signature) = fields.optional(Tag::context(1, true))? else {
        return Ok(false); // RFC 6211 §2: for a signature signatureAlgorithm has to be there
    };
    Ok(same_algorithm(&protected_digest, digest)? && same_algorithm(&protected_signature, signature)?)
}

/// Same OID and parameters, where NULL counts as absent (RFC 5754 §2 allows both).
fn same_algorithm(left: &Tlv<'_>, right: &Tlv<'_>) -> Result<bool, Error> {
    let parts = |algorithm: &Tlv<'_>| -> Result<_, Error> {
        let mut fields = algorithm.reader()?;
        let oid = fields.expect(Tag::OID)?.contents.to_vec();
        let parameters = fields.next()?.filter(|tlv| tlv.tag != Tag::NULL).map(|tlv| tlv.bytes.to_vec());
        Ok((oid, parameters))
    };
    Ok(parts(left)? == parts(right)?)
}

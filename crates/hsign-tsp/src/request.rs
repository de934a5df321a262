use hsign_asn1::encode;
use hsign_core::Digest;

use crate::Error;

/// TimeStampReq (RFC 3161 §2.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampRequest {
    /// messageImprint.
    pub imprint: Digest,
    /// Contents of the nonce INTEGER: two's complement, shortest form, as [`nonce`] makes it.
    pub nonce: Option<Vec<u8>>,
    /// reqPolicy, dotted.
    pub policy: Option<String>,
    /// certReq: the token shall carry the authority's certificate.
    pub certificate_requested: bool,
}

impl TimestampRequest {
    /// The request in DER.
    ///
    /// # Errors
    /// When the policy is no OID.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        let imprint = encode::sequence(&[
            // Parameters as NULL: some authorities compare the AlgorithmIdentifier octet by octet.
            &encode::sequence(&[&encode::oid(self.imprint.algorithm.oid())?, &encode::null()]),
            &encode::octet_string(self.imprint.value.as_slice()),
        ]);
        let policy = self.policy.as_deref().map(encode::oid).transpose()?.unwrap_or_default();
        let nonce = self.nonce.as_deref().map(encode::integer_from_contents).unwrap_or_default();
        let certificate = if self.certificate_requested { encode::boolean(true) } else { Vec::new() };
        Ok(encode::sequence(&[&encode::integer(1), &imprint, &policy, &nonce, &certificate]))
    }
}

/// Nonce contents from random octets: positive and in its shortest form whatever they are, so that every
/// authority sends back the same octets.
#[must_use]
pub fn nonce(random: &[u8]) -> Vec<u8> {
    let mut contents = random.to_vec();
    match contents.first_mut() {
        Some(first) => *first = (*first & 0x7F) | 0x40,
        None => contents.push(0),
    }
    contents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_positive_and_shortest() {
        for random in [&[0_u8, 0, 1][..], &[0xFF; 8], &[0x80], &[]] {
            let contents = nonce(random);
            assert!(hsign_asn1::integer_is_minimal(&contents));
            assert!(contents[0] < 0x80);
        }
    }
}

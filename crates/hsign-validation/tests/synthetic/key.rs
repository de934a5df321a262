use hsign_core::SignatureAlgorithm;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use openssl::sha::sha256;

use super::der::{bits, integer, null, oid, sequence, unsigned};

/// A public key of a given kind and size. Who has it can sign: this is a toy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub public: Vec<u8>,
}

impl Key {
    pub fn rsa(name: &str, size: u32) -> Self {
        let key = sequence(&[unsigned(&number(name, size)), integer(65_537)]);
        Self::new(&[oid("1.2.840.113549.1.1.1"), null()], &key)
    }

    /// On a named curve (dotted OID) of so many bits.
    pub fn ec(name: &str, curve: &str, size: u32) -> Self {
        let coordinates = number(name, 2 * size.next_multiple_of(8));
        Self::new(&[oid("1.2.840.10045.2.1"), oid(curve)], &[&[4], coordinates.as_slice()].concat())
    }

    pub fn dsa(name: &str, size: u32) -> Self {
        let parameters = sequence(&[unsigned(&number(name, size)), unsigned(&number("q", 160)), integer(2)]);
        Self::new(&[oid("1.2.840.10040.4.1"), parameters], &unsigned(&number(name, size - 1)))
    }

    fn new(algorithm: &[Vec<u8>], key: &[u8]) -> Self {
        Self { public: sequence(&[sequence(algorithm), bits(key)]) }
    }

    /// The toy's signature value.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        sha256(&[self.public.as_slice(), message].concat()).to_vec()
    }

    /// What the BIT STRING of the key holds, without the count of unused bits.
    pub fn identifier(&self) -> [u8; 20] {
        openssl::sha::sha1(&self.public)
    }
}

/// A number of exactly so many bits, different for each name.
fn number(name: &str, size: u32) -> Vec<u8> {
    let length = size.div_ceil(8) as usize;
    let seed = sha256(name.as_bytes());
    let mut octets: Vec<u8> = seed.iter().copied().cycle().take(length).collect();
    let top = (size - 1) % 8;
    octets[0] = (octets[0] & ((1 << top) - 1)) | (1 << top);
    octets
}

/// Checks the toy's values, whatever algorithm is named.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToyVerifier;

impl SignatureVerifier for ToyVerifier {
    fn verify(
        &self,
        _algorithm: &SignatureAlgorithm,
        public_key: &[u8],
        message: &[u8],
        value: &[u8],
    ) -> SignatureValidity {
        if sha256(&[public_key, message].concat()) == value {
            SignatureValidity::Valid
        } else {
            SignatureValidity::Invalid
        }
    }
}

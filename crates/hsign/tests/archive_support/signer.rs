//! A doctor's key, without a file or a card.

use hsign_core::ports::{PortError, Signer};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use hsign_testkit::Identity;
use openssl::hash::MessageDigest;

pub struct Key<'p>(pub &'p Identity);

impl Signer for Key<'_> {
    fn certificate(&self) -> &[u8] {
        self.0.certificate_der()
    }

    fn chain(&self) -> &[Vec<u8>] {
        self.0.chain_der()
    }

    fn algorithm(&self, digest: DigestAlgorithm) -> SignatureAlgorithm {
        SignatureAlgorithm::RsaPkcs1(digest)
    }

    fn sign(&self, _: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, PortError> {
        let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), self.0.private_key()).unwrap();
        Ok(signer.sign_oneshot_to_vec(message).unwrap())
    }
}

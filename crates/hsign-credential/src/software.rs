//! A private key in this process' memory; OpenSSL keeps it and wipes it when it is dropped.

use hsign_core::ports::{PortError, Signer};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use hsign_x509::Certificate;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, PKeyRef, Private, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer as OpensslSigner};

use crate::own_certificate::OwnCertificates;
use crate::{Credential, Error, KeyProtection, Specification};

/// Key and certificates from a file.
pub(crate) struct SoftwareCredential {
    key: PKey<Private>,
    certificates: OwnCertificates,
    encrypted: bool,
    specification: Specification,
}

impl SoftwareCredential {
    /// Joins a key with the one of `certificates` that belongs to it; the others become the chain.
    pub(crate) fn new(
        place: &str,
        key: PKey<Private>,
        certificates: Vec<Certificate>,
        encrypted: bool,
        specification: Specification,
    ) -> Result<Self, Error> {
        if certificates.is_empty() {
            return Err(Error::NoCertificate(place.to_owned()));
        }
        let certificates = OwnCertificates::choose(certificates, |certificate| belongs(&key, certificate))
            .ok_or_else(|| Error::KeyMismatch(place.to_owned()))?;
        Ok(Self { key, certificates, encrypted, specification })
    }
}

fn belongs(key: &PKeyRef<Private>, certificate: &Certificate) -> bool {
    let public: Result<PKey<Public>, _> = PKey::public_key_from_der(certificate.public_key_info());
    public.is_ok_and(|public| key.public_eq(&public))
}

impl Signer for SoftwareCredential {
    fn certificate(&self) -> &[u8] {
        self.certificates.signer().der()
    }

    fn chain(&self) -> &[Vec<u8>] {
        self.certificates.chain()
    }

    fn algorithm(&self, digest: DigestAlgorithm) -> SignatureAlgorithm {
        match self.key.id() {
            Id::EC => SignatureAlgorithm::Ecdsa(digest),
            Id::ED25519 => SignatureAlgorithm::Ed25519,
            Id::ED448 => SignatureAlgorithm::Ed448,
            // A key restricted to PSS (id-RSASSA-PSS): salt as long as the digest, as RFC 8017 §9.1 advises.
            Id::RSA_PSS => SignatureAlgorithm::RsaPss {
                digest,
                mask_digest: digest,
                salt_length: u32::try_from(digest.length()).unwrap_or(0),
            },
            _ => SignatureAlgorithm::RsaPkcs1(digest),
        }
    }

    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(sign(&self.key, algorithm, message)?)
    }
}

impl Credential for SoftwareCredential {
    fn protection(&self) -> KeyProtection {
        KeyProtection::File { encrypted: self.encrypted }
    }

    fn signer_certificate(&self) -> &Certificate {
        self.certificates.signer()
    }

    fn specification(&self) -> &Specification {
        &self.specification
    }
}

fn sign(key: &PKeyRef<Private>, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
    let fits = match algorithm {
        SignatureAlgorithm::RsaPkcs1(_) => key.id() == Id::RSA,
        SignatureAlgorithm::RsaPss { .. } => matches!(key.id(), Id::RSA | Id::RSA_PSS),
        SignatureAlgorithm::Ecdsa(_) => key.id() == Id::EC,
        SignatureAlgorithm::Ed25519 => key.id() == Id::ED25519,
        SignatureAlgorithm::Ed448 => key.id() == Id::ED448,
        _ => false,
    };
    if !fits {
        return Err(Error::Algorithm(algorithm.to_string()));
    }
    let failed = |error| Error::openssl(&error);
    let Some(digest) = algorithm.digest() else {
        return OpensslSigner::new_without_digest(key)
            .and_then(|mut s| s.sign_oneshot_to_vec(message))
            .map_err(failed);
    };
    let mut signer = OpensslSigner::new(message_digest(digest)?, key).map_err(failed)?;
    if let SignatureAlgorithm::RsaPss { mask_digest, salt_length, .. } = algorithm {
        let length = i32::try_from(*salt_length).map_err(|_| Error::Algorithm(algorithm.to_string()))?;
        signer.set_rsa_padding(Padding::PKCS1_PSS).map_err(failed)?;
        signer.set_rsa_mgf1_md(message_digest(*mask_digest)?).map_err(failed)?;
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(length)).map_err(failed)?;
    }
    signer.sign_oneshot_to_vec(message).map_err(failed)
}

/// Only functions good enough to sign with today.
fn message_digest(digest: DigestAlgorithm) -> Result<MessageDigest, Error> {
    match digest {
        DigestAlgorithm::Sha256 => Ok(MessageDigest::sha256()),
        DigestAlgorithm::Sha384 => Ok(MessageDigest::sha384()),
        DigestAlgorithm::Sha512 => Ok(MessageDigest::sha512()),
        DigestAlgorithm::Sha3_256 => Ok(MessageDigest::sha3_256()),
        DigestAlgorithm::Sha3_384 => Ok(MessageDigest::sha3_384()),
        DigestAlgorithm::Sha3_512 => Ok(MessageDigest::sha3_512()),
        other => Err(Error::Algorithm(other.to_string())),
    }
}

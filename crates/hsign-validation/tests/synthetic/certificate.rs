use hsign_core::{DigestAlgorithm, SignatureAlgorithm};

use super::Key;
use super::der::*;

/// A certificate to be made.
#[derive(Clone, Debug)]
pub struct CertificateSpec<'a> {
    pub serial: u64,
    /// Common names.
    pub subject: &'a str,
    pub issuer: &'a str,
    /// Seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    pub key: &'a Key,
    pub issuer_key: &'a Key,
    pub algorithm: SignatureAlgorithm,
    pub extensions: Vec<Extension>,
    /// The value is not the issuer's.
    pub broken: bool,
}

#[derive(Clone, Debug)]
pub enum Extension {
    Ca,
    /// Bit numbers of RFC 5280 §4.2.1.3.
    KeyUsage(Vec<u8>),
    /// Purposes by OID, critical or not.
    ExtendedKeyUsage(Vec<&'static str>, bool),
    OcspNoCheck,
    Policies(Vec<String>),
    /// Any other, with its value.
    Other {
        id: &'static str,
        critical: bool,
        value: Vec<u8>,
    },
}

impl CertificateSpec<'_> {
    pub fn der(&self) -> Vec<u8> {
        let mut extensions: Vec<Vec<u8>> = self.extensions.iter().map(Extension::der).collect();
        extensions.push(extension("2.5.29.14", false, &octets(&self.key.identifier())));
        extensions.push(authority_key(self.issuer_key));
        let tbs = sequence(&[
            explicit(0, &integer(2)),
            integer(self.serial),
            algorithm_identifier(&self.algorithm),
            name(self.issuer),
            sequence(&[time(self.not_before), time(self.not_after)]),
            name(self.subject),
            self.key.public.clone(),
            explicit(3, &sequence(&extensions)),
        ]);
        envelope(tbs, &self.algorithm, self.issuer_key, self.broken)
    }
}

impl Extension {
    fn der(&self) -> Vec<u8> {
        match self {
            Self::Ca => extension("2.5.29.19", true, &sequence(&[boolean(true)])),
            Self::KeyUsage(usages) => extension("2.5.29.15", true, &named_bits(usages)),
            Self::ExtendedKeyUsage(purposes, critical) => {
                let purposes: Vec<Vec<u8>> = purposes.iter().map(|purpose| oid(purpose)).collect();
                extension("2.5.29.37", *critical, &sequence(&purposes))
            }
            Self::OcspNoCheck => extension("1.3.6.1.5.5.7.48.1.5", false, &null()),
            Self::Policies(policies) => {
                let policies: Vec<Vec<u8>> = policies.iter().map(|policy| sequence(&[oid(policy)])).collect();
                extension("2.5.29.32", false, &sequence(&policies))
            }
            Self::Other { id, critical, value } => extension(id, *critical, value),
        }
    }
}

/// A name of one common name.
pub fn name(common_name: &str) -> Vec<u8> {
    sequence(&[set(&[sequence(&[oid("2.5.4.3"), utf8(common_name)])])])
}

pub(super) fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![oid(id)];
    if critical {
        parts.push(boolean(true));
    }
    parts.push(octets(value));
    sequence(&parts)
}

pub(super) fn authority_key(issuer: &Key) -> Vec<u8> {
    extension("2.5.29.35", false, &sequence(&[tlv(0x80, &issuer.identifier())]))
}

/// SEQUENCE { to be signed, algorithm, value }, as certificates, CRLs and OCSP responses have it.
pub(super) fn envelope(tbs: Vec<u8>, algorithm: &SignatureAlgorithm, key: &Key, broken: bool) -> Vec<u8> {
    let mut value = key.sign(&tbs);
    if broken {
        value[0] ^= 1;
    }
    sequence(&[tbs, algorithm_identifier(algorithm), bits(&value)])
}

pub(super) fn algorithm_identifier(algorithm: &SignatureAlgorithm) -> Vec<u8> {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(digest) => sequence(&[oid(rsa_pkcs1(*digest)), null()]),
        SignatureAlgorithm::Ecdsa(digest) => sequence(&[oid(ecdsa(*digest))]),
        SignatureAlgorithm::RsaPss { digest, mask_digest, salt_length } => {
            let hash = |digest: DigestAlgorithm| sequence(&[oid(digest.oid()), null()]);
            let mask = sequence(&[oid("1.2.840.113549.1.1.8"), hash(*mask_digest)]);
            let parameters = sequence(&[
                explicit(0, &hash(*digest)),
                explicit(1, &mask),
                explicit(2, &integer(u64::from(*salt_length))),
            ]);
            sequence(&[oid("1.2.840.113549.1.1.10"), parameters])
        }
        SignatureAlgorithm::Unknown(id) => sequence(&[oid(id)]),
        other => panic!("{other} is not made here"),
    }
}

fn rsa_pkcs1(digest: DigestAlgorithm) -> &'static str {
    match digest {
        DigestAlgorithm::Md5 => "1.2.840.113549.1.1.4",
        DigestAlgorithm::Sha1 => "1.2.840.113549.1.1.5",
        DigestAlgorithm::Sha224 => "1.2.840.113549.1.1.14",
        DigestAlgorithm::Sha256 => "1.2.840.113549.1.1.11",
        DigestAlgorithm::Sha384 => "1.2.840.113549.1.1.12",
        DigestAlgorithm::Sha512 => "1.2.840.113549.1.1.13",
        other => panic!("RSA with {other} is not made here"),
    }
}

fn ecdsa(digest: DigestAlgorithm) -> &'static str {
    match digest {
        DigestAlgorithm::Sha1 => "1.2.840.10045.4.1",
        DigestAlgorithm::Sha224 => "1.2.840.10045.4.3.1",
        DigestAlgorithm::Sha256 => "1.2.840.10045.4.3.2",
        DigestAlgorithm::Sha384 => "1.2.840.10045.4.3.3",
        DigestAlgorithm::Sha512 => "1.2.840.10045.4.3.4",
        other => panic!("ECDSA with {other} is not made here"),
    }
}

//! The pool of test keys: committed, since key generation cannot be seeded, and worthless outside tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;

use crate::Error;
use crate::der;

/// The kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with that many bits and e = 65537.
    Rsa(u32),
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
}

/// One key of the pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolKey {
    /// File name under `testdata/keys`, without `.pem`.
    pub name: &'static str,
    /// What kind of key it is.
    pub kind: KeyKind,
    /// PKCS#8, PEM, not encrypted.
    pub pem: &'static str,
}

macro_rules! pool {
    ($($name:literal $kind:expr;)*) => {
        /// Every key of the pool.
        pub const POOL: &[PoolKey] = &[$(PoolKey {
            name: $name,
            kind: $kind,
            pem: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/keys/", $name, ".pem")),
        }),*];
    };
}

pool! {
    "hpki-root" KeyKind::Rsa(2048);
    "hpki-signature-ca" KeyKind::Rsa(2048);
    "hpki-authentication-ca" KeyKind::Rsa(2048);
    "doctor" KeyKind::Rsa(2048);
    "dentist" KeyKind::Rsa(2048);
    "pharmacist" KeyKind::Rsa(2048);
    "nurse" KeyKind::Rsa(2048);
    "hospital-director" KeyKind::Rsa(2048);
    "no-role" KeyKind::Rsa(2048);
    "test-card" KeyKind::Rsa(2048);
    "authentication" KeyKind::Rsa(2048);
    "revoked" KeyKind::Rsa(2048);
    "expired" KeyKind::Rsa(2048);
    "two-roles" KeyKind::Rsa(2048);
    "unknown-role" KeyKind::Rsa(2048);
    "doctor-rsa-3072" KeyKind::Rsa(3072);
    "doctor-p256" KeyKind::P256;
    "doctor-p384" KeyKind::P384;
    "tsa-root" KeyKind::Rsa(3072);
    "tsa-ca" KeyKind::Rsa(3072);
    "tsa-unit" KeyKind::Rsa(2048);
    "tsa-unit-p256" KeyKind::P256;
    "tsa-unit-unfit" KeyKind::Rsa(2048);
    "commercial-root" KeyKind::Rsa(2048);
    "commercial-ca" KeyKind::Rsa(2048);
    "commercial-person" KeyKind::Rsa(2048);
    "jpki-ca" KeyKind::Rsa(2048);
    "jpki-person" KeyKind::Rsa(2048);
    "witness" KeyKind::P256;
    "attester" KeyKind::P256;
    "ocsp-responder" KeyKind::P256;
    "tls-server" KeyKind::P256;
    "tls-client" KeyKind::P256;
}

/// The key of that name. A process reads each once: reading it, and what OpenSSL prepares with the first signature of a
/// key, take longer than the signature, and tests make many PKIs.
///
/// # Errors
/// [`Error::UnknownKey`] if there is none, or what OpenSSL says about its encoding.
pub fn load(name: &str) -> Result<PKey<Private>, Error> {
    static READ: Mutex<BTreeMap<&str, PKey<Private>>> = Mutex::new(BTreeMap::new());
    let of_pool = find(name)?;
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = read.get(of_pool.name) {
        return Ok(key.clone());
    }
    let key = PKey::private_key_from_pem(of_pool.pem.as_bytes())?;
    read.insert(of_pool.name, key.clone());
    Ok(key)
}

/// The key of that name as PKCS#8 PEM.
///
/// # Errors
/// [`Error::UnknownKey`] if there is none.
pub fn pem(name: &str) -> Result<&'static str, Error> {
    find(name).map(|key| key.pem)
}

fn find(name: &str) -> Result<&'static PoolKey, Error> {
    let key = POOL.iter().find(|key| key.name == name && !key.pem.is_empty());
    key.ok_or_else(|| Error::UnknownKey(name.to_owned()))
}

/// A new key as PKCS#8 PEM: only for filling the pool.
///
/// # Errors
/// What OpenSSL says.
pub fn generate(kind: KeyKind) -> Result<Vec<u8>, Error> {
    let key = match kind {
        KeyKind::Rsa(bits) => PKey::from_rsa(Rsa::generate(bits)?)?,
        KeyKind::P256 => elliptic(Nid::X9_62_PRIME256V1)?,
        KeyKind::P384 => elliptic(Nid::SECP384R1)?,
    };
    Ok(key.private_key_to_pem_pkcs8()?)
}

fn elliptic(curve: Nid) -> Result<PKey<Private>, Error> {
    let group = EcGroup::from_curve_name(curve)?;
    Ok(PKey::from_ec_key(EcKey::generate(&group)?)?)
}

/// The digests that the testkit signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    pub(crate) fn message_digest(self) -> MessageDigest {
        match self {
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    pub(crate) fn of(self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(openssl::hash::hash(self.message_digest(), bytes)?.to_vec())
    }

    pub(crate) fn oid(self) -> Vec<u8> {
        der::oid(match self {
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    /// The digest's AlgorithmIdentifier, parameters absent (RFC 5754 §2).
    pub(crate) fn algorithm_identifier(self) -> Vec<u8> {
        der::sequence(&[&self.oid()])
    }
}

/// The AlgorithmIdentifier of a signature by `key` over `hash`: RSASSA-PKCS1-v1_5 (RFC 4055 §5) or ECDSA (RFC 5758 §3.2).
pub(crate) fn signature_algorithm(key: &PKey<Private>, hash: Hash) -> Vec<u8> {
    if key.id() == Id::EC {
        let oid = match hash {
            Hash::Sha256 => "1.2.840.10045.4.3.2",
            Hash::Sha384 => "1.2.840.10045.4.3.3",
            Hash::Sha512 => "1.2.840.10045.4.3.4",
        };
        return der::sequence(&[&der::oid(oid)]);
    }
    let oid = match hash {
        Hash::Sha256 => "1.2.840.113549.1.1.11",
        Hash::Sha384 => "1.2.840.113549.1.1.12",
        Hash::Sha512 => "1.2.840.113549.1.1.13",
    };
    der::sequence(&[&der::oid(oid), &der::null()])
}

/// The signature value over `bytes`.
pub(crate) fn sign(key: &PKey<Private>, hash: Hash, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(Signer::new(hash.message_digest(), key)?.sign_oneshot_to_vec(bytes)?)
}

/// A signed structure: SEQUENCE { tbs, signatureAlgorithm, signature BIT STRING }.
pub(crate) fn signed(key: &PKey<Private>, hash: Hash, tbs: &[u8]) -> Result<Vec<u8>, Error> {
    let value = sign(key, hash, tbs)?;
    Ok(der::sequence(&[tbs, &signature_algorithm(key, hash), &der::bit_string(&value)]))
}

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::DigestAlgorithm;

/// How a signature value was made. Says nothing about whether that is good enough.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1(DigestAlgorithm),
    /// RSASSA-PSS (RFC 8017 §8.1).
    RsaPss {
        /// Hash of the message.
        digest: DigestAlgorithm,
        /// Hash inside the mask generation function MGF1.
        mask_digest: DigestAlgorithm,
        /// Salt length in bytes.
        salt_length: u32,
    },
    /// ECDSA with a DER-encoded value (RFC 5753).
    Ecdsa(DigestAlgorithm),
    /// Ed25519 (RFC 8032), over the message itself.
    Ed25519,
    /// Ed448 (RFC 8032), over the message itself.
    Ed448,
    /// One of those with a digest of its own, where the signed octets are that digest: content that was signed directly
    /// stays out of the facts.
    OfDigest(Box<SignatureAlgorithm>),
    /// An identifier we can't verify, with its dotted OID.
    Unknown(String),
}

impl SignatureAlgorithm {
    /// The same over a digest that was computed before; `None` for algorithms that need the message itself.
    #[must_use]
    pub fn of_digest(&self) -> Option<Self> {
        match self {
            Self::RsaPkcs1(_) | Self::RsaPss { .. } | Self::Ecdsa(_) => {
                Some(Self::OfDigest(Box::new(self.clone())))
            }
            Self::OfDigest(_) | Self::Ed25519 | Self::Ed448 | Self::Unknown(_) => None,
        }
    }

    /// The message digest, where the algorithm has one of its own.
    #[must_use]
    pub fn digest(&self) -> Option<DigestAlgorithm> {
        match self {
            Self::RsaPkcs1(digest) | Self::Ecdsa(digest) | Self::RsaPss { digest, .. } => Some(*digest),
            Self::OfDigest(inner) => inner.digest(),
            Self::Ed25519 | Self::Ed448 | Self::Unknown(_) => None,
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaPkcs1(digest) => write!(f, "RSA PKCS#1 v1.5 with {digest}"),
            Self::OfDigest(inner) => inner.fmt(f),
            Self::RsaPss { digest, .. } => write!(f, "RSA-PSS with {digest}"),
            Self::Ecdsa(digest) => write!(f, "ECDSA with {digest}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::Unknown(oid) => write!(f, "unknown algorithm {oid}"),
        }
    }
}

/// Named curves (RFC 5480, RFC 5639).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum EllipticCurve {
    P256,
    P384,
    P521,
    BrainpoolP256r1,
    BrainpoolP384r1,
    BrainpoolP512r1,
}

impl EllipticCurve {
    /// Size of the field in bits.
    #[must_use]
    pub fn bits(self) -> u32 {
        match self {
            Self::P256 | Self::BrainpoolP256r1 => 256,
            Self::P384 | Self::BrainpoolP384r1 => 384,
            Self::P521 => 521,
            Self::BrainpoolP512r1 => 512,
        }
    }
}

/// What kind of public key a certificate holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PublicKeyKind {
    /// RSA with the modulus' size in bits.
    Rsa {
        /// Bits of the modulus.
        bits: u32,
    },
    /// An elliptic curve key.
    Ec(EllipticCurve),
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// DSA with the size of p in bits.
    Dsa {
        /// Bits of p.
        bits: u32,
    },
    /// A key type we don't know, with its dotted OID.
    Unknown(String),
}

impl fmt::Display for PublicKeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::Ec(EllipticCurve::P256) => f.write_str("P-256"),
            Self::Ec(EllipticCurve::P384) => f.write_str("P-384"),
            Self::Ec(EllipticCurve::P521) => f.write_str("P-521"),
            Self::Ec(curve) => write!(f, "brainpool-{}", curve.bits()),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::Dsa { bits } => write!(f, "DSA-{bits}"),
            Self::Unknown(oid) => write!(f, "unknown key type {oid}"),
        }
    }
}

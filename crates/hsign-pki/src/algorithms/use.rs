use hsign_core::{DigestAlgorithm, PublicKeyKind, SignatureAlgorithm};

/// What an algorithm is relied on for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Use<'a> {
    /// A signature value: the scheme, its digest against collisions, and the key where it is known.
    Signature {
        /// Scheme and digest.
        algorithm: &'a SignatureAlgorithm,
        /// The signer's key.
        key: Option<&'a PublicKeyKind>,
    },
    /// A key alone.
    Key(&'a PublicKeyKind),
    /// A digest alone.
    Digest {
        /// The hash function.
        algorithm: DigestAlgorithm,
        /// What it has to withstand.
        resistance: Resistance,
    },
}

/// What a digest has to withstand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resistance {
    /// Two inputs of an attacker's choice: whatever is signed or stamped from now on.
    Collision,
    /// Another input for a digest that already stands: an imprint or a reference that was made, by somebody
    /// else or before collisions were feasible.
    SecondPreImage,
    /// Only tells which of the certificates at hand is meant; the signature over it is checked anyhow.
    CertificateIdentifier,
}

impl Use<'static> {
    /// A digest that has to withstand collisions.
    #[must_use]
    pub fn digest(algorithm: DigestAlgorithm) -> Self {
        Self::Digest { algorithm, resistance: Resistance::Collision }
    }
}

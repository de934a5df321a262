use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use openssl::ec::Asn1Flag;
use openssl::error::ErrorStack;
use openssl::md::{Md, MdRef};
use openssl::pkey::{Id, PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};

use crate::digest::message_digest;
use crate::key_cache::{Decoded, KeyCache};

/// Decoding a key takes OpenSSL 3 several times as long as verifying with it (measured: 0.1 against 0.02 ms).
static KEYS: KeyCache = KeyCache::new();

/// [`SignatureVerifier`] on OpenSSL. All instances share the keys that were decoded in this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpensslVerifier {
    _private: (),
}

impl OpensslVerifier {
    /// Costs nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl SignatureVerifier for OpensslVerifier {
    fn verify(
        &self,
        algorithm: &SignatureAlgorithm,
        public_key: &[u8],
        message: &[u8],
        value: &[u8],
    ) -> SignatureValidity {
        let key = match KEYS.get_or_decode(public_key, decode) {
            Ok(key) => key,
            Err(reason) => return SignatureValidity::Unsupported(reason),
        };
        if let SignatureAlgorithm::OfDigest(inner) = algorithm {
            return of_digest(inner, &key, message, value);
        }
        let mut verifier = match prepare(algorithm, &key) {
            Ok(verifier) => verifier,
            Err(reason) => return SignatureValidity::Unsupported(reason),
        };
        // The set-up is done; an error from here on is about the value (an ECDSA value that is no DER).
        match verifier.verify_oneshot(value, message) {
            Ok(true) => SignatureValidity::Valid,
            Ok(false) | Err(_) => SignatureValidity::Invalid,
        }
    }
}

/// Decodes a SubjectPublicKeyInfo and refuses keys that prove nothing.
fn decode(spki: &[u8]) -> Decoded {
    let key = PKey::public_key_from_der(spki)
        .map_err(|stack| format!("the public key can't be decoded: {stack}"))?;
    if let Ok(rsa) = key.rsa() {
        // With e = 1 anybody can make a "signature"; an even e or n is no RSA key.
        let e_is_odd = rsa.e().is_bit_set(0) && rsa.e().num_bits() > 1;
        if !e_is_odd || !rsa.n().is_bit_set(0) {
            return Err("the RSA key is degenerate".to_owned());
        }
    }
    if let Ok(ec) = key.ec_key() {
        // RFC 5480 §2.1.1: parameters spelled out are not allowed; they let a forger choose the generator.
        if ec.group().asn1_flag() != Asn1Flag::NAMED_CURVE || ec.group().curve_name().is_none() {
            return Err("the elliptic curve is not named".to_owned());
        }
        ec.check_key().map_err(|stack| format!("the public key is not a point on its curve: {stack}"))?;
    }
    Ok(key)
}

/// A value over a digest: nothing is hashed here.
fn of_digest(
    algorithm: &SignatureAlgorithm,
    key: &PKey<Public>,
    digest: &[u8],
    value: &[u8],
) -> SignatureValidity {
    let mut context = match prepare_of_digest(algorithm, key) {
        Ok(context) => context,
        Err(reason) => return SignatureValidity::Unsupported(reason),
    };
    match context.verify(digest, value) {
        Ok(true) => SignatureValidity::Valid,
        Ok(false) | Err(_) => SignatureValidity::Invalid,
    }
}

fn prepare_of_digest(algorithm: &SignatureAlgorithm, key: &PKey<Public>) -> Result<PkeyCtx<Public>, String> {
    let kinds: &[Id] = match algorithm {
        SignatureAlgorithm::RsaPkcs1(_) => &[Id::RSA],
        SignatureAlgorithm::RsaPss { .. } => &[Id::RSA, Id::RSA_PSS],
        SignatureAlgorithm::Ecdsa(_) => &[Id::EC],
        other => return Err(format!("{other} can't be checked over a digest")),
    };
    fits(algorithm, key, kinds)?;
    let mut context = PkeyCtx::new(key).map_err(refused)?;
    context.verify_init().map_err(refused)?;
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(_) => context.set_rsa_padding(Padding::PKCS1).map_err(refused)?,
        SignatureAlgorithm::RsaPss { mask_digest, salt_length, .. } => {
            let salt = i32::try_from(*salt_length).map_err(|_| "the salt is too long".to_owned())?;
            context.set_rsa_padding(Padding::PKCS1_PSS).map_err(refused)?;
            context.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt)).map_err(refused)?;
            context.set_rsa_mgf1_md(function(*mask_digest)?).map_err(refused)?;
        }
        _ => {}
    }
    let digest = algorithm.digest().ok_or_else(|| format!("{algorithm} has no digest"))?;
    context.set_signature_md(function(digest)?).map_err(refused)?;
    Ok(context)
}

fn function(digest: DigestAlgorithm) -> Result<&'static MdRef, String> {
    let named = match digest {
        DigestAlgorithm::Sha1 => Md::sha1(),
        DigestAlgorithm::Sha224 => Md::sha224(),
        DigestAlgorithm::Sha256 => Md::sha256(),
        DigestAlgorithm::Sha384 => Md::sha384(),
        DigestAlgorithm::Sha512 => Md::sha512(),
        DigestAlgorithm::Sha3_256 => Md::sha3_256(),
        DigestAlgorithm::Sha3_384 => Md::sha3_384(),
        DigestAlgorithm::Sha3_512 => Md::sha3_512(),
        other => return Err(format!("{other} is not known")),
    };
    Ok(named)
}

fn prepare<'k>(algorithm: &SignatureAlgorithm, key: &'k PKey<Public>) -> Result<Verifier<'k>, String> {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(digest) => {
            // A key for PSS only (id-RSASSA-PSS, RFC 4055 §1.2) must not verify anything else.
            fits(algorithm, key, &[Id::RSA])?;
            let mut verifier = with_digest(*digest, key)?;
            verifier.set_rsa_padding(Padding::PKCS1).map_err(refused)?;
            Ok(verifier)
        }
        SignatureAlgorithm::RsaPss { digest, mask_digest, salt_length } => {
            fits(algorithm, key, &[Id::RSA, Id::RSA_PSS])?;
            let mask = message_digest(*mask_digest).ok_or_else(|| format!("{mask_digest} is not known"))?;
            let salt = i32::try_from(*salt_length).map_err(|_| "the salt is too long".to_owned())?;
            let mut verifier = with_digest(*digest, key)?;
            verifier.set_rsa_padding(Padding::PKCS1_PSS).map_err(refused)?;
            verifier.set_rsa_mgf1_md(mask).map_err(refused)?;
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt)).map_err(refused)?;
            Ok(verifier)
        }
        SignatureAlgorithm::Ecdsa(digest) => {
            fits(algorithm, key, &[Id::EC])?;
            with_digest(*digest, key)
        }
        SignatureAlgorithm::Ed25519 => {
            fits(algorithm, key, &[Id::ED25519])?;
            Verifier::new_without_digest(key).map_err(refused)
        }
        SignatureAlgorithm::Ed448 => {
            fits(algorithm, key, &[Id::ED448])?;
            Verifier::new_without_digest(key).map_err(refused)
        }
        SignatureAlgorithm::Unknown(oid) => Err(format!("signature algorithm {oid} is not known")),
        other => Err(format!("{other} is not known")),
    }
}

fn fits(algorithm: &SignatureAlgorithm, key: &PKey<Public>, kinds: &[Id]) -> Result<(), String> {
    if kinds.contains(&key.id()) { Ok(()) } else { Err(format!("{algorithm} doesn't fit the key's type")) }
}

fn with_digest(digest: DigestAlgorithm, key: &PKey<Public>) -> Result<Verifier<'_>, String> {
    let function = message_digest(digest).ok_or_else(|| format!("{digest} is not known"))?;
    Verifier::new(function, key).map_err(refused)
}

fn refused(stack: ErrorStack) -> String {
    format!("OpenSSL refuses the algorithm with this key: {stack}")
}

use hsign_asn1::{Tag, Tlv, integer_u64, octet_string, time};
use hsign_core::{Digest, DigestAlgorithm, Time};

use super::optional_extensions;
use crate::extension::{self, Extension, extension_oid as id};
use crate::{Certificate, CrlReason, Error, algorithm};

/// Which certificate an answer is about (RFC 6960 §4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertId {
    /// Dotted OID of the hash function.
    pub hash_oid: String,
    /// The hash function, if it is one of ours.
    pub hash_algorithm: Option<DigestAlgorithm>,
    /// Hash of the issuer's name.
    pub issuer_name_hash: Vec<u8>,
    /// Hash of the issuer's key.
    pub issuer_key_hash: Vec<u8>,
    /// Serial number, the INTEGER's contents.
    pub serial: Vec<u8>,
}

impl CertId {
    /// Whether it means `certificate`, issued by `issuer`. Never with an unknown hash function.
    ///
    /// # Errors
    /// When OpenSSL doesn't offer the hash function.
    pub fn matches(&self, certificate: &Certificate, issuer: &Certificate) -> Result<bool, Error> {
        let Some(hash) = self.hash_algorithm else { return Ok(false) };
        if self.serial != certificate.serial() {
            return Ok(false);
        }
        let key = hsign_crypto::digest(hash, issuer.public_key_bits())?;
        let name = hsign_crypto::digest(hash, certificate.issuer().der())?;
        Ok(key.value.0 == self.issuer_key_hash && name.value.0 == self.issuer_name_hash)
    }

    fn from_tlv(element: &Tlv<'_>) -> Result<Self, hsign_asn1::Error> {
        let mut fields = element.reader()?;
        let hash = fields.expect(Tag::SEQUENCE)?;
        let (hash_oid, hash_algorithm) = algorithm::digest_algorithm_from_der(&hash)
            .map_err(|_| hash.bad("not an AlgorithmIdentifier"))?;
        let issuer_name_hash = octet_string(&fields.expect(Tag::OCTET_STRING)?)?.into_owned();
        let issuer_key_hash = octet_string(&fields.expect(Tag::OCTET_STRING)?)?.into_owned();
        let serial = fields.expect(Tag::INTEGER)?.contents.to_vec();
        fields.finish()?;
        Ok(Self { hash_oid, hash_algorithm, issuer_name_hash, issuer_key_hash, serial })
    }
}

/// What a responder says about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertStatus {
    /// Not revoked as far as it knows.
    Good,
    /// Revoked.
    Revoked {
        /// Since when.
        time: Time,
        /// Why, if told.
        reason: Option<CrlReason>,
    },
    /// It doesn't know the certificate.
    Unknown,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SingleResponse {
    /// About which certificate.
    pub cert_id: CertId,
    /// The answer.
    pub status: CertStatus,
    /// When it was known to be right.
    pub this_update: Time,
    /// By when there will be newer information.
    pub next_update: Option<Time>,
    /// Until when the responder keeps revocation information of expired certificates (RFC 6960 §4.4.4).
    pub archive_cutoff: Option<Time>,
    /// Hash of the certificate, a positive statement that it was issued (Common PKI).
    pub cert_hash: Option<Digest>,
    extensions: Vec<Extension>,
}

impl SingleResponse {
    /// Extensions of this answer.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    pub(super) fn from_tlv(element: &Tlv<'_>) -> Result<Self, hsign_asn1::Error> {
        let mut fields = element.reader()?;
        let cert_id = CertId::from_tlv(&fields.expect(Tag::SEQUENCE)?)?;
        let status = status(&fields.any()?)?;
        let this_update = time(&fields.expect(Tag::GENERALIZED_TIME)?)?;
        let next_update = fields.optional(Tag::context(0, true))?;
        let next_update = next_update.map(|field| time(&field.only(Tag::GENERALIZED_TIME)?)).transpose()?;
        let extensions = optional_extensions(&mut fields, 1)?;
        fields.finish()?;
        let unreadable = |_| element.bad("archive cutoff or certHash can't be read");
        let find = |oid| extension::find(&extensions, oid).map_err(unreadable);
        let archive_cutoff = find(id::OCSP_ARCHIVE_CUTOFF)?
            .map(|extension| extension.decode("archive cutoff", Tag::GENERALIZED_TIME, time))
            .transpose()
            .map_err(unreadable)?;
        let cert_hash = find(id::OCSP_CERT_HASH)?
            .map(|extension| extension.decode("certHash", Tag::SEQUENCE, cert_hash))
            .transpose()
            .map_err(unreadable)?
            .flatten();
        Ok(Self { cert_id, status, this_update, next_update, archive_cutoff, cert_hash, extensions })
    }
}

/// CertStatus: good `[0]`, revoked `[1]`, unknown `[2]`.
fn status(choice: &Tlv<'_>) -> Result<CertStatus, hsign_asn1::Error> {
    match choice.tag {
        tag if tag == Tag::context(0, false) => Ok(CertStatus::Good),
        tag if tag == Tag::context(2, false) => Ok(CertStatus::Unknown),
        tag if tag == Tag::context(1, true) => {
            let mut fields = choice.reader()?;
            let revoked_at = time(&fields.expect(Tag::GENERALIZED_TIME)?)?;
            let reason = fields.optional(Tag::context(0, true))?;
            let reason = reason
                .map(|field| integer_u64(field.only(Tag::ENUMERATED)?.contents))
                .transpose()?
                .and_then(CrlReason::from_number);
            fields.finish()?;
            Ok(CertStatus::Revoked { time: revoked_at, reason })
        }
        _ => Err(choice.bad("not a CertStatus")),
    }
}

/// CertHash ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, certificateHash OCTET STRING }; `None` for a
/// hash function we don't know.
fn cert_hash(element: &Tlv<'_>) -> Result<Option<Digest>, hsign_asn1::Error> {
    let mut fields = element.reader()?;
    let hash = fields.expect(Tag::SEQUENCE)?;
    let (_, algorithm) =
        algorithm::digest_algorithm_from_der(&hash).map_err(|_| hash.bad("not an AlgorithmIdentifier"))?;
    let value = octet_string(&fields.expect(Tag::OCTET_STRING)?)?.into_owned();
    fields.finish()?;
    Ok(algorithm.map(|algorithm| Digest::new(algorithm, value)))
}

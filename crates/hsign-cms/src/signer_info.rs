use std::ops::Range;

use hsign_asn1::{Reader, Rules, Tag, Tlv, integer_u64, normalise_to_der, octet_string, time};
use hsign_core::facts::{CertificateReference, SignerIdentifier};
use hsign_core::{Budget, Digest, DigestAlgorithm, Finding, SignatureAlgorithm, Time};
use hsign_x509::{digest_algorithm_from_der, signature_algorithm_from_der};

use crate::oid::{CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, SIGNING_TIME};
use crate::read::only;
use crate::{Attributes, Error, ess, signer_checks};

/// Attributes and their values in one countersignature.
const MAXIMUM_ELEMENTS: u64 = 2_000;

/// A SignerInfo (RFC 5652 §5.3), as it arrived.
#[derive(Clone, Debug)]
pub struct SignerInfo {
    pub(crate) bytes: Vec<u8>,
    /// version to signature, within `bytes`.
    pub(crate) fields: Range<usize>,
    /// unsignedAttrs, within `bytes`.
    pub(crate) unsigned: Option<Range<usize>>,
    pub(crate) version: u64,
    pub(crate) signer: SignerIdentifier,
    pub(crate) digest_algorithm_oid: String,
    pub(crate) signature_algorithm: SignatureAlgorithm,
    pub(crate) signed_attributes: Option<Attributes>,
    /// The octets the signature value is over (§5.4).
    pub(crate) signed_octets: Option<Vec<u8>>,
    pub(crate) signature: Vec<u8>,
    pub(crate) unsigned_attributes: Attributes,
    pub(crate) findings: Vec<Finding>,
}

impl SignerInfo {
    /// A countersignature: the value of an unsigned attribute, made over the signature value beside it (RFC 5652
    /// §11.4).
    ///
    /// # Errors
    /// When the value is no SignerInfo.
    pub fn of_countersignature(value: &[u8]) -> Result<Self, Error> {
        let mut budget = Budget::new("elements of a countersignature", MAXIMUM_ELEMENTS);
        Self::read_for(&only(value, Tag::SEQUENCE)?, None, &mut budget)
    }

    pub(crate) fn read(tlv: &Tlv<'_>, content_type: &str, budget: &mut Budget) -> Result<Self, Error> {
        Self::read_for(tlv, Some(content_type), budget)
    }

    /// Without content type: as a countersignature.
    fn read_for(tlv: &Tlv<'_>, content_type: Option<&str>, budget: &mut Budget) -> Result<Self, Error> {
        let mut fields = tlv.reader()?;
        let version = integer_u64(fields.expect(Tag::INTEGER)?.contents)?;
        let signer = signer_identifier(&mut fields)?;
        let digest = fields.expect(Tag::SEQUENCE)?;
        let signed = fields.optional(Tag::context(0, true))?;
        let signature_identifier = fields.expect(Tag::SEQUENCE)?;
        let value = fields.expect(Tag::OCTET_STRING)?;
        let signature = octet_string(&value)?.into_owned();
        let unsigned = fields.optional(Tag::context(1, true))?;
        fields.finish()?;
        let within = |position: usize| position.saturating_sub(tlv.offset());
        let end_of = |tlv: &Tlv<'_>| within(tlv.offset()).saturating_add(tlv.bytes.len());

        let (digest_algorithm_oid, digest_algorithm) = digest_algorithm_from_der(&digest)?;
        let mut info = Self {
            bytes: tlv.bytes.to_vec(),
            fields: within(tlv.contents_offset())..end_of(&value),
            unsigned: unsigned.as_ref().map(|set| within(set.offset())..end_of(set)),
            version,
            signer,
            signature_algorithm: signature_algorithm_from_der(&signature_identifier, digest_algorithm)?,
            digest_algorithm_oid,
            signed_attributes: signed.as_ref().map(|set| Attributes::read(set, budget)).transpose()?,
            signed_octets: signed.as_ref().map(signed_octets).transpose()?,
            signature,
            unsigned_attributes: match &unsigned {
                Some(set) => Attributes::read(set, budget)?,
                None => Attributes::default(),
            },
            findings: Vec::new(),
        };
        info.findings = signer_checks::all(&info, signed.as_ref(), content_type);
        info.findings.extend(signer_checks::algorithm_protection(&info, &digest, &signature_identifier));
        Ok(info)
    }

    /// The whole SignerInfo as it arrived.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The fields that were there when the value was computed, and the value: version to signature, each with tag and
    /// length, as they arrived.
    #[must_use]
    pub fn signed_fields(&self) -> &[u8] {
        self.bytes.get(self.fields.clone()).unwrap_or_default()
    }

    /// unsignedAttrs with tag and length, as they arrived.
    #[must_use]
    pub fn unsigned_field(&self) -> Option<&[u8]> {
        self.bytes.get(self.unsigned.clone()?)
    }

    /// CMSVersion: 1 with issuer and serial number, 3 with a key identifier.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// sid: how the signer is named. Not signed.
    #[must_use]
    pub fn signer(&self) -> &SignerIdentifier {
        &self.signer
    }

    /// digestAlgorithm; `None` for one we don't know.
    #[must_use]
    pub fn digest_algorithm(&self) -> Option<DigestAlgorithm> {
        DigestAlgorithm::from_oid(&self.digest_algorithm_oid)
    }

    /// digestAlgorithm, dotted.
    #[must_use]
    pub fn digest_algorithm_oid(&self) -> &str {
        &self.digest_algorithm_oid
    }

    /// signatureAlgorithm; where it names the key algorithm only, with the digest of `digestAlgorithm`.
    #[must_use]
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.signature_algorithm
    }

    /// signedAttrs.
    #[must_use]
    pub fn signed_attributes(&self) -> Option<&Attributes> {
        self.signed_attributes.as_ref()
    }

    /// unsignedAttrs; empty when absent.
    #[must_use]
    pub fn unsigned_attributes(&self) -> &Attributes {
        &self.unsigned_attributes
    }

    /// The signature value.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The octets the value was computed over: the signed attributes as they arrived under the SET tag
    /// (RFC 5652 §5.4). `None` without signed attributes, where the content itself was signed.
    #[must_use]
    pub fn signed_octets(&self) -> Option<&[u8]> {
        self.signed_octets.as_deref()
    }

    /// The same with the attributes in DER order (X.690 §11.6); `None` when they are so already.
    #[must_use]
    pub fn reordered_octets(&self) -> Option<Vec<u8>> {
        let attributes: Vec<_> = self
            .signed_attributes
            .as_ref()?
            .all()
            .iter()
            .map(|attribute| attribute.bytes.as_slice())
            .collect();
        let sorted = attributes.is_sorted();
        (!sorted).then(|| hsign_asn1::encode::set_of_sorted(&attributes))
    }

    /// message-digest (§11.2); `None` when absent, ambiguous, unreadable or of an unknown algorithm.
    #[must_use]
    pub fn message_digest(&self) -> Option<Digest> {
        let value = self.signed_attributes.as_ref()?.single(MESSAGE_DIGEST)?;
        let octets = octet_string(&only(value, Tag::OCTET_STRING).ok()?).ok()?.into_owned();
        Some(Digest::new(self.digest_algorithm()?, octets))
    }

    /// content-type (§11.1), dotted.
    #[must_use]
    pub fn content_type_attribute(&self) -> Option<String> {
        let value = self.signed_attributes.as_ref()?.single(CONTENT_TYPE)?;
        hsign_asn1::oid_to_string(only(value, Tag::OID).ok()?.contents).ok()
    }

    /// signing-time (§11.3): the signer's claim.
    #[must_use]
    pub fn signing_time(&self) -> Option<Time> {
        let value = self.signed_attributes.as_ref()?.single(SIGNING_TIME)?;
        time(&Reader::new(value, Rules::Ber).next().ok()??).ok()
    }

    /// Signed references to certificates, the signer's own first: those of signing-certificate-v2, then
    /// those of version 1. An entry with an unknown hash function is left out (and is a finding).
    #[must_use]
    pub fn certificate_references(&self) -> Vec<CertificateReference> {
        let mut references = self.ess_entries(SIGNING_CERTIFICATE_V2, ess::version_2);
        references.extend(self.ess_entries(SIGNING_CERTIFICATE, ess::version_1));
        references
    }

    fn ess_entries(&self, oid: &str, read: ess::Read) -> Vec<CertificateReference> {
        let value = self.signed_attributes.as_ref().and_then(|attributes| attributes.single(oid));
        let entries = value.and_then(|value| read(value).ok()).unwrap_or_default();
        entries.into_iter().flatten().collect()
    }

    /// What was noticed about this signer's syntax.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// SignerIdentifier ::= CHOICE { issuerAndSerialNumber, subjectKeyIdentifier [0] }.
fn signer_identifier(fields: &mut Reader<'_>) -> Result<SignerIdentifier, Error> {
    if let Some(key) = fields.optional(Tag::context(0, false))? {
        return Ok(SignerIdentifier {
            subject_key_identifier: Some(key.contents.into()),
            ..SignerIdentifier::default()
        });
    }
    let mut names = fields.expect(Tag::SEQUENCE)?.reader()?;
    let issuer = names.expect(Tag::SEQUENCE)?.bytes.into();
    let serial = names.expect(Tag::INTEGER)?.contents.into();
    names.finish()?;
    Ok(SignerIdentifier { issuer: Some(issuer), serial: Some(serial), ..SignerIdentifier::default() })
}

/// RFC 5652 §5.4: the digest is over an encoding with the SET OF tag. With definite lengths that is what
/// arrived but for the first octet; an indefinite one has to be brought to the DER the clause asks for.
fn signed_octets(set: &Tlv<'_>) -> Result<Vec<u8>, Error> {
    let mut octets = if set.indefinite { normalise_to_der(set.bytes)? } else { set.bytes.to_vec() };
    if let Some(tag) = octets.first_mut() {
        *tag = 0x31;
    }
    Ok(octets)
}

use hsign_asn1::{Reader, Tag, integer_u64, octet_string, oid_to_string};
use hsign_core::facts::{EvidenceFacts, Reference, SignedObject};
use hsign_core::{Budget, Digest, DigestAlgorithm, Finding, Octets};

use hsign_x509::digest_algorithm_from_der;

use crate::attribute::Attributes;
use crate::choices::{Certificates, Revocations};
use crate::oid::{CONTENT_TYPE, MESSAGE_DIGEST, REVOCATION_INFO_ARCHIVAL, SIGNED_DATA};
use crate::read::{first, only};
use crate::{Error, SignerInfo};

/// Certificates, revocation data, signers, attributes and attribute values of one SignedData. The largest
/// real ones seen hold a few hundred; signed PDFs with whole CRLs inside still count each CRL once.
const MAXIMUM_ELEMENTS: u64 = 20_000;

/// SignedData (RFC 5652 §5.1) with everything in it as it arrived.
#[derive(Clone, Debug)]
pub struct SignedData {
    encoded_length: usize,
    version: u64,
    digest_algorithms: Vec<String>,
    content_type: String,
    content: Option<Vec<u8>>,
    certificates: Certificates,
    revocations: Revocations,
    signers: Vec<SignerInfo>,
    findings: Vec<Finding>,
}

impl SignedData {
    /// Reads the ContentInfo at the start of `bytes`, DER or BER. What follows it is left to the caller
    /// (a PDF pads with zeros); [`Self::encoded_length`] says where it ends.
    ///
    /// # Errors
    /// When there is no SignedData, or more in it than anybody needs.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let content_info = first(bytes, Tag::SEQUENCE)?;
        let mut fields = content_info.reader()?;
        let content_type = oid_to_string(fields.expect(Tag::OID)?.contents)?;
        if content_type != SIGNED_DATA {
            return Err(Error::NotSignedData(content_type));
        }
        let content = fields.expect(Tag::context(0, true))?;
        fields.finish()?;
        let signed_data = content.only(Tag::SEQUENCE)?;
        Self::read(signed_data.reader()?, content_info.bytes.len())
    }

    fn read(mut fields: Reader<'_>, encoded_length: usize) -> Result<Self, Error> {
        let mut budget = Budget::new("elements of a CMS SignedData", MAXIMUM_ELEMENTS);
        let version = integer_u64(fields.expect(Tag::INTEGER)?.contents)?;
        let mut digests = fields.expect(Tag::SET)?.reader()?;
        let mut digest_algorithms = Vec::new();
        while let Some(algorithm) = digests.optional(Tag::SEQUENCE)? {
            budget.spend(1)?;
            digest_algorithms.push(digest_algorithm_from_der(&algorithm)?.0);
        }
        digests.finish()?;
        let encapsulated = Encapsulated::read(fields.expect(Tag::SEQUENCE)?.reader()?)?;
        let certificates = match fields.optional(Tag::context(0, true))? {
            Some(set) => Certificates::read(&set, &mut budget)?,
            None => Certificates::default(),
        };
        let revocations = match fields.optional(Tag::context(1, true))? {
            Some(set) => Revocations::read(&set, &mut budget)?,
            None => Revocations::default(),
        };
        let mut infos = fields.expect(Tag::SET)?.reader()?;
        fields.finish()?;
        let mut signers = Vec::new();
        while let Some(info) = infos.optional(Tag::SEQUENCE)? {
            budget.spend(1)?;
            signers.push(SignerInfo::read(&info, &encapsulated.content_type, &mut budget)?);
        }
        infos.finish()?;
        let mut signed_data = Self {
            encoded_length,
            version,
            digest_algorithms,
            content_type: encapsulated.content_type,
            content: encapsulated.content,
            certificates,
            revocations,
            signers,
            findings: encapsulated.findings,
        };
        signed_data.check();
        signed_data.read_archival_revocations(&mut budget);
        Ok(signed_data)
    }

    /// RFC 5652 §5.1, what concerns the whole.
    fn check(&mut self) {
        for signer in &self.signers {
            if !self.digest_algorithms.iter().any(|oid| oid == signer.digest_algorithm_oid()) {
                let finding = Finding::info("cms-digest-algorithm-not-listed")
                    .clause("RFC 5652 §5.1")
                    .with("algorithm", signer.digest_algorithm_oid());
                self.findings.push(finding);
            }
        }
        if !self.certificates.other.is_empty() {
            let finding = Finding::info("cms-other-certificates")
                .clause("RFC 5652 §10.2.2")
                .with("count", self.certificates.other.len());
            self.findings.push(finding);
        }
        if !self.revocations.other.is_empty() {
            let finding = Finding::info("cms-other-revocation-info")
                .clause("RFC 5652 §10.2.1")
                .with("count", self.revocations.other.len());
            self.findings.push(finding);
        }
    }

    fn read_archival_revocations(&mut self, budget: &mut Budget) {
        let attributes = self.signers.iter().filter_map(SignerInfo::signed_attributes);
        for value in attributes.flat_map(|attributes| attributes.values(REVOCATION_INFO_ARCHIVAL)) {
            match Revocations::read_archival(value, budget) {
                Ok(found) => {
                    self.revocations.crls.extend(found.crls);
                    self.revocations.ocsp_responses.extend(found.ocsp_responses);
                }
                Err(_) => self.findings.push(
                    Finding::warning("cms-attribute-unreadable")
                        .with("attribute", "adbe-revocationInfoArchival"),
                ),
            }
        }
    }

    /// Octets of the ContentInfo, from the start of what was given to [`Self::parse`].
    #[must_use]
    pub fn encoded_length(&self) -> usize {
        self.encoded_length
    }

    /// CMSVersion.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// digestAlgorithms, dotted, in the order found.
    #[must_use]
    pub fn digest_algorithms(&self) -> &[String] {
        &self.digest_algorithms
    }

    /// eContentType, dotted.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The octets of eContent that are digested (RFC 5652 §5.4), joined; `None` when detached.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }

    /// The X.509 certificates, as they arrived, in the order found.
    #[must_use]
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates.x509
    }

    /// Attribute certificates and other CertificateChoices.
    #[must_use]
    pub fn other_certificates(&self) -> &[Vec<u8>] {
        &self.certificates.other
    }

    /// CRLs of `crls` and of Adobe's signed attribute.
    #[must_use]
    pub fn crls(&self) -> &[Vec<u8>] {
        &self.revocations.crls
    }

    /// OCSP responses of `crls` (RFC 5940) and of Adobe's signed attribute.
    #[must_use]
    pub fn ocsp_responses(&self) -> &[Vec<u8>] {
        &self.revocations.ocsp_responses
    }

    /// Every SignerInfo.
    #[must_use]
    pub fn signers(&self) -> &[SignerInfo] {
        &self.signers
    }

    /// What travels inside, as facts.
    #[must_use]
    pub fn evidence(&self) -> EvidenceFacts {
        let octets = |list: &[Vec<u8>]| list.iter().map(|bytes| Octets::from(bytes.as_slice())).collect();
        EvidenceFacts {
            certificates: octets(self.certificates()),
            crls: octets(self.crls()),
            ocsp_responses: octets(self.ocsp_responses()),
        }
    }

    /// The signature of one signer as facts. `digest_of_content` is asked for the digest of the content in
    /// the signer's algorithm. Without signed attributes the content itself was signed; facts hold its digest
    /// then, and there are none where it can't be had or the algorithm needs the whole (RFC 8419). Nor are there any
    /// where the content looks like signed attributes: their signature would pass for one over them as content.
    pub fn signed_object(
        &self,
        signer: &SignerInfo,
        digest_of_content: &mut dyn FnMut(DigestAlgorithm) -> Option<Digest>,
    ) -> Option<SignedObject> {
        let (signed_octets, algorithm, reference) = match signer.signed_attributes() {
            Some(_) => {
                let reference = signer.message_digest().map(|expected| Reference {
                    name: "message-digest".to_owned(),
                    actual: digest_of_content(expected.algorithm),
                    expected,
                });
                (signer.signed_octets()?.into(), signer.signature_algorithm().clone(), reference)
            }
            None => {
                if self.content().is_some_and(is_set_of_attributes) {
                    return None;
                }
                let algorithm = signer.signature_algorithm().of_digest()?;
                let content = digest_of_content(algorithm.digest()?)?;
                let reference = Reference {
                    name: "content".to_owned(),
                    expected: content.clone(),
                    actual: Some(content.clone()),
                };
                (content.value, algorithm, Some(reference))
            }
        };
        Some(SignedObject {
            signed_octets,
            reordered_octets: signer.reordered_octets().map(Into::into),
            algorithm,
            value: signer.signature().into(),
            references: reference.into_iter().collect(),
            signer: signer.signer().clone(),
            certificate_references: signer.certificate_references(),
            evidence: self.evidence(),
        })
    }

    /// What was noticed about the whole; that of each signer is with the signer.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// EncapsulatedContentInfo (RFC 5652 §5.2).
struct Encapsulated {
    content_type: String,
    content: Option<Vec<u8>>,
    findings: Vec<Finding>,
}

impl Encapsulated {
    fn read(mut fields: Reader<'_>) -> Result<Self, Error> {
        let content_type = oid_to_string(fields.expect(Tag::OID)?.contents)?;
        let explicit = fields.optional(Tag::context(0, true))?;
        fields.finish()?;
        let mut read = Self { content_type, content: None, findings: Vec::new() };
        if let Some(explicit) = explicit {
            let mut reader = explicit.reader()?;
            let inner = reader.next()?;
            reader.finish()?;
            if let Some(tlv) = inner {
                if tlv.tag.same_type(Tag::OCTET_STRING) {
                    read.content = Some(octet_string(&tlv)?.into_owned());
                } else {
                    // §5.2.1: PKCS #7 content of any type; its contents octets are digested.
                    read.content = Some(tlv.contents.to_vec());
                    read.findings
                        .push(Finding::warning("cms-content-not-octet-string").clause("RFC 5652 §5.2.1"));
                }
            }
        }
        Ok(read)
    }
}

/// Whether octets are what a signer with signed attributes signs (RFC 5652 §5.4): without these attributes, his value
/// would pass for one over such content.
#[must_use]
pub fn is_set_of_attributes(octets: &[u8]) -> bool {
    let mut budget = Budget::new("attributes", MAXIMUM_ELEMENTS);
    let attributes = only(octets, Tag::SET).ok().and_then(|set| Attributes::read(&set, &mut budget).ok());
    attributes.is_some_and(|attributes| attributes.has(MESSAGE_DIGEST) || attributes.has(CONTENT_TYPE))
}

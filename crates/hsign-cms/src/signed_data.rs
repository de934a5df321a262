use hsign_asn1::{Reader, SourceReader, Tag, Tlv, integer_u64, octet_string, oid_to_string};
use hsign_core::facts::{EvidenceFacts, Reference, SignedObject};
use hsign_core::{Budget, Digest, DigestAlgorithm, Finding, Octets};

use hsign_x509::digest_algorithm_from_der;

use crate::attribute::Attributes;
use crate::choices::{Certificates, Revocations};
use crate::layout::{Content, ContentSink, Fields, Layout, content_not_octet_string, element, walk};
use crate::oid::{CONTENT_TYPE, MESSAGE_DIGEST, REVOCATION_INFO_ARCHIVAL, SIGNED_DATA};
use crate::read::{first, only};
use crate::{Error, SignerInfo};

/// Certificates, revocation data, signers, attributes and attribute values of one SignedData. The largest
/// real ones seen hold a few hundred; signed PDFs with whole CRLs inside still count each CRL once.
const MAXIMUM_ELEMENTS: u64 = 20_000;

/// SignedData (RFC 5652 §5.1) with everything in it as it arrived.
#[derive(Clone, Debug)]
pub struct SignedData {
    encoded_length: u64,
    version: u64,
    digest_algorithms: Vec<String>,
    content_type: String,
    content: Content,
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
        let mut fields = content.only(Tag::SEQUENCE)?.reader()?;
        let version = fields.expect(Tag::INTEGER)?;
        let digest_algorithms = fields.expect(Tag::SET)?;
        let encapsulated = Encapsulated::read(fields.expect(Tag::SEQUENCE)?.reader()?)?;
        let certificates = fields.optional(Tag::context(0, true))?;
        let crls = fields.optional(Tag::context(1, true))?;
        let signers = fields.expect(Tag::SET)?;
        fields.finish()?;
        let encoded_length = content_info.bytes.len() as u64;
        Self::read(encoded_length, &version, &digest_algorithms, encapsulated, certificates, crls, &signers)
    }

    /// Reads the ContentInfo at the start of `source` and gives the content to `sink` on the way: in constant memory,
    /// whatever its length. The reader goes on to the end of the source if it was asked to show every octet.
    ///
    /// # Errors
    /// When there is no SignedData, or more beside the content than can be held.
    pub fn stream(mut reader: SourceReader<'_>, sink: &mut dyn ContentSink) -> Result<(Self, Layout), Error> {
        let (layout, fields) = walk(&mut reader, Some(sink))?;
        let signed_data = Self::of_fields(&fields)?;
        reader.finish()?;
        Ok((signed_data, layout))
    }

    /// The same for a caller who doesn't want the content: where it is in one piece it isn't even read.
    ///
    /// # Errors
    /// As [`Self::stream`].
    pub fn open(mut reader: SourceReader<'_>) -> Result<(Self, Layout), Error> {
        let (layout, fields) = walk(&mut reader, None)?;
        Ok((Self::of_fields(&fields)?, layout))
    }

    fn of_fields(fields: &Fields) -> Result<Self, Error> {
        let encapsulated = Encapsulated {
            content_type: oid_to_string(element(&fields.content_type, Tag::OID)?.contents)?,
            content: fields.content.clone(),
            findings: fields.findings.clone(),
        };
        Self::read(
            fields.encoded_length,
            &element(&fields.version, Tag::INTEGER)?,
            &element(&fields.digest_algorithms, Tag::SET)?,
            encapsulated,
            optional_element(fields.certificates.as_deref(), 0)?,
            optional_element(fields.crls.as_deref(), 1)?,
            &element(&fields.signers, Tag::SET)?,
        )
    }

    fn read(
        encoded_length: u64,
        version: &Tlv<'_>,
        digest_algorithms: &Tlv<'_>,
        encapsulated: Encapsulated,
        certificates: Option<Tlv<'_>>,
        crls: Option<Tlv<'_>>,
        signers: &Tlv<'_>,
    ) -> Result<Self, Error> {
        let mut budget = Budget::new("elements of a CMS SignedData", MAXIMUM_ELEMENTS);
        let mut listed = Vec::new();
        let mut digests = digest_algorithms.reader()?;
        while let Some(algorithm) = digests.optional(Tag::SEQUENCE)? {
            budget.spend(1)?;
            listed.push(digest_algorithm_from_der(&algorithm)?.0);
        }
        digests.finish()?;
        let certificates = match certificates {
            Some(set) => Certificates::read(&set, &mut budget)?,
            None => Certificates::default(),
        };
        let revocations = match crls {
            Some(set) => Revocations::read(&set, &mut budget)?,
            None => Revocations::default(),
        };
        let mut infos = signers.reader()?;
        let mut signers = Vec::new();
        while let Some(info) = infos.optional(Tag::SEQUENCE)? {
            budget.spend(1)?;
            signers.push(SignerInfo::read(&info, &encapsulated.content_type, &mut budget)?);
        }
        infos.finish()?;
        let mut signed_data = Self {
            encoded_length,
            version: integer_u64(version.contents)?,
            digest_algorithms: listed,
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
        usize::try_from(self.encoded_length).unwrap_or(usize::MAX)
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

    /// The octets of eContent that are digested (RFC 5652 §5.4), joined; `None` when detached, or given to a sink.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Held(content) => Some(content),
            Content::Detached | Content::Passed => None,
        }
    }

    /// Whether the content travels inside.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.content != Content::Detached
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
        let alone = self.signed_object_alone(signer, digest_of_content)?;
        Some(SignedObject { evidence: self.evidence(), ..alone })
    }

    /// The same without what travels beside the signers: where there are many, it is told once for all.
    pub fn signed_object_alone(
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
            evidence: EvidenceFacts::default(),
        })
    }

    /// What was noticed about the whole; that of each signer is with the signer.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

fn optional_element(bytes: Option<&[u8]>, number: u32) -> Result<Option<Tlv<'_>>, Error> {
    match bytes {
        Some(bytes) => Ok(Some(element(bytes, Tag::context(number, true))?)),
        None => Ok(None),
    }
}

/// EncapsulatedContentInfo (RFC 5652 §5.2).
struct Encapsulated {
    content_type: String,
    content: Content,
    findings: Vec<Finding>,
}

impl Encapsulated {
    fn read(mut fields: Reader<'_>) -> Result<Self, Error> {
        let content_type = oid_to_string(fields.expect(Tag::OID)?.contents)?;
        let explicit = fields.optional(Tag::context(0, true))?;
        fields.finish()?;
        let mut read = Self { content_type, content: Content::Detached, findings: Vec::new() };
        if let Some(explicit) = explicit {
            let mut reader = explicit.reader()?;
            let inner = reader.next()?;
            reader.finish()?;
            if let Some(tlv) = inner {
                if tlv.tag.same_type(Tag::OCTET_STRING) {
                    read.content = Content::Held(octet_string(&tlv)?.into_owned());
                } else {
                    read.content = Content::Held(tlv.contents.to_vec());
                    read.findings.push(content_not_octet_string());
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

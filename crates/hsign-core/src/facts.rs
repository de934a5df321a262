//! Facts about a signed object: what the bytes say, nothing judged.
//!
//! Formats write these, `hsign-validation` reads them. They hold original bytes and digests only, so
//! that they can be kept and judged again later. A failed format check is a [`Finding`] here.

use serde::{Deserialize, Serialize};

pub use crate::modification::{Change, ChangeKind, ModificationVerdict, Modifications};
use crate::{ClaimedSigningTime, Digest, Finding, GenTime, Octets, SignatureAlgorithm};

mod evidence_record;
mod metadata;
mod original;
mod qualification_evidence;
mod scan;

pub use evidence_record::{ArchiveTimestampChain, ArchiveTimestampFacts, EvidenceRecordFacts, ShownObject};
pub use metadata::{AmendmentForm, Amends, METADATA_SCHEMA, ScanMode, SignedMetadata};
pub use original::OriginalFacts;
pub use qualification_evidence::{EvidenceOrigin, QualificationEvidenceFacts};
pub use scan::{ScanFacts, ScanImage, ScanLimits};

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DocumentFormat {
    /// A PDF file with signatures or document time stamps.
    Pades,
    /// A CMS signature by itself, detached (`.p7s`) or around its content (`.p7m`).
    Cades,
    /// XML with XAdES signatures, or an XML signature around or beside its content.
    Xades,
    /// XML signatures without the elements of XAdES (W3C XMLDSig).
    Xmldsig,
    /// An ASiC container (EN 319 162-1).
    Asic,
    /// A bare RFC 3161 token or response.
    Timestamp,
    /// An RFC 4998 evidence record by itself.
    EvidenceRecord,
    /// Readable, but with no signature in it.
    None,
}

/// Everything read from one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentFacts {
    /// Its kind.
    pub format: DocumentFormat,
    /// Its length in bytes.
    pub length: u64,
    /// Digests of the whole document; SHA-256 is always there.
    pub digests: Vec<Digest>,
    /// Every signature present, in document order, the unreadable ones too.
    pub signatures: Vec<SignatureFacts>,
    /// Time stamps that belong to the document rather than to one signature.
    pub timestamps: Vec<TimestampFacts>,
    /// Evidence records over the document or parts of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence_records: Vec<EvidenceRecordFacts>,
    /// Signed records about the qualification of people who sign (guideline 5.2 §6.12, routes (b) and (c)).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualification_evidence: Vec<QualificationEvidenceFacts>,
    /// Certificates and revocation data embedded outside the signatures (PDF: DSS dictionary).
    pub evidence: EvidenceFacts,
    /// What its scanned pages are made of; `None` where nobody looked or there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<ScanFacts>,
    /// Originals that travel inside an amended document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub originals: Vec<OriginalFacts>,
    /// The files inside a container, and what covers each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileFacts>,
    /// What was noticed about the document as a whole.
    pub findings: Vec<Finding>,
}

impl DocumentFacts {
    /// Those of a document in which nothing was found yet.
    #[must_use]
    pub const fn new(format: DocumentFormat, length: u64, digests: Vec<Digest>) -> Self {
        Self {
            format,
            length,
            digests,
            signatures: Vec::new(),
            timestamps: Vec::new(),
            evidence_records: Vec::new(),
            qualification_evidence: Vec::new(),
            evidence: EvidenceFacts {
                certificates: Vec::new(),
                crls: Vec::new(),
                ocsp_responses: Vec::new(),
            },
            scan: None,
            originals: Vec::new(),
            files: Vec::new(),
            findings: Vec::new(),
        }
    }
}

/// A file inside a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Its name in the container, folders included.
    pub name: String,
    /// Its length in bytes; `None` where it is named by something signed but isn't at hand.
    pub length: Option<u64>,
    /// What covers it, in the order of signatures, time stamps, evidence records.
    pub covered_by: Vec<FileCoverage>,
}

/// That a signature, time stamp or evidence record covers a file by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCoverage {
    /// Its id.
    pub by: String,
    /// Whether the file is as it was then; `None` where that can't be told. Whether what covers it holds itself is
    /// its own verdict.
    pub intact: Option<bool>,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureFacts {
    /// Name within the document (PDF: the field's fully qualified name).
    pub id: String,
    /// The level its elements make, by presence only.
    pub level: Level,
    /// A national or document profile that its place and shape belong to, such as `eprescription`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The class of document that its place in such a profile makes it, by the names of hsign-hpki's table: the two sides
    /// of an electronic prescription are `prescription` and `dispensing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_class: Option<String>,
    /// The signature that this one countersigns, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub countersigns: Option<String>,
    /// What of the document it covers.
    pub coverage: Coverage,
    /// The signer's claim.
    pub claimed_signing_time: Option<ClaimedSigningTime>,
    /// What the signer states about the making of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<SignedMetadata>,
    /// The signature policy it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<SignaturePolicyFacts>,
    /// The signature proper; `None` when it can't be read, the findings then say why.
    pub signed: Option<SignedObject>,
    /// Content and signature time stamps.
    pub timestamps: Vec<TimestampFacts>,
    /// What was added to the document or changed in it after signing; `None` where that can't happen.
    #[serde(default)]
    pub modifications: Option<Modifications>,
    /// What was noticed; those of severity error are format failures.
    pub findings: Vec<Finding>,
}

impl SignatureFacts {
    /// Those of a signature of which nothing else is known yet.
    #[must_use]
    pub const fn new(id: String, level: Level, coverage: Coverage) -> Self {
        Self {
            id,
            level,
            profile: None,
            document_class: None,
            countersigns: None,
            coverage,
            claimed_signing_time: None,
            metadata: None,
            policy: None,
            signed: None,
            timestamps: Vec::new(),
            modifications: None,
            findings: Vec::new(),
        }
    }

    /// Those of one that can't be read: it is listed all the same, since it may be what a reader relies on.
    #[must_use]
    pub fn unreadable(id: String, finding: Finding) -> Self {
        Self { findings: vec![finding], ..Self::new(id, Level::Other, Coverage::Partial) }
    }
}

/// A signature policy that the signed attributes name (RFC 5126 §5.8.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignaturePolicyFacts {
    /// Its identifier: dotted OID or URI; `None` for one that is implied.
    pub identifier: Option<String>,
    /// The signed digest of the policy beside that of the policy at hand, which is `None` where there is none.
    /// No reference at all where the signature gives no digest.
    pub reference: Option<Reference>,
    /// Why the policy can't be processed; those of severity error count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// AdES baseline level by the elements present (EN 319 142-1 and its sisters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// Signed attributes of the baseline.
    #[serde(rename = "B-B")]
    BB,
    /// With a signature time stamp.
    #[serde(rename = "B-T")]
    BT,
    /// With validation material.
    #[serde(rename = "B-LT")]
    BLt,
    /// With an archive or document time stamp over that.
    #[serde(rename = "B-LTA")]
    BLta,
    /// Not a baseline signature.
    #[serde(rename = "other")]
    Other,
}

impl std::fmt::Display for Level {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::BB => "B-B",
            Self::BT => "B-T",
            Self::BLt => "B-LT",
            Self::BLta => "B-LTA",
            Self::Other => "other",
        })
    }
}

/// What a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// The whole document as it stands.
    WholeDocument,
    /// A whole earlier revision of it.
    WholeRevision,
    /// Less than a revision.
    Partial,
    /// Data outside the document.
    External,
    /// The value of another signature: a countersignature.
    Signature,
}

/// Bytes with a signature value over them: a document signature, or the CMS of a time-stamp token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedObject {
    /// The octets the value was computed over, as they arrived (CMS: the signed attributes with the SET
    /// tag of RFC 5652 §5.4).
    pub signed_octets: Octets,
    /// The same brought into DER order, where they arrived in another: RFC 5652 §5.4 hashes this, some signers
    /// hash what they send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reordered_octets: Option<Octets>,
    /// How.
    pub algorithm: SignatureAlgorithm,
    /// The value.
    pub value: Octets,
    /// What the signed octets name by digest (CMS: message-digest).
    pub references: Vec<Reference>,
    /// How the signature names its signer.
    pub signer: SignerIdentifier,
    /// Signed references to the signer's certificate and its path (ESS, RFC 5035), the signer's first.
    pub certificate_references: Vec<CertificateReference>,
    /// Certificates that travel inside.
    pub evidence: EvidenceFacts,
}

/// A digest that was signed, and the digest of what is really there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// What it refers to.
    pub name: String,
    /// What the signed octets say.
    pub expected: Digest,
    /// What was computed; `None` when the data isn't at hand or the algorithm is unknown.
    pub actual: Option<Digest>,
}

impl Reference {
    /// Whether the two agree; `None` when there is nothing to compare.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        self.actual.as_ref().map(|actual| *actual == self.expected)
    }
}

/// How a CMS SignerInfo or an XML KeyInfo points to the signer. A hint, not signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerIdentifier {
    /// Issuer name, DER.
    pub issuer: Option<Octets>,
    /// Serial number, the INTEGER's contents.
    pub serial: Option<Octets>,
    /// Subject key identifier.
    pub subject_key_identifier: Option<Octets>,
    /// The public key itself, as SubjectPublicKeyInfo (XML: KeyValue).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<Octets>,
}

/// A signed reference to a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateReference {
    /// Digest of the certificate's DER.
    pub digest: Digest,
    /// Issuer name, DER, where given.
    pub issuer: Option<Octets>,
    /// Serial number, the INTEGER's contents, where given.
    pub serial: Option<Octets>,
}

/// Validation material by its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceFacts {
    /// Certificates, DER (or BER as found).
    pub certificates: Vec<Octets>,
    /// CRLs.
    pub crls: Vec<Octets>,
    /// OCSPResponse or BasicOCSPResponse structures, as found.
    pub ocsp_responses: Vec<Octets>,
}

impl EvidenceFacts {
    /// Adds everything of `other`.
    pub fn extend(&mut self, other: &Self) {
        self.certificates.extend(other.certificates.iter().cloned());
        self.crls.extend(other.crls.iter().cloned());
        self.ocsp_responses.extend(other.ocsp_responses.iter().cloned());
    }
}

/// One time-stamp token where it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimestampFacts {
    /// Name within the document.
    pub id: String,
    /// What it was put on for.
    pub kind: TimestampKind,
    /// The token's bytes.
    pub token: Octets,
    /// What its imprint covers.
    pub covers: Vec<Covered>,
    /// What the token says; `None` when it can't be read, the findings then say why.
    pub read: Option<TokenFacts>,
    /// What was noticed; those of severity error make the stamp useless.
    pub findings: Vec<Finding>,
}

/// Purpose of a time stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimestampKind {
    /// Over the content, before signing.
    Content,
    /// Over the signature value.
    Signature,
    /// Over signature, content and validation data.
    Archive,
    /// Over a whole PDF revision, or any file.
    Document,
    /// Inside an evidence record.
    EvidenceRecord,
}

/// An object that a time stamp proves to have existed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Covered {
    /// The value of a signature, and with it all that the value signs.
    SignatureValue {
        /// Its id.
        signature: String,
    },
    /// The data that a signature signs, without its value: what a content time stamp proves.
    SignedData {
        /// The signature's id.
        signature: String,
    },
    /// An earlier time-stamp token and everything inside it.
    Timestamp {
        /// Its id, unique in the document.
        timestamp: String,
    },
    /// A certificate, a CRL or an OCSP response.
    Evidence {
        /// Digest of its bytes as they stand in some [`EvidenceFacts`].
        digest: Digest,
    },
    /// An evidence record and everything inside it.
    EvidenceRecord {
        /// Its id.
        record: String,
    },
    /// The first bytes of the document, all signatures and validation data inside included.
    DocumentPrefix {
        /// Length in bytes.
        length: u64,
    },
    /// Bytes outside the document, known by their digest.
    Data {
        /// Their digest.
        digest: Digest,
    },
    /// Data outside the document.
    External,
}

/// What an RFC 3161 token says (§2.4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// genTime.
    pub gen_time: GenTime,
    /// The TSA's policy, dotted OID.
    pub policy: String,
    /// serialNumber, the INTEGER's contents.
    pub serial: Octets,
    /// messageImprint beside the digest of what the token should cover.
    pub imprint: Reference,
    /// accuracy in microseconds, where given.
    pub accuracy_microseconds: Option<u64>,
    /// ordering.
    pub ordering: bool,
    /// nonce, the INTEGER's contents.
    pub nonce: Option<Octets>,
    /// The CMS around it.
    pub signed: SignedObject,
}

use hsign_core::{Digest, Time};
use serde::{Deserialize, Serialize};

use super::RecordError;
use super::text::{check, check_optional, digest, sha256};

const SCHEMA: &str = "hsign.qualification-evidence/1";
/// A record has some two kilobytes.
const MAX_BYTES: usize = 64 * 1024;
const MAX_ENTRIES: usize = 16;

/// What a qualification-evidence record says (`hsign.qualification-evidence/1`). Every key stands in
/// `docs/reference/schema/qualification-evidence-1.json`; times are RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EvidenceRecord {
    schema: String,
    /// When it was written.
    pub issued_at: Time,
    /// Whose qualification it is about.
    pub person: EvidencePerson,
    /// Whose key signs.
    pub signature: SignatureKind,
    /// Which certificate, document or signature it speaks for.
    pub binding: Binding,
    /// How it was made sure who the person is.
    pub identity_check: IdentityCheck,
    /// How it was made sure that the person is qualified.
    pub qualification_check: QualificationCheck,
    /// Needed for way ④: the institution's own audit of the checks it vouches for.
    #[serde(default)]
    pub audit: Option<Audit>,
    /// Who checked, then everybody to whom the checked registration was handed on.
    pub providers: Vec<Provider>,
    /// For My Number card certificates, whose revocation only registered verifiers may ask.
    #[serde(default)]
    pub revocation: Option<RevocationStatement>,
}

/// The person.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EvidencePerson {
    /// Name, as on the licence.
    pub name: String,
    /// Texts of the profession table.
    pub roles: Vec<String>,
}

/// Whose key makes the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureKind {
    /// The person's own, on a card, in a file or at a remote service.
    Personal,
    /// The provider's, on the person's instruction (立会人型).
    Witness,
}

/// What the record is tied to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Binding {
    /// The signer's certificate; all three have to fit.
    Certificate {
        /// Issuer as RFC 4514 text, as `hsign certificate show` prints it.
        issuer: String,
        /// Serial number, hexadecimal.
        serial: String,
        /// SHA-256 of the certificate.
        #[serde(deserialize_with = "sha256")]
        sha256: [u8; 32],
    },
    /// What was signed: the digest in the signature's message-digest attribute (of a detached CAdES signature: the
    /// document's own), or that of the whole file as it stands.
    Document {
        /// The digest.
        #[serde(deserialize_with = "digest")]
        digest: Digest,
    },
    /// One signature value.
    SignatureValue {
        /// Its digest.
        #[serde(deserialize_with = "digest")]
        digest: Digest,
    },
}

/// How the person's identity was checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct IdentityCheck {
    /// By which of the guideline's means.
    pub means: IdentityMeans,
    /// When.
    pub checked_at: Time,
    /// Where that is recorded.
    #[serde(default)]
    pub reference: Option<String>,
}

/// The means that the guideline names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityMeans {
    /// Online with a signature of the My Number card.
    JpkiSignature,
    /// Online with signed scans of an identity document and a certificate of residence.
    SignedScans,
    /// By mail with signed or sealed copies.
    Mail,
    /// Face to face with originals.
    InPerson,
    /// Newer means of the same level of assurance.
    Equivalent,
}

/// How the qualification was checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct QualificationCheck {
    /// Which of the four ways.
    pub way: Way,
    /// When.
    pub checked_at: Time,
    /// Where that is recorded.
    #[serde(default)]
    pub reference: Option<String>,
}

/// The four ways of the guideline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// ① A signature with an HPKI certificate.
    HpkiSignature,
    /// ② The licence, or a signed or sealed copy.
    Licence,
    /// ③ An electronic presentation linked with the register of qualifications.
    ElectronicPresentation,
    /// ④ The word of the medical institution that the person works for or runs.
    Institution,
}

impl Way {
    /// The guideline's number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::HpkiSignature => 1,
            Self::Licence => 2,
            Self::ElectronicPresentation => 3,
            Self::Institution => 4,
        }
    }
}

/// The audit that way ④ asks of the institution.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Audit {
    /// The institution that vouches.
    pub institution: String,
    /// Its independent audit department.
    pub auditor: String,
    /// When it last audited the checks.
    pub audited_at: Time,
    /// Where the report is.
    pub reference: String,
}

/// Who registered the person, or was handed the registration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// The assessment from outside that the guideline asks of each.
    pub external_assessment: Assessment,
    /// How long it keeps what was checked.
    pub retention: Retention,
}

/// An assessment by somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Assessment {
    /// Who assessed.
    pub assessor: String,
    /// Certificate or report.
    pub reference: String,
    /// From when it holds.
    pub from: Time,
    /// Until when, if it ends.
    #[serde(default)]
    pub to: Option<Time>,
}

/// What is kept, and how long.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Retention {
    /// Last moment.
    pub until: Time,
}

/// A registered verifier's word that the person's My Number card certificate was not revoked (Act on JPKI, art. 17).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RevocationStatement {
    /// The registered verifier.
    pub verifier: String,
    /// The moment for which it was asked.
    pub not_revoked_at: Time,
    /// Where the answer is kept.
    pub reference: String,
}

impl EvidenceRecord {
    /// Reads a record. Strict: a form that was not filled in, or says more than is understood, is no evidence.
    ///
    /// # Errors
    /// When it isn't of the documented form or contradicts itself.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > MAX_BYTES {
            return Err(RecordError::TooLarge(MAX_BYTES));
        }
        let record: Self =
            serde_json::from_slice(bytes).map_err(|error| RecordError::Syntax(error.to_string()))?;
        if record.schema != SCHEMA {
            return Err(RecordError::Schema(record.schema));
        }
        record.check_texts()?;
        record.check_dates()?;
        if record.qualification_check.way == Way::Institution && record.audit.is_none() {
            return Err(RecordError::AuditMissing);
        }
        let to_certificate = matches!(record.binding, Binding::Certificate { .. });
        if record.signature == SignatureKind::Witness && to_certificate {
            return Err(RecordError::WitnessBoundToCertificate);
        }
        Ok(record)
    }

    fn check_texts(&self) -> Result<(), RecordError> {
        check("person.name", &self.person.name)?;
        count("person.roles", self.person.roles.len())?;
        self.person.roles.iter().try_for_each(|role| check("person.roles", role))?;
        count("providers", self.providers.len())?;
        for provider in &self.providers {
            check("providers.name", &provider.name)?;
            check("providers.external_assessment.assessor", &provider.external_assessment.assessor)?;
            check("providers.external_assessment.reference", &provider.external_assessment.reference)?;
        }
        if let Some(audit) = &self.audit {
            check("audit.institution", &audit.institution)?;
            check("audit.auditor", &audit.auditor)?;
            check("audit.reference", &audit.reference)?;
        }
        if let Some(statement) = &self.revocation {
            check("revocation.verifier", &statement.verifier)?;
            check("revocation.reference", &statement.reference)?;
        }
        if let Binding::Certificate { issuer, serial, .. } = &self.binding {
            check("binding.issuer", issuer)?;
            check("binding.serial", serial)?;
        }
        check_optional("identity_check.reference", self.identity_check.reference.as_ref())?;
        check_optional("qualification_check.reference", self.qualification_check.reference.as_ref())
    }

    fn check_dates(&self) -> Result<(), RecordError> {
        let in_order = |key, earlier: Time, later: Time| {
            if earlier <= later { Ok(()) } else { Err(RecordError::Dates(key)) }
        };
        in_order("identity_check.checked_at", self.identity_check.checked_at, self.issued_at)?;
        in_order("qualification_check.checked_at", self.qualification_check.checked_at, self.issued_at)?;
        for Provider { external_assessment: assessment, retention, .. } in &self.providers {
            if let Some(to) = assessment.to {
                in_order("providers.external_assessment", assessment.from, to)?;
            }
            in_order("providers.retention", self.qualification_check.checked_at, retention.until)?;
        }
        if let Some(statement) = &self.revocation {
            in_order("revocation.not_revoked_at", statement.not_revoked_at, self.issued_at)?;
        }
        match &self.audit {
            Some(audit) => in_order("audit.audited_at", audit.audited_at, self.issued_at),
            None => Ok(()),
        }
    }
}

fn count(key: &'static str, count: usize) -> Result<(), RecordError> {
    if (1..=MAX_ENTRIES).contains(&count) { Ok(()) } else { Err(RecordError::Count(key)) }
}

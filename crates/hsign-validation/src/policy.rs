//! What is asked of signatures: short files that a person can read and copy.

use std::collections::BTreeMap;

use hsign_core::facts::{Change, ChangeKind, ModificationVerdict};
use hsign_core::{ErrorKind, Finding};
use hsign_crypto::sha256;
use hsign_pki::Accreditation;
pub use hsign_pki::ValidityModel;
use hsign_pki::algorithms::{AlgorithmTable, Overrides};
use serde::Deserialize;

const SCHEMA: &str = "hsign.policy/1";

/// A file that says what is asked of signatures. The keys are documented in the presets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    file: File,
    sha256: [u8; 32],
}

/// A policy can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not TOML of the documented form; unknown keys are refused too.
    #[error("policy: {0}")]
    Syntax(String),
    /// Another kind of file, or a later version.
    #[error("policy: schema {found:?} where {SCHEMA:?} is expected")]
    Schema {
        /// What the file says.
        found: String,
    },
    /// No preset of this name.
    #[error("no policy is called {0:?}; there are {presets}", presets = Policy::PRESETS.join(", "))]
    Unknown(String),
}

impl PolicyError {
    /// Whom the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    /// The error in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Syntax(reason) => Finding::error("policy-syntax").with("reason", reason),
            Self::Schema { found } => {
                Finding::error("policy-schema").with("found", found).with("expected", SCHEMA)
            }
            Self::Unknown(name) => {
                Finding::error("policy-unknown").with("name", name).with("known", Policy::PRESETS.join(", "))
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    name: String,
    ja: String,
    en: String,
    signer: SignerRules,
    revocation: RevocationRules,
    validation: ValidationRules,
    timestamps: TimestampRules,
    changes: ChangeRules,
    scans: ScanRules,
    amendments: AmendmentRules,
    algorithms: AlgorithmRules,
    signing: SigningRules,
}

/// Whether something is asked for, or only told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Demand {
    /// Without it the signature doesn't pass.
    Required,
    /// Its absence is a finding.
    Reported,
}

/// `[signer]`: what is asked of the signer's certificate and its path.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SignerRules {
    /// Certificate policies of which one must hold along the whole path, where the anchor's registry
    /// entry names none of its own; empty: any.
    pub certificate_policies: Vec<String>,
    /// Whether the signer must be qualified.
    pub qualification: Demand,
    /// Roles of which one is needed when no document class is given; empty: any national qualification.
    pub roles: Vec<String>,
    /// Whether the place of a signature decides which class of document it is and so which roles it needs, before any
    /// class that was told: an electronic prescription has two sides, each with a signer of its own.
    #[serde(default)]
    pub class_by_place: bool,
    /// Whether the signature must hold a signed reference to the signer's certificate.
    pub certificate_reference: Demand,
    /// Whether the key usage must include nonRepudiation.
    pub non_repudiation: Demand,
}

/// `[revocation]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RevocationRules {
    /// Whether the status of every certificate below the anchor must be known.
    pub status: Demand,
    /// Oldest revocation data accepted, in seconds before the time in question. Absent: until nextUpdate.
    #[serde(default)]
    pub max_age_seconds: Option<u32>,
    /// What a status older than the signature time is worth: accepted with a finding, or not yet enough.
    pub older_than_stamp: OlderThanStamp,
}

/// `[validation]`: readings of the standards that are chosen on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ValidationRules {
    /// When the certificates of a path have to be valid.
    pub validity_model: ValidityModel,
    /// How far data that are no longer fresh take the control time back.
    pub control_time: ControlTime,
    /// Whether a signature must have signed attributes (RFC 5652 §5.4).
    pub signed_attributes: Demand,
    /// Whether the digest algorithm of the SignerInfo must be that of the signature algorithm.
    pub same_digest: Demand,
    /// Whether signed attributes must arrive in the order of DER.
    pub attribute_order: Demand,
    /// Whether a signature policy that the signature names must be at hand, and be the one that was signed.
    pub signature_policy: Demand,
}

/// How far control-time sliding (EN 319 102-1) goes back for revocation data that are no longer fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlTime {
    /// To when they were issued, as the standard has it.
    ThisUpdate,
    /// To the end of what they promise.
    NextUpdate,
}

/// What revocation data from before the stamp are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OlderThanStamp {
    /// Accepted while fresh, with the finding `crl-older-than-stamp`.
    Accepted,
    /// TRY_LATER until data issued after the stamp are at hand.
    TryLater,
}

/// `[timestamps]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TimestampRules {
    /// Accreditations of which the authority must have one when stamping; empty: any trusted authority.
    pub accreditations: Vec<Accreditation>,
    /// Whether the revocation status of the authority's certificates must be known.
    pub revocation: Demand,
    /// Longest time from the claimed signing time to the stamp, in seconds; absent: not looked at.
    #[serde(default)]
    pub max_delay_seconds: Option<u32>,
}

/// `[changes]`: what came after a signature within the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ChangeRules {
    /// Kinds of changes that are judged in another way than by their rule.
    by_kind: BTreeMap<ChangeKind, ChangeRuling>,
}

impl ChangeRules {
    /// What a change counts as. What the signature itself forbids stays forbidden.
    #[must_use]
    pub fn ruling(&self, change: &Change) -> ModificationVerdict {
        match self.by_kind.get(&change.kind) {
            _ if change.verdict == ModificationVerdict::Forbidden => change.verdict,
            None => change.verdict,
            Some(ChangeRuling::Permitted) => ModificationVerdict::Permitted,
            Some(ChangeRuling::Suspicious) => ModificationVerdict::Suspicious,
            Some(ChangeRuling::Forbidden) => ModificationVerdict::Forbidden,
        }
    }
}

/// `[scans]`: what is asked of the dates that signers state about scanned paper (guideline 5.2 §9.2).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ScanRules {
    /// Whether a scan that came late without a recorded reason passes.
    pub intervals: Demand,
    /// Days of the calendar in Japan from the making of the paper, or its arrival, to the scan.
    pub days_to_scan: u16,
    /// Days from the scan to signature and stamp.
    pub days_to_signature: u16,
}

/// `[amendments]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AmendmentRules {
    /// Whether the original has to be there and to pass.
    pub original: Demand,
}

/// How a policy judges a kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ChangeRuling {
    /// Told, and no more.
    Permitted,
    /// INDETERMINATE / SIG_CONSTRAINTS_FAILURE.
    Suspicious,
    /// TOTAL-FAILED / FORMAT_FAILURE.
    Forbidden,
}

/// `[algorithms]`: the table that says until when what is strong enough, and rows in the place of its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Table")]
struct AlgorithmRules {
    table: AlgorithmTable,
}

impl TryFrom<toml::Table> for AlgorithmRules {
    type Error = String;

    fn try_from(mut section: toml::Table) -> Result<Self, String> {
        let Some(toml::Value::String(name)) = section.remove("table") else {
            return Err(format!("[algorithms] needs table = one of {}", AlgorithmTable::PRESETS.join(", ")));
        };
        let overrides: Overrides = section.try_into().map_err(|error: toml::de::Error| error.to_string())?;
        let table = AlgorithmTable::preset(&name).and_then(|table| table.with(&overrides));
        Ok(Self { table: table.map_err(|error| error.to_string())? })
    }
}

/// `[signing]`: what `sign` refuses before it signs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SigningRules {
    /// Keys that live in files rather than in a card or HSM.
    pub software_keys: SoftwareKeys,
}

/// For which certificates a key in a file may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoftwareKeys {
    /// Any.
    Allowed,
    /// All but HPKI certificates that aren't test cards.
    ExceptHpki,
    /// None.
    Refused,
}

impl Policy {
    /// The names of the presets, the default first.
    pub const PRESETS: [&'static str; 4] = ["hpki", "hpki-strict", "etsi", "eprescription"];

    /// The text of a preset, to be shown or copied.
    #[must_use]
    pub fn preset_text(name: &str) -> Option<&'static str> {
        match name {
            "hpki" => Some(include_str!("../data/hpki.toml")),
            "hpki-strict" => Some(include_str!("../data/hpki-strict.toml")),
            "etsi" => Some(include_str!("../data/etsi.toml")),
            "eprescription" => Some(include_str!("../data/eprescription.toml")),
            _ => None,
        }
    }

    /// A preset by its name.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn preset(name: &str) -> Result<Self, PolicyError> {
        Self::parse(Self::preset_text(name).ok_or_else(|| PolicyError::Unknown(name.to_owned()))?)
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// When it isn't of the documented form. Every key has to be there: an option that was forgotten must
    /// not mean that a check is skipped.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text).map_err(|error| PolicyError::Syntax(error.to_string()))?;
        if file.schema != SCHEMA {
            return Err(PolicyError::Schema { found: file.schema });
        }
        Ok(Self { file, sha256: sha256(text.as_bytes()) })
    }

    /// The same policy, but revocation data never grow old: for a later time, when newer ones can be had.
    pub(crate) fn with_revocation_data_of_any_age(&self) -> Self {
        let mut policy = self.clone();
        policy.file.revocation.max_age_seconds = Some(u32::MAX);
        policy
    }

    /// The same policy for the signature of an attester: an institution or a provider, who has no health profession
    /// and whose certificate is that of any business.
    pub(crate) fn for_attesters(&self) -> Self {
        let mut policy = self.clone();
        policy.file.signer = SignerRules {
            certificate_policies: Vec::new(),
            qualification: Demand::Reported,
            roles: Vec::new(),
            non_repudiation: Demand::Reported,
            ..policy.file.signer
        };
        policy
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// One sentence about it in Japanese.
    #[must_use]
    pub fn ja(&self) -> &str {
        &self.file.ja
    }

    /// One sentence about it in English.
    #[must_use]
    pub fn en(&self) -> &str {
        &self.file.en
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// `[signer]`.
    #[must_use]
    pub fn signer(&self) -> &SignerRules {
        &self.file.signer
    }

    /// `[revocation]`.
    #[must_use]
    pub fn revocation(&self) -> &RevocationRules {
        &self.file.revocation
    }

    /// `[validation]`.
    #[must_use]
    pub fn validation(&self) -> &ValidationRules {
        &self.file.validation
    }

    /// `[timestamps]`.
    #[must_use]
    pub fn timestamps(&self) -> &TimestampRules {
        &self.file.timestamps
    }

    /// `[changes]`.
    #[must_use]
    pub fn changes(&self) -> &ChangeRules {
        &self.file.changes
    }

    /// `[scans]`.
    #[must_use]
    pub fn scans(&self) -> &ScanRules {
        &self.file.scans
    }

    /// `[amendments]`.
    #[must_use]
    pub fn amendments(&self) -> &AmendmentRules {
        &self.file.amendments
    }

    /// Until when which algorithm is strong enough: the table that the policy names, with its own rows.
    #[must_use]
    pub fn algorithms(&self) -> &AlgorithmTable {
        &self.file.algorithms.table
    }

    /// `[signing]`.
    #[must_use]
    pub fn signing(&self) -> &SigningRules {
        &self.file.signing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_and_is_called_what_it_says() {
        for name in Policy::PRESETS {
            assert_eq!(Policy::preset(name).unwrap().name(), name);
        }
        assert!(matches!(Policy::preset("lax"), Err(PolicyError::Unknown(_))));
    }

    #[test]
    fn an_unknown_key_a_missing_key_or_an_unknown_table_is_refused() {
        let text = Policy::preset_text("hpki").unwrap();
        assert!(matches!(Policy::parse(&format!("{text}\nlax = true\n")), Err(PolicyError::Syntax(_))));
        let without = text.replace("qualification = \"required\"", "");
        assert!(matches!(Policy::parse(&without), Err(PolicyError::Syntax(_))));
        for (from, to) in [
            ("table = \"cryptrec\"", "table = \"lax\""),
            ("table = \"cryptrec\"", ""),
            ("table = \"cryptrec\"", "table = \"cryptrec\"\nrsa_bits = 1024"),
        ] {
            assert!(text.contains(from));
            assert!(matches!(Policy::parse(&text.replace(from, to)), Err(PolicyError::Syntax(_))), "{to}");
        }
    }

    #[test]
    fn the_digest_of_a_policy_changes_with_its_text() {
        let text = Policy::preset_text("hpki").unwrap();
        let one = Policy::parse(text).unwrap();
        let other = Policy::parse(&format!("{text}\n# a note\n")).unwrap();
        assert_ne!(one.sha256(), other.sha256());
    }

    #[test]
    fn the_presets_differ_where_the_contract_says() {
        let hpki = Policy::preset("hpki").unwrap();
        let etsi = Policy::preset("etsi").unwrap();
        let eprescription = Policy::preset("eprescription").unwrap();
        assert_eq!(hpki.timestamps().accreditations, [Accreditation::Mic, Accreditation::Jadac]);
        assert!(etsi.timestamps().accreditations.is_empty());
        assert_eq!(eprescription.timestamps().accreditations, [Accreditation::EPrescription]);
        assert_eq!(etsi.signer().qualification, Demand::Reported);
        assert_eq!(eprescription.signer().roles, ["Medical Doctor", "Dentist", "Pharmacist"]);
    }

    #[test]
    fn hpki_strict_is_hpki_but_for_revocation_data_older_than_the_stamp() {
        let hpki = Policy::preset("hpki").unwrap();
        let strict = Policy::preset("hpki-strict").unwrap();
        assert_eq!(hpki.revocation().older_than_stamp, OlderThanStamp::Accepted);
        assert_eq!(strict.revocation().older_than_stamp, OlderThanStamp::TryLater);
        let mut same = strict.file.clone();
        same.revocation = hpki.file.revocation.clone();
        (same.name, same.ja, same.en) = (hpki.file.name.clone(), hpki.file.ja.clone(), hpki.file.en.clone());
        assert_eq!(same, hpki.file);
    }

    #[test]
    fn each_preset_names_its_table() {
        for (policy, table) in [
            ("hpki", "cryptrec"),
            ("hpki-strict", "cryptrec"),
            ("etsi", "etsi"),
            ("eprescription", "cryptrec"),
        ] {
            assert_eq!(Policy::preset(policy).unwrap().algorithms().name(), table);
        }
    }

    #[test]
    fn rows_of_the_policys_own_replace_those_of_the_table() {
        use hsign_core::PublicKeyKind;
        use hsign_pki::algorithms::{Limit, Use};
        let row = "[[algorithms.key]]\nkind = \"rsa\"\nbits = 2048\nuntil = \"never\"\nsource = \"us\"\nconfidence = \"certain\"\n";
        let text = Policy::preset_text("hpki").unwrap().replace("[signing]", &format!("{row}\n[signing]"));
        let policy = Policy::parse(&text).unwrap();
        let key = PublicKeyKind::Rsa { bits: 2048 };
        assert_eq!(policy.algorithms().limit(&Use::Key(&key)), Limit::Never);
        let wrong = text.replace("until = \"never\"", "until = \"later\"");
        assert!(matches!(Policy::parse(&wrong), Err(PolicyError::Syntax(_))));
    }
}

//! What is asked of signatures: short files that a person can read and copy.

use hsign_core::{DigestAlgorithm, ErrorKind, Finding, SignatureAlgorithm};
use hsign_crypto::sha256;
use hsign_pki::Accreditation;
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
    /// A digest algorithm that nobody knows.
    #[error("policy: unknown digest algorithm {0:?}")]
    Digest(String),
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
            Self::Digest(name) => Finding::error("policy-digest-unknown").with("name", name),
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
    timestamps: TimestampRules,
    changes: ChangeRules,
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ChangeRules {
    /// Changes that nobody looked into. The only value is `indeterminate`.
    pub not_examined: NotExamined,
}

/// What unexamined changes lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NotExamined {
    /// INDETERMINATE / SIG_CONSTRAINTS_FAILURE.
    Indeterminate,
}

/// `[algorithms]`: what is strong enough.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AlgorithmRules {
    /// Hash functions by their names (`SHA-256`).
    pub digests: Vec<String>,
    /// Shortest RSA modulus in bits.
    pub rsa_bits: u32,
    /// Smallest elliptic curve in bits.
    pub ec_bits: u32,
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
    pub const PRESETS: [&'static str; 3] = ["hpki", "etsi", "eprescription"];

    /// The text of a preset, to be shown or copied.
    #[must_use]
    pub fn preset_text(name: &str) -> Option<&'static str> {
        match name {
            "hpki" => Some(include_str!("../data/hpki.toml")),
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
        if let Some(unknown) = file.algorithms.digests.iter().find(|name| digest_named(name).is_none()) {
            return Err(PolicyError::Digest(unknown.clone()));
        }
        Ok(Self { file, sha256: sha256(text.as_bytes()) })
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

    /// `[algorithms]`.
    #[must_use]
    pub fn algorithms(&self) -> &AlgorithmRules {
        &self.file.algorithms
    }

    /// `[signing]`.
    #[must_use]
    pub fn signing(&self) -> &SigningRules {
        &self.file.signing
    }
}

impl AlgorithmRules {
    /// Whether a hash function is strong enough.
    #[must_use]
    pub fn accept_digest(&self, digest: DigestAlgorithm) -> bool {
        self.digests.iter().any(|name| name == digest.name())
    }

    /// Whether the hash functions of a signature algorithm are strong enough. Algorithms that bring their
    /// own hash (Ed25519, Ed448) are; unknown ones aren't.
    #[must_use]
    pub fn accept_signature(&self, algorithm: &SignatureAlgorithm) -> bool {
        match algorithm {
            SignatureAlgorithm::RsaPkcs1(digest) | SignatureAlgorithm::Ecdsa(digest) => {
                self.accept_digest(*digest)
            }
            // The mask only spreads bits, no collision of it helps a forger (RFC 8017 §8.1).
            SignatureAlgorithm::RsaPss { digest, .. } => self.accept_digest(*digest),
            SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448 => true,
            _ => false,
        }
    }

    /// Whether a key is long enough.
    #[must_use]
    pub fn accept_key(&self, key: &hsign_core::PublicKeyKind) -> bool {
        use hsign_core::PublicKeyKind as Kind;
        match key {
            Kind::Rsa { bits } => *bits >= self.rsa_bits,
            Kind::Ec(curve) => curve.bits() >= self.ec_bits,
            Kind::Ed25519 | Kind::Ed448 => true,
            _ => false,
        }
    }
}

fn digest_named(name: &str) -> Option<DigestAlgorithm> {
    DigestAlgorithm::ALL.into_iter().find(|digest| digest.name() == name)
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
    fn an_unknown_key_a_missing_key_or_an_unknown_digest_is_refused() {
        let text = Policy::preset_text("hpki").unwrap();
        assert!(matches!(Policy::parse(&format!("{text}\nlax = true\n")), Err(PolicyError::Syntax(_))));
        let without = text.replace("qualification = \"required\"", "");
        assert!(matches!(Policy::parse(&without), Err(PolicyError::Syntax(_))));
        let odd = text.replace("\"SHA-256\"", "\"SHA-257\"");
        assert_eq!(Policy::parse(&odd), Err(PolicyError::Digest("SHA-257".to_owned())));
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
    fn sha_1_md5_and_short_keys_are_too_weak_everywhere() {
        use hsign_core::PublicKeyKind;
        for name in Policy::PRESETS {
            let policy = Policy::preset(name).unwrap();
            let rules = policy.algorithms();
            assert!(!rules.accept_signature(&SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1)));
            assert!(!rules.accept_signature(&SignatureAlgorithm::Unknown("1.2".to_owned())));
            assert!(rules.accept_signature(&SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256)));
            assert!(!rules.accept_key(&PublicKeyKind::Rsa { bits: 1024 }));
            assert!(rules.accept_key(&PublicKeyKind::Rsa { bits: 2048 }));
        }
    }
}

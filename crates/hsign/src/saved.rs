//! A judgement's input on paper: the facts of each document and the outside evidence used (`hsign.facts/1`). The same
//! judgement can be made again from it without the documents. Policy and trust are named by digest, not copied: who
//! judges again has to have them. What an institution's configuration adds to a judgement is copied.

use hsign_core::facts::DocumentFacts;
use hsign_core::{ErrorKind, Finding, Octets, Time, ValidationTime};
use hsign_hpki::{DocumentClass, ProfessionTable};
use hsign_pki::{Origin, Provenance};
use hsign_validation::Evidence;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name and version of the form.
pub const SCHEMA: &str = "hsign.facts/1";

/// What one run of `verify` was about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedFacts {
    /// [`SCHEMA`].
    pub schema: String,
    /// When it was judged.
    pub validation_time: ValidationTime,
    /// By which policy.
    pub policy: SavedPolicy,
    /// On whose word.
    pub trust: SavedTrust,
    /// What kind of clinical document it was said to be, and whom that lets sign.
    pub document_class: Option<DocumentClass>,
    /// The role texts that were recognised.
    pub professions: ProfessionTable,
    /// Roles that were asked for in addition.
    pub required_roles: Vec<String>,
    /// SHA-256 of the certificates of people whom the institution lets sign scans.
    pub listed_signers: Vec<String>,
    /// Certificates and revocation data that were given, in order.
    pub given: Vec<SavedEvidence>,
    /// The documents, in order.
    pub documents: Vec<SavedDocument>,
}

/// The policy by name and digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPolicy {
    /// Its name.
    pub name: String,
    /// SHA-256 of its text, hexadecimal.
    pub sha256: String,
}

/// The trust by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedTrust {
    /// SHA-256 of all entries, hexadecimal.
    pub sha256: String,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedDocument {
    /// Its path as it was given.
    pub path: String,
    /// What it says; `None` when it could not be read.
    pub facts: Option<DocumentFacts>,
    /// Certificates and revocation data that came over the network for it.
    pub fetched: Vec<SavedEvidence>,
    /// Why it could not be read.
    pub failure: Option<SavedFailure>,
}

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFailure {
    /// What the command ended with.
    pub exit_code: u8,
    /// What happened.
    pub finding: Finding,
}

/// A certificate, a CRL or an OCSP response by its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedEvidence {
    /// Which of them.
    pub kind: EvidenceKind,
    /// DER.
    pub octets: Octets,
    /// The address or the file it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// When a server sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched_at: Option<Time>,
}

/// Kinds of outside evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum EvidenceKind {
    Certificate,
    Crl,
    OcspResponse,
}

/// Saved facts that can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavedFactsError {
    /// Not this form, or not this version of it.
    #[error("not saved facts ({SCHEMA}): {0}")]
    Form(String),
    /// A piece of evidence that can't be read.
    #[error("the saved evidence number {0} can't be read")]
    Evidence(usize),
    /// Judged by another policy than the one at hand.
    #[error("the facts were judged by the policy {name} (SHA-256 {saved}), not by the one at hand ({given})")]
    OtherPolicy {
        /// Its name.
        name: String,
        /// Its digest.
        saved: String,
        /// That of the policy at hand.
        given: String,
    },
    /// Judged on other trust than the one at hand.
    #[error("the facts were judged on the trust with SHA-256 {saved}, not on the one at hand ({given})")]
    OtherTrust {
        /// Its digest.
        saved: String,
        /// That of the trust at hand.
        given: String,
    },
}

impl SavedFactsError {
    /// Whom it belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Form(_) | Self::Evidence(_) => ErrorKind::Unreadable,
            Self::OtherPolicy { .. } | Self::OtherTrust { .. } => ErrorKind::Usage,
        }
    }

    /// The same in words for both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Form(reason) => Finding::error("saved-facts-unreadable").with("reason", reason),
            Self::Evidence(number) => Finding::error("saved-evidence-unreadable").with("number", number),
            Self::OtherPolicy { name, saved, given } => Finding::error("saved-facts-other-policy")
                .with("name", name)
                .with("saved", saved)
                .with("given", given),
            Self::OtherTrust { saved, given } => {
                Finding::error("saved-facts-other-trust").with("saved", saved).with("given", given)
            }
        }
    }
}

impl SavedFacts {
    /// Reads the form. Whatever it doesn't know it refuses: a part that is passed over could be the one that decides.
    ///
    /// # Errors
    /// When it is something else, or of another version.
    pub fn parse(bytes: &[u8]) -> Result<Self, SavedFactsError> {
        let form = |reason: serde_json::Error| SavedFactsError::Form(reason.to_string());
        let given: Value = serde_json::from_slice(bytes).map_err(form)?;
        if given.get("schema").and_then(Value::as_str) != Some(SCHEMA) {
            let schema = given.get("schema").map_or_else(|| "no schema".to_owned(), Value::to_string);
            return Err(SavedFactsError::Form(schema));
        }
        let read = Self::deserialize(&given).map_err(form)?;
        let understood = serde_json::to_value(&read).map_err(form)?;
        match unknown(&given, &understood, String::new()) {
            Some(place) => Err(SavedFactsError::Form(format!("{place} is not known here"))),
            None => Ok(read),
        }
    }

    /// The form as it is written to a file.
    ///
    /// # Errors
    /// Never for facts that a format crate made.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// Demands the policy and the trust that were used, so that the verdict can only be the same.
    ///
    /// # Errors
    /// When one of them is another.
    pub fn same_ground(&self, policy: &[u8; 32], trust: &[u8; 32]) -> Result<(), SavedFactsError> {
        let (policy, trust) = (hsign_core::hex(policy), hsign_core::hex(trust));
        if self.policy.sha256 != policy {
            let SavedPolicy { name, sha256 } = self.policy.clone();
            return Err(SavedFactsError::OtherPolicy { name, saved: sha256, given: policy });
        }
        if self.trust.sha256 != trust {
            return Err(SavedFactsError::OtherTrust { saved: self.trust.sha256.clone(), given: trust });
        }
        Ok(())
    }
}

/// The first key that was given and isn't part of what was understood.
fn unknown(given: &Value, understood: &Value, place: String) -> Option<String> {
    match (given, understood) {
        (Value::Object(given), Value::Object(understood)) => given.iter().find_map(|(key, value)| {
            let place = format!("{place}/{key}");
            match understood.get(key) {
                Some(known) => unknown(value, known, place),
                None => (!is_default(value)).then_some(place),
            }
        }),
        (Value::Array(given), Value::Array(understood)) => given
            .iter()
            .zip(understood)
            .enumerate()
            .find_map(|(index, (value, known))| unknown(value, known, format!("{place}/{index}"))),
        _ => None,
    }
}

/// What says nothing may be left out when writing.
fn is_default(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Outside evidence by its bytes, each kind in its order.
#[must_use]
pub fn save_evidence(evidence: &Evidence) -> Vec<SavedEvidence> {
    let item = |kind, bytes: &[u8], origin: Option<&Origin>| SavedEvidence {
        kind,
        octets: bytes.into(),
        place: origin.and_then(|origin| origin.place.clone()),
        fetched_at: origin.and_then(|origin| origin.fetched_at),
    };
    let revocation = evidence.revocation();
    let certificates =
        evidence.certificates().iter().map(|one| item(EvidenceKind::Certificate, one.der(), None));
    let crls = revocation.crls.iter().map(|one| item(EvidenceKind::Crl, one.value.der(), Some(&one.origin)));
    let responses = revocation
        .ocsp_responses
        .iter()
        .map(|one| item(EvidenceKind::OcspResponse, one.value.der(), Some(&one.origin)));
    certificates.chain(crls).chain(responses).collect()
}

/// Puts saved evidence back.
///
/// # Errors
/// When a piece can't be read.
pub fn restore_evidence(
    evidence: &mut Evidence,
    saved: &[SavedEvidence],
    provenance: Provenance,
) -> Result<(), SavedFactsError> {
    for (index, item) in saved.iter().enumerate() {
        let origin = Origin { provenance, place: item.place.clone(), fetched_at: item.fetched_at };
        let added = evidence.add(item.octets.as_slice(), origin);
        added.map_err(|_| SavedFactsError::Evidence(index + 1))?;
    }
    Ok(())
}

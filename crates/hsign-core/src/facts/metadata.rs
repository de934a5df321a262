//! What a signer states about the making of a document, signed together with it.

use serde::{Deserialize, Serialize};

use crate::{Date, Digest, Finding, Time};

/// The form of [`SignedMetadata`] as it is signed.
pub const METADATA_SCHEMA: &str = "hsign.metadata/1";

/// Far more than what is ever said, and little enough to be read at once.
const MOST_BYTES: usize = 64 * 1024;

/// Statements of the signer, signed in the same signature: in a PDF as an entry of the signature dictionary, in a CMS
/// as a signed attribute. Never patient data: whoever sees the signature sees these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SignedMetadata {
    /// [`METADATA_SCHEMA`].
    pub schema: String,
    /// When the paper was made (guideline 5.2 §9.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Date>,
    /// When it came in from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<Date>,
    /// When it was scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scanned: Option<Time>,
    /// Under which of the guideline's three ways it was scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan_mode: Option<ScanMode>,
    /// Why it came later than the rules of the institution allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_reason: Option<String>,
    /// The plan under which old paper is scanned (§9.3 C2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Who scanned and watched over it, by their staff identifiers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<String>,
    /// The day on which the paper may be destroyed at the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposal: Option<Date>,
    /// Who made the entry (§7.1 C1, C2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Who entered it in the author's place (§7.1 C4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Who confirmed it (§7.1 C2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmer: Option<String>,
    /// What the document amends (§9.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amends: Option<Amends>,
}

/// The three ways of chapter 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScanMode {
    /// With each treatment (§9.2).
    SameDay,
    /// Paper of earlier years (§9.3).
    Backlog,
    /// For convenience, the paper being kept (§9.5).
    PaperKept,
}

/// The document that is amended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amends {
    /// Where the original is.
    pub form: AmendmentForm,
    /// Digest of all its bytes.
    pub original: Digest,
    /// What was amended, in the words of whoever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How an amendment and its original stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AmendmentForm {
    /// A new document that embeds the original byte for byte.
    Embedded,
    /// The original itself, with one more signature that carries the note.
    Revision,
}

impl SignedMetadata {
    /// Whether nothing is stated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { schema: self.schema.clone(), ..Self::default() }
    }

    /// The text to be signed: JSON, its schema named.
    #[must_use]
    pub fn to_text(&self) -> String {
        let named = Self { schema: METADATA_SCHEMA.to_owned(), ..self.clone() };
        // Strings, dates and digests always have a JSON form.
        serde_json::to_string(&named).unwrap_or_default()
    }

    /// Reads the text of a signature. Keys that this version doesn't know are passed over, another schema isn't.
    ///
    /// # Errors
    /// A finding that says why it can't be read.
    pub fn from_text(text: &str) -> Result<Self, Finding> {
        let unreadable = |reason: &str| Finding::warning("signed-metadata-unreadable").with("reason", reason);
        if text.len() > MOST_BYTES {
            return Err(unreadable("too long"));
        }
        let read: Self = serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))?;
        if read.schema != METADATA_SCHEMA {
            return Err(unreadable("another schema"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DigestAlgorithm;

    #[test]
    fn what_is_written_is_read_back() {
        let said = SignedMetadata {
            schema: METADATA_SCHEMA.to_owned(),
            created: Some("2026-11-20".parse().unwrap()),
            scanned: Some("2026-11-21T00:30:00Z".parse().unwrap()),
            scan_mode: Some(ScanMode::SameDay),
            operators: vec!["1001".to_owned(), "1002".to_owned()],
            amends: Some(Amends {
                form: AmendmentForm::Embedded,
                original: Digest { algorithm: DigestAlgorithm::Sha256, value: vec![7; 32].into() },
                note: Some("用量の訂正".to_owned()),
            }),
            ..SignedMetadata::default()
        };
        assert_eq!(SignedMetadata::from_text(&said.to_text()).unwrap(), said);
        assert!(!said.is_empty());
        assert!(SignedMetadata::from_text(&SignedMetadata::default().to_text()).unwrap().is_empty());
    }

    #[test]
    fn another_schema_and_what_is_no_json_are_told() {
        for text in ["", "{}", r#"{"schema":"hsign.metadata/2"}"#, "[]", &" ".repeat(MOST_BYTES + 1)] {
            assert_eq!(SignedMetadata::from_text(text).unwrap_err().code, "signed-metadata-unreadable");
        }
        let later = r#"{"schema":"hsign.metadata/1","something-new":1}"#;
        assert!(SignedMetadata::from_text(later).unwrap().is_empty());
    }
}

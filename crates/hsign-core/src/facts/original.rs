use serde::{Deserialize, Serialize};

use super::DocumentFacts;
use crate::{Digest, Finding};

/// The original inside an amended document, as the amending signature names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalFacts {
    /// Id of the signature that names it.
    pub amended_by: String,
    /// The digest that was signed.
    pub digest: Digest,
    /// Name of the attachment that has this digest; `None` where none has.
    pub name: Option<String>,
    /// What it says, where it could be read.
    pub facts: Option<Box<DocumentFacts>>,
    /// Why it couldn't.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

use hsign_core::{BudgetExhausted, Finding};

use crate::Error;

/// Why a reference has no digest of its own to compare. Never a reason to take it for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unresolved {
    /// Nothing has that Id, or the caller doesn't have the external data.
    #[error("the referenced data is not at hand")]
    NotFound,
    /// Several elements have that Id.
    #[error("more than one element has the Id that is referenced")]
    DuplicateId,
    /// A URI whose form isn't read here.
    #[error("the form of the URI is not supported")]
    UnsupportedUri,
    /// A transform that isn't on the list.
    #[error("transform {0} is not supported")]
    UnsupportedTransform(String),
    /// A digest function that isn't known.
    #[error("digest method {0} is not supported")]
    UnsupportedDigest(String),
    /// A transform that doesn't fit what comes into it.
    #[error("a transform doesn't fit its input")]
    Misfit,
    /// External data that should be XML and can't be read.
    #[error("the referenced data is no readable XML: {0}")]
    NotXml(Error),
    /// A namespace name that is no absolute URI: there is no canonical form then.
    #[error("namespace {0:?} is relative, so there is no canonical form")]
    RelativeNamespace(String),
    /// More work than one reference may ask for.
    #[error(transparent)]
    Limit(#[from] BudgetExhausted),
}

impl Unresolved {
    /// The same in words for both languages; `name` is that of the reference.
    #[must_use]
    pub fn finding(&self, name: &str) -> Finding {
        let finding = match self {
            Self::NotFound => Finding::warning("xml-reference-not-found"),
            Self::DuplicateId => Finding::warning("xml-id-not-unique").clause("XML Signature §4.4.3.2"),
            Self::UnsupportedUri => Finding::warning("xml-reference-form-unsupported"),
            Self::UnsupportedTransform(uri) => Finding::warning("xml-transform-unsupported")
                .clause("XML Signature §6.6")
                .with("transform", uri),
            Self::UnsupportedDigest(uri) => Finding::warning("xml-digest-unsupported").with("method", uri),
            Self::Misfit => Finding::warning("xml-transform-misfit").clause("XML Signature §4.4.3.4"),
            Self::NotXml(error) => Finding::warning("xml-reference-unreadable").with("reason", error),
            Self::RelativeNamespace(namespace) => Finding::warning("xml-namespace-relative")
                .clause("Canonical XML 1.0 §1.3")
                .with("namespace", namespace),
            Self::Limit(exhausted) => exhausted.finding(),
        };
        finding.with("reference", name)
    }
}

impl From<Error> for Unresolved {
    fn from(error: Error) -> Self {
        match error {
            Error::Limit(exhausted) => Self::Limit(exhausted),
            Error::RelativeNamespace(name) => Self::RelativeNamespace(name),
            error => Self::NotXml(error),
        }
    }
}

//! Attacks on XML signatures, made here from sound ones: moved elements, false properties, swapped stamps, disguised
//! text, and files that ask for too much work. None may be taken for what it seems to be.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::expect_used
)]

#[path = "../making/support.rs"]
#[allow(dead_code, unreachable_pub)]
mod making;
#[path = "../support/mod.rs"]
mod support;

mod disguises;
mod editions;
mod prescriptions;
mod signing;
mod stamps;
mod work;
mod wrapping;

use hsign_core::Severity;
use hsign_core::facts::{Coverage, DocumentFacts};
use hsign_xades::{DetachedContent, Error, read_facts};

/// Reads a document that has no data outside.
fn read(document: &str) -> Result<DocumentFacts, Error> {
    read_facts(&document.as_bytes().to_vec(), &DetachedContent::new())
}

/// Whether the facts leave nothing to object to: every signature holds, has a sound form, and covers what a reader sees.
fn passes(facts: &DocumentFacts) -> bool {
    let grave = facts.findings.iter().any(|finding| finding.severity == Severity::Error);
    let covers =
        |coverage| matches!(coverage, Coverage::WholeDocument | Coverage::External | Coverage::Signature);
    !grave
        && !facts.signatures.is_empty()
        && facts.signatures.iter().all(|signature| {
            support::sound(signature, facts) && (covers(signature.coverage) || signature.profile.is_some())
        })
}

/// Every code that the document and its signatures were given.
fn codes(facts: &DocumentFacts) -> Vec<&str> {
    let of_signatures = facts.signatures.iter().flat_map(|signature| &signature.findings);
    facts.findings.iter().chain(of_signatures).map(|finding| finding.code.as_str()).collect()
}

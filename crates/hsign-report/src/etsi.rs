//! ETSI TS 119 102-2: the report as XML for other programs. Built from the published schema; the text of the standard
//! was not read, so no conformity to it is claimed.

mod objects;
mod signature;

use askama::Template;

use crate::{Language, Outcome, VerifyReport};
use objects::Objects;
use signature::SignatureXml;

/// The report as a ValidationReport. Messages inside are in `language`. A document without a signature appears with
/// a main indication of our own, since the standard's three presume one.
#[must_use]
pub fn etsi_xml(report: &VerifyReport<'_>, language: Language) -> String {
    let mut objects = Objects::default();
    let mut signatures = Vec::new();
    for (number, document) in (1..).zip(&report.documents) {
        match &document.outcome {
            Outcome::Judged(verdict) if !verdict.signatures().is_empty() => {
                for (index, signature) in (1..).zip(verdict.signatures()) {
                    let id = format!("D{number}S{index}");
                    signatures.push(SignatureXml::of(
                        &id,
                        &document.path,
                        verdict,
                        signature,
                        report,
                        &mut objects,
                        language,
                    ));
                }
            }
            Outcome::Judged(verdict) => {
                let id = format!("D{number}");
                signatures.push(SignatureXml::without_signature(
                    &id,
                    &document.path,
                    verdict,
                    report,
                    &mut objects,
                    language,
                ));
            }
            Outcome::Unreadable { findings, .. } => {
                signatures.push(SignatureXml::unreadable(&document.path, findings, report, language));
            }
        }
    }
    let page = Page { signatures, objects };
    // Writing to a string fails for no value that these parts can hold.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "etsi.xml")]
struct Page {
    signatures: Vec<SignatureXml>,
    objects: Objects,
}

/// Digests stand as Base64 in XML.
fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

//! The documents that a client makes, with a place for the signature. The service later adds the identifier and the
//! additional information; both stay out of what is signed.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_core::Finding;
use hsign_xml::{Document, Limits, Node, decode};

use super::{Csv, Side, structure};
use crate::{Error, follow};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A document of one side that only lacks its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    pub(super) side: Side,
    pub(super) text: String,
    /// Where the signature goes.
    pub(super) place: usize,
    /// What was noticed.
    pub(super) findings: Vec<Finding>,
}

impl Unsigned {
    /// The prescription around its CSV.
    ///
    /// # Errors
    /// When the CSV is the other side's.
    pub fn prescription(csv: &Csv<'_>) -> Result<Self, Error> {
        let side = expect(csv, Side::Prescription)?;
        let mut text = head(side);
        text.push_str("<Prescription>");
        text.push_str(&management(side));
        text.push_str(&csv_element(csv));
        text.push_str("<PrescriptionSign>");
        let place = text.len();
        text.push_str("</PrescriptionSign></Prescription></Document>");
        Ok(Self { side, text, place, findings: Vec::new() })
    }

    /// The dispensing around its CSV and the prescription it answers. Everything inside the prescription's element
    /// Prescription is embedded byte for byte.
    ///
    /// # Errors
    /// When the prescription isn't one, or can't stand in another document without a change of what its signature covers.
    pub fn dispensing(csv: &Csv<'_>, prescription: &[u8]) -> Result<Self, Error> {
        let side = expect(csv, Side::Dispensing)?;
        let content = prescription_content(prescription)?;
        let mut text = head(side);
        text.push_str(&management(side));
        text.push_str("<Dispensing id=\"Dispensing\"><ReferencePrescription>");
        text.push_str(content.xml);
        text.push_str("</ReferencePrescription>");
        text.push_str(&csv_element(csv));
        text.push_str("</Dispensing><DispensingSign>");
        let place = text.len();
        text.push_str("</DispensingSign></Document>");
        still_holds(prescription, &text)?;
        let mut findings = content.findings;
        let named = csv.field("7", 2).filter(|id| !id.is_empty());
        if let (Some(named), Some(identifier)) = (named, content.identifier)
            && named != identifier
        {
            findings.push(Finding::warning("eprescription-other-prescription"));
        }
        Ok(Self { side, text, place, findings })
    }

    /// Whose document it is.
    #[must_use]
    pub fn side(&self) -> Side {
        self.side
    }

    /// The document as it is without it.
    #[must_use]
    pub fn document(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The Id of the signature that it lacks.
    #[must_use]
    pub fn signature_id(&self) -> &'static str {
        self.side.sign()
    }

    /// What was noticed while putting it together.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

fn expect(csv: &Csv<'_>, side: Side) -> Result<Side, Error> {
    if csv.side() == side {
        Ok(side)
    } else {
        Err(super::CsvError::FirstRecord { expected: side.first_record() }.into())
    }
}

fn head(side: Side) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns:xsi=\"{XSI}\" id=\"Document\" \
         xsi:noNamespaceSchemaLocation=\"{}\">",
        side.schema()
    )
}

fn management(side: Side) -> String {
    let (name, version) = (side.management(), side.version());
    format!("<{name} id=\"{name}\"><Version Value=\"{version}\"/></{name}>")
}

fn csv_element(csv: &Csv<'_>) -> String {
    let name = csv.side().csv_element();
    format!("<{name} id=\"{name}\">{}</{name}>", STANDARD.encode(csv.as_bytes()))
}

struct Content<'t> {
    xml: &'t str,
    identifier: Option<String>,
    findings: Vec<Finding>,
}

/// What stands in the prescription's element Prescription.
fn prescription_content(bytes: &[u8]) -> Result<Content<'_>, Error> {
    // Decoding is only to tell one that is in another encoding: it would have to be converted, which breaks the file.
    let encoding = decode(bytes)?.encoding();
    let text = std::str::from_utf8(bytes).ok().filter(|_| matches!(encoding.label(), "UTF-8" | "US-ASCII"));
    let text = text.ok_or_else(|| {
        shape(Finding::error("eprescription-prescription-encoding").with("encoding", encoding.label()))
    })?;
    let document = Document::parse(text, &Limits::default())?;
    let root = document.root();
    if super::place::document_side(&document) != Some(Side::Prescription) {
        return Err(shape(Finding::error("eprescription-not-a-prescription")));
    }
    let prescription = root
        .child("", "Prescription")
        .ok_or_else(|| shape(structure::missing("Prescription", "Document")))?;
    same_context(root, prescription)?;
    let signature =
        prescription.child("", "PrescriptionSign").and_then(|sign| sign.child(crate::names::DS, "Signature"));
    let signature = signature.ok_or_else(|| shape(structure::missing("Signature", "PrescriptionSign")))?;
    let place = super::place::of(&document, signature)
        .ok_or_else(|| shape(structure::missing("Signature", "PrescriptionSign")))?;
    let mut findings = structure::check(place, Side::Prescription);
    if let Some(position) =
        findings.iter().position(|finding| finding.severity == hsign_core::Severity::Error)
    {
        return Err(shape(findings.swap_remove(position)));
    }
    let range: Range<usize> = prescription.content_range().unwrap_or_default();
    let identifier = prescription
        .path("", &["PrescriptionManagement", "PrescriptionId"])
        .and_then(|element| Some(element.attribute("", "Value")?.into_owned()));
    Ok(Content { xml: text.get(range).unwrap_or_default(), identifier, findings })
}

/// The doctor's reference has no transforms in the samples: namespaces and `xml:` attributes inherited from outside are
/// digested with it, so they have to be the same where the prescription goes.
fn same_context(root: Node<'_>, prescription: Node<'_>) -> Result<(), Error> {
    let inherited = |node: Node<'_>| {
        let declares = node.declarations().any(|(prefix, namespace)| (prefix, namespace) != ("xsi", XSI));
        let attributes = node.attributes().any(|attribute| attribute.name().0 == hsign_xml::XML_NAMESPACE);
        declares || attributes
    };
    let lacks = root.namespace_of_prefix("xsi") != Some(XSI);
    if lacks || inherited(root) || inherited(prescription) {
        return Err(shape(Finding::error("eprescription-prescription-context")));
    }
    Ok(())
}

/// What the doctor signed has to be what the prescription holds, and stay it in its new place.
fn still_holds(prescription: &[u8], dispensing: &str) -> Result<(), Error> {
    let text = decode(prescription)?;
    for text in [text.as_str(), dispensing] {
        let document = Document::parse(text, &Limits::default())?;
        for signature in document.node().descendants_named(crate::names::DS, "Signature") {
            let broken = follow::all(&document, signature)?.into_iter().find(|reference| !reference.holds);
            if let Some(broken) = broken {
                return Err(Error::DataChanged(broken.name));
            }
        }
    }
    Ok(())
}

fn shape(finding: Finding) -> Error {
    Error::Shape(finding)
}

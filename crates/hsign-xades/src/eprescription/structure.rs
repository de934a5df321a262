//! Structural checks, as the known samples show the shape. The specification itself has not been read; what is not in the
//! samples is not claimed to be wrong beyond these.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_core::Finding;
use hsign_xml::Node;

use super::place::Place;
use super::{Csv, CsvError, Side};
use crate::names::DS;

const CLAUSE: &str = "e-prescription samples";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Everything about the side's elements that the samples do otherwise.
pub(crate) fn check(place: Place<'_>, side: Side) -> Vec<Finding> {
    let mut findings = Vec::new();
    let container = place.container;
    let root = container.document().root();
    if container == root || container.parent() == Some(root) {
        schema(root, side, &mut findings);
    }
    children(container, allowed(side), &mut findings);
    management(container, side, &mut findings);
    if side == Side::Dispensing {
        dispensing(container, &mut findings);
    }
    match csv_element(place, side) {
        Ok(element) => csv(element, side, &mut findings),
        Err(finding) => findings.push(finding),
    }
    findings
}

/// Elements of the container: name, whether it has to be there. In the order of the samples.
fn allowed(side: Side) -> [(&'static str, bool); 4] {
    match side {
        Side::Prescription => [
            (side.management(), true),
            (side.csv_element(), true),
            (side.additional(), false),
            (side.sign(), true),
        ],
        Side::Dispensing => [
            (side.management(), true),
            (side.element(), true),
            (side.additional(), false),
            (side.sign(), true),
        ],
    }
}

fn schema(root: Node<'_>, side: Side, findings: &mut Vec<Finding>) {
    if root.attribute(XSI, "noNamespaceSchemaLocation").as_deref() != Some(side.schema()) {
        findings.push(
            warning("eprescription-attribute")
                .with("element", "Document")
                .with("attribute", "xsi:noNamespaceSchemaLocation")
                .with("expected", side.schema()),
        );
    }
    id(root, "Document", findings);
}

/// Each once at most, in order, nothing else.
fn children(parent: Node<'_>, allowed: [(&'static str, bool); 4], findings: &mut Vec<Finding>) {
    let name = parent.name().1;
    let mut next = 0;
    for element in parent.elements() {
        // The further signature at the end of the document.
        if element.is(DS, "Signature") {
            continue;
        }
        let (namespace, local) = element.name();
        let position = allowed.iter().position(|(name, _)| namespace.is_empty() && *name == local);
        match position {
            Some(position) if position >= next => next = position + 1,
            _ => findings
                .push(error("eprescription-element-unexpected").with("element", local).with("parent", name)),
        }
    }
    for (element, _) in allowed.iter().filter(|(element, must)| *must && parent.child("", element).is_none())
    {
        findings.push(missing(element, name));
    }
}

fn management(container: Node<'_>, side: Side, findings: &mut Vec<Finding>) {
    let Some(management) = container.child("", side.management()) else { return };
    id(management, side.management(), findings);
    match management.child("", "Version") {
        None => findings.push(missing("Version", side.management())),
        Some(version) if version.attribute("", "Value").as_deref() != Some(side.version()) => findings.push(
            warning("eprescription-attribute")
                .with("element", "Version")
                .with("attribute", "Value")
                .with("expected", side.version()),
        ),
        Some(_) => {}
    }
    let known = ["Version", side.identifier()];
    for element in management.elements().filter(|element| {
        let (namespace, local) = element.name();
        !namespace.is_empty() || !known.contains(&local)
    }) {
        findings.push(
            error("eprescription-element-unexpected")
                .with("element", element.name().1)
                .with("parent", side.management()),
        );
    }
}

fn dispensing(container: Node<'_>, findings: &mut Vec<Finding>) {
    let Some(dispensing) = container.child("", "Dispensing") else { return };
    id(dispensing, "Dispensing", findings);
    children(
        dispensing,
        [("ReferencePrescription", true), ("DispensingDocument", true), ("", false), ("", false)],
        findings,
    );
    let dispensed = dispensing.child("", "DispensingDocument").and_then(|element| decoded(element).ok());
    let named = dispensed.as_deref().and_then(|csv| Csv::check(csv, Side::Dispensing).ok()?.field("7", 2));
    let prescription = dispensing
        .path("", &["ReferencePrescription", "PrescriptionManagement", "PrescriptionId"])
        .and_then(|element| element.attribute("", "Value"));
    if let (Some(named), Some(prescription)) = (named, prescription)
        && !named.is_empty()
        && named != prescription
    {
        findings.push(warning("eprescription-other-prescription"));
    }
}

/// The element with the CSV, which has to be there.
pub(crate) fn csv_element<'d>(place: Place<'d>, side: Side) -> Result<Node<'d>, Finding> {
    place.csv(side).ok_or_else(|| missing(side.csv_element(), place.container.name().1))
}

fn csv(element: Node<'_>, side: Side, findings: &mut Vec<Finding>) {
    id(element, side.csv_element(), findings);
    match decoded(element) {
        Ok(bytes) => {
            if let Err(problem) = Csv::check(&bytes, side) {
                findings.push(shape_of(&problem));
            }
        }
        Err(finding) => findings.push(finding),
    }
}

/// Signed as it is, whatever it holds: only what hides that it is the CSV at all is an error.
fn shape_of(problem: &CsvError) -> Finding {
    let finding = problem.finding().clause(CLAUSE);
    match problem {
        CsvError::Empty | CsvError::NotUtf8 { .. } | CsvError::FirstRecord { .. } => finding,
        _ => Finding { severity: hsign_core::Severity::Warning, ..finding },
    }
}

/// The CSV in an element.
pub(crate) fn decoded(element: Node<'_>) -> Result<Vec<u8>, Finding> {
    let is_space = |octet: &u8| matches!(octet, b' ' | b'\t' | b'\r' | b'\n');
    let text = element.text();
    let mut dense = Cow::Borrowed(text.as_bytes());
    if dense.iter().any(is_space) {
        dense.to_mut().retain(|octet| !is_space(octet));
    }
    STANDARD
        .decode(dense)
        .map_err(|_| error("eprescription-csv-not-base64").with("element", element.name().1))
}

fn id(element: Node<'_>, expected: &str, findings: &mut Vec<Finding>) {
    if element.attribute("", "id").as_deref() != Some(expected) {
        findings.push(
            warning("eprescription-attribute")
                .with("element", element.name().1)
                .with("attribute", "id")
                .with("expected", expected),
        );
    }
}

pub(crate) fn missing(element: &str, parent: &str) -> Finding {
    error("eprescription-element-missing").with("element", element).with("parent", parent)
}

fn error(code: &str) -> Finding {
    Finding::error(code).clause(CLAUSE)
}

fn warning(code: &str) -> Finding {
    Finding::warning(code).clause(CLAUSE)
}

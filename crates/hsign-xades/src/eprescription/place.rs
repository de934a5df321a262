//! Where signatures stand in the document of an electronic prescription. Its own elements are in no namespace and have
//! `id` attributes; both are told apart by their place, never by an id alone.

use hsign_xml::{Document, Node};

use super::Side;
use crate::names::DS;

/// A place for a signature.
#[derive(Clone, Copy)]
pub(crate) struct Place<'d> {
    /// Whose signature belongs here; `None` for the further one at the end of the document, as scans have it.
    pub(crate) side: Option<Side>,
    /// The element that holds what the side consists of: Prescription, ReferencePrescription or Document.
    pub(crate) container: Node<'d>,
}

/// Which side the whole document is; `None` when it is no electronic prescription.
pub(crate) fn document_side(document: &Document<'_>) -> Option<Side> {
    let root = document.root();
    if !root.is("", "Document") {
        return None;
    }
    [Side::Prescription, Side::Dispensing].into_iter().find(|side| root.child("", side.element()).is_some())
}

/// The place of a ds:Signature; `None` where the profile has no place for one.
pub(crate) fn of<'d>(document: &'d Document<'d>, signature: Node<'d>) -> Option<Place<'d>> {
    let whole = document_side(document)?;
    let root = document.root();
    if !signature.is(DS, "Signature") {
        return None;
    }
    let parent = signature.parent()?;
    if parent == root {
        return Some(Place { side: None, container: root });
    }
    let container = parent.parent()?;
    let side = match whole {
        Side::Prescription if Some(container) == root.child("", "Prescription") => Side::Prescription,
        Side::Dispensing if container == root => Side::Dispensing,
        Side::Dispensing if Some(container) == root.path("", &["Dispensing", "ReferencePrescription"]) => {
            Side::Prescription
        }
        _ => return None,
    };
    parent.is("", side.sign()).then_some(Place { side: Some(side), container })
}

impl<'d> Place<'d> {
    /// The element with the CSV.
    pub(crate) fn csv(self, side: Side) -> Option<Node<'d>> {
        match side {
            Side::Prescription => self.container.child("", side.csv_element()),
            Side::Dispensing => self.container.path("", &[side.element(), side.csv_element()]),
        }
    }

    /// The element that the side's signature has to cover.
    pub(crate) fn to_be_signed(self, side: Side) -> Option<Node<'d>> {
        self.container.child("", side.signed_element())
    }

    /// What the place consists of, but for the signatures.
    pub(crate) fn parts(self) -> impl Iterator<Item = Node<'d>> {
        self.container.elements().filter(|part| {
            !part.is(DS, "Signature") && !part.is("", "PrescriptionSign") && !part.is("", "DispensingSign")
        })
    }
}

//! The CSV that was really signed: from the octets that a verified reference covered, never by a second look-up.

use hsign_xml::{Document, Limits, decode};

use super::{Side, place, structure};
use crate::signatures::signatures;
use crate::{Error, follow};

/// A CSV out of signed octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCsv {
    /// Whose it is.
    pub side: Side,
    /// Its bytes.
    pub csv: Vec<u8>,
}

/// The CSV that the signature called `id` covers. The octets of its reference are canonicalised once; their digest has to
/// be the signed one, and the CSV is read from these very octets. Whether the signature itself is valid is the caller's
/// question, to be asked first.
///
/// # Errors
/// When there is no such signature, it is none of an electronic prescription, or the octets aren't what was signed.
pub fn signed_csv(document: &[u8], id: &str) -> Result<SignedCsv, Error> {
    let text = decode(document)?;
    let parsed = Document::parse(text.as_str(), &Limits::default())?;
    let missing = || Error::NoSignature(id.to_owned());
    let all = signatures(&parsed).map_err(hsign_xml::Error::from)?;
    let signature = all.iter().find(|found| found.id == id).ok_or_else(missing)?.node;
    let place = place::of(&parsed, signature).ok_or_else(missing)?;
    let side = place.side.ok_or_else(missing)?;
    let name = || Error::DataNotFound(side.signed_element().to_owned());
    let element = place.to_be_signed(side).ok_or_else(name)?;
    let octets = follow::octets_over(&parsed, signature, element)?;
    let octets = std::str::from_utf8(&octets).map_err(|_| name())?;
    let signed = Document::parse(octets, &Limits::default())?;
    let csv = match side {
        Side::Prescription => Some(signed.root()),
        Side::Dispensing => signed.root().child("", side.csv_element()),
    };
    let csv = csv.filter(|csv| csv.is("", side.csv_element())).ok_or_else(name)?;
    Ok(SignedCsv { side, csv: structure::decoded(csv).map_err(Error::Shape)? })
}
